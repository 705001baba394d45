"""Our own tables: the ledger of files, refused rows, openings, and the change log. All begin with `pipeline_`."""

from __future__ import annotations

import os
from datetime import datetime, timezone
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from pipeline.store.model import LedgerFile, RefusedRow
from pipeline.words import Message, message, printable

UTC = timezone.utc  # noqa: UP017

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def instant(nullable: bool = False) -> sa.Column[datetime]:
    """A UTC instant."""
    return sa.Column(INSTANT, nullable=nullable)


LOADED = "state IN ('committed', 'archived')"  # as the partial index has it, word for word


def _index(name: str, columns: tuple[str, ...], where: str) -> sa.Index:
    return sa.Index(name, *columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def blank() -> sa.Column[str]:
    """A text, empty in rows that were there before the column."""
    return sa.Column(sa.Text, nullable=False, server_default=sa.text("''"))


class LedgerRow(SQLModel, table=True):
    """One arrival of a file. UNIQUE(claim) fences off a process that was thought dead."""

    __tablename__ = "pipeline_file"
    __table_args__ = (
        sa.CheckConstraint(
            "state IN ('committed', 'archived', 'duplicate', 'failed', 'undone', 'undo', 'held', 'approved', 'rejected')",
            name="pipeline_file_state",
        ),
        sa.Index("ix_pipeline_file_job", "job", "id"),
        sa.Index("ix_pipeline_file_job_state", "job", "state", "id"),
        sa.Index("ix_pipeline_file_state", "state", "id"),
        sa.Index("ix_pipeline_file_name", "name", "id"),
        sa.Index("ix_pipeline_file_seen", "seen_at"),
        sa.Index("ix_pipeline_file_content", "fingerprint", "job", "state", "id"),
        _index("ix_pipeline_file_earlier", ("job", "name", "id"), LOADED),
        _index("ix_pipeline_file_unmoved", ("job", "id"), "archived_at IS NULL"),
        _index("ix_pipeline_file_undo", ("undo_of",), "undo_of IS NOT NULL"),
        _index("ix_pipeline_file_delivery", ("delivery",), "delivery IS NOT NULL"),
        _index("ix_pipeline_file_correction", ("correction_of",), "correction_of IS NOT NULL"),
        {"sqlite_autoincrement": True},
    )
    id: int | None = Field(default=None, sa_column=sa.Column(BIG, primary_key=True, autoincrement=True))
    claim: str = Field(sa_column=sa.Column(sa.String(32), nullable=False, unique=True))
    job: str = Field(sa_column=sa.Column(sa.Text, nullable=False))
    name: bytes = Field(sa_column=sa.Column(sa.LargeBinary, nullable=False))
    size: int = Field(sa_column=sa.Column(sa.BigInteger, nullable=False))
    fingerprint: bytes = Field(sa_column=sa.Column(sa.LargeBinary, nullable=False))
    state: str = Field(sa_column=sa.Column(sa.String(16), nullable=False))
    reason: str | None = Field(default=None, sa_column=sa.Column(sa.Text))
    mapping: str = Field(sa_column=sa.Column(sa.Text, nullable=False))
    rows_read: int = Field(default=0, sa_column=sa.Column(sa.BigInteger, nullable=False))
    inserted: int = Field(default=0, sa_column=sa.Column(sa.BigInteger, nullable=False))
    updated: int = Field(default=0, sa_column=sa.Column(sa.BigInteger, nullable=False))
    unchanged: int = Field(default=0, sa_column=sa.Column(sa.BigInteger, nullable=False))
    refused: int = Field(default=0, sa_column=sa.Column(sa.BigInteger, nullable=False))
    duplicates: int = Field(default=0, sa_column=sa.Column(sa.BigInteger, nullable=False))
    dialect: str = Field(default="", sa_column=sa.Column(sa.Text, nullable=False))
    seen_at: datetime = Field(sa_column=instant())
    claimed_at: datetime = Field(sa_column=instant())
    committed_at: datetime | None = Field(default=None, sa_column=instant(True))
    archived_at: datetime | None = Field(default=None, sa_column=instant(True))
    archived_as: str = Field(default="", sa_column=sa.Column(sa.Text, nullable=False))
    folder: str = Field(default="", sa_column=blank())
    source_state: str = Field(default="", sa_column=blank())
    replay_of: int | None = Field(default=None, sa_column=sa.Column(BIG))
    earlier: int | None = Field(default=None, sa_column=sa.Column(BIG))
    deleted: int = Field(
        default=0, sa_column=sa.Column(sa.BigInteger, nullable=False, server_default=sa.text("0"))
    )
    undo_of: int | None = Field(default=None, sa_column=sa.Column(BIG))
    log_from: int | None = Field(default=None, sa_column=sa.Column(sa.BigInteger))
    waiting: int = Field(
        default=0, sa_column=sa.Column(sa.BigInteger, nullable=False, server_default=sa.text("0"))
    )
    mapping_version: int | None = Field(default=None, sa_column=sa.Column(sa.Integer))
    correction_of: int | None = Field(default=None, sa_column=sa.Column(BIG))
    delivery: str | None = Field(default=None, sa_column=sa.Column(sa.String(32)))
    stale: int = Field(
        default=0, sa_column=sa.Column(sa.BigInteger, nullable=False, server_default=sa.text("0"))
    )
    absent: int = Field(
        default=0, sa_column=sa.Column(sa.BigInteger, nullable=False, server_default=sa.text("0"))
    )
    kind: str = Field(
        default="import",
        sa_column=sa.Column(sa.String(16), nullable=False, server_default=sa.text("'import'")),
    )


STILL = "written_by IS NULL AND dropped_by IS NULL"


class Waiting(SQLModel, table=True):
    """A document of a file, or a row where there are none, that waits for a row of a later file. `held`: its staged rows;
    `lines`: the file's own, so `many`. `written_by`: the file that brought what it waited for; its changes in the log go from after
    `log_from` to `log_to`. `dropped_by`, `undone_by`: the undo of its file, and of the one that had brought it."""

    __tablename__ = "pipeline_waiting"
    __table_args__ = (
        sa.Index("ix_pipeline_waiting_file", "file"),
        _index("ix_pipeline_waiting_still", ("wants", "by_value"), STILL),
        {"sqlite_autoincrement": True},
    )
    id: int | None = Field(default=None, sa_column=sa.Column(BIG, primary_key=True, autoincrement=True))
    file: int = Field(sa_column=sa.Column(BIG, sa.ForeignKey("pipeline_file.id"), nullable=False))
    doc: int = Field(sa_column=sa.Column(sa.BigInteger, nullable=False))
    wants: str = Field(sa_column=sa.Column(sa.Text, nullable=False))
    by_column: str | None = Field(default=None, sa_column=sa.Column(sa.Text))
    by_value: str | None = Field(default=None, sa_column=sa.Column(sa.Text))
    held: str = Field(sa_column=sa.Column(sa.Text, nullable=False))
    lines: str = Field(sa_column=sa.Column(sa.Text, nullable=False))
    many: int = Field(sa_column=sa.Column(sa.BigInteger, nullable=False))
    written_by: int | None = Field(default=None, sa_column=sa.Column(BIG))
    log_from: int | None = Field(default=None, sa_column=sa.Column(sa.BigInteger))
    log_to: int | None = Field(default=None, sa_column=sa.Column(sa.BigInteger))
    dropped_by: int | None = Field(default=None, sa_column=sa.Column(BIG))
    undone_by: int | None = Field(default=None, sa_column=sa.Column(BIG))


class WaitingPlan(SQLModel, table=True):
    """How the waiting rows of a file were mapped when they came."""

    __tablename__ = "pipeline_waiting_plan"
    file: int = Field(
        sa_column=sa.Column(
            BIG, sa.ForeignKey("pipeline_file.id"), primary_key=True, autoincrement=False, nullable=False
        )
    )
    plan: str = Field(sa_column=sa.Column(sa.Text, nullable=False))


class Refused(SQLModel, table=True):
    """A row of a file that was not taken, with its own bytes."""

    __tablename__ = "pipeline_refused"
    __table_args__ = ({"sqlite_autoincrement": True},)
    id: int | None = Field(default=None, sa_column=sa.Column(BIG, primary_key=True, autoincrement=True))
    file: int = Field(sa_column=sa.Column(BIG, sa.ForeignKey("pipeline_file.id"), nullable=False, index=True))
    line: int = Field(sa_column=sa.Column(sa.BigInteger, nullable=False))
    column_name: str = Field(sa_column=sa.Column(sa.Text, nullable=False))
    value: str = Field(sa_column=sa.Column(sa.Text, nullable=False))
    said: str = Field(sa_column=sa.Column(sa.Text, nullable=False))
    raw: bytes = Field(sa_column=sa.Column(sa.LargeBinary, nullable=False))
    carried: bool = Field(
        default=False, sa_column=sa.Column(sa.Boolean, nullable=False, server_default=sa.false())
    )  # taken, and kept here only because another row of its document was not


class OwnFieldRow(SQLModel, table=True):
    """A field that users added to a table of ours. `promoted`: it is a column of the table by now."""

    __tablename__ = "pipeline_field"
    table_name: str = Field(sa_column=sa.Column(sa.Text, primary_key=True))
    name: str = Field(sa_column=sa.Column(sa.Text, primary_key=True))
    kind: str = Field(sa_column=sa.Column(sa.String(16), nullable=False))
    label: str = Field(sa_column=sa.Column(sa.Text, nullable=False))
    promoted: bool = Field(sa_column=sa.Column(sa.Boolean, nullable=False))


class Source(SQLModel, table=True):
    """The state in which an original that stays where it is was last seen to arrive."""

    __tablename__ = "pipeline_source"
    __table_args__ = (sa.Index("ix_pipeline_source", "job", "name"), {"sqlite_autoincrement": True})
    id: int | None = Field(default=None, sa_column=sa.Column(BIG, primary_key=True, autoincrement=True))
    job: str = Field(sa_column=sa.Column(sa.Text, nullable=False))
    name: bytes = Field(sa_column=sa.Column(sa.LargeBinary, nullable=False))
    folder: str = Field(sa_column=sa.Column(sa.Text, nullable=False))
    source_state: str = Field(sa_column=sa.Column(sa.Text, nullable=False))


class Replay(SQLModel, table=True):
    """A claim that loads a ledger file again; noted before its file is put in place."""

    __tablename__ = "pipeline_replay"
    claim: str = Field(sa_column=sa.Column(sa.String(32), primary_key=True))
    file: int = Field(sa_column=sa.Column(BIG, sa.ForeignKey("pipeline_file.id"), nullable=False))
    who: str = Field(sa_column=sa.Column(sa.Text, nullable=False))
    at: datetime = Field(sa_column=instant())
    mapping: str = Field(default="", sa_column=blank())  # the one that a person chose
    mapping_version: int | None = Field(default=None, sa_column=sa.Column(sa.Integer))


class MappingText(SQLModel, table=True):
    """A version of a mapping that was used."""

    __tablename__ = "pipeline_mapping"
    __table_args__ = (
        sa.UniqueConstraint("name", "content"),
        sa.UniqueConstraint("name", "number"),
        {"sqlite_autoincrement": True},
    )
    id: int | None = Field(default=None, sa_column=sa.Column(BIG, primary_key=True, autoincrement=True))
    name: str = Field(sa_column=sa.Column(sa.Text, nullable=False))
    number: int = Field(sa_column=sa.Column(sa.Integer, nullable=False))
    content: str = Field(sa_column=sa.Column(sa.String(64), nullable=False))  # SHA-256 of the text
    text: str = Field(sa_column=sa.Column(sa.Text, nullable=False))
    first_used: datetime = Field(sa_column=instant())


class Paused(SQLModel, table=True):
    """A job that a person stopped."""

    __tablename__ = "pipeline_pause"
    job: str = Field(sa_column=sa.Column(sa.Text, primary_key=True))
    who: str = Field(sa_column=sa.Column(sa.Text, nullable=False))
    why: str = Field(sa_column=sa.Column(sa.Text, nullable=False))
    since: datetime = Field(sa_column=instant())
    until: datetime | None = Field(default=None, sa_column=instant(True))


class Run(SQLModel, table=True):
    """One opening of a job's gate, recorded once."""

    __tablename__ = "pipeline_run"
    __table_args__ = (
        sa.UniqueConstraint("job", "opening"),
        _index("ix_pipeline_run_open", ("job", "opening"), "closed_at IS NULL"),
        {"sqlite_autoincrement": True},
    )
    id: int | None = Field(default=None, sa_column=sa.Column(BIG, primary_key=True, autoincrement=True))
    job: str = Field(sa_column=sa.Column(sa.Text, nullable=False))
    opening: datetime = Field(sa_column=instant())
    opened_at: datetime = Field(sa_column=instant())
    closed_at: datetime | None = Field(default=None, sa_column=instant(True))
    files: int = Field(default=0, sa_column=sa.Column(sa.Integer, nullable=False))


class JobMemory(SQLModel, table=True):
    """A job's schedule in words, and its last opening or the moment it was first seen."""

    __tablename__ = "pipeline_job"
    job: str = Field(sa_column=sa.Column(sa.Text, primary_key=True))
    schedule: str = Field(sa_column=sa.Column(sa.Text, nullable=False))
    last_opening: datetime = Field(sa_column=instant())


class Change(SQLModel, table=True):
    """The change log, filled by triggers: what, before, when, by whom."""

    __tablename__ = "pipeline_change"
    __table_args__ = ({"sqlite_autoincrement": True},)
    seq: int | None = Field(default=None, sa_column=sa.Column(BIG, primary_key=True, autoincrement=True))
    table_name: str = Field(sa_column=sa.Column(sa.Text, nullable=False))
    row_id: str = Field(sa_column=sa.Column(sa.Text, nullable=False))
    op: str = Field(sa_column=sa.Column(sa.String(1), nullable=False))
    old: str | None = Field(default=None, sa_column=sa.Column(sa.Text))
    at: datetime = Field(sa_column=instant())
    txid: str | None = Field(default=None, sa_column=sa.Column(sa.Text))
    who: str | None = Field(default=None, sa_column=sa.Column(sa.Text))


class Context(SQLModel, table=True):
    """SQLite: who writes in the running transaction, for the triggers to read. One row."""

    __tablename__ = "pipeline_context"
    __table_args__ = (sa.CheckConstraint("one = 1", name="pipeline_context_one"),)
    one: int = Field(default=1, sa_column=sa.Column(sa.Integer, primary_key=True, autoincrement=False))
    who: str | None = Field(default=None, sa_column=sa.Column(sa.Text))


def refused_values(file: int, row: RefusedRow) -> dict[str, Any]:
    """A refused row as `pipeline_refused` keeps it, the same on both databases."""
    return {
        "file": file,
        "line": row.line,
        "column_name": row.column,
        "value": printable(row.value),
        "said": row.said.to_json(),
        "raw": row.raw,
    }


def utc(moment: datetime) -> datetime:
    """SQLite gives the instants that we stored in UTC without their zone."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def ledger_file(row: Any) -> LedgerFile:
    """A row of `pipeline_file` as the ledger gives it out."""
    values = {**row}
    for name in ("seen_at", "claimed_at", "committed_at", "archived_at"):
        values[name] = None if values[name] is None else utc(values[name])
    values["name"], values["fingerprint"] = bytes(values["name"]), bytes(values["fingerprint"])
    values["reason"] = Message.from_json(values["reason"]) if values["reason"] else None
    return LedgerFile(**values)


def repeat_of(earlier: LedgerFile) -> Message:
    """Why the content of this earlier file is not loaded again."""
    when = f"{earlier.committed_at:%Y-%m-%dT%H:%M:%SZ}" if earlier.committed_at else ""
    return message("store.duplicate", when=when, name=printable(os.fsdecode(earlier.name)), id=earlier.id)
