"""What a file is, told by its content. The name only says what its sender believed."""

from __future__ import annotations

import json
import os
import re
from typing import BinaryIO

from pipeline.formats.text import BOMS, HEAD

TEXT = "csv"
MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\x1f\x8b", "gz"),
    (b"\x28\xb5\x2f\xfd", "zst"),
    (b"BZh", "bz2"),
    (b"\xfd7zXZ\0", "xz"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "xls"),
    (b"PAR1", "parquet"),
    (b"ARROW1\0\0", "arrow"),
    (b"\xff\xff\xff\xff", "arrow stream"),
)
FOREIGN: tuple[tuple[bytes, str], ...] = (  # no tables
    (b"%PDF-", "PDF"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"\x7fELF", "ELF"),
    (b"MZ\x90\0", "EXE"),
    (b"Rar!\x1a\x07", "RAR"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"\x09\x00\x04\x00", "Excel 2"),
    (b"\x09\x02\x06\x00", "Excel 3"),
    (b"\x09\x04\x06\x00", "Excel 4"),
    (b"SQLite format 3\0", "SQLite"),
    (b"{\\rtf", "RTF"),
)
PACKED = ("gz", "zst", "bz2", "xz", "zip")
WORKBOOKS = ("xlsx", "xlsb", "xls", "ods")
EXPECTED: dict[str, tuple[str, ...]] = {  # ending → what may stand in such a file
    "csv": (TEXT,), "tsv": (TEXT,), "tab": (TEXT,), "xlsx": ("xlsx",), "xlsm": ("xlsx",), "xlsb": ("xlsb",),
    "xls": ("xls",), "ods": ("ods",), "fods": ("fods",), "json": ("json", "ndjson"), "ndjson": ("ndjson", "json"),
    "jsonl": ("ndjson", "json"), "xml": ("xml", "sheetml"), "html": ("html",), "htm": ("html",),
    "parquet": ("parquet",), "arrow": ("arrow", "arrow stream"), "feather": ("arrow",), "gz": ("gz",),
    "zst": ("zst",), "bz2": ("bz2",), "xz": ("xz",), "zip": ("zip",),
}  # fmt: skip
FLAT = "application/vnd.oasis.opendocument.spreadsheet"
_JSON = re.compile(r'\{\s*(?:["}]|$)|\[\s*(?:[\[{"\]0-9-]|true|false|null|$)')
_MARKUP = re.compile(
    r"<(?:\?xml|!DOCTYPE\s|!--|[A-Za-z_][\w:.-]*(?:\s[^<>]*)?/?>\s*<|[A-Za-z_][\w:.-]*\s+[\w:.-]+\s*=\s*[\"'])",
    re.IGNORECASE,
)
_HTML = re.compile(
    r"<!doctype\s+html|(?:<[?!][^>]*>\s*)*<(?:html|head|body|table|meta|style|div)[\s>]", re.IGNORECASE
)


def kind_of(file: BinaryIO) -> str:
    """csv (any text), json, ndjson, xml, html, sheetml, a workbook, columnar, packed, or `foreign:NAME`."""
    file.seek(0)
    head = file.read(HEAD)
    for magic, kind in MAGIC:
        if head.startswith(magic):
            return _in_zip(file) if kind == "zip" else kind
    for magic, kind in FOREIGN:
        if head.startswith(magic):
            return f"foreign:{kind}"
    if head[257:262] == b"ustar":
        return "foreign:tar"
    return _text_kind(_text(head))


def _in_zip(file: BinaryIO) -> str:
    """Workbooks and documents are zips; the names of their parts stand at the end of the file."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - HEAD))
    names = file.read(HEAD)
    file.seek(0)
    start = file.read(HEAD)
    if b"mimetypeapplication/vnd.oasis.opendocument" in start[:200]:
        return "ods" if b"opendocument.spreadsheet" in start[:200] else "foreign:OpenDocument"
    for part in (names, start):
        if b"workbook.bin" in part and b"xl" in part:
            return "xlsb"
        if b"workbook.xml" in part and (b"[Content_Types].xml" in part or b"_rels" in part):
            return "xlsx"
        if b"word/document.xml" in part or b"ppt/presentation.xml" in part:
            return "foreign:Word, PowerPoint"
        if b"[Content_Types].xml" in part and b"sheet" in part.lower():  # by other names
            return "xlsb" if b".bin" in part else "xlsx"
    return "zip"


def _text(head: bytes) -> str:
    for bom, name in BOMS:
        if head.startswith(bom):
            return head[len(bom) :].decode(name, "ignore")
    found = json.detect_encoding(head[:4])  # by its NULs; all that matters here is ASCII
    return head.decode(found if found != "utf-8" else "latin-1", "ignore")


def _text_kind(text: str) -> str:
    start = text.lstrip("\ufeff \t\r\n")
    if start.startswith(("{", "[")):
        return _json_kind(start)
    if start.startswith("<") and _MARKUP.match(start):
        if _HTML.match(start):
            return "html"
        if FLAT in start[:4096]:
            return "fods"
        return "sheetml" if "urn:schemas-microsoft-com:office:spreadsheet" in start[:4096] else "xml"
    return TEXT


def _json_kind(start: str) -> str:
    """A text that begins like JSON is JSON unless its first line already shows that it is none."""
    if not _JSON.match(start):
        return TEXT
    line, _, rest = start.partition("\n")
    line = line.strip()
    try:
        _, end = json.JSONDecoder().raw_decode(line)
    except RecursionError:
        return "json"
    except json.JSONDecodeError as error:  # goes on in the next line, is longer than the head, or is damaged
        if start.startswith("["):
            open_ended = error.pos >= len(line) or error.msg.startswith("Unterminated")
            return "json" if open_ended or re.match(r"\[\s*\{", start) else TEXT
        more = rest.lstrip().startswith("{") and not line.endswith(("[", "{", ",", ":"))
        return "ndjson" if more else "json"
    if line[end:].strip():
        return TEXT
    return "ndjson" if rest.strip() else "json"


def ending(name: str) -> str:
    """The last ending of a file's name in lower case, without the dot."""
    return name.rpartition(".")[2].lower() if "." in name else ""


def disagrees(name: str, kind: str) -> bool:
    """Whether the name promises something else than the content is."""
    expected = EXPECTED.get(ending(name))
    return expected is not None and kind not in expected


def inner_name(name: str) -> str:
    """`sales.csv.gz` → `sales.csv`; a name without a packing's ending stays."""
    return name.rpartition(".")[0] if ending(name) in PACKED else name
