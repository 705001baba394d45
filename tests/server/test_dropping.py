"""The drop door: whole files or none, into the inbox of their job and nowhere else."""

from __future__ import annotations

import base64
import hashlib
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import pytest
from anyio.from_thread import BlockingPortal
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.requests import Request

from pipeline import files as disk
from pipeline.server import Caller, Site
from tests.flow.conftest import ORDERS, Installation
from tests.server.conftest import SAME, door, listening, on_a_port


def lies(box: Installation, job: str = "sales") -> dict[str, bytes]:
    """What lies in an inbox, hidden files too."""
    return {p.name: p.read_bytes() for p in (box.root / "inbox" / job).iterdir() if p.is_file()}


def digest(content: bytes) -> dict[str, str]:
    return {"content-digest": f"sha-256=:{base64.b64encode(hashlib.sha256(content).digest()).decode()}:"}


def test_a_file_lies_in_its_inbox_whole(installation: Installation, portal: BlockingPortal) -> None:
    with door(portal, installation, "drop") as ask:
        answer = ask("PUT", "/drop/sales/orders.csv?wait=0", content=ORDERS, headers=digest(ORDERS))
        assert answer.status_code == 202
        assert answer.json() == {
            "job": "sales", "name": "orders.csv", "bytes": len(ORDERS), "sha256": hashlib.sha256(ORDERS).hexdigest(),
            "id": None, "state": "waiting",
        }  # fmt: skip
        assert lies(installation) == {"orders.csv": ORDERS}
        again = ask("PUT", "/drop/sales/orders.csv?wait=0", content=ORDERS)  # the answer got lost
        assert again.json()["name"] == "orders.csv"
        other = ask("PUT", "/drop/sales/orders.csv?wait=0", content=ORDERS + b"0004,1,open\n")
        assert other.json()["name"] == "orders~1.csv"  # never one over another
        assert len(lies(installation)) == 2


def test_the_answer_is_the_number_of_the_file(installation: Installation, portal: BlockingPortal) -> None:
    """While the import of another process goes on."""
    with door(portal, installation, "drop") as ask, ThreadPoolExecutor(1) as beside:
        asked = beside.submit(ask, "PUT", "/drop/sales/orders.csv?wait=60", content=ORDERS)
        installation.wait_until("it lies there", lambda: "orders.csv" in lies(installation))
        done = installation.once("sales", now=True)
        answer = asked.result()
        assert (answer.status_code, answer.json()["id"]) == (201, done.files[0].id)
        assert answer.json()["state"] in ("committed", "archived")
        late = ask("PUT", "/drop/sales/orders.csv?wait=0", content=ORDERS)
        assert late.json()["id"] is None  # the earlier import is not this file


def test_a_form_brings_several(installation: Installation, portal: BlockingPortal) -> None:
    with door(portal, installation, "operator") as ask:
        files: Any = [("file", ("a.csv", b"a")), ("file", ("b.csv", b"b" * 3_000_000)), ("file", ("", b""))]
        answer = ask.post("/drop/sales?wait=0", files=files)
        assert answer.status_code == 202
        assert [one["name"] for one in answer.json()] == ["a.csv", "b.csv"]
        assert {name: len(content) for name, content in lies(installation).items()} == {
            "a.csv": 1,
            "b.csv": 3_000_000,
        }
        assert ask.post("/drop/sales", files={"other": ("a.csv", b"a")}).status_code == 400
        assert ask.post("/drop/sales", data={"file": "text"}).status_code == 400
        bad = ask.post("/drop/sales", files=[("file", ("c.csv", b"c")), ("file", ("../d.csv", b"d"))])
        assert bad.status_code == 422
        assert "c.csv" not in lies(installation)


def test_what_is_not_as_it_should_be_is_not_kept(installation: Installation, portal: BlockingPortal) -> None:
    with door(portal, installation, "drop") as ask:
        for headers, status, code in (
            (digest(b"other"), 422, "drop.digest"),
            ({"content-digest": "sha-256=:x:"}, 400, "drop.digest_form"),
        ):
            answer = ask("PUT", "/drop/sales/orders.csv", content=ORDERS, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (status, code)

        async def pieces() -> Any:
            yield ORDERS

        assert ask("PUT", "/drop/sales/orders.csv", content=pieces()).status_code == 411
        assert ask("PUT", "/drop/sales/orders.pdf", content=b"x").json()["code"] == "drop.pattern"
        assert ask("PUT", "/drop/nowhere/orders.csv", content=b"x").status_code == 404
        assert ask("PUT", "/drop/sales/orders.csv?folder=lyon", content=b"x").status_code == 404
        assert ask("PUT", "/drop/sales/orders.csv?wait=soon", content=b"x").status_code == 400
    assert set(lies(installation)) <= {"orders.csv"}


ODD = ["../x.csv", "..", ".", ".x.csv", "a/b.csv", "a\\b.csv", "x\x00.csv", "x\n.csv", "~x.csv", " x.csv", "x.csv ", "x" * 300 + ".csv",
       "..%2fx.csv", "/etc/x.csv", "C:\\x.csv", "\u202ex.csv"]  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_no_name_leads_out_of_the_inbox(
    name: str, installation: Installation, portal: BlockingPortal
) -> None:
    before = sorted(installation.root.rglob("*"))
    with door(portal, installation, "drop") as ask:
        for path in (f"/drop/sales/{quote(name, safe='')}", f"/drop/{quote(name, safe='')}/x.csv"):
            assert ask("PUT", path, content=b"x", headers=SAME).status_code in (404, 405, 422), path
        folder = ask("PUT", f"/drop/sales/x.csv?folder={quote(name, safe='')}", content=b"x")
        assert folder.status_code == 404
    assert [p for p in sorted(installation.root.rglob("*")) if "shop.db" not in p.name] == [
        p for p in before if "shop.db" not in p.name
    ]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(st.text(max_size=30))
def test_any_name_stays_in_the_inbox_or_is_refused(
    installation: Installation, portal: BlockingPortal, name: str
) -> None:
    inbox = installation.root / "inbox" / "sales"
    with door(portal, installation, "drop") as ask:
        path = f"/drop/sales/{quote(name.encode('utf-8', 'surrogatepass'), safe='')}.csv?wait=0"
        answer = ask("PUT", path, content=b"x")
        assert answer.status_code in (202, 404, 405, 422)
        for found in inbox.iterdir():
            assert answer.status_code == 202
            found.unlink()
    assert {p.name for p in (installation.root / "inbox").iterdir()} == {"sales", "nightly"}


def test_a_token_for_one_job_drops_there_only(installation: Installation, portal: BlockingPortal) -> None:
    async def till(site: Site, request: Request) -> Caller:
        return Caller("token till", "drop", "token", job="nightly")

    with door(portal, installation, enter=till) as ask:
        assert ask("PUT", "/drop/nightly/x.csv?wait=0", content=b"x").status_code == 202
        answer = ask("PUT", "/drop/sales/x.csv", content=b"x")
        assert (answer.status_code, answer.json()["code"]) == (403, "drop.other_job")


def test_companions_and_folders_of_stations(installation: Installation, portal: BlockingPortal) -> None:
    text = installation.config.read_text().replace(
        'pattern = "*.csv"', 'pattern = "*.csv"\nready = "{stem}.ok"'
    )
    text = text.replace('inbox = "inbox/nightly"', 'inbox = "inbox/nightly/*"')
    installation.config.write_text(text)
    (installation.root / "inbox" / "nightly" / "lyon").mkdir()
    with door(portal, installation, "drop") as ask:
        assert ask("PUT", "/drop/sales/x.ok?wait=0", content=b"").status_code == 202
        assert ask("PUT", "/drop/nightly/x.csv?wait=0&folder=lyon", content=b"x").status_code == 202
        assert ask("PUT", "/drop/nightly/x.csv?wait=0&folder=paris", content=b"x").status_code == 404
        assert ask("PUT", "/drop/nightly/x.csv?wait=0", content=b"x").status_code == 404
    assert (installation.root / "inbox" / "nightly" / "lyon" / "x.csv").read_bytes() == b"x"


def test_without_room_nothing_is_begun(
    installation: Installation, portal: BlockingPortal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "free_bytes", lambda path: 1000)
    with door(portal, installation, "drop") as ask:
        answer = ask("PUT", "/drop/sales/x.csv", content=b"x")
        assert (answer.status_code, answer.json()["code"]) == (507, "drop.no_room")
    assert lies(installation) == {}


def test_an_inbox_that_is_away(installation: Installation, portal: BlockingPortal) -> None:
    (installation.root / "inbox" / "sales").rmdir()
    (installation.root / "inbox" / "sales").write_text("no folder")
    with door(portal, installation, "drop") as ask:
        assert ask("PUT", "/drop/sales/x.csv", content=b"x").status_code in (404, 503)


def test_a_cut_leaves_nothing(installation: Installation, portal: BlockingPortal) -> None:
    with on_a_port(portal, installation, listening(installation.root), (), "drop") as address:
        head = "PUT /drop/sales/x.csv HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5000000\r\n\r\n"
        with socket.create_connection(address, 20) as wire:
            wire.sendall(head.encode() + b"x" * 2_500_000)
            installation.wait_until("it is being written", lambda: bool(lies(installation)))
            assert all(name.startswith(".") for name in lies(installation))
        installation.wait_until("it is gone", lambda: not lies(installation))
        with socket.create_connection(address, 20) as wire:
            wire.sendall(head.replace("5000000", "99999999999").encode())
            assert wire.recv(1000).startswith((b"HTTP/1.1 413", b"HTTP/1.1 507"))
    assert lies(installation) == {}


def test_a_file_that_would_be_too_big(installation: Installation, portal: BlockingPortal) -> None:
    listen = listening(installation.root, 'listen = "127.0.0.1:0"\nupload_mb = 1\n')
    with door(portal, installation, "drop", listen=listen) as ask:
        assert ask("PUT", "/drop/sales/x.csv?wait=0", content=b"x" * (1 << 20)).status_code == 202
        assert ask("PUT", "/drop/sales/y.csv?wait=0", content=b"x" * ((1 << 20) + 1)).status_code == 413
        assert ask.post("/drop/sales", files={"file": ("y.csv", b"x" * (1 << 20))}).status_code == 413
    assert set(lies(installation)) == {"x.csv"}


def test_what_a_killed_service_left_goes_after_a_day(
    installation: Installation, portal: BlockingPortal
) -> None:
    import os

    inbox = installation.root / "inbox" / "sales"
    old, new, other = (inbox / f".{c * 16}.part" for c in "abx")
    for path in (old, new, other):
        path.write_bytes(b"half")
    for path in (old, other):
        os.utime(path, (1, 1))
    with door(portal, installation, "drop") as ask:
        ask("PUT", "/drop/sales/x.csv?wait=0", content=b"x")
    assert set(lies(installation)) == {new.name, other.name, "x.csv"}
