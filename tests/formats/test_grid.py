"""Sheets made from a seed: every row is a record, a header or set aside, and every record comes back exact."""

from __future__ import annotations

import random

import pytest

from pipeline.formats.grid import tabulate
from pipeline.formats.grid_rows import NumberedRow
from pipeline.formats.limits import LIMITS
from pipeline.formats.table import Table
from pipeline.mapping.model import ReadOptions

NAMES = ["Réf", "Libellé", "Qté", "Prix", "Date", "Ville", "EAN", "Remarque"]
WORDS = ["Bottes", "gants de laine", "écharpe", "bonnet", "sac à dos", "Total gel", "n/a"]


def cell(name: str, chance: random.Random) -> str | None:
    if chance.random() < 0.1 and name != "Réf":
        return None
    match name:
        case "Qté" | "Prix":
            return str(chance.randrange(1, 900)) + (".5" if name == "Prix" else "")
        case "Date":
            return f"2024-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}"
        case "EAN":
            return f"{chance.randrange(10**12):013}"
        case "Réf":
            return f"R{chance.randrange(10**6):06}"
        case _:
            return chance.choice(WORDS)


def sheet(chance: random.Random) -> tuple[list[NumberedRow], list[str], list[list[str | None]]]:
    """(the sheet's rows, its header, its records)."""
    names = ["Réf", *chance.sample(NAMES[1:], chance.randrange(2, len(NAMES)))]
    records = [[cell(name, chance) for name in names] for _ in range(chance.randrange(3, 60))]
    rows: list[NumberedRow] = []
    line = 1
    for title in range(chance.choice((0, 0, 1, 2))):
        rows.append((line, [f"Ventes {title}"]))
        line += 1 + chance.choice((0, 1))
    rows.append((line, list(names)))
    for at, record in enumerate(records):
        line += 1 + (chance.random() < 0.05)
        if at and chance.random() < 0.03:
            rows.append((line, list(names)))
            line += 1
        cells = list(record)
        while cells and cells[-1] is None:
            cells.pop()
        rows.append((line, cells))
    if chance.random() < 0.3:
        rows.append((line + 2, ["Édité par la caisse le 3 mars."]))
    return rows, names, records


def read(rows: list[NumberedRow], **options: object) -> tuple[Table, list[tuple[object, ...]]]:
    width = max(len(cells) for _, cells in rows)
    table = tabulate("xlsx", iter(rows), width, ReadOptions(**options), (), LIMITS)  # type: ignore[arg-type]
    return table, [row for piece in table.pieces for row in piece.frame.rows()]


@pytest.mark.parametrize("seed", range(8))
def test_every_row_is_accounted_for(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(40):
        rows, names, records = sheet(chance)
        table, got = read(rows)
        assert list(table.names) == names
        assert [list(row[1:]) for row in got] == records
        account = table.account
        assert account.records + sum(account.set_aside.values()) + 1 == rows[-1][0]


def test_what_the_mapping_names_is_the_header() -> None:
    rows: list[NumberedRow] = [
        (1, ["Magasin", "Paris", "Lyon"]),
        (2, ["Code", "Qté", "Prix"]),
        (3, ["a", "1", "2"]),
    ]
    assert read(rows, anchors=("code", "prix"))[0].header_line == 2
    assert read(rows, skip=1)[0].header_line == 2
    assert read(rows, header=False)[0].header_line is None
    assert read([(1, ["a", "1"]), (2, ["b", "2"])], anchors=("x",))[0].header_line == 1
