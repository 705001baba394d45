"""One round between two replicas, the same by URL, by HTTPS and in the simulator."""

from __future__ import annotations

from pipeline.faults import point
from pipeline.sync.local import LocalReplica
from pipeline.sync.rejoining import rejoin
from pipeline.sync.replica import RECORDS, Applied, Hello, Replica, Round, SyncHeld
from pipeline.words import message


def round_(here: Replica, there: Replica) -> Round:
    """Both directions, the peer's changes first. Raises what the replicas raise; nothing is half done then."""
    theirs = there.hello(here.hello(None))
    mine = here.hello(theirs)
    loaded = 0
    if mine.stage != "live" or theirs.stage != "live":
        loaded = _first(here, there, mine, theirs)
        theirs = there.hello(here.hello(None))
        mine = here.hello(theirs)
    pulled = pull(here, there, mine)
    pushed = pull(there, here, theirs)
    return Round(mine.site, theirs.site, pulled, pushed, loaded)


def pull(to: Replica, of: Replica, to_hello: Hello) -> Applied:
    """One direction: what `of` has that `to` has not. `to_hello`: what `to` said of itself to `of`."""
    batch = of.offer(to_hello.site, to_hello.since, to_hello.last)
    point("sync.offered")
    for n in to.missing(batch):
        to.store(batch, n, of.part(batch.id, n))
        point("sync.stored")
    return to.apply(batch)


def _first(here: Replica, there: Replica, mine: Hello, theirs: Hello) -> int:
    """First contact: the side that is empty, or was being loaded, is loaded from the other."""
    if "loading" in (mine.stage, theirs.stage):
        return load(here, there, theirs) if mine.stage == "loading" else load(there, here, mine)
    if not mine.filled:
        return load(here, there, theirs)
    if not theirs.filled:
        return load(there, here, mine)
    if mine.accepted and isinstance(here, LocalReplica):
        return rejoin(here, there).again
    raise SyncHeld(message("syncing.both_filled", peer=theirs.site))


def load(to: Replica, of: Replica, said: Hello) -> int:
    """Fill `to` with what `of` has, page by page, parents first; goes on where it was cut off. `said`: the hello
    of `of` to `to`. How many rows were new."""
    at = to.progress(said)
    known = to.hello(said)
    order = [shape.name for shape in said.tables if shape.direction != "pull"]
    if at.table in order:
        order = order[order.index(at.table) :]
    order.append(RECORDS)
    rows = sum(_table(to, of, known, said, name, at.after if name == at.table else "") for name in order)
    to.settle(said, at.since, at.seen)
    of.settle(known, at.seen, at.since)
    return rows


def _table(to: Replica, of: Replica, known: Hello, said: Hello, name: str, after: str) -> int:
    """One table; once more while rows go in whose parents had to come first."""
    rows = 0
    while True:
        new, waiting, more = 0, 0, True
        while more:
            page = of.page(known.site, name, after)
            point("sync.paged")
            taken = to.take(said.site, page)
            new, waiting, after = new + taken.new, waiting + taken.waiting, page.last
            more = bool(page.last)
        rows += new
        if not (waiting and new):
            return rows
