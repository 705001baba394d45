"""The house holds: its top level, what the running path uses, and the words people read."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter

import pytest

from pipeline.words import catalogue

ROOT = Path(__file__).parent.parent
CARD = ("pyproject.toml", "README.md", "pipeline", "tests", "inbox", "processed", "config.toml")
OURS = re.compile(r"\b(claim|fingerprint|ledger|lease|watermark|tombstone)(s|ed)?\b", re.IGNORECASE)


@cache
def trees() -> dict[Path, ast.Module]:
    return {path: ast.parse(path.read_text("utf-8")) for path in sorted((ROOT / "pipeline").rglob("*.py"))}


def nodes() -> Iterator[tuple[Path, ast.AST]]:
    for path, tree in trees().items():
        for node in ast.walk(tree):
            yield path, node


@pytest.mark.parametrize("name", CARD)
def test_the_top_level_has_it(name: str) -> None:
    assert (ROOT / name).exists()


@pytest.mark.parametrize("library", ["watchfiles", "anyio", "sqlmodel", "polars", "tenacity"])
def test_the_running_path_imports(library: str) -> None:
    """Imported by a module that `pipeline.app` or the worker reaches."""
    assert library in reached("pipeline.app") | reached("pipeline.worker")


def test_the_service_loads_nothing_that_only_workers_need() -> None:
    """It stays small, starts fast, and may be copied: polars starts threads."""
    code = "import sys, pipeline.app; pipeline.app.connect('sqlite://').close(); sys.exit('polars' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@cache
def reached(start: str) -> set[str]:
    """The top-level names of other packages that a module of ours imports, itself or through ours."""
    seen: set[str] = set()
    others: set[str] = set()
    todo = [start]
    while todo:
        name = todo.pop()
        if name in seen or (tree := trees().get(file_of(name))) is None:
            continue
        seen.add(name)
        for node in ast.walk(tree):
            for target in imported(node):
                if target.split(".")[0] == "pipeline":
                    todo.append(target)
                else:
                    others.add(target.split(".")[0])
    return others


def imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module:
        return [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return []


def file_of(module: str) -> Path:
    path = ROOT.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def test_every_message_in_the_source_stands_in_the_catalogue() -> None:
    """With the facts its sentence needs, where they are written out."""
    wrong = []
    for path, node in nodes():
        if not (isinstance(node, ast.Call) and node.args and called(node) in ("message", "word")):
            continue
        code = node.args[0]
        if not (isinstance(code, ast.Constant) and isinstance(code.value, str)):
            continue
        place = f"{path.relative_to(ROOT)}:{node.lineno} {code.value}"
        if code.value not in catalogue():
            wrong.append(place)
        elif not any(keyword.arg is None for keyword in node.keywords):
            missing = placeholders(catalogue()[code.value][0]) - {
                keyword.arg or "" for keyword in node.keywords
            }
            wrong.extend(f"{place}: no {name}" for name in sorted(missing))
    assert not wrong


def called(node: ast.Call) -> str:
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_english_and_french_take_the_same_facts() -> None:
    wrong = [c for c, (en, fr) in catalogue().items() if placeholders(en) != placeholders(fr)]
    assert not wrong


def test_nobody_reads_our_own_words() -> None:
    assert not [code for code, both in catalogue().items() if any(OURS.search(text) for text in both)]


def test_no_file_is_longer_than_500_lines() -> None:
    """But for the migrations, which spell every column out."""
    written = [p for p in trees() if p.parent.name != "versions"]
    long = [str(p.relative_to(ROOT)) for p in written if len(p.read_text("utf-8").splitlines()) > 500]
    assert not long


def test_only_the_command_line_catches_everything() -> None:
    """A broad `except` hides our bugs: it stands in `cli.main` only, or cleans up and raises again."""
    broad = {
        str(path.relative_to(ROOT))
        for path, node in nodes()
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or getattr(node.type, "id", "") in ("Exception", "BaseException"))
        and not (isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None)
    }
    assert broad <= {"pipeline/cli/main.py"}
