"""Files of many systems, each all the way on one database: guessed, saved, imported, again, changed, taken back."""

from __future__ import annotations

import hashlib
import tempfile
from datetime import datetime, timezone
from functools import cache
from pathlib import Path

import pytest
import sqlalchemy as sa

from pipeline import files as disk
from pipeline.guessing import Seen, guess
from pipeline.guessing.presets import preset_of, presets
from pipeline.jobs import ImportJob
from pipeline.mapping import examine
from pipeline.mapping.model import Plan
from pipeline.saved import propose, save
from pipeline.store.base import SqlStore
from pipeline.store.catalogue import catalogue
from pipeline.store.model import LedgerFile
from pipeline.store.tables import business_tables
from pipeline.words import render
from tests.imports.conftest import Desk
from tests.imports.systems import SAMPLES, SYSTEMS, System

LISTED = [one for one in SYSTEMS if one.content is not None or SAMPLES.is_dir()]


def checksum(store: SqlStore) -> str:
    """Of every row of all business tables."""
    digest = hashlib.sha256()
    with store._transaction(write=False) as conn:
        for table in business_tables():
            for row in conn.execute(sa.select(table).order_by(table.c.id)):
                digest.update(repr(tuple(row)).encode())
    return digest.hexdigest()


def sizes(store: SqlStore) -> dict[str, int]:
    with store._transaction(write=False) as conn:
        counted = {
            table.name: conn.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for table in business_tables()
        }
    return {name: count for name, count in counted.items() if count}


def taken(desk: Desk, content: bytes, name: str) -> LedgerFile:
    outcome = desk.run(desk.take(content, name.encode()))
    assert outcome.deed == "archived", (desk.job.name, outcome.deed, outcome.said and render(outcome.said))
    return desk.row(outcome)


def numbers(row: LedgerFile) -> tuple[int, int, int, int]:
    return row.inserted, row.updated, row.deleted, row.refused


def back(store: SqlStore, file: LedgerFile) -> None:
    now = datetime.now(timezone.utc)  # noqa: UP017
    assert store.undo(file.id, disk.new_claim(now), "anna@shop", now).left_count == 0


@cache
def confirmed(one: System) -> Plan:
    """The file guessed, the guess saved and read again, as a person does who confirms it; once for both databases."""
    with tempfile.TemporaryDirectory() as root:
        sample = Path(root) / Path(one.file).name
        sample.write_bytes(one.bytes)
        proposal = propose(sample, Path(root), catalogue())
        assert (proposal.preset.name if proposal.preset else "") == one.preset, one.name
        text = save(proposal, one.name, Path(root), catalogue()).read_text("utf-8")
    plan, mistakes = examine(one.name, text, one.name, catalogue())
    assert plan is not None, (one.name, [mistake.text() for mistake in mistakes])
    return plan


def desk_for(one: System, store: SqlStore, root: Path) -> Desk:
    at = root / one.name
    job = ImportJob(one.name, one.name, at / "inbox", at / "processed", at / "failed")
    return Desk(at, store, job, confirmed(one))


def round_trip(one: System, store: SqlStore, root: Path) -> None:
    before = checksum(store)
    desk = desk_for(one, store, root)
    name = Path(one.file).name
    first = taken(desk, one.bytes, name)
    assert sizes(store) == one.tables, one.name
    assert numbers(first) == (sum(one.tables.values()), 0, 0, 0), one.name
    there = checksum(store)
    assert desk.run(desk.take(one.bytes, name.encode())).deed == "duplicate", one.name
    again = taken(desk, one.bytes.rstrip(b"\r\n") + b"\n\n", f"again-{name}")
    assert numbers(again) == (0, 0, 0, 0), one.name
    assert checksum(store) == there, one.name
    changed = taken(desk, one.changed, f"changed-{name}")
    assert numbers(changed) == (*one.differences, 0), one.name
    back(store, changed)
    assert checksum(store) == there, one.name
    back(store, first)
    assert checksum(store) == before, one.name


def test_each_system_all_the_way(store: SqlStore, tmp_path: Path) -> None:
    disk.ignore_sigio()
    for one in LISTED:
        round_trip(one, store, tmp_path)
    if len(LISTED) < len(SYSTEMS):
        pytest.skip(f"{len(SYSTEMS) - len(LISTED)} real files are not here: {SAMPLES}")


def test_every_preset_has_its_file_here() -> None:
    assert {one.preset for one in SYSTEMS} >= {
        name for name, preset in presets().items() if preset.way == "import"
    }


def test_a_preset_and_its_layout_say_the_same() -> None:
    from pipeline.guessing.knowledge import known

    layouts = {f"{layout.system}.{layout.name}": layout for layout in known().layouts}
    for name, preset in presets().items():
        if preset.way == "export":
            continue
        plan, mistakes = examine(name, preset.text, name, catalogue())
        assert plan is not None, (name, mistakes)
        assert set(preset.layouts) <= layouts.keys(), name
        assert all(preset_of(layout) is preset for layout in preset.layouts)


def test_a_layout_without_its_own_columns_has_no_preset() -> None:
    made = guess([Seen(header) for header in ("Name", "Email", "Phone", "Code")], catalogue())
    assert preset_of(made.layout) is None
