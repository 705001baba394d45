"""A guess as a mapping of one table that a person can read, keep and change. Pure: text out.

Every field is tried on the sample first: what its values do not fit is left out and said in a comment."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pipeline.guessing.deciding import Guess
from pipeline.mapping import map_batch
from pipeline.mapping.model import Column, Field, Kind, Plan, SavedMapping, Table
from pipeline.words import Language, Message, message, render

if TYPE_CHECKING:
    import polars as pl

CONSTANTS = {"invoice.kind": "invoice", "pos_session.register": "", "address.kind": "billing"}
"""What a key's column is where files do not say it."""
DAYS = (
    "%d.%m.%y",
    "%d/%m/%y",
    "%Y%m%d",
    "%Y/%m/%d",
    "%d %b %Y",
    "%b %d, %Y",
    "%d %B %Y",
    "%B %d, %Y",
    "%d-%b-%Y",
)
HOURS = ("", " %H:%M", " %H:%M:%S", "T%H:%M:%S", " %I:%M %p", " %z", " %H:%M:%S %z")
STAND_IN = "email"  # of a party without a code or id, when each row has one of its own


@dataclass(slots=True)
class Draft:
    """`missing`: the columns of the shortest key that the file cannot fill; then there is no text."""

    table: str
    text: str = ""
    fields: int = 0
    missing: tuple[str, ...] = ()


@dataclass(slots=True)
class Work:
    """What of a file goes to one table: fields that were tried on the sample, and columns that are not used."""

    table: Table
    frame: pl.DataFrame
    zone: str
    language: Language
    good: dict[str, tuple[Field, str]] = field(default_factory=dict)  # target → field, and its comment
    left: list[tuple[str, Message]] = field(default_factory=list)  # column, why it is not used


def draft(
    name: str,
    table: Table,
    guesses: Sequence[Guess],
    frame: pl.DataFrame,
    *,
    read: Sequence[tuple[str, str]] = (),
    zone: str = "UTC",
    language: Language = "en",
) -> Draft:
    """`guesses` of this table alone; `frame`: the sample; `read`: lines of [read] that were not surely found."""
    work = Work(table, frame, zone, language)
    for guess in guesses:
        attempt(work, guess, [other.column for other in guesses])
    key, constants = _key(work, name)
    if not key:
        return Draft(table.name, missing=_missing(work))
    for target, value in constants.items():
        work.good[target] = (Field(target, 0, value=value), "")
    return Draft(table.name, _text(name, work, key, read), len(work.good) - len(constants))


def attempt(work: Work, guess: Guess, all_columns: Sequence[str]) -> None:
    """Keep the guess as a field when its values fit, with the format that they need."""
    if guess.field is None:
        work.left.append((guess.column, guess.because))
        return
    column = work.table.columns[guess.field.partition(".")[2]]
    if column.kind in (Kind.REFERENCE, Kind.JSON):
        work.left.append((guess.column, message("guessing.reference", field=guess.field)))
        return
    if sum(_same(guess.column, other) for other in all_columns) > 1:
        work.left.append((guess.column, message("guessing.twice", column=guess.column)))
        return
    wrong: Message | None = None
    for one in _ways(Field(column.name, 0, (guess.column,)), column):
        refused = _refused(work, one, column)
        wrong = wrong or refused  # the plain way's reason is the one to tell
        if refused is None:
            work.good[column.name] = (one, render(guess.because, work.language))
            return
    if wrong is not None and wrong.code in ("mapping.date_order", "mapping.date_mixed"):
        work.left.append((guess.column, wrong))
    else:
        work.left.append((guess.column, message("guessing.unlike", field=guess.field)))


def _same(one: str, other: str) -> bool:
    return " ".join(one.casefold().replace("_", " ").split()) == " ".join(
        other.casefold().replace("_", " ").split()
    )


def _ways(plain: Field, column: Column) -> list[Field]:
    """The plain field, and for dates and amounts the further ways in which they are written."""
    if column.kind in (Kind.DATE, Kind.DATETIME):
        hours = HOURS if column.kind is Kind.DATETIME else HOURS[:1]
        days = [day + hour for day in DAYS for hour in hours]
        slashed = [f"%d/%m/%Y{h}" for h in hours if h] + [f"%m/%d/%Y{h}" for h in hours if h]
        spaced = [f"%Y-%m-%d{h}" for h in hours if "%z" in h]
        return [plain, *(replace(plain, format=form) for form in [*days, *slashed, *spaced])]
    return [plain]


def _refused(work: Work, one: Field, column: Column) -> Message | None:
    """Why some cell of the sample does not fit; None when all do. Blank ones fit."""
    from pipeline.mapping.evidence import Evidence

    free = replace(work.table, columns={column.name: replace(column, required=False)})
    plan = Plan(SavedMapping("", free.name, (), (one,)), free, ())
    columns = {name: name for name in one.columns}
    evidence = Evidence(plan, columns)
    evidence.add(work.frame)
    plan, questions = evidence.settle()
    if questions:
        return questions[0]
    refusals = map_batch(plan, work.frame, columns, work.zone)[1]
    return refusals[0].said if refusals else None


def _key(work: Work, name: str) -> tuple[tuple[str, ...], dict[str, str]]:
    """The first of the table's keys that each row can fill, with the constants it needs; () when none."""
    for key in work.table.keys:
        constants = {
            target: name if target == "source" else CONSTANTS[f"{work.table.name}.{target}"]
            for target in key
            if target not in work.good and (target == "source" or f"{work.table.name}.{target}" in CONSTANTS)
        }
        given = [target for target in key if target not in constants]
        if given and all(target in work.good and filled(work, target) for target in given):
            return key, constants
    if work.table.name == "party" and STAND_IN in work.good and filled(work, STAND_IN, alone=True):
        said = render(message("guessing.stand_in"), work.language)
        work.good["external_id"] = (replace(work.good[STAND_IN][0], target="external_id"), said)
        return ("source", "external_id"), {"source": name}
    return (), {}


def filled(work: Work, target: str, *, alone: bool = False) -> bool:
    """Whether a row has it as a rule; `alone`: and each one of its own."""
    cells = work.frame[work.good[target][0].columns[0]]
    filled = cells.drop_nulls()
    return len(filled) > 0.5 * len(cells) and (not alone or filled.n_unique() == len(filled))


def _missing(work: Work) -> tuple[str, ...]:
    """What the key lacks that lacks least."""
    known = {*work.good, "source"}
    lacking = [tuple(t for t in key if t not in known) for key in work.table.keys]
    return min(
        (one for one in lacking if one), key=len, default=work.table.keys[0] if work.table.keys else ()
    )


def _text(name: str, work: Work, key: Sequence[str], read: Sequence[tuple[str, str]]) -> str:
    def say(code: str, **facts: str) -> str:
        return render(message(code, **facts), work.language)

    label = work.table.label_fr if work.language == "fr" else work.table.label_en
    out = ["# " + say("guessing.head", table=label or work.table.name), "version = 1"]
    out += [f"table   = {quoted(work.table.name)}", f"key     = {json.dumps(list(key))}"]
    if read:
        out += ["", "[read]", *(f"{option} = {quoted(value)}" for option, value in read)]
    out += ["", "[fields]"]
    order = [*key, *(target for target in work.good if target not in key)]
    wide = max(map(len, order))
    for target in order:
        one, because = work.good[target]
        out.append(f"{target.ljust(wide)} = {written(one)}" + (f"  # {because}" if because else ""))
    if work.left:
        out += ["", "# " + say("guessing.left")]
        out += [f"#   {column}: {render(why, work.language)}".replace("\n", " ") for column, why in work.left]
    return "\n".join(out) + "\n"


def written(one: Field) -> str:
    if one.value is not None:
        return f"{{ value = {quoted(one.value)} }}"
    if one.format:
        return f"{{ column = {quoted(one.columns[0])}, format = {quoted(one.format)} }}"
    return quoted(one.columns[0])


def quoted(text: str) -> str:
    """A TOML text."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def blank(table: Table, language: Language = "en") -> str:
    """A mapping to be filled in by hand: every column that it may write, as a comment with its label."""
    out = [
        "# " + render(message("guessing.blank"), language),
        "version = 1",
        f"table   = {quoted(table.name)}",
    ]
    if table.keys:
        out.append(f"key     = {json.dumps(list(table.keys[0]))}")
    out += ["", "[fields]"]
    columns = [c for c in table.columns.values() if c.kind not in (Kind.REFERENCE, Kind.JSON)]
    wide = max((len(column.name) for column in columns), default=0)
    for column in columns:
        label = column.label_fr if language == "fr" else column.label_en
        out.append(f'# {column.name.ljust(wide)} = "…"' + (f"  # {label}" if label else ""))
    return "\n".join(out) + "\n"
