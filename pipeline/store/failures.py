"""The databases' own errors, translated once into ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from pipeline.errors import Environment, MappingUnfit, PipelineError
from pipeline.words import message

_WAIT_STATES = ("08", "40001", "40P01", "53", "55P03", "57P0", "25006", "28", "3D000")
_LITE_WAIT = ("locked", "busy", "full", "disk i/o", "unable to open", "readonly")


class RowsRefused(PipelineError):
    """The database refuses some row of the statement; which, is found by halving."""


@contextmanager
def translated(where: str) -> Iterator[None]:
    """Inside, an error of the driver becomes Environment, MappingUnfit or RowsRefused."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        raise judge(error, where) from error


def judge(error: sa.exc.DBAPIError, where: str) -> PipelineError:
    """Which kind of failure an error of the driver is."""
    original = error.orig
    text = str(original).strip().splitlines()[0] if str(original).strip() else type(original).__name__
    state = getattr(original, "sqlstate", None)
    if state is None and not type(original).__module__.startswith("sqlite3"):
        return Environment(message("store.unreachable", where=where, why=text))
    if state is not None:
        if state.startswith(("22", "23")):
            return RowsRefused(message("store.refused_by_database", why=text))
        if state.startswith("42") and state != "42501":
            return MappingUnfit(message("store.unfit", why=text))
        return Environment(message("store.unreachable", where=where, why=text))
    if isinstance(error, sa.exc.IntegrityError | sa.exc.DataError):
        return RowsRefused(message("store.refused_by_database", why=text))
    if "no such table" in text or "no such column" in text or "has no column" in text:
        return MappingUnfit(message("store.unfit", why=text))
    return Environment(message("store.unreachable", where=where, why=text))
