"""Tables made from a seed, written in any dialect, damaged in known ways: what a reader must give back is known."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from tests.formats.corpus import PLAIN, WORDS, _fits

NAMES = (
    "id", "code", "nom", "libellé", "date", "montant", "quantité", "ville", "email", "remarque", "prix_ht", "actif",
    "référence", "pays", "stock",
)  # fmt: skip
DELIMITERS = (";", ",", "\t", "|", ";", ",", ":", "~", "||", "|~|")
ENCODINGS = (
    "utf-8",
    "utf-8",
    "utf-8-sig",
    "cp1252",
    "utf-16",
    "utf-16-le",
    "iso8859-15",
    "mac_roman",
    "cp850",
)
DAMAGES = (
    "none", "none", "unclosed", "inner", "two_unclosed", "short", "long", "nul", "cut", "repeated", "blank",
    "preamble", "footer", "total", "second", "mixed_ends",
)  # fmt: skip


@dataclass(slots=True)
class Made:
    """A file, and by line what must come out of it. `touched`: lines whose record was damaged."""

    data: bytes
    header: list[str]
    records: dict[int, list[str]]
    delimiter: str
    quote: str
    encoding: str
    damage: str
    touched: set[int] = field(default_factory=set)
    named: bool = True

    def __repr__(self) -> str:
        return (
            f"Made({self.damage}, {self.delimiter!r}, {self.quote!r}, {self.encoding}, {self.data[:1500]!r})"
        )


def _cell(pick: random.Random, name: str, row: int, language: str) -> str:
    if pick.random() < 0.07 and name not in ("id", "code"):
        return ""
    words = (WORDS[language] + ";" + PLAIN).split(";")
    text = pick.choice(words)
    match name:
        case "id":
            return str(1000 + row)
        case "code" | "référence":
            return f"{pick.randrange(10**6):08d}"
        case "date":
            return f"{pick.randrange(1, 29):02d}/{pick.randrange(1, 13):02d}/20{pick.randrange(10, 27)}"
        case "montant" | "prix_ht":
            return f"{pick.randrange(10**6) / 100:.2f}".replace(".", pick.choice(",,,."))
        case "quantité" | "stock":
            return str(pick.randrange(200))
        case "actif":
            return pick.choice(("oui", "non"))
        case "email":
            return f"{pick.choice('abcdef')}{row}@exemple.fr"
        case "remarque":
            extra = pick.choice(
                ('dit "oui"', "a, b; c", "ligne 1\nligne 2", "l'été", "x|y", "100 %", "tab\tici")
            )
            return f"{text} {extra}" if pick.random() < 0.4 else text
        case _:
            return text


def _written(cell: str, delimiter: str, quote: str, escape: str, every: bool) -> str:
    special = (quote, *delimiter, "\n", "\r", *((escape,) if escape else ()))
    if not every and not any(sign in cell for sign in special):
        return cell
    inner = (
        cell.replace(escape, escape * 2).replace(quote, escape + quote)
        if escape
        else cell.replace(quote, quote * 2)
    )
    return quote + inner + quote


def make(seed: int) -> Made:
    """One file."""
    pick = random.Random(seed)
    language = pick.choice(list(WORDS))
    delimiter, encoding = pick.choice(DELIMITERS), pick.choice(ENCODINGS)
    damage = pick.choice(DAMAGES)
    quote = "'" if pick.random() < 0.1 and damage in ("none", "blank") else '"'
    every = pick.random() < 0.3 or quote == "'"
    escape = "\\" if pick.random() < 0.1 and damage == "none" and quote == '"' else ""
    end = pick.choice(("\n", "\n", "\r\n", "\r\n", "\r"))
    header = ["id", *pick.sample(NAMES[1:], pick.randrange(2, 9))]
    count = pick.randrange(6, 60)
    rows = [[_cell(pick, name, i, language) for name in header] for i in range(count)]
    if damage in ("unclosed", "inner", "two_unclosed", "mixed_ends") or end == "\r":
        rows = [[c.replace("\n", " ") for c in row] for row in rows]
    made = Made(b"", header, {}, delimiter, quote, encoding, damage)
    lines: list[str] = []  # each with its end

    def add(text: str, cells: list[str] | None = None) -> None:
        if cells is not None:
            made.records[1 + sum(line.count("\n" if end != "\r" else "\r") for line in lines)] = cells
        lines.append(text + end)

    def write(cells: list[str]) -> str:
        return delimiter.join(_written(c, delimiter, quote, escape, every) for c in cells)

    if damage == "preamble":
        add(pick.choice(("Export du 12/03/2024", "Liste des ventes", "Magasin" + delimiter + "Paris")))
        add("")
    add(write(header))
    bad = pick.sample(range(1, count - 1), 2) if damage == "two_unclosed" else [pick.randrange(1, count - 1)]
    for i, cells in enumerate(rows):
        text = write(cells)
        before = len(made.records)
        if i in bad and damage in (
            "unclosed",
            "inner",
            "two_unclosed",
            "short",
            "long",
            "nul",
            "cut",
            "repeated",
            "blank",
        ):
            text = _damaged(pick, damage, cells, text, write, add, header, delimiter)
            if damage not in ("repeated", "blank"):
                made.touched.add(1 + sum(line.count("\n" if end != "\r" else "\r") for line in lines))
        add(text, cells)
        assert len(made.records) == before + 1
    if damage == "footer":
        add("")
        add("Fin de l'export")
    if damage == "total":
        sums = ["Total", *[""] * (len(header) - 2), str(12)]
        add(write(sums))
    if damage == "second":
        add("")
        for extra in (["ville", "pays"], ["Paris", "FR"], ["Rome", "IT"]):
            add(delimiter.join(extra))
    if damage == "mixed_ends":
        lines = [line[: -len(end)] + pick.choice(("\n", "\r\n", "\r")) for line in lines]
    text = "".join(lines)
    if damage == "cut":
        last = max(made.records)
        made.touched = {last}
        text = text[: -len(end)]
        text = text[: text.rstrip().rfind(delimiter) - 1]
    elif pick.random() < 0.2:
        text = text.removesuffix(end)
    text = "".join(c if _fits(c, encoding) else "?" for c in text)
    made.records = {
        line: ["".join(c if _fits(c, encoding) else "?" for c in cell) for cell in cells]
        for line, cells in made.records.items()
    }
    made.header = ["".join(c if _fits(c, encoding) else "?" for c in cell) for cell in header]
    made.data = text.encode(encoding)
    return made


def _damaged(pick, damage, cells, text, write, add, header, delimiter):  # type: ignore[no-untyped-def]
    """The text of one record, damaged; or a line put before it."""
    plain = [c.replace('"', "").replace(delimiter, "").replace("\n", " ") for c in cells]
    place = pick.randrange(1, len(plain))
    match damage:
        case "unclosed" | "two_unclosed":
            plain[place] = '"' + (plain[place] or "x")
            return delimiter.join(plain)
        case "inner":
            plain[place] = pick.choice(('Boots 10" high', '"Boots 10" high"', 'x"', 'a "b" c'))
            return delimiter.join(plain)
        case "short":
            return delimiter.join(plain[:-1])
        case "long":
            return delimiter.join([*plain, "surplus"])
        case "nul":
            plain[place] += "\0\0"
            return delimiter.join(plain)
        case "repeated":
            add(write(header))
        case "blank":
            add("")
    return text
