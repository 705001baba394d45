"""Whatever a mapping says and a file holds: trying writes nothing and tells what the import then does, and the undo
of an import gives back what was there, also when somebody changed rows in between."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pipeline import files as disk
from pipeline.jobs import ImportJob
from pipeline.store.base import SqlStore
from pipeline.store.model import Attempt, LedgerFile
from pipeline.store.tables import business_tables
from tests.amounts import times
from tests.imports.conftest import Desk
from tests.imports.test_sections import fitted
from tests.store.test_attempt import everything
from tests.store.test_undo import undo, write

_NUMBERS = count(1)
cheap = settings(
    derandomize=True,
    max_examples=times(8),
    deadline=None,
    phases=[Phase.explicit, Phase.generate],  # a failure is small already, and shrinking it costs minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
MODES = (
    'mode = "upsert"',
    'mode = "create"',
    'mode = "update"',
    'mode = "delete"',
    'mode = "mirror"\nmirror = { at_most = "100%" }',
    'mode = "mirror"\nmirror = { gone = "inactive", within = ["language"], at_most = 5 }',
    'newer_by = "updated_at"',
    'action = { column = "Op", insert = ["I"], update = ["U"], delete = ["D"], upsert = [""] }',
    'repeated = "agree"',
)
PARTY = """
version = 1
table = "party"
key = {key}
{mode}
[fields]
{more}code = "Code"
email = {{ column = "Mail", write = "{write}" }}
name = {{ column = "Name", blank = "{blank}" }}
language = "Lang"
"""
ORDERS = """
version = 1
document = "No"
unit = "{unit}"
[tables.customer]
table = "party"
key = [["email"], ["code"]]
optional = true
repeated = "{repeated}"
[tables.customer.fields]
email = "Mail"
code = "Code"
[tables.order]
table = "sales_order"
{mode}
[tables.order.fields]
source = {{ value = "shop" }}
number = "No"
ordered_at = "At"
party = {{ row = "customer" }}
[tables.line]
table = "sales_order_line"
lines = "{lines}"
[tables.line.fields]
order = {{ row = "order" }}
line_no = {{ count = "document" }}
variant = {{ find = "product_variant", by = {{ sku = "Sku" }}, missing = "{missing}" }}
sku = "Sku"
quantity = "Qty"
"""
cell = st.sampled_from
few = st.lists(
    st.tuples(
        cell("ABCD"), cell(["a@x", "b@x", "c@x", ""]), cell(["Ann", "Bob", ""]), cell(["fr", "en"]),
        cell(["2026-01-04 00:00:00", "2026-01-06 00:00:00", ""]), cell("IUD?"),
    ),
    max_size=6,
)  # fmt: skip
orders = st.lists(
    st.tuples(
        cell("123"), cell(["", "a@x", "b@x"]), cell(["", "A", "B"]), cell(["2026-01-04 00:00:00", "2026-01-06 00:00:00"]),
        cell(["P", "Q", ""]), cell(["1", "2", "2", "x"]),
    ),
    min_size=1,
    max_size=6,
)  # fmt: skip
AT = 'updated_at = { column = "At", default = "2026-01-05 00:00:00" }\n'


def party(mode: str, **more: str) -> str:
    return PARTY.format(mode=mode, more=AT if "newer_by" in mode else "", **more)


parties = st.builds(
    party,
    key=cell(['["code"]', '[["email"], ["code"]]']),
    mode=cell(MODES),
    write=cell(["always", "create", "if-empty"]),
    blank=cell(["keep", "clear"]),
)
shops = st.builds(
    ORDERS.format,
    unit=cell(["row", "document"]),
    repeated=cell(["last", "agree"]),
    mode=cell(["", 'newer_by = "ordered_at"', 'mode = "create"', 'mode = "update"']),
    lines=cell(["replace", "merge", "append"]),
    missing=cell(["refuse", "empty", "create"]),
)


@pytest.fixture
def bench(store: SqlStore, tmp_path: Path) -> Desk:
    disk.ignore_sigio()
    job = ImportJob("orders", "orders", tmp_path / "inbox", tmp_path / "processed", tmp_path / "failed")
    return Desk(tmp_path, store, job)


def content(head: str, rows: list[tuple[str, ...]]) -> bytes:
    return "\n".join([head, *map(",".join, rows), ""]).encode()


def run(bench: Desk, text: str, file: bytes) -> tuple[Attempt, LedgerFile]:
    """Tried, then imported. Each file is told apart by an empty line more."""
    assert isinstance(bench.store, SqlStore)
    bench.plan = fitted(text)
    bench.said.clear()
    taken = bench.take(file + b"\n" * next(_NUMBERS), b"f.csv")
    before = everything(bench.store)
    tried = bench.importer().attempt(bench.work(taken))
    assert everything(bench.store) == before
    done = bench.row(bench.run(taken))
    return tried, done


def foretold(bench: Desk, tried: Attempt, done: LedgerFile) -> None:
    names = ("state", "rows_read", "inserted", "updated", "unchanged", "deleted", "stale", "absent", "refused",
             "duplicates")  # fmt: skip
    state = {"archived": "committed"}.get(done.state, done.state)
    counts = tuple(getattr(tried.file, name) for name in names)
    if state == "duplicate":
        assert tried.file.state == state
    elif state == "held":
        assert (tried.file.state, tried.file.reason) == (state, done.reason)
    else:
        assert counts == tuple(getattr(replace(done, state="committed"), name) for name in names)
        assert tried.file.reason == done.reason
        assert sum(n[0] for n in tried.tables.values()) == done.inserted
        assert sum(n[1] for n in tried.tables.values()) == done.updated
        assert sum(n[2] for n in tried.tables.values()) == done.deleted
        told = [(row.line, row.said) for row in tried.refused]
        assert told == [(row.line, row.said) for row in bench.store.refused(done.id)]


def snapshot(store: SqlStore) -> dict[tuple[str, str], tuple[object, ...]]:
    with store._transaction(write=False) as conn:
        return {
            (table.name, str(row[0])): tuple(map(repr, row))
            for table in business_tables()
            for row in conn.exec_driver_sql(f'SELECT id, t.* FROM "{table.name}" AS t')
        }


@cheap
@given(parties, few, parties, few, st.integers(0, 5))
def test_one_table(
    bench: Desk, first: str, here: list[tuple[str, ...]], second: str, then: list[tuple[str, ...]], at: int
) -> None:
    assert isinstance(bench.store, SqlStore)
    head = "Code,Mail,Name,Lang,At,Op"
    run(bench, first, content(head, here))
    before = snapshot(bench.store)
    tried, done = run(bench, second, content(head, then))
    foretold(bench, tried, done)
    after = snapshot(bench.store)
    assert done.state == "archived" or after == before
    if before == after:
        return
    touched = sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))
    mine = sorted(after)[at % len(after)] if at and after else None  # a row that somebody changes in between
    if mine is not None:
        write(
            bench.store,
            f"UPDATE {mine[0]} SET phone = '{next(_NUMBERS)}', updated_at = created_at WHERE id = '{mine[1]}'",
        )
    now = snapshot(bench.store)
    back = undo(bench.store, done.id)
    left = {mine} & set(touched) if mine else set()
    assert back.left_count == len(left)
    expected = {**before, **({mine: now[mine]} if mine else {})}
    assert snapshot(bench.store) == expected
    if back.entry is not None:
        assert undo(bench.store, back.entry.id).left_count == 0
        assert snapshot(bench.store) == now


def lines_of(store: SqlStore, number: str) -> list[tuple[object, ...]]:
    asked = (
        'SELECT l.line_no, l.sku FROM sales_order_line AS l JOIN sales_order AS o ON o.id = l."order"'
        f" WHERE o.number = '{number}' ORDER BY l.line_no"
    )
    with store._transaction(write=False) as conn:
        return [tuple(row) for row in conn.exec_driver_sql(asked)]


@cheap
@given(shops, orders, shops, orders)
def test_documents(
    bench: Desk, first: str, here: list[tuple[str, ...]], second: str, then: list[tuple[str, ...]]
) -> None:
    assert isinstance(bench.store, SqlStore)
    head = "No,Mail,Code,At,Sku,Qty"
    run(bench, first, content(head, here))
    before = snapshot(bench.store)
    earlier = {number: lines_of(bench.store, number) for number in "123"}
    tried, done = run(bench, second, content(head, then))
    foretold(bench, tried, done)
    after = snapshot(bench.store)
    if 'unit = "document"' in second and 'lines = "replace"' in second and done.state == "archived":
        refused = {row.line for row in bench.store.refused(done.id)}
        for number in "123":
            rows = [(i, row) for i, row in enumerate(then, 2) if row[0] == number]
            out = {i for i, _ in rows} & refused
            assert not out or out == {i for i, _ in rows}
            whole = [(n, row[4] or None) for n, (_, row) in enumerate(rows, 1)]
            assert lines_of(bench.store, number) in (earlier[number], whole)
    if before != after:
        back = undo(bench.store, done.id)
        assert (back.left_count, snapshot(bench.store)) == (0, before)
        assert back.entry is not None
        assert undo(bench.store, back.entry.id).left_count == 0
        assert snapshot(bench.store) == after
