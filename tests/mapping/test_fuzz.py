"""Whatever text stands in a mapping, it is refused or computed. `bench/expressions.py` measures 100,000 of them."""

from __future__ import annotations

import os

import pytest

from tests.amounts import times
from tests.mapping.fuzzing import HOSTILE, texts, tried

COUNT = int(os.environ.get("PIPELINE_FUZZ") or times(500))


def test_random_texts_are_refused_or_computed() -> None:
    became = [tried(text) for text in texts(COUNT, 7)]
    assert min(became.count("refused"), became.count("computed")) > COUNT // 10


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_refused_or_computed(text: str) -> None:
    assert tried(text) in ("refused", "computed")
