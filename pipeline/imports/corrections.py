"""The refused rows of a file as a file of their own, ready to be corrected and dropped again."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipeline.store.model import LedgerFile, RefusedRow
from pipeline.words import Language, render

if TYPE_CHECKING:
    from pipeline.formats.model import Reading


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


def correction(row: LedgerFile, refused: Sequence[RefusedRow], language: Language) -> bytes:
    """The refused rows in the file's own layout and bytes, with line, column and reason added at the end."""
    dialect = json.loads(row.dialect)
    encoding, delimiter = dialect["encoding"].removesuffix("-sig"), dialect["delimiter"]
    end = dialect["line_end"]

    def cells(*texts: str) -> bytes:
        return "".join(delimiter + '"' + t.replace('"', '""') + '"' for t in texts).encode(
            encoding, "replace"
        )

    header = base64.b64decode(dialect["header"])
    lines = [header + cells("_line", "_column", "_reason")] if header else []
    lines += [r.raw + cells(str(r.own_line), r.column, render(r.said, language)) for r in refused]
    joined: bytes = end.encode(encoding).join([*lines, b""])
    return joined
