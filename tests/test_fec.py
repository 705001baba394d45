"""The rules of the FEC: two published files pass, each mutant of a good one breaks the rule that it should."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.cli.main import app
from pipeline.fec import COLUMNS, check, refused
from tests.formats.workbench import NO_SAMPLES, SAMPLES

NAME = "732829320FEC20261231.txt"  # a SIREN with its check digit
HEAD = "\t".join(COLUMNS)
ROW = {
    "JournalCode": "VE", "JournalLib": "Ventes", "EcritureNum": "1", "EcritureDate": "20260102", "CompteNum": "411000",
    "CompteLib": "Clients", "CompAuxNum": "C1", "CompAuxLib": "Ada", "PieceRef": "F1", "PieceDate": "20260102",
    "EcritureLib": "Facture", "Debit": "120,00", "Credit": "0,00", "EcritureLet": "", "DateLet": "",
    "ValidDate": "20260131", "Montantdevise": "", "Idevise": "",
}  # fmt: skip
OTHER = {
    "CompteNum": "707000",
    "CompteLib": "Ventes HT",
    "CompAuxNum": "",
    "CompAuxLib": "",
    "Debit": "0,00",
    "Credit": "120,00",
}


def line(**changed: str) -> str:
    return "\t".join({**ROW, **changed}[name] for name in COLUMNS)


def whole(*lines: str, head: str = HEAD, end: str = "\r\n") -> bytes:
    return (end.join([head, *lines]) + end).encode("iso8859-15")


def good(**changed: str) -> bytes:
    """An entry of two lines; `changed` in the first of them."""
    return whole(line(**changed), line(**OTHER))


def codes(name: str, data: bytes, chunk: int = 7) -> set[str]:
    pieces = [data[at : at + chunk] for at in range(0, len(data), chunk)]
    return {one.code for one in check(name, pieces)}


def test_a_good_file_breaks_nothing_however_it_is_cut() -> None:
    assert codes(NAME, good()) == set()
    assert codes(NAME, good(), 1) == set()
    assert codes(NAME, whole(line(), line(**OTHER), end="\n"), 1 << 20) == set()


def test_the_variant_with_amount_and_side() -> None:
    """`Sens` is one of D, C, +1 and -1."""
    names = [n for n in COLUMNS if n not in ("Debit", "Credit")]
    names[11:11] = ["Montant", "Sens"]
    rows = []
    for more, side in (({}, "D"), (OTHER, "C")):
        values = {**ROW, **more, "Montant": "120,00", "Sens": side}
        rows.append("\t".join(values[name] for name in names))
    assert codes(NAME, whole(*rows, head="\t".join(names))) == set()
    assert codes(NAME, whole(rows[0], rows[0], head="\t".join(names))) == {"B01E", "B03E"}
    strange = rows[1].replace("\tC\t", "\tX\t")
    assert "N06E" in codes(NAME, whole(rows[0], strange, head="\t".join(names)))


MUTANTS = {
    "F01E": ("x.txt", good()), "F02W": (NAME.replace(".", "_x."), good()), "F03W": ("123456789FEC20261231.txt", good()),
    "F04W": (NAME, b"\xef\xbb\xbf" + good()), "F05W": (NAME, good().replace(b"Ada", "Adé".encode())),
    "F06E": (NAME, good().replace(b"Ada", b"A\0a")), "F07W": (NAME, whole(line(), line(**OTHER), end="\r")),
    "F08W": (NAME, good()[:-2]), "F09E": (NAME, good().replace(b"\t", b";")),
    "F10W": (NAME, whole(line() + "\t", line(**OTHER))), "C01E": (NAME, good().replace(b"PieceRef", b"Piece")),
    "C02E": (NAME, good().replace(b"JournalCode", b"journalcode")),
    "C03A": (NAME, whole(line() + "\tx", line(**OTHER) + "\tx", head=HEAD + "\tPlus")),
    "L01E": (NAME, whole()), "L02E": (NAME, whole(line(), "", line(**OTHER))),
    "L03E": (NAME, whole(line(), line(**OTHER), "a\tb")), "L04W": (NAME, good(CompAuxLib='"Ada"')),
    "V01E": (NAME, good(CompteLib="")), "V02V": (NAME, good(PieceRef="")), "V03A": (NAME, good(CompteNum="C41")),
    "D01E": (NAME, good(PieceDate="20260230")), "D02E": (NAME, good(EcritureDate="20270101", ValidDate="20270101")),
    "D03W": (NAME, good(EcritureDate="20240101", PieceDate="20240101")), "D04W": (NAME, good(ValidDate="20260101")),
    "D05W": (NAME, good(PieceDate="20260103")), "N01E": (NAME, good(Debit="120.00")),
    "N02E": (NAME, good(Debit="1 120,00")), "N03E": (NAME, good(Debit="abc")), "N04W": (NAME, good(Debit="0120,00")),
    "N05W": (NAME, good(Debit="120,0")), "N07A": (NAME, good(Credit="1,00")), "N08W": (NAME, good(Debit="-120,00")),
    "B01E": (NAME, good(Debit="121,00")), "B03E": (NAME, good(Debit="121,00")),
    "B02W": (NAME, whole(line(), line(**OTHER, EcritureDate="20260103"))),
    "S01W": (NAME, whole(line(ValidDate="20260201"), line(**OTHER))),
    "S02W": (NAME, whole(line(), line(**OTHER), line(EcritureNum="3"), line(**OTHER, EcritureNum="3"))),
    "T01W": (NAME, good(EcritureLet="A")), "T02W": (NAME, good(Idevise="USD")),
    "T03W": (NAME, good(Idevise="usd", Montantdevise="1,00")), "T04W": (NAME, good(Idevise="USD", Montantdevise="-1,00")),
    "T05W": (NAME, good(CompAuxLib="")), "T06W": (NAME, whole(line(), line(**{**OTHER, "CompteNum": "411000"}))),
    "T07W": (NAME, good(EcritureLet="A", DateLet="20260201")),
}  # fmt: skip


@pytest.mark.parametrize("code", MUTANTS)
def test_each_mutant_breaks_its_rule(code: str) -> None:
    name, data = MUTANTS[code]
    found = codes(name, data)
    assert code in found
    assert not {c for c in found if c.endswith("E")} - {code, "B01E", "B03E"}  # and no other but the balance


@pytest.mark.skipif(not (SAMPLES / "fec").exists(), reason=NO_SAMPLES)
@pytest.mark.parametrize("path", sorted((SAMPLES / "fec").glob("*.txt")) or [Path("x")], ids=lambda p: p.name)
def test_published_files_are_not_refused(path: Path) -> None:
    assert refused(check(path.name, [path.read_bytes()])) == []


def test_as_a_command(tmp_path: Path) -> None:
    file = tmp_path / NAME
    file.write_bytes(good(Debit="121,00"))
    result = CliRunner().invoke(app, ["--config", str(tmp_path / "config.toml"), "fec", "check", str(file)])
    assert result.exit_code == 1
    assert "B01E" in result.stdout
    assert "off by 1,00" in result.stdout
    file.write_bytes(good())
    result = CliRunner().invoke(app, ["--config", str(tmp_path / "config.toml"), "fec", "check", str(file)])
    assert (result.exit_code, result.stdout) == (0, "")
