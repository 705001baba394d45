"""`demo`: a ready folder, sample files that we wrote, imported before the user's eyes."""

from __future__ import annotations

from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.output import Voice
from pipeline.cli.plain import local
from pipeline.cli.start import make
from pipeline.words import message

if TYPE_CHECKING:
    from pipeline.app import Pipeline
    from pipeline.results import OnceResult

ORDERS = """\
Order No;Date;Total;State
W-1001;12/05/2026 09:14;48210,55;paid
W-1002;12/05/2026 10:02;19,90;open
W-1003;31/02/2026 11:30;75,00;open
W-1004;12/05/2026 17:45;1249,00;
"""

TICKETS = """\
N° ticket;Type;Caisse;Vendeur;Date;Journée;Total HT;TVA;Total TTC
000417;sale;Caisse 1;Hélène;12/05/2026 18:02;12/05/2026;10,00;2,00;12,00
000418;sale;Caisse 1;François;12/05/2026 18:09;12/05/2026;37,91;2,09;40,00
000419;sale;Caisse 2;Zoë;13/05/2026 00:12;12/05/2026;4,08;0,82;4,90
"""

SAMPLES = (("web-sales", "orders-2026-05-12.csv", ORDERS), ("till", "tickets-2026-05-12.csv", TICKETS))
"""Folder in the inbox, name, text: written as cp1252, as a shop and a French till write it."""

SHOWN = {
    "sales_order": ("number", "ordered_at", "gross_amount", "status"),
    "pos_ticket": ("number", "cashier", "sold_at", "gross_amount"),
}
"""Table → the columns that the demo shows."""


def demo(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where.")] = Path("pipeline-demo"),
) -> None:
    """Make a folder with sample files, import them and show the rows."""
    voice = Voice(folder / "config.toml")
    if not voice.config.exists():
        make(folder)
    voice.say(message("cli.demo_writes", folder=str(folder)))
    for inbox, name, text in SAMPLES:
        _drop(folder / "inbox" / inbox, name, text.encode("cp1252"))
    voice.say(message("cli.demo_imports"))
    with voice.pipeline() as pipeline:
        result = pipeline.once(["web-sales", "till"], now=True, wait=15)
        for said in result.troubles:
            voice.say(said)
        _show_rows(voice, pipeline)
        _show_refused(voice, pipeline, result)
    voice.say(message("cli.demo_next", folder=str(folder)))
    raise typer.Exit(1 if result.exit_code == 1 else 0)


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


def _show_rows(voice: Voice, pipeline: Pipeline) -> None:
    """The rows as they stand in the database now."""
    import sqlalchemy as sa

    from pipeline.store.tables import business_tables

    zone = pipeline.settings.timezone
    tables = {table.name: table for table in business_tables()}
    engine = sa.create_engine(pipeline.settings.database)
    try:
        with engine.connect() as connection:
            for name, columns in SHOWN.items():
                chosen = [tables[name].c[column] for column in columns]
                rows = connection.execute(sa.select(*chosen).order_by(chosen[0])).all()
                voice.table(columns, [[cell_text(cell, zone) for cell in row] for row in rows], title=name)
    finally:
        engine.dispose()


def cell_text(cell: object, zone: str) -> str:
    """A value of the database for people: no row of zeros after an amount, times in the config's zone, nothing
    for NULL."""
    if isinstance(cell, Decimal):
        return f"{cell:.2f}" if cell == round(cell, 2) else str(cell.normalize())
    if isinstance(cell, datetime):
        return local(cell if cell.tzinfo else cell.replace(tzinfo=timezone.utc), zone)[:16]  # noqa: UP017
    return "" if cell is None else str(cell)


def _show_refused(voice: Voice, pipeline: Pipeline, result: OnceResult) -> None:
    for file in result.files:
        story = pipeline.show(file.id) if file.refused and file.id is not None else None
        for row in story.refused if story else ():
            where = voice.word(
                "cli.demo_refused", file=file.name, line=row.line, column=row.column, value=row.value
            )
            print(where, voice.text(row.said), voice.word("cli.demo_others"))
        if file.state == "duplicate":
            voice.say(file.reason)
