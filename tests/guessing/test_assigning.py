"""One to one, and no other choice is better."""

from __future__ import annotations

from itertools import product

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.guessing.assigning import best

SCORES = st.dictionaries(
    st.integers(0, 4),
    st.dictionaries(st.sampled_from("abcd"), st.integers(1, 99).map(lambda n: n / 100)),
    max_size=5,
)


@given(SCORES)
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_no_other_choice_is_better(scores: dict[int, dict[str, float]]) -> None:
    chosen = best(scores)
    assert len(set(chosen.values())) == len(chosen)
    total = sum(scores[column][slot] for column, slot in chosen.items())
    columns = list(scores)
    most = 0.0
    for one in product(*([*scores[c], None] for c in columns)):
        used = [slot for slot in one if slot is not None]
        if len(set(used)) == len(used):
            most = max(most, sum(scores[c][s] for c, s in zip(columns, one, strict=True) if s is not None))
    assert abs(total - most) < 1e-9


def test_a_column_gives_way_to_one_that_has_no_other_place() -> None:
    assert best({0: {"a": 0.9, "b": 0.8}, 1: {"a": 0.85}}) == {0: "b", 1: "a"}
