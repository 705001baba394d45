"""Nested records as rows of texts: `customer.email`, `items[].sku`.

An object without lists is one row. One with lists of objects is a row for each of their elements, with the
object's own cells on each; then `$` counts the objects and `_record` names the list (`items[]`, or `$`)."""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import replace

import polars as pl

from pipeline.errors import FileFailed
from pipeline.formats.columns import unique
from pipeline.formats.limits import Limits
from pipeline.formats.model import LINE, Account, Damaged
from pipeline.formats.table import PIECE, Piece, Table
from pipeline.words import message

IN_MEMORY = 64 << 20  # bytes of rows kept in memory before they go to disc
DOCUMENT, KIND, OWN = "$", "_record", "#text"
Json = None | bool | str | list["Json"] | dict[str, "Json"]
Record = dict[str, Json]
Found = tuple[int, Record | Damaged]  # number of the record or line, and what stands there
Cells = dict[str, str | None]


def rows(record: Record, path: str = "", above: Cells | None = None) -> Iterator[tuple[str, Cells]]:
    """Each row of a record → (the list it stands in, its cells)."""
    cells: Cells = dict(above or {})
    lists: list[tuple[str, list[Json]]] = []
    _own(record, path + "." if path else "", cells, lists)
    if not lists:
        yield path or DOCUMENT, cells
    for name, elements in lists:
        for element in elements:
            inner: Record = element if isinstance(element, dict) else {OWN: element}
            yield from rows(inner, name, cells)


def _own(record: Record, prefix: str, cells: Cells, lists: list[tuple[str, list[Json]]]) -> None:
    for key, value in record.items():
        name = prefix.removesuffix(".") or "value" if key == OWN else prefix + key
        if isinstance(value, str):  # by far the most
            cells[name] = value or None
        elif isinstance(value, dict):
            _own(value, name + ".", cells, lists)
        elif isinstance(value, list):
            if any(isinstance(element, dict) for element in value):
                lists.append((name + "[]", value))
            else:
                cells[name] = _joined(value)
        else:
            cells[name] = text_of(value)


def _joined(values: list[Json]) -> str | None:
    """A list of plain values in one cell; as JSON where a comma would be mistaken."""
    if any(isinstance(v, list) or (isinstance(v, str) and "," in v) for v in values):
        return json.dumps(values, ensure_ascii=False)
    return ",".join(text_of(v) or "" for v in values) or None


def text_of(value: Json) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if value is not None and value != "" else None


def table_of(format: str, records: Iterable[Found], limits: Limits, account: Account) -> Table:
    """All records are read before the first is handed over, for the last may have a column that no other has."""
    store = _Store(limits)
    for number, found in records:
        store.add(number, found)
    store.flush()
    if not store.columns:
        raise FileFailed(message("reading.no_records" if any(store.damaged) else "reading.empty"))
    names = unique((DOCUMENT, KIND, *store.columns) if store.nested else tuple(store.columns))
    return Table(format, names, store.pieces(names, account), account)


class _Store:
    """Rows on disc, piece by piece, with the columns known by then."""

    def __init__(self, limits: Limits) -> None:
        self.columns: dict[str, None] = {}
        self.nested = False
        self.damaged: list[list[tuple[int, Damaged]]] = [[]]  # of each piece, with its place among all rows
        self._limits = limits
        self._at = 0
        self._rows: list[tuple[int, int, str, Cells]] = []
        self._sizes: list[int] = []
        self._disc = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115

    def add(self, number: int, found: Record | Damaged) -> None:
        if isinstance(found, Damaged):
            self._at += 1
            self.damaged[-1].append((self._at, found))
        else:
            for kind, cells in rows(found):
                self._at += 1
                self.nested = self.nested or kind != DOCUMENT
                if not cells.keys() <= self.columns.keys():
                    self._widen(cells)
                self._rows.append((self._at, number, kind, cells))
        if len(self._rows) + len(self.damaged[-1]) >= PIECE:
            self.flush()

    def _widen(self, cells: Cells) -> None:
        self.columns.update(dict.fromkeys(cells))
        found, limit = len(self.columns), self._limits.columns
        if found > limit:
            raise FileFailed(message("reading.too_many_columns", found=found, limit=limit))

    def flush(self) -> None:
        """Put the rows gathered so far away."""
        places, numbers, kinds, cells = zip(*self._rows, strict=True) if self._rows else ((), (), (), ())
        data: list[pl.Series] = [
            pl.Series("at", places, dtype=pl.Int64), pl.Series("number", numbers, dtype=pl.Int64),
            pl.Series("kind", kinds, dtype=pl.String),
            *(pl.Series(str(i), [c.get(name) for c in cells], dtype=pl.String) for i, name in enumerate(self.columns)),
        ]  # fmt: skip
        out = io.BytesIO()
        pl.DataFrame(data).write_ipc_stream(out, compression="uncompressed")
        self._sizes.append(self._disc.write(out.getvalue()))
        self._rows.clear()
        self.damaged.append([])

    def pieces(self, names: tuple[str, ...], account: Account) -> Iterator[Piece]:
        """All rows, each with all columns."""
        self._disc.seek(0)
        for size, bad in zip(self._sizes, self.damaged, strict=False):
            frame = pl.read_ipc_stream(io.BytesIO(self._disc.read(size)))
            line = frame["at" if self.nested else "number"].alias(LINE)
            own = [frame["number"].cast(pl.String), frame["kind"]] if self.nested else []
            own += frame.get_columns()[3:]
            missing = len(names) - len(own)
            own += [pl.Series([None], dtype=pl.String).extend_constant(None, frame.height)[1:]] * missing
            damaged = [replace(one, line=at) if self.nested else one for at, one in bad]
            account.records += frame.height + len(damaged)
            account.damaged += len(damaged)
            if frame.height or damaged:
                columns = [series.alias(name) for series, name in zip(own, names, strict=True)]
                yield Piece(pl.DataFrame([line, *columns]), damaged)
        self._disc.close()
        if account.records != self._at:
            raise FileFailed(message("reading.unbalanced", line=account.records))
