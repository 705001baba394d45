"""A header → the ideas it speaks of, whatever its language and however it is written."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import product

Ideas = frozenset[str]

LONGEST = 5  # words of a phrase
READINGS = 12  # of one header
_STOP = (
    "a aaaa al an and au aux by d da das dd de del dell della dem den der des di die do du e el en "
    "est et for fur g hh il im in intern interna internal interne is its jj jjjj l la las le les lo los mit mm of on or ou par per "
    "por pour s ss standard std sur the to tt u um und unique vom von y yy yyyy zu zum zur "
)
STOP = frozenset(_STOP.split())
"""Words that say nothing."""
_DATED = (
    "businessday cancelled closed counted created delivered due expected issued letterday opened "
    "payday shipped updated validday validfrom validto "
)
DATED = frozenset(_DATED.split())
"""Ideas that are dates by themselves."""
LINKS = ("", "s", "n", "en", "es", "e")  # between the parts of a German compound
_CODED = (
    "account auxaccount barcode buyaccount code companyno custaccount discountcode itemcode journal "
    "lot postcode reference saleaccount sku supplierref tracking vatno "
)
CODED = frozenset(_CODED.split())
"""Ideas of which "number" or "code" says nothing more."""
STATES = frozenset({"status", "status_pay", "status_ship"})
_ABBREVIATED = re.compile(r"(?<![A-Za-z])(?:MwSt|USt|IdNr)(?![a-z])")
"""One word, whatever its capitals say."""
_TAXED = re.compile(r"\b(pu|pv|pa|mt|prix|total|montant)(ht|ttc)\b")
COMMON = 3  # headers that begin with the same word that no list has: it is a table's name, and says nothing


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to understand a header. `strange`: words that no list has; `sure`: 1.0, less when a word was mended."""

    ideas: Ideas
    strange: tuple[str, ...] = ()
    sure: float = 1.0


@dataclass(slots=True)
class Lexicon:
    """Phrases → the ideas they may stand for."""

    phrases: Mapping[str, tuple[str, ...]]
    words: tuple[str, ...] = field(
        init=False
    )  # phrases of one word of at least five letters, to mend typing errors
    parts: frozenset[str] = field(init=False)  # words that a compound may be made of

    def __post_init__(self) -> None:
        single = [phrase for phrase in self.phrases if " " not in phrase]
        self.words = tuple(sorted(word for word in single if len(word) >= 5))
        self.parts = frozenset(word for word in single if len(word) >= 3)


def folded(text: str) -> str:
    """Lower case without accents; ß is ss."""
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss").replace("ẞ", "SS"))
    return "".join(c for c in plain if not unicodedata.combining(c)).casefold()


def tokens(header: str) -> list[str]:
    """Words and numbers apart, also in `camelCase`, `snake_case` and `Address1`."""
    text = _ABBREVIATED.sub(lambda found: f" {found[0].lower()} ", header)
    text = re.sub(r"(?<=[a-zà-ÿ])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", text)
    text = _TAXED.sub(r"\1 \2", folded(text)).replace("%", " percent ").replace("#", " number ")
    return re.findall(r"[a-z]+|[0-9]+|[^\W\d_]+", text)


def plain(header: str) -> str:
    """A header for comparing two of them: capitals, accents and signs do not count."""
    return " ".join(tokens(header))


def readings(header: str, lexicon: Lexicon) -> list[Reading]:
    """Every way to understand a header, the surest first.

    What stands in brackets counts only where it says with or without tax, or is a percent sign."""
    outer, inner = (
        re.sub(r"\([^)]*\)|\[[^]]*\]", " ", header),
        " ".join(re.findall(r"[(\[]([^)\]]*)[)\]]", header)),
    )
    whole = tokens(header)
    if " ".join(whole) in lexicon.phrases:  # "Account code (sell)" is a phrase of its own
        return _read(whole, lexicon)
    found = _read(tokens(outer) or whole, lexicon)
    more = _read(tokens(inner), lexicon) if inner and tokens(outer) else []
    extra = {idea for reading in more for idea in reading.ideas} & {"net", "gross", "percent", "measure"}
    if extra and len(extra) == 1:
        found = [Reading(settled(r.ideas | extra), r.strange, r.sure) for r in found]
    return found


def _read(words: list[str], lexicon: Lexicon) -> list[Reading]:
    choices: list[tuple[str, ...]] = []
    strange: list[str] = []
    sure = 1.0
    at = 0
    while at < len(words):
        for length in range(min(LONGEST, len(words) - at), 0, -1):
            phrase = " ".join(words[at : at + length])
            if phrase in lexicon.phrases:
                choices.append(lexicon.phrases[phrase])
                at += length
                break
        else:
            word = words[at]
            at += 1
            if word in STOP or (word == "1" and choices and at == len(words)):  # "Name 1"
                continue
            parts, trust = _apart(word, lexicon)
            if parts:
                choices += parts
                sure = min(sure, trust)
            else:
                strange.append(word)
    several = list(product(*choices))[:READINGS]
    return list(dict.fromkeys(Reading(settled(frozenset(one)), tuple(strange), sure) for one in several))


def settled(ideas: Ideas) -> Ideas:
    """Without what adds nothing: "account number" is an account, "with or without tax" is neither."""
    if ideas & DATED:
        ideas -= {"date", "time"}
    if ideas & CODED:
        ideas -= {"number", "code"} - ({"code"} if ideas & CODED == {"code"} else set())
    if ideas & STATES:
        ideas -= {"description"}
    return ideas - {"net", "gross"} if ideas >= {"net", "gross"} else ideas


def without_prefix(headers: Sequence[str], read: Sequence[list[Reading]]) -> list[list[Reading]]:
    """The readings without a strange first word that several headers share: `ut_nome`, `ut_cognome`, `ut_email`."""
    firsts = [words[0] if len(words := tokens(header)) > 1 else "" for header in headers]
    shared = {word for word, times in Counter(firsts).items() if word and times >= COMMON}
    return [
        [
            replace(r, strange=r.strange[1:]) if first in shared and r.strange[:1] == (first,) else r
            for r in each
        ]
        for first, each in zip(firsts, read, strict=True)
    ]


def without_contact(read: Sequence[list[Reading]]) -> list[list[Reading]]:
    """The readings without "contact" where most columns have it: then it is the whole file's, and tells none apart."""
    having = sum(any("contact" in r.ideas for r in each) for each in read)
    if having < COMMON or 2 * having < len(read):
        return list(read)
    return [
        [replace(r, ideas=r.ideas - {"contact"}) if len(r.ideas) > 1 else r for r in each] for each in read
    ]


def asks(header: str) -> bool:
    """Whether a header is a question that is answered by yes or no."""
    words = tokens(header)
    return header.rstrip(" *").endswith("?") or (
        len(words) > 1 and words[0] in ("is", "has", "use", "can", "allow")
    )


def _apart(word: str, lexicon: Lexicon) -> tuple[list[tuple[str, ...]], float]:
    """The parts of a compound (`Rechnungsnummer`, `orderid`), or the word that was meant (`Quanttity`)."""
    return _compound(word, lexicon) or _mended(word, lexicon)


def _compound(word: str, lexicon: Lexicon) -> tuple[list[tuple[str, ...]], float] | None:
    @cache
    def split(rest: str) -> tuple[str, ...] | None:
        for end in range(len(rest), 1, -1):
            head, tail = rest[:end], rest[end:]
            known = head in lexicon.parts or (not tail and head in ("id", "nr", "no"))
            if not known:
                continue
            if not tail:
                return (head,)
            for link in LINKS:
                if tail.startswith(link) and len(tail) > len(link):
                    more = split(tail[len(link) :])
                    if more:
                        return (head, *more)
        return None

    parts = split(word) if len(word) >= 5 else None
    if not parts or len(parts) > 4:
        return None
    return [lexicon.phrases[part] for part in parts], 0.97


def _mended(word: str, lexicon: Lexicon) -> tuple[list[tuple[str, ...]], float]:
    if len(word) < 5:
        return [], 1.0
    near = difflib.get_close_matches(word, lexicon.words, 1, 0.86)
    return ([lexicon.phrases[near[0]]], 0.8) if near else ([], 1.0)


def lexicon_of(groups: Iterable[Mapping[str, str]], without: frozenset[str] = frozenset()) -> Lexicon:
    """Idea → its phrases by language, as words.toml has them. A phrase with `@system` was learnt from that system;
    those of the systems in `without` are left out."""
    phrases: dict[str, tuple[str, ...]] = {}
    for group in groups:
        for idea, languages in group.items():
            for text in re.split(r"[,|]", languages):
                bare, _, system = text.strip().partition("@")
                phrase = plain(bare)
                if phrase and system not in without and idea not in phrases.get(phrase, ()):
                    phrases[phrase] = (*phrases.get(phrase, ()), idea)
    return Lexicon(phrases)
