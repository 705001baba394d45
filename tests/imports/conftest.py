"""An importer on real folders and a real database, driven by hand."""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from pathlib import Path

import pytest

from pipeline import files as disk
from pipeline.clock import Clock
from pipeline.imports import Importer, Outcome, Taken, Work
from pipeline.jobs import ImportJob
from pipeline.mapping import examine
from pipeline.mapping.model import Plan
from pipeline.store import connect
from pipeline.store.catalogue import catalogue
from pipeline.store.model import LedgerFile, Store
from pipeline.words import Message
from tests.databases import ready_sqlite
from tests.flow.conftest import MAPPING

ORDERS = b"Order No,Total,State\n0001,12.50,paid\n0002,99.90,\n"
ZONE = "Asia/Tokyo"  # never the day of UTC in the evening


def plan() -> Plan:
    made, mistakes = examine("sales", MAPPING, "mappings/sales.toml", catalogue())
    assert made is not None, mistakes
    return made


@dataclass
class Desk:
    """One job, its folders and its importer."""

    root: Path
    store: Store
    job: ImportJob
    plan: Plan = field(default_factory=plan)
    said: list[tuple[str, Message | None]] = field(default_factory=list)

    def set(self, **settings: object) -> None:
        self.job = replace(self.job, **settings)  # type: ignore[arg-type]

    def take(self, content: bytes = ORDERS, name: bytes = b"orders.csv", below: str = "") -> Taken:
        """Drop a file and take it, with its companion when the job waits for one."""
        folder = self.job.inbox / below
        folder.mkdir(parents=True, exist_ok=True)
        (folder / os.fsdecode(name)).write_bytes(content)
        companion = self.job.companion(name)
        if companion is not None:
            (folder / os.fsdecode(companion)).write_bytes(b"ok")
        now = datetime.now(timezone.utc)  # noqa: UP017
        claimed = disk.claim(folder, name, self.job.work_in(folder), now, companion)
        assert claimed is not None
        claimed.release()
        return Taken(
            claimed.claim, name, claimed.path, now, str(folder), below, "", claimed.companion, fresh=True
        )

    def left(self, below: str = "") -> Taken:
        """What a dead process left, as the next one finds it."""
        folder = self.job.inbox / below
        (claimed,) = disk.abandoned(self.job.work_in(folder))
        claimed.release()
        at = disk.claimed_at(claimed.claim)
        return Taken(claimed.claim, claimed.name, claimed.path, at, str(folder), below, "", claimed.companion)

    def work(self, *files: Taken) -> Work:
        return Work(self.job, self.plan, files, ZONE, "en")

    def importer(self) -> Importer:
        return Importer(self.store, Clock(), lambda name, t, said, facts: self.said.append((name, said)), 0)

    def run(self, *files: Taken) -> Outcome:
        (outcome,) = self.importer().run(self.work(*files))
        return outcome

    def row(self, outcome: Outcome) -> LedgerFile:
        row = self.store.by_claim(outcome.claim)
        assert row is not None
        return row

    def expected(self, row: LedgerFile, name: str) -> str:
        """Where the default template keeps it."""
        from zoneinfo import ZoneInfo

        assert row.committed_at is not None
        at = row.committed_at.astimezone(ZoneInfo(ZONE))
        return f"processed/{at:%Y/%m/%d/%H%M%S}-{row.id}-{name}"

    def listing(self) -> list[str]:
        return sorted(
            str(p.relative_to(self.root))
            for p in self.root.rglob("*")
            if p.is_file() and "shop.db" not in p.name
        )


def unpacked(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes())


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    disk.ignore_sigio()
    (tmp_path / "shop.db").write_bytes(ready_sqlite())
    store = connect(f"sqlite:///{tmp_path}/shop.db")
    job = ImportJob("sales", "sales", tmp_path / "inbox", tmp_path / "processed", tmp_path / "failed")
    yield Desk(tmp_path, store, job)
    store.close()
