"""The seam for remote folders: which file was taken there, by whom, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

FarState = Literal["taken", "here", "settled"]


@dataclass(frozen=True, slots=True)
class FarFile:
    """A file of a remote folder in one state of its content. `taken`: by `owner` until `until`, being fetched;
    `here`: fetched; `settled`: imported, and moved, deleted or left there as asked. `after_id`: the newest number of
    the ledger before it came."""

    id: int
    source: str  # the folder's address
    key: str
    mark: str
    name: bytes
    size: int | None
    state: FarState
    owner: str
    until: datetime
    fingerprint: bytes
    after_id: int
    seen_at: datetime
    fetched_at: datetime | None
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Queued:
    """A file of an export that lies here to be sent: its row in the ledger, and its place in the order."""

    id: int
    sequence: int
    part: int
    published: bool  # with its companions, if it has some


class Afar(Protocol):
    """Raises as the store's verbs do."""

    def known(self, source: str, keys: Sequence[str]) -> Mapping[tuple[str, str], FarFile]:
        """By key and mark, what is known of these keys."""

    def by_ids(self, ids: Sequence[int]) -> list[FarFile]: ...

    def take(
        self, source: str, key: str, mark: str, name: bytes, size: int | None, owner: str, until: datetime,
        now: datetime,
    ) -> FarFile | None:  # fmt: skip
        """It is ours until then: nobody took it yet, or its time is up, or it was settled before and lies there again.
        None: another has it, or it is here."""

    def renew(self, id: int, owner: str, until: datetime) -> bool:
        """Ours for longer. False: another took it over."""

    def fetched(self, id: int, owner: str, fingerprint: bytes, size: int, now: datetime) -> bool:
        """Its bytes are here, whole. False: another took it over."""

    def committed(self, source: str, jobs: Sequence[str]) -> list[FarFile]:
        """Those that are here whose content one of these jobs has committed since they came, not settled yet."""

    def settle(self, ids: Sequence[int], now: datetime) -> None:
        """What was to be done there is done."""

    def of_name(self, name: bytes) -> list[FarFile]:
        """Newest first."""

    def queued(self, job: str, names: Sequence[bytes]) -> Mapping[bytes, Queued]:
        """The newest exported file of each of these names."""

    def sent(self, id: int, url: str, now: datetime) -> None:
        """This exported file has appeared there."""

    def sent_to(self, id: int) -> tuple[str, datetime] | None: ...
