"""Which files of a listing may be fetched. Pure: listings and moments are arguments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.remote.model import Found


@dataclass(slots=True)
class Settling:
    """What earlier listings of one folder said, on our own monotonic clock: the server's is never asked."""

    since: dict[str, tuple[str, float]] = field(default_factory=dict)  # key → mark, since when
    before: frozenset[str] | None = None  # the keys of the listing before the last

    def look(
        self, listing: Sequence[Found], mono: float, settle_s: float
    ) -> tuple[list[Found], float | None]:
        """Those that did not change for so long, in their order, and after how many seconds another look tells more;
        None: nothing settles."""
        self.before = frozenset(self.since) if self.before is not None or self.since else None
        after: dict[str, tuple[str, float]] = {}
        for one in listing:
            old = self.since.get(one.key)
            after[one.key] = old if old is not None and old[0] == one.mark else (one.mark, mono)
        self.since = after
        still = {key: mono - since for key, (_, since) in after.items()}
        ready = [one for one in listing if still[one.key] >= settle_s]
        rest = [settle_s - seconds for seconds in still.values() if seconds < settle_s]
        return sorted(ready, key=lambda one: one.age), min(rest, default=None)

    def came_back(self, key: str) -> bool:
        """Was it missing from the listing before?"""
        return self.before is not None and key not in self.before
