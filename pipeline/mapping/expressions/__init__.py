"""Expressions of mappings: SQL that people write, compiled by us to polars. Pure, bounded, exact.

`reading` makes a tree of our own from the text (or says every mistake), `compiling` makes a program of polars
expressions from the tree (or says every mistake), `running` applies it; `fitting` holds a mapping's expressions
against its table, `computing` gives their results for a batch. sqlglot and polars are loaded only for them.
"""

from __future__ import annotations

from typing import Any

from pipeline.errors import Mistake
from pipeline.mapping.model import Expression
from pipeline.mapping.source import Path, Source


def expression(source: Source, at: Path, options: dict[str, Any], key: str) -> Expression | None:
    """The SQL that stands under this key; None when none does (or it is wrong: told)."""
    text = source.text_at(at, options, key)
    if text is None:
        return None
    from pipeline.mapping.expressions import tree
    from pipeline.mapping.expressions.looking import lookups
    from pipeline.mapping.expressions.reading import read  # sqlglot

    found, mistakes = read(text)
    path = (*at, key)
    source.mistakes += [Mistake(source.file, source.line(path), ".".join(path), said) for said in mistakes]
    if found is None:
        return None
    return Expression(text, tree.cells(found), tree.fields(found), tree.calls(found), lookups(found))
