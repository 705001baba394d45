"""What systemd is told by the service it started: ready, alive, stopping. Datagrams to the socket it names."""

from __future__ import annotations

import os
import socket


def tell(*lines: str) -> bool:
    """Send `READY=1` and the like. False: nobody listens, or it could not be said; the work goes on all the same."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if address[:1] not in ("/", "@"):
        return False
    if address[0] == "@":  # a name without a file
        address = "\0" + address[1:]
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line:
            line.settimeout(1)
            line.sendto("\n".join(lines).encode(), address)
    except OSError:
        return False
    return True


def watchdog_s() -> float | None:
    """After how many seconds without a word the service is taken for dead and started again; None: never."""
    if os.environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    try:
        micros = int(os.environ.get("WATCHDOG_USEC", ""))
    except ValueError:
        return None
    return micros / 1e6 if micros > 0 else None
