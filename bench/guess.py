"""How well columns are guessed on a system never seen: each is left out in turn, with all that was learnt from it.

python bench/guess.py [SYSTEM] [--wrong] [--blind]    prints precision and recall by system; --wrong: each mistake
too; --blind: on the headers of blind.toml, which nothing was tuned on
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from pipeline.guessing import Guess, Seen, guess
from pipeline.guessing.knowledge import known
from pipeline.store.catalogue import catalogue

COUSINS = {"bagisto": ("magento",)}  # who took over the columns of whom


@dataclass(slots=True)
class Score:
    """`right` of `made` guesses, and `found` of `wanted` columns that have a field."""

    made: int = 0
    right: int = 0
    wanted: int = 0
    found: int = 0

    def add(self, label: str, field: str | None) -> bool:
        """Count one column; whether it is as it should be."""
        answers = label.split("|")
        good = (field or "") in answers
        self.made += field is not None
        self.right += field is not None and good
        self.wanted += "" not in answers
        self.found += "" not in answers and good
        return good

    def __iadd__(self, other: Score) -> Score:
        self.made += other.made
        self.right += other.right
        self.wanted += other.wanted
        self.found += other.found
        return self

    @property
    def precision(self) -> float:
        return self.right / self.made if self.made else 1.0

    @property
    def recall(self) -> float:
        return self.found / self.wanted if self.wanted else 1.0


def labels(blind: bool = False) -> dict[str, dict[str, dict[str, str]]]:
    """System → layout → header → label."""
    if blind:
        return tomllib.loads(Path(__file__).with_name("blind.toml").read_text("utf-8"))
    return tomllib.loads(files("pipeline.guessing").joinpath("layouts.toml").read_text("utf-8"))


def left_out(system: str, layouts: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[str, Guess, str]]:
    """(layout, guess, label) of each column, by what is known without the system."""
    knowledge = known(frozenset({system, *COUSINS.get(system, ())}))
    for layout, columns in layouts.items():
        guessed = guess([Seen(header) for header in columns], catalogue(), knowledge=knowledge)
        for one, label in zip(guessed.columns, columns.values(), strict=True):
            yield layout, one, label


def main() -> None:
    asked = [word for word in sys.argv[1:] if not word.startswith("-")]
    whole = Score()
    print(f"{'system':22}{'columns':>8}{'guessed':>8}{'precision':>11}{'recall':>8}")
    for system, layouts in labels("--blind" in sys.argv).items():
        if asked and system not in asked:
            continue
        score, count = Score(), 0
        for layout, one, label in left_out(system, layouts):
            count += 1
            if not score.add(label, one.field) and "--wrong" in sys.argv:
                print(f"    {layout}: {one.column!r} is {label or '-'}, guessed {one.field or '-'}")
        whole += score
        print(f"{system:22}{count:8}{score.made:8}{score.precision:11.3f}{score.recall:8.3f}")
    print(f"{'all':30}{whole.made:8}{whole.precision:11.3f}{whole.recall:8.3f}")


if __name__ == "__main__":
    main()
