"""The text of `total`: what a document's total must agree with."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from pipeline.mapping.sections.model import Total
from pipeline.mapping.source import Path, Source

KEYS = ("column", "of", "plus", "minus", "tolerance")


def total(source: Source, at: Path, table: dict[str, Any]) -> Total | None:
    """`{ of = "line.gross_amount", plus = ["shipping_amount"], minus = [...], tolerance = "0.02" }`."""
    here = (*at, "total")
    given = source.sub(at, table, "total")
    source.known(here, given, KEYS)
    if "total" not in table:
        return None
    signs = (("of", 1), ("plus", 1), ("minus", -1))
    terms = [(sign, text) for key, sign in signs for text in source.texts_at(here, given, key)]
    tolerance = str(given.get("tolerance", "0"))
    if not re.fullmatch(r"[0-9]{1,9}([.,][0-9]{1,6})?", tolerance):
        source.say((*here, "tolerance"), "sections.tolerance", value=tolerance)
        tolerance = "0"
    if not any(sign > 0 for sign, _ in terms):
        source.say(here, "sections.total_of")
        return None
    parts = tuple((sign, *_parts(text)) for sign, text in terms)
    column = source.text_at(here, given, "column") or "gross_amount"
    return Total(source.line(here), column, parts, Decimal(tolerance.replace(",", ".")))


def _parts(text: str) -> tuple[str, str]:
    section, _, column = text.rpartition(".")
    return section, column
