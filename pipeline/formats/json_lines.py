"""NDJSON: an object on each line. A line that is none costs itself."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from pipeline.errors import FileFailed
from pipeline.formats.columns import check_columns
from pipeline.formats.encodings import find_encoding
from pipeline.formats.flatten import Found, Record, table_of
from pipeline.formats.json_text import DECODER, json_text
from pipeline.formats.limits import Limits
from pipeline.formats.model import Account, Damaged
from pipeline.formats.table import Table
from pipeline.formats.text import Encoding, has_bad, rescued
from pipeline.mapping.model import ReadOptions
from pipeline.words import message


def read(file: BinaryIO, options: ReadOptions, required: Sequence[str], limits: Limits) -> Table:
    """One record a line; the record's number is its physical line."""
    account = Account()
    encoding = find_encoding(file, options.encoding)
    table = table_of("ndjson", _records(file, encoding, limits, account), limits, account)
    table.encoding = encoding.codec
    check_columns(table.columns, [(name,) for name in required])
    return table


def _records(file: BinaryIO, encoding: Encoding, limits: Limits, account: Account) -> Iterator[Found]:
    text = json_text(file, encoding)
    number = 0
    try:
        while line := text.readline(limits.record + 1):
            number += 1
            if len(line) > limits.record:
                raise FileFailed(message("reading.line_too_long", line=number, limit=limits.record))
            bare = line.strip(" \t\r\n\ufeff")
            if bare and has_bad(bare):
                account.mend("bytes")
                bare = rescued(bare)
            if bare:
                yield number, _record(number, bare, encoding)
            else:
                account.aside("blank")
    except UnicodeError as error:
        said = message("reading.undecodable", encoding=text.encoding, line=number + 1)
        raise FileFailed(said) from error
    finally:
        text.detach()


def _record(number: int, line: str, encoding: Encoding) -> Record | Damaged:
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
    return Damaged(number, line.encode(encoding.name, "replace"), said)
