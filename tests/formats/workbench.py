"""Files of every format as the tests need them: made by hand, so that they can be made wrong."""

from __future__ import annotations

import io
import os
import struct
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import BinaryIO

from pipeline.formats import Limits, open_reading
from pipeline.formats.model import Batch, Reading
from pipeline.mapping.model import ReadOptions

Rows = list[tuple[object, ...]]
SAMPLES = Path(os.environ.get("PIPELINE_SAMPLES") or Path(__file__).parents[2].parent / "shared" / "samples")
NO_SAMPLES = "the sample files lie beside the repository, not in it; PIPELINE_SAMPLES says where"
SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def read(
    data: bytes | BinaryIO,
    name: str = "",
    limits: Limits | None = None,
    required: Sequence[str] = (),
    **options: object,
) -> tuple[Reading, list[Batch], Rows]:
    """Read it whole; the law of conservation is checked on the way."""
    file = io.BytesIO(data) if isinstance(data, bytes) else data
    reading = open_reading(file, ReadOptions(**options), required, name, limits or Limits())  # type: ignore[arg-type]
    batches = list(reading)
    rows = [row for batch in batches for row in batch.frame.rows()]
    assert reading.account.records == len(rows) + sum(len(b.damaged) for b in batches)
    assert reading.account.damaged == sum(len(b.damaged) for b in batches)
    return reading, batches, rows


def zipped(parts: dict[str, bytes | str], packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", packing) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def xlsx(
    sheets: dict[str, str], strings: Iterable[str] = (), formats: Sequence[str] = (), book: str = "",
    hidden: Sequence[str] = (), more: dict[str, bytes | str] | None = None,
) -> bytes:  # fmt: skip
    """`sheets`: name → the rows' XML; cell style n+1 shows numbers by `formats[n]`."""
    tags = "".join(
        f'<sheet name="{name}" sheetId="{n}" r:id="rId{n}"{" state=" + chr(34) + "hidden" + chr(34) if name in hidden else ""}/>'
        for n, name in enumerate(sheets, 1)
    )
    codes = "".join(f'<numFmt numFmtId="{164 + n}" formatCode="{code}"/>' for n, code in enumerate(formats))
    styles = '<xf numFmtId="0"/>' + "".join(f'<xf numFmtId="{164 + n}"/>' for n in range(len(formats)))
    parts: dict[str, bytes | str] = {
        "[Content_Types].xml": "<Types/>",
        "xl/workbook.xml": f'<workbook xmlns="{SHEET}" xmlns:r="{LINKS}">{book}<sheets>{tags}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": "<Relationships>"
        + "".join(
            f'<Relationship Id="rId{n}" Target="worksheets/sheet{n}.xml"/>' for n in range(1, len(sheets) + 1)
        )
        + "</Relationships>",
        "xl/styles.xml": f'<styleSheet xmlns="{SHEET}"><numFmts>{codes}</numFmts><cellXfs>{styles}</cellXfs></styleSheet>',
        "xl/sharedStrings.xml": f'<sst xmlns="{SHEET}">'
        + "".join(f"<si>{s}</si>" for s in strings)
        + "</sst>",
    }
    for n, rows in enumerate(sheets.values(), 1):
        parts[f"xl/worksheets/sheet{n}.xml"] = (
            f'<worksheet xmlns="{SHEET}"><sheetData>{rows}</sheetData></worksheet>'
        )
    return zipped(parts | (more or {}))


def sheet_rows(rows: Sequence[Sequence[object]], first: int = 1) -> str:
    """Rows of texts and numbers as sheet XML; None is no cell."""
    out = []
    for line, row in enumerate(rows, first):
        cells = "".join(
            _cell(chr(65 + at) + str(line), value) for at, value in enumerate(row) if value is not None
        )
        out.append(f'<row r="{line}">{cells}</row>')
    return "".join(out)


def _cell(place: str, value: object) -> str:
    if isinstance(value, str):
        return f'<c r="{place}" t="inlineStr"><is><t>{value}</t></is></c>'
    return f'<c r="{place}"><v>{value}</v></c>'


def ods(table: str) -> bytes:
    spaces = 'xmlns:office="o" xmlns:table="t" xmlns:text="x"'
    content = (
        f"<office:document-content {spaces}><office:body><office:spreadsheet>"
        f'<table:table table:name="Feuille1">{table}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    ).replace('"o"', '"urn:oasis:names:tc:opendocument:xmlns:office:1.0"')
    content = content.replace('"t"', '"urn:oasis:names:tc:opendocument:xmlns:table:1.0"')
    content = content.replace('"x"', '"urn:oasis:names:tc:opendocument:xmlns:text:1.0"')
    manifest = '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", manifest)
        archive.writestr(zipfile.ZipInfo("content.xml"), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


ERRORS = {"#DIV/0!": 0x07, "#REF!": 0x17, "#N/A": 0x2A}
"""What a cell of `xls` and `xlsb` may hold as an error: as a value, or with `=` before it as what a formula gives."""


def xls(rows: Sequence[Sequence[str | float | None]], code: str = "00000") -> bytes:
    """A BIFF8 workbook in its compound file; an int is shown by the number format `code`."""

    def record(kind: int, body: bytes) -> bytes:
        return struct.pack("<HH", kind, len(body)) + body

    def text(value: str) -> bytes:
        return value.encode("utf-16-le")

    bof = struct.pack("<HHHHII", 0x0600, 0x0005, 0, 1997, 0, 6)
    name = "Sheet1"
    bound_size = 4 + 8 + len(text(name))
    globals_ = record(0x0809, bof) + record(0x0042, struct.pack("<H", 1200))
    globals_ += record(0x041E, struct.pack("<HHB", 164, len(code), 1) + text(code))
    globals_ += b"".join(record(0x00E0, struct.pack("<HH", 0, shown) + bytes(16)) for shown in (0, 164))
    start = len(globals_) + bound_size + 4
    globals_ += record(0x0085, struct.pack("<IHBB", start, 0, len(name), 1) + text(name)) + record(
        0x000A, b""
    )
    sheet = record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 1997, 0, 6))
    for r, row in enumerate(rows):
        for c, value in enumerate(row):
            if value in ERRORS:
                sheet += record(0x0205, struct.pack("<HHHBB", r, c, 0, ERRORS[str(value)], 1))
            elif isinstance(value, str) and value[:1] == "=":
                result = bytes((2, 0, ERRORS[value[1:]], 0, 0, 0, 255, 255))
                sheet += record(0x0006, struct.pack("<HHH", r, c, 0) + result + bytes(6) + b"\2\0\x1c\7")
            elif isinstance(value, str):
                body = struct.pack("<HHHHB", r, c, 0, len(value), 1) + text(value)
                sheet += record(0x0204, body)
            elif isinstance(value, int):
                sheet += record(0x027E, struct.pack("<HHHI", r, c, 1, value << 2 | 2))
            elif value is not None:
                sheet += record(0x0203, struct.pack("<HHHd", r, c, 0, value))
    return compound("Workbook", globals_ + sheet + record(0x000A, b""))


def compound(name: str, stream: bytes) -> bytes:
    """A compound file (OLE) of one stream."""
    stream = stream.ljust(4096, b"\0")
    stream += b"\0" * (-len(stream) % 512)
    count = len(stream) // 512
    end, free, table = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
    fat = [table, end, *range(3, count + 2), end]
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
    head += bytes(6) + struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, end, 0, end, 0)
    head += struct.pack("<109I", 0, *[free] * 108)

    def entry(title: str, kind: int, child: int, start: int, size: int) -> bytes:
        label = title.encode("utf-16-le") + b"\0\0"
        out = label.ljust(64, b"\0") + struct.pack("<HBBIII", len(label), kind, 1, free, free, child)
        return out + bytes(36) + struct.pack("<IQ", start, size)

    folder = entry("Root Entry", 5, 1, end, 0) + entry(name, 2, free, 2, len(stream))
    folder = folder.ljust(512, b"\0")
    return head + struct.pack("<128I", *fat, *[free] * (128 - len(fat))) + folder + stream


def xlsb(rows: Sequence[Sequence[str | float | None]], code: str = "00000") -> bytes:
    """An int is shown by the number format `code`."""

    def record(kind: int, body: bytes = b"") -> bytes:
        head = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
        return head + bytes([len(body) & 0x7F | 0x80, len(body) >> 7]) + body

    def text(value: str) -> bytes:
        return struct.pack("<I", len(value)) + value.encode("utf-16-le")

    book = record(131) + record(143) + record(156, struct.pack("<II", 0, 1) + text("rId1") + text("Sheet1"))
    book += record(144) + record(132)
    width = max(map(len, rows))
    sheet = record(129) + record(148, struct.pack("<IIII", 0, len(rows) - 1, 0, width - 1)) + record(145)
    for r, row in enumerate(rows):
        sheet += record(0, struct.pack("<IIHBBB", r, 0, 0, 0, 0, 0) + struct.pack("<I", 0))
        for c, value in enumerate(row):
            place = struct.pack("<II", c, 1 if isinstance(value, int) else 0)
            if value in ERRORS:
                sheet += record(3, place + bytes((ERRORS[str(value)],)))
            elif isinstance(value, str) and value[:1] == "=":
                sheet += record(
                    11, place + bytes((ERRORS[value[1:]],)) + struct.pack("<HI", 0, 2) + b"\x1c\7" + bytes(4)
                )
            elif isinstance(value, str):
                sheet += record(6, place + text(value))
            elif value is not None:
                sheet += record(5, place + struct.pack("<d", value))
    sheet += record(146) + record(130)
    kind = f"{LINKS}/worksheet"
    styles = (
        record(278)
        + record(615, struct.pack("<I", 1))
        + record(44, struct.pack("<H", 164) + text(code))
        + record(616)
    )
    styles += record(617, struct.pack("<I", 2))
    styles += b"".join(record(47, struct.pack("<HH", 0xFFFF, shown) + bytes(12)) for shown in (0, 164))
    styles += record(618) + record(279)
    return zipped(
        {
            "[Content_Types].xml": "<Types/>",
            "xl/workbook.bin": book,
            "xl/styles.bin": styles,
            "xl/_rels/workbook.bin.rels": f'<Relationships><Relationship Id="rId1" Type="{kind}"'
            ' Target="worksheets/sheet1.bin"/></Relationships>',
            "xl/worksheets/sheet1.bin": sheet,
        }
    )
