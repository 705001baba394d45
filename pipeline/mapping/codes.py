"""Codes that carry check digits: barcodes, company numbers, accounts. Each check gives the code as it is kept."""

from __future__ import annotations

import re
from collections.abc import Callable

SPOILT = r"^[+-]?[0-9](?:[.,][0-9]+)?[eE]\+?[0-9]{1,2}$"
"""A long number as a spreadsheet shows it: its last digits are gone."""


def _gtin(code: str) -> str | None:
    """EAN-8, UPC-A, EAN-13, GTIN-14; the zeros that a spreadsheet took are put back when the check digit agrees."""
    for length in (8, 12, 13, 14):
        padded = code.zfill(length)
        if (
            len(padded) == length
            and code.isdigit()
            and _mod10(padded)
            and (len(code) == length or length == 13)
        ):
            return padded
    return None


def _mod10(code: str) -> bool:
    weighted = sum(int(c) * (3 if place % 2 else 1) for place, c in enumerate(reversed(code)))
    return weighted % 10 == 0


def _luhn(code: str) -> bool:
    total = 0
    for place, digit in enumerate(map(int, reversed(code))):
        doubled = digit * 2 if place % 2 else digit
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


def _siren(code: str) -> str | None:
    return code if re.fullmatch(r"[0-9]{9}", code) and _luhn(code) else None


def _siret(code: str) -> str | None:
    padded = code.zfill(14) if len(code) > 11 else code
    if not re.fullmatch(r"[0-9]{14}", padded):
        return None
    post = (
        padded.startswith("356000000") and sum(map(int, padded)) % 5 == 0
    )  # La Poste numbers its shops its own way
    return padded if post or _luhn(padded) else None


def _vat(code: str) -> str | None:
    """A European VAT number; the French key is checked."""
    code = code.upper()
    if not re.fullmatch(r"[A-Z]{2}[0-9A-Z+*]{2,13}", code):
        return None
    if code.startswith("FR"):
        key, siren = code[2:4], code[4:]
        if not re.fullmatch(r"[0-9]{9}", siren):
            return None
        if key.isdigit() and int(key) != (12 + 3 * (int(siren) % 97)) % 97:
            return None
    return code


def _iban(code: str) -> str | None:
    code = code.upper()
    if not re.fullmatch(r"[A-Z]{2}[0-9]{2}[0-9A-Z]{11,30}", code):
        return None
    turned = "".join(str(int(c, 36)) for c in code[4:] + code[:4])
    return code if int(turned) % 97 == 1 else None


CHECKS: dict[str, Callable[[str], str | None]] = {
    "ean": _gtin, "gtin": _gtin, "siren": _siren, "siret": _siret, "vat": _vat, "iban": _iban,
}  # fmt: skip


def checked(name: str, cell: str) -> str | None:
    """The code without the blanks, points and hyphens that people write into it; None when it cannot be right."""
    return CHECKS[name](re.sub(r"[\s.\u00a0\u202f-]", "", cell))
