"""The drop door: a file comes by HTTP and lies in the inbox of its job, whole or not at all.

PUT /drop/JOB/NAME            the body is the file
POST /drop/JOB                a form with one or more fields `file`
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import anyio
from anyio import to_thread
from starlette.datastructures import UploadFile
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from pipeline import files as disk
from pipeline.app import Pipeline
from pipeline.errors import ConfigError, Environment, PipelineError
from pipeline.files.delivering import Delivery
from pipeline.jobs import ImportJob, fits, matches_any
from pipeline.server.problems import Refused
from pipeline.server.routes import Route, caller, changed, site
from pipeline.store.model import LedgerFile, Query
from pipeline.watching.scanning import folders_below
from pipeline.words import message

PART = 1 << 20  # bytes written at once
SPARE = 64 << 20  # bytes that stay free on the disc
LOOK_S = 0.2
WAIT_S, LONGEST_S = 5.0, 60.0  # how long the answer waits for the file's number
NAME = 200  # bytes


@dataclass(frozen=True, slots=True)
class Dropped:
    """A file that lies in its inbox now."""

    job: str
    name: str
    size: int
    digest: bytes


async def put(request: Request) -> Response:
    """The body is the file. `Content-Length` must be given, `Content-Digest: sha-256=:…:` may be."""
    job, folder = _place(request)
    length = request.headers.get("content-length", "")
    if not length.isdigit():
        raise Refused(411, message("drop.length"))
    name = _name(request.path_params["name"], job)
    newest = await _newest(request, job)
    done = await _deliver(job, folder, name, request.stream(), int(length), _expected(request))
    changed(request, f"{job.name}/{done.name}", None, {"bytes": done.size, "sha256": done.digest.hex()})
    return await _answer(request, [done], newest)


async def post(request: Request) -> Response:
    """A form with one or more fields `file`."""
    job, folder = _place(request)
    async with request.form(max_files=100, max_fields=100) as form:
        given = [one for one in form.getlist("file") if isinstance(one, UploadFile) and one.filename]
        if not given:
            raise Refused(400, message("drop.nothing"))
        names = [_name(one.filename or "", job) for one in given]
        newest = await _newest(request, job)
        done = [
            await _deliver(job, folder, name, _parts(one), one.size or 0, b"")
            for one, name in zip(given, names, strict=True)
        ]
    facts = [{"name": one.name, "bytes": one.size, "sha256": one.digest.hex()} for one in done]
    changed(request, f"{job.name}/{done[0].name}", None, facts)
    return await _answer(request, done, newest)


def _place(request: Request) -> tuple[ImportJob, Path]:
    """The job and the folder of its inbox. Raises ConfigError, Refused."""
    name, who = request.path_params["job"], caller(request)
    jobs = {job.name: job for job in site(request).settings.imports}
    if name not in jobs:
        raise ConfigError(message("config.no_job", job=name, known=", ".join(jobs)))
    if who.job and who.job != name:
        raise Refused(403, message("drop.other_job", job=who.job))
    job, asked = jobs[name], request.query_params.get("folder", "")
    for folder, below in folders_below(job.inbox, job.below).items():
        if below == asked:
            return job, folder
    raise Refused(404, message("drop.folder", job=name, folder=asked))


def _name(text: str, job: ImportJob) -> bytes:
    """A plain name that the job takes, or that of a companion it waits for. Raises Refused."""
    odd = (
        text.startswith((".", "~"))
        or text != text.strip()
        or not text.isprintable()
        or set(text) & set("/\\")
    )
    name = os.fsencode(text.encode("utf-8", "surrogatepass").decode("utf-8", "replace"))
    if not text or odd or len(name) > NAME:
        raise Refused(422, message("drop.name", name=text[:NAME]))
    companion = job.ready.replace("{stem}", "*").replace("{name}", "*")
    if not fits(text, job.patterns) and not (companion and matches_any(text, (companion,))):
        raise Refused(422, message("drop.pattern", name=text, job=job.name, pattern=", ".join(job.patterns)))
    return name


def _expected(request: Request) -> bytes:
    """The SHA-256 that the sender gives, b"" for none. Raises Refused."""
    for given in request.headers.get("content-digest", "").split(","):
        kind, _, value = given.strip().partition("=")
        if kind.lower() == "sha-256":
            try:
                found = base64.b64decode(value.strip(":"), validate=True)
            except (binascii.Error, ValueError):
                found = b""
            if len(found) != 32:
                raise Refused(400, message("drop.digest_form"))
            return found
    return b""


async def _parts(given: UploadFile) -> AsyncIterator[bytes]:
    while part := await given.read(PART):
        yield part


async def _deliver(
    job: ImportJob, folder: Path, name: bytes, parts: AsyncIterator[bytes], length: int, digest: bytes
) -> Dropped:
    """Raises Environment when the inbox takes nothing, Refused when not all came."""
    try:
        delivery = await to_thread.run_sync(_begin, folder, length)
        with delivery:
            buffer = bytearray()
            try:
                async for part in parts:
                    buffer += part
                    if len(buffer) >= PART:
                        await to_thread.run_sync(delivery.write, bytes(buffer))
                        buffer.clear()
            except ClientDisconnect as error:
                raise Refused(400, message("drop.cut", length=length)) from error
            await to_thread.run_sync(delivery.write, bytes(buffer))
            if delivery.size != length:
                raise Refused(400, message("drop.cut", length=length))
            if digest and digest != delivery.digest:
                raise Refused(422, message("drop.digest"))
            place = await to_thread.run_sync(delivery.appear, name)
            return Dropped(job.name, place.name, delivery.size, delivery.digest)
    except OSError as error:
        why = error.strerror or str(error)
        raise Environment(message("files.environment", path=str(folder), why=why)) from error


def _begin(folder: Path, length: int) -> Delivery:
    disk.make_folder(folder)
    if disk.free_bytes(folder) < length + SPARE:
        raise Refused(507, message("drop.no_room", length=length))
    return Delivery(folder)


# the file's number ------------------------------------------------------------------------------------------
async def _newest(request: Request, job: ImportJob) -> int:
    """The number of the job's newest file before this one came; 0 while the database cannot be asked."""

    def ask(pipeline: Pipeline) -> int:
        found = _files(pipeline, Query(job=job.name, limit=1))
        return found[0].id if found else 0

    return await site(request).ask(ask)


def _files(pipeline: Pipeline, query: Query) -> list[LedgerFile]:
    try:
        ledger = pipeline.ledger()
    except PipelineError:  # the file is safe in its inbox, whatever becomes of the database
        return []
    return ledger.files(query) if ledger else []


async def _answer(request: Request, done: list[Dropped], newest: int) -> Response:
    """201 with the number and state of each file, when the import was quick; 202 when it waits for its hour, a
    companion or the database. `?wait=SECONDS`, 0 to 60: how long to look."""
    try:
        wait = min(LONGEST_S, max(0.0, float(request.query_params.get("wait", WAIT_S))))
    except ValueError as error:
        raise Refused(400, message("server.bad_request", why="wait")) from error
    found: dict[bytes, LedgerFile] = {}

    def look(pipeline: Pipeline) -> None:
        for one in done:
            if one.digest not in found:
                rows = _files(pipeline, Query(job=one.job, fingerprint=one.digest, limit=1))
                if rows and rows[0].id > newest:
                    found[one.digest] = rows[0]

    with anyio.move_on_after(wait):
        while len(found) < len({one.digest for one in done}):
            await site(request).ask(look)
            await anyio.sleep(LOOK_S)
    told = [_told(one, found.get(one.digest)) for one in done]
    body: object = told[0] if "name" in request.path_params else told
    return JSONResponse(body, 201 if all(one.digest in found for one in done) else 202)


def _told(one: Dropped, row: LedgerFile | None) -> dict[str, object]:
    told: dict[str, object] = {
        "job": one.job,
        "name": one.name,
        "bytes": one.size,
        "sha256": one.digest.hex(),
    }
    return {**told, "id": row.id if row else None, "state": row.state if row else "waiting"}


ROUTES = [
    Route("/drop/{job}/{name}", put, needs="drop", methods=["PUT"], does="file.drop", body=None),
    Route("/drop/{job}", post, needs="drop", methods=["POST"], does="file.drop", body=None),
]
