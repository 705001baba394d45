"""Attachments in what IMAP says of a mail."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.remote.imap_parts import Part, parts_of

TEXT = b'("TEXT" "PLAIN" ("CHARSET" "utf-8") NIL NIL "7BIT" 12 1 NIL NIL NIL NIL)'


def attached(params: bytes) -> bytes:
    return b'("TEXT" "CSV" NIL NIL NIL "BASE64" 12 1 NIL ("ATTACHMENT" (' + params + b")) NIL NIL)"


@pytest.mark.parametrize(
    ("params", "name"),
    [
        (b'"FILENAME" "a.csv"', "a.csv"),
        (b'"FILENAME" "a \\"b\\".csv"', 'a "b".csv'),
        (b'"FILENAME" "=?utf-8?q?R=C3=A8gle.csv?="', "Règle.csv"),
        (b'"FILENAME*" "utf-8\'\'R%C3%A8gle.csv"', "Règle.csv"),
        (b'"FILENAME*0" "very-" "FILENAME*1" "long.csv"', "very-long.csv"),
        (b'"FILENAME" "../../etc/passwd"', "../../etc/passwd"),
    ],
)
def test_names_in_every_way_that_mails_have(params: bytes, name: str) -> None:
    text = b"(" + TEXT + attached(params) + b' "MIXED" ("BOUNDARY" "x") NIL NIL NIL)'
    assert parts_of(text) == [Part("2", "text/csv", name, "base64")]


def test_an_attachment_without_a_name_and_one_of_an_attached_mail() -> None:
    bare = b'("APPLICATION" "OCTET-STREAM" NIL NIL NIL "BASE64" 12 NIL NIL NIL NIL)'
    inner = b"(" + TEXT + attached(b'"FILENAME" "in.csv"') + b' "MIXED" NIL NIL NIL)'
    mail = b'("MESSAGE" "RFC822" NIL NIL NIL "7BIT" 9 (NIL NIL) ' + inner + b" 5 NIL NIL NIL)"
    found = parts_of(b"(" + TEXT + bare + mail + b' "MIXED" NIL NIL NIL)')
    assert [(part.number, part.name) for part in found] == [("2", ""), ("3.2", "in.csv")]


@given(st.binary(max_size=200))
def test_nonsense_has_no_parts_and_does_no_harm(text: bytes) -> None:
    for some in (text, b"(" + TEXT + text + b")"):
        assert all(part.number for part in parts_of(some))
