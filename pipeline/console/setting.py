"""Paramétrer: one import job as a form, saved to config.toml with the comments that stand there."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from anyio import to_thread
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from pipeline import config as configuration
from pipeline.config.editing import Value
from pipeline.console.drawing import back, page
from pipeline.doctor.probes import nearest, writable
from pipeline.errors import ConfigError, PipelineError
from pipeline.server.routes import changed, site
from pipeline.words import Message, message

TEXTS = ("mapping", "inbox", "processed", "pattern", "order")
CHOICES = {"repeat": ("", "skip", "apply"), "take": ("", "move", "copy"), "compress": ("", "gzip")}
UNITS = {"s": 1, "min": 60, "h": 3600}
FOLDERS = 200  # shown of one folder


async def job(request: Request) -> Response:
    """GET /jobs/{job}"""
    name = request.path_params["job"]
    root = site(request).config
    table = await to_thread.run_sync(configuration.section, root, "imports", name)
    if not table:
        raise PipelineError(message("config.no_job", job=name, known=""))
    seen = await to_thread.run_sync(configuration.mark, root)
    return await _form(request, name, shown(table), seen)


async def save(request: Request) -> Response:
    """POST /jobs/{job}"""
    name, form = request.path_params["job"], await request.form()
    root, values = site(request).config, asked(form)
    before = await to_thread.run_sync(configuration.section, root, "imports", name)
    if not before:
        raise PipelineError(message("config.no_job", job=name, known=""))
    try:
        seen = str(form.get("seen", ""))
        await to_thread.run_sync(configuration.save_section, root, "imports", name, values, seen)
    except ConfigError as error:
        wrong = by_field(error, name)
        typed = {key: str(form.get(key, "")) for key in shown({})}
        return await _form(request, name, typed, str(form.get("seen", "")), wrong, error)
    after = await to_thread.run_sync(configuration.section, root, "imports", name)
    changed(request, f"job {name}", plain(before), plain(after))
    return back(request, "/")


async def remove(request: Request) -> Response:
    """POST /jobs/{job}/remove"""
    name, form = request.path_params["job"], await request.form()
    root = site(request).config
    before = await to_thread.run_sync(configuration.section, root, "imports", name)
    seen = str(form.get("seen", ""))
    await to_thread.run_sync(configuration.remove_section, root, "imports", name, seen)
    changed(request, f"job {name}", plain(before))
    return back(request, "/")


async def verdict(request: Request) -> Response:
    """GET /folders/verdict?path=: whether a folder can be used."""
    text = request.query_params.get("path") or request.query_params.get("inbox") or ""
    text = text or request.query_params.get("processed", "")
    path = Path(os.path.normpath(site(request).config.parent / text))
    good, said = await to_thread.run_sync(judged, path) if text else (True, None)
    return page(request, "verdict.html", "/", {"good": good, "said": said})


async def folders(request: Request) -> Response:
    """GET /folders?for=inbox&at=: the folders below the installation, to choose one."""
    root = site(request).config.parent
    field = "processed" if request.query_params.get("for") == "processed" else "inbox"
    at = inside(root, request.query_params.get("at", ""))
    names = await to_thread.run_sync(_below, at)
    here = "" if at == root else str(at.relative_to(root))
    up = None if at == root else str(at.parent.relative_to(root)).replace(".", "", 1)
    facts = {"names": names[:FOLDERS], "at": here, "up": up, "field": field}
    return page(request, "folders.html", "/", facts)


def inside(root: Path, text: str) -> Path:
    """The folder below the root that this names; the root itself for anything that would lead out."""
    path = Path(os.path.realpath(root / text.lstrip("/")))
    inner = path == root.resolve() or root.resolve() in path.parents
    return root / path.relative_to(root.resolve()) if inner and path.is_dir() else root


def _below(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            names = [
                e.name for e in entries if e.is_dir(follow_symlinks=False) and not e.name.startswith(".")
            ]
    except OSError:
        return []
    return sorted(names)


def judged(path: Path) -> tuple[bool, Message]:
    """Can files be put into this folder and taken out of it? One that is not there yet is made."""
    wild = next((n for n, part in enumerate(path.parts) if any(c in part for c in "*?[")), len(path.parts))
    path = Path(*path.parts[:wild])
    if path.exists() and not path.is_dir():
        return False, message("console.folder.file", path=str(path))
    here = nearest(path)
    why = writable(here)
    if why is not None:
        return False, message("console.folder.closed", path=str(here), why=why)
    if here != path:
        return True, message("console.folder.made", path=str(path))
    return True, message("console.folder.good", path=str(path))


def shown(table: Mapping[str, Any]) -> dict[str, str]:
    """A section of the config as the fields of the form."""
    found = {key: _text(table.get(key)) for key in (*TEXTS, *CHOICES)}
    found["when"] = "every" if "every" in table else "at" if "at" in table else "always"
    found |= {
        "every": _text(table.get("every")),
        "at": _text(table.get("at")),
        "days": _text(table.get("days")),
    }
    errors = table.get("errors") or {}
    found |= {key: _text(errors.get(key)) for key in ("max_rows", "max_percent")}
    found["brake"] = "off" if table.get("brake") is False else ""
    return found


def asked(form: FormData) -> dict[str, Value | None]:
    """The form as keys of the section; None: not there."""
    given = {
        key: str(form.get(key, "")).strip()
        for key in (*TEXTS, *CHOICES, "when", "every", "at", "days", "brake")
    }
    values: dict[str, Value | None] = {key: given[key] or None for key in (*TEXTS, *CHOICES)}
    pattern = [part.strip() for part in given["pattern"].split(",") if part.strip()]
    values["pattern"] = pattern[0] if len(pattern) == 1 else pattern or None
    at = [part.strip() for part in given["at"].split(",") if part.strip()]
    every = given["every"] or "30"
    values["every"] = (int(every) if every.isdigit() else every) if given["when"] == "every" else None
    values["at"] = (at[0] if len(at) == 1 else at or "") if given["when"] == "at" else None
    values["days"] = (given["days"] or None) if given["when"] != "always" else None
    values["brake"] = False if given["brake"] == "off" else None
    return values


def by_field(error: ConfigError, name: str, kind: str = "imports") -> dict[str, list[Message]]:
    """The mistakes of a section beside the fields they are about; the others under ""."""
    found: dict[str, list[Message]] = {}
    for mistake in error.mistakes:
        parts = mistake.path.split(".")
        field = parts[2] if parts[:2] == [kind, name] and len(parts) > 2 else ""
        found.setdefault(field, []).append(mistake.said)
    if not error.mistakes:
        found[""] = [error.said]
    return found


def plain(table: Mapping[str, Any]) -> dict[str, str]:
    """A section as texts, for the records."""
    return {key: _text(value) for key, value in table.items()}


def _text(value: object) -> str:
    if value is None:
        return ""
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


async def _form(
    request: Request,
    name: str,
    values: Mapping[str, str],
    seen: str,
    wrong: Mapping[str, list[Message]] | None = None,
    error: ConfigError | None = None,
) -> Response:
    mappings = await to_thread.run_sync(configuration.mapping_names, site(request).config)
    facts = {
        "name": name, "values": values, "seen": seen, "wrong": dict(wrong or {}), "error": error,
        "mappings": mappings, "choices": CHOICES,
    }  # fmt: skip
    return page(request, "job.html", "/", facts, 422 if error else 200)
