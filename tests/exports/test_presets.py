"""Presets for what shops and accountants read: each fits the tables; those of both ways come back; FEC is held."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import FileFailed
from pipeline.exports.serving import plan_of
from pipeline.exports.single import one_file
from pipeline.fec import check
from pipeline.guessing.presets import presets
from pipeline.store.base import SqlStore
from pipeline.store.types import uuid7
from tests.exports.conftest import Shop, table
from tests.exports.test_round_trip import read_back, store_in, told, work

FEC = "732829320FEC20261231.txt"


def text(name: str) -> str:
    return presets()[f"to-{name}"].text


def stocked(store: SqlStore, levels: bool = True) -> None:
    """Two variants, with a price each, and stock of one."""
    ids: dict[str, Any] = {}
    with store._transaction() as conn:

        def add(into: str, **values: Any) -> Any:
            id = uuid7()
            conn.execute(table(into).insert().values(id=id, **values))
            return id

        ids["house"] = add("warehouse", code="MAIN", name="Shop")
        for sku, amount in (("A1", "19.9"), ("B2", "5")):
            product = add("product", code=sku.lower(), name=f"Product {sku}")
            ids[sku] = add("product_variant", sku=sku, name=sku, product=product, active=sku == "A1")
            add("price", variant=ids[sku], currency="EUR", amount=Decimal(amount))
        if levels:
            add("stock_level", variant=ids["A1"], warehouse=ids["house"], on_hand=Decimal(7))
            add("stock_level", variant=ids["B2"], warehouse=ids["house"], on_hand=None)


@pytest.mark.parametrize("name", [n[3:] for n, one in presets().items() if one.way == "export"])
def test_each_fits_the_tables(name: str, tmp_path: Path) -> None:
    store = store_in(tmp_path, "one.db")
    assert plan_of(name, text(name), store).notes == ()
    store.close()


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("woocommerce-stock", "SKU,Stock\nA1,7\n"),
        ("woocommerce-products", "SKU,Name,Published,Regular price\nA1,A1,1,19.9\nB2,B2,0,5\n"),
        ("prestashop-stock", "Reference;Quantity\nA1;7\nB2;\n"),
        ("shopify-products", "URL handle,Title,Option1 name,Option1 value,SKU,Price\n"
         "a1,Product A1,Title,A1,A1,19.9\nb2,Product B2,Title,B2,B2,5\n"),
        ("shopify-stock", "Handle,Title,Option1 Name,Option1 Value,SKU,Location,On hand (new)\n"
         "a1,Product A1,Title,A1,A1,Shop,7\n"),
    ],
)  # fmt: skip
def test_what_shops_read(name: str, written: str, tmp_path: Path) -> None:
    store = store_in(tmp_path, "one.db")
    stocked(store)
    one_file(store, work(text(name), store, tmp_path), tmp_path / "x.csv")
    head, *lines = (tmp_path / "x.csv").read_text().splitlines()
    assert "\n".join([head, *sorted(lines)]) + "\n" == written
    store.close()


@pytest.mark.parametrize(
    ("name", "name_of_table", "columns"),
    [
        ("woocommerce-stock", "stock_level", ("on_hand",)),
        ("prestashop-stock", "stock_level", ("on_hand",)),
        ("woocommerce-products", "price", ("amount", "currency")),
        ("woocommerce-products", "product_variant", ("sku", "name", "active")),
    ],
)
def test_both_ways(name: str, name_of_table: str, columns: tuple[str, ...], tmp_path: Path) -> None:
    first, second = store_in(tmp_path, "one.db"), store_in(tmp_path, "two.db")
    stocked(first)
    with first._transaction() as conn:
        conn.execute(table("stock_level").delete().where(table("stock_level").c.on_hand.is_(None)))
    if name_of_table == "stock_level":
        stocked(second, levels=False)
    (tmp_path / "in").mkdir()
    one_file(first, work(text(name), first, tmp_path), tmp_path / "in" / "x.csv")
    read_back(text(name), tmp_path / "in" / "x.csv", second)
    assert told(second, name_of_table, columns) == told(first, name_of_table, columns)
    first.close()
    second.close()


def entry(shop: Shop, number: str, debit: str, credit: str, **more: Any) -> None:
    day = dt.date(2026, 1, 2)
    common = {
        "journal": "VE", "journal_label": "Ventes", "number": number, "date": day, "document_ref": "F1",
        "document_date": day, "label": "Facture – œuvre", "valid_date": dt.date(2026, 1, 31),
    }  # fmt: skip
    sides = (("411000", "Clients", debit, None), ("707000", "Ventes", None, credit))
    for n, (account, name, left, right) in enumerate(sides):
        shop.add(
            "journal_entry", line_no=n, account=account, account_label=name, **{**common, **more},
            debit=None if left is None else Decimal(left), credit=None if right is None else Decimal(right),
        )  # fmt: skip


def test_a_fec_that_is_written_passes_and_one_that_is_off_is_not_written(shop: Shop) -> None:
    mapping = text("fec")
    entry(shop, "1", "120", "120", label="Facture d'été")
    shop.export(mapping, template=FEC)
    data = (shop.root / "outbox" / FEC).read_bytes()
    assert check(FEC, [data]) == []
    assert data.splitlines()[1].decode("iso8859-15").split("\t")[10:13] == ["Facture d'été", "120,00", ""]
    (shop.root / "outbox" / FEC).unlink()
    entry(shop, "2", "120", "119.99", label="Autre")
    with pytest.raises(FileFailed, match="does not balance"):
        shop.export(mapping, template=FEC)
    assert shop.files() == {}
    shop.change("journal_entry", table("journal_entry").c.credit == Decimal("119.99"), credit=Decimal("120"))
    shop.change("journal_entry", table("journal_entry").c.number == "2", label="Tab\there")
    with pytest.raises(FileFailed, match="no quotes"):
        shop.export(mapping, template=FEC)
    assert (shop.files(), shop.hidden()) == ({}, [])
