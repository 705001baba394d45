"""Sentences of the room `cli`."""

TEXTS: dict[str, tuple[str, str]] = {}
