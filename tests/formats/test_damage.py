"""The damage tables: every kind of damage costs itself, with its own line, and never a neighbour."""

from __future__ import annotations

import io
from dataclasses import dataclass

import pytest

from pipeline.errors import FileFailed
from pipeline.formats import open_reading
from pipeline.formats.model import Account, Dialect
from pipeline.mapping.model import ReadOptions

HEADER = "id;nom;prix;date\n"
ROWS = "1;Bottes;12,50;2026-01-05\n2;Sac;3,00;2026-01-06\n3;Robe;40,00;2026-01-07\n4;Gants;8,00;2026-02-07\n"
GOOD = [tuple(line.split(";")) for line in ROWS.splitlines()]


@dataclass(frozen=True)
class Got:
    dialect: Dialect
    account: Account
    rows: dict[int, tuple[str, ...]]
    refused: dict[int, tuple[str, bytes]]
    surplus: dict[int, list[str]]
    raws: dict[int, bytes]

    @property
    def cells(self) -> list[tuple[str, ...]]:
        return list(self.rows.values())


def read(data: str | bytes, **options: object) -> Got:
    options.setdefault("ragged", "keep")
    file = io.BytesIO(data.encode() if isinstance(data, str) else data)
    reading = open_reading(file, ReadOptions(**options))  # type: ignore[arg-type]
    rows: dict[int, tuple[str, ...]] = {}
    refused, surplus, raws = {}, {}, {}
    for batch in reading:
        for line, *cells in batch.frame.iter_rows():
            rows[line] = tuple(cell or "" for cell in cells)
            raws[line] = batch.raw(line)
        refused.update({one.line: (one.said.code, one.raw) for one in batch.damaged})
        surplus.update(getattr(batch, "surplus", {}))
    account = reading.account
    assert account.records == len(rows) + len(refused)
    assert account.damaged == len(refused)
    return Got(reading.dialect, account, rows, refused, surplus, raws)


QUOTES = [
    ('5;"Boots;1,00;2026-01-01', ("5", '"Boots', "1,00", "2026-01-01")),
    ('5;"Boots 10" high";1,00;2026-01-01', ("5", 'Boots 10" high', "1,00", "2026-01-01")),
    ('5;"Boots 10" high; red";1,00;2026-01-01', ("5", 'Boots 10" high; red', "1,00", "2026-01-01")),
    ('5; "Boots; red" ;1,00;2026-01-01', ("5", "Boots; red", "1,00", "2026-01-01")),
]


@pytest.mark.parametrize(("line", "cells"), QUOTES)
def test_a_quote_out_of_place_is_mended_and_recorded(line: str, cells: tuple[str, ...]) -> None:
    got = read(HEADER + ROWS + line + "\n" + ROWS)
    assert got.rows[6] == cells
    assert got.raws[6] == line.encode()
    assert got.cells == [*GOOD, cells, *GOOD]
    assert got.account.repairs == {"quote": 1}
    strict = read(HEADER + ROWS + line + "\n" + ROWS, ragged="refuse", repairs=False)
    assert strict.refused == {6: ("reading.stray_quote", line.encode())}
    assert strict.cells == [*GOOD, *GOOD]


@pytest.mark.parametrize("cell", ['Boots 10" high', 'Boots"', '{"a": 1, "b": 2}', 'a "b" c'])
def test_a_quote_inside_of_an_open_cell_is_text(cell: str) -> None:
    for repairs in (True, False):
        got = read(HEADER + ROWS + f"5;{cell};1,00;2026-01-01\n" + ROWS, repairs=repairs)
        assert got.rows[6] == ("5", cell, "1,00", "2026-01-01")
        assert (len(got.rows), got.account.repaired) == (9, 0)


def test_a_line_with_another_delimiter_has_one_plain_reading() -> None:
    got = read(HEADER + ROWS + "5,Sac,1.00,2026-01-01\n" + ROWS)
    assert got.rows[6] == ("5", "Sac", "1.00", "2026-01-01")
    assert got.account.repairs == {"delimiter": 1}


def test_two_unclosed_quotes_far_apart_swallow_nothing() -> None:
    got = read(HEADER + ROWS + '5;"Boots;1,00;x\n' + ROWS + '6;Robe";1,00;x\n' + ROWS)
    assert len(got.rows) == 14
    assert got.rows[6][1] == '"Boots'


def test_a_sign_of_two_bytes_around_the_cells_is_read_as_it_can_be() -> None:
    got = read("§id§;§nom§;§prix§\n" + "".join(f"§{i}§;§Bot§;§{i}.5§\n" for i in range(30)))
    assert len(got.rows) == 30


def test_lines_that_wait_for_a_closing_quote_are_not_lost_before_an_endless_line() -> None:
    got = read(HEADER + ROWS + '5;"Boots;1,00;x\n' + ROWS + "9;" + "x" * 9_000_000 + "\n" + ROWS)
    assert list(got.rows) == [*range(2, 11), *range(12, 16)]
    assert got.refused[11][0] == "reading.line_too_long"


def test_ragged_records_are_kept_with_blank_and_surplus_cells() -> None:
    data = HEADER + "5;Short;1,00\n6;Long;2,00;x;y;z\n7;End;1,00;x;;\n" + ROWS
    got = read(data)
    assert got.rows[2] == ("5", "Short", "1,00", "")
    assert got.surplus == {3: ["y", "z"]}
    assert got.account.repairs == {"short": 1, "long": 1, "blank_end": 1}
    assert got.account.repaired == 3
    kept = read(data, ragged="refuse")
    assert kept.refused == {
        2: ("reading.ragged", b"5;Short;1,00"),
        3: ("reading.ragged", b"6;Long;2,00;x;y;z"),
    }
    assert kept.rows[4] == ("7", "End", "1,00", "x")


@pytest.mark.parametrize(
    ("tail", "line", "code"),
    [
        ("5;Sho", 6, "reading.cut"),
        ('5;"Sho', 6, "reading.cut"),
        ("5;Sho\0\0\0\0", 6, "reading.nul"),
        ("5;S\0o;1,00;x\n", 6, "reading.nul"),
    ],
)
def test_a_record_cut_short_or_with_nul_is_refused(tail: str, line: int, code: str) -> None:
    got = read(HEADER + ROWS + tail)
    assert {at: said for at, (said, _) in got.refused.items()} == {line: code}
    assert got.refused[line][1] == tail.removesuffix("\n").encode()
    assert got.cells == GOOD


def test_a_nul_tail_is_set_aside() -> None:
    got = read((HEADER + ROWS).encode() + b"\0" * 5_000_000)
    assert got.cells == GOOD
    assert got.account.set_aside == {"nul_tail": 1}


def test_spoilt_bytes_in_utf8_are_rescued_and_recorded() -> None:
    lines = [f"{i};Café crème;{i},00;x\n".encode() for i in range(8)]
    lines[5] = lines[5].decode().encode("cp1252")
    got = read(HEADER.encode() + b"".join(lines))
    assert got.rows[7] == ("5", "Café crème", "5,00", "x")
    assert got.raws[7] == lines[5].rstrip(b"\n")
    assert got.account.repairs == {"bytes": 1}
    strict = read(HEADER.encode() + b"".join(lines), repairs=False)
    assert strict.refused == {7: ("reading.bad_bytes", lines[5].rstrip(b"\n"))}


def test_bytes_that_mean_nothing_cost_their_line_and_not_the_file() -> None:
    got = read((HEADER + ROWS * 5).encode().replace(b"Robe", b"R\xff\x81\x02e", 1))
    assert got.refused == {4: ("reading.bad_bytes", b"3;R\xff\x81\x02e;40,00;2026-01-07")}
    assert len(got.rows) == 19


@pytest.mark.parametrize(
    ("before", "after", "aside", "header"),
    [
        ("Rapport\nMagasin;Paris\n\n", "", {"preamble": 2, "blank": 1}, 4),
        ("Rapport;;;\nMagasin;Paris;;\n;;;\n", "", {"preamble": 2, "blank": 1}, 4),
        ("# export\n# v2\n", "# fin\n", {"comment": 3}, 3),
        ("sep=;\n", "", {"separator": 1}, 2),
        ("", "Total;;63,50;\n", {"total": 1}, 1),
        ("", "Total général;;63,50;\n", {"total": 1}, 1),
        ("", ";;63,50;\n", {"total": 1}, 1),
        ("", "\nGénéré le 12/03/2026\n", {"blank": 1, "footer": 1}, 1),
        ("", "-- fin du rapport --\n", {"footer": 1}, 1),
        ("", "\nville;pays\nParis;FR\nRome;IT\n", {"blank": 1, "second_table": 3}, 1),
        ("", "\nStock\nville;pays\nParis;FR\nRome;IT\n", {"blank": 1, "second_table": 4}, 1),
        ("", "\nref;lib;val;jour\n9;x;1,50;2026-01-05\n", {"blank": 1, "second_table": 2}, 1),
        ("", HEADER, {"repeated_header": 1}, 1),
        ("\n\n", "\n\n", {"blank": 4}, 3),
        ("", "ville;pays\nParis;7\nRome;8\nOslo;9\n", {"second_table": 4}, 1),
        ("", "\x1a", {"end_mark": 1}, 1),
    ],
)
def test_what_is_no_record_is_set_aside_by_name(
    before: str, after: str, aside: dict[str, int], header: int
) -> None:
    got = read(before + HEADER + ROWS + after)
    assert got.cells == GOOD
    assert got.account.set_aside == aside
    assert got.dialect.header_line == header
    assert got.account.repaired == 0


def test_a_total_that_is_no_sum_is_kept_and_a_doubtful_one_noted() -> None:
    assert read("nom;montant\nA;10\nB;20\nTotal;77\n").rows[4] == ("Total", "77")
    assert read("nom;montant\nA;10\nB;20\nTotal;30\n").account.set_aside == {"total": 1}
    got = read(HEADER + ROWS + "Total;;99,00;\n")
    assert [note.code for note in got.account.notes] == ["reading.total_differs"]


def test_units_and_two_header_lines() -> None:
    units = read("nom;poids;prix\n;kg;€\nA;1,5;10\nB;2,5;20\nC;3,5;30\n")
    assert (units.dialect.columns, units.account.set_aside) == (("nom", "poids", "prix"), {"units": 1})
    two = read(
        "Client;;Montant;\nNom;Ville;HT;TTC\nA;Paris;10,00;12,00\nB;Rome;20,00;24,00\nC;Oslo;3,00;4,00\n"
    )
    assert two.dialect.columns == ("Client Nom", "Client Ville", "Montant HT", "Montant TTC")
    assert list(two.rows) == [3, 4, 5]


def test_no_header_is_seen_by_what_the_columns_hold() -> None:
    assert read(ROWS).dialect.header_line is None
    assert read(ROWS).cells == GOOD
    assert (
        read("Paris;FR;Europe\nRome;IT;Europe\nTokyo;JP;Asie\nLyon;FR;Europe\n").dialect.header_line is None
    )
    assert read("ville;pays;continent\nParis;FR;Europe\nRome;IT;Europe\n").dialect.header_line == 1
    assert read("pays;2024;2025\nFR;1;2\nIT;3;4\n").dialect.names == ("pays", "2024", "2025")


def test_trailing_delimiters_make_no_column() -> None:
    for data in (
        (HEADER + ROWS).replace("\n", ";\n"),
        HEADER + ROWS.replace("\n", ";\n"),
        (HEADER + ROWS).replace("\n", ";;;\n"),
    ):
        got = read(data)
        assert got.dialect.columns == ("id", "nom", "prix", "date")
        assert got.cells == GOOD
        assert got.account.repaired == 0
    late = read((HEADER + ROWS * 1000).replace("\n", ";\n") + "9;x;y;z;more\n")
    assert late.surplus == {4002: ["more"]}


@pytest.mark.parametrize("ends", ["\r\n,\n,\r", "\n,\r\n", "\r,\n", "\r\n,\r"])
def test_mixed_line_ends(ends: str) -> None:
    kinds = ends.split(",")
    lines = (HEADER + ROWS).splitlines()
    text = "".join(line + kinds[i % len(kinds)] for i, line in enumerate(lines))
    got = read(text)
    assert list(got.rows.items()) == list(zip(range(2, 6), GOOD, strict=True))


def test_a_cr_inside_a_cell_stays() -> None:
    assert read("a;b;c\n1;x\ry;3\n4;5;6\n").cells == [("1", "x\ry", "3"), ("4", "5", "6")]
    assert read('a;b;c\n1;"x\ry";3\n4;5;6\n').cells == [("1", "x\ry", "3"), ("4", "5", "6")]


@pytest.mark.parametrize(
    ("data", "delimiter", "quote", "escape", "first"),
    [
        ("id||nom||prix\n1||Bottes||12\n2||||3\n", "||", '"', "", ("1", "Bottes", "12")),
        ('id|~|nom|~|prix\n1|~|"a|b"|~|12\n2|~|Sac|~|3\n', "|~|", '"', "", ("1", "a|b", "12")),
        ('id, nom, prix\n1, "Bottes, vertes", 12\n2, Sac, 3\n', ", ", '"', "", ("1", "Bottes, vertes", "12")),
        ("id nom prix\n1 Bottes 12\n2 Sac 3\n3 Robe 4\n", " ", '"', "", ("1", "Bottes", "12")),
        ("id:nom:prix\n1:Bottes:12\n2:Sac:3\n3:Robe:4\n", ":", '"', "", ("1", "Bottes", "12")),
        ("id,nom\n1,'Bottes, vertes'\n2,'l''été'\n3,'Robe'\n", ",", "'", "", ("1", "Bottes, vertes")),
        ('id,nom\n1,"dit \\"oui\\", non"\n2,"a\\\\b"\n', ",", '"', "\\", ("1", 'dit "oui", non')),
        (
            "id,nom,prix\n1,Bottes\\, vertes,12\n2,Sac,3\n3,Robe,4\n",
            ",",
            '"',
            "\\",
            ("1", "Bottes, vertes", "12"),
        ),
        ('a\tb\n"x\ty"\t2\n"z"\t3\n', "\t", '"', "", ("x\ty", "2")),
        ("phrase\nBonjour, le monde\nOui\nDeux, trois, quatre\n", ",", '"', "", ("Bonjour, le monde",)),
    ],
)
def test_dialects(data: str, delimiter: str, quote: str, escape: str, first: tuple[str, ...]) -> None:
    got = read(data)
    assert (got.dialect.delimiter, got.dialect.quote, got.dialect.escape) == (delimiter, quote, escape)
    assert got.cells[0] == first
    assert got.account.repaired == 0
    assert got.raws[2] == data.split("\n")[1].encode()


def test_fixed_columns_are_found_by_their_blanks() -> None:
    lines = [
        f"{i:05d}  {name:<12}{price:>10}"
        for i, (name, price) in enumerate([("Bottes", "12,50"), ("Sac", "3,00")] * 15)
    ]
    got = read("CODE   NOM              PRIX\n" + "\n".join(lines) + "\n00099  A_very_long_name_in_one,00\n")
    assert (got.dialect.format, got.dialect.columns) == ("fixed", ("CODE", "NOM", "PRIX"))
    assert got.rows[2] == ("00000", "Bottes", "12,50")
    assert len(got.rows) == 30
    assert got.refused == {32: ("reading.not_aligned", b"00099  A_very_long_name_in_one,00")}
    prose = read("Once upon a time\nthere was  a file\nwithout any  table\nin it at all\n")
    assert len(prose.dialect.columns) == 1


def test_the_columns_that_a_mapping_names_anchor_the_header() -> None:
    data = "Export;du;jour\nx;y;z\n\nRéf;Nom;Prix\n1;A;2\n2;B;3\n"
    got = read(data, anchors=("nom", "prix"))
    assert (got.dialect.header_line, got.dialect.columns) == (4, ("Réf", "Nom", "Prix"))


def test_double_marks_stand_in_no_name() -> None:
    for mark in ("\ufeff\ufeff", "ï»¿"):
        assert read(mark + HEADER + ROWS).dialect.columns[0] == "id"


def test_an_encoding_in_doubt_is_held_with_both_readings() -> None:
    with pytest.raises(FileFailed) as failed:
        read("id;nom\n1;Liêu\n".encode("cp850"))
    assert failed.value.said.code == "reading.encoding_unsure"
    assert "Liêu" in str(failed.value)
    assert read("id;nom\n1;Liêu\n".encode("cp850"), encoding="cp850").cells == [("1", "Liêu")]


@pytest.mark.parametrize("encoding", ["cp1250", "cp1251", "shift_jis", "utf-32-be"])
def test_a_stated_encoding_wins(encoding: str) -> None:
    text = {"cp1250": "Łódź", "cp1251": "Москва", "shift_jis": "東京"}.get(encoding, "Été")
    assert read(f"id;nom\n1;{text}\n".encode(encoding), encoding=encoding).cells == [("1", text)]


def test_hostile_lines() -> None:
    with pytest.raises(FileFailed) as wide:
        read("a," * 100_000 + "\n" + "1," * 100_000 + "\n")
    assert wide.value.said.code == "reading.too_many_columns"
    for end in ("", "\n"):
        long = read(HEADER + ROWS + "x" * 9_000_000 + end)
        assert (long.cells, long.refused[6][0]) == (GOOD, "reading.line_too_long")
    middle = read(HEADER + "x" * 9_000_000 + "\n" + ROWS)
    assert (list(middle.rows), long.refused[6][0]) == ([3, 4, 5, 6], "reading.line_too_long")
    many = read(HEADER + '5;"Boots;1,00;x\n' * 3000 + ROWS)
    assert len(many.rows) == 3004
