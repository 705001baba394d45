"""The pages of synchronisation between two real databases, and what a job expects, asked without a browser."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from anyio.from_thread import BlockingPortal

from pipeline import Pipeline
from pipeline.clock import UTC
from pipeline.console import settling
from pipeline.schedule import WEEKDAYS
from pipeline.store.syncing.standing import Conflict
from tests.console.conftest import Asking, Installation, console
from tests.flow.conftest import ORDERS
from tests.peers.conftest import Making, Shop, make

__all__ = ["make"]
INTO = '[syncs.{name}]\nremote = "{url}"\nevery = 900\n'


@contextmanager
def pages(portal: BlockingPortal, shop: Shop, role: str = "admin") -> Iterator[Asking]:
    with console(portal, Installation(shop.root), role) as ask:
        yield ask


def done(ask: Asking) -> str:
    """What the last work begun on a page came to, when all of it is at its end."""
    desk: Any = ask.client._transport.app.state.desk  # type: ignore[attr-defined]
    for work in list(desk.begun):
        work.join()
    assert not desk.at_work
    return str(desk.notes[-1].said.code)


def text(ask: Asking, path: str, language: str = "en") -> str:
    answer = ask.get(path, headers={"accept-language": language})
    assert answer.status_code == 200, (path, answer.status_code, answer.text)
    return " ".join(unescape(answer.text).split())


def two(make: Making, there: str = "") -> tuple[Shop, Shop]:
    office = make("office", there)
    return office, make("lyon", more=INTO.format(name="office", url=office.url))


def test_a_first_contact_is_looked_at_and_accepted(
    make: Making, portal: BlockingPortal, pg_database: str
) -> None:
    """SQLite here, PostgreSQL there, rows on both sides: only an admin may agree."""
    office, lyon = two(make, pg_database)
    lyon.customer(1, "C1", "Anna")
    office.customer(2, "C2", "Bob")
    with pages(portal, lyon, "operator") as ask:
        assert 'href="/sync"' in text(ask, "/")
        assert "not exchanged yet" in text(ask, "/sync")
        assert 'hx-get="/sync/office/planned"' in text(ask, "/sync/office/plan")
        plan = text(ask, "/sync/office/planned")
        assert (
            '<th scope="row">party</th><td class="num">1</td><td class="num">1</td><td class="num">0</td><td class="num">1</td><td class="num">1</td>'
            in plan
        )
        assert "/accept" not in plan
        assert ask.post("/sync/office/accept").status_code == 403
        assert ask.post("/sync/office/run").status_code == 303
        assert done(ask) == "syncing.both_filled"
    with pages(portal, lyon) as ask:
        assert "/sync/office/accept" in text(ask, "/sync/office/planned")
        assert ask.post("/sync/office/accept").status_code == 303
        assert done(ask) == "peers.round"
        assert office.customers() == lyon.customers() == [("C1", "Anna"), ("C2", "Bob")]
        assert "/accept" not in text(ask, "/sync/office/planned")
        assert "in a first load" in text(ask, "/sync")
        ask.post("/sync/office/run")
        assert done(ask) == "peers.round"
        assert "up to date" in text(ask, "/sync")


def test_what_waits_each_way_is_told(make: Making, portal: BlockingPortal) -> None:
    office, lyon = two(make)
    lyon.customer(1, "C1", "Anna")
    lyon.peers.now()
    with pages(portal, lyon, "viewer") as ask:
        assert '<td class="num" data-label="Lignes à recevoir">0</td>' in text(ask, "/sync/reached", "fr")
        page = text(ask, "/sync", "fr")
        assert "à jour" in page
        assert "/run" not in page
        for path in ("run", "verify"):
            assert ask.post(f"/sync/office/{path}").status_code == 403
        assert ask.post("/sync/conflicts", data={"keep": "here"}).status_code == 403
        assert ask.get("/sync/elsewhere/plan").status_code == 404
        Path(office.url.removeprefix("sqlite:///")).unlink()
        office.pipeline.close()
        assert "injoignable" in text(ask, "/sync/reached", "fr")


def test_both_sides_are_verified_and_drift_is_named(make: Making, portal: BlockingPortal) -> None:
    _, lyon = two(make)
    lyon.customer(1, "C1", "Anna")
    lyon.peers.now()
    with pages(portal, lyon) as ask:
        assert "Not verified since the service started." in text(ask, "/sync/office/verify")
        assert ask.post("/sync/office/verify").headers["location"] == "/sync/office/verify"
        assert done(ask) == "peers.equal"
        assert "Equal." in text(ask, "/sync/office/verify")
        lyon.run("DROP TRIGGER pipeline_log_party_u", "UPDATE party SET name = 'X'")
        ask.post("/sync/office/verify")
        assert done(ask) == "console.sync.drift"
        page = text(ask, "/sync/office/verify")
        assert page.count("Nothing was mended.") == 1
        assert '<p class="note break bad">' in text(ask, "/sync")
        assert "not the same" in page


def conflicting(office: Shop, lyon: Shop, *codes: str) -> None:
    """A name that both changed, for each of these."""
    for n, code in enumerate(codes, 1):
        lyon.customer(n, code, "Anna")
    lyon.peers.now()
    for code in codes:
        office.run(f"UPDATE party SET name = 'Office {code}' WHERE code = '{code}'")
        lyon.run(f"UPDATE party SET name = '<i>Lyon</i> {code}' WHERE code = '{code}'")
    lyon.peers.now()
    lyon.peers.now()


def test_a_conflict_shows_both_values_and_is_settled(make: Making, portal: BlockingPortal) -> None:
    office, lyon = two(make)
    conflicting(office, lyon, "C1")
    (record,) = lyon.peers.conflicts()
    with pages(portal, lyon, "operator") as ask:
        raw = ask.get("/sync/conflicts").text
        assert "<i>Lyon" not in raw
        assert "&lt;i&gt;Lyon&lt;/i&gt; C1" in raw
        assert "Office C1" in raw
        assert '<span class="small break">C1</span>' in raw
        assert text(ask, f"/data/party/row?id={1:032x}")
        page = text(ask, "/")
        assert 'href="/sync/conflicts"' in page
        assert 'action="/sync/office/run"' in page
        wrong = ask.post(f"/sync/conflicts/{record.id}", data={"keep": "mine"})
        assert wrong.status_code == 422
        assert ask.post("/sync/conflicts/none", data={"keep": "here"}).status_code == 404
        answer = ask.post(f"/sync/conflicts/{record.id}", data={"keep": "there"})
        assert answer.status_code == 303
        assert lyon.customers() == [("C1", "Office C1")]
        assert "No conflicts to look at." in text(ask, "/sync/conflicts")
        assert "settled by tester" in text(ask, "/sync/conflicts?all=on")
        with Pipeline(lyon.root / "config.toml") as pipeline:
            changes = pipeline.store().people().changes()
        assert [(one.what, one.subject, one.after) for one in changes] == [
            ("conflict.settle", record.id, '"there"')
        ]


@pytest.mark.parametrize(("keep", "kept"), [("here", "<i>Lyon</i>"), ("there", "Office")])
def test_many_are_settled_by_rule(make: Making, portal: BlockingPortal, keep: str, kept: str) -> None:
    """One whose row changed since stays for a person."""
    office, lyon = two(make)
    conflicting(office, lyon, "C1", "C2", "C3")
    lyon.run("UPDATE party SET name = 'later' WHERE code = 'C3'")
    with pages(portal, lyon, "operator") as ask:
        assert "Settle many at once" in text(ask, "/sync/conflicts")
        assert ask.post("/sync/conflicts", data={"keep": "both"}).status_code == 422
        assert ask.post("/sync/conflicts", data={"keep": keep, "table": "sales_order"}).status_code == 303
        done(ask)
        assert len(lyon.peers.conflicts()) == 3
        ask.post("/sync/conflicts", data={"keep": keep, "table": ""})
        assert done(ask) == "console.sync.settled_all"
        assert "Conflicts settled: 2. Left to look at one by one: 1." in text(ask, "/sync/conflicts")
    assert lyon.customers() == [("C1", f"{kept} C1"), ("C2", f"{kept} C2"), ("C3", "later")]
    assert len(lyon.peers.conflicts()) == 1


def test_how_a_record_can_be_settled() -> None:
    """Values beside the site that wrote them; ours is ours whether it stands or not."""
    at = settling.clocked('[256000, "lyon"]')[1]
    assert at is not None
    assert at.isoformat() == "1970-01-01T00:00:01+00:00"

    def record(kind: str, column: str = "name") -> Conflict:
        clocks = '[256000, "lyon"]', '[512000, "office"]'
        return Conflict(
            "x" * 32, kind, "party", '["a"]', column, '"ours"', '"theirs"', *clocks, at, "open", ""
        )

    here = settling.shown(record("update"), "lyon")
    assert (here.here.value, here.here.kept, here.there.value, here.there.site) == (
        "ours",
        False,
        "theirs",
        "office",
    )
    there = settling.shown(record("update"), "office")
    assert (there.here.value, there.here.kept, there.there.value) == ("theirs", True, "ours")
    assert (here.ways, settling.shown(record("unique"), "lyon").ways) == (
        ("here", "there", "both"),
        ("merge", "both"),
    )
    assert settling.shown(record("delete", ""), "lyon").ways == ("both",)


def test_without_synchronisations_nothing_points_there(portal: BlockingPortal, make: Making) -> None:
    with pages(portal, make("alone")) as ask:
        assert 'href="/sync"' not in text(ask, "/")
        assert "No synchronisation is set up." in text(ask, "/sync")


def test_a_job_says_what_it_expects(portal: BlockingPortal, installation: Installation) -> None:
    """Red where yesterday's file is missing, amber where one is smaller than it should be."""
    now = datetime.now(ZoneInfo("Europe/Paris"))
    yesterday = WEEKDAYS[(now - timedelta(days=1)).weekday()]
    expect = f'\n[imports.sales.expect]\nby = "23:59"\nrows = [10, 50]\n\n[imports.nightly.expect]\nby = "23:59"\ndays = "{yesterday}"\n'
    text_ = installation.config.read_text("utf-8")
    installation.config.write_text(text_ + expect, "utf-8")
    with Pipeline(installation.config) as pipeline:
        pipeline.store().notices().remembered(now.astimezone(UTC) - timedelta(days=9))
    installation.drop("a.csv", ORDERS)
    installation.once("sales")
    with console(portal, installation, "viewer") as ask:
        page = text(ask, "/", "fr")
        assert '<span class="state bad"><span aria-hidden="true">✗</span> manquant</span>' in page
        assert "Manquant le" in page
        assert "taille inhabituelle" in page
        assert "a.csv n'a que 3 lignes" in page
        assert "Les sept derniers jours" in text(ask, "/history/figures", "fr")
