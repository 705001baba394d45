"""A file → what its columns probably are, and a mapping made of it: a ready one where there is one that takes it."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline import files as disk
from pipeline.errors import ConfigError, FileFailed, PipelineError
from pipeline.formats import deliveries
from pipeline.guessing import Guess, Guessed, Seen
from pipeline.guessing import guess as decide
from pipeline.guessing.drafting import Draft, blank, draft
from pipeline.guessing.presets import Preset, preset_of, presets
from pipeline.guessing.sectioning import sections
from pipeline.imports.reading import fit
from pipeline.imports.sections import fit_sections
from pipeline.jobs import Settings
from pipeline.mapping import examine
from pipeline.mapping.model import Catalogue, SavedMapping
from pipeline.reading.sampling import Sample, sample
from pipeline.saved.shelf import NAME, earlier, tables
from pipeline.words import Language, Message, message, render

SURE = 0.9  # of how a file is written; below, the mapping states it


@dataclass(frozen=True, slots=True)
class Proposal:
    """A guess and what it was made from. `preset`: the ready mapping that takes the file as it is."""

    file: Path
    sample: Sample
    guessed: Guessed
    preset: Preset | None = None


def propose(file: Path, folder: Path, catalogue: Catalogue, table: str | None = None) -> Proposal:
    """What the columns of a file probably are. `folder`: of the saved mappings, which are asked first.

    Raises FileFailed when the file cannot be read, ConfigError when there is no such file or table."""
    if table is not None and table not in catalogue:
        raise ConfigError(message("guessing.no_such_table", table=table, known=", ".join(sorted(catalogue))))
    if not file.is_file():
        raise ConfigError(message("cli.no_such_file", path=str(file)))
    try:
        seen = sample(file)
    except OSError as error:
        why = error.strerror or str(error)
        raise FileFailed(message("files.unreadable", path=str(file), why=why)) from error
    guessed = _guess(seen, catalogue, earlier(folder), table, file.stem)
    ready = _ready(guessed.layout, file, catalogue)
    return Proposal(file, seen, _told(guessed, ready) if ready else guessed, ready)


def _ready(layout: str, file: Path, catalogue: Catalogue) -> Preset | None:
    """The ready mapping for this layout, when the database has its tables and this very file its columns."""
    preset = preset_of(layout)
    plan = examine(preset.name, preset.text, preset.name, catalogue)[0] if preset else None
    if plan is None:
        return None
    with disk.open_regular(file.resolve()) as opened:
        try:
            with deliveries(opened, file.name)[0].opened() as inner:
                (fit_sections if plan.sections else fit)(plan, inner, file.name)
        except FileFailed:
            return None
    return preset


def _told(guessed: Guessed, preset: Preset) -> Guessed:
    """With the ready mapping named where its layout is the reason."""
    columns = [
        replace(one, because=message("guessing.preset", preset=preset.name, **one.because.args))
        if one.because.code == "guessing.layout"
        else one
        for one in guessed.columns
    ]
    return replace(guessed, columns=tuple(columns))


def guess(settings: Settings, file: Path, table: str | None = None) -> tuple[Guess, ...]:
    """What each column of a file probably is. Raises as `propose`."""
    return propose(file, settings.mappings, tables(settings), table).guessed.columns


def _guess(
    seen: Sample, catalogue: Catalogue, past: list[SavedMapping], table: str | None, stem: str
) -> Guessed:
    columns = [Seen(name, seen.values(name)) for name in seen.dialect.columns]
    return decide(columns, catalogue, table=table, earlier=past, name=stem)


def save(
    made: Proposal,
    name: str,
    folder: Path,
    catalogue: Catalogue,
    table: str | None = None,
    *,
    zone: str = "UTC",
    language: Language = "en",
) -> Path:
    """Write `name`.toml as `drafted` has it. Never over an existing one. Raises as that."""
    text = drafted(made, name, folder, catalogue, table, zone=zone, language=language)
    return write(folder / f"{name}.toml", text, name)


def drafted(
    made: Proposal,
    name: str,
    folder: Path,
    catalogue: Catalogue,
    table: str | None = None,
    *,
    zone: str = "UTC",
    language: Language = "en",
) -> str:
    """The mapping: for `table`; else the ready mapping that takes the file; else for the several tables that it
    plainly speaks of; else for the one that most of it goes to and whose key it can fill.

    Raises ConfigError: the name; PipelineError: what is missing."""
    if not NAME.fullmatch(name):
        raise ConfigError(message("guessing.bad_name", name=name))
    if not made.guessed.table:
        raise PipelineError(message("guessing.no_guess", file=made.file.name))
    if made.preset and not table:
        return ready(made.preset, language)
    read = _unsure(made.sample)
    if not table:
        said = sections(
            name, catalogue, made.guessed, made.sample.frame, read=read, zone=zone, language=language
        )
        if said and not examine(name, said, name, catalogue)[1]:
            return said
    return _best(made, name, folder, catalogue, table, read, zone, language)


def _best(
    made: Proposal,
    name: str,
    folder: Path,
    catalogue: Catalogue,
    table: str | None,
    read: list[tuple[str, str]],
    zone: str,
    language: Language,
) -> str:
    """For the table that most of the file goes to, of those whose key it can fill."""
    chosen = [table] if table else _tables(made.guessed)
    past = earlier(folder)
    whole = _guess(made.sample, catalogue, past, None, made.file.stem) if table else made.guessed
    drafts = []
    for one in chosen:
        alone = [
            _elsewhere(mine, other, one)
            for mine, other in zip(
                _guess(made.sample, catalogue, past, one, "").columns, whole.columns, strict=True
            )
        ]
        drafts.append(
            draft(name, catalogue[one], alone, made.sample.frame, read=read, zone=zone, language=language)
        )
    usable = [one for one in drafts if one.text]
    if not usable:
        raise PipelineError(_lacking(drafts[0], catalogue))
    return max(usable, key=lambda one: (one.fields, one.table == made.guessed.table)).text


def _elsewhere(mine: Guess, whole: Guess, table: str) -> Guess:
    """What a column is when only `table` is asked; what fits another table is told so, not that nothing fits."""
    if mine.field or not whole.field or whole.field.startswith(f"{table}."):
        return mine
    return replace(mine, because=message("guessing.other_table", field=whole.field, table=table))


def _tables(guessed: Guessed) -> list[str]:
    """The tables the file speaks of, its main one first."""
    spoken = [guess.field.partition(".")[0] for guess in guessed.columns if guess.field]
    return list(dict.fromkeys([guessed.table, *spoken]))


def _unsure(seen: Sample) -> list[tuple[str, str]]:
    """Lines of [read] for what was not surely found."""
    dialect = seen.dialect
    kept = [("ragged", "keep")] if seen.ragged else []
    if dialect.sure >= SURE or dialect.format != "csv":
        return kept
    return [*kept, ("delimiter", dialect.delimiter), ("encoding", dialect.codec or dialect.encoding)]


def _lacking(one: Draft, catalogue: Catalogue) -> Message:
    keys = " / ".join(", ".join(key) for key in catalogue[one.table].keys)
    return message("guessing.no_key", table=one.table, keys=keys, missing=", ".join(one.missing))


def skeleton(name: str, folder: Path, known: Catalogue, table: str, language: Language = "en") -> Path:
    """Write `name`.toml with every column of a table to choose from. Raises ConfigError."""
    if not NAME.fullmatch(name):
        raise ConfigError(message("guessing.bad_name", name=name))
    if table not in known:
        raise ConfigError(message("guessing.no_such_table", table=table, known=", ".join(sorted(known))))
    return write(folder / f"{name}.toml", blank(known[table], language), name)


def from_preset(name: str, folder: Path, preset: str, language: Language = "en") -> Path:
    """Write `name`.toml as the ready mapping `preset` has it. Raises ConfigError."""
    if not NAME.fullmatch(name):
        raise ConfigError(message("guessing.bad_name", name=name))
    if preset not in presets():
        raise ConfigError(message("guessing.no_preset", preset=preset, known=", ".join(presets())))
    return write(folder / f"{name}.toml", ready(presets()[preset], language), name)


def ready(preset: Preset, language: Language) -> str:
    """The text of a ready mapping, with a line that says what it is."""
    return f"# {render(message('guessing.from_preset', preset=preset.name), language)}\n{preset.text}"


def write(path: Path, text: str, name: str) -> Path:
    """The whole file or none, and never over another."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=f".{name[:60]}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(text)
        mask = os.umask(0)
        os.umask(mask)
        Path(temporary).chmod(0o666 & ~mask)
        os.link(temporary, path)
    except FileExistsError:
        raise ConfigError(message("guessing.exists", name=name)) from None
    finally:
        Path(temporary).unlink(missing_ok=True)
    return path
