"""Sentences of the room `states`."""

TEXTS: dict[str, tuple[str, str]] = {}
