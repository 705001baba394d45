"""A ready installation in a temporary folder: real folders, a real database, the real worker process."""

from __future__ import annotations

import os
import re
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline import Pipeline
from pipeline.results import OnceResult
from tests.databases import ready_sqlite

CONFIG = """
active = true
database = "sqlite:///shop.db"
timezone = "Europe/Paris"
language = "en"

[imports.sales]
mapping = "sales"
inbox = "inbox/sales"
processed = "processed/sales"
pattern = "*.csv"

[imports.nightly]
mapping = "sales"
inbox = "inbox/nightly"
processed = "processed/nightly"
at = "03h00"
"""

MAPPING = """
version = 1
table = "sales_order"
key = ["source", "number"]

[fields]
source = { value = "shop" }
number = "Order No"
gross_amount = "Total"
status = { column = "State", default = "open" }
"""

ORDERS = b"Order No,Total,State\n0001,12.50,paid\n0002,99.90,\n0003,7.05,open\n"


@dataclass
class Installation:
    """Folders and config of one test."""

    root: Path

    @property
    def config(self) -> Path:
        return self.root / "config.toml"

    def drop(self, name: str | bytes, content: bytes, job: str = "sales", *, old: bool = True) -> Path:
        """Put a complete file into an inbox, as a shop's upload does: hidden name, then rename."""
        folder = self.root / "inbox" / job
        hidden = folder / ".upload"
        hidden.write_bytes(content)
        place = folder / os.fsdecode(name)
        hidden.rename(place)
        return place

    def once(self, *jobs: str, now: bool = False, wait: float = 40.0) -> OnceResult:
        with Pipeline(self.config) as pipeline:
            return pipeline.once(jobs, now=now, wait=wait)

    def sql(self, query: str) -> list[tuple[object, ...]]:
        import sqlite3
        from contextlib import closing

        with closing(sqlite3.connect(self.root / "shop.db")) as db:
            return db.execute(query).fetchall()

    def names(self, folder: str) -> list[str]:
        """The files of a folder and those below, without what the archive puts before their names."""
        found = (p.name for p in (self.root / folder).rglob("*") if p.is_file())
        return sorted(re.sub(r"^\d{6}-\d+-", "", name) for name in found)

    def wait_until(self, what: str, true: object, seconds: float = 30.0) -> None:
        """Wait for an effect that another process makes."""
        assert callable(true)
        end, pause = time.monotonic() + seconds, threading.Event()
        while not true():
            assert time.monotonic() < end, f"{what}: not within {seconds} s"
            pause.wait(0.02)


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    (tmp_path / "config.toml").write_text(CONFIG)
    (tmp_path / "shop.db").write_bytes(ready_sqlite())
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "sales.toml").write_text(MAPPING)
    for job in ("sales", "nightly"):
        (tmp_path / "inbox" / job).mkdir(parents=True)
        (tmp_path / "processed" / job).mkdir(parents=True)
    return Installation(tmp_path)
