"""Look-ups that stand in an expression."""

from __future__ import annotations

from pipeline.mapping.expressions.tree import Cell, Looked, Node, looked
from pipeline.mapping.model import Field, Lookup


def lookup_of(node: Looked) -> Lookup:
    """The look-up that a part of an expression asks for."""
    by = tuple(
        Field(column, 0, (key.name,)) if isinstance(key, Cell) else Field(column, 0, value=key.text)
        for column, key in node.by
    )
    return Lookup(node.table, node.take, (by,))


def lookups(tree: Node) -> tuple[Lookup, ...]:
    """All that an expression asks for."""
    return tuple(lookup_of(one) for one in looked(tree))
