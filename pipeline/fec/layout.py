"""What the law says of a FEC: its columns, its name, how a day and an amount are written."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

HEAD = (
    "JournalCode", "JournalLib", "EcritureNum", "EcritureDate", "CompteNum", "CompteLib", "CompAuxNum", "CompAuxLib",
    "PieceRef", "PieceDate", "EcritureLib",
)  # fmt: skip
TAIL = ("EcritureLet", "DateLet", "ValidDate", "Montantdevise", "Idevise")
COLUMNS = (*HEAD, "Debit", "Credit", *TAIL)
SIGNED = (*HEAD, "Montant", "Sens", *TAIL)
MORE = (("DateRglt", "ModeRglt", "NatOp"), ("DateRglt", "ModeRglt", "NatOp", "IdClient"))  # cash regimes
NEVER_EMPTY = ("EcritureNum", "EcritureDate", "CompteNum", "CompteLib", "EcritureLib")
EXPECTED = ("JournalCode", "JournalLib", "PieceRef", "PieceDate", "ValidDate")
DATES = ("EcritureDate", "PieceDate", "DateLet", "ValidDate", "DateRglt")
AMOUNTS = ("Debit", "Credit", "Montant", "Montantdevise")
DEBIT, CREDIT = ("D", "+1", "+"), ("C", "-1", "-")
_NAME = re.compile(r"(\d{9})FEC(\d{8})(.*?)(\.\w+)?", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?\d+(,\d+)?|\d+(,\d+)?[+-]", re.ASCII)


def file_name(siren: str, closing: date) -> str:
    """`123456789FEC20261231.txt`."""
    return f"{siren}FEC{closing:%Y%m%d}.txt"


def parse_name(name: str) -> tuple[str, date, str] | None:
    """SIREN, closing day, and what else stands in a name; None: it is no name of a FEC."""
    found = _NAME.fullmatch(name)
    closing = day(found[2]) if found else None
    return (found[1], closing, found[3]) if found and closing is not None else None


def luhn(digits: str) -> bool:
    """Does the number have its check digit?"""
    total = 0
    for place, letter in enumerate(reversed(digits)):
        value = int(letter) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def day(text: str) -> date | None:
    """AAAAMMJJ, a day that there is; None for anything else."""
    if not re.fullmatch(r"\d{8}", text, re.ASCII):
        return None
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None


def amount(text: str) -> Decimal | None:
    """A number with a comma, its sign before or after it; empty is 0; None: it is none."""
    text = text.strip()
    if not text:
        return Decimal(0)
    if not _NUMBER.fullmatch(text):
        return None
    sign = -1 if text[0] == "-" or text[-1] == "-" else 1
    return sign * Decimal(text.strip("+-").replace(",", "."))
