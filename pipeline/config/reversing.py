"""The mappings of exports held against the tables: every mistake, and where one does not go back as it came."""

from __future__ import annotations

from pathlib import Path

from pipeline.config.loading import load, mapping_names, mapping_text
from pipeline.errors import ConfigError, Environment, Mistake
from pipeline.mapping import parse
from pipeline.mapping.model import SavedMapping
from pipeline.mapping.outward.fitting import compile_outward, lacking
from pipeline.mapping.outward.model import OutPlan
from pipeline.store.catalogue import readable
from pipeline.store.known import Known


def mistakes(config: Path, known: Known) -> list[Mistake]:
    """Every mistake in the mappings that exports name, and what the exports need that these do not say."""
    fitted = _fitted(config, known)
    plans = {plan.mapping: plan for plan, _ in fitted if plan is not None}
    found = [mistake for _, wrong in fitted for mistake in wrong]
    try:
        jobs = load(config).exports
    except ConfigError:  # told by itself
        return found
    for job in jobs:
        plan = plans.get(job.mapping)
        said = None if plan is None else lacking(plan, job.what, job.deletions)
        if said is not None:
            found.append(Mistake(f"mappings/{job.mapping}.toml", 1, "export", said))
    return found


def notes(config: Path, known: Known) -> list[Mistake]:
    """Where what they write would not be read back by the same mapping without a difference."""
    plans = [plan for plan, _ in _fitted(config, known) if plan is not None]
    return [note for plan in plans for note in plan.notes]


def _fitted(config: Path, known: Known) -> list[tuple[OutPlan | None, list[Mistake]]]:
    found: list[tuple[OutPlan | None, list[Mistake]]] = []
    for name in mapping_names(config, ("exports",)):
        saved, wrong = parse(name, mapping_text(config, name), f"mappings/{name}.toml")
        found.append((None, wrong) if saved is None else _fit(saved, known))
    return found


def _fit(saved: SavedMapping, known: Known) -> tuple[OutPlan | None, list[Mistake]]:
    """While the database that it speaks of is out of reach, nobody can say what is wrong with it."""
    plan, wrong = (None, []) if known.foreign else compile_outward(saved, readable())
    if plan is not None:
        return plan, wrong
    try:
        return compile_outward(saved, known.readable)
    except Environment:
        return None, wrong
