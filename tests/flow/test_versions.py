"""A mapping changes; each file tells which version it went by, and can be loaded again by another."""

from __future__ import annotations

import json

import pytest

from pipeline import Pipeline
from pipeline.errors import ConfigError
from tests.flow.conftest import MAPPING, ORDERS, Installation
from tests.flow.test_replay import B, imported, process
from tests.flow.test_undo import told

NET = MAPPING.replace("gross_amount", "net_amount")
AMOUNTS = "SELECT gross_amount, net_amount FROM sales_order WHERE number = '0001'"


def test_versions_are_kept_told_and_used_again(installation: Installation) -> None:
    mapping = installation.root / "mappings/sales.toml"
    assert json.loads(told(installation, "mapping", "history", "sales", "--json")[1])[0]["version"] is None
    imported(installation, {"a.csv": ORDERS})
    mapping.write_text(NET)
    imported(installation, {"b.csv": B})
    mapping.write_text(MAPPING + "# another\n")
    found = json.loads(told(installation, "mapping", "history", "sales", "--json")[1])
    assert [(one["version"], one["current"]) for one in found] == [(1, False), (2, False), (None, True)]
    assert [line for line in found[1]["changes"] if line[0] in "+-"] == [
        '-gross_amount = "Total"', '+net_amount = "Total"'
    ]  # fmt: skip
    code, out = told(installation, "mapping", "history", "sales")
    assert (code, out.count("sales@")) == (0, 2)
    assert json.loads(told(installation, "show", "2", "--json")[1])["mapping_version"] == 2
    assert "sales@1" in told(installation, "show", "1")[1]
    assert installation.sql(AMOUNTS) == [(12500000, 11000000)]
    with Pipeline(installation.config) as pipeline:
        pipeline.replay(1, mapping="sales@2")
        assert installation.sql(AMOUNTS) == [(12500000, 12500000)]
        assert pipeline.files()[0].mapping_version == 2
        for wrong in ("sales@9", "other", "../sales"):
            with pytest.raises(ConfigError):
                pipeline.replay(1, mapping=wrong)
        (installation.root / "mappings/bad.toml").write_text(MAPPING.replace("gross_amount", "nothing"))
        with pytest.raises(ConfigError) as unfit:
            pipeline.replay(1, mapping="bad")
        assert unfit.value.mistakes


def test_a_replay_that_was_killed_goes_on_by_the_mapping_that_was_chosen(installation: Installation) -> None:
    imported(installation, {"a.csv": ORDERS})
    (installation.root / "mappings/net.toml").write_text(NET)
    assert process(
        installation, "replay", "1", "--mapping", "net", fault="worker/commit.before:1:killall"
    ).returncode
    with Pipeline(installation.config) as pipeline:
        pipeline.once()
        assert [(f.mapping, f.mapping_version) for f in pipeline.files()] == [("net", 1), ("sales", 1)]
    assert installation.sql(AMOUNTS) == [(12500000, 12500000)]


def test_edit_without_a_terminal_says_so(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDITOR", "true")
    assert told(installation, "mapping", "edit", "sales")[0] != 0
