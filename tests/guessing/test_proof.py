"""A floor under how well a system never seen is guessed: bench/guess.py, and it may not sink."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from pipeline.guessing import Seen, guess
from pipeline.store.catalogue import catalogue

BENCH = Path(__file__).parents[2] / "bench" / "guess.py"


@pytest.mark.parametrize(("blind", "precision", "recall"), [(False, 0.95, 0.9), (True, 0.9, 0.8)])
def test_each_system_left_out_in_turn(
    monkeypatch: pytest.MonkeyPatch, blind: bool, precision: float, recall: float
) -> None:
    """`blind`: on headers that nothing was tuned on."""
    spec = importlib.util.spec_from_file_location("bench_guess", BENCH)
    assert spec is not None
    assert spec.loader is not None
    bench = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "bench_guess", bench)
    spec.loader.exec_module(bench)
    whole = bench.Score()
    for system, layouts in bench.labels(blind).items():
        for _, one, label in bench.left_out(system, layouts):
            whole.add(label, one.field)
    assert whole.precision >= precision
    assert whole.recall >= recall


def test_a_known_layout_is_recognised_whole() -> None:
    headers = [
        "JournalCode",
        "JournalLib",
        "EcritureNum",
        "EcritureDate",
        "CompteNum",
        "CompAuxNum",
        "Debit",
        "Credit",
        "Idevise",
    ]
    made = guess([Seen(header) for header in headers], catalogue())
    assert made.columns[-1].field == "journal_entry.currency"
    assert {one.because.code for one in made.columns} == {"guessing.layout"}


def test_a_few_names_that_a_long_layout_has_too_are_not_that_layout() -> None:
    made = guess([Seen(header) for header in ("Name", "Email", "Phone", "Code")], catalogue())
    assert made.table == "party"
