"""Files dropped onto a job in the browser: into its inbox, whole or not at all, and the answer is the file's page."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from urllib.parse import urlencode
from uuid import uuid4

from anyio import to_thread
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from pipeline import files as disk
from pipeline.app import Pipeline
from pipeline.console.drawing import back, page
from pipeline.errors import ConfigError, Environment, PipelineError
from pipeline.jobs import ImportJob, fits
from pipeline.results import FileRow
from pipeline.server.routes import changed, site
from pipeline.store.model import Query
from pipeline.words import message

LONGEST = 200  # characters of a name


async def drop(request: Request) -> Response:
    """POST /jobs/{job}/drop"""
    job = _job(request, request.path_params["job"])
    async with request.form() as form:
        given = form.get("file")
        if not isinstance(given, UploadFile) or not given.filename:
            raise PipelineError(message("console.drop.nothing"))
        name, pattern = safe_name(given.filename), ", ".join(job.patterns)
        if not fits(name, job.patterns):
            raise PipelineError(message("console.drop.pattern", name=name, job=job.name, pattern=pattern))
        newest = await site(request).ask(_newest)
        place = await to_thread.run_sync(put, given, job.inbox, name)
    changed(request, f"job {job.name}", None, place.name)
    return back(request, "/dropped?" + urlencode({"job": job.name, "name": place.name, "after": newest}))


async def dropped(request: Request) -> Response:
    """GET /dropped: the file's page once it has one; until then why it has none."""
    params = request.query_params
    job, name, after = params.get("job", ""), params.get("name", ""), params.get("after", "0")
    found = await site(request).ask(lambda p: _found(p, job, name, int(after) if after.isdigit() else 0))
    if found is not None:
        return back(request, f"/files/{found.id}")
    why = await site(request).ask(lambda pipeline: pipeline.why(name))
    facts = {"found": why, "name": name, "address": f"/dropped?{request.url.query}"}
    return page(request, "dropped.html", "/files", facts)


def safe_name(text: str) -> str:
    """The last part of a name, without what no file is called. Raises PipelineError when nothing is left."""
    name = text.replace("\\", "/").rpartition("/")[2].strip().lstrip(".")
    name = "".join(c for c in name if c.isprintable() and c != "\0")[-LONGEST:]
    if not name:
        raise PipelineError(message("console.drop.name", name=text))
    return name


def put(given: UploadFile, inbox: Path, name: str) -> Path:
    """Write it beside, and let it appear at once. A file of this name that waits there is not replaced: the new one
    gets a number. Raises Environment when there is no place."""
    hidden = inbox / f".{uuid4().hex}.part"
    try:
        disk.make_folder(inbox)
        with hidden.open("xb") as out:
            shutil.copyfileobj(given.file, out, 1 << 20)
            out.flush()
            os.fsync(out.fileno())
        for place in disk.candidates(inbox, os.fsencode(name)):
            try:
                disk.rename_noreplace(hidden, place)
            except FileExistsError:
                continue
            disk.sync_folder(inbox)
            return place
    except OSError as error:
        raise Environment(
            message("console.drop.failed", folder=str(inbox), why=error.strerror or str(error))
        ) from error
    finally:
        hidden.unlink(missing_ok=True)
    raise PipelineError(message("console.drop.name", name=name))


def _job(request: Request, name: str) -> ImportJob:
    for job in site(request).settings.imports:
        if job.name == name:
            return job
    known = ", ".join(job.name for job in site(request).settings.imports)
    raise ConfigError(message("config.no_job", job=name, known=known))


def _newest(pipeline: Pipeline) -> int:
    found = pipeline.page(Query(limit=1))
    return found[0].id or 0 if found else 0


def _found(pipeline: Pipeline, job: str, name: str, after: int) -> FileRow | None:
    rows = pipeline.page(Query(job=job, name=os.fsencode(name), limit=1))
    return rows[0] if rows and (rows[0].id or 0) > after else None
