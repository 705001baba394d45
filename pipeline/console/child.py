"""What reads files for the pages, in a process of its own: polars starts threads, and the service is copied.

python -P -m pipeline.console.child propose CONFIG FILE [TABLE]     JSON to stdout
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast
from unicodedata import normalize

import anyio

from pipeline.errors import Environment, PipelineError
from pipeline.words import Language, Message, message

EXAMPLES = 3
LONG = 120  # characters of an example


async def ask(verb: str, config: Path, *more: str) -> Any:
    """What the child says. Raises PipelineError as it does, Environment when it ends otherwise."""
    command = [
        sys.executable,
        "-P",
        "-c",
        f"import sys, {__name__} as child; child.main(sys.argv[1:])",
        verb,
        str(config),
        *more,
    ]
    done = await anyio.run_process(command, check=False)
    try:
        told = json.loads(done.stdout)
    except ValueError:
        raise Environment(message("console.child", status=done.returncode)) from None
    if "error" in told:
        raise PipelineError(Message.from_json(told["error"]))
    return told


def propose(config: Path, file: Path, table: str, language: Language) -> dict[str, Any]:
    """What a file is, column by column, and a mapping made of it."""
    from pipeline import saved
    from pipeline.config import load

    settings = load(config)
    known = saved.tables(settings)
    made = saved.propose(file, settings.mappings, known, table or None)
    dialect = made.sample.dialect
    name = named(file.stem)
    try:
        text = saved.drafted(
            made, name, settings.mappings, known, table or None, zone=settings.timezone, language=language
        )
        lacking = ""
    except PipelineError as error:
        text, lacking = "", error.said.to_json()
    return {
        "name": name,
        "text": text,
        "lacking": lacking,
        "table": made.guessed.table,
        "preset": made.preset.name if made.preset else "",
        "format": dialect.format,
        "encoding": dialect.codec or dialect.encoding,
        "delimiter": dialect.delimiter,
        "sure": dialect.sure,
        "columns": [
            {
                "name": one.column, "field": one.field or "", "confidence": one.confidence,
                "because": one.because.to_json(),
                "examples": [value[:LONG] for value in made.sample.values(one.column)[:EXAMPLES]],
            }
            for one in made.guessed.columns
        ],
    }  # fmt: skip


def named(stem: str) -> str:
    """A name for a job and its mapping: letters without their accents, digits, hyphens."""
    plain = normalize("NFKD", stem.lower()).encode("ascii", "ignore").decode()
    return "-".join(re.findall(r"[a-z0-9]+", plain))[:60].strip("-") or "new"


def main(arguments: Sequence[str]) -> None:
    verb, config, *more = arguments
    assert verb == "propose"
    file, table, language = (*more, "", "")[:3]
    try:
        told = propose(Path(config), Path(file), table, cast(Language, language or "en"))
    except PipelineError as error:
        told = {"error": error.said.to_json()}
    json.dump(told, sys.stdout)
