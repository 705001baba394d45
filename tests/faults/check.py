"""The invariants I1 to I8 as code over folders and database. Every fault test ends here."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Violation:
    """One broken promise."""

    rule: str
    what: str


def check(root: Path, dropped: dict[str, bytes], *, settled: bool) -> list[Violation]:
    """Hold an installation against its promises. `dropped`: every file ever dropped, each of its own content.
    `settled`: nothing is on its way any more, so each must be imported and archived."""
    bad: list[Violation] = []
    places = _places(root)
    with closing(sqlite3.connect(root / "shop.db")) as db:
        ledger = db.execute("SELECT fingerprint, state, claim FROM pipeline_file").fetchall()
        rows = dict(db.execute("SELECT number, gross_amount FROM sales_order").fetchall())
    committed = [bytes(f) for f, state, _ in ledger if state in ("committed", "archived")]
    for name, content in dropped.items():
        digest = hashlib.sha256(content).digest()
        here = places.get(digest, [])
        if not here:
            bad.append(Violation("I2 none lost", f"{name} is nowhere"))
        if len(here) > 1:
            bad.append(Violation("I2 one copy", f"{name} is in {here}"))
        if committed.count(digest) > 1:
            bad.append(Violation("I1 once", f"{name} committed {committed.count(digest)} times"))
        if any("/processed/" in p for p in here) and digest not in committed:
            bad.append(Violation("I4 order", f"{name} is archived without a ledger row"))
        bad += _rows_of(name, content, rows, digest in committed)
        if settled and not any("/processed/" in p for p in here):
            bad.append(Violation("I6 restart-safe", f"{name} is in {here}, not in processed"))
    if len({claim for *_, claim in ledger}) != len(ledger):
        bad.append(Violation("I7 one owner", "two ledger rows of one claim"))
    if any(state == "failed" for _, state, _ in ledger):
        bad.append(Violation("I8 no innocent given up", "a good file was failed"))
    return bad


def _rows_of(name: str, content: bytes, rows: dict[str, int], committed: bool) -> list[Violation]:
    want = dict(line.split(",")[:2] for line in content.decode().splitlines()[1:])
    have = {number: rows[number] for number in want if number in rows}
    if committed and len(have) != len(want):
        return [Violation("I1 once", f"{name}: {len(want) - len(have)} rows lost")]
    if not committed and have:
        return [Violation("I3 all or nothing", f"{name}: {len(have)} rows without its ledger row")]
    wrong = [n for n, amount in have.items() if round(float(want[n]) * 1_000_000) != amount]
    return [Violation("I5 hashed = imported", f"{name}: other values in {wrong[:3]}")] if wrong else []


def _places(root: Path) -> dict[bytes, list[str]]:
    places: dict[bytes, list[str]] = {}
    for folder in ("inbox", "processed", "failed"):
        for path in (root / folder).rglob("*"):
            if path.is_file() and not path.name.endswith((".why.txt", ".refused.csv")):
                try:
                    digest = hashlib.sha256(path.read_bytes()).digest()
                except FileNotFoundError:
                    continue
                places.setdefault(digest, []).append("/" + str(path.relative_to(root)))
    return places
