"""pyftpdlib, with TLS and without."""

from __future__ import annotations

import logging
import threading
import warnings
from pathlib import Path
from typing import Any

from pipeline.jobs import Remote
from tests.remote.https_place import certificate, pin_of
from tests.remote.places import PASSWORD, Folder

with warnings.catch_warnings():  # it lives on asyncore, which Python 3.11 warns of and 3.12 has not
    warnings.simplefilter("ignore", DeprecationWarning)
    from pyftpdlib.authorizers import DummyAuthorizer
    from pyftpdlib.handlers import DTPHandler, FTPHandler, TLS_DTPHandler, TLS_FTPHandler
    from pyftpdlib.servers import FTPServer

logging.getLogger("pyftpdlib").setLevel(logging.CRITICAL)


class FtpPlace:
    name, resumes, puts, keeps = "ftps", True, True, False
    tls = True
    verified = pins = True

    def __init__(self, root: Path) -> None:
        self._folder, self.root = Folder(root / "afar"), root
        (self._folder.root / "out").mkdir()
        (root / "password").write_text(PASSWORD)
        self.cut_after: int | None = None
        self._reads, self.denied = 0, False
        self.leaf, self.ca = certificate(root)
        self._start(0)
        scheme = "ftps" if self.tls else "ftp"
        self.url = f"{scheme}://shop@127.0.0.1:{self.port}/out"
        self.settings = 'password = "file:password"\n' + (f'ca = "{self.ca}"\n' if self.tls else "")

    def _start(self, port: int) -> None:
        place = self

        class Sending:
            def send(self, data: bytes) -> int:
                if place.cut_after is not None:
                    place.cut_after -= len(data)
                    if place.cut_after < 0:
                        place.cut_after = None
                        self.close()  # type: ignore[attr-defined]
                        self.cmd_channel.close()  # type: ignore[attr-defined]
                        return 0
                return super().send(data)  # type: ignore[misc,no-any-return]

        base_data, base = (TLS_DTPHandler, TLS_FTPHandler) if self.tls else (DTPHandler, FTPHandler)
        data = type("Data", (Sending, base_data), {})

        def ftp_RETR(handler: Any, file: str) -> Any:
            place._reads += 1
            if place.denied:
                handler.respond("550 Not enough privileges.")
                return None
            return base.ftp_RETR(handler, file)

        authorizer = DummyAuthorizer()
        authorizer.add_user("shop", PASSWORD, str(self._folder.root), perm="elradfmwMT")
        facts: dict[str, Any] = {"authorizer": authorizer, "dtp_handler": data, "ftp_RETR": ftp_RETR}
        facts |= {"auth_failed_timeout": 0.01, "use_sendfile": False}
        if self.tls:
            chain = self.root / "chain.pem"
            self.leaf.private_key_and_cert_chain_pem.write_to_path(str(chain))
            facts |= {
                "certfile": str(chain),
                "tls_control_required": True,
                "tls_data_required": True,
                "ssl_context": None,
            }
        self._server = FTPServer(("127.0.0.1", port), type("Handler", (base,), facts))
        self.port = self._server.address[1]
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while not self._end.is_set():
            self._server.serve_forever(timeout=0.02, blocking=False, handle_exit=False)
        self._server.close_all()

    def remote(self, root: Path, **changes: Any) -> Remote:
        settings: dict[str, Any] = {"password": "file:password", "settle_s": 0.0}
        if self.tls:
            settings["ca"] = self.ca
        return Remote(self.url, root / "spool", root, "far", **{**settings, **changes})

    def put(self, name: str, content: bytes) -> None:
        self._folder.put(f"out/{name}", content)

    def files(self) -> dict[str, bytes]:
        return {name.removeprefix("out/"): content for name, content in self._folder.files().items()}

    def impostor(self) -> None:
        self.stop()
        self.leaf, _ = certificate(self.root, "other")
        self._start(self.port)

    def deny(self) -> None:
        self.denied = True

    def reads(self) -> int:
        return self._reads

    @property
    def pin(self) -> str:
        return pin_of(self.leaf)

    def stop(self) -> None:
        self._end.set()
        self._thread.join(10)


class PlainFtpPlace(FtpPlace):
    name, tls = "ftp", False
    verified = pins = False
