"""dovecot, when the machine has it (Debian: dovecot-imapd)."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from email.message import EmailMessage
from imaplib import IMAP4
from pathlib import Path
from typing import Any

from pipeline.jobs import Remote
from tests.remote.https_place import certificate
from tests.remote.places import PASSWORD
from tests.remote.proxy import Proxy

DOVECOT = shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin")
CONFIG = """
base_dir = {run}/base
state_dir = {run}/base
log_path = {run}/log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{run}/cert.pem
ssl_key = <{run}/key.pem
disable_plaintext_auth = no
mail_location = maildir:{run}/mail
first_valid_uid = 1
default_internal_user = {internal}
default_login_user = {internal}
auth_failure_delay = 0
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid=mail gid=mail home={run}/home
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {plain}
  }}
  inet_listener imaps {{
    port = {tls}
  }}
}}
service anvil {{
  chroot =
}}
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


class ImapPlace:
    """Each file is the attachment of a mail of its own."""

    name, resumes, puts, keeps = "imaps", False, False, False
    verified = pins = True

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "password").write_text(PASSWORD)
        self.run = Path(tempfile.mkdtemp(prefix="dovecot"))
        self.run.chmod(0o755)
        self.leaf, _ = certificate(root)
        self._ports = free_port(), free_port()
        self._start()
        self._proxy = Proxy(self._ports[1])
        self._reads = 0
        self.url = f"imaps://shop@127.0.0.1:{self._proxy.port}/INBOX"
        self.settings = 'password = "file:password"\nca = "ca.pem"\n'

    def _start(self) -> None:
        (self.run / "cert.pem").write_bytes(b"".join(pem.bytes() for pem in self.leaf.cert_chain_pems))
        (self.run / "key.pem").write_bytes(self.leaf.private_key_pem.bytes())
        facts = {"run": self.run, "password": PASSWORD, "plain": self._ports[0], "tls": self._ports[1]}
        config = self.run / "dovecot.conf"
        config.write_text(CONFIG.format(**facts, internal="dovecot"))
        for name in ("mail", "home"):
            (self.run / name).mkdir(exist_ok=True)
            shutil.chown(self.run / name, "mail", "mail")
        assert DOVECOT is not None
        null = subprocess.DEVNULL
        self._process = subprocess.Popen(
            [DOVECOT, "-F", "-c", str(config)], stdin=null, stdout=null, stderr=null
        )
        end, pause = time.monotonic() + 10, threading.Event()
        while True:
            try:
                IMAP4("127.0.0.1", self._ports[0], timeout=5).logout()
                return
            except (OSError, IMAP4.abort):
                if time.monotonic() > end:
                    self._end()
                    raise
                pause.wait(0.02)

    def _box(self) -> IMAP4:
        box = IMAP4("127.0.0.1", self._ports[0], timeout=10)
        box.login("shop", PASSWORD)
        return box

    @property
    def cut_after(self) -> int | None:
        return self._proxy.cut_after

    @cut_after.setter
    def cut_after(self, bytes: int | None) -> None:
        self._proxy.cut_after = bytes

    def remote(self, root: Path, **changes: Any) -> Remote:
        settings: dict[str, Any] = {"password": "file:password", "ca": "ca.pem", "settle_s": 0.0}
        return Remote(self.url, root / "spool", root, "far", **{**settings, **changes})

    def put(self, name: str, content: bytes) -> None:
        mail = EmailMessage()
        mail["Subject"], mail["From"], mail["To"] = "the file", "till@example.com", "shop@example.com"
        mail.set_content("Here it is.")
        mail.add_attachment(content, maintype="text", subtype="csv", filename=name)
        box = self._box()
        for old, _ in [one for one in self._mails(box, "INBOX").items() if one[1][0] == name]:
            box.uid("STORE", str(old), "+FLAGS", r"(\Deleted)")
            box.expunge()
        box.append("INBOX", "", "", mail.as_bytes())
        box.logout()

    def _mails(self, box: IMAP4, folder: str) -> dict[int, tuple[str, bytes]]:
        import email
        import email.policy

        found: dict[int, tuple[str, bytes]] = {}
        if box.select(folder)[0] != "OK":
            return found
        for uid in box.uid("SEARCH", "ALL")[1][0].split():
            raw = box.uid("FETCH", uid.decode(), "(BODY.PEEK[])")[1][0][1]
            mail = email.message_from_bytes(raw, policy=email.policy.default)
            for part in mail.iter_attachments():  # type: ignore[attr-defined]
                found[int(uid)] = (part.get_filename(), part.get_payload(decode=True))
        return found

    def files(self) -> dict[str, bytes]:
        box = self._box()
        here = dict(self._mails(box, "INBOX").values())
        done = {f"done/{name}": content for name, content in self._mails(box, "done").values()}
        box.logout()
        return {**here, **done}

    def impostor(self) -> None:
        self._end()
        self.leaf, _ = certificate(self.root, "other")
        self._start()

    def deny(self) -> None:
        (self.root / "password").write_text("canary-old-password")

    def reads(self) -> int:
        return self._reads

    def _end(self) -> None:
        self._process.terminate()
        self._process.wait(20)

    def stop(self) -> None:
        self._proxy.close()
        self._end()
        shutil.rmtree(self.run, ignore_errors=True)


def available() -> bool:
    """As root only: it changes its user."""
    return DOVECOT is not None and os.getuid() == 0
