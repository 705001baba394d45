"""NDJSON: an object on each line. A line that is none costs itself."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from pipeline.errors import FileFailed
from pipeline.formats.columns import check_columns
from pipeline.formats.flatten import Found, Record, table_of
from pipeline.formats.limits import Limits
from pipeline.formats.model import Account, Damaged
from pipeline.formats.sniff import json_text
from pipeline.formats.table import Table
from pipeline.mapping.model import ReadOptions
from pipeline.words import message

DECODER = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)  # money never passes a float


def read(file: BinaryIO, options: ReadOptions, required: Sequence[str], limits: Limits) -> Table:
    """One record a line; the record's number is its physical line."""
    account = Account()
    table = table_of("ndjson", _records(file, limits, account), limits, account)
    check_columns(table.columns, [(name,) for name in required])
    return table


def _records(file: BinaryIO, limits: Limits, account: Account) -> Iterator[Found]:
    text = json_text(file)
    number = 0
    try:
        while line := text.readline(limits.record + 1):
            number += 1
            if len(line) > limits.record:
                raise FileFailed(message("reading.line_too_long", line=number, limit=limits.record))
            bare = line.strip(" \t\r\n\ufeff")
            if bare:
                yield number, _record(number, bare)
            else:
                account.aside("blank")
    except UnicodeError as error:
        said = message("reading.undecodable", encoding=text.encoding, line=number + 1)
        raise FileFailed(said) from error
    finally:
        text.detach()


def _record(number: int, line: str) -> Record | Damaged:
    try:
        value = DECODER.decode(line)
    except json.JSONDecodeError as error:
        said = message("reading.json_line", column=error.colno, why=error.msg)
    except RecursionError:
        said = message("reading.json_line", column=1, why="nested too deeply")
    else:
        if isinstance(value, dict):
            return value
        said = message("reading.json_line", column=1, why="no object")
    return Damaged(number, line.encode("utf-8", "replace"), said)
