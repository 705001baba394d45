"""What a file changed against the earlier one of its name."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from pipeline import files as disk
from pipeline.errors import FileFailed
from pipeline.files.packing import open_unpacked
from pipeline.imports.finishing import place_of
from pipeline.jobs import ImportJob
from pipeline.mapping.model import ReadOptions
from pipeline.results import Changes
from pipeline.store.model import LedgerFile
from pipeline.words import Message, message, printable

COMPARED_BYTES = 50_000_000  # bigger files are not read again for this
SHOWN_LINES = 5


def compare(
    old: LedgerFile, new: LedgerFile, job: ImportJob | None, zone: str
) -> tuple[Changes | None, Message | None]:
    """Compare the two as they lie in the archive, or say why that cannot be done."""
    if max(old.size, new.size) > COMPARED_BYTES:
        facts = {"rows": new.rows_read, "before": old.rows_read, "megabytes": COMPARED_BYTES // 1_000_000}
        return None, message("states.too_big_to_compare", **facts)
    places = []
    for file in (old, new):
        place = archived_place(file, job, zone)
        if place is None:
            name = file.archived_as or printable(os.fsdecode(file.name))
            return None, message("states.archive_gone", place=name)
        places.append(place)
    try:
        return _line_by_line((old, places[0]), (new, places[1])), None
    except OSError as error:
        said = message("files.unreadable", path=str(error.filename), why=error.strerror or str(error))
        return None, said
    except FileFailed as fault:
        return None, fault.said


def archived_place(file: LedgerFile, job: ImportJob | None, zone: str) -> Path | None:
    """Where an archived file lies, also one whose name the ledger shows with signs for its odd letters."""
    with contextlib.suppress(OSError, ValueError):
        if file.archived_as and Path(file.archived_as).is_file():
            return Path(file.archived_as)
    if job is None:
        return None
    folder, name = (job.failed, file.name) if file.state == "failed" else place_of(job, file, zone)
    with contextlib.suppress(OSError):
        return disk.find(folder, name, file.fingerprint, file.name)
    return None


def _line_by_line(old: tuple[LedgerFile, Path], new: tuple[LedgerFile, Path]) -> Changes:
    left = Counter(_lines(*old))
    added: list[str] = []
    counts = {"new": 0, "same": 0}
    for line in _lines(*new):
        if left[line] > 0:
            left[line] -= 1
            counts["same"] += 1
            continue
        counts["new"] += 1
        if len(added) < SHOWN_LINES:
            added.append(printable(line))
    gone = +left
    first = [printable(line) for line in gone][:SHOWN_LINES]
    return Changes(counts["new"], gone.total(), counts["same"], tuple(added), tuple(first))


def _lines(file: LedgerFile, place: Path) -> Iterator[str]:
    """The lines as texts, without their ends: what only its encoding or line ends changed is the same.
    Of what is no text, its records as lines of CSV."""
    from pipeline.formats.sniff import PACKED, TEXT, ending

    dialect = json.loads(file.dialect) if file.dialect else {}
    encoding = dialect.get("encoding", "utf-8")
    plain = dialect.get("format", TEXT) == TEXT and ending(os.fsdecode(file.name)) not in PACKED
    with open_unpacked(place, file.name) as raw:
        if not plain:
            yield from _records(raw)
            return
        text = io.TextIOWrapper(raw, encoding=encoding, errors="backslashreplace", newline=None)
        for line in text:
            yield line.rstrip("\n").removeprefix("\ufeff")
        text.detach()


def _records(raw: BinaryIO) -> Iterator[str]:
    from pipeline.formats import open_reading
    from pipeline.formats.table import csv_line

    with tempfile.TemporaryFile() as copy:
        shutil.copyfileobj(raw, copy)
        for batch in open_reading(copy, ReadOptions()):
            for row in batch.frame.iter_rows():
                yield csv_line(row[1:]).decode("utf-8")
