"""The refused rows of a file as a file of their own, ready to be corrected and dropped again."""

from __future__ import annotations

import base64
import csv
import io
import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import files as disk
from pipeline.errors import Environment, PipelineError
from pipeline.jobs import Settings, corrected
from pipeline.store.model import LedgerFile, RefusedRow, Store
from pipeline.words import Language, message, render

if TYPE_CHECKING:
    from pipeline.formats.model import Reading

ADDED = ("_line", "_column", "_reason", "_file")
"""The columns behind a file's own in its correction: where the row stood, what is wrong, and the file's number."""


def describe(reading: Reading) -> str:
    """How a file was read, as the ledger keeps it: JSON."""
    dialect = reading.dialect
    return json.dumps(
        {
            "format": dialect.format,
            "encoding": dialect.encoding,
            "delimiter": dialect.delimiter,
            "quote": dialect.quote,
            "line_end": dialect.line_end,
            "header_line": dialect.header_line,
            "header": base64.b64encode(dialect.header_raw).decode(),
            "set_aside": {**reading.account.set_aside, **reading.account.left_out},
            "repairs": reading.account.repairs,
            "notes": [json.loads(note.to_json()) for note in reading.account.notes],
        }
    )


def name_of(row: LedgerFile, ending: str = "csv", number: bool = False) -> bytes:
    """What the correction of this file is called; that of a correction is named after the first file."""
    name = os.fsdecode(row.name)
    first = (corrected(name) or (name, None))[0]
    mark = f"-{row.id}" if number else ""
    return os.fsencode(f"{first}.refused{mark}.{ending}")


def correction(row: LedgerFile, rows: Sequence[RefusedRow], language: Language) -> bytes:
    """The refused rows in the file's own layout and bytes, with the columns `ADDED` at the end."""
    written = _Written.of(row)

    def cells(*texts: str) -> bytes:
        return "".join(written.mark + '"' + t.replace('"', '""') + '"' for t in texts).encode(
            written.encoding, "replace"
        )

    lines = [written.bare(written.header) + cells(*ADDED)] if written.header else []
    for one in sorted(rows, key=lambda each: each.line):
        told = (str(one.own_line), one.column, render(one.said, language), str(row.id))
        lines.append(written.bare(one.raw) + cells(*told))
    joined: bytes = written.end.encode(written.encoding).join([*lines, b""])
    return joined


def workbook(row: LedgerFile, rows: Sequence[RefusedRow], language: Language) -> bytes:
    """The same as a workbook whose cells are all text. Raises PipelineError for lines that have no columns."""
    import xlsxwriter

    written = _Written.of(row)
    refuse = PipelineError(message("versions.no_workbook", id=row.id))
    if not written.header or len(written.mark) != 1:
        raise refuse
    table = [(*written.cells(written.bare(written.header)), *ADDED)]
    width = len(table[0]) - len(ADDED)
    for one in sorted(rows, key=lambda each: each.line):
        own = written.cells(written.bare(one.raw))
        if len(own) > width:
            raise refuse
        told = (str(one.own_line), one.column, render(one.said, language), str(row.id))
        table.append((*own, *[""] * (width - len(own)), *told))
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        text = book.add_format({"num_format": "@"})
        sheet = book.add_worksheet()
        sheet.set_column(0, len(table[0]) - 1, 18, text)
        for at, line in enumerate(table):
            for column, value in enumerate(line):
                if value and sheet.write_string(at, column, value, text):
                    raise refuse
        sheet.freeze_panes(1, 0)
    return out.getvalue()


def write(store: Store | None, settings: Settings, id: int, *, xlsx: bool, to: Path | None) -> Path:
    """Write a file's correction, over nothing: `to` there, else into its job's failed folder. Raises PipelineError."""
    row = store.by_id(id) if store else None
    if store is None or row is None:
        raise PipelineError(message("cli.no_file", id=id))
    job = next((job for job in settings.imports if job.name == row.job), None)
    rows = [*store.refused(id), *store.carried(id)] if row.dialect else []
    if not rows:
        raise PipelineError(message("versions.no_refused", id=id))
    if job is None and to is None:
        raise PipelineError(message("cli.replay_no_job", id=id, job=row.job))
    content = (workbook if xlsx else correction)(row, rows, settings.language)
    try:
        if to is not None:
            with to.open("xb") as out:
                out.write(content)
            return to
        assert job is not None
        disk.make_folder(job.failed)
        return disk.write_beside(job.failed, name_of(row, "xlsx", True) if xlsx else name_of(row), content)
    except FileExistsError:
        raise PipelineError(message("versions.there", place=str(to))) from None
    except OSError as error:
        where = str(error.filename or to or row.job)
        raise Environment(
            message("files.environment", path=where, why=error.strerror or str(error))
        ) from error


@dataclass(frozen=True, slots=True)
class _Written:
    """How a file's lines are written, as its row says."""

    format: str
    encoding: str
    mark: str  # what parts the cells; a tab after lines that have none
    quote: str
    end: str
    header: bytes

    @classmethod
    def of(cls, row: LedgerFile) -> _Written:
        dialect = json.loads(row.dialect)
        encoding, mark = dialect["encoding"].removesuffix("-sig"), dialect["delimiter"] or "\t"
        named = dialect["format"] not in (
            "records",
            "fixed",
        )  # there the names stand in the mapping, not in the file
        header = base64.b64decode(dialect["header"]) if named else b""
        return cls(dialect["format"], encoding, mark, dialect["quote"], dialect["line_end"], header)

    def bare(self, line: bytes) -> bytes:
        """A line of a correction without the columns that were added to it."""
        text = line.decode(self.encoding, "surrogateescape")
        return tail(self.mark).sub("", text).encode(self.encoding, "surrogateescape")

    def cells(self, line: bytes) -> list[str]:
        text = line.decode(self.encoding, "replace")
        if not self.quote:
            return text.split(self.mark)
        return next(csv.reader([text], delimiter=self.mark, quotechar=self.quote), [])


def tail(mark: str) -> re.Pattern[str]:
    """Finds the added columns at the end of a line, or their names at the end of the header."""
    m = re.escape(mark)
    free = rf'(?:"(?:[^"]|"")*"|[^"\r\n{m}]*)'
    number = r'(?:"[0-9]{1,18}"|[0-9]{1,18})'
    names = m + m.join(rf'"?{name}"?' for name in ADDED)
    return re.compile(rf"(?:{m}{number}{m}{free}{m}{free}{m}(?P<of>{number})|{names})[ \t]*(?=\r?\n|\r|\Z)")
