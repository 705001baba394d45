"""XLSX: real numbers and dates, texts that stay texts (codes keep their zeros, nothing is a formula)."""

from __future__ import annotations

import datetime as dt
import io
from decimal import Decimal
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

import polars as pl

from pipeline.errors import ConfigError
from pipeline.mapping.outward.making import Unwritable, fault
from pipeline.mapping.outward.model import WriteOptions
from pipeline.words import message

ROWS, LETTERS = 1_048_576, 32_767
DIGITS = 15  # a workbook's numbers hold no more: longer ones are written as texts
MADE = dt.datetime(2000, 1, 1)  # noqa: DTZ001 - a workbook knows no zones; the same rows make the same bytes
FIRST = dt.date(1900, 3, 1)  # before it a workbook counts days wrongly


class SheetWriter:
    """Row by row, whatever the size: memory stays flat."""

    def __init__(self, out: BinaryIO, options: WriteOptions, schema: pl.Schema) -> None:
        try:
            import xlsxwriter
        except ImportError as error:
            raise ConfigError(message("exports.no_xlsx")) from error
        self._out, self._held, self._schema = out, io.BytesIO(), schema
        self._book = xlsxwriter.Workbook(
            self._held, {"constant_memory": True, "strings_to_numbers": False, "strings_to_formulas": False,
                         "strings_to_urls": False, "default_date_format": "yyyy-mm-dd"},
        )  # fmt: skip
        self._book.set_properties({"created": MADE})
        name = options.sheet if options.sheet and not options.sheet.isdigit() else "Export"
        self._sheet: Any = self._book.add_worksheet(name[:31])
        self._day = self._book.add_format({"num_format": "yyyy-mm-dd"})
        self._time = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self._sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{ROWS}"})
        self._zone = ZoneInfo(options.timezone or "UTC")
        self._row = 0
        if options.header is not False:
            for n, title in enumerate(schema):
                self._sheet.write_string(0, n, title)
            self._row = 1

    def add(self, frame: pl.DataFrame) -> None:
        for row in frame.iter_rows():
            if self._row >= ROWS:
                raise Unwritable(message("exports.many_rows", most=ROWS))
            for n, value in enumerate(row):
                if value is not None:
                    self._cell(self._row, n, value, frame.columns[n])
            self._row += 1

    def _cell(self, row: int, n: int, value: Any, name: str) -> None:
        sheet = self._sheet
        if isinstance(value, bool):
            code = sheet.write_boolean(row, n, value)
        elif isinstance(value, int | Decimal):
            exact = Decimal(value)
            if len(exact.normalize().as_tuple().digits) > DIGITS:
                code = sheet.write_string(
                    row, n, format(exact, "f").rstrip("0").rstrip(".") if exact % 1 else str(int(exact))
                )
            else:
                code = sheet.write_number(row, n, value)
        elif isinstance(value, dt.datetime):
            if value.date() < FIRST:
                raise Unwritable(fault(name, value, "exports.why_date"))
            local = value.astimezone(self._zone)
            twice = local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset()
            if value.microsecond or twice:  # a sheet's clock shows whole seconds, and no zone
                code = sheet.write_string(row, n, value.isoformat().replace("+00:00", "Z"))
            else:
                code = sheet.write_datetime(row, n, local.replace(tzinfo=None), self._time)
        elif isinstance(value, dt.date):
            if value < FIRST:
                code = sheet.write_string(row, n, value.isoformat())
            else:
                code = sheet.write_datetime(row, n, dt.datetime.combine(value, dt.time()), self._day)
        else:
            if len(value) > LETTERS:
                raise Unwritable(fault(name, value, "exports.why_sheet"))
            code = sheet.write_string(row, n, value)
        if code:
            raise Unwritable(fault(name, value, "exports.why_sheet"))

    def close(self) -> None:
        self._book.close()
        self._out.write(self._held.getbuffer())
