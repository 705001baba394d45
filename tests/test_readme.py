"""What the README and the pages in docs show is what works: their blocks are run, their tables are complete."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.cli.start import make
from pipeline.config import load
from pipeline.config.jobs import KEYS
from pipeline.config.loading import LIMITS, TOP
from tests.generate_docs import DOCS, PAGES

ROOT = DOCS.parent
NOT_RUN = {
    "(python3 -c": "installs: the same steps as tests/venv.sh, compared below; run on a bare Debian by hand",
    "pipeline run": "a service that never ends: tests/flow and tests/faults run it",
    "bash tests/run.sh": "this test would run itself; .ci/run calls the same line, compared below",
}


def blocks(page: Path, kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def run(words: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PIPELINE_")}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    return subprocess.run(
        words, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.mark.parametrize("block", blocks(ROOT / "README.md", "sh"))
def test_shell_blocks_run(block: str, tmp_path: Path) -> None:
    if why := [reason for start, reason in NOT_RUN.items() if block.startswith(start)]:
        pytest.skip(why[0])
    result = run(["bash", "-euc", block], tmp_path)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("block", blocks(ROOT / "README.md", "python"))
def test_python_blocks_run(block: str, tmp_path: Path) -> None:
    make(tmp_path)
    hidden = tmp_path / "inbox/web-sales/.a.part"
    hidden.write_text("Order No;Date;Total;State\n1;01/02/2026 08:00;2,50;\n")
    hidden.rename(tmp_path / "inbox/web-sales/a.csv")
    result = run([sys.executable, "-c", block], tmp_path)
    assert (result.returncode, result.stdout) == (0, "a.csv archived 1 0\n"), result.stderr


LINES = re.findall(r"`((?:\w+) = [^`]+)`", (ROOT / "README.md").read_text("utf-8"))


@pytest.mark.parametrize("line", LINES)
def test_config_lines_load(line: str, tmp_path: Path) -> None:
    make(tmp_path)
    config = tmp_path / "config.toml"
    key = line.partition(" ")[0]
    daily = {} if key == "at" else {"at": 'at = "03h00"'}
    lines = {"mapping": 'mapping = "prices"', "inbox": 'inbox = "i"', "processed": 'processed = "p"', **daily}
    config.write_text("[imports.prices]\n" + "\n".join({**lines, key: line}.values()) + "\n", "utf-8")
    load(config)


def test_what_is_not_run_is_there_and_is_what_the_tests_use() -> None:
    shell = blocks(ROOT / "README.md", "sh")
    for start in NOT_RUN:
        assert sum(block.startswith(start) for block in shell) == 1, start
    install = next(block for block in shell if block.startswith("(python3 -c"))
    helper = (ROOT / "tests/venv.sh").read_text("utf-8")
    for step in ("import ensurepip", "apt-get update", "python3-venv", "-m venv .venv"):
        assert step in install
    for step in ("ensurepip", "apt-get update", "python3-venv", "-m venv .venv"):
        assert step in helper
    assert install.rstrip().endswith(".venv/bin/pipeline demo")
    assert "bash tests/run.sh" in (ROOT / ".ci/run").read_text("utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_generated_pages_are_fresh(page: str) -> None:
    """Otherwise: python -m tests.generate_docs"""
    assert (DOCS / page).read_text("utf-8") == PAGES[page]()


@pytest.mark.parametrize("example", blocks(DOCS / "config.md", "toml"))
def test_config_examples_load(example: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path)
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret/database").write_text("postgresql://shop@localhost/shop\n")
    monkeypatch.setenv("SHOP_DATABASE", "postgresql://shop@localhost/shop")
    (tmp_path / "config.toml").write_text(example, "utf-8")
    load(tmp_path / "config.toml")


def test_every_setting_is_explained_and_shown() -> None:
    text = (DOCS / "config.md").read_text("utf-8")
    shown = "\n".join(blocks(DOCS / "config.md", "toml"))
    for name in (*TOP, *KEYS, *LIMITS, "max_rows", "max_percent"):
        assert f"| `{name}` |" in text, name
        assert re.search(rf"^{name} *=|^\[imports.*{name}|^\[{name}[.\]]", shown, re.MULTILINE), name


def test_links_lead_somewhere() -> None:
    for page in (ROOT / "README.md", *DOCS.glob("*.md")):
        for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8")):
            assert (page.parent / link).exists(), (page.name, link)
