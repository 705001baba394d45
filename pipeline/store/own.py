"""What users added to our database: tables of their own beside ours, and fields of their own in ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import sqlalchemy as sa

from pipeline.mapping.model import CUSTOM, Catalogue, Column, Kind, Table
from pipeline.store.added import OwnField
from pipeline.store.catalogue import catalogue, live_table
from pipeline.store.ledger import OwnFieldRow
from pipeline.store.live import targets
from pipeline.store.place import Place
from pipeline.store.target import Target, TargetColumn, ours

fields: sa.Table = OwnFieldRow.__table__  # type: ignore[attr-defined]
SCALE = 6  # decimals of a number in a field or column that users add to a table of ours


def own_fields(conn: sa.Connection) -> tuple[OwnField, ...]:
    """Every field that users added, by table and name."""
    asked = sa.select(fields).order_by(fields.c.table_name, fields.c.name)
    return tuple(
        OwnField(r["table_name"], r["name"], Kind(r["kind"]), r["label"], bool(r["promoted"]))
        for r in conn.execute(asked).mappings()
    )


def known_targets(
    conn: sa.Connection, place: Place, added: Sequence[OwnField] | None = None
) -> Mapping[str, Target]:
    """Every table that rows can be written to: of another program's database those that it has; of ours our own,
    as users widened them, and the users' own beside them."""
    if place.foreign:
        return targets(conn)
    own = own_fields(conn) if added is None else added
    found = {name: target for name, target in targets(conn).items() if name not in ours()}
    return {**{name: widened(target, own) for name, target in ours().items()}, **found}


def widened(target: Target, added: Sequence[OwnField]) -> Target:
    """A table of ours with the fields that became columns of it."""
    more = [
        TargetColumn(one.name, one.kind, scale=SCALE if one.kind is Kind.DECIMAL else 0)
        for one in added
        if one.promoted and one.table == target.name
    ]
    return replace(target, columns=(*target.columns, *more)) if more else target


def own_catalogue(found: Mapping[str, Target], added: Sequence[OwnField]) -> Catalogue:
    """What a mapping may write in our database: our tables and the users'."""
    known = {name: _with_fields(table, added) for name, table in catalogue().items()}
    others = {name: live_table(target) for name, target in found.items() if name not in known}
    return MappingProxyType({**known, **others})


def _with_fields(table: Table, added: Sequence[OwnField]) -> Table:
    """Its own fields as columns `custom.NAME`; one that became a column still answers to that name."""
    mine = [one for one in added if one.table == table.name]
    if not mine:
        return table
    columns = {}
    for one in mine:
        name = one.name if one.promoted else CUSTOM + one.name
        scale = SCALE if one.kind is Kind.DECIMAL else 0
        columns[name] = Column(name, one.kind, scale=scale, label_en=one.label, label_fr=one.label)
    aliases = {CUSTOM + one.name: one.name for one in mine if one.promoted}
    return replace(table, columns=MappingProxyType({**table.columns, **columns}), aliases=aliases)
