"""Every rule over a FEC, in one pass over its lines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

from pipeline.fec.layout import (
    AMOUNTS,
    COLUMNS,
    CREDIT,
    DATES,
    DEBIT,
    EXPECTED,
    MORE,
    NEVER_EMPTY,
    SIGNED,
    amount,
    day,
    luhn,
    parse_name,
)  # fmt: skip
from pipeline.words import Message

Level = Literal["refuse", "absent", "warn", "note"]
LEVELS: dict[str, Level] = {"E": "refuse", "V": "absent", "W": "warn", "A": "note"}
ZERO = Decimal(0)


@dataclass(slots=True)
class Finding:
    """A rule that is not kept: its code, how grave, where first, how often, and the sentence."""

    code: str  # "B01E": the last letter is the level
    line: int  # 1-based, of the first place; 0: the whole file
    said: Message
    count: int = 1

    @property
    def level(self) -> Level:
        return LEVELS[self.code[-1]]


def refused(findings: Iterable[Finding]) -> list[Finding]:
    """Those for which a file is not written."""
    return [one for one in findings if one.level == "refuse"]


def check(name: str, chunks: Iterable[bytes]) -> list[Finding]:
    """What is wrong with a file of this name; `chunks`: its bytes in pieces of any size. By line."""
    checker = _Checker()
    checker.name(name)
    checker.lines(_lines(chunks, checker))
    return sorted(checker.found.values(), key=lambda one: (one.line, one.code))


def _lines(chunks: Iterable[bytes], checker: _Checker) -> Iterator[bytes]:
    """Lines without their ends, whichever these are."""
    held, first, ended = b"", True, True
    for chunk in chunks:
        if first and chunk.startswith(b"\xef\xbb\xbf"):
            checker.say("F04W", 0)
            chunk = chunk[3:]
        first = False
        held += chunk
        if held.endswith(b"\r"):
            continue  # its other half may come
        *whole, held = held.replace(b"\r\n", b"\n").split(b"\n")
        for line in whole:
            if b"\r" in line:
                checker.say("F07W", 0)
                yield from line.split(b"\r")
            else:
                yield line
        ended = held == b""
    if held:
        parts = held.split(b"\r")
        if len(parts) > 1:
            checker.say("F07W", 0)
        ended = parts[-1] == b"" and len(parts) > 1
        yield from parts[:-1] if ended else parts
    if not ended:
        checker.say("F08W", 0)


@dataclass(slots=True)
class _Entry:
    line: int
    balance: Decimal = ZERO
    days: set[str] = field(default_factory=set)


class _Checker:
    """Holds what the rules need to know of the lines before."""

    def __init__(self) -> None:
        self.found: dict[str, Finding] = {}
        self._closing: date | None = None
        self._entries: dict[tuple[str, str], _Entry] = {}
        self._total = ZERO
        self._numbers: dict[str, set[int]] = defaultdict(set)
        self._names: dict[str, str] = {}
        self._letters: dict[tuple[str, str, str], Decimal] = defaultdict(lambda: ZERO)
        self._valid = ""

    def say(self, code: str, line: int, **facts: str | int) -> None:
        """Told once, with its first place, and counted."""
        if code in self.found:
            self.found[code].count += 1
        else:
            self.found[code] = Finding(code, line, Message(f"fec.{code[:-1]}", {"line": line, **facts}))

    def name(self, name: str) -> None:
        parsed = parse_name(name)
        if parsed is None:
            self.say("F01E", 0, name=name)
            return
        siren, self._closing, more = parsed
        if more:
            self.say("F02W", 0, name=name)
        if not luhn(siren):
            self.say("F03W", 0, siren=siren)

    def lines(self, lines: Iterator[bytes]) -> None:
        head = next(lines, b"")
        text = self._text(head, 1)
        sign = "\t" if text.count("\t") >= 8 else "|" if text.count("|") >= 8 else ""
        if not sign:
            self.say("F09E", 1)
            return
        columns = self._columns(text.split(sign))
        if columns is None:
            return
        count = 0
        for number, line in enumerate(lines, 2):
            count += 1
            cells = self._text(line, number).split(sign)
            if not line.strip():
                self.say("L02E", number)
                continue
            if len(cells) == len(columns) + 1 and not cells[-1]:
                self.say("F10W", number)
                cells.pop()
            if len(cells) != len(columns):
                self.say("L03E", number, cells=len(cells), columns=len(columns))
                continue
            self._row(number, dict(zip(columns, cells, strict=True)))
        if not count:
            self.say("L01E", 0)
        self._end()

    def _text(self, line: bytes, number: int) -> str:
        if b"\0" in line:
            self.say("F06E", number)
        if line.isascii():
            return line.decode("ascii")
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError:
            return line.decode("iso8859-15")
        self.say("F05W", number)
        return text

    def _columns(self, names: list[str]) -> list[str] | None:
        if names and not names[-1].strip():
            self.say("F10W", 1)
            names = names[:-1]
        lower = {name.lower(): name for name in (*COLUMNS, *SIGNED, *MORE[1])}
        known = [lower.get(name.strip().lower(), name.strip()) for name in names]
        wanted = SIGNED if "Montant" in known and "Debit" not in known else COLUMNS
        missing = [name for name in wanted if name not in known]
        if missing:
            self.say("C01E", 1, columns=", ".join(missing))
            return None
        extra = [name for name in known if name not in wanted and name not in MORE[1]]
        if extra:
            self.say("C03A", 1, columns=", ".join(extra)[:200])
        legal = [list(wanted), *([*wanted, *more] for more in MORE)]
        if names[: len(wanted)] != list(wanted) or (not extra and names not in legal):
            self.say("C02E", 1)
        return known

    # a line ---------------------------------------------------------------------------------------------
    def _row(self, line: int, row: dict[str, str]) -> None:
        for name in NEVER_EMPTY:
            if not row[name].strip():
                self.say("V01E", line, column=name)
        for name in EXPECTED:
            if not row[name].strip():
                self.say("V02V", line, column=name)
        if not row["CompteNum"].strip()[:3].isdigit() or len(row["CompteNum"].strip()) < 3:
            self.say("V03A", line, value=row["CompteNum"][:20])
        if any(text.startswith('"') for text in row.values()):
            self.say("L04W", line)
        self._dates(line, row)
        money = {name: self._amount(line, name, row[name]) for name in AMOUNTS if name in row}
        side = self._side(line, row, money)
        self._pairs(line, row, side, money.get("Montantdevise", ZERO))
        self._keep(line, row, side)

    def _dates(self, line: int, row: dict[str, str]) -> None:
        found: dict[str, date] = {}
        for name in DATES:
            text = row.get(name, "").strip()
            if not text:
                continue
            one = day(text)
            if one is None:
                self.say("D01E", line, column=name, value=text[:20])
            else:
                found[name] = one
        entry, valid, piece = (found.get(name) for name in ("EcritureDate", "ValidDate", "PieceDate"))
        if entry and self._closing:
            if entry > self._closing:
                self.say("D02E", line, value=entry.isoformat(), closing=self._closing.isoformat())
            elif (self._closing.year - entry.year) * 12 + self._closing.month - entry.month >= 24:
                self.say("D03W", line, value=entry.isoformat())
        if entry and valid and valid < entry:
            self.say("D04W", line)
        if entry and piece and piece > entry:
            self.say("D05W", line)

    def _amount(self, line: int, name: str, text: str) -> Decimal:
        bare = text.strip()
        if "." in bare:
            self.say("N01E", line, column=name, value=bare[:30])
            return ZERO
        if " " in bare or "\u00a0" in bare or "\u202f" in bare or "'" in bare:
            self.say("N02E", line, column=name, value=bare[:30])
            return ZERO
        value = amount(bare)
        if value is None:
            self.say("N03E", line, column=name, value=bare[:30])
            return ZERO
        digits = bare.strip("+-")
        if len(digits) > 1 and digits[0] == "0" and digits[1] != ",":
            self.say("N04W", line, column=name)
        if digits and (exponent := value.as_tuple().exponent) != -2 and not (exponent == 0 and not value):
            self.say("N05W", line, column=name)
        return value

    def _side(self, line: int, row: dict[str, str], money: dict[str, Decimal]) -> Decimal:
        """Debit minus credit."""
        if "Sens" in row:
            word = row["Sens"].strip()
            if word not in (*DEBIT, *CREDIT):
                self.say("N06E", line, value=word[:10])
            if not money["Montant"]:
                self.say("N07A", line)
            return money["Montant"] if word in DEBIT else -money["Montant"]
        debit, credit = money["Debit"], money["Credit"]
        if bool(debit) == bool(credit):
            self.say("N07A", line)
        if debit < 0 or credit < 0:
            self.say("N08W", line)
        return debit - credit

    def _pairs(self, line: int, row: dict[str, str], side: Decimal, abroad: Decimal) -> None:
        filled = {name: bool(text.strip()) for name, text in row.items()}
        if filled["EcritureLet"] != filled["DateLet"]:
            self.say("T01W", line)
        if filled["Idevise"] != filled["Montantdevise"]:
            self.say("T02W", line)
        currency = row["Idevise"].strip()
        if currency and not (len(currency) == 3 and currency.isalpha() and currency.isupper()):
            self.say("T03W", line, value=currency[:10])
        if abroad < 0 < side:  # both are told without a sign, or with the same
            self.say("T04W", line)
        if filled["CompAuxNum"] != filled["CompAuxLib"]:
            self.say("T05W", line)

    def _keep(self, line: int, row: dict[str, str], side: Decimal) -> None:
        """What the ends of the file are asked for."""
        journal, number = row["JournalCode"].strip(), row["EcritureNum"].strip()
        entry = self._entries.setdefault((journal, number), _Entry(line))
        entry.balance += side
        entry.days.add(row["EcritureDate"].strip())
        self._total += side
        digits = "".join(c for c in number if c.isdigit())
        if digits and len(digits) < 19:
            self._numbers[journal].add(int(digits))
        account, label = row["CompteNum"].strip(), row["CompteLib"].strip()
        if self._names.setdefault(account, label) != label:
            self.say("T06W", line, account=account)
        letter = row["EcritureLet"].strip()
        if letter:
            self._letters[account, row["CompAuxNum"].strip(), letter] += side
        valid = row["ValidDate"].strip()
        if valid < self._valid and valid:
            self.say("S01W", line)
        self._valid = valid or self._valid

    def _end(self) -> None:
        for (journal, number), entry in self._entries.items():
            if entry.balance:
                facts = {"journal": journal, "number": number, "off": str(entry.balance).replace(".", ",")}
                self.say("B01E", entry.line, **facts)
            if len(entry.days) > 1:
                self.say("B02W", entry.line, journal=journal, number=number)
        if self._total:
            self.say("B03E", 0, off=str(self._total).replace(".", ","))
        for journal, numbers in self._numbers.items():
            missing = max(numbers) - min(numbers) + 1 - len(numbers)
            if missing:
                self.say("S02W", 0, journal=journal, missing=missing)
        for (account, _, letter), balance in self._letters.items():
            if balance:
                self.say("T07W", 0, account=account, letter=letter)
