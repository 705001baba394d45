"""Several tables of another program from one file, on both databases: its ids, its keys, its references."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from pipeline import files as disk
from pipeline.mapping import examine
from pipeline.store import connect
from pipeline.store.base import SqlStore
from tests.store.test_exam import NOW
from tests.store.test_foreign import run
from tests.store.test_own import counts, desk, load, rows

DDL = {
    "sqlite": """
        CREATE TABLE countries (id INTEGER PRIMARY KEY, iso TEXT UNIQUE);
        CREATE TABLE clients (id INTEGER PRIMARY KEY AUTOINCREMENT, mail TEXT NOT NULL UNIQUE, name TEXT,
            country_id INTEGER REFERENCES countries (id), seen INTEGER NOT NULL DEFAULT 7);
        CREATE TABLE orders (id INTEGER PRIMARY KEY, no TEXT NOT NULL UNIQUE, total DECIMAL(10,2),
            client INTEGER NOT NULL REFERENCES clients (id));
        CREATE TABLE order_lines (id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL REFERENCES orders (id),
            pos INTEGER NOT NULL, sku TEXT NOT NULL, qty INTEGER CHECK (qty < 100), UNIQUE (order_id, pos));
        INSERT INTO countries (iso) VALUES ('FR'), ('DE')
    """,
    "postgresql": """
        CREATE TABLE countries (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), iso varchar(2) UNIQUE);
        CREATE TABLE clients (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, mail text NOT NULL UNIQUE, name text,
            country_id uuid REFERENCES countries (id), seen integer NOT NULL DEFAULT 7);
        CREATE TABLE orders (id serial PRIMARY KEY, no varchar(20) NOT NULL UNIQUE, total numeric(10,2),
            client bigint NOT NULL REFERENCES clients (id));
        CREATE TABLE order_lines (id serial PRIMARY KEY, order_id integer NOT NULL REFERENCES orders (id),
            pos smallint NOT NULL, sku text NOT NULL, qty integer CHECK (qty < 100), UNIQUE (order_id, pos));
        INSERT INTO countries (iso) VALUES ('FR'), ('DE')
    """,
}
TEXT = """
version = 1
document = "No"
unit = "document"
[tables.client]
table = "clients"
repeated = "last"
[tables.client.fields]
mail = "Mail"
name = "Name"
country_id = { find = "countries", by = { iso = "Country" } }
[tables.order]
table = "orders"
[tables.order.fields]
no = "No"
total = "Total"
client = { row = "client" }
[tables.line]
table = "order_lines"
lines = "replace"
[tables.line.fields]
order_id = { row = "order" }
pos = { count = "document" }
sku = "Sku"
qty = "Qty"
"""
SHEET = b"""No,Mail,Name,Country,Total,Sku,Qty
1,ann@x,Ann,FR,30.10,A,2
1,,,,,B,1
2,bob@x,Bob,DE,5.00,A,1
3,ann@x,Anna,FR,1.00,A,1
"""
LINES = "SELECT o.no, l.pos, l.sku, c.mail FROM order_lines AS l JOIN orders AS o ON o.id = l.order_id JOIN clients AS c ON c.id = o.client ORDER BY 1, 2"


@pytest.fixture(params=["sqlite", "postgresql"])
def theirs(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlStore]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/theirs.db"
    else:
        url = sa.make_url(request.getfixturevalue("pg_database")).render_as_string(hide_password=False)
    run(url, *DDL[request.param].split(";\n"))
    made = connect(url, "none")
    assert isinstance(made, SqlStore)
    made.migrate()
    yield made
    made.close()


def test_orders_fill_the_tables_of_another_program_and_are_taken_back(
    theirs: SqlStore, tmp_path: Path
) -> None:
    bench = desk(theirs, tmp_path, TEXT)
    first = load(bench, SHEET)
    assert counts(first)[0] == 9
    assert rows(theirs, LINES) == [
        ("1", 1, "A", "ann@x"), ("1", 2, "B", "ann@x"), ("2", 1, "A", "bob@x"), ("3", 1, "A", "ann@x"),
    ]  # fmt: skip
    assert rows(theirs, "SELECT name, seen FROM clients ORDER BY mail") == [("Anna", 7), ("Bob", 7)]
    before = rows(theirs, "SELECT * FROM order_lines ORDER BY id")
    again = load(bench, SHEET + b"\n")
    assert (again.inserted, again.updated, again.refused) == (0, 0, 0)
    less = load(bench, SHEET.replace(b"1,,,,,B,1\n", b"").replace(b"Bob", b"Rob"))
    assert (less.inserted, less.updated, less.deleted) == (0, 1, 1)
    assert len(rows(theirs, LINES)) == 3
    theirs.undo(less.id, disk.new_claim(NOW), "test", NOW)
    assert rows(theirs, "SELECT * FROM order_lines ORDER BY id") == before
    done = theirs.undo(first.id, disk.new_claim(NOW), "test", NOW)
    assert {t.table: t.deleted for t in done.tables} == {"clients": 2, "orders": 3, "order_lines": 4}


def test_a_bad_document_stays_out_whole(theirs: SqlStore, tmp_path: Path) -> None:
    bench = desk(theirs, tmp_path, TEXT)
    bad = SHEET.replace(b"2,bob@x,Bob,DE", b"2,bob@x,Bob,XX").replace(
        b"3,ann@x,Anna,FR,1.00,A,1", b"3,ann@x,Anna,FR,1.00,A,500"
    )
    row = load(bench, bad)
    assert {r.line: r.said.code for r in theirs.refused(row.id)} == {
        4: "sections.not_found",
        5: "store.row_breaks_rule",
    }
    assert rows(theirs, LINES) == [("1", 1, "A", "ann@x"), ("1", 2, "B", "ann@x")]


@pytest.mark.parametrize(
    ("mode", "sheet", "made", "names"),
    [
        ("create", b"Mail,Name,Country\nann@x,Anna,DE\nbob@x,Bob,\n", (1, 0, 1), ["Ann", "Bob"]),
        ("update", b"Mail,Name,Country\nann@x,Anna,DE\nbob@x,Bob,\n", (0, 1, 0), ["Anna"]),
        ("update", b"Mail,Name,Country\nann@x,Ann,FR\n\n", (0, 0, 1), ["Ann"]),
        ("upsert", b"Mail,Name,Country\nann@x,,FR\nann@x,Annie,FR\n", (0, 1, 0), ["Annie"]),
    ],
)
def test_each_mode_does_what_it_says(
    theirs: SqlStore, tmp_path: Path, mode: str, sheet: bytes, made: tuple[int, int, int], names: list[str]
) -> None:
    text = """
version = 1
[tables.clients]
mode = "upsert"
[tables.clients.fields]
mail = "Mail"
name = "Name"
country_id = { find = "countries", by = { iso = "Country" }, missing = "empty" }
"""
    load(desk(theirs, tmp_path, text), b"Mail,Name,Country\nann@x,Ann,FR\n", b"first.csv")
    row = load(desk(theirs, tmp_path, text.replace('"upsert"', f'"{mode}"')), sheet)
    assert (row.inserted, row.updated, row.unchanged) == made
    assert [found[0] for found in rows(theirs, "SELECT name FROM clients ORDER BY mail")] == names


def test_one_table_points_to_another_by_a_lookup(theirs: SqlStore, tmp_path: Path) -> None:
    text = """
version = 1
table = "clients"
key = ["mail"]
[fields]
mail = "Mail"
country_id = { lookup = { table = "countries", by = { iso = "Country" }, take = "id" } }
"""
    sheet = b"Mail,Country\nann@x,FR\nbob@x,XX\n"
    assert counts(load(desk(theirs, tmp_path, text), sheet)) == (2, 0, 0, 0)
    found = (
        "SELECT c.mail, t.iso FROM clients AS c LEFT JOIN countries AS t ON t.id = c.country_id ORDER BY 1"
    )
    assert rows(theirs, found) == [("ann@x", "FR"), ("bob@x", None)]
    assert counts(load(desk(theirs, tmp_path, text), sheet + b"\n")) == (0, 0, 2, 0)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('client = { row = "client" }', 'client = { row = "line" }', "sections.other_table"),
        ('sku = "Sku"', 'sku = { row = "order" }', "sections.no_reference"),
        ('lines = "replace"', 'lines = "replace"\nkey = ["sku"]', "mapping.not_key"),
        ('iso = "Country" }', 'iso = "Country" }, missing = "create"', "sections.foreign_create"),
        ('iso = "Country" }', 'iso = "Country" }, missing = "wait"', "sections.foreign_only"),
        ('lines = "replace"', 'lines = "replace"\namounts = "HT"', "sections.foreign_only"),
        ('lines = "replace"', 'lines = "replace"\nrefunds = "negative"', "sections.foreign_only"),
    ],
)
def test_what_another_programs_tables_cannot_do_is_said(
    tmp_path: Path, old: str, new: str, code: str
) -> None:
    url = f"sqlite:///{tmp_path}/theirs.db"
    run(url, *DDL["sqlite"].split(";\n"))
    made = connect(url, "none")
    assert isinstance(made, SqlStore)
    made.migrate()
    found = examine("o", TEXT.replace(old, new), "o.toml", made.catalogue())[1]
    made.close()
    assert code in [mistake.said.code for mistake in found]
