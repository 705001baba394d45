"""Commands that only read: inspect, read."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.facts import AsJson
from pipeline.cli.output import Voice
from pipeline.cli.progress import Progress, size_of
from pipeline.words import Message, message

if TYPE_CHECKING:
    from pipeline.mapping.model import ReadOptions
    from pipeline.reading import Survey
    from pipeline.reading.members import Given
    from pipeline.reading.rewrite import Rewritten

Encoding = Annotated[str | None, typer.Option(help="The encoding, when it is known.")]
Delimiter = Annotated[str | None, typer.Option(help="What parts the cells, when it is known.")]
Sheet = Annotated[str | None, typer.Option(help="The sheet of a workbook: its name or number.")]
At = Annotated[str | None, typer.Option("--path", help="Where the records are in JSON: data.orders")]
Record = Annotated[str | None, typer.Option(help="The element of XML that is a record.")]


def inspect(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The file to look at.")],
    encoding: Encoding = None,
    delimiter: Delimiter = None,
    sheet: Sheet = None,
    path: At = None,
    record: Record = None,
    as_json: AsJson = False,
) -> None:
    """What is in a file and how it is written: everything that was found, and how sure."""
    from pipeline import files as disk
    from pipeline.errors import FileFailed
    from pipeline.formats import deliveries
    from pipeline.reading import survey

    voice: Voice = context.obj
    options = _options(encoding, delimiter, sheet, path, record, strict=False)
    found: list[tuple[str, Survey]] = []
    bar = Progress(voice, size_of(file))
    if not file.exists():
        raise _missing(file)
    try:
        with disk.open_regular(file.resolve()) as opened:
            for member in deliveries(opened, file.name):
                with member.opened() as inner:
                    found.append((member.name, survey(inner, options, member.name, bar.tell)))
    except FileFailed as fault:
        if not as_json:
            raise
        voice.json({"file": file.name, "failed": voice.text(fault.said)})
        raise typer.Exit(1) from None
    finally:
        bar.end()
    if as_json:
        shown = [_survey_json(voice, name, one) for name, one in found]
        voice.json(shown[0] if len(shown) == 1 else shown)
        return
    for name, one in found:
        _tell(voice, name, one)


def read(
    context: typer.Context,
    source: Annotated[Path, typer.Argument(metavar="FILE|FOLDER", help="The file or folder to read.")],
    to: Annotated[Path, typer.Option(help="The CSV file (for a folder: the folder) to write.")],
    refused: Annotated[
        Path | None, typer.Option(help="Where the refused records go, with line and reason.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Refuse what would have to be mended.")] = False,
    encoding: Encoding = None,
    delimiter: Delimiter = None,
    sheet: Sheet = None,
    path: At = None,
    record: Record = None,
    as_json: AsJson = False,
) -> None:
    """Any file as clean CSV: UTF-8, one header, every cell as text exactly as it was read."""
    from pipeline.reading import each_file

    voice: Voice = context.obj
    options = _options(encoding, delimiter, sheet, path, record, strict)
    worst = 0
    if not source.exists():
        raise _missing(source)
    folder = source.is_dir()
    written = {place.resolve() for place in (to, refused) if place is not None}
    found = [one for one in each_file(source) if not written & {one.path, *one.path.resolve().parents}]
    for given in found:  # the list first: what is written into the folder is not read again
        for result in _one(voice, given, options, to, refused, folder):
            worst = max(worst, _say(voice, result, as_json), key=(0, 3, 1).index)
    raise typer.Exit(worst)


def _one(
    voice: Voice, given: Given, options: ReadOptions, to: Path, refused: Path | None, folder: bool
) -> list[dict[str, object]]:
    """Read one file, or each of an archive. A file that cannot be read is a result too."""
    from polars.exceptions import PolarsError

    from pipeline import files as disk
    from pipeline.errors import FileFailed
    from pipeline.formats import deliveries
    from pipeline.reading import rewrite

    results: list[dict[str, object]] = []
    name = given.name
    bar = Progress(voice, size_of(given.path))
    try:
        with disk.open_regular(given.path) as opened:
            members = deliveries(opened, Path(given.name).name)
            for member in members:
                several = len(members) > 1
                name = f"{given.name}/{member.name}" if several else given.name
                place, bad = _places(name, to, refused, folder or several or to.is_dir())
                try:
                    with member.opened() as inner:
                        done = rewrite(inner, options, place, bad, member.name, voice.language, bar.tell)
                    results.append(_done(voice, name, place, done))
                except FileFailed as fault:
                    results.append(_failed(voice, name, fault.said))
    except FileFailed as fault:
        results.append(_failed(voice, name, fault.said))
    except OSError as error:
        why = error.strerror or str(error)
        results.append(_failed(voice, name, message("files.unreadable", path=str(given.path), why=why)))
    except (PolarsError, MemoryError, ValueError) as error:  # in a folder the next file is read all the same
        said = message("reading.unexpected", why=f"{type(error).__name__}: {error}"[:300])
        results.append(_failed(voice, name, said))
    bar.end()
    return results


def _places(name: str, to: Path, refused: Path | None, many: bool) -> tuple[Path, Path | None]:
    """Where the clean file and its refused records go: a file of the same name, always with .csv at its end."""
    if not many:
        return to, refused
    plain = name if name.lower().endswith(".csv") else name + ".csv"
    return to / plain, refused / plain if refused else None


def _done(voice: Voice, name: str, place: Path, done: Rewritten) -> dict[str, object]:
    return {
        "file": name,
        "to": str(place),
        "rows_read": done.rows_read,
        "rows_written": done.rows_written,
        "rows_refused": done.rows_refused,
        "rows_repaired": done.rows_repaired,
        "set_aside": done.set_aside,
        "repairs": done.repairs,
        "warnings": [voice.text(said) for said in done.notes],
    }


def _failed(voice: Voice, name: str, said: Message) -> dict[str, object]:
    empty: dict[str, int] = {}
    return {
        "file": name, "to": None, "rows_read": 0, "rows_written": 0, "rows_refused": 0, "rows_repaired": 0,
        "set_aside": empty, "repairs": empty, "warnings": [], "failed": voice.text(said),
    }  # fmt: skip


def _say(voice: Voice, result: dict[str, object], as_json: bool) -> int:
    """Tell of one file → the exit code that it alone would give."""
    if as_json:
        print(json.dumps(result, ensure_ascii=False), flush=True)
    elif "failed" in result:
        print(f"{result['file']}: {result['failed']}", file=sys.stderr)
    else:
        aside = result["set_aside"]
        assert isinstance(aside, dict)
        facts = {key: result[key] for key in ("file", "rows_read", "rows_refused", "rows_repaired")}
        told = {key: value for key, value in facts.items() if isinstance(value, str | int)}
        voice.say(message("cli.read_done", aside=sum(aside.values()), **told))
        for said in result["warnings"] if isinstance(result["warnings"], list) else []:
            print(f"  {said}", file=sys.stderr)
    if "failed" in result:
        return 1
    return 3 if result["rows_refused"] else 0


def _options(
    encoding: str | None,
    delimiter: str | None,
    sheet: str | None,
    path: str | None,
    record: str | None,
    strict: bool,
) -> ReadOptions:
    from pipeline.mapping.model import ReadOptions

    part = {"tab": "\t", "\\t": "\t", "space": " "}.get(delimiter, delimiter) if delimiter else None
    return ReadOptions(
        delimiter=part, encoding=encoding, sheet=sheet, path=path, record=record,
        ragged="refuse" if strict else "keep", repairs=not strict,
    )  # fmt: skip


def _missing(path: Path) -> Exception:
    from pipeline.errors import ConfigError

    return ConfigError(message("cli.no_such_file", path=str(path)))


def _survey_json(voice: Voice, name: str, one: Survey) -> dict[str, object]:
    return {
        "file": name, "format": one.format, "encoding": one.encoding, "delimiter": one.delimiter, "quote": one.quote,
        "escape": one.escape, "line_end": one.line_end, "header_row": one.header_row,
        "columns": [
            {"name": c.name, "type": c.type, "nulls": c.nulls, "distinct": c.distinct, "examples": c.examples}
            for c in one.columns
        ],
        "rows": one.rows, "refused": one.refused, "repaired": one.repaired, "set_aside": one.set_aside,
        "repairs": one.repairs, "sure": one.sure, "warnings": [voice.text(said) for said in one.warnings],
    }  # fmt: skip


def _tell(voice: Voice, name: str, one: Survey) -> None:
    """A survey for a person: how the file is written, then its columns."""
    facts = [
        ("format", one.format), ("encoding", one.encoding), ("delimiter", _sign(one.delimiter)), ("quote", one.quote or "-"),
        ("escape", one.escape or "-"), ("line_end", _sign(one.line_end)), ("header_row", str(one.header_row or "-")),
        ("rows", str(one.rows)), ("refused", str(one.refused)), ("repaired", str(one.repaired)),
        ("set_aside", ", ".join(f"{rule} {count}" for rule, count in one.set_aside.items()) or "-"),
        ("sure", f"{one.sure:.0%}"),
    ]  # fmt: skip
    voice.table([name, ""], [[voice.word(f"cli.inspect.{key}"), value] for key, value in facts])
    heads = [voice.word(f"cli.inspect.{key}") for key in ("column", "type", "nulls", "distinct", "examples")]
    rows = [
        [
            c.name,
            c.type,
            str(c.nulls),
            str(c.distinct),
            " | ".join(example[:40] for example in c.examples[:3]),
        ]
        for c in one.columns
    ]
    voice.table(heads, rows)
    for said in one.warnings:
        voice.say(said)


def _sign(text: str | None) -> str:
    if not text:
        return "-"
    return {"\n": "LF", "\r\n": "CRLF", "\r": "CR", "\t": "tab", " ": "space"}.get(text, text)
