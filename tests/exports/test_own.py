"""What users added to our database goes out and comes back, on both databases: fields of their own, tables of their own."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from pipeline.exports.periods import named_period
from pipeline.exports.single import one_file
from pipeline.mapping.model import Kind
from pipeline.saved import making
from pipeline.store.added import OwnField
from pipeline.store.base import SqlStore
from tests.exports.conftest import Shop, table
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


def test_fields_of_users_along_references_in_totals_and_as_the_date_of_a_period(
    store: SqlStore, tmp_path: Path
) -> None:
    for one in (
        OwnField("party", "region", Kind.TEXT, "Region"), OwnField("sales_order", "due", Kind.DATE, "Due"),
        OwnField("sales_order_line", "bonus", Kind.DECIMAL, "Bonus"),
    ):  # fmt: skip
        store.add_field(one)
    mapping = """version = 1
[export]
table = "sales_order"
order = ["party.custom.region"]
date = "custom.due"
[export.columns]
"No" = "number"
"Region" = "party.custom.region"
"Bonus" = { sum = "sales_order_line.custom.bonus" }
"Lines" = { lines = "sales_order_line", columns = { b = "custom.bonus" } }
"""
    shop = Shop(store, tmp_path)
    north, south = (shop.add("party", name=name, custom={"region": name}) for name in ("north", "south"))
    for number, party, due in (
        ("001", south, "2026-01-31"),
        ("002", north, "2026-01-01"),
        ("003", north, "2026-02-01"),
    ):
        order = shop.order(number, party=party, custom={"due": due})
        for n in (1, 2):
            shop.add(
                "sales_order_line",
                order=order,
                line_no=n,
                custom={"bonus": "0.1"} if n == 1 else {"bonus": "0.2"},
            )
    period = named_period(date(2026, 1, 1), date(2026, 1, 31))
    shop.export(mapping, what="period", period=period, template="{sequence}.csv")
    lines = '"[{""b"":0.1},{""b"":0.2}]"'
    found = shop.files()["1.csv"].replace('" : ', '":').replace("}, {", "},{")
    assert found.splitlines() == [
        "No,Region,Bonus,Lines", f"002,north,0.3,{lines}", f"001,south,0.3,{lines}",
    ]  # fmt: skip
    shop.change("party", table("party").c.name == "south", custom={"region": "east"})
    shop.export(mapping, what="changes", template="c{sequence}.csv")
    (changed,) = [text for name, text in shop.files().items() if name == "c2.csv"]
    assert [line.split(",")[:2] for line in changed.splitlines()[1:]] == [["001", "east"]]
