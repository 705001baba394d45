"""docs/exports.md and docs/stations.md keep their word: their examples are run."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

from pipeline import Pipeline
from pipeline.mapping.outward.parsing import PART, WRITE
from pipeline.results import OnceResult
from pipeline.store import connect
from pipeline.store.base import SqlStore
from tests.databases import ready_sqlite
from tests.exports.conftest import Shop, table

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "exports.md").read_text("utf-8")
EXAMPLES = re.findall(r"```toml\n(.*?)```\n+```csv\n(.*?)```", PAGE, re.DOTALL)
FILES = re.findall(r"```toml\n# (\S+)\n(.*?)```", (DOCS / "stations.md").read_text("utf-8"), re.DOTALL)


@pytest.mark.parametrize(("mapping", "written"), EXAMPLES)
def test_an_example_writes_what_it_shows(shop: Shop, mapping: str, written: str) -> None:
    ada = shop.add("party", name="Ada")
    order = shop.order("001", "12.5", "paid", party=ada)
    shop.order("002", "99.95", "open")
    shop.order("003", "1", "paid", source="till")
    for n in (1, 2):
        shop.add("sales_order_line", order=order, line_no=n, net_amount=n)
    shop.export(mapping)
    assert shop.files() == {"orders-0001.csv": written}


def test_every_setting_is_explained() -> None:
    for key in (*PART, "files", "manifest", *WRITE):
        assert f"`{key}`" in PAGE, key


def made(root: Path, name: str, files: list[tuple[str, str]]) -> Path:
    """An installation of the page, on a database that is there already."""
    box = root / name
    for file, text in files:
        path = box / Path(*Path(file).parts[1:])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    for folder in ("inbox/prices", "inbox/stations"):
        (box / folder).mkdir(parents=True, exist_ok=True)
    (box / f"{name}.db").write_bytes(ready_sqlite())
    return box


def once(box: Path, *jobs: str) -> OnceResult:
    with Pipeline(box / "config.toml") as pipeline:
        result = pipeline.once(jobs, now=True)
    assert result.exit_code == 0, result
    return result


def shop_of(box: Path) -> Shop:
    store = connect(f"sqlite:///{box}/{box.name}.db")
    assert isinstance(store, SqlStore)
    return Shop(store, box)


def test_two_stations_write_the_office_reads_and_its_prices_go_back(tmp_path: Path) -> None:
    office = made(tmp_path, "office", [f for f in FILES if f[0].startswith("office/")])
    prices = next(text for file, text in FILES if file == "office/mappings/prices.toml")
    stations = []
    for name in ("lyon", "nantes"):
        own = [(file, text.replace("lyon", name)) for file, text in FILES if file.startswith("lyon/")]
        stations.append(made(tmp_path, name, [*own, ("x/mappings/prices.toml", prices)]))
        shop = shop_of(stations[-1])
        for number in ("1", "2"):
            shop.order(number, "12.5")
        shop.store.close()
        once(stations[-1], "sales")
    names = sorted(str(p.relative_to(office)) for p in (office / "inbox/stations").rglob("*.csv"))
    assert names == [f"inbox/stations/{name}/sales-000001.csv" for name in ("lyon", "nantes")]
    once(office, "stations")
    head = shop_of(office)
    orders = table("sales_order").c
    with head.store._transaction(write=False) as conn:
        found = (
            conn.execute(table("sales_order").select().order_by(orders.source, orders.number))
            .mappings()
            .all()
        )
    assert [(row["source"], row["number"], row["gross_amount"]) for row in found] == [
        (name, number, Decimal("12.5")) for name in ("lyon", "nantes") for number in ("1", "2")
    ]
    head.add("product_variant", sku="A1", name="Thing", cost_price=Decimal("9.99"))
    head.store.close()
    once(office, "prices-lyon", "prices-nantes")
    for station in stations:
        once(station, "prices")
        shop = shop_of(station)
        with shop.store._transaction(write=False) as conn:
            rows = conn.execute(table("product_variant").select()).mappings().all()
        assert [(row["sku"], row["cost_price"]) for row in rows] == [("A1", Decimal("9.99"))]
        shop.store.close()
