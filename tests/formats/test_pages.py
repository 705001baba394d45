"""Code pages by way of Latin-1: what comes out is what the codec says, to the byte."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.formats import pages
from pipeline.formats.text import Encoding, utf8_pieces


@pytest.mark.parametrize("name", pages.KNOWN)
@settings(deadline=None)
@given(
    data=st.binary(max_size=300)
    | st.text("éèàçœ€ŠžŸ “”²Ω;a\n", max_size=100).map(lambda t: t.encode("cp1252", "ignore"))
)
def test_same_as_the_codec(name: str, data: bytes) -> None:
    page = pages.page_of(name)
    assert page is not None
    text = page.utf8(data)
    assert text is None or text.decode() == data.decode(name)


def test_every_character_of_a_french_page_takes_the_short_way() -> None:
    data = "".join(chr(c) for c in range(32, 256) if c < 127 or c > 159) + "€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
    page = pages.page_of("cp1252")
    assert page is not None
    assert page.utf8(data.encode("cp1252")) == data.encode()


def test_a_byte_without_a_meaning_goes_the_long_way() -> None:
    data = b"caf\xe9 \x81 \x80" * 3
    assert b"".join(utf8_pieces(io.BytesIO(data), Encoding("cp1252"))).decode() == "café \x81 €" * 3


def test_codecs_of_several_bytes_have_no_page() -> None:
    assert pages.page_of("shift_jis") is None
    assert pages.page_of("utf-8") is None
