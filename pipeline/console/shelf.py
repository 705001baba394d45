"""Mappings: listed, seen, changed, copied, tested, and what they were before."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from pipeline import saved
from pipeline.app import Pipeline
from pipeline.console.drawing import back, page
from pipeline.errors import ConfigError, Mistake
from pipeline.jobs import ExportJob, ImportJob
from pipeline.saved import Checked, Edition, Kept
from pipeline.server.routes import changed, site

LONG = 512 * 1024  # bytes of a mapping


async def mappings(request: Request) -> Response:
    """GET /mappings"""

    def look(pipeline: Pipeline) -> list[Kept]:
        return saved.kept(pipeline.settings.mappings, saved.tables(pipeline.settings))

    found = await site(request).ask(look)
    settings = site(request).settings
    users: dict[str, list[str]] = {}
    jobs: list[ImportJob | ExportJob] = [*settings.imports, *settings.exports]
    for job in jobs:
        users.setdefault(job.mapping, []).append(job.name)
    return page(request, "mappings.html", "/mappings", {"found": found, "users": users})


async def mapping(request: Request) -> Response:
    """GET /mappings/{name}"""
    return await _shown(request, request.path_params["name"])


async def _shown(
    request: Request, name: str, text: str | None = None, mistakes: tuple[Mistake, ...] = ()
) -> Response:
    def look(pipeline: Pipeline) -> tuple[Kept, str, list[Edition], list[Checked]]:
        settings = pipeline.settings
        kept = saved.load(settings.mappings, name, saved.tables(settings))
        store = pipeline.store() if kept.plan is not None and kept.plan.looks else None
        tried = saved.check(name, kept.plan, settings.mappings, settings.timezone, store) if kept.plan else []
        return kept, saved.text_of(settings.mappings, name), saved.history(settings, name), tried

    kept, now, editions, tried = await site(request).ask(look)
    facts = {
        "name": name, "kept": kept, "text": now if text is None else text, "seen": now, "tried": tried,
        "editions": list(reversed(editions)), "mistakes": mistakes or kept.mistakes,
    }  # fmt: skip
    return page(request, "mapping.html", "/mappings", facts, 422 if mistakes else 200)


async def save(request: Request) -> Response:
    """POST /mappings/{name}: the text as it was changed on the page."""
    name, form = request.path_params["name"], await request.form()
    text, seen = (str(form.get(key, "")).replace("\r\n", "\n") for key in ("text", "seen"))
    try:
        before = await site(request).ask(lambda p: saved.replace(p.settings, name, text, seen))
    except ConfigError as error:
        if not error.mistakes:
            raise
        return await _shown(request, name, text, error.mistakes)
    changed(request, f"mapping {name}", before, text)
    return back(request, f"/mappings/{name}")


async def copy(request: Request) -> Response:
    """POST /mappings/{name}/copy"""
    name, form = request.path_params["name"], await request.form()
    new = str(form.get("name", "")).strip()
    await site(request).ask(lambda p: saved.add(p.settings, new, saved.text_of(p.settings.mappings, name)))
    changed(request, f"mapping {new}", None, name)
    return back(request, f"/mappings/{new}")


async def upload(request: Request) -> Response:
    """POST /mappings: a mapping from a TOML file."""
    async with request.form(max_part_size=LONG) as form:
        given, text, name = form.get("file"), str(form.get("text", "")), str(form.get("name", "")).strip()
        if given is not None and not isinstance(given, str):
            text = (await given.read()).decode("utf-8", "replace")
            name = name or (given.filename or "").rpartition("/")[2].removesuffix(".toml")
    await site(request).ask(lambda p: saved.add(p.settings, name, text))
    changed(request, f"mapping {name}", None, text)
    return back(request, f"/mappings/{name}")


async def download(request: Request) -> Response:
    """GET /mappings/{name}/toml"""
    name = request.path_params["name"]
    text = await site(request).ask(lambda p: saved.text_of(p.settings.mappings, name))
    headers = {"content-disposition": f'attachment; filename="{name}.toml"'}
    return PlainTextResponse(text, headers=headers)
