"""`demo`: sample files imported before the visitor's eyes, a worker killed on the way, then it is the visitor's turn."""

from __future__ import annotations

import os
import shlex
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli import samples
from pipeline.cli.output import Voice, user_language
from pipeline.cli.screen import Screen
from pipeline.cli.start import ChosenLanguage, make
from pipeline.words import message

if TYPE_CHECKING:
    from pipeline.app import Pipeline
    from pipeline.cli.tally import Tally
    from pipeline.events import Event
    from pipeline.results import FileRow, OnceResult

TILL, SHOP = "till", "web-sales"
KILL = "worker/rows.written:1:kill"
"""Where the worker dies: every row of the file is written, nothing is kept yet."""


def demo(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where.")] = Path("pipeline-demo"),
    language: ChosenLanguage = None,
    stay: Annotated[
        bool | None, typer.Option("--stay/--no-stay", help="Go on until Ctrl-C; as a rule, on a terminal.")
    ] = None,
) -> None:
    """Make a folder with sample files, import them, show the rows; then it is your turn."""
    if not (folder / "config.toml").exists():
        make(folder, language or user_language())
    voice = Voice(folder / "config.toml")
    voice.language = language or voice.language
    stage = Stage(voice, Screen(voice), folder.absolute())
    with voice.pipeline(stage.hear) as pipeline:
        right = stage.play(pipeline)
        stage.turn(pipeline)
        if sys.stdout.isatty() if stay is None else stay:
            stage.staying = pipeline
            voice.say(message("cli.demo_stays"))
            pipeline.run()
            voice.say(message("cli.stopped"))
        else:
            voice.say(message("cli.demo_next", folder=str(folder)))
    raise typer.Exit(0 if right else 1)


@dataclass
class Stage:
    """The acts, in order. `hear` listens to what Pipeline does and drops the files when it watches."""

    voice: Voice
    screen: Screen
    folder: Path
    drops: list[tuple[str, str, bytes]] = field(default_factory=list)
    tally: Tally | None = None
    killed: tuple[str, int] | None = None  # the signal, and how many tickets there were then
    staying: Pipeline | None = None

    def hear(self, event: Event) -> None:
        if event.name == "service.started":
            for job, name, content in self.drops:
                _drop(self.folder / "inbox" / job, name, content)
            self.drops = []
        elif event.name == "worker.died" and self.tally is not None and os.environ.pop("PIPELINE_FAULT", ""):
            self.killed = str(event.facts.get("reason", "")), self.tally.tickets()
        if self.staying is not None:
            self.screen.happened(event, self.staying)

    def play(self, pipeline: Pipeline) -> bool:
        """All acts. False: something is not as it should be, and was said."""
        from pipeline.cli.tally import Tally

        self.screen.head("demo_title", folder=str(self.folder))
        with Tally(pipeline.settings) as self.tally:
            return all([
                self.read(pipeline), self.equal(self.tally), self.again(pipeline), self.kill(pipeline)
            ])  # fmt: skip

    def take(self, pipeline: Pipeline, *files: tuple[str, str, bytes]) -> OnceResult:
        self.drops = list(files)
        result = pipeline.once([SHOP, TILL], now=True, wait=30)
        for said in result.troubles:
            self.voice.say(said)
        if len(result.files) < len(files):  # Ctrl-C, or the world is at fault
            self.voice.say(message("cli.demo_cut", folder=str(self.folder)))
            raise typer.Exit(1)
        return result

    def read(self, pipeline: Pipeline) -> bool:
        self.screen.act(1, "demo_read")
        result = self.take(
            pipeline,
            (SHOP, samples.ORDERS_NAME, samples.orders()),
            (TILL, samples.DAY_NAME, samples.day()),
        )
        self.screen.files(result.files)
        for file in result.files:
            self.refused(pipeline, file)
        assert self.tally is not None
        self.screen.rows(self.tally.first_rows())
        return result.exit_code in (0, 3)

    def refused(self, pipeline: Pipeline, file: FileRow) -> None:
        story = pipeline.show(file.id) if file.refused and file.id is not None else None
        for row in story.refused[:3] if story else ():
            self.screen.refused(file.name, row)
            self.screen.note("demo_others")

    def equal(self, tally: Tally) -> bool:
        self.screen.act(2, "demo_equal")
        theirs, ours = samples.totals(samples.day()), tally.day(samples.DAY)
        number, money = self.screen.number, self.screen.money
        lines = [
            [self.voice.word(code), number(sums[0]), *map(money, sums[1:])]
            for code, sums in (("cli.demo_theirs", theirs), ("cli.demo_ours", ours))
        ]
        heads = (self.voice.word(f"cli.demo_head.{head}") for head in ("tickets", "net", "tax", "gross"))
        self.screen.table(lines, "<>>>>", ["", *heads])
        return self.screen.verdict(theirs == ours, "demo_same", "demo_other")

    def again(self, pipeline: Pipeline) -> bool:
        assert self.tally is not None
        self.screen.act(3, "demo_again")
        before = self.tally.tickets()
        result = self.take(pipeline, (TILL, samples.DAY_NAME, samples.day()))
        known = [f for f in result.files if f.state == "duplicate"]
        facts = {"before": self.screen.number(before), "after": self.screen.number(self.tally.tickets())}
        return self.screen.verdict(bool(known), "demo_known", "demo_unknown", **facts)

    def kill(self, pipeline: Pipeline) -> bool:
        assert self.tally is not None
        number, before = self.screen.number, self.tally.tickets()
        self.screen.act(4, "demo_kill", tickets=number(samples.A_DAY + samples.LATER))
        os.environ["PIPELINE_FAULT"] = KILL
        try:
            result = self.take(pipeline, (TILL, samples.WEEK_NAME, samples.week(before)))
        finally:
            os.environ.pop("PIPELINE_FAULT", None)
        after, (signal, then) = self.tally.tickets(), self.killed or ("-", -1)
        word = self.voice.word
        steps = [
            [word("cli.demo_before"), number(before), ""],
            [word("cli.demo_killed", signal=signal), number(then), word("cli.demo_undone")],
            [word("cli.demo_after"), number(after), word("cli.demo_itself")],
        ]
        self.screen.table(steps, "<><")
        (file,) = result.files or (None,)
        right = (
            file is not None
            and file.state == "archived"
            and (then, after) == (before, before + samples.LATER)
        )
        right = right and self.tally.twice() == 0
        facts = {} if file is None else {
            "read": number(file.rows_read), "new": number(file.inserted), "same": number(file.unchanged)
        }  # fmt: skip
        return self.screen.verdict(right, "demo_whole", "demo_broken", **facts)

    def turn(self, pipeline: Pipeline) -> None:
        """What the visitor can do now."""
        sample = self.folder / "samples" / samples.NEXT_NAME
        _drop(sample.parent, sample.name, samples.next_orders())
        self.screen.act(5, "demo_turn")
        self.screen.copied(str(self.folder / "inbox" / SHOP))
        self.screen.note("demo_sample")
        self.screen.copied(f"cd {shlex.quote(str(self.folder))} && cp samples/{sample.name} inbox/{SHOP}/")
        till = next((job for job in pipeline.status().jobs if job.name == TILL), None)
        if till is not None and till.next_opening is not None:
            at = self.screen.local(till.next_opening, pipeline.settings.timezone)
            self.screen.note("demo_nightly", inbox=f"inbox/{TILL}", at=at)
        self.screen.note("demo_why")


def _drop(inbox: Path, name: str, content: bytes) -> None:
    """Write under a temporary name and rename: the file appears complete, as a good sender does it."""
    from pipeline.errors import PipelineError

    try:
        inbox.mkdir(parents=True, exist_ok=True)
        part = inbox / f"{name}.part"
        part.write_bytes(content)
        part.rename(inbox / name)
    except OSError as error:
        raise PipelineError(message("cli.unwritable", folder=str(inbox), why=error.strerror or "")) from error
