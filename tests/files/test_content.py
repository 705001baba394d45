"""Checksums beside a file, and its last line."""

from __future__ import annotations

import codecs
import hashlib
from io import BytesIO
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import files
from tests.files.test_names import quick

CONTENT = b"x\n1\n"
SHA256, MD5 = hashlib.sha256(CONTENT).hexdigest(), hashlib.md5(CONTENT).hexdigest()


@pytest.mark.parametrize(
    ("companion", "content", "fits"),
    [
        ("a.csv.sha256", SHA256, True),
        ("a.csv.SHA256", SHA256.upper() + "\n", True),
        ("a.csv.sha256", f"{SHA256}  a.csv\n", True),
        ("a.csv.sha256", f"{SHA256} *a.csv\r\n", True),
        ("a.csv.sha256", f"\ufeff{SHA256}  a.csv", True),
        ("a.csv.sha256", f"# made by a shop\n{SHA256}  a.csv", True),
        ("a.md5", MD5, True),
        ("a.sha1", hashlib.sha1(CONTENT).hexdigest(), True),
        ("a.sha256", hashlib.sha256(b"other").hexdigest(), False),
        ("a.md5", hashlib.md5(b"").hexdigest(), False),
        ("a.sha256", MD5, None),
        ("a.sha256", "", None),
        ("a.sha256", "nothing of the kind", None),
        ("a.ok", SHA256, None),
    ],
)
def test_a_checksum_beside_a_file(companion: str, content: str, fits: bool | None) -> None:
    found = files.checksum_fits(BytesIO(CONTENT), companion.encode(), content.encode())
    assert found is fits
    assert files.is_checksum_name(companion.encode()) == (not companion.endswith(".ok"))


def cut(content: bytes) -> tuple[bytes, str]:
    file: BinaryIO = BytesIO(content)
    view, line = files.before_last_line(file)
    whole = view.read()
    view.seek(0)
    assert view.read(3) == whole[:3]
    assert view.seek(0, 2) == len(whole)
    assert view.read() == b""
    view.close()
    assert not file.closed
    return whole, line


@pytest.mark.parametrize(
    ("content", "before", "line"),
    [
        (b"a\n1\nFIN;1\n", b"a\n1\n", "FIN;1"),
        (b"a\r\n1\r\nFIN;1", b"a\r\n1\r\n", "FIN;1"),
        (b"a\r1\rFIN;1\r", b"a\r1\r", "FIN;1"),
        (b"a\n1\nFIN;1\r\n\r\n\x1a", b"a\n1\n", "FIN;1"),
        (b"FIN;0\n", b"", "FIN;0"),
        (b"\xef\xbb\xbfFIN;0\n", b"", "FIN;0"),
        (b"a\nTotal \xe9t\xe9;1\n", b"a\n", "Total été;1"),
        ("a\nTotal été;1\n".encode(), b"a\n", "Total été;1"),
        (b"", b"", ""),
        (b"\n\n", b"\n\n", ""),
        (b"a\n" + b"x" * 70_000, b"a\n" + b"x" * 70_000, ""),
        (b"y" * 70_000 + b"\nFIN;1\n", b"y" * 70_000 + b"\n", "FIN;1"),
    ],
)
def test_the_last_line_is_cut_off(content: bytes, before: bytes, line: str) -> None:
    assert cut(content) == (before, line)


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("rows", [1, 12_000])
def test_the_last_line_of_a_file_of_two_byte_characters(codec: str, rows: int) -> None:
    mark = codecs.BOM_UTF16_LE if codec == "utf-16-le" else codecs.BOM_UTF16_BE
    head = mark + ("n;été\r\n" + "1;Ċ\r\n" * rows).encode(codec)
    assert cut(head + "FIN;2\r\n".encode(codec)) == (head, "FIN;2")


@given(st.binary(max_size=200))
@quick
def test_nothing_is_lost_by_the_cut(content: bytes) -> None:
    before, line = cut(content)
    assert content.startswith(before)
    assert line or before == content
