"""Noticing: events are hints that mark a folder dirty; the scan is the truth."""

from pipeline.watching.detection import Detection, detect
from pipeline.watching.scanning import scan
from pipeline.watching.watcher import Watcher

__all__ = ["Detection", "Watcher", "detect", "scan"]
