"""Sentences of the room `store`."""

TEXTS: dict[str, tuple[str, str]] = {}
