"""`doctor`: what is right and what is not, each with its remedy, on one calm screen."""

from __future__ import annotations

import shutil
import sys
import textwrap
from typing import TYPE_CHECKING

import typer

from pipeline.cli.facts import AsJson
from pipeline.cli.output import Voice
from pipeline.shapes import finding_json
from pipeline.words import message

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.results import Finding

SHOWN_WELL = 30  # of more subjects than this, those where all is well are only counted
NAMED = ("service", "database")


def doctor(context: typer.Context, as_json: AsJson = False) -> None:
    """Try out folders, database and service; say what is wrong and what to do."""
    from pipeline.app import diagnose
    from pipeline.files import ignore_sigio

    voice: Voice = context.obj
    ignore_sigio()  # a writer that comes while we look whether there is one
    found = diagnose(voice.config)
    bad = sum(finding.level == "bad" for finding in found)
    if as_json:
        voice.json([finding_json(voice, finding) for finding in found])
    else:
        for line in lines(voice, found, shutil.get_terminal_size((100, 24)).columns):
            print(line)
        sys.stdout.flush()
        warn = sum(finding.level == "warn" for finding in found)
        voice.say(message("doctor.sum", bad=bad, warn=warn) if bad or warn else message("doctor.sum_ok"))
    raise typer.Exit(1 if bad else 0)


def lines(voice: Voice, found: list[Finding], width: int) -> Iterator[str]:
    """The screen, `width` columns wide: each subject, below it what was found, a mark before each."""
    subjects: dict[str, list[Finding]] = {}
    for finding in found:
        subjects.setdefault(finding.subject, []).append(finding)
    well = [name for name, all in subjects.items() if all_well(all)]
    hidden = set(well) if len(subjects) > SHOWN_WELL else set()
    mark = max(len(voice.word(f"doctor.mark.{level}")) for level in ("ok", "warn", "bad"))
    for subject, findings in subjects.items():
        if subject in hidden:
            continue
        yield voice.word(f"doctor.subject.{subject}") if subject in NAMED else subject
        for finding in findings:
            head = f"  {voice.word(f'doctor.mark.{finding.level}'):<{mark}}  "
            yield from _wrapped(voice.text(finding.said), head, width)
            if finding.remedy is not None:
                yield from _wrapped(voice.text(finding.remedy), " " * (mark + 4) + "→ ", width)
    if hidden:
        yield voice.word("doctor.well", count=len(hidden))


def all_well(findings: list[Finding]) -> bool:
    return all(finding.level == "ok" for finding in findings)


def _wrapped(text: str, head: str, width: int) -> list[str]:
    """A path or a statement to copy is never cut."""
    rest = " " * len(head)
    return textwrap.wrap(
        text, max(width, 40), initial_indent=head, subsequent_indent=rest, break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip
