"""A web server with a certificate of its own issuer."""

from __future__ import annotations

import base64
import hashlib
import re
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import trustme

from pipeline.jobs import Remote
from tests.remote.places import PASSWORD


def certificate(root: Path, name: str = "ca") -> tuple[trustme.LeafCert, str]:
    """One for this machine, and the name of the file of its issuer."""
    issuer = trustme.CA()
    issuer.cert_pem.write_to_path(str(root / f"{name}.pem"))
    return issuer.issue_cert("127.0.0.1", "localhost"), f"{name}.pem"


def pin_of(leaf: trustme.LeafCert) -> str:
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(leaf.cert_chain_pems[0].bytes().decode())).hexdigest()


class HttpsPlace:
    """One address, /out/a.csv; what is put there replaces what was there."""

    name, resumes, puts, keeps = "https", True, False, True
    verified = pins = True

    def __init__(self, root: Path) -> None:
        (root / "password").write_text(PASSWORD)
        self.root, self.held = root, dict[str, bytes]()
        self.cut_after: int | None = None
        self._reads, self.denied = 0, False
        self.extra: dict[str, str] = {}
        self.tagged, self.login = True, True
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.leaf, ca = certificate(root)
        self._start(0)
        self.url = f"https://shop@127.0.0.1:{self.port}/out/a.csv"
        self.settings = f'password = "file:password"\nca = "{ca}"\n'

    def _start(self, port: int) -> None:
        handler = type("Handler", (_Handler,), {"place": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.leaf.configure_cert(context)
        self._server.socket = context.wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )
        self._server.handle_error = lambda *args: None  # type: ignore[method-assign]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def remote(self, root: Path, **changes: Any) -> Remote:
        settings: dict[str, Any] = {"password": "file:password", "ca": "ca.pem", "settle_s": 0.0}
        return Remote(self.url, root / "spool", root, "far", **{**settings, **changes})

    def put(self, name: str, content: bytes) -> None:
        self.held[f"/out/{name}"] = content

    def files(self) -> dict[str, bytes]:
        return {path.removeprefix("/out/"): content for path, content in self.held.items()}

    def impostor(self) -> None:
        self.stop()
        self.leaf, _ = certificate(self.root, "other")
        self._start(self.port)

    def deny(self) -> None:
        self.denied = True

    def reads(self) -> int:
        return self._reads

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)


class _Handler(BaseHTTPRequestHandler):
    place: HttpsPlace
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None: ...

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self.place._reads += 1
        self._answer(body=True)

    def _answer(self, *, body: bool) -> None:
        place = self.place
        place.asked.append((self.command, self.path, dict(self.headers)))
        good = "Basic " + base64.b64encode(f"shop:{PASSWORD}".encode()).decode()
        if place.denied or (place.login and self.headers.get("Authorization") != good):
            return self._short(403 if place.denied else 401)
        content = place.held.get(self.path)
        if content is None:
            return self._short(404)
        if content.startswith(b"-> "):
            self.send_response(302)
            self.send_header("Location", content[3:].decode())
            self.send_header("Content-Length", "0")
            self.end_headers()
            return None
        tag = f'"{hashlib.sha256(content).hexdigest()}"'
        asked = re.match(r"bytes=(\d+)-", self.headers.get("Range", ""))
        start = int(asked[1]) if asked and self.headers.get("If-Range") in (None, tag) else 0
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        if place.tagged:
            self.send_header("ETag", tag)
        for key, value in place.extra.items():
            self.send_header(key, value)
        if "no-length" not in self.path:
            self.send_header("Content-Length", str(len(content) - start))
        else:
            self.close_connection = True
        self.end_headers()
        if body:
            self._write(content[start:])
        return None

    def _write(self, content: bytes) -> None:
        cut, self.place.cut_after = self.place.cut_after, None
        self.wfile.write(content if cut is None else content[:cut])
        if cut is not None:
            self.close_connection = True

    def _short(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()
