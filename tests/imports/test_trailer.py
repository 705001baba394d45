"""The last line that announces the rows is counted against them, and never loaded as one."""

from __future__ import annotations

import pytest

from tests.imports.conftest import ORDERS, Desk


@pytest.mark.parametrize("trailer", [b"FIN;2\n", b"FIN;2", b"FIN;2\r\n\r\n", b"FIN;2;112.40\n"])
def test_the_last_line_is_no_row(desk: Desk, trailer: bytes) -> None:
    desk.set(trailer="FIN;{rows}")
    row = desk.row(desk.run(desk.take(ORDERS + trailer)))
    assert (row.state, row.rows_read, row.inserted, row.refused) == ("archived", 2, 2, 0)
    assert row.size == len(ORDERS + trailer)


def test_a_file_in_utf_16_has_its_last_line_too(desk: Desk) -> None:
    desk.set(trailer="FIN;{rows}")
    row = desk.row(desk.run(desk.take((ORDERS.decode() + "FIN;2\r\n").encode("utf-16"))))
    assert (row.state, row.rows_read) == ("archived", 2)


def test_another_number_of_rows_fails_the_file_with_both_numbers(desk: Desk) -> None:
    desk.set(trailer="FIN;{rows}")
    outcome = desk.run(desk.take(ORDERS + b"FIN;3\n"))
    assert outcome.deed == "failed"
    assert outcome.said is not None
    assert (outcome.said.code, dict(outcome.said.args)) == (
        "files.trailer_count",
        {"announced": 3, "found": 2},
    )


def test_a_damaged_row_counts_as_a_row(desk: Desk) -> None:
    desk.set(trailer="FIN;{rows}")
    row = desk.row(desk.run(desk.take(ORDERS + b"0003,1\nFIN;3\n")))
    assert (row.state, row.rows_read, row.refused) == ("archived", 3, 1)


def test_another_last_line_fails_the_file(desk: Desk) -> None:
    desk.set(trailer="FIN;{rows}")
    outcome = desk.run(desk.take(ORDERS))
    assert outcome.said is not None
    assert (outcome.said.code, outcome.said.args["line"]) == ("files.trailer_missing", "0002,99.90,")


def test_a_last_line_without_a_number_is_enough_when_none_is_asked(desk: Desk) -> None:
    desk.set(trailer="EOF")
    assert desk.row(desk.run(desk.take(ORDERS + b"EOF\n"))).rows_read == 2
