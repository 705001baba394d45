"""Taking back: after an import and its undo the database is as it was, whatever happened in between."""

from __future__ import annotations

import hashlib
import os
import signal
from itertools import count
from typing import Any

import polars as pl
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline import faults
from pipeline import files as disk
from pipeline.errors import PipelineError
from pipeline.store import connect
from pipeline.store.base import SqlStore
from pipeline.store.model import LedgerFile, Undo
from pipeline.store.tables import business_tables
from tests.amounts import times
from tests.store.test_exam import NOW, arrival, frame, load, rows_of, sql

_NUMBERS = count(1)


def checksum(store: SqlStore, tables: tuple[str, ...] = ()) -> str:
    """Of every row and column of the business tables."""
    digest = hashlib.sha256()
    with store._transaction(write=False) as conn:
        for name in tables or sorted(table.name for table in business_tables()):
            found = conn.exec_driver_sql(f'SELECT * FROM "{name}"').all()
            digest.update(repr((name, sorted(map(repr, found)))).encode())
    return digest.hexdigest()


def undo(store: SqlStore, id: int, *, dry: bool = False) -> Undo:
    return store.undo(id, disk.new_claim(NOW), "anna@shop", NOW, dry=dry)


def numbers(done: Undo) -> tuple[int, int, int, int]:
    """(taken out, brought back, set back, left)"""
    tables = done.tables
    parts = ((t.deleted, t.restored, t.updated) for t in tables)
    deleted, restored, updated = (sum(column) for column in zip(*parts, strict=True)) if tables else (0, 0, 0)
    return deleted, restored, updated, done.left_count


def state(store: SqlStore, id: int) -> str:
    file = store.by_id(id)
    assert file is not None
    return file.state


def said(done: Undo) -> list[tuple[str, str]]:
    return [(left.row, left.said.code) for left in done.left]


def write(store: SqlStore, *statements: str) -> None:
    """As another program would: nobody is named."""
    with store._transaction() as conn:
        for statement in statements:
            conn.exec_driver_sql(statement)


def test_new_rows_go_changed_ones_are_set_back_and_the_rest_stays(store: SqlStore) -> None:
    load(store, b"a", frame(("1", "1", "x"), ("2", "2", None), ("3", "3", "x")))
    before = checksum(store)
    file = load(store, b"b", frame(("1", "1", "x"), ("2", None, "y"), ("4", "4", "x")))
    after = checksum(store)
    planned = undo(store, file.id, dry=True)
    assert (numbers(planned), planned.entry, checksum(store)) == ((1, 0, 1, 0), None, after)
    assert state(store, file.id) == "committed"
    done = undo(store, file.id)
    assert numbers(done) == (1, 0, 1, 0)
    assert checksum(store) == before
    assert state(store, file.id) == "undone"
    assert done.entry is not None
    noted = store.by_id(done.entry.id)
    assert noted is not None
    assert (noted.state, noted.undo_of, noted.deleted, noted.updated) == ("undo", file.id, 1, 1)
    again = undo(store, noted.id)
    assert numbers(again) == (0, 1, 1, 0)
    assert checksum(store) == after
    assert (state(store, file.id), state(store, noted.id)) == ("committed", "undone")
    assert again.entry is not None
    assert numbers(undo(store, again.entry.id)) == (1, 0, 1, 0)
    assert checksum(store) == before
    assert [state(store, n) for n in (file.id, noted.id, again.entry.id)] == ["undone", "undo", "undone"]


def test_what_was_changed_since_stays_and_is_told_by_whom(store: SqlStore) -> None:
    file = load(store, b"a", frame(*((str(n), "1", "x") for n in range(5))))
    later = load(store, b"b", frame(("1", "9", "x")))
    write(store, "UPDATE sales_order SET status = 'mine' WHERE number = '2'")
    write(store, "DELETE FROM sales_order WHERE number = '3'")
    done = undo(store, file.id)
    assert numbers(done) == (2, 0, 0, 3)
    assert said(done)[:2] == [
        ("shop, 1", "store.undo_changed_by_file"),
        ("shop, 2", "store.undo_changed_by_program"),
    ]
    assert done.left[0].said.args["id"] == later.id
    assert [row[0] for row in rows_of(store)] == ["1", "2"]
    assert done.entry is not None
    assert [r.value for r in store.refused(done.entry.id)][:2] == ["shop, 1", "shop, 2"]


def test_undone_in_turn_from_the_newest_all_is_as_it_was(store: SqlStore) -> None:
    sums, files = [checksum(store)], []
    for content, amount in ((b"a", "1"), (b"b", "2"), (b"c", "3")):
        files.append(load(store, content, frame(("1", amount, content.decode()), (amount, "7", None))))
        sums.append(checksum(store))
    for file, before in reversed(list(zip(files, sums, strict=False))):
        assert undo(store, file.id).left_count == 0
        assert checksum(store) == before


def test_a_content_that_was_undone_is_loaded_again(store: SqlStore) -> None:
    rows = frame(("1", "1", "x"))
    first = load(store, b"a", rows)
    assert load(store, b"a", rows).state == "duplicate"
    done = undo(store, first.id)
    again = load(store, b"a", rows)
    assert (again.state, again.inserted) == ("committed", 1)
    assert done.entry is not None
    back = undo(store, done.entry.id)
    assert numbers(back) == (0, 0, 0, 1)
    assert [left.said.code for left in back.left] == ["store.row_repeats"]
    assert len(rows_of(store)) == 1


def test_what_later_rows_point_to_stays(store: SqlStore) -> None:
    file = load(store, b"a", frame(("1", "1", "x"), ("2", "2", "x")))
    ids = dict(sql(store, "SELECT number, id FROM sales_order"))
    line = "0" * 32 if store.kind == "sqlite" else "00000000-0000-0000-0000-000000000001"
    write(store, f"INSERT INTO sales_order_line (id, \"order\", line_no) VALUES ('{line}', '{ids['1']}', 1)")
    done = undo(store, file.id)
    assert numbers(done) == (1, 0, 0, 1)
    assert said(done) == [("shop, 1", "store.undo_referenced")]
    assert done.left[0].said.args["table"] == "sales_order_line"
    assert not sql(store, "SELECT 1 FROM sales_order WHERE number = '2'")


def test_rows_that_were_deleted_come_back_with_their_ids_parents_first(store: SqlStore) -> None:
    load(store, b"a", frame(("1", "1.234567", "é'\"\\\n"), ("2", None, None)))
    ids = dict(sql(store, "SELECT number, id FROM sales_order"))
    line = "0" * 32 if store.kind == "sqlite" else "00000000-0000-0000-0000-000000000001"
    write(store, f"INSERT INTO sales_order_line (id, \"order\", line_no) VALUES ('{line}', '{ids['1']}', 1)")
    before = checksum(store)
    file = deleting(store, "DELETE FROM sales_order_line", "DELETE FROM sales_order")
    assert numbers(undo(store, file.id, dry=True)) == (0, 3, 0, 0)
    assert numbers(undo(store, file.id)) == (0, 3, 0, 0)
    assert checksum(store) == before


def deleting(store: SqlStore, *statements: str) -> LedgerFile:
    """A file whose load also does this: more than one table, and the same row more than once."""
    with store._transaction() as conn:
        values: dict[str, Any] = {"log_from": store._last_change(conn)}
        row = store._insert(conn, arrival(disk.new_claim(NOW).encode()), "committed", NOW, None, **values)
        store._who(conn, f"file:{row.id}")
        for statement in statements:
            conn.exec_driver_sql(statement)
        store._who(conn, None)
    return row


def test_a_row_changed_more_than_once_by_its_file_goes_back_to_the_first(store: SqlStore) -> None:
    load(store, b"a", frame(("1", "1", "x"), ("2", "2", "x"), ("3", "3", None)))
    before = checksum(store)
    insert = "INSERT INTO sales_order (id, number, status) SELECT id, number, 'back' FROM was"
    file = deleting(
        store,
        "UPDATE sales_order SET status = 'y', notes = 'n' WHERE number < '3'",
        "UPDATE sales_order SET status = 'z', email = 'e' WHERE number = '1'",
        "CREATE TEMP TABLE was AS SELECT id, number FROM sales_order WHERE number >= '2'",
        "DELETE FROM sales_order WHERE number >= '2'",
        insert,
        "DELETE FROM sales_order WHERE number = '3'",
    )
    assert numbers(undo(store, file.id)) == (0, 1, 2, 0)
    assert checksum(store) == before


def test_lines_that_were_replaced_under_the_same_key_come_back(store: SqlStore) -> None:
    load(store, b"a", frame(("1", "1", "x"), ("2", "2", "x")))
    before = checksum(store)
    new = "lower(hex(randomblob(16)))" if store.kind == "sqlite" else "gen_random_uuid()"
    file = deleting(
        store,
        "CREATE TEMP TABLE was AS SELECT * FROM sales_order",
        "DELETE FROM sales_order",
        f"INSERT INTO sales_order (id, source, number, status) SELECT {new}, source, number, 'new' FROM was",
    )
    assert numbers(undo(store, file.id)) == (2, 2, 0, 0)
    assert checksum(store) == before


def test_a_key_that_somebody_else_has_by_now_is_told_and_the_others_come_back(store: SqlStore) -> None:
    load(store, b"a", frame(("1", "1", "x"), ("2", "2", "x"), ("3", "3", "x")))
    file = deleting(store, "DELETE FROM sales_order")
    load(store, b"b", frame(("2", "9", "new")))
    done = undo(store, file.id)
    assert numbers(done) == (0, 2, 0, 1)
    assert [left.said.code for left in done.left] == ["store.row_repeats"]
    assert [(r[0], r[2]) for r in rows_of(store)] == [("1", "x"), ("2", "new"), ("3", "x")]


@pytest.mark.parametrize("what", ["failed", "absent", "twice", "forgotten"])
def test_what_cannot_be_undone_is_refused_in_a_sentence(store: SqlStore, what: str) -> None:
    file = load(store, b"a", frame(("1", "1", "x")))
    before, id, code = checksum(store), file.id, "store.undo_again"
    if what == "failed":
        from pipeline.words import message

        id = store.record_failed(arrival(b"z"), message("reading.empty"), NOW).id
        code = "store.undo_nothing"
    elif what == "absent":
        id, code = 999, "cli.no_file"
    elif what == "twice":
        undo(store, file.id)
        before = checksum(store)
    else:
        write(store, "DELETE FROM pipeline_change")
        code = "store.undo_unrecorded"
    with pytest.raises(PipelineError) as told:
        undo(store, id)
    assert told.value.said.code == code
    assert checksum(store) == before


def test_the_same_undo_said_twice_is_done_once(store: SqlStore) -> None:
    file, claim = load(store, b"a", frame(("1", "1", "x"))), disk.new_claim(NOW)
    first = store.undo(file.id, claim, "anna", NOW).entry
    again = store.undo(file.id, claim, "anna", NOW).entry
    assert first is not None
    assert again is not None
    assert first.id == again.id


@pytest.mark.parametrize("point", ["transaction.begun", "rows.written", "commit.before", "commit.after"])
def test_killed_at_any_point_it_is_wholly_done_or_not_at_all(store: SqlStore, point: str) -> None:
    load(store, b"a", frame(("1", "1", "x"), ("2", "2", "x")))
    before = checksum(store)
    file = load(store, b"b", frame(("1", "9", "y"), ("3", "3", "x")))
    after, claim = checksum(store), disk.new_claim(NOW)
    url = store._engine.url.render_as_string(hide_password=False)
    store.close()  # a copy of this process must not share its connection
    child = os.fork()
    if child == 0:
        faults._ARMED[point] = (1, "kill", "")
        connect(url).undo(file.id, claim, "anna", NOW)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    done = point == "commit.after"
    assert checksum(store) == (before if done else after)
    assert state(store, file.id) == ("undone" if done else "committed")
    assert (store.by_claim(claim) is not None) == done
    store.undo(file.id, claim, "anna", NOW)
    assert checksum(store) == before


values = st.one_of(st.none(), st.sampled_from(["a", "b", "é\n'\"\\", "", "0"]))
sheets = st.dictionaries(
    st.sampled_from("12345"), st.tuples(st.sampled_from(["1", "2.5", None]), values), min_size=1
)
between = st.lists(st.tuples(st.sampled_from("12345"), st.sampled_from(["update", "delete"])), max_size=2)


@settings(
    derandomize=True,
    max_examples=times(25),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(sheets, sheets, between)
def test_undo_of_an_import_is_nothing_but_for_what_others_changed(
    store: SqlStore, first: dict[str, Any], second: dict[str, Any], others: list[tuple[str, str]]
) -> None:
    source = f"s{next(_NUMBERS)}"
    text = f'version = 1\ntable = "sales_order"\nkey = ["source", "number"]\n[fields]\nsource = {{ value = "{source}" }}\nnumber = "No"\ngross_amount = "T"\nordered_at = "D"\nstatus = "S"\n'

    def put(sheet: dict[str, Any]) -> LedgerFile:
        rows = frame(*((number, *cells) for number, cells in sheet.items()))
        return load(store, disk.new_claim(NOW).encode(), rows.with_columns(source=pl.lit(source)), text=text)

    def stand() -> dict[str, object]:
        found = sql(store, f"SELECT * FROM sales_order WHERE source = '{source}'")
        columns = [c.name for c in business()["sales_order"].columns]
        return {str(row[columns.index("number")]): row for row in found}

    put(first)
    before = stand()
    file = put(second)
    after = stand()
    touched = set()
    for number, deed in others:
        if number in stand():
            where = f"WHERE source = '{source}' AND number = '{number}'"
            write(
                store,
                f"UPDATE sales_order SET notes = 'z' || coalesce(notes, '') {where}"
                if deed == "update"
                else f"DELETE FROM sales_order {where}",
            )
            touched.add(number)
    now = stand()
    done = undo(store, file.id)
    left = {n for n in touched if before.get(n) != after.get(n)}
    expected = {**before, **{n: now.get(n) for n in touched}}
    assert stand() == {n: row for n, row in expected.items() if row is not None}
    assert done.left_count == len(left)


def business() -> dict[str, sa.Table]:
    return {table.name: table for table in business_tables()}
