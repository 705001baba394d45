"""Noticing: events are hints that mark a folder dirty; the scan is the truth."""

from pipeline.watching.detection import Detection, detect, detect_all
from pipeline.watching.scanning import scan
from pipeline.watching.watcher import Watcher

__all__ = ["Detection", "Watcher", "detect", "detect_all", "scan"]
