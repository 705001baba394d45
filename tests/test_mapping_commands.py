"""`pipeline mapping …` as a person meets it, in one process."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pipeline import Pipeline
from pipeline.cli.main import app
from pipeline.cli.start import make
from pipeline.errors import ConfigError

ORDERS = "Order number;Order date;Customer email;Total;Colour\n1;2026-02-13;ada@example.org;12,50;blue\n2;2026-02-14;bob@example.org;3,00;red\n"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    make(tmp_path, "en")
    (tmp_path / "orders.csv").write_text(ORDERS, "utf-8")
    return tmp_path


def run(shop: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["--config", str(shop / "config.toml"), "mapping", *words])


def test_guess_as_json_has_the_keys_that_were_promised(shop: Path) -> None:
    done = run(shop, "guess", str(shop / "orders.csv"), "--json")
    found = json.loads(done.stdout)
    assert [set(one) for one in found] == [{"column", "field", "confidence", "because"}] * 5
    assert [one["field"] for one in found] == [
        "sales_order.number", "sales_order.ordered_at", "party.email", "sales_order.gross_amount", None,
    ]  # fmt: skip
    assert all(0 <= one["confidence"] <= 1 and one["because"] for one in found)


def test_guess_tells_a_person_and_saves_only_when_asked(shop: Path) -> None:
    done = run(shop, "guess", str(shop / "orders.csv"))
    assert done.exit_code == 0
    assert "sales_order.number" in done.stdout
    assert not (shop / "mappings/orders.toml").exists()
    assert run(shop, "guess", str(shop / "orders.csv"), "--save", "orders").exit_code == 0
    assert json.loads(run(shop, "check", "orders", "--json").stdout)[0]["mistakes"] == []


def test_new_list_show_and_check(shop: Path) -> None:
    assert run(shop, "new", "orders", "--from", str(shop / "orders.csv")).exit_code == 0
    assert run(shop, "new", "depots", "--table", "warehouse").exit_code == 0
    listed = {one["name"]: one for one in json.loads(run(shop, "list", "--json").stdout)}
    assert (listed["orders"]["table"], listed["orders"]["jobs"], listed["orders"]["mistakes"]) == (
        "party, sales_order",
        [],
        [],
    )
    assert listed["prices"]["jobs"] == ["prices"]
    assert listed["depots"]["mistakes"]
    assert "sales_order" in run(shop, "list").stdout
    assert run(shop, "show", "orders").stdout == (shop / "mappings/orders.toml").read_text("utf-8")
    examples = shop / "mappings/orders.examples"
    examples.mkdir()
    (examples / "good.csv").write_text(ORDERS, "utf-8")
    assert run(shop, "check", "orders").exit_code == 0
    (examples / "bad.csv").write_text(ORDERS.replace("12,50", "twelve"), "utf-8")
    done = run(shop, "check", "orders")
    assert (done.exit_code, "twelve" in done.stdout) == (1, True)
    assert run(shop, "check").exit_code == 2  # depots has no fields yet


def test_a_ready_mapping_is_listed_written_and_checked(shop: Path) -> None:
    listed = json.loads(run(shop, "presets", "--json").stdout)
    assert {("fec", "import"), ("to-fec", "export")} <= {(one["name"], one["way"]) for one in listed}
    assert all(one["for"] and one["made_from"] for one in listed)
    assert "shopify-orders" in run(shop, "presets").stdout
    assert run(shop, "new", "books", "--preset", "fec").exit_code == 0
    assert json.loads(run(shop, "check", "books", "--json").stdout)[0]["mistakes"] == []
    assert run(shop, "new", "audit", "--preset", "to-fec").exit_code == 0
    assert json.loads(run(shop, "check", "audit", "--json").stdout)[0]["mistakes"] == []
    assert run(shop, "show", "audit").exit_code == 0
    (kept,) = (one for one in json.loads(run(shop, "list", "--json").stdout) if one["name"] == "audit")
    assert (kept["table"], kept["mistakes"]) == ("journal_entry", [])


def test_a_guess_tells_of_the_ready_mapping_and_saves_it(shop: Path) -> None:
    header = "Customer ID;Active (0/1);Titles ID (Mr = 1, Ms = 2, else 0);Email *;Password *;Birthday (yyyy-mm-dd);Last Name *;First Name *;Newsletter (0/1);Opt-in (0/1);Groups (x,y,z...);Default group ID"
    (shop / "customers.csv").write_text(f"{header}\n1;1;1;a@b.fr;;;Pan;Peter;1;0;;3\n", "utf-8")
    done = run(shop, "guess", str(shop / "customers.csv"), "--save", "people")
    assert "prestashop-customers" in done.stdout + done.stderr
    assert "# Layouts: prestashop.customers" in (shop / "mappings/people.toml").read_text("utf-8")


def test_the_examples_of_a_new_folder_say_nothing_of_columns(shop: Path) -> None:
    (shop / "tickets.csv").write_text("N° ticket;Vendeur;Total TTC\n1;Eve;5,00\n2;Eve;6,00\n", "utf-8")
    assert "till-tickets" not in run(shop, "guess", str(shop / "tickets.csv"), "--json").stdout
    edited = (shop / "mappings/till-tickets.toml").read_text("utf-8") + "# mine\n"
    (shop / "mappings/till-tickets.toml").write_text(edited, "utf-8")
    assert "till-tickets" in run(shop, "guess", str(shop / "tickets.csv"), "--json").stdout


def test_wrong_use_is_a_sentence(shop: Path) -> None:
    for words in (
        ["new", "x"],
        ["new", "x", "--preset", "nothing"],
        ["show", "nothing"],
        ["guess", "nowhere.csv"],
        ["guess", str(shop / "orders.csv"), "--table", "x"],
    ):
        assert isinstance(run(shop, *words).exception, ConfigError)


def test_the_library_guesses_too(shop: Path) -> None:
    with Pipeline(shop / "config.toml") as pipeline:
        first = pipeline.guess(shop / "orders.csv")[0]
        only = pipeline.guess(shop / "orders.csv", table="party")
    assert (first.column, first.field) == ("Order number", "sales_order.number")
    assert {one.field for one in only} <= {"party.email", None} | {
        one.field for one in only if (one.field or "").startswith("party.")
    }
