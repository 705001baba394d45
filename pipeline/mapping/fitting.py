"""A saved mapping fitted to what the database has: a plan, or every mistake at once."""

from __future__ import annotations

import re
from dataclasses import replace

from pipeline.errors import Mistake
from pipeline.mapping.model import Catalogue, Field, Kind, Plan, SavedMapping, Table
from pipeline.mapping.source import given, nearest
from pipeline.words import Fact, Message, message


def compile_mapping(saved: SavedMapping, catalogue: Catalogue) -> tuple[Plan | None, list[Mistake]]:
    """(plan, []) or (None, all mistakes by line)."""
    if saved.sections:
        from pipeline.mapping.sections.fitting import compile_sections  # which needs this module

        return compile_sections(saved, catalogue)
    notes = Notes(saved)
    table = catalogue.get(saved.table)
    if table is None:
        notes.say("table", "mapping.unknown_table", nearest(saved.table, catalogue), table=saved.table)
        return None, notes.found
    saved = notes.saved = renamed(saved, table)
    if saved.looks:
        from pipeline.mapping.lookups import fit_lookups  # which needs this module

        saved = fit_lookups(notes, saved, catalogue)
    for field in saved.fields:
        check_field(notes, table, field)
    if saved.read.date is not None:
        check_format(notes, "read.date", saved.read.date)
    if saved.expressions:
        from pipeline.mapping.expressions.fitting import fit_expressions  # sqlglot and polars

        saved, wrong = fit_expressions(saved, table)
        for path, said in wrong:
            notes.tell(path, said)
    key = _key(notes, table)
    filled = _given(saved, table)
    for column in table.columns.values():
        if column.required and column.name not in filled and column.name not in key:
            notes.say("fields", "mapping.required", table=table.name, column=column.name)
    found = sorted(notes.found, key=lambda mistake: mistake.line)
    return (None, found) if found else (Plan(saved, table, key), [])


def examine(name: str, text: str, file: str, catalogue: Catalogue) -> tuple[Plan | None, list[Mistake]]:
    """Read and fit a mapping in one go: (plan, []) or (None, all mistakes of both kinds, by line)."""
    from pipeline.mapping.parsing import read  # which needs this module

    saved, mistakes = read(name, text, file)
    if saved is None or not (saved.table or saved.sections):
        alone = message("exports.not_import")
        return None, mistakes or [Mistake(file, 1, "export", alone)]
    plan, more = compile_mapping(saved, catalogue)
    told = {mistake.path for mistake in mistakes}
    found = sorted([*mistakes, *(m for m in more if m.path not in told)], key=lambda mistake: mistake.line)
    return (None if found else plan), found


class Notes:
    def __init__(self, saved: SavedMapping, root: str = "") -> None:
        """`root`: the path of what is looked at, "tables.line." for a section."""
        self.saved, self.root = saved, root
        self.found: list[Mistake] = []

    def say(self, path: str, code: str, near: str | None = None, **facts: Fact) -> None:
        self.tell(path, message(code, **facts), near)

    def tell(self, path: str, said: Message, near: str | None = None) -> None:
        file = self.saved.file or f"mappings/{self.saved.name}.toml"
        line = self.saved.lines.get(path, 0) or self.saved.lines.get(path.rpartition(".")[0], 1)
        self.found.append(Mistake(file, line, path, said, near))


def renamed(saved: SavedMapping, table: Table) -> SavedMapping:
    """With the names that the table's columns have now."""
    if not table.aliases:
        return saved
    fields = tuple(
        replace(field, target=table.aliases.get(field.target, field.target)) for field in saved.fields
    )
    return replace(saved, fields=fields, key=tuple(table.aliases.get(name, name) for name in saved.key))


def _given(saved: SavedMapping, table: Table) -> set[str]:
    return {table.aliases.get(name, name) for name in given(saved.lines)}


def _key(notes: Notes, table: Table) -> tuple[str, ...]:
    """The table's key that the mapping names (in any order); without one the first that is filled."""
    there = _given(notes.saved, table)
    asked = notes.saved.key
    keys = " / ".join(", ".join(key) for key in table.keys)
    if not asked:
        complete = [key for key in table.keys if there.issuperset(key)]
        if not complete:
            notes.say("table", "mapping.no_key", table=table.name, keys=keys)
        return complete[0] if complete else ()
    for key in table.keys:
        if set(key) == set(asked):
            for column in key:
                if column not in there:
                    notes.say("key", "mapping.key_field", nearest(column, there), column=column)
            return key
    words = [column for key in table.keys for column in key]
    strange = next((column for column in asked if column not in words), None)
    near = nearest(strange, words) if strange else None
    notes.say("key", "mapping.not_key", near, key=", ".join(asked), table=table.name, keys=keys)
    return ()


def check_field(notes: Notes, table: Table, field: Field) -> None:
    at = f"{notes.root}fields.{field.target}"
    column = table.columns.get(field.target)
    if column is None:
        near = nearest(field.target, table.columns)
        notes.say(at, "mapping.unknown_column", near, table=table.name, column=field.target)
        return
    if column.kind in (Kind.REFERENCE, Kind.JSON):
        notes.say(at, "mapping.not_yet", column=field.target)
        return
    if field.format is not None:
        if column.kind not in (Kind.DATE, Kind.DATETIME):
            notes.say(at, "mapping.format_place", column=field.target)
            return
        if not check_format(notes, at, field.format):
            return
    if notes.saved.read.date is not None and not valid_format(notes.saved.read.date):
        return
    from pipeline.mapping.rows import constant_problem  # polars: only where it is needed

    meanings = field.values.meanings if field.values is not None else ()
    for text in (field.value if not meanings else None, field.default, *meanings):
        if text is None or (text == "" and column.kind is Kind.TEXT):
            continue
        problem = constant_problem(text, column, field, notes.saved.read)
        if problem is not None:
            notes.found.append(Mistake(notes.saved.file, field.line, at, problem))


def valid_format(form: str) -> bool:
    """Only letters we know, and a whole date: year, month and day."""
    from pipeline.mapping.cells import LETTERS

    letters = re.findall(r"%(.?)", form)
    whole = {"Y", "y"} & set(letters) and (
        ({"d"} & set(letters) and {"m", "b", "B"} & set(letters)) or "j" in letters
    )
    return all(letter in LETTERS for letter in letters) and bool(whole) and not form.endswith("%")


def check_format(notes: Notes, at: str, form: str) -> bool:
    if valid_format(form):
        return True
    notes.say(at, "mapping.format", format=form)
    return False


def rests_on(plan: Plan) -> tuple[str, ...]:
    """What of the file itself its rows hold: of "folder" and "name" those that the mapping uses, in this order."""
    plans = [part.plan for part in plan.sections] or [plan]
    used = {field.file for one in plans for field in one.mapping.fields if field.file}
    used.update(*(sql.told - {"line"} for one in plans for sql in one.mapping.expressions))
    return tuple(sorted({"folder" if one == "folder" else "name" for one in used}))


def told_of_file(plan: Plan, name: str, folder: str) -> Plan:
    """The plan for one file: what its fields take from the file itself are constants now. `folder`: its path
    below the job's inbox, which a mapping can use for the station or branch it came from."""
    if plan.sections:
        told = tuple(replace(part, plan=told_of_file(part.plan, name, folder)) for part in plan.sections)
        return replace(plan, sections=told)
    if not rests_on(plan):
        return plan
    texts = {"name": name, "stem": name.rpartition(".")[0] or name, "folder": folder}
    fields = tuple(replace(f, value=texts[f.file]) if f.file else f for f in plan.mapping.fields)
    return replace(plan, mapping=replace(plan.mapping, fields=fields, told=tuple(texts.items())))
