"""`pipeline table …` and `pipeline field …` as a person meets them, and a dropped file that fills an own table."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pipeline import Pipeline
from pipeline.cli.main import app
from pipeline.cli.start import make
from pipeline.store.base import SqlStore
from pipeline.words import render

DEPOTS = "Code;Nom;Surface;Depuis\n007;Lyon;1 250,5;31/01/2026\n008;Lille;900,25;01/02/2026\n"
JOB = '\n[imports.depots]\nmapping = "depots"\ninbox = "inbox/depots"\nprocessed = "processed/depots"\n'


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    make(tmp_path, "en")
    (tmp_path / "depots.csv").write_text(DEPOTS, "utf-8")
    return tmp_path


def run(shop: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["--config", str(shop / "config.toml"), *words])


def test_an_own_table_is_shown_made_listed_and_filled_by_a_job(shop: Path) -> None:
    file = str(shop / "depots.csv")
    shown = run(shop, "table", "create", file, "--dry-run")
    assert "depots.surface" in shown.stdout
    assert not (shop / "mappings/depots.toml").exists()
    made = json.loads(run(shop, "table", "create", file, "--json").stdout)
    assert (made["table"], made["key"], made["rows"]) == ("depots", ["code"], 2)
    assert [(c["name"], c["type"], c["decimals"]) for c in made["columns"]] == [
        ("code", "text", 0),
        ("nom", "text", 0),
        ("surface", "decimal", 2),
        ("depuis", "date", 0),
    ]
    own = {t["table"]: t for t in json.loads(run(shop, "table", "list", "--json").stdout)}
    assert (own["depots"]["own"], own["party"]["own"]) == (True, False)
    assert "depots" in run(shop, "table", "list").stdout
    assert json.loads(run(shop, "mapping", "check", "depots", "--json").stdout)[0]["mistakes"] == []
    config = shop / "config.toml"
    config.write_text(config.read_text("utf-8") + JOB, "utf-8")
    (shop / "inbox/depots").mkdir(parents=True)
    (shop / "inbox/depots/depots.csv").write_text(DEPOTS, "utf-8")
    with Pipeline(config) as pipeline:
        assert pipeline.check() == []
        tried = pipeline.try_(shop / "depots.csv", job="depots")
        assert (tried.inserted, tried.rows[0].table) == (2, "depots")
        (row,) = pipeline.once(("depots",), now=True).files
        assert (row.state, row.inserted) == ("archived", 2)
        assert row.id is not None
        done = pipeline.undo(row.id)
        assert [(t.table, t.deleted) for t in done.tables] == [("depots", 2)]
        assert pipeline.check() == []  # the table stays


def test_a_table_that_changed_stops_its_own_job_alone(shop: Path) -> None:
    assert run(shop, "table", "create", str(shop / "depots.csv")).exit_code == 0
    config = shop / "config.toml"
    config.write_text(config.read_text("utf-8") + JOB, "utf-8")
    (shop / "inbox/depots").mkdir(parents=True)

    def drop(folder: str, text: str) -> Path:
        (shop / "inbox" / folder / "new.csv").write_text(text, "utf-8")
        return shop / "inbox" / folder / "new.csv"

    def alter(old: str, new: str) -> None:
        with closing(sqlite3.connect(shop / "pipeline.db")) as db:
            db.execute(f"ALTER TABLE depots RENAME COLUMN {old} TO {new}")

    drop("depots", DEPOTS)
    with Pipeline(config) as pipeline:
        assert pipeline.once(now=True).files[0].inserted == 2
    alter("nom", "name")
    left = drop("depots", DEPOTS.replace("Lyon", "Metz"))
    drop("prices", "SKU,Cost\nA,1.20\n")
    with Pipeline(config) as pipeline:
        assert [m.said.code for m in pipeline.check()] == ["mapping.unknown_column"]
        done = pipeline.once(now=True, wait=5)
        assert [file.job for file in done.files] == ["prices"]
        assert "the column nom of the table depots is gone" in " ".join(
            render(said) for said in done.troubles
        )
        assert left.exists()
    alter("name", "nom")
    with Pipeline(config) as pipeline:
        assert [(f.job, f.updated) for f in pipeline.once(now=True).files] == [("depots", 1)]


def test_own_fields_are_added_listed_and_promoted(shop: Path) -> None:
    assert run(shop, "field", "add", "product", "colour", "--label", "Colour").exit_code == 0
    assert run(shop, "field", "add", "product", "weight", "--type", "decimal").exit_code == 0
    assert run(shop, "field", "promote", "product", "weight").exit_code == 0
    assert json.loads(run(shop, "field", "list", "--json").stdout) == [
        {"table": "product", "name": "colour", "type": "text", "label": "Colour", "column": False},
        {"table": "product", "name": "weight", "type": "decimal", "label": "weight", "column": True},
    ]
    assert "custom.colour" in run(shop, "field", "list").stdout
    with Pipeline(shop / "config.toml") as pipeline:  # migrations and views know it
        pipeline.store().migrate()


@pytest.mark.parametrize(
    "words",
    [
        ("field", "add", "nothing", "colour"),
        ("field", "add", "product", "Colour"),
        ("field", "add", "product", "code"),
        ("field", "add", "product", "colour", "--type", "money"),
        ("field", "promote", "product", "colour"),
        ("table", "create", "absent.csv"),
    ],
)
def test_what_cannot_be_is_said(shop: Path, words: tuple[str, ...]) -> None:
    done = run(shop, *words)
    assert done.exit_code != 0
    assert type(done.exception).__name__ in ("PipelineError", "ConfigError")


def test_check_tries_examples_with_what_they_look_up(shop: Path) -> None:
    text = 'version = 1\ntable = "product"\n[fields]\ncode = "C"\nname = { lookup = { table = "party", by = { code = "C" }, take = "name" } }\n'
    (shop / "mappings/looks.toml").write_text(text, "utf-8")
    (shop / "mappings/looks.examples").mkdir()
    (shop / "mappings/looks.examples/a.csv").write_text("C\nA\nB\n", "utf-8")
    (shop / "mappings/looks.examples/a.csv.json").write_text(
        '[{"code": "A", "name": "Ann"}, {"code": "B"}]', "utf-8"
    )
    with Pipeline(shop / "config.toml") as pipeline:
        store = pipeline.store()
        assert isinstance(store, SqlStore)
        with store._transaction() as conn:
            conn.exec_driver_sql("INSERT INTO party (id, code, name) VALUES ('x', 'A', 'Ann')")
    done = run(shop, "mapping", "check", "looks", "--json")
    assert json.loads(done.stdout)[0]["examples"] == [{"file": "a.csv", "rows": 2, "problems": []}]
