"""Whether the values of a column look like what a table's column holds."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from pipeline.mapping.codes import checked
from pipeline.mapping.model import Column, Kind

FITS, NEUTRAL, UNLIKE = 1.05, 1.0, 0.3
LEAST = 3  # different values that are enough to know a column by them alone

_NUMBER = re.compile(
    r"^[(+-]?\s*(?:€|\$|£|[A-Z]{3})?\s*[-+]?[0-9][0-9 .,'’\u00a0\u202f]*\s*(?:€|\$|£|%|[A-Z]{3})?\)?-?$|^-?[.,][0-9]+$"
)
_DAY = r"(?:[0-9]{4}[-/.]?[0-9]{2}[-/.]?[0-9]{2}|[0-9]{1,2}[-/. ][0-9]{1,2}[-/. ](?:[0-9]{4}|[0-9]{2}))"
_DATE = re.compile(rf"^(?:{_DAY}(?:[T ,].*)?|.*\b(?:19|20)[0-9]{{2}}\b.*)$")
_EMAIL = re.compile(r"^[^@\s]+@[^@\s]+\.[a-zA-Z]{2,}$")
_FLAG = re.compile(r"^(?i:true|false|yes|no|oui|non|vrai|faux|ja|nein|si|sí|sì|no|0|1|on|off|t|f|y|n|o|x|v)$")
_PHONE = re.compile(r"^[+(]?[0-9][0-9 ().\-/+x]{4,24}$")
_POSTCODE = re.compile(r"^[A-Z0-9][A-Z0-9 -]{1,9}$", re.IGNORECASE)
_CURRENCY = re.compile(r"^(?:[A-Z]{3}|[€$£¥])$", re.IGNORECASE)
_COUNTRY = re.compile(r"^[^\W\d_][^\d]{1,59}$")
_CODE = re.compile(r"^[0-9A-Za-z][0-9A-Za-z/_.\- ]{0,40}$")


def _gtin(value: str) -> bool:
    return len(value) > 7 and checked("gtin", value) is not None


def _vat(value: str) -> bool:
    return checked("vat", value) is not None and any(c.isdigit() for c in value)


_BY_NAME: dict[
    str, tuple[Callable[[str], object], float]
] = {  # what tells, and the factor where it is not so
    "email": (_EMAIL.match, UNLIKE),
    "barcode": (_gtin, 0.75),
    "vat_number": (lambda value: _vat(value) or any(c.isdigit() for c in value), UNLIKE),
    "phone": (lambda value: any(c.isdigit() for c in value), UNLIKE),
    "mobile": (_PHONE.match, UNLIKE),
    "postal_code": (_POSTCODE.match, UNLIKE),
    "currency": (_CURRENCY.match, 0.5),
    "country": (_COUNTRY.match, UNLIKE),
    "first_name": (lambda value: not _EMAIL.match(value) and not _NUMBER.match(value), UNLIKE),
    "last_name": (lambda value: not _EMAIL.match(value) and not _NUMBER.match(value), UNLIKE),
    "city": (lambda value: not _NUMBER.match(value), UNLIKE),
}
_NAMES = frozenset({"number", "external_id", "code", "reference", "sku"})  # what yes and no never are
_BY_KIND: dict[Kind, tuple[Callable[[str], object], float]] = {
    Kind.DECIMAL: (_NUMBER.match, UNLIKE),
    Kind.INTEGER: (_NUMBER.match, UNLIKE),
    Kind.DATE: (_DATE.match, UNLIKE),
    Kind.DATETIME: (_DATE.match, UNLIKE),
    Kind.BOOLEAN: (_FLAG.match, 0.6),
}
_ALONE: tuple[tuple[str, Callable[[str], object]], ...] = (
    ("email", _EMAIL.match), ("vat_number", lambda value: re.match("[A-Z]{2}", value) and _vat(value)),
    ("barcode", lambda value: len(value) in (8, 12, 13, 14) and _gtin(value)),
)  # fmt: skip


def likeness(column: Column, values: Sequence[str]) -> float:
    """FITS when the values say it too, NEUTRAL when they say nothing, less when they are something else."""
    filled = [value.strip() for value in values if value.strip()]
    if filled and column.name in _NAMES and len(filled) < LEAST and all(map(_FLAG.match, filled)):
        return UNLIKE if {"0", "no", "non", "false"} & {value.casefold() for value in filled} else NEUTRAL
    tests = [test for test in (_BY_NAME.get(column.name), _BY_KIND.get(column.kind)) if test is not None]
    if not filled or not tests:
        return NEUTRAL
    for test, otherwise in tests:
        if sum(1 for value in filled if test(value)) < 0.8 * len(filled):
            return otherwise
    return FITS if column.name in _BY_NAME or column.kind in (Kind.DATE, Kind.DATETIME) else NEUTRAL


def told_by_values(values: Sequence[str]) -> str | None:
    """The name of a column that such values alone give away: `email`, `barcode`, `vat_number`; None mostly."""
    filled = {value.strip() for value in values if value.strip()}
    if len(filled) < LEAST:
        return None
    return next((name for name, test in _ALONE if all(test(value) for value in filled)), None)
