"""Whose certificate is trusted: the system's issuers, one named with `ca`, or exactly the one that `pin` names."""

from __future__ import annotations

import hashlib
import hmac
import os
import ssl

from pipeline.errors import Environment
from pipeline.jobs import Remote
from pipeline.remote.model import shown
from pipeline.words import message


def context(remote: Remote) -> ssl.SSLContext:
    """For a connection whose certificate `pinned` looks at before anything is sent. Raises OSError."""
    if not remote.pin:
        ca = remote.root / os.path.expanduser(remote.ca) if remote.ca else None
        return ssl.create_default_context(cafile=None if ca is None else str(ca))
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    return made


def pinned(remote: Remote, socket: object) -> None:
    """The certificate is the one that is pinned, if one is. Raises Environment."""
    if not remote.pin:
        return
    shows = socket.getpeercert(True) if isinstance(socket, ssl.SSLSocket) else None
    seen = hashlib.sha256(shows or b"").hexdigest()
    if shows is None or not hmac.compare_digest(seen, remote.pin):
        raise Environment(message("remote.other_key", url=shown(remote), seen=f"sha256:{seen}"))
