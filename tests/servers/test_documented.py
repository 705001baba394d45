"""What docs/deploy.md and docs/notify.md show is what works: shell blocks are run, configs are loaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.cli.start import make
from pipeline.config import load
from pipeline.config.watchfulness import EXPECT, KEEP, NOTIFY
from tests.test_readme import DOCS, blocks, run


@pytest.mark.parametrize("block", blocks(DOCS / "deploy.md", "sh"))
def test_shell_blocks_run(block: str, tmp_path: Path) -> None:
    result = run(["bash", "-euc", block], tmp_path)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("block", blocks(DOCS / "notify.md", "toml") + blocks(DOCS / "deploy.md", "toml"))
def test_configs_load(block: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path)
    monkeypatch.setenv("OFFICE_ALERTS", "json://127.0.0.1/")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    (tmp_path / "database").write_text("postgresql://shop@localhost/shop\n")
    (tmp_path / "config.toml").write_text(block, "utf-8")
    load(tmp_path / "config.toml")


def test_every_setting_is_explained() -> None:
    text = (DOCS / "notify.md").read_text("utf-8")
    for name in (*NOTIFY, *EXPECT):
        assert f"`{name}`" in text


def test_every_span_is_explained() -> None:
    text = (DOCS / "deploy.md").read_text("utf-8")
    for name in (*KEEP, "log"):
        assert f"| `{name}` |" in text
