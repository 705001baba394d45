"""Hostile and ordinary texts: nothing is lost, nothing is guessed, every record is accounted for."""

from __future__ import annotations

import csv
import io
import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import FileFailed
from pipeline.formats import completeness, match_column, open_reading
from pipeline.formats.model import LINE, Batch, Reading
from pipeline.mapping.model import ReadOptions

SAMPLES = Path(os.environ.get("PIPELINE_SAMPLES") or Path(__file__).parents[2].parent / "shared" / "samples")


def read(data: bytes, **options: object) -> tuple[Reading, list[Batch], list[tuple[object, ...]]]:
    reading = open_reading(io.BytesIO(data), ReadOptions(**options))  # type: ignore[arg-type]
    batches = list(reading)
    rows = [row for batch in batches for row in batch.frame.rows()]
    assert reading.account.records == len(rows) + sum(len(b.damaged) for b in batches)
    return reading, batches, rows


def big(at: dict[int, bytes], count: int = 100_000) -> bytes:
    lines = [b"id;nom;prix;mode", *(b"%d;Bottes;12,50;x" % i for i in range(1, count + 1))]
    for line, text in at.items():
        lines[line - 1] = text
    return b"\n".join(lines) + b"\n"


@pytest.mark.parametrize(
    "damage",
    [
        {50_002: b'7;Boots 10" high;1;x'},
        {50_002: b'7;"Boots;1;x'},
        {50_002: b'7;"Boots;1;x', 60_002: b'7;"Boots;1;x'},
        {50_002: b'7;"Boots 10" high";1;x'},
        {502: b'"Promo;a;1;x', 505: b'Promo";a;1;x'},
    ],
)
def test_a_stray_quote_never_costs_a_row(damage: dict[int, bytes]) -> None:
    reading, _, rows = read(big(damage))
    assert len(rows) == 100_000
    assert [row[0] for row in rows] == list(range(2, 100_002))
    assert reading.account.damaged == 0


def test_ragged_lines_are_damaged_alone() -> None:
    _, (batch,), rows = read("n;clé\n1;a\n2\n3;b;c\n\n4;d\n".encode("cp1252"))
    assert rows == [(2, "1", "a"), (6, "4", "d")]
    assert [(d.line, d.raw) for d in batch.damaged] == [(3, b"2"), (4, b"3;b;c")]
    assert batch.raw(6) == b"4;d"


def test_cr_only_with_an_embedded_line_end() -> None:
    reading, (batch,), rows = read(b'a;b\r1;"x\ry"\r2;z\r')
    assert reading.dialect.line_end == "\r"
    assert rows == [(2, "1", "x\ry"), (4, "2", "z")]
    assert batch.raw(2) == b'1;"x\ry"'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_encodings_are_found(encoding: str) -> None:
    text = "code;désignation\r\n00123;Été à Nîmes\r\n007;crème\r\n"
    reading, (batch,), rows = read(text.encode(encoding))
    assert reading.dialect.columns == ("code", "désignation")
    assert rows == [(2, "00123", "Été à Nîmes"), (3, "007", "crème")]
    assert batch.raw(3) == "007;crème".encode(reading.dialect.encoding)


def test_undefined_bytes_of_cp1252_come_back() -> None:
    _, (batch,), _ = read(b"a;b\n\xe9\x81;1\n")
    assert batch.raw(2) == b"\xe9\x81;1"


def test_line_numbers_after_embedded_line_ends() -> None:
    _, (batch,), rows = read(b'a,b\n1,"x\n\ny"\n2,\n"3",""\n')
    assert rows == [(2, "1", "x\n\ny"), (5, "2", None), (6, "3", None)]
    assert batch.raw(2) == b'1,"x\n\ny"'
    assert batch.frame.columns[0] == LINE


def test_header_only_is_no_batch() -> None:
    reading, batches, _ = read(b"a;b\n")
    assert batches == []
    assert reading.dialect.header_raw == b"a;b"


def test_nul_costs_its_line() -> None:
    _, (batch,), rows = read(b"a;b\n1;2\n\0\0;x\n3;4\n")
    assert len(rows) == 2
    assert batch.damaged[0].said.code == "reading.nul"


def test_sep_line_and_skip_and_names() -> None:
    assert read(b"sep=|\na|b\n1;2|3\n")[2] == [(3, "1;2", "3")]
    assert read(b"title\na;b\n1;2\n", skip=1)[2] == [(3, "1", "2")]
    assert read(b"1;2\n3;4\n", columns=("x", "y"))[2] == [(1, "1", "2"), (2, "3", "4")]


@pytest.mark.parametrize(
    ("data", "options", "code"),
    [
        (b"", ReadOptions(), "reading.empty"),
        (b"\n\n", ReadOptions(), "reading.no_header"),
        (b"\x1f", ReadOptions(), "reading.no_header"),
        (b"a;b\n", ReadOptions(encoding="klingon"), "reading.unknown_encoding"),
        (b"a;b\n", ReadOptions(encoding="base64"), "reading.unknown_encoding"),
        (b"a;x\n\xe9;1\n", ReadOptions(encoding="utf-8"), "reading.undecodable"),
        (b"b;c\n", ReadOptions(), "reading.missing_column"),
        (b"A ;a_;\n", ReadOptions(), "reading.duplicate_column"),
        (b";" * 3000 + b"\n", ReadOptions(), "reading.too_many_columns"),
        (b"a;b" * 2_000_000, ReadOptions(), "reading.line_too_long"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(data: bytes, options: ReadOptions, code: str) -> None:
    with pytest.raises(FileFailed) as failed:
        list(open_reading(io.BytesIO(data), options, ("a",)))
    assert failed.value.said.code == code


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "reading.empty"),
        (b"a;b\n1;2\n", None),
        (b"a;b\n1;2", "reading.no_final_newline"),
        (b"a;b\n1", "reading.last_row_short"),
        (b"a;b\n1;2\n" + b"\0" * 50, "reading.nul_tail"),
        ("a;b\n1;2\n".encode("utf-16"), None),
    ],
)
def test_completeness(data: bytes, code: str | None) -> None:
    said = completeness(io.BytesIO(data), ReadOptions())
    assert (said.code if said else None) == code


def test_columns_match_by_normalised_name() -> None:
    assert match_column("numero_commande", ["x", "\ufeffNuméro\u00a0 Commande "]) is not None
    assert match_column("y", ["x"]) is None


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\v\f\x85\u2028\u2029"), max_size=8)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.lists(CELL, min_size=3, max_size=3), max_size=6), st.sampled_from(",;\t|"), st.booleans())
def test_what_csv_writes_comes_back(rows: list[list[str]], delimiter: str, every: bool) -> None:
    # A cell with line ends and delimiters cannot be told from two stray quotes: out of this property.
    rows = [[c.replace(delimiter, "") if "\n" in "".join(row) else c for c in row] for row in rows]
    out = io.StringIO()
    quoting = csv.QUOTE_ALL if every else csv.QUOTE_MINIMAL
    csv.writer(out, delimiter=delimiter, quoting=quoting).writerows([["a", "b", "c"], *rows])
    got = read(out.getvalue().encode(), delimiter=delimiter, encoding="utf-8")[2]
    assert [list(row[1:]) for row in got] == [[cell or None for cell in row] for row in rows]


def samples() -> list[Path]:
    return sorted(path for path in SAMPLES.rglob("*") if path.suffix in (".csv", ".txt"))


def summary(path: Path) -> str:
    """How a file is written and what became of its lines, in one line."""
    with path.open("rb") as file:
        reading = open_reading(file, ReadOptions(ragged="keep"))
        count = sum(b.frame.height + len(b.damaged) for b in reading)
        completeness(file, ReadOptions())
    account, dialect = reading.account, reading.dialect
    assert count == account.records
    aside = ",".join(f"{rule}={lines}" for rule, lines in sorted(account.set_aside.items()))
    return (
        f"{dialect.codec} {dialect.delimiter!r} header={dialect.header_line} columns={len(dialect.columns)}"
        f" rows={account.records - account.damaged} refused={account.damaged} mended={account.repaired} aside={aside}"
    )


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the sample files lie beside the repository, not in it")
def test_real_files_are_read_without_a_setting() -> None:
    """Each summary was looked at once beside its file."""
    golden = json.loads((Path(__file__).parent / "golden.json").read_text("utf-8"))
    found = {path.relative_to(SAMPLES).as_posix(): summary(path) for path in samples()}
    assert found == golden


def test_a_name_of_two_lines_in_the_header() -> None:
    reading, _, rows = read(b'id,"net\nprice",qty\n1,2.50,3\n2,3.50,4\n')
    assert reading.dialect.names == ("id", "net\nprice", "qty")
    assert rows == [(3, "1", "2.50", "3"), (4, "2", "3.50", "4")]


def test_a_delimiter_of_two_signs_leaves_a_single_one_in_a_cell() -> None:
    assert read(b"id||name||qty\n1||a|b||3\n2||c||4\n")[2] == [(2, "1", "a|b", "3"), (3, "2", "c", "4")]


def test_the_header_of_a_file_that_was_put_behind_another_with_its_mark() -> None:
    mark = b"\xef\xbb\xbf"
    reading, _, rows = read(mark + b"id;nom\n1;a\n" + mark + b"id;nom\n2;b\n")
    assert (rows, reading.account.set_aside) == ([(2, "1", "a"), (4, "2", "b")], {"repeated_header": 1})


def test_lines_that_are_only_drawn_are_set_aside() -> None:
    rule = "+----+------+-----+\n"
    reading, _, rows = read(
        f"{rule}| id | name | qty |\n{rule}|  1 | a    |   2 |\n|  2 | b    |   3 |\n{rule}".encode()
    )
    assert [row[0] for row in rows] == [4, 5]
    assert reading.account.set_aside == {"preamble": 1, "ruler": 2}
    assert reading.account.damaged == 0


def test_a_last_record_cut_short_behind_a_cell_of_two_lines_is_one_record() -> None:
    _, batches, rows = read(b'id|note|qty|end\n1|a|2|x\n2|"b 1\nb 2"|3|y\n3|"c 1\nc 2"|4')
    assert rows == [(2, "1", "a", "2", "x"), (3, "2", "b 1\nb 2", "3", "y")]
    assert [(one.line, one.said.code) for b in batches for one in b.damaged] == [(5, "reading.cut")]


def test_numbers_that_the_comma_between_cells_cuts_in_two_are_never_shifted() -> None:
    with pytest.raises(FileFailed) as fault:
        read(b"id,name,price\n1,Boots,12,50\n2,Sack,3,00\n3,Vase,7,25\n")
    assert (fault.value.said.code, fault.value.said.args["column"]) == ("reading.torn_numbers", "price")
    assert read(b"name,price\n1,Boots,12\n2,Sack,3\n")[0].dialect.columns[1:] == ("name", "price")
    assert read(b"id,name\n1,Boots,12.5\n2,Sack,3.5\n")[0].dialect.names == ("id", "name", "")


def test_line_ends_that_were_changed_twice() -> None:
    text = "id;nom\r\r\n" + "".join(f"{n};Crème\r\r\n" for n in range(300_000))
    reading = open_reading(io.BytesIO(text.encode("cp1252")), ReadOptions())
    frames = [batch.frame for batch in reading]
    assert sum(frame.height for frame in frames) == 300_000
    assert all((frame["nom"] == "Crème").all() for frame in frames)
    assert (reading.dialect.columns, frames[-1][LINE][-1]) == (("id", "nom"), 300_001)


def test_lines_that_are_one_cell_in_quotes_are_told() -> None:
    reading, _, rows = read(b'"id,name,qty"\n"1,Boots,2"\n"2,Sack,3"\n')
    assert (len(rows), [note.code for note in reading.account.notes]) == (2, ["reading.wrapped_lines"])
    assert read(b'"ean","name"\n"1","a, b"\n')[0].account.notes == []


def test_a_title_in_the_middle_of_blank_cells_stands_above_the_table() -> None:
    reading, _, rows = read(";;;\n;Rapport;;\n;;;\nCode;Nom;Qté;Prix\n1;a;2;3,00\n2;b;3;4,00\n".encode())
    assert reading.dialect.columns == ("Code", "Nom", "Qté", "Prix")
    assert (len(rows), reading.account.set_aside) == (2, {"preamble": 1, "blank": 2})
