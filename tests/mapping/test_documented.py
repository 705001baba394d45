"""Every example in docs/expressions.md is computed, and every function stands in one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipeline.mapping import examine
from pipeline.mapping.expressions.functions import FUNCTIONS
from pipeline.mapping.expressions.reading import KNOWN, read
from pipeline.mapping.expressions.tree import calls
from pipeline.store.catalogue import catalogue
from tests.mapping.workbench import result

PAGE = (Path(__file__).parents[2] / "docs/expressions.md").read_text("utf-8")
ROWS = re.findall(r"^\| `(.+?)` \| (.*?) ?\| (.*?) \|$", PAGE, re.MULTILINE)


@pytest.mark.parametrize(("text", "cells", "gives"), ROWS)
def test_an_example_gives_what_it_says(text: str, cells: str, gives: str) -> None:
    row = dict(re.findall(r"(\w+)=([^,]*)", cells))
    filled = {name: value.replace("␠", " ") or None for name, value in row.items()}
    found = result(text.replace(r"\|", "|"), **filled)
    assert ("NULL" if found is None else found.replace(" K", "␠K") if "␠" in gives else found) == gives


def test_every_function_has_an_example() -> None:
    trees = [read(text.replace(r"\|", "|"))[0] for text, _, _ in ROWS]
    shown = frozenset().union(*(calls(tree) for tree in trees if tree is not None))
    assert FUNCTIONS.keys() <= shown
    assert set(KNOWN) <= FUNCTIONS.keys()


@pytest.mark.parametrize("block", re.findall(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
def test_the_mapping_fits_the_database(block: str) -> None:
    assert examine("doc", block, "doc.toml", catalogue())[1] == []
