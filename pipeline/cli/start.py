"""`init` and `demo`: a ready folder, and a first minute."""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path

from rich.console import Console
from rich.table import Table

from pipeline.errors import ConfigError
from pipeline.words import Language, message, render

TEMPLATE = Path(__file__).parent / "template"
ORDERS = """Order No;Date;Total;State
W-1001;02/11/2026 09:12;129,90;paid
W-1002;02/11/2026 09:40;1 249,00;paid
W-1003;02/11/2026 11:05;18,50;
W-1004;31/02/2026 11:20;75,00;paid
"""
TICKETS = """N° ticket;Type;Caisse;Vendeur;Date;Journée;Total HT;TVA;Total TTC
000417;sale;Caisse 1;Hélène;02/11/2026 10:02;02/11/2026;20,00;4,00;24,00
000418;sale;Caisse 1;Zoé;02/11/2026 10:31;02/11/2026;8,25;1,65;9,90
000419;refund;Caisse 2;Hélène;02/11/2026 23:58;02/11/2026;-20,00;-4,00;-24,00
"""


def make(folder: Path) -> None:
    """Make a ready folder. Raises ConfigError when there is a config already: nothing of a user's is replaced."""
    if (folder / "config.toml").exists():
        raise ConfigError(message("cli.exists", path=str(folder / "config.toml")))
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copytree(TEMPLATE, folder, dirs_exist_ok=True)
    for job in ("web-sales", "prices", "till"):
        (folder / "inbox" / job).mkdir(parents=True, exist_ok=True)
        (folder / "processed" / job).mkdir(parents=True, exist_ok=True)


def drop(folder: Path, job: str, name: str, text: str) -> None:
    """Put a complete file into an inbox, as a shop's upload does: a hidden name, then a rename."""
    hidden = folder / "inbox" / job / f".{name}.part"
    hidden.write_bytes(text.encode("cp1252"))
    hidden.rename(folder / "inbox" / job / name)


def show_demo(folder: Path) -> None:
    """Make, drop, import, show."""
    from pipeline import Pipeline
    from pipeline.cli.show import line

    make(folder)
    with Pipeline(folder / "config.toml") as pipeline:
        language: Language = pipeline.settings.language
        drop(folder, "web-sales", "orders.csv", ORDERS)
        drop(folder, "till", "tickets.csv", TICKETS)
        print(render(message("cli.demo_made", folder=str(folder)), language))
        result = pipeline.once(["web-sales", "till"], now=True, wait=30)
        for file in result.files:
            print(line(file, language))
        for file in result.files:
            story = pipeline.show(file.id) if file.id else None
            for row in story.refused if story else ():
                facts = {"line": row.line, "column": row.column, "value": row.value}
                print(render(message("cli.refused", reason=render(row.said, language), **facts), language))
    _tables(folder)
    print(render(message("cli.demo_next", folder=str(folder)), language))
    if len(result.files) != 2 or result.troubles:
        raise ConfigError(message("cli.demo_failed"))


def _tables(folder: Path) -> None:
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(folder / "pipeline.db")) as db:
        for table, columns in (
            ("sales_order", "number, ordered_at, gross_amount, status"),
            ("pos_ticket", "number, kind, cashier, sold_at, gross_amount"),
        ):
            drawn = Table(title=table)
            for column in columns.split(", "):
                drawn.add_column(column)
            rows = db.execute(f"SELECT {columns} FROM {table} ORDER BY number").fetchall()
            place = columns.split(", ").index("gross_amount")
            for row in rows:
                cells = [str(c) for c in row]
                cells[place] = str(Decimal(row[place]).scaleb(-6).quantize(Decimal("0.01")))
                drawn.add_row(*cells)
            Console().print(drawn)
