"""A file is tried before it is dropped: nothing is written, and the import then does what was said."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest

from pipeline import Pipeline
from pipeline.engine.trying import taker
from pipeline.errors import ConfigError
from tests.flow.conftest import ORDERS, Installation
from tests.flow.test_replay import B, imported
from tests.flow.test_undo import told


def dump(box: Installation) -> list[str]:
    """Every statement that would make this database again: all of its rows."""
    with closing(sqlite3.connect(box.root / "shop.db")) as db:
        return [line for line in db.iterdump() if "pipeline_version" not in line]


def test_what_is_tried_is_what_is_done(installation: Installation) -> None:
    imported(installation, {"a.csv": ORDERS})
    file = installation.root / "b.csv"
    file.write_bytes(B + b"0004,not a price,open\n0005,3,open\n")
    before = dump(installation)
    code, out = told(installation, "try", str(file), "--job", "sales", "--json")
    assert dump(installation) == before
    found = json.loads(out)
    counts = ("rows_read", "inserted", "updated", "unchanged", "refused")
    assert code == 3
    assert (found["job"], found["mapping"], found["state"]) == ("sales", "sales", "committed")
    assert [found[name] for name in counts] == [5, 1, 2, 1, 1]
    assert found["refused_rows"][0]["line"] == 5
    assert {(c["row"], c["old"], c["new"]) for c in found["changes"]} == {
        ("shop, 0001", "12.500000", "11.000000"),
        ("shop, 0002", "99.900000", "80.000000"),
    }
    assert found["columns"] == [{"table": "sales_order", "column": "gross_amount", "rows": 2}]
    assert [row["values"]["number"] for row in found["rows"]] == ["0001", "0002", "0005"]
    imported(installation, {"b.csv": file.read_bytes()})
    with Pipeline(installation.config) as pipeline:
        done = pipeline.files()[0]
    assert [getattr(done, name) for name in counts] == [found[name] for name in counts]
    assert told(installation, "try", str(file), "--mapping", "sales")[0] == 3


def test_a_file_that_would_fail_or_is_a_repeat(installation: Installation) -> None:
    imported(installation, {"a.csv": ORDERS})
    file = installation.root / "inbox/sales/a.csv"
    file.write_bytes(ORDERS)
    other = installation.root / "other.csv"
    other.write_bytes(b"Number,Total\n1,2\n")
    before = dump(installation)
    with Pipeline(installation.config) as pipeline:
        again = pipeline.try_(file)
        assert (again.job, again.because.code) == ("sales", "states.taker_inbox")
        assert (again.state, again.exit_code) == ("duplicate", 0)
        wrong = pipeline.try_(other, mapping="sales")
        assert (wrong.state, wrong.exit_code) == ("failed", 1)
        assert wrong.reason is not None
    assert file.exists()
    assert dump(installation) == before


def test_which_job_would_take_it(installation: Installation) -> None:
    with Pipeline(installation.config) as pipeline:
        jobs = pipeline.settings.imports
    path = installation.root / "x.csv"
    assert taker(jobs[:1], path, None)[1].code == "states.taker_name"
    assert taker(jobs, path, "nightly")[0].name == "nightly"
    for chosen, code in ((None, "states.taker_several"), ("none", "config.no_job")):
        with pytest.raises(ConfigError) as refused:
            taker(jobs, path, chosen)
        assert refused.value.said.code == code
    with pytest.raises(ConfigError) as refused:
        taker(jobs[:1], path.with_suffix(".pdf"), None)
    assert refused.value.said.code == "states.taker_none"
