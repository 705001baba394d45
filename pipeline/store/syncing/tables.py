"""Our own tables for synchronisation. They are never synchronised themselves, but for the records."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from pipeline.store.ledger import instant


def _text(default: str | None = None) -> sa.Column[str]:
    server = None if default is None else sa.text(f"'{default}'")
    return sa.Column(sa.Text, nullable=False, server_default=server)


def _key() -> sa.Column[str]:
    return sa.Column(sa.Text, primary_key=True)


def _big(default: int | None = 0) -> sa.Column[int]:
    server = None if default is None else sa.text(str(default))
    return sa.Column(sa.BigInteger, nullable=False, server_default=server)


class SyncSite(SQLModel, table=True):
    """Who this database is. One row. `mark`: the last that was given; `log_mark`: up to where the change log is
    stamped; `held`: why nothing may be exchanged, "" when it may."""

    __tablename__ = "pipeline_sync_site"
    __table_args__ = (sa.CheckConstraint("one = 1", name="pipeline_sync_site_one"),)
    one: int = Field(default=1, sa_column=sa.Column(sa.Integer, primary_key=True, autoincrement=False))
    site: str = Field(sa_column=_text())
    incarnation: str = Field(sa_column=_text())
    hlc: int = Field(sa_column=_big())
    mark: int = Field(sa_column=_big())
    log_mark: str = Field(sa_column=_text(""))
    held: str = Field(sa_column=_text(""))


class SyncPeer(SQLModel, table=True):
    """One with whom rows are exchanged. `since`: its marks up to here are applied; `seen`: it has ours up to
    here; `last`: its last batch that was applied; `load_*`: how far a first load is."""

    __tablename__ = "pipeline_sync_peer"
    peer: str = Field(sa_column=_key())
    incarnation: str = Field(sa_column=_text(""))
    since: int = Field(sa_column=_big())
    seen: int = Field(sa_column=_big())
    last: str = Field(sa_column=_text(""))
    stage: str = Field(sa_column=_text("new"))
    load_table: str = Field(sa_column=_text(""))
    load_after: str = Field(sa_column=_text(""))
    load_since: int = Field(sa_column=_big())
    load_seen: int = Field(sa_column=_big())
    accepted: bool = Field(sa_column=sa.Column(sa.Boolean, nullable=False, server_default=sa.false()))
    lapsed: bool = Field(sa_column=sa.Column(sa.Boolean, nullable=False, server_default=sa.false()))
    held: str = Field(sa_column=_text(""))
    at: datetime | None = Field(default=None, sa_column=instant(True))


class SyncClock(SQLModel, table=True):
    """The clocks of a row that some peer may not have yet. `cols`: {column: [hlc, site]}, "" for all that are not
    named, "!" for a row that was revived; `marks`: {column: mark} where they are not all `mark`; `died`: [hlc,
    site]; `image`: the values of a row that is gone."""

    __tablename__ = "pipeline_sync_clock"
    __table_args__ = (
        sa.Index("ix_pipeline_sync_clock_mark", "mark"),
        sa.Index(
            "ix_pipeline_sync_clock_died",
            "died",
            sqlite_where=sa.text("died IS NOT NULL"),
            postgresql_where=sa.text("died IS NOT NULL"),
        ),
    )
    table_name: str = Field(sa_column=_key())
    row_key: str = Field(sa_column=_key())
    cols: str = Field(sa_column=_text())
    marks: str | None = Field(default=None, sa_column=sa.Column(sa.Text))
    died: str | None = Field(default=None, sa_column=sa.Column(sa.Text))
    image: str | None = Field(default=None, sa_column=sa.Column(sa.Text))
    mark: int = Field(sa_column=_big(None))


class SyncSpan(SQLModel, table=True):
    """Marks whose changes came from a peer."""

    __tablename__ = "pipeline_sync_span"
    mark: int = Field(sa_column=sa.Column(sa.BigInteger, primary_key=True, autoincrement=False))
    peer: str = Field(sa_column=_text())


class SyncSent(SQLModel, table=True):
    """A batch that was offered. `meta`: its announcement; `log_mark`: where the change log was then."""

    __tablename__ = "pipeline_sync_sent"
    __table_args__ = (sa.Index("ix_pipeline_sync_sent_peer", "peer", "until"),)
    batch: str = Field(sa_column=_key())
    peer: str = Field(sa_column=_text())
    since: int = Field(sa_column=_big(None))
    until: int = Field(sa_column=_big(None))
    meta: str = Field(sa_column=_text())
    log_mark: str = Field(sa_column=_text())


class SyncPart(SQLModel, table=True):
    """A piece of a batch: of one that was offered, or of one that comes in."""

    __tablename__ = "pipeline_sync_part"
    batch: str = Field(sa_column=_key())
    n: int = Field(sa_column=sa.Column(sa.Integer, primary_key=True, autoincrement=False))
    incoming: bool = Field(sa_column=sa.Column(sa.Boolean, nullable=False))
    data: bytes = Field(sa_column=sa.Column(sa.LargeBinary, nullable=False))


class SyncApplied(SQLModel, table=True):
    """A batch that was applied."""

    __tablename__ = "pipeline_sync_applied"
    __table_args__ = (sa.Index("ix_pipeline_sync_applied_peer", "peer", "until"),)
    batch: str = Field(sa_column=_key())
    peer: str = Field(sa_column=_text())
    until: int = Field(sa_column=_big(None))
    at: datetime = Field(sa_column=instant())


class SyncRecord(SQLModel, table=True):
    """What was lost or changed by the rules of merging, for a person to see. The same on all sides: `id` comes
    from what it says. `lost`, `kept`: values as they travel; `state`: open or resolved."""

    __tablename__ = "pipeline_sync_record"
    __table_args__ = (
        sa.Index("ix_pipeline_sync_record_mark", "mark"),
        sa.Index("ix_pipeline_sync_record_row", "table_name", "row_key"),
    )
    id: str = Field(sa_column=_key())
    kind: str = Field(sa_column=_text())
    table_name: str = Field(sa_column=_text())
    row_key: str = Field(sa_column=_text())
    column_name: str = Field(sa_column=_text())
    lost: str | None = Field(default=None, sa_column=sa.Column(sa.Text))
    kept: str | None = Field(default=None, sa_column=sa.Column(sa.Text))
    lost_clock: str | None = Field(default=None, sa_column=sa.Column(sa.Text))
    kept_clock: str | None = Field(default=None, sa_column=sa.Column(sa.Text))
    found_at: datetime = Field(sa_column=instant())
    state: str = Field(sa_column=_text("open"))
    settled_by: str = Field(sa_column=_text(""))
    mark: int = Field(sa_column=_big(None))


class SyncHeldRow(SQLModel, table=True):
    """A row that came and cannot be written here yet. `body`: as it came; `why`: the sentence as data."""

    __tablename__ = "pipeline_sync_held"
    table_name: str = Field(sa_column=_key())
    row_key: str = Field(sa_column=_key())
    peer: str = Field(sa_column=_key())
    body: str = Field(sa_column=_text())
    why: str = Field(sa_column=_text())
    at: datetime = Field(sa_column=instant())


class SyncRound(SQLModel, table=True):
    """The last whole round of a job: with whom, when, how long, rows each way, new records, rows that wait."""

    __tablename__ = "pipeline_sync_round"
    job: str = Field(sa_column=_key())
    peer: str = Field(sa_column=_text())
    at: datetime = Field(sa_column=instant())
    took_ms: int = Field(sa_column=_big())
    pulled: int = Field(sa_column=_big())
    pushed: int = Field(sa_column=_big())
    loaded: int = Field(sa_column=_big())
    conflicts: int = Field(sa_column=_big())
    held: int = Field(sa_column=_big())
