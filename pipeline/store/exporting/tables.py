"""Our own tables for exports."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from pipeline.store.ledger import BIG, instant


class ExportRow(SQLModel, table=True):
    """One exported file: what its row in `pipeline_file` does not say. UNIQUE: no number is used twice."""

    __tablename__ = "pipeline_export"
    __table_args__ = (
        sa.UniqueConstraint("job", "sequence", "part"),
        sa.Index("ix_pipeline_export_opening", "job", "opening"),
    )
    file: int = Field(
        sa_column=sa.Column(BIG, sa.ForeignKey("pipeline_file.id"), primary_key=True, autoincrement=False)
    )
    job: str = Field(sa_column=sa.Column(sa.Text, nullable=False))
    sequence: int = Field(sa_column=sa.Column(sa.BigInteger, nullable=False))
    part: int = Field(sa_column=sa.Column(sa.Integer, nullable=False))
    hidden: str = Field(sa_column=sa.Column(sa.Text, nullable=False))
    kept: str = Field(sa_column=sa.Column(sa.Text, nullable=False))
    opening: datetime | None = Field(default=None, sa_column=instant(True))
    mark_from: str = Field(sa_column=sa.Column(sa.Text, nullable=False))
    mark_to: str = Field(sa_column=sa.Column(sa.Text, nullable=False))
    period: str = Field(sa_column=sa.Column(sa.Text, nullable=False))
    revision: int = Field(sa_column=sa.Column(sa.Integer, nullable=False))
    added: int | None = Field(default=None, sa_column=sa.Column(sa.BigInteger))
    gone: int | None = Field(default=None, sa_column=sa.Column(sa.BigInteger))


class ExportJobRow(SQLModel, table=True):
    """How far an export job is: its next number, up to where changes are written, and what it began last."""

    __tablename__ = "pipeline_export_job"
    job: str = Field(sa_column=sa.Column(sa.Text, primary_key=True))
    next_sequence: int = Field(sa_column=sa.Column(sa.BigInteger, nullable=False))
    mark: str = Field(sa_column=sa.Column(sa.Text, nullable=False))
    place: str = Field(sa_column=sa.Column(sa.Text, nullable=False))
    intent_opening: datetime | None = Field(default=None, sa_column=instant(True))
    intent_at: datetime | None = Field(default=None, sa_column=instant(True))
