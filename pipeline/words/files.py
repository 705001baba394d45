"""Sentences of the room `files`."""

TEXTS: dict[str, tuple[str, str]] = {}
