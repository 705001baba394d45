"""Receipts to the sender, and messages from a service that runs."""

from __future__ import annotations

from pathlib import Path

from tests.flow.conftest import CONFIG, ORDERS, Installation, installation
from tests.flow.running import running
from tests.servers.test_telling import Web, web

assert installation
CANARY = "canary-5c1d77e0"
assert web


def asked(box: Installation, more: str = "", language: str = "en") -> Path:
    config = CONFIG.replace('pattern = "*.csv"', 'pattern = "*.csv"\nreceipts = "back/sales"')
    box.config.write_text(config.replace('language = "en"', f'language = "{language}"') + more)
    return box.root / "back/sales"


def test_the_sender_finds_what_became_of_each(installation: Installation) -> None:
    box = installation
    folder = asked(box)
    box.drop("a.csv", ORDERS.replace(b"99.90", b"9x.90"))
    box.drop("b.csv", b"Nothing,Known\n1,2\n")
    box.once()
    assert sorted(p.name for p in folder.iterdir()) == ["a.csv.ok", "b.csv.ko.txt"]
    said = (folder / "a.csv.ok").read_text()
    assert said.startswith(
        "a.csv: received. Number 1. 3 rows read: 2 new, 0 changed, 0 the same, 1 refused.\n"
    )
    assert "line 3, column Total:" in said
    assert (folder / "b.csv.ko.txt").read_text().startswith("b.csv: NOT imported. ")
    # mended and sent again: the latest receipt alone
    box.drop("b.csv", ORDERS)
    box.drop("a.csv", b"Nothing,Known\n1,2\n")
    box.once()
    assert sorted(p.name for p in folder.iterdir()) == ["a.csv.ko.txt", "b.csv.ok"]
    box.drop("b.csv", ORDERS)
    box.once()
    assert "b.csv: received, number" in (folder / "b.csv.ok").read_text()


def test_a_service_tells_of_a_failed_file(installation: Installation, web: Web) -> None:
    """From the inbox to the web server, the whole way."""
    box = installation
    folder = asked(box, f'[notify.to]\nme = "json://me:{CANARY}@127.0.0.1:{web.port}/"\n', "fr")
    with running(box) as service:
        box.wait_until("it began", lambda: box.sql("SELECT 1 FROM pipeline_notice"))
        box.drop("b.csv", b"Nothing,Known\n1,2\n")
        service.hears("notice.sent", to="me")
        command = Path(f"/proc/{service.process.pid}/cmdline").read_bytes()
    (told,) = web.took
    assert CANARY not in "".join(service.said) + str(told)
    assert CANARY.encode() not in command
    for path in box.root.rglob("*"):  # neither in the database nor in any other file that it wrote
        assert path == box.config or not path.is_file() or CANARY.encode() not in path.read_bytes(), path
    assert told["title"] == "Pipeline, sales : 1 fichier(s) non importé(s)"
    assert "pipeline show 1" in told["message"]
    assert (folder / "b.csv.ko.txt").read_text().startswith("b.csv : NON importé. ")
