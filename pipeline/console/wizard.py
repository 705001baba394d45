"""A new import from a file: what was found, where each column goes, what would come of it, and then: active."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from anyio import to_thread
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import Response

from pipeline import config as configuration
from pipeline import saved
from pipeline.app import Pipeline
from pipeline.config.editing import Value
from pipeline.console import child
from pipeline.console.drafting import OPTIONS, Choice, changed, places, read_as
from pipeline.console.drawing import back, page
from pipeline.console.dropping import put, safe_name
from pipeline.console.setting import by_field
from pipeline.errors import ConfigError, PipelineError
from pipeline.mapping import parse
from pipeline.mapping.model import Catalogue, Kind
from pipeline.results import Attempted, FileRow
from pipeline.server.problems import language_of
from pipeline.server.routes import changed as noted
from pipeline.server.routes import site
from pipeline.words import Message, message

ID = re.compile(r"[0-9a-f]{32}")
READ = ("encoding", "delimiter", "skip", "header")
ENCODINGS = ("utf-8", "cp1252", "iso-8859-15", "mac_roman", "cp850", "utf-16")
DELIMITERS = (";", ",", "\t", "|")


@dataclass(frozen=True, slots=True)
class Draft:
    """An import that is being made: its folder, with the file, what was found in it, and the mapping so far."""

    folder: Path
    file: Path
    found: Mapping[str, Any]
    text: str


async def start(request: Request) -> Response:
    """GET /new: drop a file, or choose one that waits."""
    lying = await site(request).ask(lambda pipeline: pipeline.lying())
    lost = await to_thread.run_sync(_lying_about, site(request).config.parent, lying)
    return page(request, "new.html", "/", {"lying": lost})


async def begin(request: Request) -> Response:
    """POST /new: a file from the browser, or the path of one that lies below the installation."""
    root = site(request).config.parent
    folder = root / ".pipeline" / "new" / uuid4().hex
    async with request.form() as form:
        given = form.get("file")
        if isinstance(given, UploadFile) and given.filename:
            path = await to_thread.run_sync(put, given, folder, safe_name(given.filename))
        else:
            chosen = await to_thread.run_sync(_inside, root, str(form.get("path", "")))
            path = folder / chosen.name
            await to_thread.run_sync(_copied, chosen, path)
    await _propose(request, folder, path)
    return back(request, f"/new/{folder.name}")


async def _propose(request: Request, folder: Path, path: Path, table: str = "") -> None:
    found = await child.ask("propose", site(request).config, str(path), table, language_of(request))
    (folder / "found.json").write_text(json.dumps({**found, "file": path.name}), "utf-8")
    (folder / "mapping.toml").write_text(found["text"], "utf-8")


async def draft(request: Request) -> Response:
    """GET /new/{id}"""
    return await _shown(request, _open(request), {})


async def update(request: Request) -> Response:
    """POST /new/{id}: the page as it is; `do` says what for."""
    form, made = await request.form(), _open(request)
    if form.get("table") and form.get("table") != form.get("table_was"):
        await _propose(request, made.folder, made.file, str(form.get("table")))
        return await _shown(request, _open(request), _kept(form))
    if made.text:
        text = changed(
            read_as(made.text, {key: str(form.get(key, "")) for key in READ}), _choices(form, made)
        )
        (made.folder / "mapping.toml").write_text(text, "utf-8")
        made = _open(request)
    if form.get("do") != "save":
        return await _shown(request, made, _kept(form))
    try:
        job = await to_thread.run_sync(_save, site(request).config, made, form)
    except ConfigError as error:
        return await _shown(request, made, _kept(form), error, by_field(error, str(form.get("name", ""))))
    noted(request, f"job {job}", None, made.text)
    return back(request, f"/#job-{job}")


def _choices(form: FormData, made: Draft) -> list[Choice]:
    return [
        Choice(
            column["name"],
            str(form.get(f"to{n}", "")),
            {key: str(form.get(f"{key}{n}", "")).strip() for key in OPTIONS},
            str(form.get(f"sql{n}", "")).strip(),
        )
        for n, column in enumerate(made.found["columns"])
        if f"to{n}" in form
    ]


def _kept(form: FormData) -> dict[str, str]:
    """What was typed below the mapping."""
    return {
        key: str(form.get(key, ""))
        for key in ("name", "inbox", "processed", "when", "every", "at", "pattern", "take_file")
    }


def _save(config: Path, made: Draft, form: FormData) -> str:
    """The mapping and the job, and the file into its inbox when asked. Raises ConfigError; then nothing is left."""
    given = _kept(form)
    name = given["name"].strip()
    settings = configuration.load(config)
    if configuration.section(config, "imports", name):
        raise ConfigError(message("console.new.taken", job=name))
    saved.add(settings, name, made.text)
    values: dict[str, Value | None] = {
        "mapping": name,
        "inbox": given["inbox"] or f"inbox/{name}",
        "processed": given["processed"] or f"processed/{name}",
        "pattern": given["pattern"] or None,
    }
    if given["when"] == "every":
        values["every"] = int(given["every"]) if given["every"].isdigit() else given["every"]
    elif given["when"] == "at":
        values["at"] = given["at"]
    try:
        configuration.save_section(config, "imports", name, values, "")
    except ConfigError:
        (settings.mappings / f"{name}.toml").unlink()
        raise
    if given["take_file"]:
        inbox = config.parent / str(values["inbox"])
        with made.file.open("rb") as file:
            put(UploadFile(file, filename=made.file.name), inbox, made.file.name)
    shutil.rmtree(made.folder, ignore_errors=True)
    return name


async def _shown(
    request: Request,
    made: Draft,
    typed: Mapping[str, str],
    error: ConfigError | None = None,
    wrong: Mapping[str, list[Message]] | None = None,
) -> Response:
    known: Catalogue = await site(request).ask(lambda pipeline: saved.tables(pipeline.settings))
    tried, trouble = await _tried(request, made)
    parsed = parse("draft", made.text, "draft")[0]
    sections = {s.name: s.table for s in parsed.sections} if parsed else {}
    if parsed and not sections:
        sections = {"": parsed.table}
    name, where = str(made.found["name"]), places(made.text)
    facts = {
        "id": made.folder.name, "file": made.file.name, "found": made.found, "text": made.text,
        "where": where,
        "columns": [{**c, "n": n, "used": c["name"] in where} for n, c in enumerate(made.found["columns"])],
        "groups": _groups(known, sections), "tables": known, "parsed": parsed,
        "tried": tried, "trouble": trouble, "error": error, "wrong": dict(wrong or {}),
        "because": {c["name"]: Message.from_json(c["because"]) for c in made.found["columns"]},
        "lacking": Message.from_json(made.found["lacking"]) if made.found["lacking"] else None,
        "encodings": ENCODINGS, "delimiters": DELIMITERS, "options": OPTIONS,
        "read": parsed.read if parsed else None,
        "typed": {"name": name, "inbox": f"inbox/{name}", "processed": f"processed/{name}", "when": "always",
                  "every": "30", "at": "03h00", "pattern": "", "take_file": "on", **typed},
    }  # fmt: skip
    return page(request, "draft.html", "/", facts, 422 if error else 200)


async def _tried(request: Request, made: Draft) -> tuple[Attempted | None, PipelineError | None]:
    if not made.text:
        return None, None

    def work(pipeline: Pipeline) -> Attempted:
        return pipeline.try_draft(made.file, made.text)

    try:
        return await site(request).ask(work), None
    except PipelineError as error:
        return None, error


def _groups(
    known: Catalogue, sections: Mapping[str, str]
) -> list[tuple[str, str, list[tuple[str, str, str]]]]:
    """For the choice of a field: section, table, and its columns as (name, label in English, in French)."""
    found = []
    for section, table in sections.items():
        columns = known[table].columns.values() if table in known else ()
        plain = [
            (c.name, c.label_en, c.label_fr) for c in columns if c.kind not in (Kind.REFERENCE, Kind.JSON)
        ]
        found.append((section, table, sorted(plain)))
    return found


def _open(request: Request) -> Draft:
    id = request.path_params["id"]
    folder = site(request).config.parent / ".pipeline" / "new" / id
    try:
        if not ID.fullmatch(id):
            raise FileNotFoundError
        found = json.loads((folder / "found.json").read_text("utf-8"))
        return Draft(folder, folder / found["file"], found, (folder / "mapping.toml").read_text("utf-8"))
    except (OSError, ValueError):
        raise PipelineError(message("console.new.gone")) from None


def _copied(source: Path, place: Path) -> None:
    place.parent.mkdir(parents=True)
    shutil.copyfile(source, place)


def _inside(root: Path, text: str) -> Path:
    path = (root / text).resolve()
    if root.resolve() not in path.parents or not path.is_file():
        raise PipelineError(message("cli.no_such_file", path=text))
    return path


def _lying_about(root: Path, lying: list[FileRow]) -> list[str]:
    """Files below `inbox` that no job takes, as paths from the root."""
    taken = {row.name for row in lying}
    found = []
    for path in sorted((root / "inbox").rglob("*")) if (root / "inbox").is_dir() else ():
        parts = path.relative_to(root).parts
        if path.is_file() and not any(p.startswith(".") for p in parts) and path.name not in taken:
            found.append("/".join(parts))
    return found[:50]
