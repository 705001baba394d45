"""Exports in a whole installation: config, the service's gates, the commands."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline import Pipeline
from pipeline.app import mistakes
from pipeline.cli.main import app
from pipeline.errors import ConfigError
from tests.flow.conftest import ORDERS, Installation

EXPORTS = """
[exports.shop-orders]
mapping = "sales"
to = "outbox/orders"
name = "orders-{sequence:03}.csv"
what = "changes"

[exports.often]
mapping = "sales"
to = "outbox/often"
name = "o-{sequence:03}.csv"
every = 1
"""
WRITTEN = "Order No,Total,State\n0001,12.5,paid\n0002,99.9,open\n0003,7.05,open\n"


@pytest.fixture
def shop(installation: Installation) -> Installation:
    """An installation with exports and imported orders."""
    installation.config.write_text(installation.config.read_text() + EXPORTS)
    installation.drop("a.csv", ORDERS)
    assert installation.once("sales").exit_code == 0
    return installation


def said(box: Installation, *words: str) -> tuple[int, str, str]:
    """`pipeline WORDS` in this process."""
    result = CliRunner().invoke(app, ["--config", str(box.config), *words])
    broken = "" if isinstance(result.exception, SystemExit | None) else str(result.exception)
    return result.exit_code, result.stdout, result.stderr + broken


def outbox(box: Installation, job: str = "orders") -> dict[str, str]:
    return {p.name: p.read_text() for p in sorted((box.root / "outbox" / job).iterdir())}


def test_asked_for_by_name_it_is_written_and_told_everywhere(shop: Installation) -> None:
    code, out, err = said(shop, "try", "shop-orders")
    assert (code, "3 rows" in err, "0002" in out) == (0, True, True)
    assert not (shop.root / "outbox").exists()
    result = shop.once("shop-orders", now=True)
    assert [(f.name, f.kind, f.state, f.rows_read) for f in result.files] == [
        ("orders-001.csv", "export", "exported", 3)
    ]
    assert result.exit_code == 0
    assert outbox(shop) == {"orders-001.csv": WRITTEN}
    assert shop.once("shop-orders", now=True).files == ()  # nothing changed
    with closing(sqlite3.connect(shop.root / "shop.db")) as db, db:  # another program
        db.execute("UPDATE sales_order SET status = 'sent' WHERE number = '0002'")
    shop.once("shop-orders", now=True)
    assert outbox(shop)["orders-002.csv"] == "Order No,Total,State\n0002,99.9,sent\n"
    _, out, _ = said(shop, "files", "--kind", "export", "--json")
    assert [(f["name"], f["state"]) for f in json.loads(out)] == [
        ("orders-002.csv", "exported"), ("orders-001.csv", "exported"),
    ]  # fmt: skip
    assert "orders-001.csv was written by export shop-orders" in said(shop, "why", "orders-001.csv")[1]
    assert "when asked" in said(shop, "status")[1]
    id = result.files[0].id
    assert "001" in said(shop, "show", str(id))[1]
    assert said(shop, "undo", str(id), "--yes")[0] == 1  # it changed nothing in the database
    (shop.root / "outbox/orders/orders-001.csv").unlink()
    assert said(shop, "replay", str(id))[0] == 0
    assert outbox(shop)["orders-001.csv"] == WRITTEN


def test_what_it_writes_is_imported_again_without_a_difference(shop: Installation) -> None:
    with Pipeline(shop.config) as pipeline:
        assert pipeline.export("sales", shop.root / "inbox/sales/again.csv") == 3
    row = shop.once("sales").files[0]
    assert (row.unchanged, row.inserted, row.updated, row.refused) == (3, 0, 0, 0)
    code, _, err = said(shop, "export", "--mapping", "sales", "--to", str(shop.root / "one.csv"))
    assert (code, "3 rows" in err) == (0, True)
    code, _, err = said(shop, "export", "--mapping", "sales", "--to", str(shop.root / "one.csv"))
    assert (code, "is there already" in err) == (1, True)
    assert (shop.root / "one.csv").read_text() == WRITTEN


def test_the_service_exports_at_its_hours(shop: Installation) -> None:
    shop.once("often")  # a job first seen is not late
    shop.wait_until(
        "an export", lambda: shop.once("often", wait=0).files or _there(shop.root / "outbox/often")
    )
    assert outbox(shop, "often")["o-001.csv"] == WRITTEN


def _there(folder: Path) -> bool:
    return folder.is_dir() and any(folder.iterdir())


def test_what_is_wrong_is_told_and_the_next_time_works(shop: Installation) -> None:
    (shop.root / "outbox").mkdir()
    (shop.root / "outbox/orders").write_text("a file, not a folder")
    result = shop.once("shop-orders", now=True)
    assert result.exit_code == 1
    assert [said.code for said in result.troubles] == ["exports.outbox_gone"]
    (shop.root / "outbox/orders").unlink()
    assert shop.once("shop-orders", now=True).exit_code == 0


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ('name = "../x.csv"', "exports.name_climbs"),
        ('name = "x-{weekday}.csv"', "files.template_unknown"),
        ('name = ".x.csv"', "exports.name_hidden"),
        ('name = "x.csv"\nwhat = "some"', "mapping.choice"),
        ('name = "x.csv"\ndeletions = "mark"', "exports.only_changes"),
        ('name = "x.csv"\nready = "done"', "exports.companion"),
        ('name = "x-{station}.csv"', "exports.no_station"),
        ('name = "x.csv"\nmappin = "sales"', "config.unknown"),
        ('name = "x.csv"\nat = "25h"', "config.at"),
    ],
)
def test_mistakes_in_the_config_are_told_with_their_line(
    installation: Installation, line: str, code: str
) -> None:
    text = f'[exports.x]\nmapping = "sales"\nto = "outbox"\n{line}\n'
    installation.config.write_text(installation.config.read_text() + text)
    with pytest.raises(ConfigError) as told:
        Pipeline(installation.config)
    assert [m.said.code for m in told.value.mistakes] == [code]


def test_two_exports_must_not_write_the_same_names(installation: Installation) -> None:
    one = '[exports.{}]\nmapping = "sales"\nto = "outbox"\nname = "x-{{sequence}}.csv"\n'
    installation.config.write_text(installation.config.read_text() + one.format("a") + one.format("b"))
    with pytest.raises(ConfigError) as told:
        Pipeline(installation.config)
    assert [m.said.code for m in told.value.mistakes] == ["exports.names_meet"]


def test_check_names_a_column_that_is_gone_and_what_does_not_go_back(shop: Installation) -> None:
    mapping = shop.root / "mappings/sales.toml"
    code, out, _ = said(shop, "check")
    assert (code, "Not reversible" in out, "would come back as open" in out) == (0, True, True)
    mapping.write_text(mapping.read_text() + '[export]\norder = ["nmber"]\n')
    code, out, _ = said(shop, "check")
    assert (code, "number" in out, "sales.toml:" in out) == (2, True, True)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ('what = "period"', "exports.needs_date"),
        ('what = "changes"\ndeletions = "mark"', "exports.needs_mark"),
        ('what = "changes"\nkeep_days = 3', None),
        ("keep_days = 0", "config.count"),
    ],
)
def test_check_tells_what_an_export_needs_of_its_mapping(
    installation: Installation, line: str, code: str | None
) -> None:
    text = f'[exports.x]\nmapping = "sales"\nto = "outbox"\nname = "x.csv"\n{line}\n'
    installation.config.write_text(installation.config.read_text() + text)
    assert [m.said.code for m in mistakes(installation.config)] == [code] * (code is not None)


def test_one_file_by_a_mapping_that_is_not_there_or_into_a_folder_that_is_not(shop: Installation) -> None:
    target = shop.root / "gone" / "x.csv"
    assert (
        "There is no file mappings/nope.toml"
        in said(shop, "export", "--mapping", "nope", "--to", str(target))[2]
    )
    assert "Nothing was written" in said(shop, "export", "--mapping", "sales", "--to", str(target))[2]
    code, out, _ = said(shop, "export", "--mapping", "sales", "--to", str(shop.root / "x.csv"), "--json")
    assert (code, json.loads(out)["rows"]) == (0, 3)
