"""Sentences of the room `reading`."""

TEXTS: dict[str, tuple[str, str]] = {}
