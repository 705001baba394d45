"""Folders on other machines: one small protocol, spoken by SFTP, FTP, IMAP, HTTP and S3. Blocking, for a thread."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from pipeline.remote.model import Changed, Far, Found, Occupied, place_mistake
from pipeline.remote.secrets import is_reference, secret_mistake

if TYPE_CHECKING:
    from pipeline.jobs import Remote

__all__ = [
    "Changed",
    "Far",
    "Found",
    "Occupied",
    "is_reference",
    "open_far",
    "place_mistake",
    "secret_mistake",
]

ROOMS = {
    "sftp": "sftp", "ftp": "ftp", "ftps": "ftp", "imap": "imap", "imaps": "imap", "http": "http", "https": "http",
    "s3": "s3",
}  # fmt: skip


def open_far(remote: Remote) -> Far:
    """A connection to the folder. Raises Environment when it cannot be reached, is not who it should be, or does not
    let us in."""
    far: Far = import_module(f"pipeline.remote.{ROOMS[remote.scheme]}").connect(remote)
    return far
