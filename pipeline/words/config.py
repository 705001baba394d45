"""Sentences of the room `config`."""

TEXTS: dict[str, tuple[str, str]] = {}
