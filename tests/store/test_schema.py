"""The schema on both databases: what migrations make is what the classes say, numbers are exact, changes logged."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite as sqlite_dialect
from sqlmodel import SQLModel

from pipeline.cli.start import make
from pipeline.mapping.model import Kind
from pipeline.store import connect, postgres, sqlite, triggers, views
from pipeline.store import migrate as migrations
from pipeline.store.base import SqlStore
from pipeline.store.catalogue import catalogue
from pipeline.store.ledger import Change
from pipeline.store.tables import BUSINESS, business_tables
from pipeline.store.target import ours
from pipeline.store.types import Exact, uuid7

UTC = timezone.utc  # noqa: UP017
change: sa.Table = Change.__table__  # type: ignore[attr-defined]


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    """A database of its own for each test, nothing in it yet."""
    if request.param == "sqlite":
        made = sqlite.engine(sa.make_url(f"sqlite:///{tmp_path}/business.db"))
    else:
        made = postgres.engine(sa.make_url(request.getfixturevalue("pg_database")))
    yield made
    made.dispose()


@pytest.fixture
def ready(store: SqlStore) -> sa.Engine:
    """A database of its own for each test, with our tables."""
    return store._engine


def variant() -> sa.Table:
    return SQLModel.metadata.tables["product_variant"]


def changes(engine: sa.Engine) -> list[tuple[str, str, dict[str, Any] | None]]:
    """(table, operation, old values) in the order they were logged."""
    with engine.connect() as conn:
        rows = conn.execute(sa.select(change).order_by(change.c.seq)).mappings().all()
    return [(r["table_name"], r["op"], None if r["old"] is None else json.loads(r["old"])) for r in rows]


def write(engine: sa.Engine, statement: sa.Executable, many: list[dict[str, Any]] | None = None) -> None:
    with engine.begin() as conn:
        conn.execute(statement, many)


# the classes ----------------------------------------------------------------------------------------------
def test_every_table_and_column_has_both_labels() -> None:
    assert len(BUSINESS) == len(set(BUSINESS)) == 23
    for table in business_tables():
        for thing in (table, *table.columns):
            assert thing.info.get("en"), thing
            assert thing.info.get("fr"), thing


def test_every_key_has_a_unique_constraint() -> None:
    for table in business_tables():
        unique = {
            tuple(c.name for c in k.columns) for k in table.constraints if isinstance(k, sa.UniqueConstraint)
        }
        assert set(table.info["keys"]) == unique, table.name


def test_composite_keys_are_never_null() -> None:
    """But for `external_id`, which many rows do not have: those are not found by it."""
    for table in business_tables():
        for key in table.info["keys"]:
            if len(key) > 1:
                loose = [n for n in key if table.c[n].nullable and n != "external_id"]
                assert not loose, (table.name, key)


def test_the_mappings_of_the_readme_find_their_columns() -> None:
    tables = catalogue()
    order, item, ticket = tables["sales_order"], tables["product_variant"], tables["pos_ticket"]
    assert order.keys[0] == ("source", "number")
    assert item.keys[0] == ("sku",)
    assert ticket.keys[0] == ("source", "number")
    kinds = {n: order.columns[n].kind for n in ("source", "number", "ordered_at", "gross_amount", "status")}
    assert list(kinds.values()) == [Kind.TEXT, Kind.TEXT, Kind.DATETIME, Kind.DECIMAL, Kind.TEXT]
    assert [c.name for c in order.columns.values() if c.required] == ["number"]
    assert not [c.name for c in item.columns.values() if c.required]
    assert order.columns["gross_amount"].scale == 6
    assert order.columns["currency"].max_length == 3
    assert order.columns["party"].references == "party"
    assert not {"id", "created_at", "updated_at", "deleted_at"} & set(order.columns)
    assert not [name for name in tables if name.startswith("pipeline_")]


exact = st.decimals(Decimal("-9e12"), Decimal("9e12"), places=6, allow_nan=False)


@settings(derandomize=True, max_examples=200)
@given(exact)
def test_exact_gives_back_what_it_took(value: Decimal) -> None:
    kind, lite = Exact(6), sqlite_dialect.dialect()
    bound = kind.process_bind_param(value, lite)
    assert type(bound) is int
    assert kind.process_result_value(bound, lite) == value


@pytest.mark.parametrize(
    "value", [0.1, "1", Decimal("0.0000001"), Decimal("1e14"), Decimal("NaN"), Decimal("Infinity"), True]
)
def test_exact_refuses_what_it_cannot_hold(value: object) -> None:
    for dialect in (sqlite_dialect.dialect(), postgresql.dialect()):  # type: ignore[no-untyped-call]
        with pytest.raises(ValueError):
            Exact(6).process_bind_param(value, dialect)


# the migrated database --------------------------------------------------------------------------------------
def test_migrated_database_equals_the_classes(ready: sa.Engine) -> None:
    with ready.connect() as conn:
        context = MigrationContext.configure(
            conn, opts={"compare_type": True, "version_table": migrations.VERSIONS}
        )
        found = compare_metadata(context, SQLModel.metadata)
        if ready.dialect.name == "postgresql":  # where the revision 0010 says what only gains something there
            for table in business_tables():
                kinds = {
                    key["options"].get("ondelete") for key in sa.inspect(conn).get_foreign_keys(table.name)
                }
                assert kinds <= {"RESTRICT"}, table.name
            found = [one for one in found if one[0] not in ("add_fk", "remove_fk")]
        assert found == []


def test_a_row_that_others_point_to_stays_and_both_may_go_at_once(ready: sa.Engine) -> None:
    invoice = SQLModel.metadata.tables["invoice"]
    with ready.begin() as conn:
        first, second = uuid7(), uuid7()
        conn.execute(invoice.insert().values(id=first, number="1"))
        conn.execute(invoice.insert().values(id=second, number="2", corrects=first))
        with pytest.raises(sa.exc.IntegrityError), conn.begin_nested():
            conn.execute(invoice.delete().where(invoice.c.id == first))
        assert conn.execute(invoice.delete()).rowcount == 2


def test_states(engine: sa.Engine) -> None:
    assert migrations.state(engine) == "absent"
    migrations.migrate(engine)
    assert migrations.state(engine) == "current"
    migrations.migrate(engine)
    write(engine, sa.text(f"UPDATE {migrations.VERSIONS} SET version_num = '9999'"))
    assert migrations.state(engine) == "newer"


def test_amounts_come_back_exact(ready: sa.Engine) -> None:
    given_ = [Decimal("12.345678"), Decimal("-0.1"), Decimal("1234567.891234"), Decimal("0")]
    table = variant()
    rows = [{"id": uuid7(), "sku": f"00{i}", "cost_price": v} for i, v in enumerate(given_)]
    write(ready, table.insert(), rows)
    with ready.connect() as conn:
        found = conn.execute(sa.select(table).order_by(table.c.sku)).mappings().all()
    assert [r["cost_price"] for r in found] == given_
    assert [r["sku"] for r in found] == ["000", "001", "002", "003"]
    assert abs((found[0]["created_at"] - datetime.now(UTC)).total_seconds()) < 600
    assert found[0]["active"] is True


def test_sqlite_views_show_decimals(ready: sa.Engine) -> None:
    if ready.dialect.name != "sqlite":
        pytest.skip("PostgreSQL shows its decimals by itself")
    values = [Decimal("12.5"), Decimal("-0.000001"), None, Decimal("-7")]
    write(
        ready,
        variant().insert(),
        [{"id": uuid7(), "sku": str(i), "cost_price": v} for i, v in enumerate(values)],
    )
    with ready.connect() as conn:
        shown = (
            conn.exec_driver_sql("SELECT cost_price FROM show_product_variant ORDER BY sku").scalars().all()
        )
    assert shown == ["12.500000", "-0.000001", None, "-7.000000"]


# the change log ---------------------------------------------------------------------------------------------
def test_log_of_insert_update_delete(ready: sa.Engine) -> None:
    table, ident = variant(), uuid7()
    write(ready, table.insert(), [{"id": ident, "sku": "A", "name": "thé", "cost_price": Decimal("1.1")}])
    write(ready, table.update().values(name='th"\\é', cost_price=None))
    write(ready, table.update().values(name='th"\\é', cost_price=Decimal("2")))
    write(ready, table.delete())
    log = changes(ready)
    assert [(t, op) for t, op, _ in log] == [("product_variant", op) for op in "IUUD"]
    stored: Any = 1_100_000 if ready.dialect.name == "sqlite" else 1.1
    assert log[0][2] is None
    assert log[1][2] == {"name": "thé", "cost_price": stored}
    assert log[2][2] == {"cost_price": None}
    whole = log[3][2]
    assert whole is not None
    assert (whole["sku"], whole["name"]) == ("A", 'th"\\é')
    with ready.connect() as conn:
        logged = conn.execute(sa.select(change)).mappings().all()
    assert {r["row_id"].replace("-", "") for r in logged} == {ident.hex}
    assert all(abs((r["at"].replace(tzinfo=UTC) - datetime.now(UTC)).total_seconds()) < 600 for r in logged)
    assert all((r["txid"] is None) == (ready.dialect.name == "sqlite") for r in logged)


def test_unchanged_update_logs_nothing(ready: sa.Engine) -> None:
    table = variant()
    write(ready, table.insert(), [{"id": uuid7(), "sku": "A", "custom": {"a": 1}}])
    before = changes(ready)
    write(ready, table.update().values(sku="A", updated_at=datetime.now(UTC)))
    assert changes(ready) == before


def test_changed_id_is_a_delete_and_an_insert(ready: sa.Engine) -> None:
    table = variant()
    write(ready, table.insert(), [{"id": uuid7(), "sku": "A"}])
    write(ready, table.update().values(id=uuid7()))
    assert [op for _, op, _ in changes(ready)] == ["I", "D", "I"]


def test_who_is_logged(ready: sa.Engine) -> None:
    with ready.begin() as conn:
        if ready.dialect.name == "sqlite":
            conn.exec_driver_sql("INSERT OR REPLACE INTO pipeline_context (one, who) VALUES (1, 'file:7')")
        else:
            conn.exec_driver_sql("SELECT set_config('pipeline.who', 'file:7', true)")
        conn.execute(variant().insert(), [{"id": uuid7(), "sku": "A"}])
    with ready.connect() as conn:
        assert conn.execute(sa.select(change.c.who)).scalars().all() == ["file:7"]


def test_every_table_has_its_triggers_and_lost_ones_are_named(ready: sa.Engine) -> None:
    with ready.begin() as conn:
        assert triggers.missing(conn, ours().values()) == []
        on = "" if ready.dialect.name == "sqlite" else " ON party"
        conn.exec_driver_sql(f"DROP TRIGGER pipeline_log_party_u{on}")
        assert triggers.missing(conn, ours().values()) == ["pipeline_log_party_u"]
        triggers.install(conn, ours().values())
        assert triggers.missing(conn, ours().values()) == []


def test_every_table_logs_every_column(ready: sa.Engine) -> None:
    """An insert of defaults alone, and its delete, on each table that needs no parent: the SQL is well made."""
    for table in business_tables():
        need = [c for c in table.columns if not c.nullable and c.server_default is None and c.name != "id"]
        if any(c.foreign_keys for c in need):
            continue
        row = {c.name: uuid7() if isinstance(c.type, sa.Uuid) else "1" for c in need}
        write(ready, table.insert(), [{"id": uuid7(), **row}])
        write(ready, table.update().values(source="x"))
        write(ready, table.delete())
        log = [(op, old) for name, op, old in changes(ready) if name == table.name]
        assert [op for op, _ in log] == ["I", "U", "D"]
        assert log[1][1] == {"source": ""}
        assert log[2][1] is not None
        assert {c.name for c in table.columns} - set(log[2][1]) <= {"id", "updated_at"}


def test_sqlite_logs_what_other_programs_write_as_it_is(ready: sa.Engine) -> None:
    """A blob and a float in a text column: json_quote alone would break the other program's write."""
    if ready.dialect.name != "sqlite":
        pytest.skip("PostgreSQL's columns hold only their own type")
    with ready.begin() as conn:
        conn.exec_driver_sql("INSERT INTO product_variant (id, name, cost_price) VALUES ('1', x'00ff', 0.1)")
        conn.exec_driver_sql("DELETE FROM product_variant")
    old = changes(ready)[-1][2]
    assert old is not None
    assert old["name"] == {"blob": "00FF"}
    assert float(old["cost_price"]["real"]) == 0.1


@pytest.mark.parametrize("first", [0, 1, 50])
def test_a_large_update_after_small_ones_stays_fast(ready: sa.Engine, first: int) -> None:
    """On one connection, as a warm worker does it: what was planned for few rows must not be used for many."""
    table, many = variant(), 20_000
    fill = [{"id": uuid7(), "sku": str(i)} for i in range(many)]
    some = table.update().where(sa.cast(table.c.sku, sa.Integer) < first)
    with ready.connect() as conn:
        with conn.begin():
            conn.execute(table.insert(), fill)
        for i in range(9):
            with conn.begin():
                conn.execute(some.values(name=str(i)))
        with conn.begin():
            if ready.dialect.name == "postgresql":
                conn.exec_driver_sql("SET LOCAL statement_timeout = '10s'")
            conn.execute(table.update().values(name="all"))
        assert (
            conn.execute(sa.select(sa.func.count()).select_from(change)).scalar_one() == 2 * many + 9 * first
        )


# migrations -------------------------------------------------------------------------------------------------
def test_the_spelled_out_revision_makes_what_the_classes_would(engine: sa.Engine) -> None:
    """Types, lengths, NULL, defaults, keys, indexes: more than `compare_metadata` looks at."""
    migrations.migrate(engine)
    migrated = shape(engine)
    with engine.begin() as conn:
        views.drop(conn, business_tables())
        SQLModel.metadata.drop_all(conn)
        SQLModel.metadata.create_all(conn)
    assert migrated == shape(engine)


def test_a_ledger_of_the_first_version_is_kept(engine: sa.Engine) -> None:
    with engine.begin() as conn:
        config = migrations._config()
        config.attributes["connection"] = conn
        command.upgrade(config, "0001")
        conn.execute(
            sa.text(
                "INSERT INTO pipeline_file (claim, job, name, size, fingerprint, state, mapping, rows_read, inserted,"
                " updated, unchanged, refused, duplicates, dialect, seen_at, claimed_at, archived_as)"
                " VALUES ('1', 'sales', :bytes, 1, :bytes, 'committed', 'm', 1, 1, 0, 0, 0, 0, '', :now, :now, '')"
            ),
            {"bytes": b"a", "now": datetime(2026, 11, 24, tzinfo=UTC)},
        )
    assert migrations.state(engine) == "older"
    store = connect(engine.url.render_as_string(hide_password=False))
    store.migrate()
    old = store.by_claim("1")
    store.close()
    assert old is not None
    assert (old.id, old.folder, old.source_state, old.replay_of, old.earlier) == (1, "", "", None, None)


def shape(engine: sa.Engine) -> dict[str, object]:
    """Every table of ours as the database describes it."""
    found: dict[str, object] = {}
    with engine.connect() as conn:
        look = sa.inspect(conn)
        for name in SQLModel.metadata.tables:
            columns = [
                (c["name"], str(c["type"]), c["nullable"], c["default"]) for c in look.get_columns(name)
            ]
            constraints = [
                look.get_pk_constraint(name)["constrained_columns"],
                sorted(k["column_names"] for k in look.get_unique_constraints(name)),
                sorted((k["constrained_columns"], k["referred_table"]) for k in look.get_foreign_keys(name)),
                sorted((str(k["name"]), k["sqltext"]) for k in look.get_check_constraints(name)),
                sorted((str(k["name"]), k["column_names"]) for k in look.get_indexes(name)),
            ]
            found[name] = columns, constraints
    return found


def test_the_revisions_read_no_classes() -> None:
    for path in Path(migrations.__file__).parent.glob("migrations/versions/*.py"):
        text = path.read_text("utf-8")
        assert "metadata" not in text
        assert "store.tables" not in text
        assert "store.ledger" not in text


def started(engine: sa.Engine, *words: str) -> subprocess.Popen[str]:
    """A process that will start on this database, when it is sent a line."""
    url = engine.url.render_as_string(hide_password=False)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen([sys.executable, "-m", "tests.store.victim", url, *words], text=True, **pipes)


def test_a_migration_killed_half_way_leaves_nothing(engine: sa.Engine) -> None:
    killed = started(engine, "killed")
    killed.communicate("\n", timeout=60)
    assert killed.returncode == -9
    end, left = time.monotonic() + 30, ["?"]
    while (
        left and time.monotonic() < end
    ):  # a PostgreSQL server may still be noticing that its client is gone
        with engine.connect() as conn:
            conn.info["write"] = False
            left = sa.inspect(conn).get_table_names()
    assert left == []
    assert migrations.state(engine) == "absent"
    migrations.migrate(engine)
    assert migrations.state(engine) == "current"


def test_four_starters_at_once(engine: sa.Engine) -> None:
    four = [started(engine) for _ in range(4)]
    for one in four:  # imports done: they begin together
        assert one.stdout is not None
        assert one.stdout.readline() == "here\n"
    for one in four:
        assert one.stdin is not None
        one.stdin.write("\n")
        one.stdin.flush()
    errors = [one.communicate(timeout=60)[1] for one in four]
    assert [one.returncode for one in four] == [0, 0, 0, 0], errors
    assert migrations.state(engine) == "current"


@pytest.mark.parametrize("command", [["status"], ["once"]])
def test_a_newer_database_is_refused_in_a_sentence(
    ready: sa.Engine, tmp_path: Path, command: list[str]
) -> None:
    write(ready, sa.text(f"UPDATE {migrations.VERSIONS} SET version_num = '9999'"))
    make(tmp_path / "shop")
    config = tmp_path / "shop/config.toml"
    url = ready.url.set(drivername=ready.dialect.name).render_as_string(hide_password=False)
    config.write_text(config.read_text("utf-8").replace("sqlite:///pipeline.db", url), "utf-8")
    words = [sys.executable, "-m", "pipeline", "--config", str(config), *command]
    result = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 1, result.stderr
    assert "newer Pipeline" in result.stdout + result.stderr
    assert "Traceback" not in result.stderr
    assert "report" not in result.stderr  # the sentence of a bug of ours


def test_the_versions_are_those_that_alembic_knows() -> None:
    from alembic.script import ScriptDirectory

    from pipeline.store.migrate import _config, revisions

    script = ScriptDirectory.from_config(_config())
    assert revisions()[-1] == script.get_current_head()
    assert set(revisions()) == {one.revision for one in script.walk_revisions()}
