"""XLSX: cells as they are seen, the header wherever it stands, sheets found or stated, and hostile workbooks."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable

import pytest

from pipeline.errors import FileFailed
from pipeline.formats import Limits
from pipeline.formats.compound import Damage
from pipeline.formats.marks import marks_of
from tests.formats.workbench import (
    LINKS,
    NO_SAMPLES,
    SAMPLES,
    Rows,
    compound,
    ods,
    read,
    sheet_rows,
    xls,
    xlsb,
    xlsx,
    zipped,
)


def cells(xml: str, **more: object) -> tuple[object, ...]:
    """The one row below a header of as many columns."""
    header = sheet_rows([[f"c{n}" for n in range(xml.count("<c "))]])
    return read(xlsx({"S": header + f'<row r="2">{xml}</row>'}, **more))[2][0][1:]  # type: ignore[arg-type]


def failed(data: bytes, limits: Limits | None = None, **options: object) -> str:
    with pytest.raises(FileFailed) as fault:
        read(data, limits=limits, **options)
    return fault.value.said.code


def test_cells_are_what_is_seen() -> None:
    formats = [
        "dd/mm/yyyy",
        "hh:mm",
        "[h]:mm",
        "00000",
        "yyyy\\-mm\\-dd hh:mm",
        "0#&quot; &quot;##&quot; &quot;##",
        "0.00E+00",
    ]
    row = (
        '<c r="A2" s="1"><v>45352</v></c><c r="B2" s="2"><v>0.5</v></c><c r="C2" s="3"><v>1.25</v></c>'
        '<c r="D2" s="4"><v>1000</v></c><c r="E2" s="5"><v>45352.430902777781</v></c><c r="F2" s="6"><v>612</v></c>'
        '<c r="G2" s="7"><v>3012345678901</v></c><c r="H2"><v>0.30000000000000004</v></c>'
        '<c r="I2"><v>1E-7</v></c><c r="J2" t="e"><v>#DIV/0!</v></c><c r="K2" t="b"><v>1</v></c>'
        '<c r="L2" t="s"><v>0</v></c><c r="M2" t="str"><f>A1</f><v>a&amp;b</v></c>'
        '<c r="N2" t="inlineStr"><is><t>x_x000A_y</t></is></c><c r="O2" t="d"><v>2024-03-01T00:00:00</v></c>'
        '<c r="P2"/><c r="Q2" s="1"><v>59</v></c>'
    )
    rich = "<r><t>gr</t></r><r><t>as</t></r><rPh><t>no</t></rPh>"
    assert cells(row, formats=formats, strings=[rich]) == (
        "2024-03-01", "12:00:00", "30:00:00", "01000", "2024-03-01 10:20:30", "000612", "3012345678901", "0.3",
        "0.0000001", "#DIV/0!", "true", "gras", "a&b", "x\ny", "2024-03-01", None, "1900-02-28",
    )  # fmt: skip


def test_days_since_1904() -> None:
    book = '<workbookPr date1904="1"/>'
    assert cells('<c r="A2" s="1"><v>43890</v></c>', formats=["d/m/yy"], book=book) == ("2024-03-01",)


def test_header_below_merged_titles_and_a_repeated_one() -> None:
    rows = sheet_rows(
        [["Ventes de mars"], ["Magasin", None], [], ["Ref", "Label", "Prix"], ["a", "x", 1], []]
    )
    rows += sheet_rows([["Ref", "Label", "Prix"], ["b", None, 2.5]], 9)
    reading, (batch,), got = read(xlsx({"S": rows}))
    assert reading.dialect.header_line == 4
    assert reading.dialect.columns == ("Ref", "Label", "Prix")
    assert got == [(5, "a", "x", "1"), (10, "b", None, "2.5")]
    assert reading.account.set_aside == {"preamble": 2, "blank": 4, "repeated_header": 1}
    assert batch.raw(10) == b"b,,2.5"
    with pytest.raises(KeyError):
        batch.raw(9)


def test_header_is_the_row_with_the_required_columns() -> None:
    rows = sheet_rows([["Report", "Shop", "Date"], ["x", "y", "z"], ["SKU", "Qty", None], ["1", 2, None]])
    reading, _, got = read(xlsx({"S": rows}), required=("sku", "qty"))
    assert reading.dialect.header_line == 3
    assert got == [(4, "1", "2", None)]


def test_no_header_when_the_first_row_is_like_the_others() -> None:
    reading, _, got = read(xlsx({"S": sheet_rows([["a", 1], ["b", 2], ["c", 3]])}))
    assert reading.dialect.header_line is None
    assert got == [(1, "a", "1"), (2, "b", "2"), (3, "c", "3")]
    assert read(xlsx({"S": sheet_rows([["a", "b"], ["c", "d"]])}), columns=("x", "y"))[2][0] == (1, "a", "b")
    assert read(xlsx({"S": sheet_rows([["Total", 2023], ["c", 1]])}))[0].dialect.header_line == 1


def test_a_column_without_a_name_is_kept() -> None:
    reading, _, got = read(xlsx({"S": sheet_rows([["a", "b"], ["1", "2"], ["3", "4", "remark"]])}))
    assert reading.dialect.columns == ("a", "b", "column_3")
    assert got[1] == (3, "3", "4", "remark")


def test_sheets_found_and_stated() -> None:
    table = sheet_rows([["code", "qty"], ["x", 1]])
    other = sheet_rows([["nom", "ville"], ["y", "z"]])
    book = xlsx({"Vide": "", "Caché": other, "Données": table, "Clients": other}, hidden=["Caché"])
    reading, _, got = read(book)
    assert got == [(2, "x", "1")]
    assert [(n.code, n.args["sheet"]) for n in reading.account.notes] == [("reading.other_sheets", "Données")]
    assert read(book, sheet="clients")[2] == read(book, sheet="4")[2] == read(book, sheet="cache")[2]
    assert read(book, required=("ville",))[2] == [(2, "y", "z")]
    assert failed(book, sheet="Ventes") == "reading.no_sheet"
    assert failed(xlsx({"Vide": ""})) == "reading.empty"


def test_a_workbook_by_another_name_is_read_and_noted() -> None:
    reading, _, got = read(xlsx({"S": sheet_rows([["a", "b"], ["1", "2"]])}), "ventes.csv")
    assert got == [(2, "1", "2")]
    assert [n.code for n in reading.account.notes] == ["reading.other_format"]
    assert read(xlsx({"S": sheet_rows([["a"], ["1"]])}), format="csv")[0].dialect.format == "xlsx"


def test_prefixed_tags_and_cells_without_places() -> None:
    sheet = (
        '<x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><x:sheetData>'
        '<x:row><x:c t="inlineStr"><x:is><x:t>a</x:t></x:is></x:c><x:c t="inlineStr"><x:is><x:t>b</x:t></x:is></x:c>'
        "</x:row><x:row><x:c><x:v>1</x:v></x:c><x:c><x:v>2</x:v></x:c></x:row></x:sheetData></x:worksheet>"
    )
    assert read(xlsx({"S": ""}, more={"xl/worksheets/sheet1.xml": sheet}))[2] == [(2, "1", "2")]


def test_a_sparse_sheet_of_17_billion_cells_costs_what_it_holds() -> None:
    far = '<row r="1048576"><c r="A1048576"><v>1</v></c></row>'
    reading, _, got = read(xlsx({"S": sheet_rows([["a", "b"], ["x", "y"]]) + far}))
    assert [row[0] for row in got] == [2, 1048576]
    assert reading.account.set_aside == {"blank": 1048573}
    wide = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    assert failed(xlsx({"S": sheet_rows([["a"]]) + wide})) == "reading.too_many_columns"
    assert failed(xlsx({"S": '<row r="1"><c r="ZZZZZZ1"><v>1</v></c></row>'})) == "reading.too_many_columns"


BOMB = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("part", "content", "code"),
    [
        ("xl/worksheets/sheet1.xml", BOMB + "<worksheet>&b;</worksheet>", "reading.entities"),
        ("xl/sharedStrings.xml", BOMB + "<sst><si><t>&b;</t></si></sst>", "reading.entities"),
        ("xl/worksheets/sheet1.xml", "<worksheet><sheetData><row>", "reading.markup_damaged"),
        ("xl/media/image1.png", bytes(15 << 20), "reading.empty"),  # never unpacked
        ("xl/sharedStrings.xml", "<sst>" + " " * (15 << 20) + "</sst>", "reading.archive_ratio"),
        ("../../etc/cron.d/x", "x", "reading.archive_path"),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 40 else "",
)
def test_hostile_parts(part: str, content: str | bytes, code: str) -> None:
    assert failed(xlsx({"S": ""}, more={part: content})) == code


def test_an_endless_cell() -> None:
    # packed as it is, for it is its length that must stop it, not its ratio
    sheet = "<worksheet><sheetData><row><c><v>" + "x" * (4 << 20) + "</v></c></row></sheetData></worksheet>"
    book = xlsx({"S": ""}, more={"xl/worksheets/sheet1.xml": sheet})
    assert failed(book, Limits(record_mb=1)) == "reading.record_too_long"


def test_other_documents() -> None:
    word = zipped({"[Content_Types].xml": "<Types/>", "word/document.xml": "<w/>"})
    assert failed(word) == "reading.foreign"
    assert failed(compound("WordDocument", b"x" * 5000)) == "reading.foreign"
    assert failed(compound("Other", b"x" * 5000)) == "reading.workbook_damaged"
    assert failed(compound("EncryptedPackage", b"x" * 5000)) == "reading.workbook_locked"


ROWS = [["Réf", "Prix", "Note"], ["a", 1.5, None], ["b", 1000.0, "é"]]


def test_other_workbooks() -> None:
    line = "<table:table-row>{}</table:table-row>"
    text = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    number = (
        '<table:table-cell office:value-type="float" office:value="{}"><text:p>{}</text:p></table:table-cell>'
    )
    table = line.format("".join(text.format(v) for v in ROWS[0]))
    table += line.format(text.format("a") + number.format("1.5", "1,50 €"))
    table += line.format(text.format("b") + number.format("1000", "1 000,00") + text.format("é"))
    for book, format in ((xls(ROWS), "xls"), (xlsb(ROWS), "xlsb"), (ods(table), "ods")):  # type: ignore[arg-type]
        reading, _, got = read(book, f"x.{format}")
        assert reading.dialect.format == format
        assert got == [(2, "a", "1.5", None), (3, "b", "1000", "é")]
        assert reading.account.notes == []


@pytest.mark.parametrize(("make", "format"), [(xls, "xls"), (xlsb, "xlsb")])
def test_errors_and_codes_of_old_and_binary_workbooks(make: Callable[..., bytes], format: str) -> None:
    """What the library leaves out: an error is never a blank cell, and a code keeps its zeros."""
    table = [[None, "code", "part", "prix"], [None, 123, "#DIV/0!", 1.5], [None, 1234567, "=#N/A", "#REF!"]]
    reading, _, got = read(make(table), f"x.{format}")
    assert got == [(2, None, "00123", "#DIV/0!", "1.5"), (3, None, "1234567", "#N/A", "#REF!")]
    assert reading.dialect.columns[1:] == ("code", "part", "prix")
    assert reading.account.notes == []
    edge = [["a", "b", None], [1.0, 2.0, "=#REF!"], [None, None, "=#N/A"]]  # nothing else stands so far out
    assert read(make(edge), f"x.{format}")[2] == [(2, "1", "2", "#REF!"), (3, None, None, "#N/A")]
    assert read(make([["code"], [7]], '"n° "0'), f"x.{format}")[2] == [(2, "7")]


@pytest.mark.parametrize("kind", ["xls", "xlsb"])
def test_marks_of_a_damaged_workbook_are_never_half(kind: str) -> None:
    """Cut or changed anywhere it is Damage, which becomes a note, or the marks of what is there."""
    whole = (xls if kind == "xls" else xlsb)([["code"], [7], ["#N/A"]])
    assert marks_of(io.BytesIO(whole), kind, 0, Limits()) == {1: {0: 5}, 2: {0: "#N/A"}}
    for at in range(30, len(whole), 41):
        for made in (whole[:at], whole[:at] + b"\xff\x7f" + whole[at + 2 :]):
            with contextlib.suppress(Damage):
                assert isinstance(marks_of(io.BytesIO(made), kind, 0, Limits()), dict)
    with pytest.raises(Damage):
        marks_of(io.BytesIO(whole[:600]), kind, 0, Limits())


def test_ods_cells() -> None:
    cell = '<table:table-cell office:value-type="{}" office:{}="{}"><text:p>{}</text:p></table:table-cell>'
    made = [
        ("float", "value", "1000", "01000"), ("float", "value", "0", "#DIV/0!"),
        ("percentage", "value", "0.055", "5,5 %"), ("date", "date-value", "2024-03-01", "01/03/24"),
        ("date", "date-value", "2024-03-01T10:20:30", "x"), ("time", "time-value", "PT30H05M00S", "30:05"),
        ("boolean", "boolean-value", "true", "VRAI"),
    ]  # fmt: skip
    header = "".join(cell.format("string", "string-value", f"c{n}", "") for n in range(len(made)))
    body = "".join(cell.format(*one) for one in made)
    rows = "".join(f"<table:table-row>{row}</table:table-row>" for row in (header, body))
    assert read(ods(rows))[2][0][1:] == (
        "01000", "#DIV/0!", "0.055", "2024-03-01", "2024-03-01 10:20:30", "30:05:00", "true",
    )  # fmt: skip


def test_an_ods_that_repeats_a_cell_over_the_whole_sheet() -> None:
    cell = (
        '<table:table-cell table:number-columns-repeated="{}" office:value-type="string">'
        "<text:p>x</text:p></table:table-cell>"
    )
    row = '<table:table-row table:number-rows-repeated="1048576">{}</table:table-row>'
    assert failed(ods(row.format(cell.format(16384)))) == "reading.too_many_cells"
    empty = '<table:table-row table:number-rows-repeated="1048000"><table:table-cell/></table:table-row>'
    reading, _, got = read(ods("<table:table-row>" + cell.format(2) + "</table:table-row>" + empty))
    assert got == []
    assert reading.dialect.columns == ("x", "x (2)")


@pytest.mark.skipif(not SAMPLES.is_dir(), reason=NO_SAMPLES)
def test_real_workbooks() -> None:
    """The same table as XLSX and XLS reads the same."""
    for path in sorted(SAMPLES.rglob("*.xls*")):
        with path.open("rb") as file:
            reading, _, rows = read(file, path.name)
        assert len(reading.dialect.columns) > 1
        twin = path.with_suffix(".xlsx")
        if path.suffix == ".xls" and twin.exists():
            with twin.open("rb") as file:
                assert read(file)[2] == rows


def below(*rows: list[object]) -> tuple[dict[str, int], Rows, list[str]]:
    """A table of two sales and these rows below it → (set aside, records, notes)."""
    table = [["Réf", "Libellé", "Qté", "Prix"], ["a", "x", 1, 1.5], ["b", "y", 2, 2.25], *rows]
    reading, _, got = read(xlsx({"S": sheet_rows(table)}))
    return reading.account.set_aside, got, [note.code for note in reading.account.notes]


def test_totals_and_footers_are_no_records() -> None:
    assert len(below()[1]) == 2
    aside, got, notes = below(["Total", None, 3, 3.75], [], ["Édité le 3 mars par la caisse"])
    assert (aside, len(got), notes) == ({"total": 1, "blank": 1, "footer": 1}, 2, [])
    assert below([None, None, 3, 3.75])[0] == {"total": 1}
    assert len(below([None, None, 3, 9])[1]) == 3  # figures that are no sums: a record
    assert below(["Total", None, 3, 9])[2] == []
    assert below(["TOTAL", None, None, 9])[2] == ["reading.total_differs"]
    assert len(below(["Total gel", "parfum", 1, 4])[1]) == 3


def test_a_second_table_below() -> None:
    rows: list[list[object]] = [[], ["Magasin", "Ville", "Nombre"], ["Paris", "x", 1], ["Lyon", "y", 2]]
    aside, got, _ = below(*rows)
    assert (aside, len(got)) == ({"blank": 1, "second_table": 3}, 2)


def test_units_below_and_names_over_two_rows() -> None:
    table = [["Réf", "Poids", "Prix"], [None, "kg", "€"], ["a", 1, 2], ["b", 3, 4], ["c", 5, 6]]
    reading, _, got = read(xlsx({"S": sheet_rows(table)}))
    assert reading.account.set_aside == {"units": 1}
    assert len(got) == 3
    table = [["Réf", 2024, None], [None, "Janvier", "Février"], ["a", 1, 2], ["b", 3, 4], ["c", 5, 6]]
    assert len(read(xlsx({"S": sheet_rows(table)}))[2]) == 3


def test_parts_in_other_places() -> None:
    rels = '<Relationships><Relationship Id="rId1" Type="x/{}" Target="{}"/></Relationships>'
    sheet = f"<worksheet><sheetData>{sheet_rows([['a', 'b'], ['1', '2']])}</sheetData></worksheet>"
    parts: dict[str, bytes | str] = {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": rels.format("officeDocument", "Workbook.xml"),
        "workbook.xml": f'<workbook xmlns:r="{LINKS}"><sheets><sheet name="S" r:id="rId1"/></sheets></workbook>',
        "_rels\\workbook.xml.rels": rels.format("worksheet", "sheet1.xml"),
        "sheet1.xml": sheet,
    }
    assert read(zipped(parts))[2] == [(2, "1", "2")]


def test_scrambled_workbooks_say_so() -> None:
    locked = xls(ROWS)  # type: ignore[arg-type]
    begin = locked.index(b"\x09\x08\x10\x00\x00\x06\x05\x00") + 20
    assert failed(locked[:begin] + b"\x2f\0\x02\0\0\0" + b"\xff" * 4000) == "reading.workbook_locked"
    parts = {"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": "\1\2\3"}
    manifest = "<m><manifest:encryption-data/></m>"
    assert failed(zipped(parts | {"META-INF/manifest.xml": manifest}, 0)) == "reading.workbook_locked"


def test_a_flat_ods() -> None:
    row = "<table:table-row><table:table-cell office:value-type='string'><text:p>{}</text:p></table:table-cell></table:table-row>"
    text = (
        '<?xml version="1.0"?><office:document office:mimetype="application/vnd.oasis.opendocument.spreadsheet">'
        f"<office:body><table:table table:name='S'>{row.format('a')}{row.format('b')}</table:table></office:body>"
        "</office:document>"
    )
    reading, _, got = read(text.encode(), "x.fods")
    assert got == [(2, "b")]
    assert reading.account.notes == []


def test_a_sheet_of_words_before_the_table_is_passed_over() -> None:
    words, table = (
        sheet_rows([["Bonjour"], ["Voir la suite"]]),
        sheet_rows([["sku", "nom", "prix"], ["1", "a", 2]]),
    )
    reading, _, rows = read(xlsx({"Intro": words, "Articles": table}))
    assert rows == [(2, "1", "a", "2")]
    assert reading.account.notes[0].args["others"] == "Intro"
    assert read(xlsx({"EAN": words, "Notes": sheet_rows([["a"], ["b"]])}))[0].dialect.columns == ("Bonjour",)
