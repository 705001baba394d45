"""XML records, HTML tables and the XML spreadsheets of Excel 2003."""

from __future__ import annotations

import pytest

from pipeline.errors import FileFailed
from pipeline.formats import Limits
from tests.formats.workbench import read


def failed(data: bytes, limits: Limits | None = None, **options: object) -> FileFailed:
    with pytest.raises(FileFailed) as fault:
        read(data, limits=limits, **options)
    return fault.value


ORDERS = """<?xml version="1.0" encoding="iso-8859-15"?>
<!DOCTYPE orders>
<o:orders xmlns:o="urn:x" version="1">
  <o:order id="1"><number>007</number><total currency="EUR">12.50</total><customer><name>é&amp;&#8364;</name></customer>
    <items><item><sku>a</sku></item><item><sku>b</sku></item></items></o:order>
  <o:order id="2"><number>8</number><total>3</total><note> kept <![CDATA[<b>]]></note>
    <items><item><sku>c</sku></item></items></o:order>
</o:orders>""".encode("iso-8859-15")
COLUMNS = (
    "$",
    "_record",
    "@id",
    "number",
    "total.@currency",
    "total",
    "customer.name",
    "items.item[].sku",
    "note",
)


def test_records_attributes_and_lists() -> None:
    reading, _, rows = read(ORDERS)
    assert reading.dialect.columns == COLUMNS
    assert rows == [
        (1, "1", "items.item[]", "1", "007", "EUR", "12.50", "é&€", "a", None),
        (2, "1", "items.item[]", "1", "007", "EUR", "12.50", "é&€", "b", None),
        (3, "2", "items.item[]", "2", "8", None, "3", None, "c", " kept <b>"),
    ]


def test_a_stated_record() -> None:
    assert read(ORDERS, record="item")[2] == [(1, "a"), (2, "b"), (3, "c")]
    assert read(ORDERS, record="o:order")[2] == read(ORDERS, path="orders.order")[2] == read(ORDERS)[2]
    said = failed(ORDERS, record="invoice").said
    assert said.code == "reading.no_record"
    assert "order" in str(said.args["found"])


def test_a_single_record_and_a_deeper_list() -> None:
    one = b"<orders><order><n>1</n><l><q>1</q></l><l><q>2</q></l></order></orders>"
    assert read(one)[2] == [(1, "1", "l[]", "1", "1"), (2, "1", "l[]", "1", "2")]
    deep = b"<feed><title>x</title><body><p><a>1</a></p><p><a>2</a></p></body></feed>"
    assert read(deep)[2] == [(1, "1"), (2, "2")]
    tags = b"<r><p><t>a</t><t>b</t></p><p><t>c</t></p></r>"
    assert read(tags)[2] == [(1, "a,b"), (2, "c")]


BOMB = b"<!DOCTYPE r [<!ENTITY a '" + b"x" * 1000 + b"'>%s]><r><p>&b;</p></r>" % b"<!ENTITY b '&a;&a;&a;'>"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (BOMB, "reading.entities"),
        (b'<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]><r><p>&a;</p></r>', "reading.entities"),
        (b'<!DOCTYPE r [<!ENTITY % a SYSTEM "http://example.com/x">%a;]><r><p>1</p></r>', "reading.entities"),
        (b"<r><p><a>1</a></p><p>", "reading.markup_damaged"),
        (b"<r>\n<p><a>1</b></p></r>", "reading.markup_damaged"),
        (b"<r>" + b"<a>" * 5000 + b"</a>" * 5000 + b"</r>", "reading.too_many_columns"),
        (b"<r>" + b"".join(b"<a%d/>" % n for n in range(9000)) + b"</r>", "reading.too_many_columns"),
        (b"<r><a>" + b"x" * (3 << 20) + b"</a></r>", "reading.record_too_long"),
        (b"<r><a b='" + b"x" * (3 << 20) + b"'/></r>", "reading.record_too_long"),
    ],
)
def test_hostile_xml(data: bytes, code: str) -> None:
    said = failed(data, Limits(record_mb=1)).said
    assert said.code == code
    if data.startswith(b"<r>\n"):
        assert (said.args["line"], said.args["column"]) == (2, 10)


def test_an_external_file_is_never_fetched() -> None:
    data = b'<!DOCTYPE r SYSTEM "file:///etc/hostname"><r><p><a>1</a></p><p><a>2</a></p></r>'
    assert read(data)[2] == [(1, "1"), (2, "2")]


HTML = """<html xmlns:x="urn:schemas-microsoft-com:office:excel"><head>
<meta http-equiv="Content-Type" content="text/html; charset=windows-1252"><style>td {a: b}</style></head>
<body><table><tr><td>menu</td></tr></table>
<table border=1><tr><td colspan=3>Ventes de l'été</td></tr>
<tr><th>Réf<th>Prix<th>Note</tr>
<tr><td rowspan=2>a<td>1,50&nbsp;€<td>x<br>y</tr><tr><td>&lt;2&gt;<td></td></tr>
<script>var x = "<td>no</td>";</script></table></body></html>"""


def test_an_html_table_named_xls() -> None:
    reading, _, rows = read(HTML.encode("cp1252"), "export.xls")
    assert reading.dialect.columns == ("Réf", "Prix", "Note")
    assert rows == [(3, "a", "1,50\u00a0€", "x\ny"), (4, None, "<2>", None)]
    assert reading.account.set_aside == {"preamble": 1}
    assert [n.code for n in reading.account.notes] == ["reading.other_format"]


def test_a_page_without_a_table_and_a_cell_that_spans_everything() -> None:
    assert (
        failed(b"<!doctype html><html><body>Please log in</body></html>").said.code == "reading.no_html_table"
    )
    wide = b"<table>" + b"<tr><td colspan=999999999 rowspan=999999999>a</td></tr>" * 3 + b"</table>"
    assert failed(wide, Limits(columns=500)).said.code == "reading.too_many_columns"
    assert failed(wide, Limits(cells=2500)).said.code == "reading.too_many_cells"


SHEETML = """<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>
<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">
<Worksheet ss:Name="Vide"><Table/></Worksheet><Worksheet ss:Name="Stock"><Table>
<Row><Cell ss:MergeAcross="2"><Data ss:Type="String">Titre</Data></Cell></Row>
<Row ss:Index="3"><Cell><Data ss:Type="String">Code</Data></Cell><Cell><Data ss:Type="String">Qté</Data></Cell>
<Cell><Data ss:Type="String">Date</Data></Cell></Row>
<Row><Cell><Data ss:Type="String">007</Data></Cell><Cell ss:Index="3"><Data ss:Type="DateTime">2024-03-01T00:00:00.000</Data></Cell></Row>
<Row><Cell><Data ss:Type="Boolean">1</Data></Cell><Cell><Data ss:Type="Number">0.30000000000000004</Data></Cell></Row>
</Table></Worksheet></Workbook>"""


def test_the_xml_of_excel_2003() -> None:
    reading, _, rows = read(SHEETML.encode(), "stock.xls")
    assert reading.dialect.columns == ("Code", "Qté", "Date")
    assert rows == [(4, "007", None, "2024-03-01"), (5, "true", "0.3", None)]
    assert reading.account.set_aside == {"preamble": 1, "blank": 1}
    assert (
        failed(SHEETML.replace('Index="3"', 'Index="9999"', 2).encode()).said.code
        == "reading.too_many_columns"
    )


@pytest.mark.parametrize("text", ["<TICKER>,<PER>,<DATE>\nA,D,20240301\n", "<10;b\n1;2\n"])
def test_texts_that_only_begin_like_markup(text: str) -> None:
    assert read(text.encode())[0].dialect.format == "csv"


def test_xml_that_lies_about_its_encoding() -> None:
    text = '<?xml version="1.0" encoding="UTF-8"?><r><p><a>Été à Nîmes</a></p><p><a>crème brûlée</a></p></r>'
    reading, _, rows = read(text.encode("cp1252"))
    assert rows == [(1, "Été à Nîmes"), (2, "crème brûlée")]
    assert [n.code for n in reading.account.notes] == ["reading.xml_encoding"]
    assert read(text.encode("utf-16"))[2] == read(text.encode())[2] == rows
    plain = text.replace("UTF-8", "us-ascii").encode("cp1252")
    assert read(plain, encoding="cp1252")[2] == rows
    for name in ("gb2312", "utf-7", "rot13", "nothing"):
        assert failed(text.replace("UTF-8", name).encode()).said.code in (
            "reading.unknown_encoding",
            "reading.markup_damaged",
        )


def test_bare_ampersands_and_names_of_html() -> None:
    text = (
        "<r><p><a>Dupont & fils &amp; Cie</a></p><p><a>1&nbsp;500 &eacute;t&eacute; &x; a=1&b=2</a></p></r>"
    )
    reading, _, rows = read(text.encode())
    assert rows == [(1, "Dupont & fils & Cie"), (2, "1\u00a0500 été &x; a=1&b=2")]
    assert [(n.code, n.args["count"]) for n in reading.account.notes] == [("reading.xml_mended", 6)]
    assert failed(text.encode(), repairs=False).said.code == "reading.markup_damaged"
    long = "<r>" + "<p><a>" + "é & " * 50_000 + "</a></p>" * 1 + "<p><a>x</a></p></r>"
    assert len(str(read(long.encode())[2][0][1])) == 200_000
    assert failed(b"<r><p>a & b</p><p><![CDATA[ & ]]></p></r>").said.code == "reading.markup_damaged"
