"""Another program's database: its own DDL, a restricted role, our tables beside its tables or in a schema of ours."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import sqlalchemy as sa

from pipeline.errors import ConfigError, Environment, MappingUnfit
from pipeline.mapping import compile_mapping, map_batch, parse
from pipeline.mapping.model import Kind, Plan
from pipeline.store import connect
from pipeline.store.base import SqlStore
from pipeline.store.model import LedgerFile, Load, Query
from pipeline.store.place import Place, place
from pipeline.words import render
from tests.store.test_exam import NOW, arrival, counts, sql

SHOP = {
    "sqlite": """
        CREATE TABLE customers (id INTEGER PRIMARY KEY AUTOINCREMENT, email VARCHAR(60) NOT NULL UNIQUE, name TEXT);
        CREATE TABLE products (id INTEGER PRIMARY KEY, sku VARCHAR(20) NOT NULL UNIQUE, name VARCHAR(40) NOT NULL,
            price DECIMAL(10,2), weight REAL, stock INTEGER NOT NULL DEFAULT 0, active BOOLEAN NOT NULL DEFAULT 1,
            launched DATE, changed TIMESTAMP, "VAT %" NUMERIC, twice INTEGER GENERATED ALWAYS AS (stock * 2),
            customer_id INTEGER REFERENCES customers (id));
        CREATE TABLE stock_counts (shop INTEGER NOT NULL, sku TEXT NOT NULL, counted INTEGER, PRIMARY KEY (shop, sku))
            WITHOUT ROWID;
        CREATE TABLE notes (body TEXT);
        CREATE VIEW cheap AS SELECT sku FROM products WHERE price < 5;
        CREATE INDEX products_price ON products (price);
        CREATE UNIQUE INDEX half ON products (name) WHERE stock > 0;
    """,
    "postgresql": """
        CREATE TYPE mood AS ENUM ('new', 'old');
        CREATE TABLE customers (id serial PRIMARY KEY, email varchar(60) NOT NULL UNIQUE, name text);
        CREATE TABLE products (id serial PRIMARY KEY, sku varchar(20) NOT NULL UNIQUE, name varchar(40) NOT NULL,
            price numeric(10,2), weight double precision, stock integer NOT NULL DEFAULT 0,
            active boolean NOT NULL DEFAULT true, launched date, changed timestamp, "VAT %" numeric,
            twice integer GENERATED ALWAYS AS (stock * 2) STORED, customer_id integer REFERENCES customers (id),
            mood mood, code uuid, extra json, tags text[]);
        CREATE TABLE stock_counts (shop integer NOT NULL, sku text NOT NULL, counted smallint, PRIMARY KEY (shop, sku));
        CREATE TABLE notes (body text);
        CREATE VIEW cheap AS SELECT sku FROM products WHERE price < 5;
        CREATE INDEX products_price ON products (price);
        CREATE UNIQUE INDEX half ON products (name) WHERE stock > 0;
    """,
}
PRODUCTS = """
version = 1
table = "products"
key = ["sku"]
[fields]
sku = "SKU"
name = "Name"
price = "Price"
stock = "Stock"
active = "Active"
launched = "Launched"
changed = "Changed"
weight = "Weight"
"VAT %" = "VAT"
"""
COUNTS = 'version = 1\ntable = "stock_counts"\n[fields]\nshop = "Shop"\nsku = "SKU"\ncounted = "Counted"'
SHEET = {
    "SKU": ["007", "A-1"], "Name": ["Thé vert", "Mug"], "Price": ["12.50", "3.00"], "Stock": ["5", ""],
    "Active": ["no", ""], "Launched": ["2026-01-31", ""], "Changed": ["2026-11-24 08:00", "2026-11-24 08:00:00.5"],
    "Weight": ["0.1", ""], "VAT": ["5.5", "20"],
}  # fmt: skip


@contextmanager
def opened(database: str, schema: str = "none") -> Iterator[SqlStore]:
    made = connect(database, schema)
    assert isinstance(made, SqlStore)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of another program's database, with its tables and a customer."""
    if request.param == "sqlite":
        url = sa.make_url(f"sqlite:///{tmp_path}/shop.db")
    else:
        url = sa.make_url(request.getfixturevalue("pg_database"))
    run(url, *SHOP[request.param].split(";\n"), "INSERT INTO customers (email) VALUES ('ann@shop.test')")
    return url.render_as_string(hide_password=False)


def run(url: sa.URL | str, *statements: str) -> None:
    engine = sa.create_engine(url)
    with engine.begin() as conn:
        for statement in statements:
            if statement.strip():
                conn.exec_driver_sql(
                    statement.replace("%", "%%") if engine.name == "postgresql" else statement
                )
    engine.dispose()


@pytest.fixture
def store(shop: str) -> Iterator[SqlStore]:
    with opened(shop) as made:
        made.migrate()
        yield made


def plan(store: SqlStore, text: str) -> Plan:
    saved, mistakes = parse("m", text, "m.toml")
    assert saved is not None, mistakes
    fitted, mistakes = compile_mapping(saved, store.catalogue())
    assert fitted is not None, [m.text() for m in mistakes]
    return fitted


def load(store: SqlStore, text: str, sheet: dict[str, list[str]], content: bytes = b"a") -> LedgerFile:
    """As an import does it, from the cells' texts on."""
    fitted = plan(store, text)
    rows = len(next(iter(sheet.values())))
    frame = pl.DataFrame({"_line": range(2, rows + 2), **sheet}, schema_overrides={"_line": pl.Int64})
    typed, refused = map_batch(fitted, frame, {name: name for name in sheet}, "UTC")
    assert not refused
    with store.staging(fitted) as staging:
        staging.add(typed)
        return store.commit([Load(arrival(content), staging, fitted, rows, "{}")], NOW)[0]


def changed(sheet: dict[str, list[str]], **columns: list[str]) -> dict[str, list[str]]:
    return {**sheet, **columns}


def log(store: SqlStore, table: str = "products") -> list[tuple[object, ...]]:
    return [
        (op, row, None if old is None else json.loads(str(old)))
        for op, row, old in sql(
            store, f"SELECT op, row_id, old FROM pipeline_change WHERE table_name = '{table}' ORDER BY seq"
        )
    ]


# what is there --------------------------------------------------------------------------------------------
def test_the_catalogue_is_what_the_database_has(store: SqlStore) -> None:
    tables = store.catalogue()
    assert set(tables) == {"customers", "products", "stock_counts", "notes"}
    products = tables["products"]
    kinds = {name: column.kind for name, column in products.columns.items()}
    assert list(kinds.items())[:11] == [
        ("id", Kind.INTEGER), ("sku", Kind.TEXT), ("name", Kind.TEXT), ("price", Kind.DECIMAL),
        ("weight", Kind.DECIMAL), ("stock", Kind.INTEGER), ("active", Kind.BOOLEAN), ("launched", Kind.DATE),
        ("changed", Kind.DATETIME), ("VAT %", Kind.DECIMAL), ("customer_id", Kind.INTEGER),
    ]  # fmt: skip
    assert [c.name for c in products.columns.values() if c.required] == ["sku", "name"]
    assert products.keys == (("sku",), ("id",))
    assert (products.columns["price"].scale, products.columns["weight"].scale) == (2, 6)
    assert (products.columns["sku"].max_length, products.columns["VAT %"].scale) == (20, 6)
    assert tables["stock_counts"].keys == (("shop", "sku"),)
    assert tables["notes"].keys == ()
    assert {c.label_en for t in tables.values() for c in t.columns.values()} == {""}


def test_only_our_tables_are_made_and_nothing_of_theirs_is_altered(shop: str) -> None:
    with opened(shop) as store:
        before = described(store)
        store.migrate()
        store.migrate()
        store.require()
        load(store, PRODUCTS, SHEET)
        after = described(store)
    assert {thing: what for thing, what in after.items() if "pipeline_" not in thing} == before
    assert {"pipeline_file", "pipeline_change", "pipeline_version"} < set(after)


def described(store: SqlStore) -> dict[str, str]:
    """Tables and views with their columns, but for triggers."""
    if store.kind == "sqlite":
        found = sql(store, "SELECT name, sql FROM sqlite_master WHERE type <> 'trigger'")
    else:
        found = sql(
            store,
            "SELECT relname, string_agg(attname || atttypid::text || atttypmod, ',' ORDER BY attnum) FROM pg_class"
            " JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0 WHERE relnamespace = 'public'::regnamespace"
            " GROUP BY relname",
        )
    return {str(name): str(what) for name, what in found}


def test_the_journal_of_their_sqlite_file_stays_as_it_is(tmp_path: Path) -> None:
    run(f"sqlite:///{tmp_path}/shop.db", *SHOP["sqlite"].split(";\n"))
    with opened(f"sqlite:///{tmp_path}/shop.db") as store:
        store.migrate()
        load(store, COUNTS, {"Shop": ["1"], "SKU": ["A"], "Counted": ["3"]})
        assert sql(store, "PRAGMA journal_mode") == [("delete",)]


# writing --------------------------------------------------------------------------------------------------
def test_rows_come_back_as_that_program_would_have_written_them(store: SqlStore) -> None:
    assert counts(load(store, PRODUCTS, SHEET)) == (2, 0, 0, 0)
    found = sql(store, 'SELECT sku, name, price, stock, active, launched, changed, weight, "VAT %%", twice FROM products ORDER BY sku'
                if store.kind == "postgresql" else
                'SELECT sku, name, price, stock, active, launched, changed, weight, "VAT %", twice FROM products ORDER BY sku')  # fmt: skip
    if store.kind == "postgresql":
        half = datetime(2026, 11, 24, 8, 0, 0, 500_000)  # noqa: DTZ001 - their column has no zone
        assert found == [
            ("007", "Thé vert", Decimal("12.50"), 5, False, date(2026, 1, 31), half.replace(microsecond=0), 0.1, Decimal("5.5"), 10),
            ("A-1", "Mug", Decimal("3.00"), 0, True, None, half, None, Decimal("20"), 0),
        ]  # fmt: skip
        return
    assert found == [
        ("007", "Thé vert", 12.5, 5, 0, "2026-01-31", "2026-11-24 08:00:00", 0.1, 5.5, 10),
        ("A-1", "Mug", 3, 0, 1, None, "2026-11-24 08:00:00.500000", None, 20, 0),
    ]
    theirs = [tuple(type(value) for value in row) for row in found]
    sql(store, "DELETE FROM products")
    for row in found:
        values = ", ".join("NULL" if v is None else repr(v) for v in row[:9])
        sql(
            store,
            f'INSERT INTO products (sku, name, price, stock, active, launched, changed, weight, "VAT %") VALUES ({values})',
        )
    again = sql(
        store,
        'SELECT sku, name, price, stock, active, launched, changed, weight, "VAT %", twice FROM products ORDER BY sku',
    )
    assert [tuple(type(value) for value in row) for row in again] == theirs


def test_the_same_again_writes_nothing_and_a_change_only_itself(store: SqlStore) -> None:
    load(store, PRODUCTS, SHEET)
    sql(store, "UPDATE products SET customer_id = 1")
    again = changed(SHEET, Stock=["5", "0"], Active=["no", "yes"])
    assert counts(load(store, PRODUCTS, again, b"b")) == (0, 0, 2, 0)
    before = log(store)
    assert counts(load(store, PRODUCTS, changed(again, Price=["12.49", "3"]), b"c")) == (0, 1, 1, 0)
    (op, row, old), *more = log(store)[len(before) :]
    price = {"real": "12.5"} if store.kind == "sqlite" else 12.5
    assert (op, row, old, more) == ("U", "1", {"price": price}, [])
    assert sql(store, "SELECT DISTINCT customer_id FROM products") == [(1,)]


def test_a_key_of_two_columns_names_its_rows_in_the_log(store: SqlStore) -> None:
    sheet = {"Shop": ["1", "1", "2"], "SKU": ["A", "a", 'q"%'], "Counted": ["1", "2", "3"]}
    assert counts(load(store, COUNTS, sheet)) == (3, 0, 0, 0)
    assert counts(load(store, COUNTS, changed(sheet, Counted=["1", "2", "9"]), b"b")) == (0, 1, 2, 0)
    sql(store, "DELETE FROM stock_counts WHERE sku = 'A'")
    found = [(op, json.loads(str(row)), old) for op, row, old in log(store, "stock_counts")]
    assert found[:3] == [
        ("I", {"shop": int(s), "sku": k}, None) for s, k in zip(sheet["Shop"], sheet["SKU"], strict=True)
    ]
    assert found[3] == ("U", {"shop": 2, "sku": 'q"%'}, {"counted": 3})
    assert found[4][:2] == ("D", {"shop": 1, "sku": "A"})
    assert isinstance(found[4][2], dict)
    assert found[4][2]["counted"] == 1


def test_rows_that_it_refuses_are_found(store: SqlStore) -> None:
    if store.kind == "sqlite":
        sql(
            store,
            "CREATE TRIGGER rule BEFORE INSERT ON stock_counts WHEN NEW.counted > 40000 BEGIN SELECT RAISE(ABORT, 'no'); END",
        )
    sheet = {
        "Shop": ["1"] * 3,
        "SKU": ["A", "B", "C"],
        "Counted": ["1", "40001", "3"],
    }  # a smallint ends before
    file = load(store, COUNTS, sheet)
    assert (counts(file), file.refused) == ((2, 0, 0, 0), 1)
    assert [row.line for row in store.refused(file.id)] == [3]


def test_a_reference_that_is_checked_at_the_end_refuses_its_row_only(store: SqlStore) -> None:
    """As Django makes them."""
    number = "INTEGER" if store.kind == "sqlite" else "bigint"
    sql(store, f"CREATE TABLE orders (no {number} PRIMARY KEY, customer {number} NOT NULL"
        " REFERENCES customers (id) DEFERRABLE INITIALLY DEFERRED)")  # fmt: skip
    text = 'version = 1\ntable = "orders"\n[fields]\nno = "No"\ncustomer = "Customer"'
    file = load(store, text, {"No": ["1", "2", "3"], "Customer": ["1", "77", "1"]})
    assert (counts(file), file.refused) == ((2, 0, 0, 0), 1)
    refused = store.refused(file.id)[0]
    assert (refused.line, refused.column, refused.said.code) == (3, "Customer", "store.row_points_nowhere")


def test_its_own_triggers_do_not_count_twice(store: SqlStore) -> None:
    if store.kind == "sqlite":
        sql(
            store,
            "CREATE TRIGGER touched AFTER UPDATE ON products BEGIN UPDATE products SET launched = '2026-02-02' WHERE id = NEW.id; END",
        )
    else:
        sql(
            store,
            "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " UPDATE products SET launched = '2026-02-02' WHERE id = NEW.id AND launched IS DISTINCT FROM '2026-02-02'; RETURN NULL; END $$",
        )
        sql(store, "CREATE TRIGGER touched AFTER INSERT OR UPDATE ON products FOR EACH ROW EXECUTE FUNCTION touch()")  # fmt: skip
    text = PRODUCTS.replace('launched = "Launched"\n', "")
    assert counts(load(store, text, SHEET)) == (2, 0, 0, 0)
    assert counts(load(store, text, changed(SHEET, Stock=["6", "0"]), b"b")) == (0, 1, 1, 0)
    assert sql(store, "SELECT launched FROM products WHERE sku = '007'")[0][0] in (
        "2026-02-02",
        date(2026, 2, 2),
    )


def test_a_column_that_the_program_adds_is_logged_from_then_on(store: SqlStore) -> None:
    load(store, PRODUCTS, SHEET)
    sql(store, "ALTER TABLE products ADD COLUMN colour TEXT")
    more = PRODUCTS + 'colour = "Colour"\n'
    sheet = changed(SHEET, Stock=["5", "0"], Active=["no", "yes"], Colour=["red", ""])
    assert counts(load(store, more, sheet, b"b")) == (0, 1, 1, 0)
    assert log(store)[-1] == ("U", "1", {"colour": None})


def test_a_column_that_the_program_drops_stops_neither_it_nor_us(shop: str) -> None:
    if shop.startswith("sqlite"):
        pytest.skip("SQLite refuses to drop a column that a trigger reads; said in the decision")
    with opened(shop) as store:
        store.migrate()
        load(store, PRODUCTS, SHEET)
        sql(store, "ALTER TABLE products DROP COLUMN weight")
        sql(store, "UPDATE products SET stock = 7 WHERE sku = '007'")
        assert log(store)[-1] == ("U", "1", {"stock": 5, "twice": 10})
        fewer = PRODUCTS.replace('weight = "Weight"\n', "")
        sheet = {name: cells for name, cells in SHEET.items() if name != "Weight"}
        assert counts(load(store, fewer, sheet, b"b")) == (0, 1, 1, 0)
        with pytest.raises(MappingUnfit):
            store.staging(replace(plan(store, fewer), table=replace(plan(store, fewer).table, name="gone")))


def test_types_of_their_own_take_their_texts(pg_database: str) -> None:
    run(pg_database, *SHOP["postgresql"].split(";\n"))
    text = 'version = 1\ntable = "products"\nkey = ["sku"]\n[fields]\nsku = "S"\nname = "S"\nmood = "M"\ncode = "C"\ntags = "T"'
    sheet = {
        "S": ["1", "2", "3"],
        "M": ["new", "odd", ""],
        "C": ["6f0b3e0c-0000-4000-8000-000000000001", "", "x"],
        "T": ["{a,b}", "", ""],
    }
    with opened(pg_database) as store:
        store.migrate()
        file = load(store, text, sheet)
        assert (counts(file), file.refused) == ((1, 0, 0, 0), 2)
        assert [row.line for row in store.refused(file.id)] == [3, 4]
        assert counts(load(store, text, {k: v[:1] for k, v in sheet.items()}, b"b")) == (0, 0, 1, 0)
        assert sql(store, "SELECT mood::text, tags FROM products") == [("new", ["a", "b"])]


# the rights of a restricted role -----------------------------------------------------------------------------
@pytest.fixture
def clerk(pg_database: str) -> Iterator[tuple[str, str]]:
    """(the database's URL, that of a role that may read, insert and update two tables and has a schema of its own)"""
    url = sa.make_url(pg_database)
    role = f"clerk_{url.database}"
    run(
        url, *SHOP["postgresql"].split(";\n"), f"CREATE ROLE {role} LOGIN", f"CREATE SCHEMA pipe AUTHORIZATION {role}",
        f"GRANT SELECT, INSERT, UPDATE ON products, stock_counts TO {role}",
        f"GRANT USAGE ON SEQUENCE products_id_seq TO {role}",
    )  # fmt: skip
    yield pg_database, url.set(username=role).render_as_string(hide_password=False)
    run(url, f"DROP OWNED BY {role} CASCADE", f"DROP ROLE {role}")


def test_a_restricted_role_loads_and_counts_without_triggers(clerk: tuple[str, str]) -> None:
    admin, restricted = clerk
    with opened(restricted, "none:pipe") as store:
        store.migrate()
        store.require()
        assert counts(load(store, PRODUCTS, SHEET)) == (2, 0, 0, 0)
        again = changed(SHEET, Stock=["5", "0"], Active=["no", "yes"])
        assert counts(load(store, PRODUCTS, again, b"b")) == (0, 0, 2, 0)
        more = {name: [*cells, cells[0]] for name, cells in changed(again, Stock=["6", "0"]).items()}
        assert counts(
            load(
                store,
                PRODUCTS,
                changed(more, SKU=["007", "A-1", "B-2"], Name=["Thé vert", "Mug", "Cup"]),
                b"c",
            )
        ) == (1, 1, 1, 0)
        assert counts(
            load(store, COUNTS, {"Shop": ["1", "1"], "SKU": ["A", "A"], "Counted": ["1", "2"]})
        ) == (1, 0, 0, 1)
        assert log(store) == []
        assert [file.inserted for file in store.files(Query())] == [1, 1, 0, 2]
    assert tables_of(admin, "public") == {"customers", "products", "stock_counts", "notes"}
    assert "pipeline_file" in tables_of(admin, "pipe")


def tables_of(url: str, schema: str) -> set[str]:
    engine = sa.create_engine(url)
    with engine.connect() as conn:
        found = set(sa.inspect(conn).get_table_names(schema=schema))
    engine.dispose()
    return found


def test_a_partitioned_table_is_counted_too(clerk: tuple[str, str]) -> None:
    admin, restricted = clerk
    role = sa.make_url(restricted).username
    run(admin, "CREATE TABLE tickets (no integer PRIMARY KEY, total numeric(8,2)) PARTITION BY RANGE (no)",
        "CREATE TABLE tickets_1 PARTITION OF tickets FOR VALUES FROM (0) TO (1000)",
        f"GRANT SELECT, INSERT, UPDATE ON tickets TO {role}")  # fmt: skip
    text = 'version = 1\ntable = "tickets"\n[fields]\nno = "No"\ntotal = "Total"'
    with opened(restricted, "none:pipe") as store:
        store.migrate()
        assert "tickets_1" not in store.catalogue()
        assert counts(load(store, text, {"No": ["1", "2"], "Total": ["1", "2"]})) == (2, 0, 0, 0)
        done = load(store, text, {"No": ["1", "2", "3", "3"], "Total": ["1", "9", "2", "3"]}, b"b")
        assert counts(done) == (1, 1, 1, 1)


def test_missing_rights_are_named_with_the_statement_that_grants_them(clerk: tuple[str, str]) -> None:
    admin, restricted = clerk
    tables = ["products", "customers"]
    with opened(restricted, "none:pipe") as store:
        store.migrate()
        missing = store.rights(tables)
        assert {(table, right) for table, right, _ in missing} == {
            ("products", "TRIGGER"), ("customers", "SELECT"), ("customers", "INSERT"), ("customers", "UPDATE"),
            ("customers", "TRIGGER"), ("customers", "USAGE"),
        }  # fmt: skip
        load(store, PRODUCTS, SHEET)
        run(admin, *(statement for _, _, statement in missing))
        assert store.rights(tables) == []
        assert counts(load(store, PRODUCTS, changed(SHEET, Stock=["9", "0"]), b"b")) == (0, 1, 1, 0)
        assert len(log(store)) == 1  # now that it may, it logs


def test_without_a_schema_of_its_own_the_role_is_told_what_to_ask_for(clerk: tuple[str, str]) -> None:
    admin, restricted = clerk
    for schema in ("none", "none:other"):
        with opened(restricted, schema) as store:
            with pytest.raises(Environment) as failed:
                store.migrate()
            said = render(failed.value.said)
            grants = [statement for _, right, statement in store.rights([]) if right == "CREATE"]
            assert grants
            assert grants[0] in said
            run(admin, *grants)
            store.migrate()
            assert store.rights([]) == []


def test_what_other_roles_write_is_logged_and_never_stopped(clerk: tuple[str, str]) -> None:
    admin, restricted = clerk
    role = sa.make_url(restricted).username
    run(admin, f"GRANT TRIGGER ON products TO {role}")
    with opened(restricted, "none:pipe") as store:
        store.migrate()
        load(store, PRODUCTS, SHEET)
        run(admin, "CREATE ROLE till_" + str(role), f"GRANT SELECT, UPDATE ON products TO till_{role}",
            f"SET ROLE till_{role}", "UPDATE products SET stock = 8 WHERE sku = '007'", "RESET ROLE",
            f"DROP OWNED BY till_{role}", f"DROP ROLE till_{role}")  # fmt: skip
        assert log(store)[-1] == ("U", "1", {"stock": 5, "twice": 10})
        sql(store, "ALTER TABLE pipe.pipeline_change RENAME TO away")
        run(admin, "UPDATE products SET stock = 9 WHERE sku = '007'")
        assert sql(store, "SELECT stock FROM products WHERE sku = '007'") == [(9,)]


# ours in a schema ----------------------------------------------------------------------------------------------
def test_all_our_tables_in_a_schema_of_their_own(pg_database: str) -> None:
    run(pg_database, "CREATE TABLE sales_order (number text)")  # somebody else's, of the same name
    text = 'version = 1\ntable = "sales_order"\n[fields]\nsource = { value = "s" }\nnumber = "N"'
    for schema in ("shop", 'odd "%name'):
        with opened(pg_database, schema) as store:
            store.migrate()
            store.require()
            assert counts(load(store, text, {"N": ["1", "2"]})) == (2, 0, 0, 0)
            assert len(log(store, "sales_order")) == 2
            facts = store.facts()
            assert (facts.schema, facts.state, facts.triggers_missing) == (schema, "current", ())
        assert {"sales_order", "pipeline_file"} < tables_of(pg_database, schema)
    assert tables_of(pg_database, "public") == {"sales_order"}
    with opened(pg_database, "") as store:
        assert store.facts().state == "absent"


def test_two_installations_log_one_table_each_for_itself(pg_database: str) -> None:
    run(pg_database, *SHOP["postgresql"].split(";\n"))
    with opened(pg_database, "none:one") as one, opened(pg_database, "none:two") as two:
        for store in (one, two):
            store.migrate()
            load(store, PRODUCTS, SHEET, store._place.schema.encode())
        assert [len(log(store)) for store in (one, two)] == [2, 0]
        assert counts(load(one, PRODUCTS, changed(SHEET, Stock=["6", "0"]), b"b")) == (0, 1, 1, 0)
        assert [len(log(store)) for store in (one, two)] == [3, 1]


@pytest.mark.parametrize(
    ("schema", "backend", "found"),
    [
        ("", "sqlite", Place()),
        ("none", "sqlite", Place("", True)),
        ("shop", "postgresql", Place("shop")),
        ("none:shop", "postgresql", Place("shop", True)),
    ],
)
def test_the_words_for_a_place(schema: str, backend: str, found: Place) -> None:
    assert place(schema, backend) == found


@pytest.mark.parametrize(
    ("url", "schema"),
    [
        ("sqlite:///x.db", "shop"),
        ("sqlite:///x.db", "none:shop"),
        ("postgresql://h/d", "none:"),
        ("postgresql://h/d", "a:b"),
    ],
)
def test_a_schema_that_cannot_be_used_is_a_mistake_in_the_configuration(url: str, schema: str) -> None:
    with pytest.raises(ConfigError):
        connect(url, schema)


# looking -------------------------------------------------------------------------------------------------------
def test_the_triggers_that_a_load_would_make_are_announced(store: SqlStore) -> None:
    lines = store.announce(["products", "unknown"])
    assert len(lines) == 3
    assert all("products" in line and "pipeline_log" in line for line in lines)
    assert store.announce(["products"], "fr") != lines
    assert len(store.facts(["products"]).triggers_missing) == 3
    load(store, PRODUCTS, SHEET)
    assert store.announce(["products"]) == []
    assert store.facts(["products"]).triggers_missing == ()


def test_facts_before_and_after(shop: str) -> None:
    with opened(shop) as store:
        assert store.facts().state == "absent"
        assert store.announce(["products"])
        before = described(store)
        assert not [name for name in before if name.startswith("pipeline_")]
        store.migrate()
        facts = store.facts()
    assert (facts.kind, facts.state, facts.trouble) == (store.kind, "current", None)
    assert facts.version[0].isdigit()


@pytest.mark.parametrize("schema", ["", "none"])
def test_a_database_that_is_not_there_is_not_made_by_looking(tmp_path: Path, schema: str) -> None:
    with opened(f"sqlite:///{tmp_path}/away.db", schema) as store:
        assert store.facts().trouble is not None
        for ask in (store.announce, store.rights):
            with pytest.raises(Environment):
                ask(["products"])
        if schema:
            actions: list[Callable[[], Any]] = [store.migrate, store.catalogue, lambda: store.files(Query())]
            for act in actions:
                with pytest.raises(Environment):
                    act()
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_is_away_is_told_and_raises_nothing() -> None:
    with opened("postgresql://nobody@127.0.0.1:1/none", "none") as store:
        trouble = store.facts().trouble
    assert trouble is not None
    assert trouble.code == "store.unreachable"
