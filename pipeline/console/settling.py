"""Conflicts: both values side by side, and who settles them how."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast, get_args
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from pipeline.app import Pipeline
from pipeline.console.drawing import back, page
from pipeline.console.overview import desk
from pipeline.errors import PipelineError
from pipeline.server.problems import Refused
from pipeline.server.routes import caller, changed, site
from pipeline.store.syncing.settling import CHOICES, Keep, lost_here
from pipeline.store.syncing.standing import Conflict, clocked
from pipeline.store.syncing.values import unpack
from pipeline.words import Message, message, printable

PLACE, SHOWN = "/sync/conflicts", 100
RULES = ("here", "there")
CALLED = ("code", "number", "sku", "name")  # columns by which people know a row
UUID_HEX = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Side:
    """A value, which site wrote it, when, and whether it is the one that stands. `value` None: none, or deleted."""

    value: str | None
    site: str
    at: datetime | None
    kept: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """A record as a person sees it. `row`: what the row is called; `id`: of its history, "" when it has none to see;
    `ways`: how it can be settled."""

    record: Conflict
    row: str
    id: str
    here: Side
    there: Side
    ways: tuple[Keep, ...]


def shown(record: Conflict, site: str, row: str = "", id: str = "") -> Shown:
    """`site`: what this database is called; `row`: what the row is called, "" its key. Pure."""
    lost = _side(record.lost, record.lost_clock, kept=False)
    kept = _side(record.kept, record.kept_clock, kept=True)
    here, there = (lost, kept) if lost_here(record, site) else (kept, lost)
    ways: tuple[Keep, ...] = ("both",)
    if record.kind in CHOICES and record.column:
        ways = ("here", "there", "both")
    elif record.kind == "unique":
        ways = ("merge", "both")
    key = printable(", ".join(str(part) for part in unpack(record.key)))
    return Shown(record, row or key, id, here, there, ways)


def _side(value: str | None, clock: str | None, *, kept: bool) -> Side:
    site, at = clocked(clock)
    return Side(_text(value), site.rstrip("~"), at, kept)  # "~": what the rules made of a change of that site


def _row(pipeline: Pipeline, known: Collection[str], record: Conflict) -> tuple[str, str]:
    """(what people call the row, its id in its history); ("", "") where only its key is known."""
    key = unpack(record.key)
    if record.table not in known or len(key) != 1:
        return "", ""
    id = str(key[0])
    if pipeline.settings.database.startswith("postgresql") and UUID_HEX.fullmatch(id):
        id = str(UUID(id))
    cells = pipeline.store().browser().row(record.table, id) or {}
    called = [cells.get(name) for name in CALLED if name != record.column]
    return printable(" ".join(cell for cell in called if cell)), id


def _text(value: str | None) -> str | None:
    found = None if value is None else unpack(value)
    return None if found is None else printable(found.hex() if isinstance(found, bytes) else str(found))


async def conflicts(request: Request) -> Response:
    """GET /sync/conflicts?all=on"""
    everything = request.query_params.get("all") == "on"

    def look(pipeline: Pipeline) -> tuple[list[Shown], int, list[str]]:
        peers = pipeline.peers()
        standing, found = peers.standing(), peers.conflicts(everything=everything)
        tables = sorted({one.table for one in found if one.kind in CHOICES and one.state == "open"})
        known = pipeline.store().browser().tables()
        some = [shown(one, standing.site, *_row(pipeline, known, one)) for one in found[:SHOWN]]
        return some, standing.open, tables

    found, count, tables = await site(request).ask(look)
    facts = {
        "found": found, "open": count, "tables": tables, "everything": everything,
        "notes": list(desk(request).notes), "busy": desk(request).at_work,
    }  # fmt: skip
    return page(request, "conflicts.html", PLACE.rpartition("/")[0], facts)


async def one(request: Request) -> Response:
    """POST /sync/conflicts/{id} keep=here|there|both|merge"""
    id, form = request.path_params["id"], await request.form()
    keep = _chosen(str(form.get("keep") or ""), get_args(Keep))
    await site(request).ask(lambda pipeline: pipeline.settle(id, keep), caller(request).name)
    changed(request, id, None, keep)
    return back(request, PLACE)


async def by_rule(request: Request) -> Response:
    """POST /sync/conflicts keep=here|there table=: every choice between two values, of one table or of all."""
    form = await request.form()
    keep, table = _chosen(str(form.get("keep") or ""), RULES), str(form.get("table") or "")

    def work(pipeline: Pipeline) -> Message:
        found = pipeline.peers().conflicts()
        return settle_all(pipeline, [r for r in found if r.kind in CHOICES and table in ("", r.table)], keep)

    desk(request).begin(work, caller(request).name)
    changed(request, table or "*", None, keep)
    return back(request, PLACE)


def settle_all(pipeline: Pipeline, records: Sequence[Conflict], keep: Keep) -> Message:
    """What cannot be settled so stays open, and is counted."""
    left = 0
    for record in records:
        try:
            pipeline.settle(record.id, keep)
        except PipelineError:  # its row changed since, or is gone: a person looks at it by itself
            left += 1
    return message("console.sync.settled_all", count=len(records) - left, left=left)


def _chosen(keep: str, known: Sequence[str]) -> Keep:
    if keep not in known:
        raise Refused(422, message("console.sync.choose"))
    return cast("Keep", keep)
