"""What every business table has, and short words for its columns. Labels: English, French."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy import true as sql_true
from sqlmodel import Field, SQLModel
from sqlmodel.sql.sqltypes import UTCDateTime

from pipeline.store.types import Exact, json_type, utc_now, uuid7

Labels = tuple[str, str]


def column(en: str, fr: str, *, default: Any = None, required: bool = False, **more: Any) -> Any:
    """A column with its labels. `default`: SQL server default, then NOT NULL. `required`: NOT NULL without one."""
    kwargs: dict[str, Any] = {"info": {"en": en, "fr": fr}}
    if "name" in more:
        kwargs["name"] = more.pop("name")
    if default is not None:
        kwargs["server_default"] = default
    more.setdefault("nullable", default is None and not required)
    return Field(default=None, sa_column_kwargs=kwargs, **more)


def text(en: str, fr: str, *, default: str | None = None, **more: Any) -> Any:
    return column(en, fr, default=None if default is None else sql(f"'{default}'"), **more)


def money(en: str, fr: str, **more: Any) -> Any:
    """Money or a quantity: exact, 6 decimals."""
    return column(en, fr, sa_type=Exact(6), **more)


def rate(en: str, fr: str, **more: Any) -> Any:
    """A percentage: exact, 4 decimals."""
    return column(en, fr, sa_type=Exact(4), **more)


def instant(en: str, fr: str, **more: Any) -> Any:
    return column(en, fr, sa_type=UTCDateTime(), **more)


def ref(table: str, en: str, fr: str, **more: Any) -> Any:
    return column(en, fr, foreign_key=f"{table}.id", **more)


def yes(en: str, fr: str) -> Any:
    """A flag that is true unless somebody says otherwise."""
    return column(en, fr, default=sql_true())


def count(en: str, fr: str, **more: Any) -> Any:
    """A count of lines; 0 when not given."""
    return column(en, fr, default=sql("0"), **more)


def setup(en: str, fr: str, *keys: tuple[str, ...], by_source: bool = True, appended: bool = False) -> Any:
    """Table arguments: labels and keys, the natural one first. Each key gets a unique constraint. `appended`: its
    rows are what happened once (a ticket, an entry), and are not set again by an older file."""
    every = [*keys]
    if by_source:
        every.append(("source", "external_id"))
    constraints = [UniqueConstraint(*key) for key in every]
    return (*constraints, {"info": {"en": en, "fr": fr, "keys": tuple(every), "appended": appended}})


class Common(SQLModel):
    """Identity, origin and times. `deleted_at` set: the row is gone but remembered."""

    id: UUID = Field(
        default_factory=uuid7, primary_key=True, sa_column_kwargs={"info": {"en": "Id", "fr": "Identifiant"}}
    )
    source: str = text("Source", "Source", default="")
    external_id: str | None = text("External id", "Identifiant externe")
    custom: dict[str, Any] | None = column("Own fields", "Champs personnalisés", sa_type=json_type())
    created_at: dt.datetime = instant("Created", "Créé le", default=utc_now())
    updated_at: dt.datetime = instant("Updated", "Modifié le", default=utc_now())
    deleted_at: dt.datetime | None = instant("Deleted", "Supprimé le")
