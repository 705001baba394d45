"""A mapping that fitted its tables and no longer does: the difference in words."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.errors import Mistake
from pipeline.words import Language, Message, message, render

GONE = {
    "mapping.unknown_table": "mapping.gone_table",
    "mapping.unknown_column": "mapping.gone_column",
    "mapping.required": "mapping.gone_optional",
    "mapping.not_key": "mapping.gone_key",
    "mapping.no_key": "mapping.gone_key",
}
"""What a mistake means of a mapping that had none."""
TOLD = 5  # differences that are named


def difference(name: str, mistakes: Sequence[Mistake]) -> Message:
    """What the database no longer has, or has now, of all that the mapping `name` rests on."""
    said = [_said(mistake.said) for mistake in mistakes[:TOLD]]
    return message("mapping.no_longer", mapping=name, why=_list(said, "en"), why_fr=_list(said, "fr"))


def _said(said: Message) -> Message:
    return Message(GONE.get(said.code, said.code), said.args)


def _list(said: Sequence[Message], language: Language) -> str:
    return "; ".join(dict.fromkeys(render(one, language).rstrip(".") for one in said))
