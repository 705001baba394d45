"""Whole tables, page by page in the order of their keys: the first load of an empty database."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from typing import Any

from pipeline.store.failures import RowsRefused
from pipeline.store.syncing.model import Desk, Record
from pipeline.store.syncing.shapes import Table
from pipeline.store.syncing.values import pack, unpack
from pipeline.sync.replica import RECORDS, Page, SyncHeld, Taken
from pipeline.words import message

ROWS = 20_000
LEVEL = 1


def page(desk: Desk, table: Table, after: str) -> Page:
    """The rows after this key."""
    found = desk.page(table, after, ROWS)
    text = "\n".join(pack(values) for _, values in found).encode("utf-8", "surrogatepass")
    last = found[-1][0] if len(found) == ROWS else ""
    return Page(table.name, table.names, gzip.compress(text, LEVEL, mtime=0), len(found), last)


def record_page(desk: Desk, after: str) -> Page:
    """Records of what was lost, as a page of a table of their own."""
    found = desk.records_after(after, ROWS)
    text = "\n".join(pack(list(record)) for record in found).encode("utf-8", "surrogatepass")
    last = found[-1].id if len(found) == ROWS else ""
    return Page(RECORDS, Record._fields, gzip.compress(text, LEVEL, mtime=0), len(found), last)


def records_of(page: Page, peer: str) -> list[Record]:
    """The records of such a page. Raises SyncHeld for what is none."""
    try:
        text = gzip.decompress(page.rows).decode("utf-8", "surrogatepass")
        return [Record(*row) for row in unpack("[" + text.replace("\n", ",") + "]")]
    except (ValueError, TypeError, IndexError, EOFError, OSError) as error:
        raise SyncHeld(message("syncing.nonsense", peer=peer, why=type(error).__name__)) from error


def rows_of(table: Table, page: Page, peer: str) -> list[list[Any]]:
    """A page's rows, their values in the order of our columns. Raises SyncHeld for what is none."""
    try:
        text = gzip.decompress(page.rows).decode("utf-8", "surrogatepass")
        rows: list[list[Any]] = unpack("[" + text.replace("\n", ",") + "]")
        if tuple(page.columns) != table.names:
            order = [list(page.columns).index(n) for n in table.names]
            rows = [[row[n] for n in order] for row in rows]
    except (ValueError, TypeError, IndexError, EOFError, OSError) as error:
        raise SyncHeld(message("syncing.nonsense", peer=peer, why=type(error).__name__)) from error
    return rows


def take(desk: Desk, peer: str, table: Table, page: Page) -> Taken:
    """Write the rows that are not there and whose parents are. The others come with a later pass, or with the
    first batch: what was written after the load began is in that."""
    rows = rows_of(table, page, peer)
    whole = (
        [row for row in rows if not _astray(row, table, missing)]
        if (missing := _missing(desk, table, rows))
        else rows
    )
    desk.who(f"sync:{peer}")
    try:
        with desk.savepoint():
            new = desk.insert_new(table, whole)
    except RowsRefused:
        new = sum(_one(desk, table, row) for row in whole)
    desk.who(None)
    return Taken(new, len(rows) - len(whole))


def _one(desk: Desk, table: Table, row: list[Any]) -> int:
    try:
        with desk.savepoint():
            return desk.insert_new(table, [row])
    except RowsRefused:
        return 0


def _missing(
    desk: Desk, table: Table, rows: Sequence[list[Any]]
) -> dict[tuple[str, ...], set[tuple[Any, ...]]]:
    """By the columns of each reference: the values that point at nothing here, nor within these rows."""
    astray = {}
    for link in table.links:
        if link.table not in desk.tables:
            continue
        at = [table.at[n] for n in link.columns]
        wanted = {value for row in rows if None not in (value := tuple(row[n] for n in at))}
        if link.table == table.name:
            others = [table.at[n] for n in link.others]
            wanted -= {tuple(row[n] for n in others) for row in rows}
        there = (
            {value for _, value in desk.found(desk.tables[link.table], link.others, wanted)}
            if wanted
            else set()
        )
        if wanted - there:
            astray[link.columns] = wanted - there
    return astray


def _astray(row: list[Any], table: Table, missing: dict[tuple[str, ...], set[tuple[Any, ...]]]) -> bool:
    return any(tuple(row[table.at[n]] for n in columns) in values for columns, values in missing.items())
