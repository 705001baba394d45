"""What lies between a writer and its file: encodings, packing, and a count and hash of what comes through."""

from __future__ import annotations

import codecs
import gzip
import hashlib
import io
import unicodedata
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from pipeline.mapping.outward.making import Unwritable
from pipeline.mapping.outward.model import WriteOptions
from pipeline.words import message

LEVEL = 6
FIXED = (1980, 1, 1, 0, 0, 0)  # the same rows make the same archive
PLAIN = {
    "’": "'", "‘": "'", "‚": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "–": "-", "—": "-", "−": "-",
    "…": "...", "€": "EUR", "œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE", "ß": "ss", "ø": "o", "Ø": "O", "ł": "l",
    "Ł": "L", "\u00a0": " ", "\u202f": " ", "\u2009": " ", "•": "-", "™": "(TM)", "®": "(R)", "©": "(C)",
}  # fmt: skip


class Hashed(io.RawIOBase):
    """Passes bytes on, and knows their number and SHA-256."""

    def __init__(self, out: BinaryIO) -> None:
        self._out, self._hash, self.size = out, hashlib.sha256(), 0

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        view = memoryview(cast("bytes", data)).cast("B")
        self._out.write(view)
        self._hash.update(view)
        self.size += len(view)
        return len(view)

    @property
    def digest(self) -> bytes:
        return self._hash.digest()


class Encoded(io.RawIOBase):
    """Takes UTF-8 and writes another encoding. Raises Unwritable with the letter that it does not have."""

    def __init__(self, out: BinaryIO, options: WriteOptions) -> None:
        self._out, self._options = out, options
        self._encoding = options.encoding or "utf-8"
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._encoder = codecs.getincrementalencoder(self._encoding)()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        raw = bytes(cast("bytes", data))
        self._put(self._decoder.decode(raw))
        return len(raw)

    def end(self) -> None:
        """What an encoding of several states still holds."""
        self._out.write(self._encoder.encode("", True))

    def _put(self, text: str) -> None:
        try:
            made = self._encoder.encode(text)
        except UnicodeEncodeError:
            made = self._encoder.encode(self._mended(text))
        if made:
            self._out.write(made)

    def _mended(self, text: str) -> str:
        deed = self._options.unencodable
        found: dict[str, str] = {}
        for letter in set(text):
            if self._has(letter):
                continue
            made = self._options.replacement if deed == "replace" else ""
            if deed == "transliterate":
                made = transliterated(letter)
            if not made or not self._has(made):
                at = text.index(letter)
                around = text[max(0, at - 20) : at + 20].replace("\n", " ").replace("\r", " ").strip()
                facts = {"letter": letter, "name": unicodedata.name(letter, f"U+{ord(letter):04X}")}
                raise Unwritable(message("exports.letter", encoding=self._encoding, text=around, **facts))
            found[letter] = made
        return text.translate({ord(letter): made for letter, made in found.items()})

    def _has(self, text: str) -> bool:
        try:
            text.encode(self._encoding)
        except UnicodeEncodeError:
            return False
        return True


def transliterated(letter: str) -> str:
    """The nearest plain letters; "" when there are none."""
    if letter in PLAIN:
        return PLAIN[letter]
    bare = "".join(c for c in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(c))
    return "".join(PLAIN.get(c, c) for c in bare) if bare != letter else ""


@contextmanager
def encoded(out: BinaryIO, options: WriteOptions) -> Iterator[object]:
    """UTF-8 goes through as it is; anything else in blocks."""
    codec = codecs.lookup(options.encoding or "utf-8").name
    if options.bom and codec == "utf-8":
        out.write(codecs.BOM_UTF8)
    if codec in ("utf-8", "utf-8-sig"):
        if codec == "utf-8-sig":
            out.write(codecs.BOM_UTF8)
        yield out
        return
    coding = Encoded(out, options)
    yield coding
    coding.end()


@contextmanager
def packed(out: BinaryIO, ending: str, inner: str) -> Iterator[BinaryIO]:
    """What is written comes out packed; the same content gives the same bytes."""
    if ending == ".gz":
        with gzip.GzipFile(filename="", mode="wb", compresslevel=LEVEL, fileobj=out, mtime=0) as packing:
            yield cast("BinaryIO", packing)
    elif ending == ".zst":
        with _zstd(out) as packing_zst:
            yield packing_zst
    else:
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            entry = zipfile.ZipInfo(inner, FIXED)
            entry.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(entry, "w", force_zip64=True) as member:
                yield cast("BinaryIO", member)


def _zstd(out: BinaryIO) -> BinaryIO:
    import sys

    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return cast("BinaryIO", zstd.ZstdFile(out, "wb"))
