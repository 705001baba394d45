"""The verb *import*: hash, look up, read, map, one transaction, archive. Plain code, run in a worker process.

`Importer` is loaded at first use: the service needs only the rest, and stays small without what reads files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.imports.finishing import note_moved
from pipeline.imports.work import Deed, Emit, Outcome, Taken, Work

if TYPE_CHECKING:
    from pipeline.imports.importing import Importer

__all__ = ["Deed", "Emit", "Importer", "Outcome", "Taken", "Work", "note_moved"]


def __getattr__(name: str) -> object:
    if name != "Importer":
        raise AttributeError(name)
    from pipeline.imports.importing import Importer

    return Importer
