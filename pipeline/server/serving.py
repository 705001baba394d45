"""The door opens and closes with the service: uvicorn inside its task group, with no signal handlers of its own."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import anyio
import uvicorn
from anyio.abc import TaskStatus
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from pipeline.errors import PipelineError
from pipeline.jobs import Listen
from pipeline.words import message

CLOSE_S = 3  # after this, requests that still run are cut off
FIRST_S = 10.0  # a connection on which no request comes is closed
AT_ONCE = 512  # connections; more are told to come later
HEADERS = 32 * 1024  # bytes of one request's head


class Closes(Protocol):
    """What must know that the door closes."""

    closing: anyio.Event | None

    def close(self) -> None: ...


def opened(listen: Listen) -> socket.socket:
    """The socket, bound. Raises PipelineError when it cannot be, or the certificate cannot be used."""
    if listen.cert is not None:
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(listen.cert, listen.key)
        except OSError as error:  # ssl.SSLError is one
            raise PipelineError(message("server.bad_tls", why=error.strerror or str(error))) from error
    family = socket.AF_UNIX if listen.socket else socket.AF_INET6 if ":" in listen.host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        if listen.socket is not None:
            _forget(listen.socket)
            made.bind(str(listen.socket))
            listen.socket.chmod(0o660)
        else:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1 if listen.host != "::" else 0)
            made.bind((listen.host, listen.port))
        made.listen(1024)
    except OSError as error:
        made.close()
        why = error.strerror or str(error)
        raise PipelineError(message("server.cannot_listen", listen=address(listen), why=why)) from error
    return made


def _forget(path: Path) -> None:
    """A socket that an earlier service left goes; anything else stays, and binding to it fails."""
    with contextlib.suppress(FileNotFoundError):
        if stat.S_ISSOCK(path.lstat().st_mode):
            path.unlink()


def address(listen: Listen) -> str:
    """As `listen` says it in the config."""
    if listen.socket is not None:
        return f"unix:{listen.socket}"
    host = f"[{listen.host}]" if ":" in listen.host else listen.host
    return f"{host}:{listen.port}"


async def serve(
    app: ASGIApp, site: Closes, listen: Listen, bound: socket.socket, *, task_status: TaskStatus[None]
) -> None:
    """Serve until cancelled; then what streams is told, and what runs may end, for CLOSE_S at most."""
    server = _Server(
        uvicorn.Config(
            app,
            http=_Patient,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=bool(listen.proxies),
            forwarded_allow_ips=list(listen.proxies),
            ssl_certfile=listen.cert,
            ssl_keyfile=listen.key,
            limit_concurrency=AT_ONCE,
            h11_max_incomplete_event_size=HEADERS,
            timeout_graceful_shutdown=CLOSE_S,
        )
    )
    _quiet()
    site.closing = anyio.Event()
    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_run, server, bound)
            task_status.started()
            try:
                await anyio.sleep_forever()
            finally:
                site.closing.set()
                server.should_exit = True
    finally:
        bound.close()
        if listen.socket is not None:
            _forget(listen.socket)
        site.close()


async def _run(server: _Server, bound: socket.socket) -> None:
    with anyio.CancelScope(shield=True):  # it ends by `should_exit`, in its own order
        await server.serve(sockets=[bound])


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """The service hears the signals."""
        yield


class _Patient(H11Protocol):
    """A connection on which no whole request comes is closed: a thousand silent ones would keep others out."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.loop.call_later(FIRST_S, self._look)

    def _look(self) -> None:
        if self.cycle is None and not self.transport.is_closing():
            self.transport.close()


def _quiet() -> None:
    """uvicorn speaks only of errors that are ours; the traceback goes into a file, a line to stderr."""
    for name in ("uvicorn", "uvicorn.error", "uvicorn.asgi", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.propagate, logger.handlers = False, []
    logging.getLogger("uvicorn.error").addHandler(_Details(logging.ERROR))


class _Details(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        import sys
        import tempfile

        if not record.exc_info:
            return
        with tempfile.NamedTemporaryFile(
            "w",
            prefix="pipeline-error-",
            suffix=".txt",
            delete=False,
            encoding="utf-8",
            errors="backslashreplace",
        ) as file:
            file.write(logging.Formatter().formatException(record.exc_info))
        error = record.exc_info[1]
        from pipeline.words import render

        print(
            render(message("server.bug", error=type(error).__name__, place=file.name)),
            file=sys.stderr,
            flush=True,
        )
