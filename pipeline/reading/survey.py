"""What is in a file, and how sure: how it is written, its columns, and what would not be loaded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

import polars as pl

from pipeline.formats import open_reading
from pipeline.mapping.model import ReadOptions
from pipeline.reading.rewrite import Progress, header_of
from pipeline.words import Message, message

EXAMPLES = 5
DISTINCT = 100_000  # values of a column remembered; beyond, the number is a lower bound
TYPES = {  # in the order tried: the first that fits every filled cell
    "boolean": r"^(?i:true|false|vrai|faux|yes|no|oui|non)$",
    "code": r"^0[0-9]+$",
    "integer": r"^[+-]?[0-9]{1,18}$",
    "decimal": r"^\(?[+-]?\s?[0-9]{1,3}(?:[ .,'’\u00a0\u202f]?[0-9]{3})*(?:[.,][0-9]+)?-?\)?\s?[€$£%]?$|^[+-]?[.,][0-9]+$",
    "date": r"^(?:[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}|[0-9]{1,2}[-/. ][0-9]{1,2}[-/. ](?:[0-9]{4}|[0-9]{2}))$",
    "datetime": r"^(?:[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}|[0-9]{1,2}[-/. ][0-9]{1,2}[-/. ](?:[0-9]{4}|[0-9]{2}))"
    r"[T ]+[0-9]{1,2}[:h][0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?\s?(?i:am|pm)?(?:Z|\s?[+-][0-9]{2}:?[0-9]{2})?$",
    "time": r"^[0-9]{1,2}[:h][0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?$",
}
DOUBLE = "Ã[\u0080-\u00bf\u0152\u0160\u0178\u017d\u2018-\u2026]|â€"
SPOILT = r"^[0-9][.,][0-9]+E\+[0-9]{1,2}$"


@dataclass(slots=True)
class ColumnSurvey:
    """A column: `type` is what every filled cell looks like; `distinct` is exact below DISTINCT."""

    name: str
    type: str = "empty"
    nulls: int = 0
    distinct: int = 0
    examples: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Survey:
    """Everything that was found in a file. `header_row`: physical line, 1-based, None without one."""

    format: str
    encoding: str
    delimiter: str | None
    quote: str | None
    escape: str | None
    line_end: str | None
    header_row: int | None
    sure: float
    columns: list[ColumnSurvey]
    rows: int = 0
    refused: int = 0
    repaired: int = 0
    set_aside: dict[str, int] = field(default_factory=dict)
    repairs: dict[str, int] = field(default_factory=dict)
    warnings: list[Message] = field(default_factory=list)


class _Watch:
    """One column, batch by batch."""

    def __init__(self, name: str) -> None:
        self.found = ColumnSurvey(name)
        self.filled = 0
        self.counts = dict.fromkeys(TYPES, 0)
        self.seen: set[str] = set()
        self.double = self.spoilt = False

    def add(self, cells: pl.Series) -> None:
        values = cells.drop_nulls()
        self.found.nulls += len(cells) - len(values)
        if not len(values):
            return
        self.filled += len(values)
        text = values.str.strip_chars()
        for name, shape in TYPES.items():
            if self.counts[name] or self.filled == len(values):
                self.counts[name] += int(text.str.contains(shape).sum())
        self.double = self.double or bool(values.str.contains(DOUBLE).any())
        self.spoilt = self.spoilt or bool(text.str.contains(SPOILT).any())
        if len(self.seen) < DISTINCT:
            different = values.unique(maintain_order=True)
            if len(self.found.examples) < EXAMPLES:
                new = [v for v in different.head(20).to_list() if v not in self.seen]
                self.found.examples += new[: EXAMPLES - len(self.found.examples)]
            self.seen.update(different.to_list())

    def done(self) -> ColumnSurvey:
        self.found.distinct = len(self.seen)
        self.found.type = self._type()
        return self.found

    def _type(self) -> str:
        counts, filled = self.counts, self.filled
        if not filled:
            return "empty"
        if counts["code"] and counts["integer"] == filled:
            return "code"
        if counts["date"] and counts["date"] + counts["datetime"] == filled and counts["datetime"]:
            return "datetime"
        whole = [name for name in TYPES if counts[name] == filled]
        return whole[0] if whole else "text"


def survey(file: BinaryIO, options: ReadOptions, name: str = "", progress: Progress | None = None) -> Survey:
    """Read the whole file and tell what was found. FileFailed: why it cannot be read."""
    reading = open_reading(file, options, name=name)
    dialect = reading.dialect
    watches = [_Watch(column) for column in header_of(reading)]
    rows = refused = 0
    for batch in reading:
        for column, watch in zip(dialect.columns, watches, strict=True):
            watch.add(batch.frame[column])
        rows += batch.frame.height
        refused += len(batch.damaged)
        if progress:
            progress(file.tell(), rows)
    account = reading.account
    text = dialect.format in ("csv", "records")
    return Survey(
        dialect.format, dialect.codec or dialect.encoding, dialect.delimiter if text else None,
        (dialect.quote if account.quoted else "") if text else None, dialect.escape if text else None,
        dialect.line_end if text or dialect.format in ("fixed", "ndjson") else None, dialect.header_line, dialect.sure,
        [watch.done() for watch in watches], rows, refused, account.repaired,
        dict(account.set_aside), dict(account.repairs), [*account.notes, *_warnings(watches)],
    )  # fmt: skip


def _warnings(watches: Sequence[_Watch]) -> list[Message]:
    found = []
    for watch in watches:
        if watch.double:
            found.append(message("reading.double_encoded", column=watch.found.name))
        if watch.spoilt:
            found.append(message("reading.spoilt_codes", column=watch.found.name))
    return found
