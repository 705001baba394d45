"""Pipeline: files dropped into folders become rows in the business database, exactly once in effect."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.app import Pipeline as Pipeline

__version__ = "0.1.0"
__all__ = ["Pipeline", "__version__"]


def __getattr__(name: str) -> object:
    # `import pipeline` costs nothing: polars and SQLModel are loaded with the first Pipeline only.
    if name == "Pipeline":
        from pipeline.app import Pipeline

        return Pipeline
    raise AttributeError(f"module 'pipeline' has no attribute {name!r}")
