"""Files go in by the number in their names and say what is missing; a job waits for the one that goes first."""

from __future__ import annotations

import json

import pytest

from pipeline import Pipeline
from pipeline.events import Event
from pipeline.results import OnceResult
from tests.flow.conftest import CONFIG, ORDERS, Installation
from tests.flow.test_undo import told

NUMBERED = 'pattern = "*.csv"\norder = { number = "orders-(\\\\d+)" }\ngap = "2h"\n'


def dropped(box: Installation, *files: tuple[str, str], wait: float = 20.0) -> OnceResult:
    """Each dropped into its job's inbox while it watches."""

    def drop(event: Event) -> None:
        if event.name == "service.started":
            for job, name in files:
                box.drop(name, ORDERS.replace(b"12.50", b"%d.50" % sum(name.encode())), job)

    with Pipeline(box.config, listener=drop) as pipeline:
        return pipeline.once(wait=wait)


def why(box: Installation, name: str) -> list[str]:
    found = json.loads(told(box, "why", name, "--json")[1])
    return [found["code"], *(one["code"] for one in found["besides"])]


def status(box: Installation) -> dict[str, str | None]:
    found = json.loads(told(box, "status", "--json")[1])["jobs"][0]
    return {"missing": found["missing"], "turn": found["turn"]}


def test_a_missing_number_is_waited_for_told_and_gone_on_without(installation: Installation) -> None:
    installation.config.write_text(CONFIG.replace('pattern = "*.csv"\n', NUMBERED))
    first = dropped(installation, ("sales", "orders-0010.csv"), ("sales", "orders-0009.csv"))
    assert [f.name for f in first.files] == ["orders-0009.csv", "orders-0010.csv"]
    late = dropped(installation, ("sales", "orders-0012.csv"), ("sales", "orders-0013.csv"), wait=1.0)
    assert ([f.name for f in late.files], [f.name for f in late.waiting]) == (
        [],
        ["orders-0012.csv", "orders-0013.csv"],
    )
    assert why(installation, "orders-0012.csv")[0] == "turns.gap"
    assert why(installation, "orders-0013.csv")[0] == "turns.behind"
    assert "orders-0011.csv" in (status(installation)["turn"] or "")
    assert "orders-0011.csv" in told(installation, "files")[1]
    assert len(installation.once("sales", now=True, wait=10).files) == 2
    assert why(installation, "orders-0012.csv") == ["states.imported", "turns.without"]
    assert "orders-0011.csv" in (status(installation)["missing"] or "")
    assert [f.name for f in dropped(installation, ("sales", "orders-0011.csv")).files] == ["orders-0011.csv"]
    assert status(installation) == {"missing": None, "turn": None}


def test_when_its_time_is_over_it_goes_on_and_an_event_tells(installation: Installation) -> None:
    installation.config.write_text(CONFIG.replace('pattern = "*.csv"\n', NUMBERED.replace("2h", "1s")))
    dropped(installation, ("sales", "orders-0001.csv"))
    heard: list[Event] = []
    installation.drop("orders-0003.csv", ORDERS)
    with Pipeline(installation.config, listener=heard.append) as pipeline:
        assert [f.name for f in pipeline.once(wait=20).files] == ["orders-0003.csv"]
    (event,) = [e for e in heard if e.name == "file.missing"]
    assert event.said is not None
    assert event.said.args["missing"] == "orders-0002.csv"


def test_a_job_waits_for_the_one_that_goes_first(installation: Installation) -> None:
    nightly = 'processed = "processed/nightly"\nat = "03h00"\n'
    config = CONFIG.replace(nightly, 'processed = "processed/nightly"\n').replace(
        'pattern = "*.csv"\n', 'pattern = "*.csv"\nafter = ["nightly"]\n'
    )
    installation.config.write_text(config)
    with Pipeline(installation.config) as pipeline:
        pipeline.pause("nightly", why="stocktaking")
    held = dropped(installation, ("sales", "prices.csv"), ("nightly", "products.csv"), wait=1.0)
    assert not held.files
    assert why(installation, "prices.csv")[0] == "turns.after_paused"
    with Pipeline(installation.config) as pipeline:
        pipeline.resume("nightly")
        assert [f.job for f in pipeline.once(wait=20).files] == ["nightly", "sales"]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("order = 3", "turns.order"), ('order = "nam"', "turns.order"), ('order = { number = "a" }', "turns.bad_number"),
        ('order = { number = "(" }', "turns.bad_number"), ('order = { date = "%Y" }', "turns.bad_date"),
        ('gap = "08:00"', "turns.gap_alone"), ('gap = "soon"', "turns.gap_value"),
        ('after = ["night"]', "turns.after_job"), ('after = ["sales"]', "turns.circle"),
        ('order = { date = "%Y%m%d%H" }\ngap = "2h"', "turns.gap_alone"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_at_load(installation: Installation, line: str, code: str) -> None:
    from pipeline.app import mistakes

    installation.config.write_text(CONFIG.replace('pattern = "*.csv"\n', f'pattern = "*.csv"\n{line}\n'))
    assert code in [one.said.code for one in mistakes(installation.config)]
