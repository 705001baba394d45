"""What went wrong as problem+json (RFC 9457), with the sentence of the catalogue in the language of who asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pipeline.errors import ConfigError, Environment, Mistake, PipelineError
from pipeline.words import Language, Message, message, render

LANGUAGE_COOKIE = "pipeline_language"
NOT_THERE = {
    "cli.no_file",
    "cli.no_such_file",
    "config.no_job",
    "peers.no_job",
    "peers.no_record",
    "cli.no_job",
    "cli.no_job_near",
    "server.no_page",
}
"""Sentences that say: there is no such thing."""


class Refused(PipelineError):
    """The door does not do this. `status`: an HTTP status from 400 to 499; `headers` go with it."""

    def __init__(self, status: int, said: Message, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(said)
        self.status, self.headers = status, dict(headers or {})


@dataclass(frozen=True, slots=True)
class Problem:
    """What an answer says of an error: its status, the sentence and, of a config or mapping, every mistake."""

    status: int
    said: Message
    mistakes: tuple[Mistake, ...] = ()

    def json(self, language: Language) -> dict[str, object]:
        found: dict[str, object] = {
            "type": f"urn:pipeline:{self.said.code}",
            "title": render(self.said, language),
            "status": self.status,
            "code": self.said.code,
        }
        if self.mistakes:
            found["mistakes"] = [
                {
                    "file": m.file,
                    "line": m.line,
                    "path": m.path,
                    "said": render(m.said, language),
                    "near": m.near,
                }
                for m in self.mistakes
            ]
        return found


def language_of(request: Request) -> Language:
    """As chosen in the console, else as the browser asks, else as the config says."""
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    asked = [
        part.split(";")[0].strip().lower()[:2]
        for part in request.headers.get("accept-language", "").split(",")
    ]
    for one in (chosen, *asked):
        if one == "fr":
            return "fr"
        if one == "en":
            return "en"
    configured: Language = getattr(request.app.state, "language", "en")
    return configured


def problem_of(error: PipelineError) -> Problem:
    """The HTTP status that an error of ours is."""
    if isinstance(error, Refused):
        return Problem(error.status, error.said)
    if error.said.code in NOT_THERE:
        return Problem(404, error.said)
    if isinstance(error, ConfigError):
        return Problem(422, error.said, error.mistakes)
    return Problem(503 if isinstance(error, Environment) else 409, error.said)


def answer(request: Request, problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """The problem as it is wanted: as a page for a browser when the console gave one, else as JSON."""
    page = getattr(request.app.state, "problem_page", None)
    if page is not None and "text/html" in request.headers.get("accept", ""):
        shown: Response = page(request, problem)
        shown.headers.update(headers or {})
        return shown
    told = problem.json(language_of(request))
    return JSONResponse(told, problem.status, dict(headers or {}), media_type="application/problem+json")


def no_page() -> Problem:
    return Problem(404, message("server.no_page"))
