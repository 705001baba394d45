"""What users add to our database, on both: fields of their own in our tables, tables of their own made from files."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
import sqlalchemy as sa

from pipeline import files as disk
from pipeline.errors import PipelineError
from pipeline.imports import Outcome
from pipeline.jobs import ImportJob
from pipeline.mapping import examine
from pipeline.mapping.model import Kind
from pipeline.saved import making
from pipeline.store.added import OwnField
from pipeline.store.base import SqlStore
from pipeline.store.known import Known
from pipeline.store.model import LedgerFile
from tests.imports.conftest import Desk
from tests.store.test_exam import NOW

DOCS = Path(__file__).parents[2] / "docs"
PRODUCTS = """
version = 1
table = "product"
key = ["code"]
[fields]
code = "Code"
custom.colour = "Colour"
custom.weight = { column = "Weight", decimal = "," }
custom.organic = { column = "Organic", blank = "keep" }
"""
SHEET = b'Code;Colour;Weight;Organic\nA;r\xc3\xa9d "x";0,30;yes\nB;;12;\nC;;;\n'


def desk(store: SqlStore, tmp_path: Path, text: str) -> Desk:
    disk.ignore_sigio()
    plan, mistakes = examine("own", text, "own.toml", store.catalogue())
    assert plan is not None, [m.text() for m in mistakes]
    job = ImportJob("own", "own", tmp_path / "inbox", tmp_path / "processed", tmp_path / "failed")
    return Desk(tmp_path, store, job, plan)


def load(bench: Desk, content: bytes, name: bytes = b"own.csv") -> LedgerFile:
    outcome: Outcome = bench.run(bench.take(content, name))
    assert outcome.deed == "archived", outcome
    return bench.row(outcome)


def counts(row: LedgerFile) -> tuple[int, int, int, int]:
    return (row.inserted, row.updated, row.unchanged, row.refused)


def rows(store: SqlStore, statement: str) -> list[tuple[object, ...]]:
    with store._transaction(write=False) as conn:
        return [tuple(row) for row in conn.exec_driver_sql(statement)]


def custom(store: SqlStore, table: str = "product") -> dict[str, object]:
    found = rows(store, f"SELECT code, custom FROM {table} ORDER BY code")
    return {str(code): json.loads(value) if isinstance(value, str) else value for code, value in found}


def with_fields(store: SqlStore) -> None:
    store.add_field(OwnField("product", "colour", Kind.TEXT, "Colour"))
    store.add_field(OwnField("product", "weight", Kind.DECIMAL, "Weight"))
    store.add_field(OwnField("product", "organic", Kind.BOOLEAN, "Organic"))


def test_own_fields_are_typed_merged_and_taken_back(store: SqlStore, tmp_path: Path) -> None:
    with_fields(store)
    bench = desk(store, tmp_path, PRODUCTS)
    first = load(bench, SHEET)
    assert counts(first) == (3, 0, 0, 0)
    known = custom(store)
    assert known == {
        "A": {"colour": 'réd "x"', "weight": "0.3", "organic": True},
        "B": {"weight": "12"},
        "C": None,
    }
    assert counts(load(bench, SHEET + b"\n")) == (0, 0, 3, 0)
    one = desk(store, tmp_path, PRODUCTS.replace("custom.weight", "#").replace("custom.organic", "#"))
    second = load(one, b"Code;Colour\nA;\nB;blue\nC;\n")
    assert counts(second) == (0, 2, 1, 0)
    assert custom(store)["A"] == {"weight": "0.3", "organic": True}
    assert custom(store)["B"] == {"weight": "12", "colour": "blue"}
    store.undo(second.id, disk.new_claim(NOW), "test", NOW)
    assert custom(store) == known
    bad = load(bench, b"Code;Colour;Weight;Organic\nD;;heavy;\n")
    assert counts(bad) == (0, 0, 0, 1)
    assert store.refused(bad.id)[0].column == "Weight"


def test_a_promoted_field_is_a_column_and_its_mappings_go_on(store: SqlStore, tmp_path: Path) -> None:
    with_fields(store)
    load(desk(store, tmp_path, PRODUCTS), SHEET)
    store.promote_field("product", "weight")
    store.promote_field("product", "organic")
    scale = 10**6 if store.kind == "sqlite" else 1
    assert [
        float(str(r[0])) / scale
        for r in rows(store, "SELECT weight FROM product WHERE weight > 0 ORDER BY code")
    ] == [
        0.3,
        12.0,
    ]
    assert custom(store)["A"] == {"colour": 'réd "x"'}
    bench = desk(store, tmp_path, PRODUCTS)
    assert bench.plan.targets == ("code", "custom", "weight", "organic")
    assert counts(load(bench, SHEET + b"\n")) == (0, 0, 3, 0)
    tried = bench.importer().attempt(bench.work(bench.take(SHEET.replace(b"0,30", b"0,31"), b"tried.csv")))
    assert [(c.column, c.old, c.new) for c in tried.changes] == [("weight", "0.300000", "0.310000")]
    again = load(bench, SHEET.replace(b"0,30", b"0,31"))
    assert counts(again) == (0, 1, 2, 0)
    store.undo(again.id, disk.new_claim(NOW), "test", NOW)
    assert rows(store, "SELECT count(*) FROM product WHERE weight IS NULL") == [(1,)]
    with pytest.raises(PipelineError):
        store.promote_field("product", "weight")
    with pytest.raises(PipelineError):
        store.add_field(OwnField("product", "code", Kind.TEXT, ""))


def test_what_was_imported_before_a_promotion_is_taken_back_all_the_same(
    store: SqlStore, tmp_path: Path
) -> None:
    with_fields(store)
    store.add_field(OwnField("product", "since", Kind.DATETIME, "Since"))
    bench = desk(store, tmp_path, PRODUCTS + 'custom.since = "Since"\n')
    head, *more = SHEET.split(b"\n")
    sheet = b"\n".join([head + b";Since", *(line + b";2026-01-31 10:00:00" for line in more if line), b""])
    first = load(bench, sheet)
    second = load(bench, sheet.replace(b"0,30", b"0,31").replace(b";12;", b";;"))
    assert counts(second) == (0, 2, 1, 0)
    for name in ("weight", "since", "organic"):
        store.promote_field("product", name)
    columns = "SELECT code, custom, weight, since, organic FROM product ORDER BY code"
    now = rows(store, columns)
    done = store.undo(second.id, disk.new_claim(NOW), "test", NOW)
    assert (done.left_count, [(t.table, t.updated) for t in done.tables]) == (0, [("product", 2)])
    one = 10**6 if store.kind == "sqlite" else 1
    was = [None if row[2] is None else float(str(row[2])) / one for row in rows(store, columns)]
    assert was == [0.3, 12.0, None]
    assert done.entry is not None
    store.undo(done.entry.id, disk.new_claim(NOW), "test", NOW)
    assert rows(store, columns) == now
    gone = store.undo(first.id, disk.new_claim(NOW), "test", NOW)
    assert gone.tables[0].deleted + gone.left_count == 3


def test_own_fields_in_sections(store: SqlStore, tmp_path: Path) -> None:
    with_fields(store)
    text = """
version = 1
[tables.product]
repeated = "last"
[tables.product.fields]
code = "Code"
custom.colour = "Colour"
[tables.item]
table = "product_variant"
[tables.item.fields]
sku = "Sku"
product = { row = "product" }
"""
    bench = desk(store, tmp_path, text)
    sheet = b"Code;Colour;Sku\nA;red;A-1\nA;red;A-2\nB;;B-1\n"
    assert counts(load(bench, sheet))[0] == 5
    assert custom(store) == {"A": {"colour": "red"}, "B": None}
    again = load(bench, sheet + b"\n")
    assert (again.inserted, again.updated) == (0, 0)
    changed = load(bench, sheet.replace(b"red", b"blue"))
    assert (changed.inserted, changed.updated) == (0, 1)


def test_a_promoted_field_can_tell_rows_apart(store: SqlStore, tmp_path: Path) -> None:
    store.add_field(OwnField("party", "card", Kind.TEXT, "Card number"))
    text = """
version = 1
[tables.party]
key = ["source", "custom.card"]
[tables.party.fields]
source = { value = "club" }
custom.card = "Card"
name = "Name"
"""
    with pytest.raises(AssertionError, match="card"):
        desk(store, tmp_path, text)
    store.promote_field("party", "card")
    bench = desk(store, tmp_path, text)
    assert load(bench, b"Card;Name\n7;Ann\n8;Bob\n").inserted == 2
    again = load(bench, b"Card;Name\n7;Anna\n8;Bob\n")
    assert (again.inserted, again.updated) == (0, 1)
    assert rows(store, "SELECT card, name FROM party ORDER BY card") == [("7", "Anna"), ("8", "Bob")]


CELLS = {
    "colour": ["", "red", 'a "b" é'],
    "weight": ["", "1.5", "0.000001", "7"],
    "organic": ["", "yes", "no"],
}
MEANT: dict[str, object] = {"yes": True, "no": False}


def test_any_files_merge_as_a_dictionary_does_and_undo_goes_back(store: SqlStore, tmp_path: Path) -> None:
    with_fields(store)
    chance, story = random.Random(6), []
    model: dict[str, dict[str, object]] = {}
    for step in range(6):
        named = chance.sample(sorted(CELLS), chance.randint(1, 3))
        keep = {name for name in named if chance.random() < 0.4}
        text = 'version = 1\ntable = "product"\nkey = ["code"]\n[fields]\ncode = "code"\n'
        for name in named:
            blank = ', blank = "keep"' if name in keep else ""
            text += f'custom.{name} = {{ column = "{name}"{blank} }}\n'
        sheet = {code: {n: chance.choice(CELLS[n]) for n in named} for code in chance.sample("ABCD", 3)}
        sheet[f"S{step}"] = dict.fromkeys(named, "")
        lines = [
            "\t".join(["code", *named]),
            *("\t".join([code, *own.values()]) for code, own in sheet.items()),
        ]
        before = custom(store)
        row = load(desk(store, tmp_path, text), ("\n".join(lines) + "\n").encode())
        story.append((row.id, before))
        for code, own in sheet.items():
            mine = model.setdefault(code, {})
            for name, cell in own.items():
                if cell:
                    mine[name] = MEANT.get(cell, cell)
                elif name not in keep:
                    mine.pop(name, None)
        assert custom(store) == {code: own or None for code, own in sorted(model.items())}
    for id, before in reversed(story):
        assert store.undo(id, disk.new_claim(NOW), "test", NOW).left_count == 0
        assert custom(store) == before


DEPOTS = (
    "Réf;Libellé;Prix;Stock;EAN;Entrée;Actif\n0012;Thé;1 234,50;5;3760001234567;31/03/2026;oui\n"
    "0013;Mug;48210,55;12;3760001234574;01/04/2026;non\n0014;Bol;0,1;;3760001234581;;oui\n"
).encode()


def test_a_table_made_from_a_file_is_imported_into_and_undone(store: SqlStore, tmp_path: Path) -> None:
    file = tmp_path / "depots.csv"
    file.write_bytes(DEPOTS)
    made = making.derive(file)
    assert [(c.name, c.kind, c.scale) for c in made.of_database] == [
        ("ref", Kind.TEXT, 0), ("libelle", Kind.TEXT, 0), ("prix", Kind.DECIMAL, 2), ("stock", Kind.INTEGER, 0),
        ("ean", Kind.TEXT, 0), ("entree", Kind.DATE, 0), ("actif", Kind.BOOLEAN, 0),
    ]  # fmt: skip
    path = making.make(made, store, tmp_path / "mappings")
    bench = desk(store, tmp_path, path.read_text("utf-8"))
    first = load(bench, DEPOTS)
    assert counts(first) == (3, 0, 0, 0)
    assert [str(r[0]) for r in rows(store, "SELECT prix FROM depots ORDER BY ref")] == [
        "1234.50",
        "48210.55",
        "0.10",
    ]
    assert [str(r[0]) for r in rows(store, "SELECT ref FROM depots ORDER BY ref")] == ["0012", "0013", "0014"]
    assert counts(load(bench, DEPOTS + b"\n")) == (0, 0, 3, 0)
    assert counts(load(bench, DEPOTS.replace(b"Mug", b"Tasse"))) == (0, 1, 2, 0)
    done = store.undo(first.id, disk.new_claim(NOW), "test", NOW)
    assert [(t.table, t.deleted) for t in done.tables] == [("depots", 2)]
    with pytest.raises(PipelineError):
        store.create_table("depots", made.of_database, made.key)
    with pytest.raises(PipelineError):
        store.create_table("party", made.of_database, made.key)


def test_a_key_is_asked_for_where_no_column_tells_rows_apart(tmp_path: Path) -> None:
    file = tmp_path / "counts.csv"
    file.write_bytes(b"Shop,Day,Sold\n1,2026-01-01,5\n1,2026-01-02,5\n2,2026-01-01,5\n")
    with pytest.raises(PipelineError):
        making.derive(file)
    made = making.derive(file, "sold", ("Shop", "Day"))
    assert (made.name, made.key, [c.kind.value for c in made.of_database]) == (
        "sold",
        ("shop", "day"),
        ["integer", "date", "integer"],
    )


def test_mappings_are_held_against_what_the_database_has(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/shop.db"
    text = 'version = 1\ntable = "depots"\nkey = ["ref"]\n[fields]\nref = "R"\n'
    assert Known(url, "").examine("d", text, "d.toml")[1]
    assert not (tmp_path / "shop.db").exists()
    engine = sa.create_engine(url)
    with engine.begin() as conn:
        conn.exec_driver_sql("CREATE TABLE depots (ref TEXT PRIMARY KEY)")
    engine.dispose()
    from pipeline.store import connect

    store = connect(url)
    store.migrate()
    store.close()
    assert not Known(url, "").examine("d", text, "d.toml")[1]


def test_a_table_that_changed_is_said_and_fits_again(store: SqlStore, tmp_path: Path) -> None:
    """A worker holds the mapping against the tables for each order: it pauses, and goes on by itself."""
    from pipeline.mapping.unfit import difference
    from pipeline.words import render

    file = tmp_path / "depots.csv"
    file.write_bytes(DEPOTS)
    text = making.make(making.derive(file), store, tmp_path / "mappings").read_text("utf-8")

    def alter(statement: str) -> None:
        with store._transaction() as conn:
            conn.exec_driver_sql(statement)

    alter("ALTER TABLE depots RENAME COLUMN stock TO level")
    plan, mistakes = examine("depots", text, "d.toml", store.catalogue())
    assert plan is None
    assert "the column stock of the table depots is gone" in render(difference("depots", mistakes))
    assert "n'existe plus" in render(difference("depots", mistakes), "fr")
    alter("ALTER TABLE depots RENAME COLUMN level TO stock")
    assert examine("depots", text, "d.toml", store.catalogue())[0] is not None
    assert counts(load(desk(store, tmp_path, text), DEPOTS)) == (3, 0, 0, 0)


def example(page: str, head: str) -> tuple[str, bytes]:
    """The mapping and the file that stand under a heading."""
    text = (DOCS / page).read_text("utf-8").partition(f"## {head}\n")[2]
    mapping, file = (text.partition(f"```{kind}\n")[2].partition("```")[0] for kind in ("toml", "csv"))
    return mapping, file.encode()


def test_the_documented_fields_keep_their_word(store: SqlStore, tmp_path: Path) -> None:
    with_fields(store)
    mapping, file = example("mapping.md", "Your own fields")
    bench = desk(store, tmp_path, mapping)
    assert counts(load(bench, file)) == (2, 0, 0, 0)
    assert counts(load(bench, file + b"\n")) == (0, 0, 2, 0)
    assert counts(load(bench, file.replace(b"red", b""))) == (0, 1, 1, 0)


def test_the_documented_lookup_keeps_its_word(store: SqlStore, tmp_path: Path) -> None:
    items = 'version = 1\ntable = "product_variant"\nkey = ["sku"]\n[fields]\nsku = "S"\ncost_price = "P"\n'
    load(desk(store, tmp_path, items), b"S,P\nA,1.20\nB,\n")
    mapping, file = example("expressions.md", "Look-ups in the database")
    assert counts(load(desk(store, tmp_path, mapping), file)) == (2, 0, 0, 0)
    scale = 10**6 if store.kind == "sqlite" else 1
    found = rows(store, "SELECT unit_cost FROM stock_movement ORDER BY external_id")
    assert [float(str(row[0])) / scale for row in found] == [1.2, 4.0]
