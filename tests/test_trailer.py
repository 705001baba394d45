"""The last line that says: this is all of it."""

from __future__ import annotations

import pytest

from pipeline.trailer import UNCOUNTED, begins, parse_trailer


@pytest.mark.parametrize(
    ("template", "line", "rows"),
    [
        ("FIN;{rows}", "FIN;3", 3),
        ("FIN;{rows}", "FIN;0", 0),
        ("FIN;{rows}", "FIN;003;12.50", 3),
        ("FIN;{rows}", 'FIN;"3"', 3),
        ("FIN;{rows}", "FIN; 3 ", 3),
        ("FIN;{rows}", "FIN;", None),
        ("FIN;{rows}", "FIN", None),
        ("FIN;{rows}", "FIN;x3", None),
        ("FIN;{rows}", "0001;9.90", None),
        ("FIN;{rows}", "", None),
        ("FIN;{rows}", "FIN;" + "9" * 30, None),
        ("T|{rows}|END", "T|3|END", 3),
        ("T|{rows}|END", "T|3|", None),
        ("EOF", "EOF", UNCOUNTED),
        ("EOF", "EO", None),
        ("(*)", "(*) 12", UNCOUNTED),
    ],
)
def test_the_last_line_is_read(template: str, line: str, rows: int | None) -> None:
    assert parse_trailer(template, line) == rows
    assert begins(template, line) == (rows is not None)
