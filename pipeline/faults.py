"""Named points at which tests break the program. Inert unless PIPELINE_FAULT is set.

`PIPELINE_FAULT="commit.before:2:kill"` kills this process the second time `commit.before` is reached.
Deeds: `kill` (SIGKILL to this process), `killall` (to a worker and its service, as a power cut), `abort` (SIGABRT), `eio` (OSError), `enospc` (OSError), `delay` (five seconds).
Several are parted by a comma. Only the worker or only the service: `worker/commit.before:1:kill`.
"""

from __future__ import annotations

import errno
import os
import signal
import time

POINTS: tuple[str, ...] = (
    "claim.before",
    "claim.renamed",
    "copy.copied",
    "claim.after",
    "hash.after",
    "stage.after",
    "transaction.begun",
    "rows.written",
    "commit.before",
    "commit.after",
    "refused.written",
    "archive.before",
    "archive.copied",
    "compress.written",
    "compress.placed",
    "archive.after",
    "archived.noted",
    "failed.noted",
    "opening.noted",
)

EXPORT_POINTS: tuple[str, ...] = (
    "export.begun",
    "export.looked",
    "export.written",
    "export.kept",
    "export.recorded",
    "export.renamed",
    "export.ready",
    "export.noted",
)

REMOTE_POINTS: tuple[str, ...] = (
    "fetch.taken",
    "fetch.piece",
    "fetch.whole",
    "fetch.noted",
    "fetch.brought",
    "fetch.archived",
    "send.before",
    "send.put",
)

SYNC_POINTS: tuple[str, ...] = (
    "sync.offered",
    "sync.stored",
    "sync.paged",
    "sync.taken",
    "sync.begun",
    "sync.stamped",
    "sync.merged",
    "sync.written",
    "sync.committed",
    "sync.rejoined",
)

_PROCESS = "service"


def be(process: str) -> None:
    """Say which process this is (`service` or `worker`), for faults meant for one of them."""
    global _PROCESS
    _PROCESS = process


def _plan() -> dict[str, tuple[int, str, str]]:
    plan: dict[str, tuple[int, str, str]] = {}
    for part in filter(None, os.environ.get("PIPELINE_FAULT", "").split(",")):
        name, count, deed = part.split(":")
        process, _, point_name = name.rpartition("/")
        plan[point_name] = (int(count), deed, process)
    return plan


_ARMED = _plan()
_SEEN: dict[str, int] = {}


def point(name: str) -> None:
    """Pass a named point; on the armed visit, do the armed deed."""
    if not _ARMED or name not in _ARMED:
        return
    count, deed, process = _ARMED[name]
    if process and process != _PROCESS:
        return
    _SEEN[name] = _SEEN.get(name, 0) + 1
    if _SEEN[name] != count:
        return
    if deed == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif deed == "killall":
        if _PROCESS == "worker":
            os.kill(os.getppid(), signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)
    elif deed == "abort":
        os.abort()
    elif deed == "eio":
        raise OSError(errno.EIO, os.strerror(errno.EIO))
    elif deed == "enospc":
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    elif deed == "delay":
        time.sleep(5)
    else:
        raise ValueError(f"PIPELINE_FAULT: no deed {deed!r}")
