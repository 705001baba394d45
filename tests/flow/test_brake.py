"""A file that looks unusual waits for a person, is kept meanwhile, and goes in or stays out as they say."""

from __future__ import annotations

import json

import pytest

from pipeline import Pipeline
from pipeline.errors import PipelineError
from tests.flow.conftest import Installation
from tests.flow.test_replay import imported
from tests.flow.test_undo import told


def orders(number: int, total: str) -> bytes:
    lines = [f"{n:04d},{total},open" for n in range(number)]
    return ("Order No,Total,State\n" + "\n".join(lines) + "\n").encode()


def test_a_job_with_limits_holds_and_a_person_decides(installation: Installation) -> None:
    config = installation.config.read_text()
    installation.config.write_text(config + "[imports.sales.brake]\nprices = 50\n")
    imported(installation, {"a.csv": orders(30, "1")})
    imported(installation, {"b.csv": orders(30, "2")})
    with Pipeline(installation.config) as pipeline:
        held = pipeline.files(state="held")
        assert [f.name for f in held] == ["b.csv"]
        assert (held[0].inserted, held[0].updated) == (0, 0)
        why = pipeline.why("b.csv")
        assert (why.imported, why.said.code) == (False, "states.brake_changed")
        assert why.remedy is not None
    for words in (("files",), ("show", "2"), ("status",), ("files", "--state", "held")):
        assert told(installation, *words)[0] == 0
    assert installation.sql("SELECT DISTINCT gross_amount FROM sales_order") == [(1000000,)]
    code, out = told(installation, "try", str(held[0].archived_as), "--job", "sales", "--json")
    assert (code, json.loads(out)["state"]) == (1, "held")
    assert installation.names("processed/sales") == ["a.csv", "b.csv"]
    with Pipeline(installation.config) as pipeline:
        done = pipeline.approve(2)
        assert [(f.id, f.state, f.updated) for f in done.files] == [(3, "archived", 30)]
        assert [f.state for f in pipeline.files()] == ["archived", "approved", "archived"]
        with pytest.raises(PipelineError):
            pipeline.approve(2)
        assert pipeline.why("b.csv").imported
    imported(installation, {"c.csv": orders(30, "3")})
    assert told(installation, "reject", "4")[0] == 0
    assert told(installation, "why", "c.csv")[0] == 0
    with Pipeline(installation.config) as pipeline:
        assert pipeline.files(state="rejected")[0].id == 4
    assert installation.sql("SELECT DISTINCT gross_amount FROM sales_order") == [(2000000,)]
