"""Sentences of the room `mapping`."""

TEXTS: dict[str, tuple[str, str]] = {}
