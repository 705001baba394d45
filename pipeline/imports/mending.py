"""A correction that comes back: which file's refused rows it brings, and its content as that file is written."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass, replace
from typing import BinaryIO

from pipeline.imports.corrections import ADDED, tail
from pipeline.imports.work import Taken, Work
from pipeline.jobs import corrected
from pipeline.mapping import told_of_file
from pipeline.mapping.delivery import of_file
from pipeline.mapping.model import Plan, ReadOptions
from pipeline.store.model import LedgerFile, Query, Store
from pipeline.words import printable

HEAD = 1 << 16  # bytes at the beginning that are looked at
MOST = 64 << 20  # of a correction without header: it is rewritten in memory
NEWEST = 50
MARKS = (";", ",", "\t", "|")
ZIP = b"PK\x03\x04"


@dataclass(frozen=True, slots=True)
class Mended:
    """What is to be read, and how. `of`: the file that it corrects; None: it is a file like any other."""

    file: BinaryIO
    plan: Plan
    trailer: str
    of: int | None = None


def mending(work: Work, taken: Taken, file: BinaryIO, store: Store) -> Mended:
    """Recognise a correction by its name or by the columns that were added to it; any other file is left as it is.
    `file` stands at its beginning afterwards."""
    name = os.fsdecode(taken.name)
    head = file.read(HEAD)
    file.seek(0)
    first = _corrected_file(work, name, head, store)
    if first is None:
        told = told_of_file(of_file(work.plan, printable(name)), printable(name), taken.below)
        return Mended(file, told, work.job.trailer)
    own = printable(_first_name(first))
    told = told_of_file(of_file(work.plan, own), own, _below(work, first) or taken.below)
    read = told.mapping.read
    if read.columns or read.records or read.header is False:
        content, read = _without_added(file, head, read)
        return Mended(content, _reading(told, read), "", first.id)
    return Mended(file, _reading(told, _as_found(read, head)), "", first.id)


def _corrected_file(work: Work, name: str, head: bytes, store: Store) -> LedgerFile | None:
    said = corrected(name)
    number = said[1] if said and said[1] else _number_in(head)
    row = None if number is None else store.by_id(number)
    if row is not None and row.job == work.job.name and row.refused:
        return row
    if said is None:
        return None
    query = Query(job=work.job.name, name=os.fsencode(said[0]), limit=NEWEST)
    return next((one for one in store.files(query) if one.refused and one.undo_of is None), None)


def _number_in(head: bytes) -> int | None:
    """The file's number in the last of the added columns, where their names stand in the header."""
    text = head.decode("utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "latin-1", "replace")
    for mark in MARKS:
        found = tail(mark).finditer(text)
        names = next(found, None)
        if names is not None and names["of"] is None and (row := next(found, None)) is not None and row["of"]:
            return int(row["of"].strip('"'))
    return None


def _first_name(row: LedgerFile) -> str:
    name = os.fsdecode(row.name)
    return (corrected(name) or (name, None))[0]


def _below(work: Work, row: LedgerFile) -> str:
    inbox = printable(str(work.job.inbox))
    return row.folder.removeprefix(inbox).strip("/") if f"{row.folder}/".startswith(f"{inbox}/") else ""


def _reading(plan: Plan, read: ReadOptions) -> Plan:
    return replace(plan, mapping=replace(plan.mapping, read=read))


def _as_found(read: ReadOptions, head: bytes) -> ReadOptions:
    """A spreadsheet writes what it saves its own way: what the mapping states of the file's form holds only where
    it still does. Of numbers, dates and blanks it holds always."""
    found = replace(read, format=None, sheet=None, path=None, record=None, skip=None)
    if head.startswith(ZIP):
        return replace(found, delimiter=None, encoding=None, quote=None, escape=None)
    mark = read.delimiter or ""
    kept = mark if mark and (mark + mark.join(ADDED)).encode() in head.replace(b'"', b"") else None
    return replace(found, delimiter=kept, encoding=None if _is_utf8(head) else read.encoding)


def _is_utf8(head: bytes) -> bool:
    """Plainly so: by its mark, or by letters that no other encoding would write like this."""
    if head.startswith(b"\xef\xbb\xbf"):
        return True
    try:
        return not head[: head.rfind(b"\n") + 1].decode("utf-8").isascii()
    except UnicodeDecodeError:
        return False


def _without_added(file: BinaryIO, head: bytes, read: ReadOptions) -> tuple[BinaryIO, ReadOptions]:
    """Lines without names for their cells: what was added at their ends is cut off, the bytes before it stay."""
    content = file.read(MOST)
    file.seek(0)
    encoding = "utf-8" if head.startswith(b"\xef\xbb\xbf") else read.encoding or "utf-8"
    text = content.decode(encoding, "surrogateescape")
    for mark in dict.fromkeys((read.delimiter or "\t", *MARKS)):
        bare, count = tail(mark).subn("", text)
        if count:
            delimiter = mark if read.delimiter is None and read.format != "fixed" else read.delimiter
            own = replace(read, skip=None, delimiter=None if delimiter == "\t" else delimiter)
            return io.BytesIO(bare.encode(encoding, "surrogateescape")), own
    return file, replace(read, skip=None)
