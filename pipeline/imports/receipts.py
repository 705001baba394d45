"""Receipts for those who send files: `<name>.ok` or `<name>.ko.txt` in a folder of theirs, the latest of each name."""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from pipeline import files as disk
from pipeline.store.model import LedgerFile, RefusedRow
from pipeline.words import Language, Message, message, printable, render

LINES = 100  # refused rows that a receipt names
OK, KO = b".ok", b".ko.txt"


def leave(folder: Path, row: LedgerFile, refused: Sequence[RefusedRow], language: Language) -> None:
    """Write what became of a file, over an earlier receipt of its name; may be repeated. Of one that waits for an
    agreement there is none yet. Raises OSError."""
    said = _said(row, refused)
    if not said:
        return
    disk.make_folder(folder)
    end, other = (KO, OK) if row.state == "failed" else (OK, KO)
    hidden = folder / f".{secrets.token_hex(8)}.part"
    try:
        with hidden.open("x", encoding="utf-8") as out:
            out.write("".join(render(line, language) + "\n" for line in said))
            out.flush()
            os.fsync(out.fileno())
        hidden.chmod(0o644)
        hidden.replace(folder / os.fsdecode(row.name + end))
    finally:
        hidden.unlink(missing_ok=True)
    (folder / os.fsdecode(row.name + other)).unlink(missing_ok=True)
    disk.sync_folder(folder)


def _said(row: LedgerFile, refused: Sequence[RefusedRow]) -> list[Message]:
    name, why = printable(os.fsdecode(row.name)), {"why": "", "why_fr": ""}
    if row.reason is not None:
        why = {"why": render(row.reason, "en"), "why_fr": render(row.reason, "fr")}
    if row.state == "failed":
        return [Message("servers.receipt_ko", {"name": name, **why})]
    if row.state == "duplicate":
        return [Message("servers.receipt_same", {"name": name, "id": row.id, **why})]
    if row.state not in ("committed", "archived"):
        return []
    counts = {"inserted": row.inserted, "updated": row.updated, "unchanged": row.unchanged}
    told = [
        message("servers.receipt_ok", name=name, id=row.id, rows=row.rows_read, refused=row.refused, **counts)
    ]
    for one in refused[:LINES]:
        words = {"why": render(one.said, "en"), "why_fr": render(one.said, "fr")}
        told.append(Message("servers.receipt_line", {"line": one.own_line, "column": one.column, **words}))
    return told
