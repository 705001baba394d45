"""Noticing: events are hints that mark a folder dirty; the scan is the truth."""

from pipeline.watching.scanning import folders_below, scan
from pipeline.watching.watcher import Watcher

__all__ = ["Watcher", "folders_below", "scan"]
