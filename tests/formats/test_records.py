"""Lines of fixed columns, and lines of several kinds."""

from __future__ import annotations

import pytest

from pipeline.errors import FileFailed
from pipeline.mapping import parse
from pipeline.mapping.model import ReadOptions
from tests.formats.workbench import read

MAPPING = 'version = 1\ntable = "product"\n[read]\n{}\n[fields]\ncode = "code"\n'


def options(text: str) -> dict[str, object]:
    saved, mistakes = parse("m", MAPPING.format(text), "m.toml")
    assert saved is not None, mistakes
    stated = saved.read
    return {name: getattr(stated, name) for name in ReadOptions.__dataclass_fields__}


FIXED = options(
    'format = "fixed"\nencoding = "cp1252"\n[read.columns]\ncode = "1-6"\nlabel = "7-14"\nstock = "15-18"\n'
)


def test_fixed_columns() -> None:
    text = "000001Écharpe   12\r\n\r\n000002Gant\r\n000\x00003\r\n000004Bonnet    -1XX"
    reading, (batch,), rows = read(text.encode("cp1252"), **FIXED)
    assert reading.dialect.format == "fixed"
    assert rows == [
        (1, "000001", "Écharpe", "12"),
        (3, "000002", "Gant", None),
        (5, "000004", "Bonnet", "-1"),
    ]
    assert batch.raw(1) == "000001Écharpe   12".encode("cp1252")
    assert [(d.line, d.said.code) for d in batch.damaged] == [(4, "reading.nul")]
    assert reading.account.set_aside == {"blank": 1}


def test_lines_of_several_kinds_fixed() -> None:
    stated = options(
        'format = "fixed"\n[read.records]\nH = { number = "2-6" }\nL = { sku = "2-4", qty = "5-7" }\n'
    )
    reading, _, rows = read(b"HA0001\nLabc 12\nLdef  3\nXend\nHA0002\nLghi  1\n", **stated)
    assert reading.dialect.columns == ("_record", "H.number", "L.sku", "L.qty")
    assert rows == [
        (1, "H", "A0001", None, None), (2, "L", "A0001", "abc", "12"), (3, "L", "A0001", "def", "3"),
        (5, "H", "A0002", None, None), (6, "L", "A0002", "ghi", "1"),
    ]  # fmt: skip
    assert reading.account.set_aside == {"other_record": 1}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_of_several_kinds_delimited(end: str) -> None:
    stated = options('format = "records"\n[read.records]\nH = ["number", "date"]\nL = ["sku", "label"]\n')
    lines = ["H;A1;20240301;", 'L;s1;"a;b"', "L;s2", "L;s3;x;y", "F;end", ""]
    _, (batch,), rows = read(end.join(lines).encode(), **stated)
    assert rows == [
        (1, "H", "A1", "20240301", None, None), (2, "L", "A1", "20240301", "s1", "a;b"),
        (3, "L", "A1", "20240301", "s2", None),
    ]  # fmt: skip
    assert [(d.line, d.raw) for d in batch.damaged] == [(4, b"L;s3;x;y")]


def test_what_cannot_be_read() -> None:
    for stated, code in (({"format": "fixed"}, "reading.no_positions"), (FIXED, "reading.line_too_long")):
        with pytest.raises(FileFailed) as fault:
            read(b"x" * (5 << 20), **stated)  # type: ignore[arg-type]
        assert fault.value.said.code == code
    with pytest.raises(FileFailed) as fault:
        read(b"0001\n", required=("ean",), **FIXED)
    assert fault.value.said.code == "reading.missing_column"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('format = "fixed"\n', "mapping.no_positions"),
        ('format = "fixed"\ncolumns = ["a"]\n', "mapping.no_positions"),
        ('format = "word"\n', "mapping.choice"),
        ('[read.columns]\na = "8-1"\n', "mapping.position"),
        ('[read.columns]\na = "x"\n', "mapping.position"),
        ('[read.records]\nH = { a = "0-3" }\n', "mapping.position"),
        ("sheet = true\n", "config.text"),
    ],
)
def test_mistakes_in_the_mapping(text: str, code: str) -> None:
    _, mistakes = parse("m", MAPPING.format(text), "m.toml")
    assert code in [mistake.said.code for mistake in mistakes]
    assert options("sheet = 2\n")["sheet"] == "2"


def test_one_blank_parts_columns_where_the_header_leaves_more() -> None:
    text = "Date       Ticket  Montant\n01/03/2026   1001    12,50\n01/03/2026   1002     3,00\n02/03/2026   1003   107,00\n"
    reading, _, rows = read(text.encode())
    assert reading.dialect.format == "fixed"
    assert rows[2] == (4, "02/03/2026", "1003", "107,00")


REPORT = """                RAPPORT DES VENTES
Code   Article          Qte      Montant
------ ---------------- --- ------------
000001 Bottes             2        25,00
000002 Thé à la menthe    1         3,00
000003 Vase               4        28,00
------ ---------------- --- ------------
TOTAL                     7        56,00
"""


def test_a_report_whose_columns_a_ruler_draws() -> None:
    reading, _, rows = read(REPORT.encode("cp1252"))
    assert reading.dialect.columns == ("Code", "Article", "Qte", "Montant")
    assert rows == [
        (4, "000001", "Bottes", "2", "25,00"), (5, "000002", "Thé à la menthe", "1", "3,00"),
        (6, "000003", "Vase", "4", "28,00"),
    ]  # fmt: skip
    assert reading.account.set_aside == {"preamble": 1, "ruler": 2, "total": 1}
    assert reading.account.notes == []
    reading, _, _ = read(REPORT.replace("56,00", "57,00").replace("  7  ", "  8  ").encode("cp1252"))
    assert [note.code for note in reading.account.notes] == ["reading.total_differs"]
