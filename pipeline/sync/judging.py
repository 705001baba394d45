"""May these two exchange rows at all? Decided from what both say of themselves."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

from pipeline.sync.replica import PROTOCOL, Hello, Shape, SyncHeld, SyncRefused
from pipeline.words import Message, message


def judge(mine: Hello, said: Hello, peers: Collection[str] | None, skew_s: float) -> None:
    """Raises SyncRefused or SyncHeld with the first reason why not."""
    if said.protocol != PROTOCOL:
        raise SyncRefused(message("syncing.protocol", peer=said.site, theirs=said.protocol, mine=PROTOCOL))
    if said.site == mine.site:
        raise SyncRefused(message("syncing.same_site", site=mine.site))
    if peers is not None and said.site not in peers:
        raise SyncRefused(message("syncing.unknown_peer", peer=said.site))
    clock(said.site, said.wall, mine.wall, skew_s)
    schema(mine, said)


def clock(peer: str, wall: datetime, now: datetime, skew_s: float) -> None:
    """Raises SyncHeld when the peer's clock is too far ahead: what it wrote would win for as long."""
    ahead = int((wall - now).total_seconds())
    if ahead > skew_s:
        raise SyncHeld(message("syncing.clock_ahead", peer=peer, seconds=ahead))


def schema(mine: Hello, said: Hello) -> None:
    """Raises SyncRefused for the first table or column that is not the same on both sides."""
    for difference in differences(mine, said):
        raise SyncRefused(difference)


def differences(mine: Hello, said: Hello) -> Iterator[Message]:
    """Every table and column that is not the same on both sides."""
    ours, theirs = {t.name: t for t in mine.tables}, {t.name: t for t in said.tables}
    for name in {**ours, **theirs}:
        if name not in theirs:
            yield message("syncing.table_only_here", table=name, peer=said.site)
        elif name not in ours:
            yield message("syncing.table_only_there", table=name, peer=said.site)
        else:
            yield from _table(ours[name], theirs[name], said.site)


def _table(ours: Shape, theirs: Shape, peer: str) -> Iterator[Message]:
    if ours.key != theirs.key:
        keys = {"theirs": ", ".join(theirs.key), "mine": ", ".join(ours.key)}
        yield message("syncing.key_differs", table=ours.name, peer=peer, **keys)
    here, there = dict(ours.columns), dict(theirs.columns)
    for column in {**here, **there}:
        if column not in there:
            yield message("syncing.column_only_here", table=ours.name, column=column, peer=peer)
        elif column not in here:
            yield message("syncing.column_only_there", table=ours.name, column=column, peer=peer)
        elif here[column] != there[column]:
            kinds = {"theirs": there[column], "mine": here[column]}
            yield message("syncing.column_differs", table=ours.name, column=column, peer=peer, **kinds)
