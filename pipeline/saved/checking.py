"""A mapping tried on the example files beside it, `mappings/NAME.examples/`: nothing is written anywhere.

`FILE.json` beside an example says what must come of it: a list of rows, column → value as text, or
`{"rows": […], "refused": [lines]}`; of several tables the rows of each section after another, their columns named
`section.column`. Without one, every row of the example must be taken."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

from pipeline import files as disk
from pipeline.errors import FileFailed
from pipeline.formats.model import LINE
from pipeline.imports.looking import Looks
from pipeline.imports.reading import fit
from pipeline.imports.sections import fit_sections, mapped
from pipeline.mapping import map_batch, told_of_file
from pipeline.mapping.model import Plan
from pipeline.mapping.sections.model import DEED, DOC
from pipeline.store.model import Store
from pipeline.words import Message, message

MOST = 20  # problems told of one file
Row = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is not as it should be. `line`: physical, of a row that would be refused; 0: it is no such row."""

    said: Message
    line: int = 0
    column: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of one example file. `problems`: empty when all is as it should be."""

    mapping: str
    file: str
    rows: int
    problems: tuple[Problem, ...]


def check(name: str, plan: Plan, folder: Path, zone: str, store: Store | None = None) -> list[Checked]:
    """Each example of a mapping, by name. `folder`: of the mappings; `zone`: of instants that name none; `store`:
    where look-ups are made (without one they find nothing)."""
    examples = folder / f"{name}.examples"
    found = sorted(path for path in examples.iterdir() if path.is_file()) if examples.is_dir() else []
    answers = {path for path in found if path.suffix == ".json" and path.with_suffix("") in found}
    return [
        _one(name, plan, path, zone, store) for path in found if path not in answers and path.name[0] != "."
    ]


def _one(name: str, plan: Plan, path: Path, zone: str, store: Store | None) -> Checked:
    try:
        rows, refused = _mapped(told_of_file(plan, path.name, ""), path, zone, store)
    except (FileFailed, OSError) as error:
        why = error.said if isinstance(error, FileFailed) else None
        said = why or message("files.unreadable", path=path.name, why=str(error))
        return Checked(name, path.name, 0, (Problem(said),))
    beside = path.with_name(path.name + ".json")
    if not beside.is_file():
        return Checked(name, path.name, len(rows), tuple(refused)[:MOST])
    try:
        wanted = json.loads(beside.read_text("utf-8"))
    except (OSError, ValueError) as error:
        return Checked(
            name,
            path.name,
            len(rows),
            (Problem(message("guessing.bad_answer", file=beside.name, why=str(error))),),
        )
    return Checked(name, path.name, len(rows), tuple(_differences(wanted, rows, refused))[:MOST])


def _several(plan: Plan, path: Path, zone: str, store: Store | None) -> tuple[list[Row], list[Problem]]:
    """As `_mapped`, for a mapping of several tables: columns are `section.column`, rows by section."""
    found: dict[str, list[Row]] = {part.name: [] for part in plan.sections}
    refused: dict[int, Problem] = {}
    with ExitStack() as stack:
        file = stack.enter_context(disk.open_regular(path.resolve()))
        fitted, reading, columns = fit_sections(plan, file, path.name)
        looker = stack.enter_context(store.looker(fitted)) if store is not None and fitted.looks else None
        look = Looks(fitted, columns, zone, looker)
        for batch, made in mapped(fitted, reading, columns, zone, look):
            for name, frame in made.frames.items():
                found[name] += [
                    {
                        f"{name}.{key}": shown(value)
                        for key, value in row.items()
                        if key not in (LINE, DOC, DEED)
                    }
                    for row in frame.iter_rows(named=True)
                ]
            for damage in batch.damaged if batch else ():
                refused.setdefault(damage.line, Problem(damage.said, damage.line))
            for one in (cast.refusal for cast in made.outcasts):
                refused.setdefault(one.line, Problem(one.said, one.line, one.column, one.value))
    return [row for rows in found.values() for row in rows], [refused[line] for line in sorted(refused)]


def _mapped(plan: Plan, path: Path, zone: str, store: Store | None) -> tuple[list[Row], list[Problem]]:
    """The rows as they would be written, and each that would be refused."""
    if plan.sections:
        return _several(plan, path, zone, store)
    rows: list[Row] = []
    refused: list[Problem] = []
    with ExitStack() as stack:
        file = stack.enter_context(disk.open_regular(path.resolve()))
        fitted, reading, columns = fit(plan, file, path.name)
        looker = stack.enter_context(store.looker(fitted)) if store is not None and fitted.looks else None
        look = Looks(fitted, columns, zone, looker)
        for batch in reading:
            good, bad = map_batch(fitted, look(batch.frame), columns, zone)
            rows += [
                {key: shown(value) for key, value in row.items()}
                for row in good.drop(LINE).iter_rows(named=True)
            ]
            refused += [Problem(one.said, one.line) for one in batch.damaged]
            refused += [Problem(one.said, one.line, one.column, one.value) for one in bad]
    return rows, sorted(refused, key=lambda one: one.line)


def shown(value: object) -> str | None:
    """A value as an answer file has it: numbers without trailing zeros, moments in UTC."""
    match value:
        case None:
            return None
        case bool():
            return "true" if value else "false"
        case Decimal():
            return f"{value.normalize():f}"
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case _:
            return str(value)


def _differences(wanted: object, rows: Sequence[Row], refused: Sequence[Problem]) -> list[Problem]:
    expected = wanted.get("rows", []) if isinstance(wanted, dict) else wanted
    lines = wanted.get("refused", []) if isinstance(wanted, dict) else []
    if not isinstance(expected, list) or not isinstance(lines, list):
        return [Problem(message("guessing.answer_shape"))]
    found = [one for one in refused if one.line not in lines]
    taken = [line for line in lines if line not in {one.line for one in refused}]
    said = [message("guessing.not_refused", line=line) for line in taken]
    if len(expected) != len(rows):
        said.append(message("guessing.count_differs", expected=len(expected), found=len(rows)))
    for number, (want, have) in enumerate(zip(expected, rows, strict=False), 1):
        for column, value in want.items() if isinstance(want, dict) else ():
            if not _same(value, have.get(column)):
                there = str(have.get(column))
                said.append(
                    message("guessing.differs", row=number, column=column, expected=str(value), found=there)
                )
    return [*found, *map(Problem, said)]


def _same(want: object, have: str | None) -> bool:
    if want is None or have is None:
        return want is have
    told = ("true" if want else "false") if isinstance(want, bool) else str(want)
    if told == have:
        return True
    if any(len(text) > 1 and text.startswith("0") and text.isdigit() for text in (told, have)):
        return False  # a code keeps its zeros
    try:
        return Decimal(told) == Decimal(have)
    except InvalidOperation:
        return False
