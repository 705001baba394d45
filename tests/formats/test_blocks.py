"""A block is cut in windows to be fast: where they are cut changes nothing of what is read."""

from __future__ import annotations

import io

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.formats.blocks import Parser
from pipeline.formats.reader import open_text
from pipeline.formats.salvage import Marks
from pipeline.mapping.model import ReadOptions

PARTS = st.sampled_from(
    ["a", "é", "1,5", '"', '""', ";", ";", ";", '";', ';"', "\n", "\n", '"\n', "\r\n", "\\", "\0", "\r", " ", "a;b;c\n",
     '"x";"y";"z"\n', '"x";"y\ny";"z"\n']
)  # fmt: skip
MARKS = (Marks(";"), Marks(";", ""), Marks(";", '"', "\\"), Marks(";", "", "\\"))


def parsed(text: str, marks: Marks, width: int, final: bool, window: int) -> tuple[object, ...]:
    columns = tuple(f"c{i}" for i in range(width))
    parser = Parser(columns, marks, window=window)
    parser.calm = final
    found = parser.parse(text.encode(), 1, final)
    return (
        found.frame.rows(), found.used, found.lines, found.ragged, found.refused, found.aside, found.mended,
        found.quoted,
    )  # fmt: skip


@settings(deadline=None)
@given(
    st.lists(PARTS, max_size=60).map("".join),
    st.sampled_from(MARKS),
    st.sampled_from([1, 2, 3]),
    st.booleans(),
)
@example('a;b;c\n2;"open;y\n' + "a;b;c\n" * 6, MARKS[0], 3, False)
@example('"Promo;b;c\n' + "a;b;c\n" * 3 + 'Promo";b;c\n', MARKS[0], 3, True)
@example('"x";"a\nb;c;d\ne";"z"\n' * 3, MARKS[0], 3, True)
def test_windows_change_nothing(text: str, marks: Marks, width: int, final: bool) -> None:
    text = text if final or text.endswith("\n") or not text else text + "\n"
    assert parsed(text, marks, width, final, 4) == parsed(text, marks, width, final, 1 << 20)


@pytest.mark.parametrize("width", [3, 250])
def test_the_bytes_of_each_record_are_found_in_a_block_of_many_windows(width: int) -> None:
    """Wider than what one expression counts, too."""
    lines = [";".join(f'"{n}-{i}"' for i in range(width)) for n in range(300)]
    lines[150] = lines[150].replace('-1"', '-1"" ')
    lines[200] += ';"more"'
    data = "\n".join([";".join(f"c{i}" for i in range(width)), *lines]).encode()
    rows, raws = 0, {}
    reading = open_text(io.BytesIO(data), ReadOptions(ragged="refuse", header=True))
    for batch in reading:
        rows += batch.frame.height
        raws |= {one.line: one.raw for one in batch.damaged}
        raws |= {line: batch.raw(line) for line in batch.frame["_line"].to_list()}
    assert (rows, reading.account.damaged, reading.account.repaired) == (299, 1, 1)
    assert raws == {at: line.encode() for at, line in enumerate(lines, 2)}
