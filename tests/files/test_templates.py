"""Where an imported file is kept: by template, and always a name that the folder takes."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.files import PLACEHOLDERS, archive_name, template_mistake
from pipeline.jobs import ARCHIVE
from tests.files.test_names import names, quick

AT = datetime(2026, 11, 24, 8, 0, 3, tzinfo=ZoneInfo("Europe/Paris"))


def place(template: str, name: bytes = b"sales.csv", folder: str = "") -> str:
    return b"/".join(archive_name(template, "web-sales", 1234, AT, name, folder)).decode()


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        (ARCHIVE, "2026/11/24/080003-1234-sales.csv"),
        ("{name}", "sales.csv"),
        ("{year}-{month}/{stem}-{id}{ext}", "2026-11/sales-1234.csv"),
        ("{folder}/{name}", "stations/caisse-1/sales.csv"),
        ("{folder}-{name}", "stations_caisse-1-sales.csv"),
        ("{job}/kept/{id}", "web-sales/kept/1234"),
    ],
)
def test_a_template_is_filled_in(template: str, expected: str) -> None:
    assert template_mistake(template) is None
    assert place(template, folder="stations/caisse-1") == expected


def test_no_folder_no_part() -> None:
    assert place("{folder}/{name}") == "sales.csv"
    assert place("{folder}/{name}", folder="../../etc") == "etc/sales.csv"


def test_a_long_name_keeps_number_and_ending_and_whole_characters() -> None:
    (last,) = archive_name("{time}-{id}-{name}", "j", 1234, AT, "é".encode() * 124 + b".xlsx", "")
    assert len(last) <= 255
    assert last.startswith(b"080003-1234-")
    assert last.endswith("é.xlsx".encode())
    last.decode()


@given(st.lists(st.sampled_from(PLACEHOLDERS), max_size=4), names, st.text(max_size=300))
@quick
def test_every_name_fits_its_folder(used: list[str], name: bytes, folder: str) -> None:
    template = "x/" + "-".join("{" + p + "}" for p in [*used, "id"])
    folder = folder.replace("\0", "").encode("utf-8", "ignore").decode()
    parts = archive_name(template, "web/sales", 1234, AT, name, folder)
    assert parts[0] == b"x"
    for part in parts:
        assert 0 < len(part) <= 255
        assert b"/" not in part
        assert part not in (b".", b"..")
    if "id" in used[:1]:
        assert parts[-1].startswith(b"1234")


@pytest.mark.parametrize(
    ("template", "code"),
    [
        ("{year}/{nom}", "files.template_unknown"),
        ("{}/{name}", "files.template_unknown"),
        ("{id:05}", "files.template_unknown"),
        ("{name!r}", "files.template_unknown"),
        ("{name.stem}", "files.template_unknown"),
        ("{name", "files.template_braces"),
        ("/archive/{name}", "files.template_absolute"),
        ("~/{name}", "files.template_absolute"),
        ("a\\{name}", "files.template_absolute"),
        ("../{name}", "files.template_parts"),
        ("a//{name}", "files.template_parts"),
        ("a/{name}/", "files.template_parts"),
        ("{year}/{month}", "files.template_same"),
        ("", "files.template_parts"),
    ],
)
def test_a_bad_template_is_told(template: str, code: str) -> None:
    mistake = template_mistake(template)
    assert mistake is not None
    assert mistake.code == code
