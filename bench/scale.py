"""A big installation: an inbox of 100,000 waiting files, 1,000 folders, 500 jobs, a ledger of 1,000,000 files.

    python bench/scale.py [--files 100000] [--folders 1000] [--jobs 500] [--ledger 1000000]

Each is made by itself and the time of `run` until it serves, of `status` and of `why` is printed, beside the same
on an empty installation; for the waiting files also what each of them costs.
"""

from __future__ import annotations

import argparse
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HEAD = 'database = "sqlite:///shop.db"\ntimezone = "Europe/Paris"\n'
JOB = """
[imports.{name}]
mapping = "sales"
inbox = "{inbox}"
processed = "processed/{name}"
{more}
"""
MAPPING = """\
version = 1
table = "sales_order"
key = ["source", "number"]
[fields]
source = { value = "shop" }
number = "Order No"
gross_amount = "Total"
"""
ORDER = b"Order No,Total\n1,2.50\n"


def install(folder: Path, jobs: str) -> Path:
    (folder / "mappings").mkdir(parents=True)
    (folder / "mappings/sales.toml").write_text(MAPPING)
    (folder / "config.toml").write_text(HEAD + jobs)
    command(folder, "once", "--wait", "0")  # makes the database
    return folder


def command(folder: Path, *words: str) -> float:
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "pipeline", "--config", str(folder / "config.toml"), *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return time.perf_counter() - start


def served(folder: Path, *, probe: Path | None = None) -> tuple[float, float]:
    """Seconds from the start until a file dropped before it is in, and the processor seconds of the service in
    the ten seconds after."""
    start = time.perf_counter()
    service = subprocess.Popen(
        [sys.executable, "-m", "pipeline", "--config", str(folder / "config.toml"), "run"],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert service.stderr is not None
    wanted = "event=file.archived" if probe else "event=service.started"
    for line in service.stderr:
        if wanted in line:
            break
    ready = time.perf_counter() - start
    before = _processor(service.pid)
    time.sleep(10)
    used = _processor(service.pid) - before
    service.send_signal(signal.SIGTERM)
    service.communicate()
    return ready, used / 10


def _processor(pid: int) -> float:
    facts = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(facts[11]) + int(facts[12])) / os.sysconf("SC_CLK_TCK")


def show(what: str, folder: Path, name: str, *, probe: Path | None = None) -> tuple[float, float]:
    if probe is not None:
        probe.parent.mkdir(parents=True, exist_ok=True)
        (probe.parent / ".up").write_bytes(ORDER)
        (probe.parent / ".up").rename(probe)
    start, idle = served(folder, probe=probe)
    status, why = command(folder, "status"), command(folder, "why", name)
    print(
        f"{what:<34} start {start:6.2f} s   status {status:6.2f} s   why {why:6.2f} s   idle {idle:6.1%} of a core"
    )
    return start, status


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name, default in (("files", 100_000), ("folders", 1000), ("jobs", 500), ("ledger", 1_000_000)):
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as text:
        root = Path(text)
        one = JOB.format(name="sales", inbox="inbox/sales", more="")
        folder = install(root / "empty", one)
        (folder / "inbox/sales").mkdir(parents=True)
        plain = show("nothing", folder, "a.csv", probe=folder / "inbox/sales/a.csv")

        folder = install(root / "files", JOB.format(name="sales", inbox="inbox/sales", more='at = "03h00"'))
        (folder / "inbox/sales").mkdir(parents=True)
        for number in range(options.files):
            (folder / f"inbox/sales/{number:06d}.csv").write_bytes(ORDER)
        many = show(f"{options.files} files wait for 03h00", folder, str(folder / "inbox/sales/000001.csv"))
        each = [(b - a) / options.files * 1e6 for a, b in zip(plain, many, strict=True)]
        print(f"{'':<34} a waiting file costs {each[1]:.0f} µs in status")

        folder = install(root / "folders", JOB.format(name="sales", inbox="inbox/*", more=""))
        for number in range(options.folders):
            (folder / f"inbox/station-{number:04d}").mkdir(parents=True)
        show(f"{options.folders} folders", folder, "a.csv", probe=folder / "inbox/station-0500/a.csv")

        jobs = "".join(
            JOB.format(name=f"job-{n:03d}", inbox=f"inbox/{n:03d}", more="every = 30" if n % 2 else "")
            for n in range(options.jobs)
        )
        folder = install(root / "jobs", jobs)
        for number in range(options.jobs):
            (folder / f"inbox/{number:03d}").mkdir(parents=True)
        show(f"{options.jobs} jobs", folder, "a.csv", probe=folder / "inbox/100/a.csv")

        folder = install(root / "ledger", one)
        (folder / "inbox/sales").mkdir(parents=True)
        fill(folder / "shop.db", options.ledger)
        show(f"a ledger of {options.ledger} files", folder, "f-77777.csv", probe=folder / "inbox/sales/z.csv")


def fill(path: Path, files: int) -> None:
    """Ledger rows as earlier years left them."""
    with sqlite3.connect(path) as db:
        names = [row[1] for row in db.execute("PRAGMA table_info(pipeline_file)") if row[1] != "id"]
        fixed = {
            "claim": "printf('%032x', n)", "job": "'sales'", "name": "cast(printf('f-%d.csv', n) AS BLOB)",
            "size": "100", "fingerprint": "randomblob(32)", "state": "'archived'", "mapping": "'sales'",
            "seen_at": "'2026-01-01 00:00:00.000000'", "claimed_at": "'2026-01-01 00:00:00.000000'",
            "committed_at": "'2026-01-01 00:00:00.000000'", "archived_at": "'2026-01-01 00:00:00.000000'",
            "reason": "NULL", "replay_of": "NULL", "earlier": "NULL",
            **dict.fromkeys(("rows_read", "inserted", "updated", "unchanged", "refused", "duplicates"), "1"),
        }  # fmt: skip
        values = ", ".join(fixed.get(name, "''") for name in names)
        db.execute(
            f"WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {files})"
            f" INSERT INTO pipeline_file ({', '.join(names)}) SELECT {values} FROM s"
        )


if __name__ == "__main__":
    main()
