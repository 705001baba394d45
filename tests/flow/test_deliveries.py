"""Files that belong together wait for each other, go in as one, fail as one, and are taken back as one."""

from __future__ import annotations

import json

import pytest

from pipeline import Pipeline
from pipeline.events import Event
from pipeline.results import OnceResult
from tests.flow.conftest import CONFIG, Installation
from tests.flow.test_replay import at_work, process
from tests.flow.test_undo import told
from tests.mapping.test_delivery import DELIVERY

HEADS = b"Numero;Total\n1;10,00\n2;7,50\n"
LINES = b"Numero;Ligne;Article;Qte\n1;1;A;1\n1;2;B;2\n2;1;A;3\n"
ROWS = 'SELECT o.number, l.line_no, l.sku FROM sales_order AS o JOIN sales_order_line AS l ON l."order" = o.id ORDER BY 1, 2'
ALL = [("1", 1, "A"), ("1", 2, "B"), ("2", 1, "A")]


@pytest.fixture
def box(installation: Installation) -> Installation:
    (installation.root / "mappings/sales.toml").write_text(DELIVERY)
    installation.config.write_text(CONFIG.replace('pattern = "*.csv"', 'pattern = "*.TXT"'))
    return installation


def dropped(box: Installation, files: dict[str, bytes], wait: float = 20.0) -> OnceResult:
    def drop(event: Event) -> None:
        if event.name == "service.started":
            for name, content in files.items():
                box.drop(name, content)

    with Pipeline(box.config, listener=drop) as pipeline:
        return pipeline.once(wait=wait)


def test_one_waits_for_the_other_and_both_go_in(box: Installation) -> None:
    alone = dropped(box, {"LIGNES7.TXT": LINES}, wait=1.0)
    assert ([f.name for f in alone.waiting], alone.files) == (["LIGNES7.TXT"], ())
    why = json.loads(told(box, "why", "LIGNES7.TXT", "--json")[1])
    assert (why["code"], "ENTETES7.TXT" in why["why"], bool(why["remedy"])) == ("turns.delivery", True, True)
    both = dropped(box, {"ENTETES7.TXT": HEADS})
    assert [(f.name, f.state, f.inserted) for f in both.files] == [
        ("ENTETES7.TXT", "archived", 2), ("LIGNES7.TXT", "archived", 3),
    ]  # fmt: skip
    assert box.sql(ROWS) == ALL
    assert box.names("processed/sales") == ["ENTETES7.TXT", "LIGNES7.TXT"]
    again = dropped(box, {"LIGNES8.TXT": LINES, "ENTETES8.TXT": HEADS})
    assert [(f.inserted, f.updated) for f in again.files] == [(0, 0), (0, 0)]
    why = json.loads(told(box, "why", "LIGNES7.TXT", "--json")[1])
    assert [one["code"] for one in why["besides"]] == ["turns.together"]
    with Pipeline(box.config) as pipeline:
        pipeline.undo(4)
        done = pipeline.undo(1)
        assert [(t.table, t.deleted) for t in done.tables] == [("sales_order", 2), ("sales_order_line", 3)]
        assert box.sql("SELECT count(*) FROM sales_order") == [(0,)]
        assert [f.state for f in pipeline.files() if f.id in (1, 2)] == ["undone", "undone"]
        assert done.entry is not None
        pipeline.undo(done.entry.id)
        assert box.sql(ROWS) == ALL
        replayed = pipeline.replay(2)
        assert [f.name for f in replayed.files] == ["ENTETES7.TXT", "LIGNES7.TXT"]


def test_when_one_cannot_be_read_none_goes_in(box: Installation) -> None:
    done = dropped(box, {"LIGNES1.TXT": b"Numero;Article\n1;A\n", "ENTETES1.TXT": HEADS})
    heads, lines = done.files
    assert (heads.state, lines.state) == ("failed", "failed")
    assert heads.reason is not None
    assert lines.reason is not None
    assert heads.reason.code == "sections.delivery_failed"
    assert "LIGNES1.TXT" in str(heads.reason.args["file"])
    assert "Ligne" in str(lines.reason.args)
    assert box.sql("SELECT count(*) FROM sales_order") == [(0,)]


def test_when_one_is_held_all_are_and_all_go_in_when_a_person_agrees(box: Installation) -> None:
    mapping = DELIVERY.replace('gross_amount = "Total"', 'gross_amount = "Total"\nordered_at = "Le"')
    (box.root / "mappings/sales.toml").write_text(mapping)
    box.config.write_text('closed_until = "2026-03-31"\n' + box.config.read_text())
    heads = (
        HEADS.replace(b"Total", b"Total;Le")
        .replace(b",00", b",00;2026-03-05")
        .replace(b",50", b",50;2026-04-05")
    )
    done = dropped(box, {"LIGNES1.TXT": LINES, "ENTETES1.TXT": heads})
    assert [(f.state, f.reason.code if f.reason else None) for f in done.files] == [
        ("held", "states.closed")
    ] * 2
    assert box.sql("SELECT count(*) FROM sales_order") == [(0,)]
    with Pipeline(box.config) as pipeline:
        assert [f.state for f in pipeline.approve(2).files] == ["archived", "archived"]
        assert [f.state for f in pipeline.files()] == ["archived", "archived", "approved", "approved"]
    assert box.sql(ROWS) == ALL
    assert told(box, "undo", "3", "--yes")[0] == 1
    assert box.sql(ROWS) == ALL
    assert told(box, "undo", "3", "--yes", "--even-closed")[0] == 0
    assert box.sql("SELECT count(*) FROM sales_order") == [(0,)]


@pytest.mark.parametrize(
    "fault", ["claim.after:1:killall", "worker/commit.before:1:killall", "worker/commit.after:1:killall",
              "worker/archive.after:1:killall", "worker/rows.written:1:killall"],
)  # fmt: skip
def test_killed_anywhere_it_goes_in_once_and_whole(box: Installation, fault: str) -> None:
    for name, content in {"LIGNES1.TXT": LINES, "ENTETES1.TXT": HEADS}.items():
        box.drop(name, content)
    process(box, "once", fault=fault)
    box.once(wait=20)
    assert box.sql(ROWS) == ALL
    assert box.sql("SELECT name, inserted FROM pipeline_file ORDER BY id") == [
        (b"ENTETES1.TXT", 2),
        (b"LIGNES1.TXT", 3),
    ]
    assert (at_work(box), box.names("processed/sales")) == ([], ["ENTETES1.TXT", "LIGNES1.TXT"])
