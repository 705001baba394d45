"""`doctor` on real folders: what is right is proved, what is wrong is said with its remedy, and nothing is changed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from pipeline import Pipeline
from pipeline import files as disk
from pipeline.app import diagnose
from pipeline.cli.main import app
from pipeline.doctor.entries import KINDS
from pipeline.doctor.probes import can_rename, event_s, sees_writers
from pipeline.engine.report import running
from pipeline.results import Finding
from pipeline.store import connect
from pipeline.watching.inotify import Inotify
from pipeline.words import catalogue, render
from tests.flow.conftest import ORDERS, Installation

UTC = timezone.utc  # noqa: UP017
SHM = Path("/dev/shm")  # another file system than the temporary folder


def found(box: Installation) -> list[Finding]:
    findings = diagnose(box.config)
    for finding in findings:
        assert finding.said.code in catalogue()
        assert (finding.remedy is None) == (finding.level == "ok"), finding
        assert finding.remedy is None or finding.remedy.code in catalogue()
    return findings


def at(findings: list[Finding], subject: str) -> dict[str, str]:
    """Code → level of what was found there."""
    return {f.said.code: f.level for f in findings if f.subject == subject}


def entries(root: Path) -> list[str]:
    """Everything there but SQLite's own journal."""
    return sorted(str(p.relative_to(root)) for p in root.rglob("*") if ".db-" not in p.name)


def test_all_is_well_and_nothing_is_changed(installation: Installation) -> None:
    with Pipeline(installation.config) as pipeline:
        pipeline.pause("nightly")  # makes the database
        pipeline.resume("nightly")
        before = entries(installation.root)
        findings = pipeline.doctor()
    assert entries(installation.root) == before
    assert {f.level for f in findings if f.subject != "service"} == {"ok"}
    assert at(findings, "config.toml") == {"doctor.config": "ok"}
    assert at(findings, "database") == {"doctor.sqlite": "ok"}
    there = at(findings, "inbox/sales")
    assert {"doctor.writable", "doctor.event", "doctor.renamed"} <= there.keys()
    assert at(findings, "service") == {"states.no_service": "warn"}
    assert any(f.said.code == "doctor.space" for f in findings)


def test_a_service_that_runs_says_how_it_notices_files_and_hears_nothing_of_the_probes(
    installation: Installation,
) -> None:
    words = [sys.executable, "-P", "-m", "pipeline", "--config", str(installation.config), "run"]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
        try:
            installation.wait_until("it reports", lambda: any(k.noticing for k in running(installation.root)))
            findings = found(installation)
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.stderr is not None
        log = process.stderr.read()
    assert at(findings, "service") == {"doctor.service": "ok"}
    assert at(findings, "inbox/sales")["doctor.event"] == "ok"
    assert "probe" not in log


def test_an_inbox_that_is_not_there_or_cannot_be_written(installation: Installation) -> None:
    (installation.root / "inbox/nightly").rmdir()
    text = installation.config.read_text()
    installation.config.write_text(text.replace('"inbox/sales"', '"/proc/tty"'))  # no file can be made there
    findings = found(installation)
    assert at(findings, "inbox/nightly") == {"doctor.no_inbox": "bad"}
    assert at(findings, "/proc/tty")["doctor.not_writable"] == "bad"
    (tty,) = [f for f in findings if f.said.code == "doctor.not_writable"]
    assert tty.remedy is not None
    assert 'take = "copy"' in render(tty.remedy)


def test_a_folder_that_is_only_copied_from_is_not_written_to(installation: Installation) -> None:
    text = installation.config.read_text()
    text = text.replace('inbox = "inbox/sales"', 'inbox = "/proc/tty"\ntake = "copy"')
    installation.config.write_text(text)
    there = at(found(installation), "/proc/tty")
    assert there["doctor.only_read"] == "ok"
    assert "bad" not in there.values()
    assert "doctor.renamed" in there


@pytest.mark.skipif(not SHM.is_dir(), reason="no second file system")
def test_processed_on_another_file_system_is_said(installation: Installation) -> None:
    place = SHM / f"pipeline-test-{os.getpid()}"
    text = installation.config.read_text()
    installation.config.write_text(text.replace('processed = "processed/sales"', f'processed = "{place}"'))
    assert at(found(installation), "inbox/sales")["doctor.copied"] == "ok"
    assert not place.exists()


def test_a_processed_folder_that_takes_no_file(installation: Installation) -> None:
    text = installation.config.read_text()
    installation.config.write_text(text.replace('"processed/sales"', '"/proc/tty/processed"'))
    assert at(found(installation), "inbox/sales")["doctor.no_way"] == "bad"


def test_what_lies_there_and_cannot_be_taken_as_it_is(installation: Installation) -> None:
    for name in ("a.bin", "b.bin", "c.bin", "d.bin", b"R\xe9g.csv", "x" * 230 + ".csv", "on-its-way.part"):
        installation.drop(name, ORDERS)
    (installation.root / "inbox/sales/folder").mkdir()
    (installation.root / "inbox/sales/link.csv").symlink_to("a.bin")
    findings = found(installation)
    told = {f.said.code: f.said.args for f in findings if f.subject == "inbox/sales" and f.level == "warn"}
    assert {code: args["count"] for code, args in told.items()} == {
        "doctor.kinds": 2,
        "doctor.strays": 4,
        "doctor.odd_names": 1,
        "doctor.long_names": 1,
    }
    assert told["doctor.strays"]["names"] == "a.bin, b.bin, c.bin, …"
    assert told["doctor.odd_names"]["names"] == r"R\xe9g.csv"
    assert all(code in catalogue() for pair in KINDS.values() for code in pair)


def test_taken_files_that_lie_hidden(installation: Installation) -> None:
    inbox = installation.root / "inbox/sales"
    for name, work in (("mine.csv", "sales"), ("theirs.csv", "gone")):
        installation.drop(name, ORDERS)
        taken = disk.claim(inbox, name.encode(), inbox / ".pipeline" / work, datetime.now(UTC))
        assert taken is not None
        taken.release()
    there = at(found(installation), "inbox/sales")
    assert (there["doctor.orphans"], there["doctor.left"]) == ("warn", "warn")


def test_switch_pause_mapping_and_config_mistakes(installation: Installation) -> None:
    with Pipeline(installation.config) as pipeline:
        pipeline.pause("sales", why="inventory")
        pipeline.switch(False)
    mapping = installation.root / "mappings/sales.toml"
    mapping.write_text(mapping.read_text().replace("key =", "kee ="))
    findings = found(installation)
    assert at(findings, "config.toml")["doctor.switched_off"] == "warn"
    assert at(findings, "sales") == {"doctor.paused": "warn"}
    assert any(f.level == "bad" and f.subject.startswith("mappings/sales.toml:") for f in findings)
    installation.config.write_text(installation.config.read_text().replace("timezone =", "timezome ="))
    findings = found(installation)
    assert any(f.level == "bad" and f.subject.startswith("config.toml:") for f in findings)


def test_a_database_of_a_newer_program_and_one_that_is_away(installation: Installation) -> None:
    with Pipeline(installation.config) as pipeline:
        pipeline.resume("sales")
    engine = sa.create_engine(f"sqlite:///{installation.root}/shop.db")
    with engine.begin() as conn:
        conn.exec_driver_sql("UPDATE pipeline_version SET version_num = '9999_future'")
    engine.dispose()
    assert at(found(installation), "database")["store.newer"] == "bad"
    text = installation.config.read_text()
    installation.config.write_text(text.replace("sqlite:///shop.db", "postgresql://nobody@127.0.0.1:1/shop"))
    assert at(found(installation), "database") == {"store.unreachable": "bad"}


def test_missing_rights_are_printed_as_sql(installation: Installation, pg_database: str) -> None:
    store = connect(pg_database)
    store.migrate()
    store.close()
    url = sa.make_url(pg_database)
    admin = sa.create_engine(url.set(drivername="postgresql+psycopg"))
    role = f"clerk_{os.getpid()}"
    with admin.begin() as conn:
        conn.exec_driver_sql(f"CREATE ROLE {role} LOGIN PASSWORD 'x'")
    theirs = url.set(username=role, password="x").render_as_string(hide_password=False)
    text = installation.config.read_text()
    try:
        installation.config.write_text(text.replace("sqlite:///shop.db", theirs))
        findings = found(installation)
    finally:
        with admin.begin() as conn:
            conn.exec_driver_sql(f"DROP ROLE {role}")
        admin.dispose()
    wanted = [render(f.remedy) for f in findings if f.said.code == "doctor.right" and f.remedy is not None]
    assert any("GRANT INSERT ON" in sql and "sales_order" in sql and role in sql for sql in wanted), wanted


def test_no_inotify_left_is_said_and_nothing_fails(installation: Installation) -> None:
    """In a user name space of its own, whose limit can be lowered without harm to others."""
    own = ["unshare", "--user", "--map-root-user"]
    if shutil.which("unshare") is None or subprocess.run([*own, "true"], capture_output=True).returncode:
        pytest.skip("no name space of its own")
    words = f"{sys.executable} -P -m pipeline --config {installation.config} doctor --json"
    script = f"echo 0 > /proc/sys/user/max_inotify_instances && exec {words}"
    result = subprocess.run([*own, "sh", "-c", script], capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stderr
    there = {f["code"]: f["remedy"] for f in json.loads(result.stdout) if f["subject"] == "inbox/sales"}
    assert there["watching.no_instances"]
    assert "doctor.writable" in there


def test_the_probes_themselves(tmp_path: Path) -> None:
    events = Inotify()
    took = event_s(events, tmp_path)
    events.close()
    assert took is not None
    assert took < 1
    assert sees_writers(tmp_path)
    (tmp_path / "there").mkdir()
    assert can_rename(tmp_path, tmp_path / "there")
    assert can_rename(tmp_path, tmp_path)
    with pytest.raises(RuntimeError), disk.probe(tmp_path):
        raise RuntimeError
    assert entries(tmp_path) == ["there"]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_screen_is_as_wide_as_the_terminal(installation: Installation, language: str) -> None:
    text = installation.config.read_text()
    installation.config.write_text(text.replace('language = "en"', f'language = "{language}"'))
    installation.drop("a.bin", ORDERS)
    (installation.root / "shop.db").unlink()  # its path is one long word here
    result = CliRunner(env={"COLUMNS": "80"}).invoke(app, ["--config", str(installation.config), "doctor"])
    assert result.exit_code == 0, result.output
    assert max(map(len, result.stdout.splitlines())) <= 80
    told = CliRunner().invoke(app, ["--config", str(installation.config), "doctor", "--json"])
    findings = json.loads(told.stdout)
    assert {"subject", "level", "code", "said", "remedy"} == findings[0].keys()
    (installation.root / "inbox/nightly").rmdir()
    result = CliRunner().invoke(app, ["--config", str(installation.config), "doctor"])
    assert result.exit_code == 1
