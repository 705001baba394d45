"""The mappings of exports held against the tables: every mistake, and where one does not go back as it came."""

from __future__ import annotations

from pathlib import Path

from pipeline.config.loading import mapping_names, mapping_text
from pipeline.errors import Mistake
from pipeline.mapping import parse
from pipeline.mapping.model import Catalogue
from pipeline.mapping.outward.fitting import compile_outward
from pipeline.mapping.outward.model import OutPlan
from pipeline.store.catalogue import catalogue, readable


def mistakes(config: Path, known: Catalogue | None) -> list[Mistake]:
    """Every mistake in the mappings that exports name. `known`: what mappings may write, None: nobody can say."""
    return [mistake for _, found in _fitted(config, known) for mistake in found]


def notes(config: Path, known: Catalogue | None) -> list[Mistake]:
    """Where what they write would not be read back by the same mapping without a difference."""
    plans = [plan for plan, _ in _fitted(config, known) if plan is not None]
    return [note for plan in plans for note in plan.notes]


def _fitted(config: Path, known: Catalogue | None) -> list[tuple[OutPlan | None, list[Mistake]]]:
    found: list[tuple[OutPlan | None, list[Mistake]]] = []
    everything = readable() if known is catalogue() else known
    for name in mapping_names(config, ("exports",)):
        saved, wrong = parse(name, mapping_text(config, name), f"mappings/{name}.toml")
        if saved is None or everything is None:
            found.append((None, wrong))
        else:
            found.append(compile_outward(saved, everything))
    return found
