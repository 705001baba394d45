"""The demo's screen: five short acts in the visitor's language, and one calm line for each of his own files."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime, timezone
from decimal import Decimal
from textwrap import wrap
from typing import TYPE_CHECKING

from pipeline.cli.output import Voice
from pipeline.cli.plain import local
from pipeline.words import Fact

if TYPE_CHECKING:
    from pipeline.app import Pipeline
    from pipeline.events import Event
    from pipeline.results import FileRow
    from pipeline.store.model import RefusedRow

WIDTH = 100
SHOWN = 3  # refused lines of a file
COUNTS = (
    ("rows_read", "cli.demo_head.read"),
    ("inserted", "cli.demo_head.new"),
    ("updated", "cli.demo_head.changed"),
    ("unchanged", "cli.demo_head.same"),
    ("refused", "cli.demo_head.refused"),
    ("duplicates", "cli.head.repeats"),
)
"""Fact of `file.committed`, and its word: the first is the sum of the others."""
TOLD = ("file.failed", "file.duplicate", "job.waiting", "job.paused", "config.refused")


class Screen:
    """Draws on stdout, at most 100 columns wide. Colours only where a terminal shows them."""

    def __init__(self, voice: Voice) -> None:
        from rich.console import Console

        self.voice = voice
        self._console = Console(highlight=False, markup=False, emoji=False)
        self._width = min(self._console.width, WIDTH) if sys.stdout.isatty() else WIDTH
        self.yes, self.no = ("✓", "✗") if _shows("✓✗") else ("ok", "x")

    # values ---------------------------------------------------------------------------------------------
    def number(self, n: int) -> str:
        """5,060 or 5 060."""
        return self._local(f"{n:,}")

    def money(self, amount: Decimal) -> str:
        """Exact, with its cents."""
        return self._local(f"{amount:,.2f}")

    def _local(self, text: str) -> str:
        french = text.replace(",", " ").replace(".", ",")
        return french if self.voice.language == "fr" else text

    def local(self, at: datetime, zone: str) -> str:
        return local(at, zone)[:16]

    def cell(self, value: object) -> str:
        """A value of the database: no row of zeros after an amount, nothing for NULL."""
        if isinstance(value, Decimal):
            return f"{value:.2f}" if value == round(value, 2) else str(value.normalize())
        if isinstance(value, datetime):
            aware = value if value.tzinfo else value.replace(tzinfo=timezone.utc)  # noqa: UP017
            return local(aware, "Europe/Paris")[:16]
        return "" if value is None else str(value)

    # lines ----------------------------------------------------------------------------------------------
    def _print(self, text: str, style: str = "", indent: int = 0, hang: int = 0) -> None:
        """A paragraph; its later lines stand `hang` further to the right."""
        first, later = " " * indent, " " * (indent + hang)
        lines = wrap(
            text,
            self._width,
            initial_indent=first,
            subsequent_indent=later,
            break_long_words=False,
            break_on_hyphens=False,
        )
        for line in lines or [""]:
            self._line(line, style)

    def _line(self, text: str, style: str = "") -> None:
        self._console.print(text.rstrip(), style=style, soft_wrap=True)
        sys.stdout.flush()

    def head(self, code: str, **facts: Fact) -> None:
        self._print(self.voice.word(f"cli.{code}", **facts), "bold")

    def act(self, n: int, code: str, **facts: Fact) -> None:
        """The title of an act; shown before its work begins."""
        self._print("")
        self._print(f"{n} {self.voice.word(f'cli.{code}', **facts)}", "bold cyan")

    def note(self, code: str, **facts: Fact) -> None:
        self._print(self.voice.word(f"cli.{code}", **facts), indent=4)

    def copied(self, text: str) -> None:
        """What is to be copied stays in one piece."""
        self._line(f"    {text}", "bold green")

    def verdict(self, right: bool, good: str, bad: str, **facts: Fact) -> bool:
        """Is it as it should be? Says so, and gives it back."""
        code, mark, style = (good, self.yes, "green") if right else (bad, self.no, "bold red")
        self._print(f"{mark} {self.voice.word(f'cli.{code}', **facts)}", style, 2, 2)
        return right

    def refused(self, name: str, row: RefusedRow) -> None:
        where = self.voice.word(
            "cli.demo_refused", file=name, line=row.line, column=row.column, value=row.value
        )
        self._print(f"{self.no} {where}", "yellow", 2, 2)
        self._print(self.voice.text(row.said), "", 4)

    # tables ---------------------------------------------------------------------------------------------
    def table(self, rows: Sequence[Sequence[str]], align: str, heads: Sequence[str] = ()) -> None:
        """`align`: a `<` or `>` for each column."""
        every = [*([heads] if heads else ()), *rows]
        widths = [max(map(len, column)) for column in zip(*every, strict=True)]
        for n, row in enumerate(every):
            cells = (f"{cell:{side}{width}}" for cell, side, width in zip(row, align, widths, strict=True))
            self._line("    " + "  ".join(cells), "dim" if heads and n == 0 else "")

    def files(self, files: Sequence[FileRow]) -> None:
        """What was read of each file, and what became of it."""
        heads = [
            "",
            *(self.voice.word(f"cli.demo_head.{h}") for h in ("read", "new", "changed", "same", "refused")),
        ]
        rows = [
            [f.name, *map(self.number, (f.rows_read, f.inserted, f.updated, f.unchanged, f.refused)),
             "" if f.state == "archived" else self.voice.word(f"cli.state.{f.state}")]
            for f in sorted(files, key=lambda f: f.name)
        ]  # fmt: skip
        self.table(rows, "<>>>>><", [*heads, ""])

    def rows(self, rows: Sequence[tuple[str, tuple[object, ...]]]) -> None:
        """Rows as they stand in the database."""
        where = self.voice.word("cli.demo_rows")
        cells = [[name, *map(self.cell, values)] for name, values in rows]
        self.table([["" if n else where, *row] for n, row in enumerate(cells)], "<" * 6)

    # the visitor's files --------------------------------------------------------------------------------
    def happened(self, event: Event, pipeline: Pipeline) -> None:
        """One line for what became of a file, and one for each of its first refused lines."""
        if event.name == "file.committed":
            text = self.voice.word("cli.demo_imported", counts=self._counts(event))
            self._tell(event, pipeline, text, "green")
        elif event.name == "rows.refused":
            self._tell_refused(event, pipeline)
        elif event.name in TOLD and event.said is not None:
            style = "" if event.name == "file.duplicate" else "yellow"
            self._tell(event, pipeline, self.voice.text(event.said), style)

    def _counts(self, event: Event) -> str:
        """`3 read = 2 new + 1 changed`: what there is none of is not named."""
        counts = [(n, self.voice.word(code)) for fact, code in COUNTS if (n := int(event.facts.get(fact, 0)))]
        parts = [f"{self.number(n)} {word}" for n, word in counts]
        read, parts = (parts[0], parts[1:]) if counts else ("0", [])
        return f"{read} = {' + '.join(parts)}" if parts else read

    def _tell(self, event: Event, pipeline: Pipeline, text: str, style: str) -> None:
        at = local(event.at, pipeline.settings.timezone)[11:]
        self._print("  ".join(part for part in (at, event.file, text) if part), style, 2, 10)

    def _tell_refused(self, event: Event, pipeline: Pipeline) -> None:
        file = next((f for f in pipeline.files(event.job) if f.name == event.file and f.refused), None)
        story = pipeline.show(file.id) if file is not None and file.id is not None else None
        if story is None:
            return
        for row in story.refused[:SHOWN]:
            self.refused(event.file, row)
        if len(story.refused) > SHOWN:
            self.note("demo_more", count=len(story.refused) - SHOWN, id=story.file.id or 0)


def _shows(text: str) -> bool:
    """Can stdout write these letters?"""
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True
