"""Our own tables: the ledger of files, refused rows, openings, and the change log. All begin with `pipeline_`."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def instant(nullable: bool = False) -> sa.Column[datetime]:
    """A UTC instant."""
    return sa.Column(INSTANT, nullable=nullable)


class LedgerRow(SQLModel, table=True):
    """One arrival of a file. UNIQUE(claim) fences off a process that was thought dead."""

    __tablename__ = "pipeline_file"
    __table_args__ = (
        sa.CheckConstraint(
            "state IN ('committed', 'archived', 'duplicate', 'failed')", name="pipeline_file_state"
        ),
        {"sqlite_autoincrement": True},
    )
    id: int | None = Field(default=None, sa_column=sa.Column(BIG, primary_key=True, autoincrement=True))
    claim: str = Field(sa_column=sa.Column(sa.String(32), nullable=False, unique=True))
    job: str = Field(sa_column=sa.Column(sa.Text, nullable=False, index=True))
    name: bytes = Field(sa_column=sa.Column(sa.LargeBinary, nullable=False, index=True))
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


class Run(SQLModel, table=True):
    """One opening of a job's gate, recorded once."""

    __tablename__ = "pipeline_run"
    __table_args__ = (sa.UniqueConstraint("job", "opening"), {"sqlite_autoincrement": True})
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
