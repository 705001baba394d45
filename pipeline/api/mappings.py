"""Mappings: what is saved, who uses it, its text and its versions."""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pipeline import config as configuration
from pipeline.api.speaking import Endpoint, voice
from pipeline.app import Pipeline
from pipeline.errors import Mistake
from pipeline.jobs import ExportJob, ImportJob, Settings
from pipeline.server import Refused, site
from pipeline.shapes import moment
from pipeline.store.known import Known
from pipeline.store.model import MappingVersion
from pipeline.words import message

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}")


def _users(settings: Settings, name: str) -> list[str]:
    jobs: list[ImportJob | ExportJob] = [*settings.imports, *settings.exports]
    return [job.name for job in jobs if job.mapping == name]


async def mappings(request: Request) -> Response:
    """Every saved mapping, and the jobs that use it."""

    def ask(pipeline: Pipeline) -> list[dict[str, object]]:
        names = sorted(path.stem for path in pipeline.settings.mappings.glob("*.toml"))
        return [{"name": name, "jobs": _users(pipeline.settings, name)} for name in names]

    return JSONResponse(await site(request).ask(ask))


async def mapping(request: Request) -> Response:
    """One mapping: its text, its mistakes, and the versions by which files were imported."""
    name = request.path_params["name"]

    def ask(pipeline: Pipeline) -> tuple[Settings, str, list[Mistake], list[MappingVersion]]:
        settings = pipeline.settings
        if not NAME.fullmatch(name) or not (settings.mappings / f"{name}.toml").is_file():
            raise Refused(404, message("config.no_mapping", mapping=name[:80]))
        text, ledger = configuration.mapping_text(settings.path, name), pipeline.ledger()
        _, wrong = Known(settings.database, settings.schema).examine(name, text, f"mappings/{name}.toml")
        return settings, text, list(wrong), ledger.mapping_versions(name) if ledger else []

    settings, text, wrong, versions = await site(request).ask(ask)
    return JSONResponse({
        "name": name,
        "jobs": _users(settings, name),
        "text": text,
        "mistakes": [one.text(voice(request).language) for one in wrong],
        "versions": [{"version": one.number, "first_used": moment(one.first_used), "text": one.text} for one in versions],
    })  # fmt: skip


EXAMPLE = {"name": "tickets", "jobs": ["till"]}
ROUTES = [
    Endpoint("/mappings", mappings, needs="viewer", gives=[EXAMPLE]),
    Endpoint("/mappings/{name}", mapping, needs="viewer", gives={**EXAMPLE, "text": "version = 1\n…", "mistakes": [], "versions": []}),
]  # fmt: skip
