"""How the new files of one folder are noticed: the system tells, or we look every few seconds. And why."""

from __future__ import annotations

import errno
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipeline.watching.inotify import Inotify
from pipeline.words import Message, message

Mode = Literal["native", "poll"]
Wanted = Literal["auto", "native", "poll"]
NATIVE_S, POLL_S = 5, 2  # at least this often is a folder looked at

_WHY = {
    errno.EMFILE: "no_instances",
    errno.ENFILE: "no_instances",
    errno.ENOSPC: "no_watches",
    errno.ENOMEM: "no_watches",
    errno.ENOENT: "missing",
    errno.ENOTDIR: "missing",
}


@dataclass(frozen=True, slots=True)
class Detection:
    """How new files of a folder are noticed, and the sentence that says so; `wanted` is what was asked for."""

    mode: Mode
    said: Message
    wanted: Wanted = "auto"

    @property
    def poll_s(self) -> float:
        """Seconds after which the folder is to be looked at, whatever was told."""
        return float(NATIVE_S if self.mode == "native" else POLL_S)

    @property
    def lasting(self) -> bool:
        """Polling to be kept to: it was asked for, or the system does not hear of what others write there."""
        return self.mode == "poll" and (self.wanted == "poll" or self.said.code == "watching.network")

    def same_wish(self, other: Detection) -> bool:
        """Do they differ only in what the system refuses or grants at the moment?"""
        return (self.wanted, self.lasting) == (other.wanted, other.lasting)


def detect(
    folder: Path, wanted: Wanted = "auto", *, network: bool = False, events: Inotify | None = None
) -> Detection:
    """Choose for one folder, by trying. `network`: it lies on a network file system.

    Takes about 5 ms, for the system is slow to close an Inotify; for many folders use `detect_all`."""
    if wanted == "poll" or (network and wanted == "auto"):
        return polled(wanted)
    try:
        if events is not None:
            events.add(folder)
        else:
            with closing(Inotify()) as mine:
                mine.add(folder)
    except OSError as error:
        return refused(error, wanted)
    return native(wanted)


def detect_all(
    wanted: Mapping[Path, Wanted], network: Callable[[Path], bool] = lambda folder: False
) -> dict[Path, Detection]:
    """Choose for many folders at once: some µs each."""
    try:
        events = Inotify()
    except OSError:
        return {folder: detect(folder, wish, network=network(folder)) for folder, wish in wanted.items()}
    with closing(events):
        return {f: detect(f, wish, network=network(f), events=events) for f, wish in wanted.items()}


def native(wanted: Wanted = "auto") -> Detection:
    if wanted == "native":
        return Detection("native", message("watching.asked_native", seconds=NATIVE_S), wanted)
    return Detection("native", message("watching.native", seconds=NATIVE_S), wanted)


def polled(wanted: Wanted = "auto") -> Detection:
    """Polling for good: as asked, or for a network file system."""
    if wanted == "poll":
        return Detection("poll", message("watching.asked_poll", seconds=POLL_S), wanted)
    return Detection("poll", message("watching.network", seconds=POLL_S), wanted)


def refused(error: OSError, wanted: Wanted = "auto") -> Detection:
    """Polling for as long as the system refuses."""
    code = _WHY.get(error.errno or 0, "refused")
    why = error.strerror or str(error)
    return Detection("poll", Message(f"watching.{code}", {"seconds": POLL_S, "why": why}), wanted)
