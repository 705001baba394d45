"""Files: found, one file's story, and what a person does about it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from anyio import to_thread
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from pipeline.app import Pipeline
from pipeline.console.drawing import back, names_of, page
from pipeline.console.overview import desk
from pipeline.errors import PipelineError
from pipeline.results import FileRow, FileStory
from pipeline.server.routes import caller, changed, site
from pipeline.store.browsing import ChangedValue
from pipeline.store.model import Query, Undo
from pipeline.words import Message, message

SHOWN = 50
CELLS = 50  # changed values on a file's page
REFUSED = 200  # refused rows on a file's page; the correction file has them all
STATES = (
    "held",
    "failed",
    "archived",
    "duplicate",
    "committed",
    "undone",
    "rejected",
    "approved",
    "exported",
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the search form of the files asks for."""

    job: str = ""
    state: str = ""
    day: str = ""
    text: str = ""
    before: str = ""

    @classmethod
    def of(cls, params: QueryParams) -> Wanted:
        return cls(*(params.get(key, "")[:200] for key in ("job", "state", "day", "text", "before")))

    def query(self, zone: str) -> Query:
        since, until = _day(self.day, zone)
        states = {"exported": ("archived",), "": ()}.get(self.state, (self.state,))
        return Query(
            job=self.job or None,
            states=states if self.state in STATES else (),
            kind="export" if self.state == "exported" else "",
            contains=self.text.strip(),
            before=int(self.before) if self.before.isdigit() else None,
            since=since,
            until=until,
            limit=SHOWN + 1,
        )

    def next(self, last: FileRow) -> str:
        """The address of the page after this file."""
        asked = {"job": self.job, "state": self.state, "day": self.day, "text": self.text}
        return "/files?" + urlencode({k: v for k, v in asked.items() if v} | {"before": str(last.id)})


def _day(text: str, zone: str) -> tuple[datetime | None, datetime | None]:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None, None
    here = ZoneInfo(zone)
    return datetime.combine(day, time(), here), datetime.combine(day + timedelta(1), time(), here)


async def files(request: Request) -> Response:
    """GET /files"""
    wanted = Wanted.of(request.query_params)
    rows, lying = await site(request).ask(lambda pipeline: _page(pipeline, wanted))
    more = wanted.next(rows[SHOWN - 1]) if len(rows) > SHOWN else ""
    settings = site(request).settings
    jobs = names_of(settings)
    facts = {
        "files": rows[:SHOWN], "lying": lying, "wanted": wanted, "more": more, "jobs": jobs, "states": STATES,
        "address": str(request.url.path) + (f"?{request.url.query}" if request.url.query else ""),
    }  # fmt: skip
    return page(request, "files.html", "/files", facts)


def _page(pipeline: Pipeline, wanted: Wanted) -> tuple[list[FileRow], list[FileRow]]:
    """Files of the ledger; before them, on the first page, those that still wait in an inbox."""
    found = pipeline.page(wanted.query(pipeline.settings.timezone))
    if wanted.before or wanted.day or wanted.state not in ("", "waiting"):
        return found, []
    lying = [row for row in pipeline.lying(wanted.job or None) if wanted.text.lower() in row.name.lower()]
    return ([] if wanted.state == "waiting" else found), lying[:SHOWN]


async def file(request: Request) -> Response:
    """GET /files/{id}"""
    id = request.path_params["id"]
    story, cells = await site(request).ask(lambda pipeline: (_story(pipeline, id), _cells(pipeline, id)))
    facts = {
        "cells": cells,
        "story": story,
        "file": story.file,
        "refused": story.refused[:REFUSED],
        "notes": list(desk(request).notes),
    }
    return page(request, "file.html", "/files", facts)


def _cells(pipeline: Pipeline, id: int) -> list[ChangedValue]:
    """The first values that it changed."""
    store = pipeline.store()
    file = store.by_id(id)
    if file is None or not file.updated or file.log_from is None:
        return []
    return store.browser().cells(f"file:{id}", file.log_from, CELLS)


def _story(pipeline: Pipeline, id: int) -> FileStory:
    found = pipeline.show(id)
    if found is None:
        raise PipelineError(message("cli.no_file", id=id))
    return found


async def why(request: Request) -> Response:
    """GET /why?file=PATH"""
    name = request.query_params.get("file", "")
    found = await site(request).ask(lambda pipeline: pipeline.why(name))
    return page(request, "why.html", "/files", {"found": found, "name": name})


async def approve(request: Request) -> Response:
    """POST /files/{id}/approve"""
    id = request.path_params["id"]

    def work(pipeline: Pipeline) -> Message:
        done = pipeline.approve(id).files
        return message("console.approved", name=done[0].name if done else str(id))

    await site(request).ask(lambda pipeline: _story(pipeline, id))
    desk(request).begin(work, caller(request).name)
    changed(request, f"file {id}")
    return back(request, f"/files/{id}")


async def reject(request: Request) -> Response:
    """POST /files/{id}/reject"""
    id = request.path_params["id"]
    await site(request).ask(lambda pipeline: pipeline.reject(id), caller(request).name)
    changed(request, f"file {id}")
    return back(request, f"/files/{id}")


async def replay(request: Request) -> Response:
    """POST /files/{id}/replay"""
    id = request.path_params["id"]

    def work(pipeline: Pipeline) -> Message:
        done = pipeline.replay(id)
        first = done.files[0] if done.files else None
        return message("console.replayed", name=first.name if first else str(id))

    await site(request).ask(lambda pipeline: _story(pipeline, id))
    desk(request).begin(work, caller(request).name)
    changed(request, f"file {id}")
    return back(request, f"/files/{id}")


async def ask_undo(request: Request) -> Response:
    """GET /files/{id}/undo: what it would do."""
    id = request.path_params["id"]

    def plan(pipeline: Pipeline) -> tuple[FileStory, Undo]:
        return _story(pipeline, id), pipeline.undo(id, dry_run=True)

    story, undo = await site(request).ask(plan)
    return page(request, "undo.html", "/files", {"file": story.file, "undo": undo})


async def undo(request: Request) -> Response:
    """POST /files/{id}/undo"""
    id, form = request.path_params["id"], await request.form()
    closed = form.get("even_closed") == "on"
    done = await site(request).ask(
        lambda pipeline: pipeline.undo(id, even_closed=closed), caller(request).name
    )
    entry = done.entry.id if done.entry else id
    changed(request, f"file {id}", None, {"entry": entry, "left": done.left_count})
    return back(request, f"/files/{entry}")


async def corrections(request: Request) -> Response:
    """GET /files/{id}/corrections?as=csv|xlsx: the refused rows, to mend and drop again."""
    id, xlsx = request.path_params["id"], request.query_params.get("as") == "xlsx"
    path = await site(request).ask(lambda pipeline: pipeline.corrections(id, xlsx=xlsx))
    return FileResponse(path, filename=os.fsdecode(path.name), media_type="application/octet-stream")


async def original(request: Request) -> Response:
    """GET /files/{id}/original: the file as it was taken or written, from where it is kept."""
    story = await site(request).ask(lambda pipeline: _story(pipeline, request.path_params["id"]))
    place = story.file.archived_as
    if not place or not await to_thread.run_sync(os.path.isfile, place):
        raise PipelineError(message("console.no_original", name=story.file.name))
    return FileResponse(place, filename=story.file.name, media_type="application/octet-stream")
