"""docs/mapping.md keeps its word: its examples of several tables are imported, on both databases."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipeline import files as disk
from pipeline.jobs import ImportJob
from pipeline.store.base import SqlStore
from tests.imports.conftest import Desk
from tests.imports.test_sections import fitted, load

DOCS = (Path(__file__).parents[2] / "docs/mapping.md").read_text("utf-8").partition("## Several tables")[2]
FILES = (
    re.findall(r"```csv\n(.*?)```", DOCS, re.DOTALL)[0].encode(),
    b"H;1;ANN\nL;2;10,00;20\nL;1;5,00;5,5\n",
    b'{"orders": [{"number": "1", "items": [{"qty": 2}, {"qty": 1}]}, {"number": "2", "items": [{"qty": 3}]}]}',
)


@pytest.mark.parametrize(("example", "made"), [(0, 9), (1, 4), (2, 5)])
def test_the_examples_run(store: SqlStore, tmp_path: Path, example: int, made: int) -> None:
    disk.ignore_sigio()
    text = re.findall(r"```toml\n(.*?)```", DOCS, re.DOTALL)[example]
    job = ImportJob("orders", "orders", tmp_path / "inbox", tmp_path / "processed", tmp_path / "failed")
    desk = Desk(tmp_path, store, job, fitted(text))
    first = load(desk, FILES[example], b"a.csv")
    assert (first.inserted, first.refused) == (made, 0)
    again = load(desk, FILES[example] + b"\n", b"b.csv")
    assert (again.inserted, again.updated, again.refused) == (0, 0, 0)
    if example == 0:
        shorter = b"".join(line for line in FILES[0].splitlines(True) if b",B,1," not in line)
        less = load(desk, shorter, b"c.csv")
        assert (less.inserted, less.updated, less.deleted) == (0, 0, 1)


def test_a_till_runs_and_what_was_paid_before_it_waits(store: SqlStore, tmp_path: Path) -> None:
    disk.ignore_sigio()
    texts = re.findall(r"```toml\n(.*?)```", DOCS, re.DOTALL)
    till, bank = (next(text for text in texts if word in text) for word in ("[tables.vat]", '"wait"'))
    job = ImportJob("till", "till", tmp_path / "inbox", tmp_path / "processed", tmp_path / "failed")
    desk = Desk(tmp_path, store, job, fitted(bank))
    paid = load(desk, b"Id,Ticket,Amount\n1,1,17.55\n", b"paid.csv")
    assert (paid.inserted, paid.waiting) == (0, 1)
    desk.plan = fitted(till)
    content = next(
        text for text in re.findall(r"```csv\n(.*?)```", DOCS, re.DOTALL) if "TVA" in text
    ).encode()
    done = load(desk, content, b"a.csv")
    assert [row.line for row in store.refused(done.id)] == [5]
    # tickets, rates, lines, movements, what they name, and the payment
    assert done.inserted == 2 + 3 + 3 + 3 + (2 + 1) + 1
    again = load(desk, content + b"\n", b"b.csv")
    assert (again.inserted, again.updated) == (0, 0)
    undone = store.undo(done.id, disk.new_claim(paid.seen_at), "ann", paid.seen_at)
    assert undone.left_count == 0
    back = store.by_id(paid.id)
    assert back is not None
    assert back.waiting == 1
