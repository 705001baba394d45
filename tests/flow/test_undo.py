"""A file is taken back by command: what people see of it, and what a file that comes again means then."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from pipeline import Pipeline
from pipeline.cli.main import app
from tests.flow.conftest import ORDERS, Installation
from tests.flow.test_replay import B, imported


def told(box: Installation, *words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["--config", str(box.config), *words])
    return result.exit_code, result.stdout


def test_the_story_of_an_undo(installation: Installation) -> None:
    imported(installation, {"a.csv": ORDERS, "b.csv": B})
    prices = "SELECT number, gross_amount, updated_at, status FROM sales_order ORDER BY number"
    code, out = told(installation, "undo", "2", "--dry-run", "--json")
    after = installation.sql(prices)
    planned = json.loads(out)
    assert (code, planned["entry"], planned["left"]) == (0, None, 0)
    assert planned["tables"] == [{"table": "sales_order", "deleted": 0, "restored": 0, "updated": 2}]
    with Pipeline(installation.config) as pipeline:
        done = pipeline.undo(2)
        assert done.entry is not None
        assert [(f.id, f.state) for f in pipeline.files()] == [(3, "undo"), (2, "undone"), (1, "archived")]
        assert [f.id for f in pipeline.files(state="undone")] == [2]
        entry, undone = pipeline.show(3), pipeline.show(2)
        assert entry is not None
        assert undone is not None
        assert (entry.file.undo_of, entry.file.updated) == (2, 2)
        assert undone.file.reason is not None
        assert undone.file.reason.args["id"] == 3
        why = pipeline.why("b.csv")
        assert (why.imported, why.said.code) == (False, "store.undone")
        assert pipeline.status().jobs[0].last is not None
    assert installation.sql(prices) != after
    for words in (("files",), ("show", "3"), ("show", "2"), ("why", "b.csv"), ("status",)):
        assert told(installation, *words)[0] == 0
    imported(installation, {"b.csv": B, "c.csv": B})
    with Pipeline(installation.config) as pipeline:
        assert [(f.id, f.state) for f in pipeline.files()][:2] == [(5, "duplicate"), (4, "archived")]
    assert [row[:2] for row in installation.sql(prices)] == [row[:2] for row in after]
    code, out = told(installation, "undo", "4", "--yes", "--json")
    assert (code, json.loads(out)["entry"]) == (0, 6)


@pytest.mark.parametrize(("words", "code"), [(("undo", "1"), 2), (("undo", "9", "--yes"), 1)])
def test_nobody_to_ask_and_no_such_file(
    installation: Installation, words: tuple[str, ...], code: int
) -> None:
    imported(installation, {"a.csv": ORDERS})
    result = CliRunner().invoke(app, ["--config", str(installation.config), *words])
    assert getattr(result.exception, "exit_code", None) == code
    assert installation.sql("SELECT count(*) FROM sales_order") == [(3,)]
