"""What every handler of the API needs: the language, the JSON that came, and pages of a long list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from pipeline.people.callers import Need
from pipeline.server import Refused, Route, language_of
from pipeline.server.routes import SMALL, Handler
from pipeline.words import Fact, Language, Message, message, render

AT = "/api/v1"
PAGE, LONGEST = 50, 500  # entries of a page


@dataclass(frozen=True, slots=True)
class Speaker:
    """The voice of an answer, see `pipeline.shapes.Voice`."""

    language: Language

    def text(self, said: Message | None) -> str:
        return "" if said is None else render(said, self.language)

    def word(self, code: str, **facts: Fact) -> str:
        return render(message(code, **facts), self.language)


class Endpoint(Route):
    """A route of the API, with what OpenAPI tells of it: `query` its parameters and their meaning, `asks` and
    `gives` an example of what is sent and of the answer."""

    def __init__(
        self,
        path: str,
        handler: Handler,
        *,
        needs: Need,
        method: str = "GET",
        does: str = "",
        query: Mapping[str, str] | None = None,
        asks: Mapping[str, object] | None = None,
        gives: object = None,
        body: int = SMALL,
    ) -> None:
        self.method, self.query, self.asks, self.gives = method, dict(query or {}), asks, gives
        super().__init__(AT + path, handler, needs=needs, methods=[method], does=does, body=body)


def voice(request: Request) -> Speaker:
    return Speaker(language_of(request))


async def sent(request: Request, **kinds: type) -> dict[str, Any]:
    """The JSON object that came, of these keys and kinds; what is left out is left out. Raises Refused."""
    if not await request.body():
        return {}
    try:
        found = await request.json()
    except ValueError as error:  # UnicodeDecodeError is one
        raise Refused(400, message("api.json")) from error
    if not isinstance(found, dict):
        raise Refused(400, message("api.object"))
    for key, value in found.items():
        if key not in kinds:
            raise Refused(422, message("api.key", key=key, known=", ".join(kinds) or "-"))
        if value is not None and type(value) is not kinds[key]:
            raise Refused(422, message("api.kind", key=key, kind=kinds[key].__name__))
    return {key: value for key, value in found.items() if value is not None}


def page_of(request: Request) -> tuple[int | None, int]:
    """`before` and `limit` of a list that is read in pages. Raises Refused."""
    before = _number(request, "before")
    return before, min(_number(request, "limit") or PAGE, LONGEST)


def _number(request: Request, name: str) -> int | None:
    text = request.query_params.get(name)
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or not 0 < int(text[:19]) < 2**63 or len(text) > 18:
        raise Refused(422, message("api.kind", key=name, kind="int"))
    return int(text)


def number(request: Request) -> int:
    """`id` of the path. Raises Refused."""
    text = str(request.path_params["id"])
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise Refused(404, message("cli.no_file", id=text[:40]))
    return int(text)
