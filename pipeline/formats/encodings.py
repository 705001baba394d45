"""Which encoding a file is in: judged over the whole file, held when two readings are as likely.

Marks and NULs tell UTF-16 and UTF-32, validity tells UTF-8. The code pages of one byte a character are weighed by
what their characters would be doing: an upper-case letter inside a lower-case word, a box-drawing line inside a
name, or a currency sign without a number speak against a code page.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections import Counter
from functools import cache
from typing import BinaryIO

from pipeline.errors import FileFailed
from pipeline.formats.common_words import COMMON
from pipeline.formats.text import BOMS, FAMILY, HEAD, Encoding, known_codec, line_at
from pipeline.words import message

PAGES = (
    "cp1252",
    "iso8859-15",
    "mac_roman",
    "cp850",
    "cp437",
)  # in the order preferred when the text is equal
PRIOR = {"cp1252": 1.5, "iso8859-15": 0.8, "mac_roman": 0.5, "cp850": 0.3, "cp437": 0.0}  # what comes, mostly
OLD_MAC = 3.0  # for mac_roman, when a CR alone ends the lines: that is its signature
DOUBT = 0.8  # so far apart must two readings be that differ
THIN = 2.8  # the same, each kind of place counted once: a word that is there a thousand times proves no more
KNOWN = 0.8  # how sure a file is that only words which are known decide
PIECE = 1 << 20
SAMPLED = 800  # high bytes looked at in each piece; of a byte that is new, all pieces are asked
MUCH = 4 << 20  # bytes after which an eighth of that suffices
ASCII = bytes(range(128))
LETTERS = {
    "é": 3.0, "è": 2.5, "à": 2.5, "ê": 2.0, "ç": 2.0, "ô": 1.6, "î": 1.6, "â": 1.6, "û": 1.5, "ù": 1.5, "ë": 1.0,
    "ï": 1.0, "ü": 2.0, "ö": 2.0, "ä": 2.0, "ß": 1.6, "ñ": 2.0, "á": 2.0, "í": 2.0, "ó": 2.0, "ú": 1.6, "ò": 1.6,
    "ì": 1.4, "œ": 1.2, "ã": 1.4, "õ": 0.9, "å": 0.6, "ø": 0.6, "æ": 0.6, "ÿ": -0.2, "ý": -0.2, "š": -0.2, "ž": -0.2,
}  # fmt: skip
ALONE = "àèÀÈ"  # letters that are words
Context = tuple[bytes, bytes, bytes]  # class of the byte before, a run of high bytes, class of the byte after


def _classes() -> bytes:
    """Every ASCII byte as its class: a-o-u, e-i-y, consonant, digit, apostrophe, blank or edge of a cell, other."""
    table = bytearray(range(256))
    for byte in range(128):
        c = chr(byte)
        if c.isalpha():
            kind = "o" if c in "aouAOU" else "e" if c in "eiyEIY" else "b"
            table[byte] = ord(kind if c.islower() else kind.upper())
        elif c.isdigit():
            table[byte] = ord("0")
        elif c != "'":
            table[byte] = ord(" ") if c.isspace() or c in ',;|"' else ord(".")
    return bytes(table)


CLASSES = _classes()
MOST_WORDS = 2000
_WORD = re.compile(rb"[A-Za-z\x80-\xff]*[\x80-\xff][A-Za-z\x80-\xff]*")
_RUN = re.compile(rb"[\x80-\xff]{1,40}")


def find_encoding(file: BinaryIO, stated: str | None) -> Encoding:
    """The stated encoding, else what the whole file says. FileFailed when it cannot be known."""
    file.seek(0)
    head = file.read(HEAD)
    marked = next((Encoding(name, len(bom)) for bom, name in BOMS if head.startswith(bom)), None)
    if stated is not None:
        return _stated(file, known_codec(stated), marked)
    if marked is not None and marked.name != "utf-8":
        return marked
    wide = None if marked else _by_nuls(head)
    if wide is not None:
        return wide
    bom = marked.bom if marked else 0
    if invalid_utf8_at(file) is None:
        return Encoding("utf-8", bom)
    if mostly_utf8(file):
        return Encoding("utf-8", bom, damaged=True)
    return _page(file, bom)


def _stated(file: BinaryIO, name: str, marked: Encoding | None) -> Encoding:
    plain, bom = FAMILY.get(name, name), 0
    if marked is not None and (
        marked.name == plain or (name in ("utf-16", "utf-32") and name in marked.name)
    ):
        plain, bom = marked.name, marked.bom
    if plain == "utf-8":
        line = invalid_utf8_at(file)
        if line is not None:
            if mostly_utf8(file):
                return Encoding(plain, bom, damaged=True)
            raise FileFailed(message("reading.undecodable", encoding=name, line=line))
    return Encoding(plain, bom)


def _by_nuls(head: bytes) -> Encoding | None:
    """UTF-16 and UTF-32 without a mark: every second byte (or three of four) of mostly Latin text is NUL."""
    head = head[: (len(head.rstrip(b"\0")) + 4) // 4 * 4]
    for width, places in ((4, ("utf-32-be", "", "", "utf-32-le")), (2, ("utf-16-be", "utf-16-le"))):
        size = len(head) // width
        if size < 2:
            continue
        nul = [head[i::width].count(0) / size for i in range(width)]
        if width == 4 and min(nul[1], nul[2]) < 0.9:
            continue
        first, last = nul[0], nul[-1]
        if first > 0.6 and last < 0.05:
            return Encoding(places[0])
        if last > 0.6 and (first < 0.05 or (first <= 1 / size and size < 40)):
            return Encoding(places[-1])
    return None


def invalid_utf8_at(file: BinaryIO) -> int | None:
    """None if the whole file is UTF-8; else the line (1-based, by LF) near the first byte that is not."""
    file.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    while True:
        piece = file.read(PIECE)
        try:
            if piece and piece.isascii() and not decoder.getstate()[0]:
                continue
            decoder.decode(piece, final=not piece)
        except UnicodeDecodeError as error:
            return line_at(file, file.tell() - len(error.object) + error.start)
        if not piece:
            return None


def mostly_utf8(file: BinaryIO) -> bool:
    """UTF-8 with spoilt or foreign bytes: no code page makes valid pairs of half of its high bytes."""
    file.seek(0)
    high = bad = 0
    decoder = codecs.getincrementaldecoder("utf-8")("ignore")
    read = kept = 0
    while piece := file.read(PIECE):
        if not piece.isascii():
            high += len(piece.translate(None, ASCII))
        read += len(piece)
        kept += len(decoder.decode(piece).encode())
        if high > 20_000 and (read - kept - 3) * 2 > high:
            return False
    bad = read - kept - len(decoder.getstate()[0])
    return high - bad >= 4 and bad * 2 <= high


def contexts(file: BinaryIO) -> Counter[Context]:
    """What stands around the high bytes: a sample of every piece, and every byte that occurs anywhere."""
    file.seek(0)
    seen: Counter[Context] = Counter()
    known: set[int] = set()
    while piece := file.read(PIECE):
        if piece.isascii():
            continue
        high = piece.translate(None, ASCII)
        most = SAMPLED if file.tell() <= MUCH else SAMPLED // 8
        part = len(piece) if len(high) <= most else len(piece) * most // len(high)
        found = _around(piece[: part + 1].translate(CLASSES), 0, part)
        known.update(*(run for _, run, _ in found))
        for byte in set(high) - known:
            at = piece.find(byte)
            for _ in range(20):
                if at < 0:
                    break
                first = max(0, at - 2)
                near = piece[first : at + 3].translate(CLASSES)
                found += _around(near, max(0, at - 1) - first, at + 2 - first)
                at = piece.find(byte, at + 1)
        if len(seen) < 100_000:
            seen.update(found)
    return seen


def _around(classed: bytes, start: int, stop: int) -> list[Context]:
    """The runs of high bytes in a stretch, with what stands before and after each."""
    found: list[Context] = []
    for run in _RUN.finditer(classed, start, stop):
        first, last = run.span()
        before, after = classed[max(0, first - 1) : first], classed[last : last + 1]
        found.append((before if before < b"\x80" else b"", run[0], after if after < b"\x80" else b""))
    return found


def _page(file: BinaryIO, bom: int) -> Encoding:
    """The code page whose characters make most sense; held with both readings when two make as much."""
    seen = contexts(file)
    total = sum(len(run) * count for (_, run, _), count in seen.items())
    prior = PRIOR | {"mac_roman": OLD_MAC} if _old_mac(file) else PRIOR
    points, once = dict(prior), dict(prior)
    for name in PAGES:
        for context, count in seen.items():
            found = _points(*context, name)
            points[name] += found * count
            once[name] += found
    ranking = sorted(PAGES, key=lambda name: -points[name])
    best = ranking[0]
    others = [name for name in ranking[1:] if _differ(seen, best, name)]
    margin = min((points[best] - points[name] for name in others), default=99.0)
    rival = max(others, key=lambda name: once[name] + _leave(best, name), default=PAGES[0])
    thin = once[best] - once[rival] - _leave(best, rival) if others else 99.0
    other_script = _all_high(seen)
    if other_script:
        rival, thin = "cp1251", 0.0
    nonsense = points[best] < 0.25 * total
    if nonsense or margin < DOUBT or thin < THIN:
        known = _by_words(file, seen)
        if known is not None and not other_script:
            return Encoding(known, bom, sure=KNOWN)
        one, two = sample_words(file, best, rival)
        doubt = message("reading.encoding_unsure", first=best, second=rival, one=one, two=two)
        if _few(file, nonsense):
            return Encoding("utf-8", bom, damaged=True, rescue=False, doubt=None if nonsense else doubt)
        raise FileFailed(doubt)
    return Encoding(best, bom, sure=round(min(1.0, 0.5 + min(margin, thin) / 8), 2))


def _leave(one: str, other: str) -> float:
    """What two readings may be nearer: these two differ in eight signs of which one is seldom written."""
    return DOUBT - THIN if {one, other} == {"cp1252", "iso8859-15"} else 0.0


def _by_words(file: BinaryIO, seen: Counter[Context]) -> str | None:
    """The one code page in which words of the file are words that people write. None when that does not decide."""
    file.seek(0)
    words: set[bytes] = set()
    while len(words) < MOST_WORDS and (piece := file.read(PIECE)):
        words.update(_WORD.findall(piece)[:MOST_WORDS])
    hits = {n: sum(word.decode(n, "replace").lower() in COMMON for word in words) for n in PAGES}
    best = max(PAGES, key=lambda name: hits[name])
    rivals = [name for name in PAGES if hits[name] == hits[best] and name != best]
    return best if hits[best] and not any(_differ(seen, best, name) for name in rivals) else None


def _all_high(seen: Counter[Context]) -> bool:
    """Whether whole words are made of high bytes, as where the letters are not Latin: then no page here fits."""
    long = [run for _, run, _ in seen if len(run) > 2 and run.decode("cp1251", "replace").isalpha()]
    return len(set(long)) > 1 and len(long) * 2 > len(seen)


def _old_mac(file: BinaryIO) -> bool:
    """Whether a CR alone ends the lines."""
    file.seek(0)
    head = file.read(HEAD)
    return b"\r" in head and b"\n" not in head


def _few(file: BinaryIO, nonsense: bool) -> bool:
    """Whether the bytes in question stand in so few lines that they cost those lines and not the file."""
    file.seek(0)
    lines = bad = 0
    while piece := file.read(PIECE):
        ends = max(piece.count(b"\n"), piece.count(b"\r"))
        lines += ends
        if not piece.isascii():
            bad += sum(not line.isascii() for line in re.split(rb"[\r\n]+", piece))
    return bad <= (max(2, lines // 20) if nonsense else lines // 50) and lines > 2


@cache
def _points(before: bytes, run: bytes, after: bytes, name: str) -> float:
    text = before.decode() + run.decode(name, "replace") + after.decode()
    first = len(before)
    around = " " * (1 - first) + text + (" " if not after else "")
    return sum(_character(around[i - 1], around[i], around[i + 1]) for i in range(1, 1 + len(run)))


def _character(p: str, c: str, n: str) -> float:
    """How well a character sits between its neighbours (ASCII ones as classes)."""
    if c.isalpha() and unicodedata.name(c, "").startswith("LATIN") and c not in "ªº":
        return _letter(p, c, n)
    if c == "’":
        return (4.8 if n == "b" else 3.5) if p.isalpha() and n.isalpha() else 0.0
    if c in "«»“”„‘‹›":
        if p == " " == n:
            return 0.3
        return 1.0 if " " in (p, n) or p in ".'" or n in ".'" or "\u00a0" in (p, n) else -0.5
    if c in "…•":
        return 0.4 if c == "…" else 1.0 if p == " " else -1.0
    if c in "–—":
        return 1.0 if p in " 0" and n in " 0" else -0.5
    if c in "€£":
        return 2.5 if (p in "0 \u00a0" and n in " ./0") or n == "0" else (-0.5 if c == "£" else 0.5)
    if c == "°":
        return 2.5 if (p == "0" or p.isalpha()) and (n in " 0.\u00a0" or n.isalpha()) else 0.3
    if c in "²³":
        return 1.5 if (p == "0" or p.isalpha()) and not n.isalpha() else -1.0
    if c in "ªº":
        return 1.5 if p == "0" and not n.isalpha() else -1.0
    if c == "\u00a0":
        return 1.0 if p in "0€«" or n in "0.€»" or p.isalpha() else 0.0
    if c == "µ":
        return 2.0 if n.isalpha() and p in " 0" else -1.0
    if c in "©®™" and not n.isalpha() and (p.isalpha() or (p == " " and n in " 0")):
        return 1.5
    if c in "©®™§½¼¾×±":
        return 0.3 if not (p.isalpha() and n.isalpha()) else -2.0
    if c in "¡¿":
        return 1.5 if n.isalpha() else -1.0
    if unicodedata.category(c) in ("Cc", "Cn", "Co") or c == "\ufffd":
        return -6.0
    return -2.5


def _spelling(p: str, c: str, n: str) -> float:
    """What four languages do with a letter: c is lower case."""
    n, p = n.lower(), p.lower()
    if c == "ç":
        return 1.0 if n in "oàâáãûôõ" and n != " " else -2.5
    if c == "õ":
        return 0.5 if n == "e" else -1.5
    if c == "ã":
        return 0.3 if n in "oe" or not n.isalpha() else -1.0
    if c in "ìòù":
        return 0.8 if not n.isalpha() and (p.isalpha() and (c != "ù" or p == "o" or p == "b")) else -1.2
    if c in "êôîûâëï" and not n.isalpha():
        return -1.5
    if c in "äöü":
        return 0.3 if n in "be" or n == "ß" else -0.5
    if c in "áíóúñ":
        return 0.3 if p == "b" or n == "b" or (c == "ñ" and n in "oe") else -0.3
    return 0.0


def _letter(p: str, c: str, n: str) -> float:
    points = LETTERS.get(c.lower(), -1.5)
    if c.lower() in LETTERS:
        points += _spelling(p, c.lower(), n)
    before, after = p.isalpha(), n.isalpha()
    if not before and not after:
        return 1.2 if c in ALONE else -1.5
    if c.islower():
        if p.isupper() and (n.isupper() or not after):
            return -3.0 if after else -1.5  # Né, Où
        if n.isupper():
            return -2.5
        return points + 0.5
    points -= 0.5
    if p.islower():
        return -3.0
    if p.isupper() and n.islower():
        return points - 2.0
    return points + 0.5


def _differ(seen: Counter[Context], one: str, two: str) -> bool:
    runs = {run for _, run, _ in seen}
    return any(run.decode(one, "replace") != run.decode(two, "replace") for run in runs)


def sample_words(file: BinaryIO, one: str, two: str) -> tuple[str, str]:
    """A few real words with accents, read in both ways: what a person needs to decide."""
    file.seek(0)
    words: list[bytes] = []
    while len(words) < 5 and (piece := file.read(PIECE)):
        for word in re.findall(rb"[^\s,;|\t\"]{0,20}[\x80-\xff]+[^\s,;|\t\"]{0,20}", piece)[:200]:
            if word not in words and word.decode(one, "replace") != word.decode(two, "replace"):
                words.append(word)
    shown = words[:5]
    return tuple(", ".join(w.decode(name, "replace") for w in shown) for name in (one, two))  # type: ignore[return-value]
