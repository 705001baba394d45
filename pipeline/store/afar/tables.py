"""Our own tables for folders on other machines."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from pipeline.store.ledger import BIG, instant


class FarRow(SQLModel, table=True):
    """A file of a remote folder. UNIQUE: one process at a time has it."""

    __tablename__ = "pipeline_remote_file"
    __table_args__ = (
        sa.UniqueConstraint("source", "key", "mark"),
        sa.Index("ix_pipeline_remote_file_state", "source", "state"),
        sa.Index("ix_pipeline_remote_file_name", "name"),
        {"sqlite_autoincrement": True},
    )
    id: int | None = Field(default=None, sa_column=sa.Column(BIG, primary_key=True, autoincrement=True))
    source: str = Field(sa_column=sa.Column(sa.Text, nullable=False))
    key: str = Field(sa_column=sa.Column(sa.Text, nullable=False))
    mark: str = Field(sa_column=sa.Column(sa.Text, nullable=False))
    name: bytes = Field(sa_column=sa.Column(sa.LargeBinary, nullable=False))
    size: int | None = Field(default=None, sa_column=sa.Column(sa.BigInteger))
    state: str = Field(sa_column=sa.Column(sa.String(16), nullable=False))
    owner: str = Field(sa_column=sa.Column(sa.Text, nullable=False))
    until: datetime = Field(sa_column=instant())
    fingerprint: bytes = Field(sa_column=sa.Column(sa.LargeBinary, nullable=False))
    after_id: int = Field(sa_column=sa.Column(sa.BigInteger, nullable=False))
    seen_at: datetime = Field(sa_column=instant())
    fetched_at: datetime | None = Field(default=None, sa_column=instant(True))
    settled_at: datetime | None = Field(default=None, sa_column=instant(True))


class SentRow(SQLModel, table=True):
    """Where and when an exported file appeared on another machine."""

    __tablename__ = "pipeline_remote_sent"
    file: int = Field(
        sa_column=sa.Column(BIG, sa.ForeignKey("pipeline_file.id"), primary_key=True, autoincrement=False)
    )
    url: str = Field(sa_column=sa.Column(sa.Text, nullable=False))
    sent_at: datetime = Field(sa_column=instant())
