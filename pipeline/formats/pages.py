"""Code pages of one byte a character to UTF-8 by way of Latin-1, which is faster than their codecs."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from functools import cache

KNOWN = ("cp1252", "iso8859-15", "iso8859-1", "mac_roman", "cp850", "cp437", "cp1250", "cp1251")
STEP = 1 << 18  # bytes at once, which stay in the processor's memory
ASCII = bytes(range(128))
SAME = bytes(range(256))
STAND_INS = range(0x80, 0xA0)  # control characters of Latin-1 that stand for others on the way


@dataclass(frozen=True, slots=True)
class Page:
    """`latin`: each byte as its Latin-1 character; `others`: the bytes of other characters → UTF-8; `never`: bytes
    that mean nothing or a control character."""

    latin: bytes
    others: dict[int, bytes]
    never: frozenset[int]

    def utf8(self, piece: bytes) -> bytes | None:
        """The piece as UTF-8; None where it takes more than this."""
        parts = []
        for at in range(0, len(piece), STEP):
            part = piece[at : at + STEP]
            if not part.isascii():
                swapped = self._utf8(part)
                if swapped is None:
                    return None
                part = swapped
            parts.append(part)
        return b"".join(parts)

    def _utf8(self, part: bytes) -> bytes | None:
        high = set(part.translate(None, ASCII))
        others = sorted(high & self.others.keys())
        if len(others) > len(STAND_INS) or high & self.never:
            return None
        table = bytearray(self.latin)
        for stand_in, byte in zip(STAND_INS, others, strict=False):
            table[byte] = stand_in
        text = (part if table == SAME else part.translate(table)).decode("latin-1").encode("utf-8")
        for stand_in, byte in zip(STAND_INS, others, strict=False):
            text = text.replace(bytes((0xC2, stand_in)), self.others[byte])
        return text


@cache
def page_of(name: str) -> Page | None:
    """The page of a codec; None for one that is not known to be of one byte a character."""
    if codecs.lookup(name) not in map(codecs.lookup, KNOWN):
        return None
    latin, others, never = bytearray(range(256)), dict[int, bytes](), set[int]()
    for byte in range(128, 256):
        char = codecs.decode(bytes((byte,)), name, "replace")
        if char == "\ufffd" or ord(char) in STAND_INS:
            never.add(byte)
        elif ord(char) < 256:
            latin[byte] = ord(char)
        else:
            others[byte] = char.encode()
    return Page(bytes(latin), others, frozenset(never))
