"""What Pipeline says to people: one catalogue, English and French.

A `Message` is a code and its facts. It is stored and passed on as data and becomes a sentence only where
somebody reads it, so a file that failed under `language = "en"` can be explained in French later.

Each room keeps its sentences in a module of its own here (`reading`, `mapping`, `config`, …):
`TEXTS = {"code": ("English", "French")}`. Placeholders are `str.format` names, the same in both languages.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import Literal

Language = Literal["en", "fr"]
Fact = str | int

MEMBER, MEMBER_LINE, IN_MEMBER = "member", "member_line", "reading.in_member"
ROOMS = (
    "api",
    "cli",
    "config",
    "console",
    "doctor",
    "drop",
    "exports",
    "fec",
    "expressions",
    "files",
    "guessing",
    "mapping",
    "peers",
    "people",
    "reading",
    "remote",
    "schedule",
    "sections",
    "server",
    "servers",
    "states",
    "store",
    "syncing",
    "syncpages",
    "turns",
    "versions",
    "watching",
)


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence not yet spoken: `code` names it in the catalogue, `args` fill its placeholders."""

    code: str
    args: Mapping[str, Fact] = field(default_factory=dict)

    def to_json(self) -> str:
        return json.dumps({"code": self.code, "args": dict(self.args)}, ensure_ascii=False)

    def of(self, member: str, line: int) -> Message:
        """The same, said of this line of one file among several of an archive."""
        return Message(self.code, {**self.args, MEMBER: member, MEMBER_LINE: line})

    @classmethod
    def from_json(cls, text: str) -> Message:
        data = json.loads(text)
        return cls(data["code"], data["args"])


def message(code: str, **args: Fact) -> Message:
    """Make a message; `code` must stand in the catalogue (a test walks the source and checks)."""
    return Message(code, args)


def render(said: Message, language: Language = "en") -> str:
    """Speak a message. A code that is not known (an older program, a newer ledger) is shown as it is."""
    texts = catalogue().get(said.code)
    if texts is None:
        return f"{said.code} {dict(said.args)}"
    args = dict(said.args)
    if language == "fr":  # a fact that has a French form of its own: `column_fr` beside `column`
        args |= {name.removesuffix("_fr"): value for name, value in args.items() if name.endswith("_fr")}
    place = 1 if language == "fr" else 0
    shown = {name: printable(value) for name, value in args.items()}
    text = texts[place].format_map(shown)
    return catalogue()[IN_MEMBER][place].format_map({**shown, "said": text}) if MEMBER in args else text


def printable(value: Fact) -> str:
    """A fact as it may be shown on a terminal: undecodable bytes and control characters made visible."""
    text = str(value).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


@cache
def catalogue() -> dict[str, tuple[str, str]]:
    """Every sentence of every room: code → (English, French)."""
    texts: dict[str, tuple[str, str]] = {}
    for room in ROOMS:
        texts.update(import_module(f"pipeline.words.{room}").TEXTS)
    return texts
