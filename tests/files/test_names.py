"""Claim numbers, and names that always fit a folder."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import files
from tests.files.conftest import NOW

names = st.binary(min_size=1, max_size=255).filter(lambda n: b"/" not in n and b"\0" not in n)
quick = settings(derandomize=True, deadline=None)


def test_a_claim_is_a_uuid_of_its_moment() -> None:
    claim = files.new_claim(NOW)
    assert UUID(claim).version == 7
    assert UUID(claim).variant == "specified in RFC 4122"
    assert files.claimed_at(claim) == NOW
    assert files.new_claim(NOW) != claim
    assert files.new_claim(NOW + timedelta(milliseconds=1)) > claim


@given(names, st.integers(1, 1000))
@quick
def test_work_names_come_back(name: bytes, attempt: int) -> None:
    claim = files.new_claim(NOW)
    entry = files.work_name(claim, attempt, name)
    parsed = files.parse_work_name(entry)
    assert len(entry) <= 255
    assert parsed is not None
    assert parsed[:2] == (claim, attempt)
    assert name.startswith(parsed[2])
    assert parsed[2] == name or len(entry) > 245


def test_a_long_name_is_not_cut_inside_a_character() -> None:
    entry = files.work_name(files.new_claim(NOW), 1, "é".encode() * 127)
    entry.decode()


@pytest.mark.parametrize("entry", [b"a.csv", b"@a", b"0" * 32 + b".1@", b"g" * 32 + b".1@a", b".part"])
def test_other_names_are_not_work_names(entry: bytes) -> None:
    assert files.parse_work_name(entry) is None
