"""asyncssh's own SFTP server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import asyncssh

from pipeline.jobs import Remote
from tests.remote.places import PASSWORD, Folder, Loop


class SftpPlace:
    name, resumes, puts, keeps = "sftp", True, True, False
    verified = pins = True

    def __init__(self, root: Path) -> None:
        self._loop, self._folder = Loop(), Folder(root / "afar")
        self._key = asyncssh.generate_private_key("ssh-ed25519")
        self.cut_after: int | None = None
        self._reads, self.denied = 0, False
        (root / "password").write_text(PASSWORD + "\n")
        self._server = self._loop.run(self._listen(0))
        self.port = self._server.get_port()
        self.url = f"sftp://shop@127.0.0.1:{self.port}"
        self.pin = self._key.get_fingerprint("sha256")
        self.settings = f'password = "file:password"\npin = "{self.pin}"\n'

    async def _listen(self, port: int) -> Any:
        place, folder = self, self._folder.root

        class Login(asyncssh.SSHServer):
            def password_auth_supported(self) -> bool:
                return True

            def validate_password(self, username: str, password: str) -> bool:
                return (username, password) == ("shop", PASSWORD)

        class Files(asyncssh.SFTPServer):
            def __init__(self, chan: asyncssh.SSHServerChannel[bytes]) -> None:
                super().__init__(chan, chroot=bytes(folder))
                self._chan, self._sent = chan, 0

            def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
                if place.denied:
                    raise asyncssh.SFTPPermissionDenied("not for you")
                return super().open(path, pflags, attrs)

            async def read(self, file_obj: object, offset: int, size: int) -> bytes:
                place._reads += 1
                if place.cut_after is not None and offset + size > place.cut_after:
                    if offset >= place.cut_after:
                        place.cut_after = None
                        self._chan.get_connection().abort()
                        raise asyncssh.SFTPFailure("cut")
                    size = place.cut_after - offset
                return super().read(file_obj, offset, size)  # type: ignore[no-any-return]

        return await asyncssh.listen(
            "127.0.0.1", port, server_host_keys=[self._key], server_factory=Login, sftp_factory=Files
        )

    def remote(self, root: Path, **changes: Any) -> Remote:
        import base64

        digest = self.pin.partition(":")[2]
        settings: dict[str, Any] = {
            "password": "file:password",
            "pin": base64.b64decode(digest + "=" * (-len(digest) % 4)).hex(),
            "settle_s": 0.0,
        }
        return Remote(self.url, root / "spool", root, "far", **{**settings, **changes})

    def put(self, name: str, content: bytes) -> None:
        self._folder.put(name, content)

    def files(self) -> dict[str, bytes]:
        return self._folder.files()

    def impostor(self) -> None:
        """Another key at the same address."""
        self._key = asyncssh.generate_private_key("ssh-ed25519")
        self._loop.call(self._server.close)
        self._loop.run(self._server.wait_closed())
        self._server = self._loop.run(self._listen(self.port))

    def deny(self) -> None:
        self.denied = True

    def reads(self) -> int:
        return self._reads

    def stop(self) -> None:
        self._loop.call(self._server.close)
        self._loop.close()
