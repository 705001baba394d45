"""The invariants I1 to I8 as code over folders and database. Every fault test ends here."""

from __future__ import annotations

import gzip
import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import sqlalchemy as sa

from pipeline.store.base import files as ledger_table
from pipeline.store.tables import business_tables

ORDERS = next(t for t in business_tables() if t.name == "sales_order")


@dataclass(frozen=True)
class Violation:
    """One broken promise."""

    rule: str
    what: str


@dataclass(frozen=True)
class Found:
    """What the database holds."""

    ledger: list[tuple[bytes, str, str]] = field(default_factory=list)  # fingerprint, state, claim
    rows: dict[str, Decimal | None] = field(default_factory=dict)  # number, amount
    changes: dict[str, int] = field(default_factory=dict)  # kind of change, how many


def check(
    root: Path,
    dropped: Mapping[str, bytes],
    *,
    settled: bool,
    bad: Mapping[str, bytes] | None = None,
    copied: bool = False,
) -> list[Violation]:
    """Hold an installation against its promises. `dropped`: every good file ever dropped, each of its own
    content and keys; `bad`: files that no mapping can load. `settled`: nothing is on its way any more, so each
    must be imported and archived, or failed. `copied`: the originals stay in the inbox."""
    bad = bad or {}
    wrong: list[Violation] = []
    places, found = _places(root), _found(root)
    committed = [f for f, state, _ in found.ledger if state in ("committed", "archived")]
    failed = [f for f, state, _ in found.ledger if state == "failed"]
    for name, content in {**dropped, **bad}.items():
        digest = hashlib.sha256(content).digest()
        here = places.get(digest, [])
        home = "/failed/" if name in bad else "/processed/"
        if not here:
            wrong.append(Violation("I2 none lost", f"{name} is nowhere"))
        if copied and not any(p.startswith("/inbox/sales/") and ".pipeline" not in p for p in here):
            wrong.append(Violation("I2 none lost", f"the original of {name} is gone"))
        if len(here) > 1 + copied:
            wrong.append(Violation("I2 one copy", f"{name} is in {here}"))
        if committed.count(digest) + failed.count(digest) > 1:
            wrong.append(Violation("I1 once", f"{name} has more than one ledger row"))
        if any("/processed/" in p for p in here) and digest not in committed:
            wrong.append(Violation("I4 order", f"{name} is archived without a ledger row"))
        if any("/failed/" in p for p in here) and digest not in failed:
            wrong.append(Violation("I4 order", f"{name} is given up without a ledger row"))
        if settled and not any(home in p for p in here):
            wrong.append(Violation("I6 restart-safe", f"{name} is in {here}, not in {home}"))
        if name in dropped:
            wrong += _rows_of(name, content, found.rows, digest in committed)
    if found.changes.get("I", 0) != len(found.rows) or found.changes.get("U", 0):
        wrong.append(Violation("I1 once", f"{len(found.rows)} rows were written by {found.changes}"))
    if len({claim for *_, claim in found.ledger}) != len(found.ledger):
        wrong.append(Violation("I7 one owner", "two ledger rows of one claim"))
    if set(failed) - {hashlib.sha256(content).digest() for content in bad.values()}:
        wrong.append(Violation("I8 no innocent given up", "a good file was failed"))
    return wrong


def _rows_of(
    name: str, content: bytes, rows: Mapping[str, Decimal | None], committed: bool
) -> list[Violation]:
    want = dict(line.split(",")[:2] for line in content.decode().splitlines()[1:])
    have = {number: rows[number] for number in want if number in rows}
    if committed and len(have) != len(want):
        return [Violation("I1 once", f"{name}: {len(want) - len(have)} rows lost")]
    if not committed and have:
        return [Violation("I3 all or nothing", f"{name}: {len(have)} rows without its ledger row")]
    other = [n for n, amount in have.items() if Decimal(want[n]) != amount]
    return [Violation("I5 hashed = imported", f"{name}: other values in {other[:3]}")] if other else []


def _url(root: Path) -> sa.URL:
    url = sa.make_url(tomllib.loads((root / "config.toml").read_text())["database"])
    if url.get_backend_name() == "sqlite":
        return url.set(database=str(root / (url.database or "")))
    return url.set(drivername="postgresql+psycopg")


@contextmanager
def connected(root: Path) -> Iterator[sa.Connection]:
    """The installation's database, past the service."""
    engine = sa.create_engine(_url(root), poolclass=sa.NullPool)
    try:
        with engine.connect() as conn:
            yield conn
    finally:
        engine.dispose()


def _found(root: Path) -> Found:
    """Read with SQLAlchemy; a database that the service has not made yet holds nothing."""
    url = _url(root)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        return Found()
    names = {"pipeline_file", "pipeline_change", "sales_order"}
    with connected(root) as conn:
        if not names <= set(sa.inspect(conn).get_table_names()):
            return Found()
        file = ledger_table.c
        ledger = conn.execute(sa.select(file.fingerprint, file.state, file.claim)).all()
        rows = conn.execute(sa.select(ORDERS.c.number, ORDERS.c.gross_amount)).all()
        changes = conn.execute(
            sa.text("SELECT op, count(*) FROM pipeline_change WHERE table_name = 'sales_order' GROUP BY op")
        ).all()
    return Found(
        [(bytes(f), state, claim) for f, state, claim in ledger],
        dict(rows),
        dict(changes),
    )


def _places(root: Path) -> dict[bytes, list[str]]:
    places: dict[bytes, list[str]] = {}
    for folder in ("inbox", "processed", "failed"):
        for path in (root / folder).rglob("*"):
            if path.is_file() and not path.name.endswith((".why.txt", ".refused.csv")):
                try:
                    content = path.read_bytes()
                except FileNotFoundError:
                    continue
                content = gzip.decompress(content) if path.suffix == ".gz" else content
                digest = hashlib.sha256(content).digest()
                places.setdefault(digest, []).append("/" + str(path.relative_to(root)))
    return places
