"""From the drop to the visible row, beside a bare loop: inotify, csv, one commit.

    python bench/latency.py [FILES]

Both watch a folder of their own on the same disc; files of 20 rows are dropped into one and the other in turn,
by rename, and the time is taken until a reader of the database sees the last row. Then the same for a writer
that creates the file in place and closes it: there the quiet period of 2 s is the limit.
"""

from __future__ import annotations

import contextlib
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

CONFIG = """\
database = "sqlite:///{folder}/shop.db"
[imports.sales]
mapping = "sales"
inbox = "inbox"
processed = "processed"
"""
MAPPING = """\
version = 1
table = "sales_order"
key = ["source", "number"]
[fields]
source = {{ value = "shop" }}
number = "Order No"
gross_amount = "Total"
status = "State"
"""
BARE = """\
import csv, ctypes, os, sqlite3, struct, sys
inbox, database = sys.argv[1:]
db = sqlite3.connect(database, isolation_level=None)
for pragma in ("journal_mode=WAL", "synchronous=FULL"):
    db.execute(f"PRAGMA {pragma}")
db.execute("CREATE TABLE sales_order (source TEXT, number TEXT, gross_amount INT, status TEXT,"
           " PRIMARY KEY (source, number))")
libc = ctypes.CDLL(None)
fd = libc.inotify_init1(0)
libc.inotify_add_watch(fd, inbox.encode(), 0x80)
print("ready", flush=True)
while True:
    data = os.read(fd, 65536)
    at = 0
    while at < len(data):
        length = struct.unpack_from("I", data, at + 12)[0]
        name = data[at + 16 : at + 16 + length].rstrip(b"\\0").decode()
        at += 16 + length
        with open(os.path.join(inbox, name), newline="") as file:
            rows = [("shop", r["Order No"], r["Total"], r["State"]) for r in csv.DictReader(file)]
        db.execute("BEGIN IMMEDIATE")
        db.executemany("INSERT INTO sales_order VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
                       " gross_amount = excluded.gross_amount, status = excluded.status", rows)
        db.execute("COMMIT")
        os.rename(os.path.join(inbox, name), os.path.join(inbox, "..", "bare-done", name))
"""


def content(number: int) -> bytes:
    rows = "".join(f"{number:06d}-{row},{row}.50,open\n" for row in range(20))
    return f"Order No,Total,State\n{rows}".encode()


def visible(reader: sqlite3.Connection, number: int, since: float, limit_s: float = 30.0) -> float:
    """Seconds until the file's last row can be read."""
    wanted = (f"{number:06d}-19",)
    while reader.execute("SELECT 1 FROM sales_order WHERE number = ?", wanted).fetchone() is None:
        if time.perf_counter() - since > limit_s:
            raise SystemExit(f"file {number} did not come")
        time.sleep(0.001)
    return time.perf_counter() - since


def by_rename(inbox: Path, number: int) -> float:
    hidden = inbox.parent / f"upload-{number}"
    hidden.write_bytes(content(number))
    since = time.perf_counter()
    hidden.rename(inbox / f"{number}.csv")
    return since


def in_place(inbox: Path, number: int) -> float:
    (inbox / f"{number}.csv").write_bytes(content(number))
    return time.perf_counter()


def show(what: str, times: list[float]) -> None:
    ordered = sorted(times)
    p99 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    print(f"{what:<44} p50 {statistics.median(ordered) * 1000:8.1f} ms   p99 {p99 * 1000:8.1f} ms")


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    with tempfile.TemporaryDirectory() as text, contextlib.ExitStack() as stack:
        folder = Path(text)
        for name in ("inbox", "processed", "mappings", "bare", "bare-done"):
            (folder / name).mkdir()
        (folder / "config.toml").write_text(CONFIG.format(folder=folder))
        (folder / "mappings/sales.toml").write_text(MAPPING.format())
        service = subprocess.Popen(
            [sys.executable, "-m", "pipeline", "--config", str(folder / "config.toml"), "run"],
            stderr=subprocess.PIPE,
            text=True,
        )
        stack.callback(service.wait)
        stack.callback(service.send_signal, signal.SIGTERM)
        bare = subprocess.Popen(
            [sys.executable, "-c", BARE, str(folder / "bare"), str(folder / "bare.db")],
            stdout=subprocess.PIPE,
            text=True,
        )
        stack.callback(bare.kill)
        assert bare.stdout is not None
        assert service.stderr is not None
        bare.stdout.readline()
        while "service.started" not in service.stderr.readline():
            pass
        by_rename(folder / "inbox", 0)
        for line in service.stderr:
            if "file.archived" in line:
                break
        threading.Thread(target=service.stderr.read, daemon=True).start()  # else its pipe fills up
        ours, theirs = (
            sqlite3.connect(f"file:{folder}/{name}.db?mode=ro", uri=True) for name in ("shop", "bare")
        )
        mine: list[float] = []
        bares: list[float] = []
        for number in range(1, count + 1):
            mine.append(visible(ours, number, by_rename(folder / "inbox", number)))
            time.sleep(0.1)  # files that come one by one: what is left to do for the last one is over
            bares.append(visible(theirs, number, by_rename(folder / "bare", number)))
            time.sleep(0.1)
        show("dropped by rename: pipeline", mine)
        show("dropped by rename: bare loop", bares)
        print(
            f"ratio of the medians {statistics.median(mine) / statistics.median(bares):.2f}; aim: p50 under 30 ms"
        )
        closed = [
            visible(ours, number, in_place(folder / "inbox", number))
            for number in range(count + 1, count + 8)
        ]
        show("written in place and closed (2 s quiet)", closed)
        print(f"over the quiet period: {statistics.median(closed) - 2:.3f} s; aim: under 0.1 s")
        ours.close()
        theirs.close()


if __name__ == "__main__":
    main()
