"""Nested records as rows of texts: `customer.email`, `items[].sku`.

An object without lists is one row. One with lists of objects is a row for each of their elements, with the
object's own cells on each; then `$` counts the objects and `_record` names the list (`items[]`, or `$`)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from pipeline.errors import FileFailed
from pipeline.formats.columns import unique
from pipeline.formats.limits import Limits
from pipeline.formats.model import Account, Damaged
from pipeline.formats.table import Gatherer, Piece, Table
from pipeline.words import message

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
        if isinstance(value, dict):
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


@dataclass(slots=True)
class _Seen:
    columns: dict[str, None] = field(default_factory=dict)
    nested: bool = False
    any: bool = False


def table_of(
    format: str, read: Callable[[], Iterable[Found]], limits: Limits, account: Account | None = None
) -> Table:
    """`read` gives the records each time it is called: once for the columns, once for the rows."""
    seen = _Seen()
    for _, found in read():
        seen.any = True
        if isinstance(found, Damaged):
            continue
        for kind, cells in rows(found):
            seen.nested = seen.nested or kind != DOCUMENT
            if not cells.keys() <= seen.columns.keys():
                seen.columns.update(dict.fromkeys(cells))
        if len(seen.columns) > limits.columns:
            found_columns = len(seen.columns)
            raise FileFailed(message("reading.too_many_columns", found=found_columns, limit=limits.columns))
    if not seen.columns:
        raise FileFailed(message("reading.no_records" if seen.any else "reading.empty"))
    account = account or Account()
    names = unique((DOCUMENT, KIND, *seen.columns) if seen.nested else tuple(seen.columns))
    pieces = _pieces(read(), tuple(seen.columns), seen.nested, Gatherer(names, account))
    return Table(format, names, pieces, account)


def _pieces(
    records: Iterable[Found], columns: tuple[str, ...], nested: bool, out: Gatherer
) -> Iterator[Piece]:
    line = 0
    for number, found in records:
        if isinstance(found, Damaged):
            line = line + 1 if nested else number
            out.damage(line, found.raw, found.said)
        else:
            for kind, cells in rows(found):
                line = line + 1 if nested else number
                values = [cells.get(column) for column in columns]
                out.add(line, [str(number), kind, *values] if nested else values)
        if out.full:
            yield from out.take()
    yield from out.take()
