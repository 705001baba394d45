"""The way over HTTP: real sockets, a proxy that cuts, peers that are none."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import threading
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal

from pipeline import config
from pipeline.errors import ConfigError, Environment, PipelineError
from pipeline.server import Site, build
from pipeline.server.serving import opened, serve
from pipeline.sync.remote import RemoteReplica
from pipeline.sync.replica import SyncRefused
from pipeline.words import render
from tests.peers.conftest import Making, Shop
from tests.server.conftest import as_role

NOW = datetime(2026, 11, 25, tzinfo=timezone.utc)  # noqa: UP017


@pytest.fixture(scope="module")
def portal() -> Iterator[BlockingPortal]:
    with start_blocking_portal() as found:
        yield found


@contextlib.contextmanager
def served(portal: BlockingPortal, shop: Shop, role: str = "sync", more: str = "") -> Iterator[int]:
    """The shop's door on a real port."""
    path = shop.root / "config.toml"
    path.write_text(path.read_text("utf-8") + f'[server]\nlisten = "127.0.0.1:0"\n{more}', "utf-8")
    settings = config.load(path)
    assert settings.server is not None
    site = Site(settings, settings.server, as_role(role))
    bound = opened(settings.server)
    scope: list[anyio.CancelScope] = []

    async def run(*, task_status: anyio.abc.TaskStatus[None]) -> None:
        with anyio.CancelScope() as mine:
            scope.append(mine)
            await serve(build(site), site, settings.server, bound, task_status=task_status)

    future, _ = portal.start_task(run)
    try:
        yield bound.getsockname()[1]
    finally:
        portal.call(scope[0].cancel)
        with contextlib.suppress(BaseException):
            future.result(10)


def section(shop: Path, url: str, more: str = "") -> str:
    shop.mkdir(exist_ok=True)
    token = shop / "token"
    token.touch(0o600)
    token.write_text("plt_secret\n")
    return f'[syncs.office]\nremote = "{url}"\ntoken = "file:token"\nevery = 900\n{more}'


class Proxy:
    """Passes bytes on; cuts each connection after some of the answer, until `cuts` are used up."""

    def __init__(self, port: int, cuts: list[int]) -> None:
        self._port, self.cuts = port, cuts
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._pass, args=(client,), daemon=True).start()

    def _pass(self, client: socket.socket) -> None:
        limit = self.cuts.pop(0) if self.cuts else None
        with client, socket.create_connection(("127.0.0.1", self._port)) as server:
            threading.Thread(target=_copy, args=(client, server, None), daemon=True).start()
            _copy(server, client, limit)

    def close(self) -> None:
        self._listener.close()


def _copy(source: socket.socket, target: socket.socket, limit: int | None) -> None:
    with contextlib.suppress(OSError):
        while part := source.recv(65536):
            if limit is not None:
                target.sendall(part[:limit])
                limit -= len(part)
                if limit <= 0:
                    break
                continue
            target.sendall(part)
        for end in (source, target):
            end.shutdown(socket.SHUT_RDWR)


def test_two_sites_over_a_line_that_is_cut(make: Making, portal: BlockingPortal, tmp_path: Path) -> None:
    office = make("office")
    for n in range(30):
        office.customer(100 + n, f"O{n}", "Office")
    with served(portal, office) as port:
        proxy = Proxy(port, [])
        lyon = make("lyon", more=section(tmp_path / "lyon", f"http://127.0.0.1:{proxy.port}"))
        for limit in (0, 1, 90, 400, 1200, 2000, 3000, 5000, 8000):
            proxy.cuts.append(limit)
            with contextlib.suppress(Environment):
                lyon.peers.now()
        assert lyon.peers.now().there == "office"
        assert lyon.customers() == office.customers()
        lyon.customer(1, "L1", "Lyon")
        office.run("UPDATE party SET name = 'New' WHERE code = 'O1'")
        for limit in (0, 300, 1000, 2000, 2600, 3200, 4000):
            proxy.cuts.append(limit)
            with contextlib.suppress(Environment):
                lyon.peers.now()
        proxy.cuts.clear()
        lyon.peers.now()
        office.pipeline.close()
        assert lyon.customers() == office.customers()
        assert len(lyon.customers()) == 31
        assert lyon.peers.conflicts() == []
        assert lyon.peers.verify().same
        assert lyon.peers.plan().refused == ()
        assert lyon.peers.reach()[0].peer == "office"
        proxy.close()


@pytest.mark.parametrize(
    ("role", "code"), [("", "peers.token_refused"), ("drop", "peers.scope"), ("viewer", "peers.scope")]
)
def test_a_wrong_token_is_a_sentence(
    role: str, code: str, make: Making, portal: BlockingPortal, tmp_path: Path
) -> None:
    office = make("office")
    with served(portal, office, role) as port:
        lyon = make("lyon", more=section(tmp_path / "lyon", f"http://127.0.0.1:{port}"))
        with pytest.raises(SyncRefused) as error:
            lyon.peers.now()
        assert error.value.said.code == code
        assert "secret" not in render(error.value.said)


def _answers(*answers: bytes) -> tuple[int, socket.socket]:
    """Something that listens and is no Pipeline."""
    listener = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        with contextlib.suppress(OSError):
            for answer in answers:
                line, _ = listener.accept()
                with line:
                    line.recv(65536)
                    line.sendall(answer)

    threading.Thread(target=run, daemon=True).start()
    return listener.getsockname()[1], listener


def _http(status: int, kind: str, content: bytes) -> bytes:
    head = f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {len(content)}\r\nConnection: close\r\n\r\n"
    return head.encode() + content


SYNC = "application/x-pipeline-sync"


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (_http(200, "text/html", b"<h1>It works</h1>"), SyncRefused, "peers.not_pipeline"),
        (_http(404, "text/html", b"nothing"), SyncRefused, "peers.not_pipeline"),
        (_http(404, "application/problem+json", b"{}"), SyncRefused, "peers.older"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", SyncRefused, "peers.not_pipeline"),
        (_http(200, SYNC, b"not json"), SyncRefused, "syncing.nonsense"),
        (_http(200, SYNC, b'{"site": 5}\n'), SyncRefused, "syncing.nonsense"),
        (_http(409, SYNC, b"[]\n"), SyncRefused, "syncing.nonsense"),
        (_http(502, "text/html", b"bad gateway"), Environment, "peers.away"),
        (_http(200, SYNC, b"{}\n")[:-2], Environment, "peers.away"),
        (b"", Environment, "peers.away"),
    ],
)
def test_a_peer_that_is_none_is_a_sentence(answer: bytes, kind: type[PipelineError], code: str) -> None:
    port, listener = _answers(answer)
    with listener, closing(f"http://127.0.0.1:{port}") as peer, pytest.raises(kind) as error:
        peer.hello(None)
    assert error.value.said.code == code


def closing(url: str, silence_s: float = 30) -> contextlib.closing[RemoteReplica]:
    return contextlib.closing(RemoteReplica(url, "plt_x", silence_s=silence_s))


def test_a_silent_peer_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with closing(url, 0.1) as peer, pytest.raises(Environment) as error:
            peer.hello(None)
    assert error.value.said.code == "peers.silent"


def test_what_a_peer_asks_wrongly_is_refused(make: Making) -> None:
    office = make("office")
    for verb, content in (
        ("hello", b""), ("hello", b"[]"), ("nothing", b"{}"), ("offer", b'{"peer": 1, "since": 0, "last": ""}'),
        ("sums", b'{"table": "party", "buckets": 3}'), ("apply", b'{"batch": {"id": "x"}}'), ("hello", b'{"said": {}}'),
    ):  # fmt: skip
        with pytest.raises(SyncRefused) as error:
            office.pipeline.answer_peer(verb, content)
        assert error.value.said.code == "syncing.nonsense"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, str]:
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-keyout", str(key), "-out", str(cert), "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
        check=True, capture_output=True,
    )  # fmt: skip
    told = ["openssl", "x509", "-in", str(cert), "-noout", "-fingerprint", "-sha256"]
    found = subprocess.run(told, check=True, capture_output=True, text=True).stdout.partition("=")[2]
    return cert, key, found.strip().replace(":", "").lower()


def test_tls_by_its_own_certificate(
    make: Making, portal: BlockingPortal, certificate: tuple[Path, Path, str], tmp_path: Path
) -> None:
    cert, key, print_ = certificate
    office = make("office")
    office.customer(1, "C1", "Anna")
    with served(portal, office, more=f'tls = {{ cert = "{cert}", key = "{key}" }}\n') as port:
        url = f"https://localhost:{port}"
        cases: list[tuple[str, str, str]] = [
            ("unknown", "", "peers.certificate"),
            ("other", f'pin = "{"0" * 64}"\n', "peers.other_certificate"),
            ("byname", f'ca = "{cert}"\n', ""),
            ("bypin", f'pin = "sha256:{print_}"\n', ""),
        ]
        for name, more, code in cases:
            shop = make(name, more=section(tmp_path / name, url, more))
            if not code:
                assert shop.peers.now().loaded == 1
                continue
            with pytest.raises(SyncRefused) as error:
                shop.peers.now()
            assert error.value.said.code == code
            assert shop.customers() == []
        with closing(f"http://localhost:{port}") as plain, pytest.raises(PipelineError) as told:
            plain.hello(None)
        assert told.value.said.code in ("peers.not_pipeline", "peers.away")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('[syncs.a]\nremote = "https://x.example"', "peers.token_missing"),
        ('[syncs.a]\nremote = "http://x.example"\ntoken = "env:HOME"', "peers.plain"),
        ('[syncs.a]\nremote = "https://x.example"\ntoken = "plt_abc"', "peers.plain_token"),
        ('[syncs.a]\nremote = "mysql://x"', "peers.bad_remote"),
        ("[syncs.a]\nevery = 900", "config.missing"),
        ('[syncs.shop]\nremote = "sqlite:///x.db"', "peers.own_name"),
        ('[syncs.a]\nremote = "sqlite:///x.db"\ntables = ["product"]', "peers.other_tables"),
        ('[syncs.a]\nremote = "sqlite:///x.db"\ndirection = { party = "up" }', "mapping.choice"),
        ('[syncs.a]\nremote = "sqlite:///x.db"\ndirection = { nothing = "pull" }', "peers.not_shared"),
        ('[syncs.a]\nremote = "sqlite:///x.db"\nevry = 5', "config.unknown"),
        ('[syncs.a]\nremote = "https://x.example"\ntoken = "env:HOME"\npin = "12"', "peers.bad_pin"),
    ],
)
def test_mistakes_of_the_config(text: str, code: str, tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(f'active = true\n[station]\nname = "shop"\ntables = ["party"]\n{text}\n')
    with pytest.raises(ConfigError) as error:
        config.load(path)
    codes = [mistake.said.code for mistake in error.value.mistakes]
    assert code in codes or any(
        one.startswith(code.partition(".")[0]) for one in codes if code == "config.unknown"
    )


def test_a_good_section(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    (tmp_path / "token").touch(0o600)
    path.write_text(
        'active = true\n[station]\nname = "shop"\n[syncs.office]\nremote = "https://x.example:8443/"\ntoken = "file:token"\n'
        'at = "03h00"\ntables = ["party", "product"]\ndirection = { product = "pull", party = "both" }\n'
    )
    settings: Any = config.load(path)
    (job,) = settings.syncs
    assert (job.remote, job.tables, job.directions) == (
        "https://x.example:8443",
        ("party", "product"),
        {"product": "pull"},
    )
    assert settings.shared == ("party", "product")
