"""A round of a job as the service and people start it, and what is remembered of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, cast

from pipeline.clock import Clock
from pipeline.errors import PipelineError
from pipeline.store.base import SqlStore
from pipeline.store.model import Store
from pipeline.store.syncing.standing import LastRound
from pipeline.sync.comparing import forbidden
from pipeline.sync.ends import Ends, SyncOrder, guard, opened, problem
from pipeline.sync.replica import Hello, Page, Replica, Round, SyncRefused
from pipeline.sync.rounds import round_

Told = Callable[[str, int], None]  # what is being exchanged, how many rows or pieces until now
Outcome = dict[str, Any]


class Watched:
    """A replica that tells how far an exchange is."""

    def __init__(self, replica: Replica, told: Told) -> None:
        self._replica, self._told, self._count = replica, told, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._replica, name)

    def part(self, batch: str, n: int) -> bytes:
        self._told("", n + 1)
        return self._replica.part(batch, n)

    def page(self, peer: str, table: str, after: str) -> Page:
        page = self._replica.page(peer, table, after)
        self._count += page.count
        self._told(table, self._count)
        return page


def now(ends: Ends, clock: Clock, *, accept: bool = False, told: Told | None = None) -> Round:
    """One whole round. `accept`: a person agrees that two filled databases become one."""
    begun = time.monotonic()
    guard(ends.here, ends.store)
    if ends.remote is not None:
        guard(cast(Any, ends.there), ends.remote)
    _fit(ends)
    if accept:
        ends.here.accept(ends.there.hello(None).site)
    there = ends.there if told is None else cast(Replica, Watched(ends.there, told))
    done = round_(ends.here, there)
    took = int((time.monotonic() - begun) * 1000)
    ends.store.syncing().note_round(
        LastRound(
            ends.job, done.there, clock.now().wall, took, done.pulled.rows, done.pushed.rows, done.loaded,
            done.pulled.conflicts + done.pushed.conflicts, done.pulled.held,
        )
    )  # fmt: skip
    return done


def _fit(ends: Ends) -> None:
    """Before two meet for the first time: what would break rows. Raises SyncRefused."""
    if any(peer.stage == "live" for peer in ends.store.syncing().standing().peers):
        return
    mine, theirs = ends.here.hello(None), ends.there.hello(None)
    for said in forbidden(ways(mine, theirs), ends.here.about(), ends.there.about()):
        raise SyncRefused(said)


def ways(mine: Hello, theirs: Hello) -> dict[str, tuple[str, str]]:
    """table → its direction on both sides."""
    there = {shape.name: shape.direction for shape in theirs.tables}
    return {shape.name: (shape.direction, there.get(shape.name, "both")) for shape in mine.tables}


def serve(
    order: SyncOrder, stores: Callable[[str, str], Store], send: Callable[[Mapping[str, object]], None]
) -> Outcome:
    """In the worker: one round, its end as data."""
    store = stores(order["database"], order["schema"])
    assert isinstance(store, SqlStore)
    clock = Clock()

    def emit(name: str, facts: Mapping[str, int | str]) -> None:
        send({"event": name, "claim": "", "file": "", "said": None, "facts": dict(facts)})

    try:
        with opened(order, store, lambda: clock.now().wall) as ends:
            done = now(ends, clock)
    except PipelineError as error:
        return {"deed": problem(error), "said": error.said.to_json(), "ids": [], "claim": ""}
    facts: dict[str, int | str] = {
        "peer": done.there,
        "pulled": done.pulled.rows,
        "pushed": done.pushed.rows,
        "loaded": done.loaded,
    }
    conflicts = done.pulled.conflicts + done.pushed.conflicts
    emit("sync.finished", {**facts, "conflicts": conflicts, "held": done.pulled.held})
    if conflicts:
        emit("conflict.recorded", {"peer": done.there, "conflicts": conflicts})
    return {"deed": "synced", "said": None, "ids": [], "claim": ""}
