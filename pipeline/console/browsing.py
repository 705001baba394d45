"""Data: the rows of each table, read-only, and what happened to a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from pipeline.app import Pipeline
from pipeline.console.drawing import page
from pipeline.errors import PipelineError
from pipeline.results import FileRow
from pipeline.server.routes import site
from pipeline.store.browsing import Browser, Cell, Entry, Page
from pipeline.words import message

SHOWN = 50
WIDE = 8  # columns of a table, those that say something first
PLUMBING = ("id", "created_at", "updated_at", "deleted_at", "custom", "source", "external_id")


@dataclass(frozen=True, slots=True)
class Deed:
    """What was done to a row, and by which file."""

    op: str
    at: datetime
    who: str
    file: FileRow | None
    changed: tuple[tuple[str, Cell, Cell], ...]


async def tables(request: Request) -> Response:
    """GET /data"""
    names = await site(request).ask(lambda pipeline: pipeline.store().browser().tables())
    return page(request, "tables.html", "/data", {"names": names, "labels": _labels(request)})


def _labels(request: Request) -> dict[str, str]:
    from pipeline.server.problems import language_of
    from pipeline.store.tables import business_tables

    language = language_of(request)
    return {table.name: str(table.info.get(language, "")) for table in business_tables()}


async def table(request: Request) -> Response:
    """GET /data/{table}?column=&text=&skip="""
    name, params = request.path_params["table"], request.query_params
    skip = int(params.get("skip", "0")) if params.get("skip", "0").isdigit() else 0
    column, text = params.get("column", ""), params.get("text", "")[:200]

    def look(pipeline: Pipeline) -> tuple[list[str], Page]:
        browser = _known(pipeline.store().browser(), name)
        return browser.columns(name), browser.page(name, column, text, skip, SHOWN)

    columns, found = await site(request).ask(look)
    shown = chosen(found)
    facts = {
        "name": name, "columns": columns, "found": found, "shown": shown, "column": column, "text": text,
        "skip": skip, "step": SHOWN, "label": _labels(request).get(name, ""),
    }  # fmt: skip
    return page(request, "table.html", "/data", facts)


def chosen(found: Page) -> list[int]:
    """The columns that fit on a page: first those with a value, without what every table has."""
    filled = [
        n for n, name in enumerate(found.columns) if any(row[n] not in (None, "") for row in found.rows)
    ]
    telling = [n for n in filled if found.columns[n] not in PLUMBING and not found.columns[n].endswith("_id")]
    return (telling or filled or list(range(len(found.columns))))[:WIDE]


async def row(request: Request) -> Response:
    """GET /data/{table}/row?id="""
    name, id = request.path_params["table"], request.query_params.get("id", "")

    def look(pipeline: Pipeline) -> tuple[dict[str, Cell] | None, list[Deed]]:
        browser = _known(pipeline.store().browser(), name)
        return browser.row(name, id), deeds(pipeline, browser.history(name, id))

    cells, told = await site(request).ask(look)
    if cells is None and not told:
        raise PipelineError(message("console.no_row", table=name))
    return page(request, "row.html", "/data", {"name": name, "id": id, "cells": cells, "told": told})


def deeds(pipeline: Pipeline, entries: Sequence[Entry]) -> list[Deed]:
    """With the files that did it."""
    known: dict[str, FileRow | None] = {}
    for entry in entries:
        kind, _, id = entry.who.partition(":")
        if entry.who not in known and kind == "file" and id.isdigit():
            story = pipeline.show(int(id))
            known[entry.who] = story.file if story else None
    return [Deed(e.op, e.at, e.who, known.get(e.who), e.changed) for e in entries]


def _known(browser: Browser, table: str) -> Browser:
    if table not in browser.tables():
        raise PipelineError(message("console.no_table", table=table))
    return browser
