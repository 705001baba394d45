"""Opening any file: what it is, told by its content, and which reader it goes to."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from pipeline.errors import FileFailed
from pipeline.formats.apart import FrameReading, Session
from pipeline.formats.chain import ChainReading
from pipeline.formats.child import LIST
from pipeline.formats.limits import LIMITS, Limits
from pipeline.formats.model import Reading
from pipeline.formats.reader import TextReading, open_text
from pipeline.formats.records import open_records
from pipeline.formats.sniff import PACKED, TEXT, WORKBOOKS, disagrees, inner_name, kind_of
from pipeline.mapping.model import ReadOptions
from pipeline.words import Message, message

STATED = {  # what a mapping may write as `format` → how the file is read
    "csv": TEXT, "fixed": "fixed", "records": "records", "json": "json", "ndjson": "ndjson", "xml": "xml", "html": "html",
    "xlsx": "xlsx",
}  # fmt: skip
BINARY = (*WORKBOOKS, "parquet", "arrow", "arrow stream")


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a delivery: the dropped file itself, or one of those in the archive that was dropped."""

    name: str  # safe to show
    _file: BinaryIO
    _entry: str | None = None
    _limits: Limits = LIMITS

    @contextmanager
    def opened(self) -> Iterator[BinaryIO]:
        """Its content, as long as the dropped file stays open. FileFailed as for any archive."""
        if self._entry is None:
            yield self._file
            return
        with ExitStack() as held:
            yield _unpack(self._file, "zip", self._limits, held, self._entry)[0]


def deliveries(file: BinaryIO, name: str = "", limits: Limits = LIMITS) -> list[Member]:
    """The files of one delivery: several for a zip of several, else the file itself."""
    if kind_of(file) != "zip":
        return [Member(name, file)]
    session = Session(file, "zip", limits, member=LIST)
    answer, _ = session.answer()
    session.finish()
    if len(answer["members"]) == 1:
        return [Member(name, file)]
    return [Member(safe, file, entry, limits) for entry, safe in answer["members"]]


def open_reading(
    file: BinaryIO,
    options: ReadOptions,
    required: Sequence[str] = (),
    name: str = "",
    limits: Limits = LIMITS,
) -> Reading:
    """Find what the file is and how it is written, and check its header; FileFailed says why it cannot be read.

    `name`: the file's name, to note where it promises something else. A zip of several files with the same
    columns is read as one table; `deliveries` gives them one by one."""
    held = ExitStack()
    try:
        notes: list[Message] = []
        reading = _open(file, options, required, name, limits, held, notes)
    except BaseException:
        held.close()
        raise
    weakref.finalize(reading, held.close)
    for said in notes:
        reading.account.note(said)
    return reading


def _open(
    file: BinaryIO, options: ReadOptions, required: Sequence[str], name: str, limits: Limits, held: ExitStack,
    notes: list[Message],
) -> Reading:  # fmt: skip
    found = kind_of(file)
    if disagrees(name, found):
        notes.append(message("reading.other_format", name=name, found=found))
    if found in PACKED:
        file = _with_fd(file, held)
        members = deliveries(file, name, limits)
        if len(members) > 1:
            return ChainReading([(one.name, _opener(one, options, required, limits)) for one in members])
        file, inner = _unpack(file, found, limits, held)
        name, found = inner or inner_name(name), kind_of(file)
        if disagrees(name, found):
            notes.append(message("reading.other_format", name=name, found=found))
    kind = _kind(found, options)
    if kind.startswith("foreign:"):
        raise FileFailed(message("reading.foreign", kind=kind.removeprefix("foreign:")))
    return _read_as(kind, file, options, required, limits, held)


def _opener(
    member: Member, options: ReadOptions, required: Sequence[str], limits: Limits
) -> Callable[[], AbstractContextManager[Reading]]:
    @contextmanager
    def opened() -> Iterator[Reading]:
        with member.opened() as content:
            yield open_reading(content, options, required, member.name, limits)

    return opened


def again(reading: Reading, file: BinaryIO, options: ReadOptions) -> Reading:
    """The same file from its beginning, without looking anew at how it is written where that is known."""
    if isinstance(reading, TextReading):
        return reading.again()
    if isinstance(reading, FrameReading):
        return reading.again(lambda: open_reading(file, options))
    return open_reading(file, options)


def _kind(found: str, options: ReadOptions) -> str:
    """What the mapping states wins among texts; bytes that can be nothing else are what they are."""
    if options.format is None or found in BINARY or found.startswith("foreign:"):
        return found
    stated = STATED[options.format]
    if stated in BINARY or (stated == "xml" and found in ("sheetml", "fods")):
        return found
    return stated


def _read_as(
    kind: str, file: BinaryIO, options: ReadOptions, required: Sequence[str], limits: Limits, held: ExitStack
) -> Reading:
    if kind == TEXT:
        return open_text(file, options, required)
    if kind in ("fixed", "records"):
        return open_records(file, options, required)
    session = Session(_with_fd(file, held), kind, limits, options, required)
    answer, _ = session.answer()
    return FrameReading(session, answer["table"])


def _unpack(
    file: BinaryIO, kind: str, limits: Limits, held: ExitStack, entry: str | None = None
) -> tuple[BinaryIO, str]:
    """The one file of an archive, in a file of no name, and how it is called inside."""
    spool = held.enter_context(tempfile.TemporaryFile())  # noqa: SIM115
    session = Session(_with_fd(file, held), kind, limits, member=entry, spool=spool)
    answer, _ = session.answer()
    session.finish()
    if kind_of(spool) in PACKED:
        raise FileFailed(message("reading.archive_in_archive"))
    spool.seek(0)
    return spool, answer["unpacked"]


def _with_fd(file: BinaryIO, held: ExitStack) -> BinaryIO:
    """The file, or a copy that another process can be handed."""
    try:
        file.fileno()
        return file
    except (OSError, AttributeError):
        copy = held.enter_context(tempfile.TemporaryFile())  # noqa: SIM115
        file.seek(0)
        shutil.copyfileobj(file, copy, 1 << 18)
        copy.flush()
        return copy
