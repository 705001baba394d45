"""A replica in this process: the database behind a store."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256

from pipeline.faults import point
from pipeline.store.syncing.model import Desk, Peer, Record, Site, Syncing
from pipeline.store.syncing.shapes import Table
from pipeline.sync import judging
from pipeline.sync.applying import Applying
from pipeline.sync.clocks import Coming
from pipeline.sync.loading import page, record_page, records_of, take
from pipeline.sync.replica import (
    PROTOCOL,
    RECORDS,
    SKEW_S,
    About,
    Applied,
    Batch,
    Entries,
    Hello,
    Memory,
    Outcome,
    Page,
    PeerForgot,
    Progress,
    Shape,
    Sums,
    SyncHeld,
    SyncRefused,
    SyncRejoin,
    Taken,
    from_json,
)  # fmt: skip
from pipeline.sync.sending import came, offer
from pipeline.sync.stamping import stamp
from pipeline.words import Message, message, render

ROWS = 5_000  # of a look through a whole table


class LocalReplica:
    """`Replica` on a database. `site`: the name of this database among its peers; `peers`: those that it knows,
    None for anyone who may come in; `directions`: table → "pull" or "push" where it is not both; `hub`: others join
    here, so a restored backup of it is never healed by itself; `now`: the moment, UTC;
    `skew_s`: how far a peer's clock may be ahead."""

    def __init__(
        self,
        syncing: Syncing,
        site: str,
        peers: Collection[str] | None,
        now: Callable[[], datetime],
        directions: Mapping[str, str] | None = None,
        *,
        hub: bool = False,
        skew_s: float = SKEW_S,
    ) -> None:
        self.syncing, self.site, self._peers, self.now = syncing, site, peers, now
        self._directions, self._hub, self._skew_s = directions or {}, hub, skew_s

    # who is there ----------------------------------------------------------------------------------------
    def hello(self, said: Hello | None) -> Hello:
        with self.syncing.reading() as desk:
            me = self.me(desk)
            if said is None:
                return self._hello(desk, me)
            mine = self._hello(desk, me)
            judging.judge(mine, said, self._peers, self._skew_s)
            peer = desk.peer(said.site)
            if peer is None:
                desk.set_peer(said.site)
                peer = Peer(said.site)
            if me.held or peer.held:
                why = render(Message.from_json(me.held or peer.held))
                raise SyncHeld(message("syncing.held", peer=said.site, why=why))
            if peer.stage == "live":
                self._remembered(desk, me, peer, said)
            else:
                me = stamp(desk, me)
            return replace(
                mine, mark=me.mark, hlc=me.hlc, filled=peer.stage != "live" and desk.filled(), since=peer.since, seen=peer.seen,
                last=peer.last, stage=peer.stage, of=peer.incarnation, accepted=peer.accepted,
            )  # fmt: skip

    def _hello(self, desk: Desk, me: Site) -> Hello:
        shapes = tuple(
            Shape(
                t.name, t.key, tuple((c.name, c.kind) for c in t.cols), self._directions.get(t.name, "both")
            )
            for t in desk.tables.values()
        )
        return Hello(me.site, me.incarnation, PROTOCOL, shapes, self.now(), me.mark, False, hlc=me.hlc)

    def me(self, desk: Desk) -> Site:
        """Who this database is; at the very first time that is made up."""
        me = desk.site()
        if me is None:
            made = f"{self.site}.{secrets.token_hex(6)}"
            desk.set_site(site=self.site, incarnation=made, hlc=0, mark=0, log_mark=desk.log_end(), held="")
            me = desk.site()
            assert me is not None
        if me.site != self.site:
            raise SyncRefused(message("syncing.other_name", known=me.site, site=self.site))
        return me

    def _remembered(self, desk: Desk, me: Site, peer: Peer, said: Hello) -> None:
        """Do both remember the same? Only asked when the peer tells what it has of me."""
        if not said.of and said.stage == "new" and not said.last:
            return  # its first word, before it knows who I am
        if said.of != me.incarnation or said.incarnation != peer.incarnation:
            raise SyncRejoin(message("syncing.other_life", peer=said.site))
        if (said.last and desk.sent(said.last) is None) or said.since > me.mark:
            raise SyncRejoin(message("syncing.forgotten", peer=said.site))
        if said.since < peer.seen:
            raise PeerForgot(message("syncing.peer_forgot", peer=said.site), peer.since, peer.last)

    def _forgot(self, peer: str) -> SyncRejoin:
        """This database is an old copy of itself. A head office then holds everyone, until `release`."""
        said = message("syncing.forgotten", peer=peer)
        if self._hub:
            with self.syncing.writing(lock=False) as desk:
                desk.set_site(held=said.to_json())
        return SyncRejoin(said)

    def release(self) -> None:
        """A person has decided: this database goes on as it is, with a new life; every peer must join it again."""
        with self.syncing.writing(lock=False) as desk:
            me = self.me(desk)
            desk.set_site(incarnation=f"{me.site}.{secrets.token_hex(6)}", held="")

    # sending ---------------------------------------------------------------------------------------------
    def offer(self, peer: str, since: int, last: str) -> Batch:
        with self.syncing.writing(lock=False) as desk:
            me, known = self.me(desk), desk.peer(peer)
            if known is None or known.stage != "live":
                raise SyncHeld(message("syncing.unknown_peer", peer=peer))
            if (not last or desk.sent(last) is not None) and since <= me.mark:
                return self._offer(desk, me, known, since)
        raise self._forgot(peer)

    def _offer(self, desk: Desk, me: Site, known: Peer, since: int) -> Batch:
        peer = known.peer
        if known.lapsed:
            raise SyncRejoin(message("syncing.lapsed", peer=peer))
        if since < known.seen:  # who asks forgot what it got; it may have given nothing since, and not know
            said = message("syncing.peer_forgot", peer=peer)
            raise SyncRejoin(said) if self._hub else SyncHeld(said)
        me = stamp(desk, me)
        desk.delivered(peer, since)
        before = desk.offered(peer, since)
        if before is not None:
            made = from_json(Batch, before)
            if made.incarnation == me.incarnation and made.to == known.incarnation:
                return made
        sends = [name for name in desk.tables if self._directions.get(name) != "pull"]
        return offer(desk, me, known, since, sends, secrets.token_hex(12), self.now())

    def part(self, batch: str, n: int) -> bytes:
        with self.syncing.reading() as desk:
            data = desk.part(batch, n)
        if data is None:
            raise SyncHeld(message("syncing.no_batch", peer=batch))
        return data

    # receiving -------------------------------------------------------------------------------------------
    def missing(self, batch: Batch) -> list[int]:
        if not batch.parts:
            return []
        with self.syncing.reading() as desk:
            if desk.applied(batch.id):
                return []
            here = desk.parts(batch.id)
        return [part.n for part in batch.parts if here.get(part.n) != part.size]

    def store(self, batch: Batch, n: int, data: bytes) -> None:
        told = {part.n: part for part in batch.parts}.get(n)
        if told is None or len(data) != told.size or sha256(data).hexdigest() != told.sha256:
            raise SyncHeld(message("syncing.bad_part", peer=batch.site))
        with self.syncing.writing(lock=False) as desk:
            desk.add_part(batch.id, n, data, incoming=True)

    def apply(self, batch: Batch) -> Applied:
        judging.clock(batch.site, batch.wall, self.now(), self._skew_s)
        if not batch.id:
            return self._told(batch)
        with self.syncing.writing(lock=self._writes(batch)) as desk:
            point("sync.begun")
            me, peer = self.me(desk), desk.peer(batch.site)
            if desk.applied(batch.id):
                return Applied("again", batch.id)
            refused = self._fits(me, peer, batch)
            if refused is not None:
                return Applied(refused, batch.id)
            me = stamp(desk, me)
            point("sync.stamped")
            rows: list[Coming] = []
            records = []
            tables = {n: t for n, t in desk.tables.items() if self._directions.get(n) != "push"}
            for part in batch.parts:
                data = desk.part(batch.id, part.n)
                if data is None:
                    raise SyncHeld(message("syncing.bad_part", peer=batch.site))
                some, told = came(data, batch, tables)
                rows += some
                records += told
            done = Applying(desk, batch.site, me.mark, self.now()).apply(rows, records)
            desk.set_site(hlc=max(me.hlc, batch.hlc), mark=done.mark)
            desk.add_applied(batch.id, batch.site, batch.until, self.now())
            desk.set_peer(
                batch.site,
                since=batch.until,
                seen=max(batch.seen, peer.seen if peer else 0),
                last=batch.id,
                at=self.now(),
            )
            if batch.parts:
                desk.drop_incoming()
        point("sync.committed")
        return Applied(
            "applied", batch.id, len(rows), done.inserted, done.updated, done.deleted, done.conflicts, done.renamed,
            done.revived, done.held,
        )  # fmt: skip

    def _writes(self, batch: Batch) -> bool:
        """May this batch change rows? One that only moves the cursor waits for nobody's transaction."""
        if batch.parts:
            return True
        with self.syncing.reading() as desk:
            return bool(desk.held())

    def _fits(self, me: Site, peer: Peer | None, batch: Batch) -> Outcome | None:
        """Why this batch cannot be the next one here."""
        if peer is None or peer.stage != "live":
            return "stale"
        if peer.incarnation != batch.incarnation or batch.to != me.incarnation:
            return "stale"
        return "not_next" if batch.since != peer.since else None

    def _told(self, batch: Batch) -> Applied:
        """Nothing is new there, but how much of mine it has."""
        with self.syncing.reading() as desk:
            me, peer = self.me(desk), desk.peer(batch.site)
            refused = self._fits(me, peer, batch)
            if refused is None and peer is not None and peer.seen < batch.seen:
                desk.set_peer(batch.site, seen=batch.seen, at=self.now())
        return Applied(refused or "nothing")

    def tidy(self, lapse: timedelta | None = None) -> int:
        """Forget the clocks of rows that every peer has. How many rows. `lapse`: who was not heard of for longer
        is waited for no more, and must join again."""
        with self.syncing.writing(lock=False) as desk:
            peers = []
            for peer in desk.peers():
                if (
                    lapse is not None
                    and peer.at is not None
                    and self.now() - peer.at > lapse
                    and not peer.lapsed
                ):
                    desk.set_peer(peer.peer, lapsed=True)
                elif not peer.lapsed:
                    peers.append(peer)
            return desk.forget(min(p.seen for p in peers)) if peers else 0

    # whole tables ----------------------------------------------------------------------------------------
    def page(self, peer: str, table: str, after: str) -> Page:
        with self.syncing.reading() as desk:
            if table == RECORDS:
                return record_page(desk, after)
            return page(desk, self._table(desk, table), after)

    def progress(self, said: Hello) -> Progress:
        with self.syncing.writing(lock=False) as desk:
            me = stamp(desk, self.me(desk))
            peer = desk.peer(said.site) or Peer(said.site)
            if peer.stage != "loading":
                peer = replace(peer, stage="loading", load_table="", load_after="", load_since=said.mark, load_seen=me.mark)  # fmt: skip
                desk.set_peer(
                    said.site, stage="loading", load_table="", load_after="", load_since=said.mark,
                    load_seen=me.mark, incarnation=said.incarnation,
                )  # fmt: skip
                desk.set_site(hlc=max(me.hlc, said.hlc))
        return Progress(peer.load_table, peer.load_after, peer.load_since, peer.load_seen)

    def take(self, peer: str, page: Page) -> Taken:
        with self.syncing.writing(lock=True) as desk:
            if page.table == RECORDS:
                return Taken(desk.add_records(records_of(page, peer), self.me(desk).mark), 0)
            done = take(desk, peer, self._table(desk, page.table), page)
            desk.set_peer(peer, load_table=page.table, load_after=page.last)
        point("sync.taken")
        return done

    def settle(self, said: Hello, since: int, seen: int) -> None:
        with self.syncing.writing(lock=False) as desk:
            me = self.me(desk)
            desk.set_site(hlc=max(me.hlc, said.hlc))
            desk.set_peer(
                said.site, incarnation=said.incarnation, since=since, seen=seen, last="", stage="live", held="",
                load_table="", load_after="", lapsed=False, at=self.now(),
            )  # fmt: skip

    def memory(self, peer: str) -> Memory:
        with self.syncing.writing(lock=False) as desk:
            me = stamp(desk, self.me(desk))
            return Memory(me.mark, me.hlc, me.incarnation, tuple(desk.applied_of(peer)))

    def sums(self, table: str, buckets: int) -> Sums:
        rows, sums = self.syncing.sums(table, buckets)
        return Sums(rows, tuple(sums))

    def entries(self, table: str, by: Sequence[str], after: str, buckets: Collection[int]) -> Entries:
        rows, last = self.syncing.entries(table, by, after, buckets)
        return Entries(tuple(rows), last)

    def about(self) -> About:
        return About(**self.syncing.about())

    def records(self) -> list[Record]:
        """Everything that was lost or changed by the rules, in the order of its id."""
        with self.syncing.reading() as desk:
            found, after = [], ""
            while some := desk.records_after(after, ROWS):
                found += some
                after = some[-1].id
        return found

    def resolved(self, id: str, who: str) -> bool:
        """A person has settled this record; the peers learn of it. Was there one that was open?"""
        with self.syncing.writing(lock=False) as desk:
            me = stamp(desk, self.me(desk))
            mine = [r for r in desk.records_after("", 10**9) if r.id == id and r.state == "open"]
            if mine:
                done = [mine[0]._replace(state="resolved", settled_by=who)]
                desk.add_records(done, me.mark + 1)
                desk.set_site(mark=me.mark + 1)
        return bool(mine)

    def accept(self, peer: str) -> None:
        """A person agrees that two filled databases become one."""
        with self.syncing.writing(lock=False) as desk:
            desk.set_peer(peer, accepted=True)

    def _table(self, desk: Desk, name: str) -> Table:
        if name not in desk.tables:
            raise SyncRefused(message("syncing.no_table", table=name))
        return desk.tables[name]
