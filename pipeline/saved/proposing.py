"""A file → what its columns probably are, and a mapping of one table made of it."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import ConfigError, FileFailed, PipelineError
from pipeline.guessing import Guess, Guessed, Seen
from pipeline.guessing import guess as decide
from pipeline.guessing.drafting import Draft, blank, draft
from pipeline.jobs import Settings
from pipeline.mapping.model import Catalogue, SavedMapping
from pipeline.reading.sampling import Sample, sample
from pipeline.saved.shelf import NAME, earlier, tables
from pipeline.words import Language, Message, message

SURE = 0.9  # of how a file is written; below, the mapping states it


@dataclass(frozen=True, slots=True)
class Proposal:
    """A guess and what it was made from."""

    file: Path
    sample: Sample
    guessed: Guessed


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
    return Proposal(file, seen, _guess(seen, catalogue, earlier(folder), table, file.stem))


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
    """Write `name`.toml: for `table`, or for the table that most of the file goes to and whose key it can fill.

    Never over an existing one. Raises ConfigError: the name; PipelineError: what is missing."""
    if not NAME.fullmatch(name):
        raise ConfigError(message("guessing.bad_name", name=name))
    if not made.guessed.table:
        raise PipelineError(message("guessing.no_guess", file=made.file.name))
    chosen = [table] if table else _tables(made.guessed)
    past = earlier(folder)
    drafts = []
    for one in chosen:
        alone = _guess(made.sample, catalogue, past, one, "").columns
        read = _unsure(made.sample)
        drafts.append(
            draft(name, catalogue[one], alone, made.sample.frame, read=read, zone=zone, language=language)
        )
    usable = [one for one in drafts if one.text]
    if not usable:
        raise PipelineError(_lacking(drafts[0], catalogue))
    best = max(usable, key=lambda one: (one.fields, one.table == made.guessed.table))
    return write(folder / f"{name}.toml", best.text, name)


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
