"""Files: every one and what became of it; replay, approve, reject, undo, the rows to correct."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pipeline.api.speaking import Endpoint, number, page_of, sent, voice
from pipeline.app import Pipeline
from pipeline.errors import PipelineError
from pipeline.results import FileRow, OnceResult
from pipeline.server import Refused, caller, changed, site
from pipeline.shapes import file_json, once_json, story_json, undo_json, why_json
from pipeline.store.model import LedgerFile, Query
from pipeline.words import message

LYING = ("waiting", "queued", "ready", "companion", "rejected", "claimed")
"""States of files that are not in the database yet."""


async def files(request: Request) -> Response:
    """What lies in the inboxes (on the first page), then every file of the database, newest first. `next` is the
    `before` of the next page."""
    asked = request.query_params
    before, limit = page_of(request)
    job, state, kind = asked.get("job"), asked.get("state"), asked.get("kind")
    digest = _digest(asked.get("sha256"))
    states = {"written": ("committed",), "exported": ("archived",)}.get(
        state or "", (state,) if state else ()
    )

    def ask(pipeline: Pipeline) -> tuple[list[FileRow], list[FileRow]]:
        rows = pipeline.page(Query(job=job, states=states, fingerprint=digest, before=before, limit=limit))
        lying = pipeline.lying(job) if before is None and digest is None and state in (None, *LYING) else []
        return [row for row in lying if state in (None, row.state)], rows

    lying, rows = await site(request).ask(ask)
    more = rows[-1].id if len(rows) == limit else None
    shown = [row for row in (*lying, *rows) if kind in (None, row.kind)]
    return JSONResponse({"files": [file_json(voice(request), row) for row in shown], "next": more})


def _digest(text: str | None) -> bytes | None:
    try:
        return None if text is None else bytes.fromhex(text)
    except ValueError as error:
        raise Refused(422, message("api.kind", key="sha256", kind="hex")) from error


async def file(request: Request) -> Response:
    """One file's whole story, with its refused rows."""
    id = number(request)
    found = await site(request).ask(lambda pipeline: pipeline.show(id))
    if found is None:
        raise Refused(404, message("cli.no_file", id=id))
    return JSONResponse(story_json(voice(request), found))


async def why(request: Request) -> Response:
    """Why a file is, or is not, in the database, by the name it has or had."""
    name = request.query_params.get("file", "")
    if not name or "\0" in name or "/" in name or name in (".", ".."):
        raise Refused(422, message("api.file_name"))
    found = await site(request).ask(lambda pipeline: pipeline.why(name))
    return JSONResponse(why_json(voice(request), found))


async def replay(request: Request) -> Response:
    """Import a file again from the archive, now; by another mapping or an earlier version of it, NAME or NAME@3."""
    id, given = number(request), await sent(request, mapping=str)
    return await _loaded(request, id, lambda pipeline: pipeline.replay(id, mapping=given.get("mapping")))


async def approve(request: Request) -> Response:
    """Import a file that looked unusual all the same."""
    id = number(request)
    return await _loaded(request, id, lambda pipeline: pipeline.approve(id))


async def _loaded(request: Request, id: int, do: Callable[[Pipeline], OnceResult]) -> Response:
    before = await _state(request, id)
    done = await site(request).ask(do, caller(request).name, long=True)
    after = [{"id": one.id, "state": one.state} for one in done.files]
    changed(request, f"file {id}", before, after)
    return JSONResponse(once_json(voice(request), done))


async def reject(request: Request) -> Response:
    """Leave a file that looked unusual out of the database."""
    id = number(request)
    before = await _state(request, id)
    done = await site(request).ask(lambda pipeline: pipeline.reject(id), caller(request).name)
    changed(request, f"file {id}", before, {"state": done.state})
    return JSONResponse(file_json(voice(request), done))


async def undo(request: Request) -> Response:
    """Take back what a file changed. `dry_run`: only say what it would do; `even_closed`: also rows of closed
    months."""
    id, given = number(request), await sent(request, dry_run=bool, even_closed=bool)
    dry, even = given.get("dry_run", False), given.get("even_closed", False)
    before = await _state(request, id)
    done = await site(request).ask(
        lambda pipeline: pipeline.undo(id, dry_run=dry, even_closed=even), caller(request).name, long=True
    )
    told = undo_json(voice(request), done)
    if not dry:
        changed(
            request,
            f"file {id}",
            before,
            {"entry": told["entry"], "tables": told["tables"], "left": told["left"]},
        )
    return JSONResponse(told)


async def _state(request: Request, id: int) -> dict[str, object]:
    """A file's state, for the audit. Raises Refused when there is no such file."""

    def ask(pipeline: Pipeline) -> LedgerFile | None:
        ledger = pipeline.ledger()
        return ledger.by_id(id) if ledger else None

    found = await site(request).ask(ask)
    if found is None:
        raise Refused(404, message("cli.no_file", id=id))
    return {"state": found.state}


async def corrections(request: Request) -> Response:
    """The refused rows of a file as a file to mend and drop again; `?xlsx=1` as a workbook."""
    id, xlsx = number(request), request.query_params.get("xlsx", "") in ("1", "true")

    def write(pipeline: Pipeline) -> tuple[str, bytes]:
        with TemporaryDirectory(prefix="pipeline-corrections-") as folder:
            told = pipeline.show(id)
            if told is None:
                raise PipelineError(message("cli.no_file", id=id))
            ending = "xlsx" if xlsx else "csv"
            name = f"{told.file.name}.refused-{id}.{ending}"
            path = pipeline.corrections(id, xlsx=xlsx, to=Path(folder) / f"rows.{ending}")
            return name, path.read_bytes()

    name, content = await site(request).ask(write, long=True)
    return attachment(name, content)


def attachment(name: str, content: bytes) -> Response:
    """A file to be saved, whatever is in it: a browser neither guesses its kind nor runs anything of it."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "_" for c in name)[-100:]
    coded = quote(os.fsencode(name.encode("utf-8", "replace").decode()), safe="")
    headers = {
        "content-disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{coded}",
        "content-security-policy": "default-src 'none'; sandbox",
    }
    return Response(content, media_type="application/octet-stream", headers=headers)


EXAMPLE = {
    "id": 12,
    "job": "till",
    "name": "tickets.csv",
    "state": "archived",
    "rows_read": 4,
    "inserted": 3,
    "refused": 1,
}
RESULT = {"files": [EXAMPLE], "waiting": [], "troubles": [], "paused": []}
UNDO = {
    "id": 12,
    "entry": 13,
    "tables": [{"table": "pos_ticket", "deleted": 3, "restored": 0, "updated": 0}],
    "left": 0,
}
PAGES = {"before": "the `next` of the page before", "limit": "how many, at most 500"}
ROUTES = [
    Endpoint(
        "/files", files, needs="viewer", gives={"files": [EXAMPLE], "next": None},
        query={"job": "only this job", "state": "such as failed or waiting", "kind": "import or export",
               "sha256": "only this content", **PAGES},
    ),
    Endpoint("/files/{id}", file, needs="viewer", gives={**EXAMPLE, "refused_rows": []}),
    Endpoint("/files/{id}/corrections", corrections, needs="operator", query={"xlsx": "1 for a workbook"}),
    Endpoint(
        "/files/{id}/replay", replay, needs="operator", method="POST", does="file.replay", asks={"mapping": "till@3"},
        gives=RESULT,
    ),
    Endpoint("/files/{id}/approve", approve, needs="operator", method="POST", does="file.approve", gives=RESULT),
    Endpoint("/files/{id}/reject", reject, needs="operator", method="POST", does="file.reject", gives=EXAMPLE),
    Endpoint(
        "/files/{id}/undo", undo, needs="operator", method="POST", does="file.undo",
        asks={"dry_run": True, "even_closed": False}, gives=UNDO,
    ),
    Endpoint(
        "/why", why, needs="viewer", query={"file": "the name of the file"},
        gives={"imported": False, "why": "Job till is paused by anna.", "code": "states.paused", "remedy": "pipeline resume till"},
    ),
]  # fmt: skip
