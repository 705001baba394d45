"""The one seam to the database: these nouns and the verbs of `Store`. SQLite and PostgreSQL sit one exam.

Every verb raises `Environment` when the database is out of reach, locked or full (try again later),
`MappingUnfit` when a table or column is missing, and nothing else of the database's own errors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal, Protocol

from pipeline.brake import Brake, Closed
from pipeline.mapping.model import Catalogue, Column, Plan
from pipeline.store.added import Looker, OwnField
from pipeline.store.told import Attempt as Attempt
from pipeline.store.told import ChangedCell as ChangedCell
from pipeline.store.told import LeftRow as LeftRow
from pipeline.store.told import Undo as Undo
from pipeline.store.told import UndoneTable as UndoneTable
from pipeline.store.told import WrittenRow as WrittenRow
from pipeline.words import MEMBER_LINE, Language, Message

if TYPE_CHECKING:
    import polars as pl  # only a worker handles rows: the service stays small

    from pipeline.mapping.sections.model import Outcast
    from pipeline.store.afar.model import Afar
    from pipeline.store.browsing import Browser
    from pipeline.store.exporting.model import Exports
    from pipeline.store.keeping import Keeping
    from pipeline.store.notices import Notices
    from pipeline.store.people.model import People
    from pipeline.store.syncing.standing import Standing

FileState = Literal[
    "committed", "archived", "duplicate", "failed", "undone", "undo", "held", "approved", "rejected"
]
Repeat = Literal["skip", "apply"]


@dataclass(frozen=True, slots=True)
class Arrival:
    """A claimed file, as the ledger identifies it. `claim` is unique for ever (32 hex digits, UUIDv7).

    `repeat` says what content means that the job loaded before: `skip` never loads it twice, `apply` skips it
    only when the job loaded nothing else since."""

    claim: str
    job: str
    name: bytes
    size: int
    fingerprint: bytes  # SHA-256 of the bytes that were parsed, 32 bytes; b"" when the file could not be read
    seen_at: datetime
    claimed_at: datetime
    mapping: str = ""
    repeat: Repeat = "apply"
    folder: str = ""  # the folder it came from, printable
    source_state: str = ""  # of an original that stays where it is: "dev:ino:size:mtime_ns"
    replay_of: int | None = None  # the ledger file that is loaded again: never a duplicate
    rests_on: tuple[
        str, ...
    ] = ()  # its rows hold its "folder" or "name": the same content of another is no repeat
    mapping_version: int | None = None  # which version of the mapping loads it
    correction_of: int | None = None  # the ledger file whose refused rows it brings, mended
    delivery: str | None = None  # the claim of the first file of those that go in together


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that was not taken: line, file column, value, reason, and the row's own bytes."""

    line: int
    column: str
    value: str
    said: Message
    raw: bytes

    @property
    def own_line(self) -> int:
        """The line as its sender counts: in one file among several of an archive, its own."""
        return int(self.said.args.get(MEMBER_LINE, self.line))


@dataclass(frozen=True, slots=True)
class LedgerFile:
    """One row of the ledger: one arrival of a file and what became of it."""

    id: int
    claim: str
    job: str
    name: bytes
    size: int
    fingerprint: bytes
    state: FileState
    reason: Message | None
    mapping: str
    rows_read: int
    inserted: int
    updated: int
    unchanged: int
    refused: int
    duplicates: int  # rows of the file that a later row with the same key replaced
    dialect: str  # JSON of how the file was read, "" when it was not
    seen_at: datetime
    claimed_at: datetime
    committed_at: datetime | None  # when it reached its state in the database
    archived_at: datetime | None
    archived_as: str  # path, "" until moved
    folder: str = ""
    source_state: str = ""
    replay_of: int | None = None
    earlier: int | None = None  # the file of this name that the job loaded before, with other content
    deleted: int = 0
    undo_of: int | None = None  # the entry that this one takes back; its own state is `undo`
    log_from: int | None = None  # the change log's last number before its own changes
    stale: int = 0  # records older than what was there
    absent: int = 0  # rows that were to change or delete a record which was not there
    waiting: int = 0  # rows that wait for a document of a later file
    mapping_version: int | None = None
    correction_of: int | None = None
    delivery: str | None = None
    kind: str = "import"  # or "export": a file that was written


@dataclass(frozen=True, slots=True)
class MappingVersion:
    """A mapping as it was when a file was loaded with it. `number`: 1, 2, 3 … of its name."""

    name: str
    number: int
    text: str
    first_used: datetime


class Staging(Protocol):
    """One file's rows on their way: outside the main transaction, gone with `close`. A context manager."""

    def add(self, frame: pl.DataFrame) -> None:
        """Stage rows. `frame`: `_line` (Int64) and the plan's targets, typed: String, Int64, Decimal(38, scale),
        Date, Datetime('us', 'UTC'), Boolean. A target whose field has `blank = "keep"` may hold nulls that
        mean: leave as it is."""

    def refuse(self, rows: Sequence[RefusedRow]) -> None:
        """Stage refused rows."""

    def close(self) -> None: ...

    def __enter__(self) -> Staging: ...

    def __exit__(self, *exc: object) -> None: ...


class SectionsStaging(Protocol):
    """One file's rows for several tables on their way; as `Staging` otherwise."""

    @property
    def refused(self) -> set[int]:
        """The lines that were refused."""

    def add(self, section: str, frame: pl.DataFrame) -> None:
        """Stage a section's rows. `frame`: `_line`, `_doc` (Int64) and the section's columns, typed as for one table."""

    def lines(self, frame: pl.DataFrame) -> None:
        """Note which document each record belongs to: `_line`, `_doc`."""

    def cast_out(self, outcasts: Sequence[Outcast]) -> None:
        """Note what cannot be taken, so that the commit leaves out what must go with it."""

    def refuse(self, rows: Sequence[RefusedRow]) -> None:
        """Stage refused rows, each line once."""

    def close(self) -> None: ...

    def __enter__(self) -> SectionsStaging: ...

    def __exit__(self, *exc: object) -> None: ...


@dataclass(frozen=True, slots=True)
class Load:
    """One file ready to be committed. `raws` gives the own bytes of records by their lines, for rows that only
    the database itself refuses."""

    arrival: Arrival
    staging: Staging | SectionsStaging
    plan: Plan
    rows_read: int
    dialect: str  # JSON
    max_refused: int | None = None  # more refused rows than this: the file fails
    raws: Callable[[Sequence[int]], Mapping[int, bytes]] | None = None
    brake: Brake | None = None  # when it looks unlike the job's earlier files it becomes `held`
    closed: Closed | None = None  # when it touches that, it becomes `held`
    lines: tuple[int, int] | None = (
        None  # of a staging that several files share: the first and last of its own
    )
    of_member: Callable[[int, Message], Message] | None = (
        None  # names the file of an archive that a line is in
    )


@dataclass(frozen=True, slots=True)
class Query:
    """Which ledger rows: newest first."""

    job: str | None = None
    states: tuple[str, ...] = ()
    name: bytes | None = None
    fingerprint: bytes | None = None
    moved: bool | None = None  # False: those whose move was not noted yet
    correction_of: int | None = None
    delivery: str | None = None
    before: int | None = None  # only ids below this one: the next page
    limit: int = 100
    contains: str = ""  # in the name, whatever its case
    kind: str = ""  # "import" or "export"; "": both
    since: datetime | None = None  # seen from this moment on
    until: datetime | None = None  # seen before this moment


@dataclass(frozen=True, slots=True)
class Opening:
    """One recorded opening of a gate. `closed_at` None: work of it is still going on or was cut off."""

    job: str
    opening: datetime
    opened_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class GateMemory:
    """What is remembered of a job's gate: its schedule in words, its last opening (or the moment it was first seen)."""

    job: str
    schedule: str
    last: datetime
    unfinished: Opening | None = None


@dataclass(frozen=True, slots=True)
class Pause:
    """A job that a person stopped: who, why, since when; `until` None: until somebody resumes it."""

    job: str
    who: str
    why: str
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class DatabaseFacts:
    """What a look at the database says. `trouble`: why it could not be looked at; then the rest is blank."""

    kind: Literal["sqlite", "postgresql"]
    where: str  # its address, without the password
    version: str = ""
    role: str = ""  # PostgreSQL: who is connected
    schema: str = ""  # PostgreSQL: where our tables are, or will be
    state: Literal["", "absent", "older", "current", "newer"] = ""  # of our own tables
    triggers_missing: tuple[str, ...] = ()
    trouble: Message | None = None


class Store(Protocol):
    """The database. One object belongs to one thread at a time; `close` is safe twice."""

    @property
    def kind(self) -> Literal["sqlite", "postgresql"]: ...

    # schema ---------------------------------------------------------------------------------------------
    def migrate(self) -> None:
        """Make or upgrade our tables, views and triggers, under a lock. Does not lock when nothing differs.
        Raises PipelineError `store.newer` when the database was made by a newer Pipeline."""

    def require(self) -> None:
        """For commands that only read: raises PipelineError `store.absent` when there is no database of ours
        yet (never creates one), `store.newer` when it is newer, `store.older` when it must be upgraded first."""

    def catalogue(self) -> Catalogue:
        """The tables a mapping may write. Those of another program are read from its database each time."""

    def facts(self, tables: Sequence[str] = ()) -> DatabaseFacts:
        """A look that changes nothing, also where there is no database. `tables`: those of another program
        whose triggers are looked for."""

    def announce(self, tables: Sequence[str], language: Language = "en") -> list[str]:
        """A sentence for each trigger that a load into these tables would make."""

    def rights(self, tables: Sequence[str]) -> list[tuple[str, str, str]]:
        """What the role lacks for loads into these tables and for our own: (table, right, SQL that grants it).
        Table "": the whole database. Without TRIGGER loads work, but what they change is not recorded."""

    def fields(self) -> tuple[OwnField, ...]:
        """The fields that users added to our tables, by table and name."""

    def add_field(self, field: OwnField) -> None:
        """Raises PipelineError for a table that is not ours and a name that cannot be used."""

    def promote_field(self, table: str, name: str) -> OwnField:
        """ONE transaction: the field becomes a column of its table, and every value moves there. Raises PipelineError."""

    def create_table(self, name: str, columns: Sequence[Column], key: Sequence[str]) -> None:
        """Make a table of the users' own, with its log. Raises PipelineError for a name that cannot be used."""

    # the ledger -----------------------------------------------------------------------------------------
    def staging(self, plan: Plan) -> Staging: ...

    def sections(self, plan: Plan) -> SectionsStaging:
        """The staging of a plan of several tables."""

    def looker(self, plan: Plan) -> Looker:
        """What the plan's look-ups ask, on a connection of its own."""

    def commit(self, loads: Sequence[Load], now: datetime) -> list[LedgerFile]:
        """ONE transaction: under each job's lock, each file's ledger row, refused rows and upsert, in order,
        with *who* set. A claim that is known already changes nothing and gives its row; content that the job
        loaded before, as the arrival's `repeat` says, gives a `duplicate` row and writes nothing else. A row that the database refuses is
        found and becomes a refused row."""

    def attempt(self, load: Load, now: datetime) -> Attempt:
        """All that `commit` would do with this load, in a transaction that is rolled back. On SQLite nobody else
        writes meanwhile. Raises FileFailed where a commit would."""

    def commit_bundle(self, loads: Sequence[Load], now: datetime) -> list[LedgerFile] | None:
        """As `commit`, for loads of one job and plan that share one staging, each with `lines` of its own, and
        none of whose claims is known yet. None, and nothing done: two rows have one key, or the database wants
        none of some row; each file must be committed by itself then."""

    def reject(self, id: int, who: str, now: datetime) -> LedgerFile:
        """A file that is `held` stays out: it becomes `rejected`. Raises PipelineError for any other."""

    def record_failed(self, arrival: Arrival, said: Message, now: datetime) -> LedgerFile:
        """Ledger row `failed`. A claim that is known already changes nothing and gives its row."""

    def record_duplicate(self, arrival: Arrival, now: datetime) -> LedgerFile | None:
        """If the content is a repeat (see Arrival): the ledger row `duplicate` (new, or known by its claim);
        else None and nothing written. Spares the reading of a file that is known."""

    def undo(
        self,
        id: int,
        claim: str,
        who: str,
        now: datetime,
        *,
        dry: bool = False,
        closed: Closed | None = None,
        agreed: bool = False,
    ) -> Undo:
        """ONE transaction, under the lock of the file's job: take back exactly what this entry of the ledger
        changed, by the change log: inserted rows go, changed columns are set back, deleted rows return with
        their id. A row that was changed since, or that later rows point to, is left and named. The entry
        becomes `undone`, and the undo an entry of its own, under `claim`, that can be undone like any other; a
        claim that is known already changes nothing. `dry`: all of it is said, nothing written.

        Raises PipelineError when it touches what is `closed` and nobody `agreed`, for an entry that is not there, changed nothing that was recorded, or is undone."""

    def mark_archived(self, places: Mapping[str, str], now: datetime) -> None:
        """These files (claim → path) were moved, in ONE transaction: `committed` becomes `archived`; `duplicate`
        and `failed` keep their state and get path and time."""

    def by_claim(self, claim: str) -> LedgerFile | None: ...

    def by_id(self, id: int) -> LedgerFile | None: ...

    def files(self, query: Query) -> list[LedgerFile]:
        """Those that the query asks for, newest first."""

    def names(self, job: str, limit: int) -> list[tuple[str, bytes]]:
        """Folder and name of the newest files of a job."""

    def last_files(self) -> dict[str, LedgerFile]:
        """The newest ledger file of each job."""

    def count(self, job: str, state: str) -> int:
        """How many ledger files of a job are in a state."""

    def counts(self, state: str | None = None) -> dict[tuple[str, str], int]:
        """How many ledger files there are, by job and state, of all or one. One with few files is quick to count."""

    def sources(self, job: str) -> dict[tuple[str, bytes], str]:
        """The originals that stay where they are: (folder, name) → the state noted with its newest arrival,
        whatever became of that."""

    def refused(self, id: int, limit: int | None = None) -> list[RefusedRow]:
        """The refused rows of a ledger file, by line."""

    def carried(self, id: int) -> list[RefusedRow]:
        """The rows of a ledger file that were taken, and are kept because another row of their document was not."""

    def begin_replay(
        self, claim: str, file: int, who: str, now: datetime, mapping: MappingVersion | None = None
    ) -> None:
        """Note, before its file is put in place, that this claim loads a ledger file again, by this mapping if one
        is given. Safe twice."""

    def replay_of(self, claim: str) -> int | None:
        """The ledger file that this claim loads again."""

    def replay_mapping(self, claim: str) -> MappingVersion | None:
        """The mapping that a person chose for this replay; None: its job's."""

    # versions of mappings -------------------------------------------------------------------------------
    def note_mapping(self, name: str, text: str, now: datetime) -> MappingVersion:
        """Keep this text as a version of the mapping, unless it is one already. Cheap when it is."""

    def mapping_versions(self, name: str) -> list[MappingVersion]:
        """Every version of a mapping that was used, oldest first."""

    # the gate, and pauses -------------------------------------------------------------------------------
    def gate(self, job: str) -> GateMemory | None: ...

    def gates(self) -> dict[str, GateMemory]:
        """Every job's memory at once."""

    def remember_gate(self, job: str, schedule: str, now: datetime) -> GateMemory:
        """A job first seen or whose schedule changed: `now` becomes its last opening. Else as it was."""

    def open(self, job: str, opening: datetime, now: datetime) -> bool:
        """Record an opening. False: recorded before (by another process, or before a restart)."""

    def close_opening(self, job: str, opening: datetime, now: datetime, files: int) -> None:
        """The opening's work has ended. Older openings without files are forgotten."""

    def pause(self, job: str, who: str, why: str, until: datetime | None, now: datetime) -> Pause:
        """Note that a person stops this job; an earlier pause is replaced."""

    def resume(self, job: str) -> bool:
        """End the job's pause. False: there was none."""

    def pauses(self, now: datetime) -> dict[str, Pause]:
        """The pauses that are not over, by job. Cheap: it may be asked every second."""

    def standing(self) -> Standing: ...

    # remote folders -------------------------------------------------------------------------------------
    def afar(self) -> Afar:
        """The side for folders on other machines; it shares this store's connection and thread."""

    # exports --------------------------------------------------------------------------------------------
    def exports(self) -> Exports:
        """The side for exports; it shares this store's connection and thread."""

    def browser(self) -> Browser:
        """The side for people who look at rows; it shares this store's connection and thread."""

    def notices(self) -> Notices: ...

    def keeping(self) -> Keeping: ...

    def readable(self) -> Catalogue:
        """As `catalogue`, with the columns that only the load itself sets: all that can be exported."""

    def people(self) -> People:
        """Who may come in by the HTTP door; it shares this store's connection and thread."""

    def close(self) -> None: ...
