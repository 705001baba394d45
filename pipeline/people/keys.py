"""What lets somebody in: made at random, kept only as its SHA-256."""

from __future__ import annotations

import hashlib
import secrets

TOKEN = "plt_"  # so that a token in a log or a repository is found by those who look for such


def new_token() -> str:
    """A token for a program: 256 bits."""
    return TOKEN + secrets.token_urlsafe(32)


def new_secret() -> str:
    """A session, or a link that lets in once: 256 bits."""
    return secrets.token_urlsafe(32)


def key_of(secret: str) -> str:
    """What the database keeps of it: 64 hex digits."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def csrf_of(secret: str) -> str:
    """What the forms of a session bring back: nobody can make it who has not the session itself."""
    return hashlib.sha256(b"csrf:" + secret.encode("utf-8", "surrogatepass")).hexdigest()[:43]
