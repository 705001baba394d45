"""The verb *import*: hash, look up, read, map, one transaction, archive. Plain code, run in a worker process."""

from pipeline.imports.finishing import note_moved
from pipeline.imports.importing import Importer
from pipeline.imports.work import Deed, Emit, Outcome, Taken, Work

__all__ = ["Deed", "Emit", "Importer", "Outcome", "Taken", "Work", "note_moved"]
