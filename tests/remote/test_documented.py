"""docs/remote.md keeps its word: its examples are configs without a mistake."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipeline.config import load
from pipeline.config.remotes import KEYS

PAGE = (Path(__file__).parents[2] / "docs/remote.md").read_text("utf-8")


@pytest.mark.parametrize("block", re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL))
def test_an_example_is_a_config(block: str, tmp_path: Path) -> None:
    (tmp_path / "mappings").mkdir()
    for name in re.findall(r'mapping\s*= "(.+)"', block):
        (tmp_path / "mappings" / f"{name}.toml").write_text("")
    (tmp_path / "config.toml").write_text(block)
    found = load(tmp_path / "config.toml")
    assert all(job.remote is not None for job in (*found.imports, *found.exports))


def test_every_setting_stands_there() -> None:
    assert not [key for key in KEYS if f"`{key}`" not in PAGE]
