"""The exam that both databases sit: what was written is read back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timezone
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
import sqlalchemy as sa

from pipeline import files as disk
from pipeline.errors import ConfigError, Environment, FileFailed
from pipeline.mapping import compile_mapping, parse
from pipeline.mapping.model import Plan
from pipeline.store import connect
from pipeline.store.base import SqlStore
from pipeline.store.catalogue import catalogue
from pipeline.store.model import Arrival, LedgerFile, Load, Query, RefusedRow
from pipeline.words import message

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=timezone.utc)  # noqa: UP017
TEXT = """
version = 1
table = "sales_order"
key = ["source", "number"]
[fields]
source = { value = "shop" }
number = "No"
gross_amount = "Total"
ordered_at = "Date"
status = "State"
"""


def plan(text: str = TEXT) -> Plan:
    saved, mistakes = parse("sales", text, "sales.toml")
    assert saved is not None, mistakes
    fitted, mistakes = compile_mapping(saved, catalogue())
    assert fitted is not None, mistakes
    return fitted


def frame(*rows: tuple[str, str | None, str | None]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "_line": list(range(2, len(rows) + 2)),
            "source": ["shop"] * len(rows),
            "number": [r[0] for r in rows],
            "gross_amount": [None if r[1] is None else Decimal(r[1]) for r in rows],
            "ordered_at": [NOW] * len(rows),
            "status": [r[2] for r in rows],
        },
        schema={
            "_line": pl.Int64,
            "source": pl.String,
            "number": pl.String,
            "gross_amount": pl.Decimal(38, 6),
            "ordered_at": pl.Datetime("us", "UTC"),
            "status": pl.String,
        },
    )


def arrival(content: bytes, claim: str | None = None) -> Arrival:
    return Arrival(
        claim or disk.new_claim(NOW), "sales", b"R\xe9.csv", 10, content.ljust(32, b"."), NOW, NOW, "sales"
    )


def load(
    store: SqlStore,
    content: bytes,
    rows: pl.DataFrame,
    claim: str | None = None,
    refused: int = 0,
    most: int | None = None,
    text: str = TEXT,
) -> LedgerFile:
    fitted = plan(text)
    with store.staging(fitted) as staging:
        staging.add(rows)
        bad = [RefusedRow(n, "Total", "x\0é", message("reading.nul"), b"\xff\0raw") for n in range(refused)]
        if bad:
            staging.refuse(bad)
        return store.commit(
            [Load(arrival(content, claim), staging, fitted, rows.height + refused, "{}", most)], NOW
        )[0]


def rows_of(store: SqlStore, source: str = "shop") -> list[tuple[object, ...]]:
    from sqlmodel import SQLModel

    table = SQLModel.metadata.tables["sales_order"]
    with store._transaction(write=False) as conn:
        statement = sa.select(table.c.number, table.c.gross_amount, table.c.status, table.c.ordered_at)
        statement = statement.where(table.c.source == source)
        return [tuple(r) for r in conn.execute(statement.order_by(table.c.number))]


def changes(store: SqlStore) -> int:
    with store._transaction(write=False) as conn:
        return int(conn.exec_driver_sql("SELECT count(*) FROM pipeline_change").scalar_one())


def counts(file: LedgerFile) -> tuple[int, int, int, int]:
    return file.inserted, file.updated, file.unchanged, file.duplicates


def test_rows_come_back_as_they_were_written(store: SqlStore) -> None:
    file = load(store, b"a", frame(("001", "1234.567891", "été"), ("002", None, None), ("003", "-0.1", "")))
    assert counts(file) == (3, 0, 0, 0)
    assert rows_of(store) == [
        ("001", Decimal("1234.567891"), "été", NOW),
        ("002", None, None, NOW),
        ("003", Decimal("-0.1"), "", NOW),
    ]


def test_a_changed_file_writes_only_its_differences(store: SqlStore) -> None:
    load(store, b"a", frame(("1", "1", "x"), ("2", "2", "x")))
    before = changes(store)
    assert counts(load(store, b"b", frame(("1", "1", "x"), ("2", "3", "x"), ("3", "1", "x")))) == (1, 1, 1, 0)
    assert changes(store) == before + 2
    assert counts(load(store, b"c", frame(("1", "1", "x"), ("2", "3", "x"), ("3", "1", "x")))) == (0, 0, 3, 0)
    assert changes(store) == before + 2


def test_of_equal_keys_in_a_file_the_last_wins_and_is_counted(store: SqlStore) -> None:
    assert counts(load(store, b"a", frame(("1", "1", "x"), ("2", "2", "x"), ("1", "9", "y")))) == (2, 0, 0, 1)
    assert rows_of(store)[0][1] == Decimal("9")


def test_a_claim_that_is_known_changes_nothing(store: SqlStore) -> None:
    first = load(store, b"a", frame(("1", "1", "x")), "0" * 32)
    again = load(store, b"b", frame(("1", "7", "x")), "0" * 32)
    assert again.id == first.id
    assert rows_of(store)[0][1] == Decimal("1")


def test_the_content_committed_last_is_a_duplicate(store: SqlStore) -> None:
    load(store, b"a", frame(("1", "1", "x")))
    assert load(store, b"a", frame(("1", "5", "x"))).state == "duplicate"
    assert store.record_duplicate(arrival(b"b"), NOW) is None
    load(store, b"b", frame(("1", "2", "x")))
    assert store.record_duplicate(arrival(b"a"), NOW) is None
    assert [f.state for f in store.files(Query(job="sales"))] == ["committed", "duplicate", "committed"]


def test_refused_rows_keep_their_bytes(store: SqlStore) -> None:
    file = load(store, b"a", frame(("1", "1", "x")), refused=2)
    assert file.refused == 2
    assert [(r.line, r.raw) for r in store.refused(file.id)] == [(0, b"\xff\0raw"), (1, b"\xff\0raw")]
    assert {r.value for r in store.refused(file.id)} == {"x\\x00é"}  # shown alike on both


def test_a_failed_file_is_noted_once(store: SqlStore) -> None:
    who = arrival(b"")
    first = store.record_failed(who, message("reading.empty"), NOW)
    assert store.record_failed(who, message("reading.empty"), NOW).id == first.id
    store.mark_archived({who.claim: "failed/x"}, NOW)
    again = store.by_claim(who.claim)
    assert again is not None
    assert (again.state, again.archived_as) == ("failed", "failed/x")


def test_an_opening_is_recorded_once_and_survives(store: SqlStore) -> None:
    store.remember_gate("sales", "every 30 s", NOW)
    assert store.open("sales", NOW, NOW)
    assert not store.open("sales", NOW, NOW)
    memory = store.gate("sales")
    assert memory is not None
    assert memory.unfinished is not None
    store.close_opening("sales", NOW, NOW, 0)
    memory = store.gate("sales")
    assert memory is not None
    assert (memory.last, memory.unfinished) == (NOW, None)


def sql(store: SqlStore, statement: str) -> list[tuple[object, ...]]:
    with store._transaction() as conn:
        done = conn.exec_driver_sql(statement)
        return [tuple(row) for row in done] if done.returns_rows else []


def lose_triggers(store: SqlStore) -> None:
    on = " ON sales_order" if store.kind == "postgresql" else ""
    for op in "iud":
        sql(store, f"DROP TRIGGER pipeline_log_sales_order_{op}{on}")


def refuse_status(store: SqlStore, status: str, table: str = "sales_order", column: str = "status") -> None:
    """Another program's rule, which no mapping knows."""
    if store.kind == "postgresql":
        sql(store, f"ALTER TABLE {table} ADD CONSTRAINT rule CHECK ({column} <> '{status}')")
        return
    sql(
        store,
        f"CREATE TRIGGER rule BEFORE INSERT ON {table} WHEN NEW.{column} = '{status}'"
        " BEGIN SELECT RAISE(ABORT, 'this status is not allowed'); END",
    )


def test_columns_that_are_not_in_the_file_are_never_touched(store: SqlStore) -> None:
    load(store, b"a", frame(("1", "1", "x")))
    sql(store, "UPDATE sales_order SET notes = 'by hand'")
    assert counts(load(store, b"b", frame(("1", "2", "x")))) == (0, 1, 0, 0)
    assert sql(store, "SELECT notes FROM sales_order") == [("by hand",)]


def test_files_of_one_commit_are_counted_and_signed_each_for_itself(store: SqlStore) -> None:
    fitted = plan()
    with store.staging(fitted) as one, store.staging(fitted) as two, store.staging(fitted) as three:
        one.add(frame(("1", "1", "x"), ("2", "1", "x")))
        two.add(frame(("2", "5", "x"), ("3", "1", "x")))
        loads = [
            Load(arrival(content), staging, fitted, 2, "{}")
            for content, staging in ((b"a", one), (b"b", two), (b"b", three))
        ]
        done = store.commit(loads, NOW)
    assert [f.state for f in done] == ["committed", "committed", "duplicate"]
    assert [counts(f) for f in done] == [(2, 0, 0, 0), (1, 1, 0, 0), (0, 0, 0, 0)]
    who = sql(store, "SELECT op, who FROM pipeline_change ORDER BY seq")
    first, second = (f"file:{f.id}" for f in done[:2])
    assert who[:2] == [("I", first), ("I", first)]
    assert sorted(map(str, who[2:])) == sorted(map(str, [("U", second), ("I", second)]))
    sql(store, "UPDATE sales_order SET notes = 'later'")
    assert {w for (w,) in sql(store, "SELECT who FROM pipeline_change WHERE seq > 4")} == {None}


def test_rows_that_the_database_refuses_are_found_and_the_others_go_in(store: SqlStore) -> None:
    refuse_status(store, "bad")
    load(store, b"z", frame(("0", "1", "x")))
    rows = [(str(n), "1", "bad" if n in (3, 4, 17) else "x") for n in range(20)]
    file = load(store, b"a", frame(*rows))
    assert counts(file) == (16, 0, 1, 0)
    assert [r.line for r in store.refused(file.id)] == [5, 6, 19]
    told = {r.said.code for r in store.refused(file.id)}
    assert told in ({"store.refused_by_database"}, {"store.row_breaks_rule"})  # as its trigger raises it


def test_too_many_refused_rows_fail_the_file_and_write_nothing(store: SqlStore) -> None:
    with pytest.raises(FileFailed) as failed:
        load(store, b"a", frame(("1", "1", "x")), refused=2, most=1)
    assert failed.value.said.code == "store.too_many_refused"
    assert (rows_of(store), store.files(Query()), changes(store)) == ([], [], 0)
    assert load(store, b"a", frame(("1", "1", "x")), refused=2, most=2).refused == 2


def test_lost_triggers_are_made_again_also_after_a_load_that_was_rolled_back(store: SqlStore) -> None:
    load(store, b"a", frame(("1", "1", "x")))
    lose_triggers(store)
    with pytest.raises(FileFailed):
        load(store, b"b", frame(("2", "1", "x")), refused=1, most=0)
    assert counts(load(store, b"c", frame(("2", "1", "x")))) == (1, 0, 0, 0)


@pytest.mark.parametrize(("blank", "after"), [("clear", True), ("keep", False)])
def test_a_blank_takes_the_default_of_a_column_that_must_be_filled(
    store: SqlStore, blank: str, after: bool
) -> None:
    text = f'version = 1\ntable = "product_variant"\nkey = ["sku"]\n[fields]\nsku = "S"\nactive = {{ column = "A", blank = "{blank}" }}'

    def variants(*rows: tuple[str, bool | None]) -> pl.DataFrame:
        data = {"_line": range(2, len(rows) + 2), "sku": [r[0] for r in rows], "active": [r[1] for r in rows]}
        return pl.DataFrame(data, schema={"_line": pl.Int64, "sku": pl.String, "active": pl.Boolean})

    file = load(store, b"a", variants(("1", False), ("2", None)), text=text)
    assert (counts(file), file.refused) == ((2, 0, 0, 0), 0)
    load(store, b"b", variants(("1", None), ("2", None)), text=text)
    found = sql(store, "SELECT sku, active FROM product_variant ORDER BY sku")
    assert [(sku, bool(active)) for sku, active in found] == [("1", after), ("2", True)]


def test_dates_are_days_and_no_hour_is_added(store: SqlStore) -> None:
    text = 'version = 1\ntable = "invoice"\nkey = ["source", "kind", "number"]\n[fields]\nsource = { value = "s" }\nkind = { value = "invoice" }\nnumber = "N"\nissue_date = "D"'
    days = [date(2024, 2, 29), date(1969, 12, 31), None]
    data = {
        "_line": [2, 3, 4], "source": ["s"] * 3, "kind": ["invoice"] * 3, "number": ["1", "2", "3"],
        "issue_date": days,
    }  # fmt: skip
    types: dict[str, type[pl.DataType]] = dict.fromkeys(data, pl.String)
    assert counts(
        load(
            store,
            b"a",
            pl.DataFrame(data, schema={**types, "_line": pl.Int64, "issue_date": pl.Date}),
            text=text,
        )
    ) == (3, 0, 0, 0)
    found = sql(store, "SELECT issue_date FROM invoice ORDER BY number")
    assert [None if day is None else str(day) for (day,) in found] == ["2024-02-29", "1969-12-31", None]


def test_texts_with_line_ends_quotes_and_markers_come_back(store: SqlStore) -> None:
    texts = ["a\rb", 'q"u,o\n\\.\nx', "\\N", " x ", "\t", "œ€"]
    load(store, b"a", frame(*((str(n), "1", text) for n, text in enumerate(texts))))
    assert [row[2] for row in rows_of(store)] == texts


@pytest.mark.parametrize("moment", ["before", "staging", "commit"])
def test_a_lost_connection_is_the_worlds_fault_and_the_next_try_works(pg_database: str, moment: str) -> None:
    with connected(pg_database) as store, connected(pg_database) as other:
        store.migrate()
        pid = sql(store, "SELECT pg_backend_pid()")[0][0]

        def cut(now: str) -> None:
            if now == moment:
                sql(other, f"SELECT pg_terminate_backend({pid})")

        with pytest.raises(Environment):  # noqa: PT012 - where it is noticed depends on the moment
            cut("before")
            with store.staging(plan()) as staging:
                cut("staging")
                staging.add(frame(("1", "1", "x")))
                cut("commit")
                store.commit([Load(arrival(b"a"), staging, plan(), 1, "{}")], NOW)
        assert store.files(Query()) == []
        assert counts(load(store, b"a", frame(("1", "1", "x")))) == (1, 0, 0, 0)


def test_a_full_disc_is_the_worlds_fault_and_the_next_try_works(tmp_path: Path) -> None:
    with connected(f"sqlite:///{tmp_path}/shop.db") as store:
        store.migrate()
        many = frame(*((str(n), "1", "x" * 500) for n in range(500)))
        pages = sql(store, "PRAGMA page_count")[0][0]
        assert isinstance(pages, int)
        sql(store, f"PRAGMA max_page_count = {pages + 3}")
        with pytest.raises(Environment):
            load(store, b"a", many)
        assert (store.files(Query()), rows_of(store)) == ([], [])
        sql(store, "PRAGMA max_page_count = 1000000")
        assert counts(load(store, b"a", many)) == (500, 0, 0, 0)


@contextmanager
def connected(database: str) -> Iterator[SqlStore]:
    made = connect(database)
    assert isinstance(made, SqlStore)
    yield made
    made.close()


@pytest.mark.parametrize("url", ["mysql://host/name", "nonsense", "postgresql://host:port/name"])
def test_an_address_that_cannot_be_used_is_a_mistake_in_the_configuration(url: str) -> None:
    with pytest.raises(ConfigError):
        connect(url)
