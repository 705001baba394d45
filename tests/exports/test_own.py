"""What users added to our database goes out and comes back, on both databases: fields of their own, tables of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.exports.single import one_file
from pipeline.mapping.model import Kind
from pipeline.saved import making
from pipeline.store.added import OwnField
from pipeline.store.base import SqlStore
from tests.exports.conftest import Shop
from tests.exports.test_round_trip import read_back, store_in, work
from tests.store.test_own import DEPOTS, PRODUCTS, SHEET, custom, desk, load, rows, with_fields

WRITTEN = 'Code,Colour,Weight,Organic,Since\nA,"réd ""x""","0,3",true,2026-01-31T10:00:00Z\nB,,12,,\nC,,,,\n'


@pytest.mark.parametrize("promoted", [False, True])
def test_fields_of_users_are_written_and_read_back(store: SqlStore, promoted: bool, tmp_path: Path) -> None:
    mapping = PRODUCTS + 'custom.since = { column = "Since", timezone = "UTC" }\n'
    second = store_in(tmp_path, "two.db")
    for one in (store, second):
        with_fields(one)
        one.add_field(OwnField("product", "since", Kind.DATETIME, "Since"))
    lines = SHEET.decode().splitlines()
    sheet = "\n".join(
        [lines[0] + ";Since", lines[1] + ";2026-01-31 10:00:00", *(f"{n};" for n in lines[2:]), ""]
    )
    load(desk(store, tmp_path, mapping), sheet.encode())
    known = custom(store)
    if promoted:
        for name in ("weight", "since"):
            store.promote_field("product", name)
    (tmp_path / "in").mkdir()
    one_file(store, work(mapping, store, tmp_path), tmp_path / "in" / "x.csv")
    head, *found = (tmp_path / "in" / "x.csv").read_text().splitlines()
    assert [head, *sorted(found)] == WRITTEN.splitlines()
    read_back(mapping, tmp_path / "in" / "x.csv", second)
    assert custom(second) == known
    second.close()


def test_fields_of_users_in_columns_conditions_and_totals(store: SqlStore, tmp_path: Path) -> None:
    with_fields(store)
    load(desk(store, tmp_path, PRODUCTS), SHEET)
    mapping = """version = 1
[export]
table = "product"
where = '"custom.weight" IS NOT NULL'
order = ["-custom.weight"]
[export.columns]
"No" = "code"
"Weight" = "custom.weight"
"Twice" = { sql = '"custom.weight" * 2' }
"""
    shop = Shop(store, tmp_path)
    shop.export(mapping, what="changes", template="{sequence}.csv")
    assert shop.files() == {"1.csv": "No,Weight,Twice\nB,12,24\nA,0.3,0.6\n"}
    changed = SHEET.replace(b"0,30", b"0,31")
    load(desk(store, tmp_path, PRODUCTS), changed, b"more.csv")
    shop.export(mapping, what="changes", template="{sequence}.csv")
    assert shop.files()["2.csv"] == "No,Weight,Twice\nA,0.31,0.62\n"


def test_a_table_of_users_is_written_and_read_back(store: SqlStore, tmp_path: Path) -> None:
    file = tmp_path / "depots.csv"
    file.write_bytes(DEPOTS)
    made = making.derive(file)
    mapping = making.make(made, store, tmp_path / "mappings").read_text("utf-8")
    second = store_in(tmp_path, "two.db")
    making.make(made, second, tmp_path / "others")
    load(desk(store, tmp_path, mapping), DEPOTS)
    (tmp_path / "in").mkdir()
    one_file(store, work(mapping, store, tmp_path), tmp_path / "in" / "x.csv")
    read_back(mapping, tmp_path / "in" / "x.csv", second)
    asked = "SELECT ref, libelle, prix, stock, ean, entree, actif FROM depots ORDER BY ref"

    def plain(one: SqlStore) -> list[list[str]]:
        return [[str(int(v) if isinstance(v, bool) else v) for v in row] for row in rows(one, asked)]

    assert plain(second) == plain(store)
    shop = Shop(store, tmp_path)
    shop.export(mapping, what="changes", template="{sequence}.csv")
    load(desk(store, tmp_path, mapping), DEPOTS.replace(b"Mug", b"Tasse"), b"more.csv")
    shop.export(mapping, what="changes", template="{sequence}.csv")
    _, line = shop.files()["2.csv"].splitlines()  # the one that changed
    assert "Tasse" in line
