"""The verbs of `pipeline sync` between databases, by their URLs."""

from __future__ import annotations

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from pipeline.cli.main import app
from pipeline.errors import ConfigError, Environment, PipelineError
from pipeline.sync.replica import SyncHeld, SyncRefused
from tests.peers.conftest import Making, Shop


def remote(url: str, name: str = "office") -> str:
    return f'[syncs.{name}]\nremote = "{url}"\nevery = 900\n'


def said(shop: Shop, *args: str) -> tuple[int, Any]:
    """A command's exit code, and its JSON where it prints one."""
    done = CliRunner().invoke(app, ["--config", str(shop.root / "config.toml"), "sync", *args])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    try:
        return done.exit_code, json.loads(done.stdout)
    except ValueError:
        return done.exit_code, done.stdout


def test_three_sites_become_equal(make: Making, pg_database: str) -> None:
    office = make("office", pg_database)
    lyon, lille = (make(name, more=remote(pg_database)) for name in ("lyon", "lille"))
    lyon.customer(1, "C1", "Anna")
    assert lyon.peers.now().loaded == 1
    assert lille.peers.now().loaded == 1
    lille.customer(2, "C2", "Bob")
    office.run("INSERT INTO party (id, code, name) VALUES (gen_random_uuid(), 'C3', 'Carl')")
    lille.run("UPDATE party SET name = 'Anne' WHERE code = 'C1'")
    lille.peers.now()
    done = lyon.peers.now()
    assert (done.pulled.rows, done.pushed.rows) == (3, 0)
    lille.peers.now()
    wanted = [("C1", "Anne"), ("C2", "Bob"), ("C3", "Carl")]
    assert lyon.customers() == lille.customers() == office.customers() == wanted
    assert lyon.peers.verify().same
    standing = lyon.peers.standing()
    assert (standing.site, standing.rounds[0].pulled, standing.open) == ("lyon", 3, 0)
    assert [(one.peer, one.waiting, one.stage) for one in standing.peers] == [("office", 0, "live")]
    again = lyon.peers.now()
    assert (again.pulled.rows, again.pushed.rows) == (0, 0)


def test_a_conflict_is_shown_settled_and_taken_back(make: Making) -> None:
    office = make("office")
    lyon = make("lyon", more=remote(office.url))
    office.customer(1, "C1", "Anna")
    lyon.peers.now()
    office.run("UPDATE party SET name = 'Office' WHERE code = 'C1'")
    lyon.run("UPDATE party SET name = 'Lyon' WHERE code = 'C1'")
    assert lyon.peers.now().pushed.rows == 1
    lyon.peers.now()
    (record,) = lyon.peers.conflicts()
    assert {record.lost, record.kept} == {'"Office"', '"Lyon"'}
    code, told = said(lyon, "conflicts", "--json")
    assert (code, told[0]["column"], {told[0]["kept"]["site"], told[0]["lost"]["site"]}) == (
        0,
        "name",
        {"office", "lyon"},
    )
    stays = lyon.customers()[0][1]
    other = "there" if stays == "Lyon" else "here"
    code, told = said(lyon, "resolve", record.id[:8], "--keep", other, "--json")
    assert (code, said(lyon, "conflicts", "--json")[1]) == (0, [])
    chosen = lyon.customers()[0][1]
    assert chosen != stays
    lyon.peers.now()
    assert office.customers() == [("C1", chosen)]
    assert office.peers.conflicts() == []
    assert lyon.pipeline.undo(told["entry"]).entry is not None
    assert lyon.customers()[0][1] == stays
    with pytest.raises(PipelineError) as error:
        lyon.pipeline.settle(record.id[:8], "here")
    assert error.value.said.code == "peers.settled"


def test_one_name_twice_is_kept_apart_and_merged(make: Making) -> None:
    office = make("office")
    lyon = make("lyon", more=remote(office.url))
    lyon.peers.now()
    office.customer(1, "C1", "Anna")
    lyon.customer(2, "C1", "Anna of Lyon")
    lyon.run(
        "INSERT INTO sales_order (id, source, number, party) SELECT '"
        + f"{9:032x}"
        + "', 'shop', '1', id FROM party"
    )
    lyon.peers.now()
    lyon.peers.now()
    assert lyon.customers() == office.customers()
    assert len(lyon.customers()) == 2
    (record,) = lyon.peers.conflicts()
    assert record.kind == "unique"
    entry = lyon.pipeline.settle(record.id, "merge")
    assert entry is not None
    lyon.peers.now()
    assert len(office.customers()) == 1
    assert office.run("SELECT c.code FROM sales_order AS o JOIN party AS c ON c.id = o.party") == [("C1",)]
    lyon.pipeline.undo(entry)
    assert len(lyon.customers()) == 2


def test_two_filled_databases_need_a_yes(make: Making) -> None:
    office = make("office")
    lyon = make("lyon", more=remote(office.url))
    office.customer(1, "C1", "Anna")
    lyon.customer(2, "C2", "Bob")
    lyon.customer(3, "C1", "Carl")
    code, told = said(lyon, "plan", "--json")
    table = next(one for one in told["tables"] if one["table"] == "party")
    assert (code, table["here"], table["only_here"], table["only_there"], table["clashes"]) == (0, 2, 2, 1, 1)
    with pytest.raises(SyncHeld):
        lyon.peers.now()
    assert (len(office.customers()), len(lyon.customers())) == (1, 2)
    assert said(lyon, "now", "--accept", "--json")[0] == 0
    lyon.peers.now()
    assert lyon.customers() == office.customers()
    assert len(lyon.customers()) == 3


def test_drift_is_named_and_not_mended(make: Making) -> None:
    office = make("office")
    lyon = make("lyon", more=remote(office.url))
    lyon.customer(1, "C1", "Anna")
    lyon.peers.now()
    lyon.run("DROP TRIGGER pipeline_log_party_u", "UPDATE party SET name = 'X'")
    code, told = said(lyon, "verify", "--json")
    assert (code, told["equal"], told["drained"]) == (1, False, True)
    (table,) = [one for one in told["tables"] if one["first"]]
    assert table["first"] == [{"key": f'["{1:032x}"]', "where": "both"}]
    assert (lyon.customers(), office.customers()) == ([("C1", "X")], [("C1", "Anna")])
    lyon.peers.now()  # the trigger is made again
    lyon.run("UPDATE party SET name = 'Y'")
    lyon.peers.now()
    assert office.customers() == [("C1", "Y")]


def test_a_backup_that_was_put_back_joins_again(make: Making) -> None:
    office = make("office")
    lyon = make("lyon", more=remote(office.url))
    lyon.customer(1, "C1", "Anna")
    lyon.peers.now()
    lyon.pipeline.close()
    lyon.run("PRAGMA wal_checkpoint(TRUNCATE)")
    backup = (lyon.root / "shop.db").read_bytes()
    for name in ("Bea", "Bob"):
        lyon.run(f"UPDATE party SET name = '{name}' WHERE code = 'C1'")
        lyon.peers.now()
    lyon.pipeline.close()
    lyon.run("PRAGMA wal_checkpoint(TRUNCATE)")
    (lyon.root / "shop.db").write_bytes(backup)
    lyon.customer(2, "C2", "New")
    with pytest.raises(PipelineError):
        lyon.peers.now()
    assert said(lyon, "rejoin", "--json")[1]["taken"] == {"party": [0, 1, 1]}
    assert lyon.customers() == [("C1", "Anna"), ("C2", "New")]
    assert said(lyon, "rejoin", "--accept")[0] == 0
    lyon.peers.now()
    assert lyon.customers() == office.customers() == [("C1", "Bob"), ("C2", "New")]


def test_what_is_refused_writes_nothing(make: Making, tmp_path: Any) -> None:
    (tmp_path / "text.db").write_text("no database " * 100)
    (tmp_path / "theirs.db").touch()
    theirs = make("theirs", f"sqlite:///{tmp_path}/theirs.db")
    theirs.pipeline.close()
    twin = make("twin")
    cases: list[tuple[str, str, type[PipelineError], str]] = [
        ("a", f"sqlite:///{tmp_path}/nowhere.db", SyncRefused, "peers.no_database"),
        ("b", f"sqlite:///{tmp_path}/text.db", Environment, "store."),
        ("c", "postgresql://nobody:x@127.0.0.1:1/none", Environment, "store."),
    ]
    for name, url, kind, code in cases:
        with pytest.raises(kind) as error:
            make(name, more=remote(url)).peers.now()
        assert error.value.said.code.startswith(code)
        assert not (tmp_path / "nowhere.db").exists()
    foreign = tmp_path / "erp.db"
    make("erp", f"sqlite:///{foreign}").pipeline.close()
    foreign.unlink()
    import sqlite3

    raw = sqlite3.connect(foreign)
    raw.execute("CREATE TABLE wp_posts (id INTEGER PRIMARY KEY)")
    raw.commit()
    raw.close()
    before = foreign.read_bytes()
    with pytest.raises(SyncRefused) as error:
        make("d", more=remote(f"sqlite:///{foreign}")).peers.now()
    assert error.value.said.code == "peers.not_ours"
    assert foreign.read_bytes() == before
    same = make("twin2", more=remote(twin.url))
    twin.pipeline.peers().install([])
    with pytest.raises(ConfigError):
        same.peers.now("nothing")


def test_the_service_makes_rounds(make: Making) -> None:
    office = make("office")
    lyon = make("lyon", more=remote(office.url))
    lyon.customer(1, "C1", "Anna")
    lyon.pipeline.close()
    result = lyon.pipeline.once(["office"], now=True)
    assert result.troubles == ()
    assert office.customers() == [("C1", "Anna")]
    (job,) = lyon.pipeline.status().jobs
    assert (job.name, job.schedule, job.failed, [one.code for one in job.told]) == (
        "office",
        "every 900 s",
        0,
        ["peers.last_round"],
    )
    office.pipeline.close()
    (office.root / "shop.db").rename(office.root / "away.db")
    result = lyon.pipeline.once(["office"], now=True, wait=0)
    assert [one.code for one in result.troubles] == ["peers.no_database"]
