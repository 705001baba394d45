"""Whether a file looks as if its writer had finished: judged from its head and tail alone."""

from __future__ import annotations

import os
from typing import BinaryIO

from pipeline.errors import FileFailed
from pipeline.formats.ended import ended
from pipeline.formats.layout import find_layout
from pipeline.formats.sniff import TEXT, kind_of
from pipeline.formats.text import HEAD, HeadOnly
from pipeline.mapping.model import ReadOptions
from pipeline.words import Message, message

LINES = ("fixed", "records")


def completeness(file: BinaryIO, options: ReadOptions) -> Message | None:
    """None: complete. Else what makes it look unfinished. Reads at most the first and the last 64 kB."""
    size = file.seek(0, os.SEEK_END)
    if size == 0:
        return message("reading.empty")
    kind = TEXT if options.format in LINES else kind_of(file)
    if kind not in (TEXT, "ndjson"):
        return (
            None
            if kind.startswith("foreign:") or ended(file, kind)
            else message("reading.unfinished", kind=kind)
        )
    file.seek(max(0, size - HEAD))
    tail = file.read(HEAD)
    if len(tail) >= 4 and tail.endswith(b"\0\0\0\0"):
        return message("reading.nul_tail")
    if tail.rstrip(b"\0").endswith((b"\n", b"\r")):
        return None
    if kind == "ndjson" or options.format in LINES:
        return message("reading.no_final_newline")
    try:
        layout = find_layout(HeadOnly(file), options, ())
        text = tail.decode(layout.encoding.name, "replace")
    except FileFailed:  # reading it will say why
        return message("reading.no_final_newline")
    dialect = layout.dialect
    last = text.replace("\r", "\n").rsplit("\n", 1)[-1]
    expected = len(dialect.columns)
    found = last.count(dialect.delimiter) + 1
    if found < expected and not (dialect.quote and dialect.quote in last):
        return message("reading.last_row_short", found=found, expected=expected)
    return message("reading.no_final_newline")
