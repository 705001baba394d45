"""docs/sync.md is run as it stands."""

from __future__ import annotations

import json
import re
import shlex
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pipeline.cli.main import app

PAGE = Path(__file__).parent.parent.parent / "docs" / "sync.md"


def pipeline(*words: str) -> Any:
    done = CliRunner().invoke(app, list(words))
    assert done.exit_code == 0, (words, done.output, done.exception)
    return done


def test_the_walkthrough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for kind, text in re.findall(r"```(toml|sh)\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL):
        if kind == "toml":
            name = re.match(r"# (\S+)\n", text)
            if name is not None:
                Path(name[1]).parent.mkdir()
                Path(name[1]).write_text(text, "utf-8")
            continue
        for line in text.splitlines():
            words = shlex.split(line)
            if words[0] == "sqlite3":
                with sqlite3.connect(words[1]) as raw:
                    raw.execute(words[2])
                raw.close()
                continue
            if "ID" in words:
                (record,) = json.loads(pipeline(*words[1:4], "conflicts", "--json").stdout)
                words[words.index("ID")] = record["id"]
            pipeline(*words[1:])
    for site in ("office", "lyon", "lille"):
        with sqlite3.connect(f"{site}/shop.db") as raw:
            assert raw.execute("SELECT code, name FROM party").fetchall() == [("C1", "Anna of Lyon")], site
        raw.close()
