"""What a cell looks like by itself: the evidence for a dialect and for a header. Nothing is converted by it."""

from __future__ import annotations

import re
from functools import lru_cache

_NUMBER = r"[+-]?(?:\d{1,3}(?:[ .,'’\u00a0\u202f]\d{3})+|\d+)(?:[.,]\d+)?-?|[+-]?[.,]\d+|[+-]?\d+(?:[.,]\d+)?[eE][+-]?\d+"
_MONTH = (
    "(?i:jan|gen|ene|f[eé]v|feb|m[aä]r|avr|apr|abr|mai|may|mag|jui|jun|giu|jul|lug|ao[uû]|aug|ago|sep|set|oct|okt|ott|"
    "nov|d[eé]c|dez|dic)[a-zéûô]{0,7}"
)
_HARD = (  # in this order: the first that fits is the kind
    ("number", re.compile(rf"(?:{_NUMBER})|\((?:{_NUMBER})\)")),
    (
        "money",
        re.compile(rf"[$€£¥]\s?(?:{_NUMBER})|(?:{_NUMBER})\s?(?:[$€£¥%‰]|EUR|USD|CHF|GBP|kg|cm|mm|km)"),
    ),
    ("time", re.compile(r"[0-2]?\d[:hH][0-5]\d(?::[0-5]\d(?:[.,]\d+)?)?\s?(?:[aApP]\.?[mM]\.?)?Z?")),
    (
        "date",
        re.compile(
            r"(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/. ]\d{1,2}[-/. ](?:\d{4}|\d{2})"
            rf"|\d{{1,2}}[- ./]?{_MONTH}\.?[- ./,]{{0,2}}\d{{2,4}}|{_MONTH}\.? \d{{1,2}},? \d{{4}})"
            r"(?:[T ]+\d{1,2}[:h]\d{2}(?::\d{2}(?:[.,]\d+)?)?\s?(?:[aApP][mM])?(?:Z|\s?[+-]\d{2}:?\d{2}|\s?UTC)?)?"
        ),
    ),
    ("email", re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")),
    ("link", re.compile(r"(?:https?|ftp)://\S+|www\.\S+\.\S+|(?:[\w-]+/)+[\w-]+\.\w{2,4}", re.IGNORECASE)),
    ("address", re.compile(r"(?:\d{1,3}\.){3}\d{1,3}|[0-9a-fA-F]{2}(?::[0-9a-fA-F]{2}){5}")),
    ("yes", re.compile(r"(?:true|false|vrai|faux|yes|no|oui|non)", re.IGNORECASE)),
    (
        "code",
        re.compile(
            r"[A-Za-z]{0,6}[-_/.#]?\d[\w./#-]*|\{?[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}\}?|\+?[\d ().-]{7,18}"
        ),
    ),
)
NULLS = frozenset(
    ("na", "n/a", "nan", "null", "none", "-", "--", "nil", "#n/a", "\\n", "?", ".", "n.d.", "nd")
)
_WORDS = re.compile(r"[\w«“‘'’&#*(+@¿¡/.\[<%°$€£!=~-](?:[^\t;|,\"\x00-\x08^~]|,(?=[\s\d])|,$)*")
HARD = frozenset(name for name, _ in _HARD if name != "code")


@lru_cache(65536)
def kind(cell: str) -> str:
    """number, money, time, date, email, link, address, yes, code, null, blank, words; "" when like none of them."""
    text = cell.strip()
    if not text:
        return "blank"
    if text.lower() in NULLS:
        return "null"
    if len(text) <= 80:
        for name, shape in _HARD:
            if shape.fullmatch(text):
                return name
    if text[:1] in "{[" and text[-1:] in "}]":
        return "words"
    return "words" if _WORDS.fullmatch(text) else ""
