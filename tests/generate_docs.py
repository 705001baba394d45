"""Writes docs/cli.md, docs/events.md and docs/presets.md from the program itself: python -m tests.generate_docs"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from typer.main import get_command
from typer.testing import CliRunner

from pipeline.cli.main import app
from pipeline.events import EVENTS
from pipeline.guessing.presets import presets

DOCS = Path(__file__).parent.parent / "docs"
MADE = "<!-- Written by `python -m tests.generate_docs`; a test holds it. -->\n"


def cli() -> str:
    commands = [*named(get_command(app))]
    parts = [
        f"# Commands\n\n{MADE}\nExit codes: 0 done, 1 something failed or is still incomplete, 2 wrong use or config, "
        "3 done with refused rows.\n",
        *(f"## pipeline {name}\n\n```\n{told(*name.split())}```\n" for name in commands),
    ]
    parts.insert(1, f"```\n{told()}```\n")
    return "\n".join(parts)


def named(group: object, before: str = "") -> Iterator[str]:
    """Each command by its words, those of a group after it."""
    for name, command in getattr(group, "commands", {}).items():  # typer's own class of groups
        yield before + name
        yield from named(command, f"{before}{name} ")


def told(*words: str) -> str:
    environment = {"COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb", "PIPELINE_CONFIG": None}
    result = CliRunner().invoke(
        app,
        [*words, "--help"],
        prog_name="pipeline",
        env=environment,
        terminal_width=100,
        max_content_width=100,
    )
    assert result.exit_code == 0, result.output
    return "".join(line.rstrip() + "\n" for line in result.stdout.splitlines())


def events() -> str:
    rows = "".join(f"| `{name}` | {meaning} |\n" for name, meaning in EVENTS.items())
    return (
        f"# Events\n\n{MADE}\n`pipeline run` writes one line an event to stderr; a listener given to `Pipeline` hears "
        f"the same. An event has a name, a moment in UTC, and where it has them a job, a file and facts.\n\n"
        f"| event | what happened |\n|---|---|\n{rows}"
    )


def ready() -> str:
    imports, exports = (
        "".join(f"| `{p.name}` | {p.purpose} | {p.made_from} |\n" for p in presets().values() if p.way == way)
        for way in ("import", "export")
    )
    return (
        f"# Ready mappings\n\n{MADE}\n"
        "`pipeline mapping new NAME --preset PRESET` writes one into `mappings/NAME.toml`, where it is yours to change; "
        "`pipeline mapping guess FILE` says when a file is one that a ready mapping takes, and `--save NAME` then writes "
        "it. A program may have changed its export since: read the mapping through, and `pipeline try FILE --mapping "
        f"NAME` shows what it would do.\n\n| ready mapping | for | made from |\n|---|---|---|\n{imports}\n"
        "To write files for a known program, by an export of yours ([exports.md](exports.md)):\n\n"
        f"| ready mapping | for | made for |\n|---|---|---|\n{exports}"
    )


PAGES = {"cli.md": cli, "events.md": events, "presets.md": ready}

if __name__ == "__main__":
    for page, make in PAGES.items():
        (DOCS / page).write_text(make(), "utf-8")
