"""A person stops a job: who, why, until when; everything else goes on."""

from __future__ import annotations

import getpass
import json
import signal
import socket
import subprocess
import sys
from datetime import datetime, timedelta, timezone

import pytest
from typer.testing import CliRunner, Result

from pipeline import Pipeline
from pipeline.cli.main import app
from pipeline.errors import ConfigError
from pipeline.moments import moment
from tests.flow.conftest import ORDERS, Installation

UTC = timezone.utc  # noqa: UP017
NOW = datetime(2026, 11, 24, 17, 30, tzinfo=UTC)  # 18:30 in Paris
SOON = datetime.now(UTC) + timedelta(days=1)


def command(box: Installation, *words: str) -> Result:
    return CliRunner().invoke(app, ["--config", str(box.config), *words])


def test_a_paused_job_is_left_and_said_so_and_nothing_is_wrong(installation: Installation) -> None:
    place = installation.drop("orders.csv", ORDERS)
    with Pipeline(installation.config) as pipeline:
        pipeline.pause("sales", why="inventory", until=SOON)
        result = pipeline.once(wait=20)
    assert (result.files, result.waiting, result.exit_code) == ((), (), 0)
    (pause,) = result.paused
    assert (pause.job, pause.why, pause.until) == ("sales", "inventory", SOON)
    assert pause.who == f"{getpass.getuser()}@{socket.gethostname()}"
    assert place.exists()


def test_the_words_of_once_name_who_and_why(installation: Installation) -> None:
    command(installation, "pause", "sales", "--why", "inventory", "--until", "2h")
    installation.drop("orders.csv", ORDERS)
    result = command(installation, "once", "sales")
    assert result.exit_code == 0
    assert f"paused by {getpass.getuser()}@{socket.gethostname()} until" in result.stderr
    assert '("inventory"): its files were left' in result.stderr
    assert "pipeline resume sales" in result.stderr


def test_a_paused_job_runs_when_it_is_asked_for_by_name(installation: Installation) -> None:
    installation.drop("orders.csv", ORDERS)
    with Pipeline(installation.config) as pipeline:
        pipeline.pause("sales")
    assert installation.once(now=True, wait=20).files == ()
    result = installation.once("sales", now=True)
    assert [f.state for f in result.files] == ["archived"]
    with Pipeline(installation.config) as pipeline:
        assert pipeline.resume("sales")  # it was still paused
        assert not pipeline.resume("sales")


def test_a_pause_that_is_over_holds_nothing(installation: Installation) -> None:
    installation.drop("orders.csv", ORDERS)
    with Pipeline(installation.config) as pipeline:
        pipeline.pause("sales", until=datetime.now(UTC) - timedelta(seconds=1))
    assert len(installation.once().files) == 1


def test_a_running_service_obeys_and_takes_up_what_it_missed(installation: Installation) -> None:
    """Paused before the start and while it runs; the job opens every second meanwhile."""
    installation.config.write_text(installation.config.read_text().replace('at = "03h00"', "every = 1"))
    with Pipeline(installation.config) as pipeline:
        pipeline.pause("nightly", why="inventory")
    installation.drop("before.csv", ORDERS, "nightly")
    service = subprocess.Popen(
        [sys.executable, "-m", "pipeline", "--config", str(installation.config), "run"]
    )
    try:
        installation.drop("one.csv", ORDERS)
        installation.wait_until("the other job works", lambda: installation.names("processed/sales"), 60)
        assert installation.names("processed/nightly") == []
        with Pipeline(installation.config) as pipeline:
            pipeline.resume("nightly")
        installation.wait_until("the job goes on", lambda: installation.names("processed/nightly"), 30)
        with Pipeline(installation.config) as pipeline:
            pipeline.pause("nightly")
        installation.drop(
            "two.csv", ORDERS + b"0004,1.00,\n"
        )  # whoever takes this has read the pauses before
        installation.wait_until("it is taken", lambda: len(installation.names("processed/sales")) > 1, 30)
        held = installation.drop("after.csv", ORDERS + b"0005,1.00,\n", "nightly")
        installation.drop("three.csv", ORDERS + b"0006,1.00,\n")
        installation.wait_until("this too", lambda: len(installation.names("processed/sales")) > 2, 30)
        assert held.exists()
    finally:
        service.send_signal(signal.SIGTERM)
        assert service.wait(30) == 0
    assert installation.names("processed/nightly") == ["before.csv"]


def test_pause_and_resume_as_json(installation: Installation) -> None:
    noted = json.loads(
        command(installation, "pause", "sales", "--why", "x", "--until", "18h00", "--json").stdout
    )
    assert (noted["job"], noted["why"]) == ("sales", "x")
    assert datetime.fromisoformat(noted["until"]) > datetime.fromisoformat(noted["since"])
    ended = [json.loads(command(installation, "resume", "sales", "--json").stdout) for _ in range(2)]
    assert ended == [{"job": "sales", "was_paused": True}, {"job": "sales", "was_paused": False}]


@pytest.mark.parametrize("verb", ["pause", "resume"])
def test_an_unknown_job_names_the_nearest(installation: Installation, verb: str) -> None:
    (installation.root / "shop.db").unlink()
    result = command(installation, verb, "sale")
    assert isinstance(result.exception, ConfigError)
    assert (result.exception.said.code, result.exception.exit_code) == ("cli.no_job_near", 2)
    assert result.exception.said.args["near"] == "sales"
    with pytest.raises(ConfigError), Pipeline(installation.config) as pipeline:
        getattr(pipeline, verb)("sale")
    assert not (installation.root / "shop.db").exists()


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("2h", "2026-11-24 19:30"),
        ("30min", "2026-11-24 18:00"),
        ("90 m", "2026-11-24 19:00"),
        ("3d", "2026-11-27 17:30"),
        ("3J", "2026-11-27 17:30"),
        ("19h00", "2026-11-24 18:00"),
        ("18:00", "2026-11-25 17:00"),  # today it has passed
        ("18:30", "2026-11-25 17:30"),
        ("2026-12-01", "2026-11-30 23:00"),
        ("2026-12-01 08h00", "2026-12-01 07:00"),
        ("2026-12-01T8:05", "2026-12-01 07:05"),
        ("2027-07-01 8h", "2027-07-01 06:00"),
    ],
)
def test_until_is_a_span_a_time_or_a_date_of_the_config_s_zone(text: str, when: str) -> None:
    assert moment(text, NOW, "Europe/Paris") == datetime.fromisoformat(when).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "no_moment"),
        ("tomorrow", "no_moment"),
        ("2026-13-01", "no_moment"),
        ("2026-12-01 25h00", "no_moment"),
        ("2 weeks", "no_moment"),
        ("0h00min", "no_moment"),
        ("0min", "past_moment"),
        ("2026-11-24", "past_moment"),
        ("2020-01-01 08:00", "past_moment"),
        ("9999-12-31 23h59", None),
        ("9999999d", "no_moment"),
        ("2026-12-01 08h00 ", None),
    ],
)
def test_what_is_no_moment_or_has_passed_is_said(text: str, code: str | None) -> None:
    if code is None:
        assert moment(text, NOW, "Europe/Paris") > NOW
        return
    with pytest.raises(ConfigError) as wrong:
        moment(text, NOW, "Europe/Paris")
    assert wrong.value.said.code == f"cli.{code}"
