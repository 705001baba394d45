"""Our own tables for people."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from pipeline.store.ledger import BIG, instant


def _text() -> sa.Column[str]:
    return sa.Column(sa.Text, nullable=False)


class UserRow(SQLModel, table=True):
    """A person who may log in."""

    __tablename__ = "pipeline_user"
    __table_args__ = ({"sqlite_autoincrement": True},)
    id: int | None = Field(default=None, sa_column=sa.Column(BIG, primary_key=True, autoincrement=True))
    name: str = Field(sa_column=sa.Column(sa.Text, nullable=False, unique=True))
    role: str = Field(sa_column=sa.Column(sa.String(16), nullable=False))
    password: str = Field(sa_column=_text())
    created_at: datetime = Field(sa_column=instant())
    created_by: str = Field(sa_column=_text())


class TokenRow(SQLModel, table=True):
    """A program that may come in, by the SHA-256 of its token."""

    __tablename__ = "pipeline_token"
    key: str = Field(sa_column=sa.Column(sa.String(64), primary_key=True))
    name: str = Field(sa_column=sa.Column(sa.Text, nullable=False, unique=True))
    scope: str = Field(sa_column=sa.Column(sa.String(16), nullable=False))
    job: str = Field(sa_column=_text())
    created_at: datetime = Field(sa_column=instant())
    created_by: str = Field(sa_column=_text())
    expires_at: datetime | None = Field(default=None, sa_column=instant(True))
    used_at: datetime | None = Field(default=None, sa_column=instant(True))


class SessionRow(SQLModel, table=True):
    """A browser that is logged in. `user_id` NULL: by a link."""

    __tablename__ = "pipeline_session"
    key: str = Field(sa_column=sa.Column(sa.String(64), primary_key=True))
    user_id: int | None = Field(
        default=None, sa_column=sa.Column(BIG, sa.ForeignKey("pipeline_user.id"), index=True)
    )
    begun_at: datetime = Field(sa_column=instant())
    seen_at: datetime = Field(sa_column=instant())
    address: str = Field(sa_column=_text())
    agent: str = Field(sa_column=_text())


class LinkRow(SQLModel, table=True):
    """A link that lets in once."""

    __tablename__ = "pipeline_link"
    key: str = Field(sa_column=sa.Column(sa.String(64), primary_key=True))
    until: datetime = Field(sa_column=instant())


class AttemptRow(SQLModel, table=True):
    """Attempts to log in: of an account, or from an address. None may be made before `until`."""

    __tablename__ = "pipeline_attempt"
    key: str = Field(sa_column=sa.Column(sa.Text, primary_key=True))
    failures: int = Field(sa_column=sa.Column(sa.Integer, nullable=False))
    until: datetime = Field(sa_column=instant())


class AuditRow(SQLModel, table=True):
    """What a person or program changed. Rows are only ever added."""

    __tablename__ = "pipeline_audit"
    __table_args__ = ({"sqlite_autoincrement": True},)
    id: int | None = Field(default=None, sa_column=sa.Column(BIG, primary_key=True, autoincrement=True))
    at: datetime = Field(sa_column=instant())
    who: str = Field(sa_column=_text())
    address: str = Field(sa_column=_text())
    what: str = Field(sa_column=_text())
    subject: str = Field(sa_column=_text())
    before: str = Field(sa_column=_text())
    after: str = Field(sa_column=_text())
