"""The one HTTP door of an installation. The console, the API, the drop door, figures and sync are routes of it.

from pipeline.server import Files, Route, build, caller, changed, site
"""

from pipeline.people.callers import Caller
from pipeline.server.building import build
from pipeline.server.problems import Problem, Refused, language_of
from pipeline.server.routes import Files, Route, caller, changed, site
from pipeline.server.site import Site

__all__ = [
    "Caller",
    "Files",
    "Problem",
    "Refused",
    "Route",
    "Site",
    "build",
    "caller",
    "changed",
    "language_of",
    "site",
]
