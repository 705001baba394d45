"""The API as OpenAPI 3.1, made from its routes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pipeline import __version__
from pipeline.api.speaking import AT, Endpoint

PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "code"],
    "properties": {
        "type": {"type": "string", "examples": ["urn:pipeline:server.log_in"]},
        "title": {"type": "string", "description": "The sentence, in the language of Accept-Language"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "mistakes": {"type": "array", "items": {"type": "object"}},
    },
}
ANSWERS = {"401": "nobody is known", "403": "this needs another role", "404": "there is no such thing"}
KINDS = {str: "string", bool: "boolean", int: "integer", dict: "object", list: "array", type(None): "null"}


def described(routes: Iterable[Endpoint]) -> dict[str, Any]:
    """The whole document."""
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Pipeline",
            "version": __version__,
            "description": "What the command line does, by HTTP.",
        },
        "paths": paths,
        "security": [{"token": []}],
        "components": {
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "pipeline token create"}
            },
            "schemas": {"Problem": PROBLEM},
        },
    }


def _operation(route: Endpoint) -> dict[str, Any]:
    summary = " ".join((route.handler.__doc__ or "").split())
    found: dict[str, Any] = {
        "operationId": f"{route.method.lower()}_{route.path.removeprefix(AT + '/').replace('/', '_')}".replace("{", "").replace("}", ""),
        "summary": summary,
        "x-needs": route.needs,
        "parameters": [
            *({"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
              for name in re.findall(r"{(\w+)}", route.path)),
            *({"name": name, "in": "query", "description": meaning, "schema": {"type": "string"}}
              for name, meaning in route.query.items()),
        ],
        "responses": {
            "200": {"description": "done", **({"content": _json(route.gives)} if route.gives is not None else {})},
            **{status: {"description": text, "content": {"application/problem+json": {
                "schema": {"$ref": "#/components/schemas/Problem"}}}} for status, text in ANSWERS.items()},
        },
    }  # fmt: skip
    if route.asks is not None:
        found["requestBody"] = {"content": _json(route.asks)}
    return found


def _json(example: object) -> dict[str, Any]:
    return {"application/json": {"schema": _schema(example), "example": example}}


def _schema(example: object) -> dict[str, Any]:
    """What an example shows of the shape: more keys may come."""
    if isinstance(example, dict):
        return {"type": "object", "properties": {key: _schema(value) for key, value in example.items()}}
    if isinstance(example, list):
        return {"type": "array", "items": _schema(example[0]) if example else {"type": "object"}}
    if example is None:
        return {}
    return {"type": KINDS[type(example)]}


async def openapi(request: Request) -> Response:
    """This description."""
    from pipeline.api import ROUTES

    return JSONResponse(described(ROUTES))


ROUTES = [Endpoint("/openapi.json", openapi, needs="viewer")]
