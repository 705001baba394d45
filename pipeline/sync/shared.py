"""The synchronisation of one installation as `Pipeline` offers it."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from pipeline import files as disk
from pipeline.clock import Clock
from pipeline.jobs import Settings
from pipeline.store.model import Store

if TYPE_CHECKING:
    from pipeline.store.base import SqlStore
    from pipeline.store.syncing.settling import Keep
    from pipeline.sync.local import LocalReplica
    from pipeline.sync.peering import Peering


class Shared:
    """Verbs of `Pipeline`; what they need is loaded when they are called."""

    settings: Settings
    _clock: Clock
    _replica: LocalReplica | None = None

    def _made(self) -> Store:
        raise NotImplementedError

    def _person(self) -> str:
        raise NotImplementedError

    def peers(self) -> Peering:
        """The synchronisation of this installation, also of one that is only served to others."""
        from pipeline.sync.peering import Peering

        return Peering(self.settings, cast("SqlStore", self._made()), self._clock)

    def settle(self, id: str, keep: Keep) -> int | None:
        """Settle a record of synchronisation. The number of the ledger's entry that `undo` takes, None when no row
        was changed. Raises PipelineError when it cannot be settled so."""
        now = self._clock.now().wall
        return self.peers().resolve(id, keep, self._person(), disk.new_claim(now))

    def answer_peer(self, verb: str, content: bytes) -> bytes:
        """What a peer asks of this database over the network, see `pipeline.sync.wire`. Raises PipelineError."""
        from pipeline.sync import ends, wire

        store = cast("SqlStore", self._made())
        if self._replica is None:
            self._replica = ends.served(store, self.settings, lambda: self._clock.now().wall)
        if verb == "hello":
            ends.guard(self._replica, store)
        return wire.answer(self._replica, verb, content)
