"""The seam of synchronisation: one database that takes part, as its peer sees it, and what passes between two.

A replica numbers its own changes by *marks*: 1, 2, 3 …; everything stamped in one go has one mark. A batch carries
all rows whose last change has a mark above `since` and up to `until`, each as it is now, with the clock of each
column. It is applied whole, in one transaction of the receiver, or not at all.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, Literal, Protocol, TypeVar, get_type_hints

from pipeline.errors import Environment, PipelineError
from pipeline.words import Message

PROTOCOL = 1
RECORDS = "!"  # the records of what was lost, where a table is named
SKEW_S = 600  # a peer whose clock is further ahead is held

Outcome = Literal["applied", "nothing", "again", "not_next", "stale"]
Stage = Literal["new", "loading", "live"]


class SyncRefused(PipelineError):
    """These two cannot be synchronised until a person changes something; the sentence says what."""


class SyncHeld(Environment):
    """Nothing is exchanged for now (a clock, a peer that was restored, a first contact not accepted)."""


class SyncRejoin(SyncHeld):
    """This side forgot what its peer had of it: an old backup or a copy. It must rejoin (`rejoining.rejoin`)."""


class PeerForgot(SyncHeld):
    """The peer forgot what it gave or got. `since`, `last`: what I have of it, for it to see that itself."""

    def __init__(self, said: Message, since: int, last: str) -> None:
        super().__init__(said)
        self.since, self.last = since, last


@dataclass(frozen=True, slots=True)
class Shape:
    """A table that takes part. `columns`: (name, kind), kinds as in `store.syncing.codec`; `key`: the columns that
    say which row it is; `direction`: "both", "pull" (only comes) or "push" (only goes), as this side has it."""

    name: str
    key: tuple[str, ...]
    columns: tuple[tuple[str, str], ...]
    direction: str = "both"


@dataclass(frozen=True, slots=True)
class Hello:
    """Who a replica is. `incarnation`: of its database's own life, new after a rejoin; `mark`: up to where its
    changes are numbered; `wall`: its clock, UTC; `filled`: has any of its tables a row? For the one who is greeted:
    `since`: up to which of your marks I have; `seen`: up to which of my marks I know that you have; `last`: your
    last batch that I applied, "" none; `stage`: how far the two know each other; `of`: your incarnation as I know
    it, "" none; `hlc`: my hybrid clock; `accepted`: a person agreed to join two filled databases."""

    site: str
    incarnation: str
    protocol: int
    tables: tuple[Shape, ...]
    wall: datetime
    mark: int
    filled: bool
    since: int = 0
    seen: int = 0
    last: str = ""
    stage: Stage = "new"
    of: str = ""
    hlc: int = 0
    accepted: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of a batch: gzip NDJSON, `size` bytes, `sha256` in hex."""

    n: int
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Batch:
    """What a replica offers. `id` "": nothing is new, only `seen` is told. `to`: the incarnation that it is meant
    for, "" at first contact; `seen`: up to which of the receiver's marks the sender had applied; `hlc`: the
    sender's hybrid clock; `rows`: how many; `tables`: the columns of each table in the order of the rows' values."""

    id: str
    site: str
    incarnation: str
    to: str
    since: int
    until: int
    seen: int
    hlc: int
    wall: datetime
    rows: int
    parts: tuple[Part, ...]
    tables: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of a batch. `outcome`: "again" it was applied before; "not_next" it is late or repeated and is
    asked for again; "stale" it is of, or for, an incarnation that is no more; "nothing" there was nothing in it.
    `held`: rows that wait; `conflicts`: new records; `renamed`, `revived`: rows that the rules changed."""

    outcome: Outcome
    batch: str = ""
    rows: int = 0
    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    conflicts: int = 0
    renamed: int = 0
    revived: int = 0
    held: int = 0


@dataclass(frozen=True, slots=True)
class Round:
    """A whole round: what came, what went, and rows of a first load."""

    here: str
    there: str
    pulled: Applied
    pushed: Applied
    loaded: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of one table in the order of its key, after `after` (a key as JSON, "" from the start). `rows`: gzip
    NDJSON; `last`: the key of the last one, "" when the table ends here."""

    table: str
    columns: tuple[str, ...]
    rows: bytes
    count: int
    last: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a first load is: the table it is in, the last key, and both marks when it began: `since` the peer's,
    `seen` mine."""

    table: str
    after: str
    since: int
    seen: int


@dataclass(frozen=True, slots=True)
class Taken:
    """Rows of a page that were new, and those that wait for a parent that comes later."""

    new: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Sums:
    """A checksum of a table: rows, and of each bucket the sum of the rows' 64-bit digests, modulo 2**64. Equal
    tables have equal sums whatever the database."""

    rows: int
    buckets: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Entries:
    """A page of a table in the order of some columns: their values as a JSON list, and of each row its digest, or its
    own key. `last`: where the next page begins, "" when there is none."""

    rows: tuple[tuple[str, str], ...]
    last: str


@dataclass(frozen=True, slots=True)
class About:
    """What `plan` must know of a database. `refused`: tables that cannot take part, with the sentence as data;
    `uniques`: the unique keys of each table; `numbered`: tables whose keys the database counts itself;
    `orders`: "table.column" of unique texts → how they are held equal, where that is not letter by letter;
    `unlogged`: tables of which not every change is recorded."""

    engine: str
    refused: Mapping[str, str]
    uniques: Mapping[str, tuple[tuple[str, ...], ...]]
    numbered: tuple[str, ...]
    orders: Mapping[str, str]
    unlogged: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Memory:
    """What a replica remembers of a peer that must rejoin: its own mark and hybrid clock now, and the ids of the
    peer's batches that it applied, newest first."""

    mark: int
    hlc: int
    incarnation: str
    batches: tuple[str, ...]


class Replica(Protocol):
    """One database that takes part: in this process, or behind HTTPS. Every verb raises `SyncRefused`, `SyncHeld`,
    `SyncRejoin` or what the store's verbs raise; none leaves half of its deed."""

    def hello(self, said: Hello | None) -> Hello:
        """Who I am; with the peer's own hello also what I have of it. Judges the peer first, and raises."""

    def offer(self, peer: str, since: int, last: str) -> Batch:
        """All that is new after `since`, the peer's last batch being `last`: made now, or found again when the
        peer has not had the one made before. Raises SyncRejoin when `last` is not known here: then a head office holds
        everyone until a person decides."""

    def part(self, batch: str, n: int) -> bytes:
        """A piece of a batch that was offered."""

    def missing(self, batch: Batch) -> list[int]:
        """Which pieces are not stored here yet."""

    def store(self, batch: Batch, n: int, data: bytes) -> None:
        """Keep a piece, durably. Raises SyncHeld when it is not what was announced."""

    def apply(self, batch: Batch) -> Applied:
        """The whole batch in one transaction."""

    def page(self, peer: str, table: str, after: str) -> Page:
        """A page of a table, for a first load, a rejoin, and to find differences; or of the records (`RECORDS`)."""

    def progress(self, said: Hello) -> Progress:
        """How far the first load from this peer is; begins one when there is none."""

    def take(self, peer: str, page: Page) -> Taken:
        """Write a page of a first load, and how far it is. Rows that are there already stay as they are."""

    def settle(self, said: Hello, since: int, seen: int) -> None:
        """From here on by batches: I have the peer's changes up to its mark `since`, it has mine up to `seen`."""

    def memory(self, peer: str) -> Memory:
        """What is remembered of a peer that must rejoin. Stamps first."""

    def sums(self, table: str, buckets: int) -> Sums:
        """The checksum of a table, its rows dealt to so many buckets (a power of two) by what they hold."""

    def entries(self, table: str, by: Sequence[str], after: str, buckets: Collection[int]) -> Entries:
        """A page of a table's rows: by the key, each with its digest (only of these of `sums.BUCKETS` buckets, if
        some are named), or by a unique key, each with what tells its own key."""

    def about(self) -> About:
        """What `plan` must know."""


T = TypeVar("T")


def to_json(thing: Any) -> str:
    """One of the dataclasses above as JSON (a page's bytes do not go this way)."""
    return json.dumps(asdict(thing), default=_plain, separators=(",", ":"), ensure_ascii=False)


def from_json(kind: type[T], text: str | bytes) -> T:
    """The opposite. Raises ValueError for what is not one: a wrong type, a missing field."""
    return from_plain(kind, json.loads(text))


def from_plain(kind: type[T], value: Any) -> T:
    """As `from_json`, of JSON that is read already."""
    try:
        made = _made(kind, value)
    except (TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ValueError(str(error)) from error
    assert isinstance(made, kind)
    return made


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"no JSON for {type(value).__name__}")


def _made(kind: Any, value: Any) -> Any:
    """A value of JSON as this type has it."""
    if hasattr(kind, "__dataclass_fields__"):
        known = get_type_hints(kind)
        return kind(**{f.name: _made(known[f.name], value[f.name]) for f in fields(kind) if f.name in value})
    origin = getattr(kind, "__origin__", None)
    args: tuple[Any, ...] = getattr(kind, "__args__", ())
    if origin is tuple:
        if not isinstance(value, list):
            raise TypeError("a list was expected")
        if len(args) == 2 and args[1] is Ellipsis:
            return tuple(_made(args[0], one) for one in value)
        return tuple(_made(each, one) for each, one in zip(args, value, strict=True))
    if origin is not None and origin is not Literal:
        return {str(name): _made(args[1], one) for name, one in value.items()}
    if kind is datetime:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError("a moment without its zone")
        return moment
    if origin is Literal:
        if value not in args:
            raise ValueError(f"{value!r} is none of {args}")
        return value
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise TypeError(f"{kind.__name__} was expected")
    return value
