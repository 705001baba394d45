"""What the service does when it is told by a signal."""

from __future__ import annotations

import signal
from collections.abc import Callable

import anyio
from anyio.abc import TaskStatus

from pipeline import supervisor
from pipeline.engine.service import Service


async def hear_signals(
    service: Service,
    again: Callable[[], None] | None,
    scope: anyio.CancelScope,
    *,
    task_status: TaskStatus[None],
) -> None:
    """SIGHUP reads the config again; SIGTERM or SIGINT stops, a second one at once."""
    stopping = False
    with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT, signal.SIGHUP) as signals:
        task_status.started()
        async for number in signals:
            if number == signal.SIGHUP:
                if again is not None:
                    again()
                service.wake()
            elif stopping:
                scope.cancel()
            else:
                stopping = True
                supervisor.tell("STOPPING=1")
                service.stop()
