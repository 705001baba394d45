"""The JSON API below /api/v1: what the command line does, with the same answers and the same errors."""

from pipeline.api import files, installation, jobs, mappings, openapi, people
from pipeline.api.speaking import Endpoint

ROUTES: list[Endpoint] = [
    *installation.ROUTES,
    *jobs.ROUTES,
    *files.ROUTES,
    *mappings.ROUTES,
    *people.ROUTES,
    *openapi.ROUTES,
]

__all__ = ["ROUTES", "Endpoint"]
