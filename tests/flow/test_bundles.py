"""Many small files that are read as one: each with its own row, counts, changes and place, as if it were alone."""

from __future__ import annotations

import random

import pytest

from tests.flow.conftest import Installation

HEAD = b"Order No,Total,State\n"
SEEDS = range(6)


def order(number: int, total: str = "2.50", state: str = "open") -> bytes:
    return f"{number},{total},{state}\n".encode()


def drop(box: Installation, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        box.drop(name, content)


def ledger(box: Installation) -> dict[str, tuple[object, ...]]:
    rows = box.sql(
        "SELECT name, state, rows_read, inserted, updated, unchanged, refused, duplicates FROM pipeline_file"
    )
    return {bytes(name).decode(): tuple(rest) for name, *rest in rows}  # type: ignore[call-overload]


def test_each_file_of_a_bundle_has_its_own_row_counts_and_changes(installation: Installation) -> None:
    drop(installation, {f"{n:03d}.csv": HEAD + order(n) + order(1000 + n) for n in range(50)})
    assert installation.once().exit_code == 0
    assert set(ledger(installation).values()) == {("archived", 2, 2, 0, 0, 0, 0)}
    whose = installation.sql("SELECT who, count(*) FROM pipeline_change GROUP BY who")
    assert sorted(whose) == sorted((f"file:{n}", 2) for n in range(1, 51))
    assert len(installation.names("processed/sales")) == 50
    assert installation.sql("SELECT count(*) FROM sales_order") == [(100,)]


@pytest.mark.parametrize(
    ("bad", "state", "rows"),
    [
        (HEAD + order(500) + order(501, "abc"), "archived", (2, 1, 0, 0, 1, 0)),  # a refused row
        (HEAD + b'500,2.50,"op\nen"\n', "archived", (1, 1, 0, 0, 0, 0)),  # a quoted line end
        (HEAD + b"500,2.50\n", "archived", (1, 0, 0, 0, 1, 0)),  # a short record
        (b"Nothing,We,Know\n1,2,3\n", "failed", (0, 0, 0, 0, 0, 0)),  # another header
        (HEAD + b"500,2.50,\xe9t\xe9\n", "archived", (1, 1, 0, 0, 0, 0)),  # another encoding
    ],
)
def test_a_file_that_is_not_plain_takes_no_other_with_it(
    installation: Installation, bad: bytes, state: str, rows: tuple[int, ...]
) -> None:
    files = {f"{n:03d}.csv": HEAD + order(n) for n in range(30)}
    files["015.csv"] = bad
    drop(installation, files)
    installation.once()
    found = ledger(installation)
    assert found.pop("015.csv") == (state, *rows)
    assert set(found.values()) == {("archived", 1, 1, 0, 0, 0, 0)}
    assert len(found) == 29


@pytest.mark.parametrize("seed", SEEDS)
def test_a_bundle_ends_as_the_files_one_by_one_would(installation: Installation, seed: int) -> None:
    """Keys that come again in other files, contents that come again, lines of all kinds, in order of arrival."""
    chance = random.Random(seed)
    rows: dict[str, tuple[str, str]] = {}
    wanted, last = {}, b""
    files = {}
    for n in range(40):
        keys = chance.sample(range(8 if seed % 2 else 400), 3)
        content = HEAD + b"".join(order(k, f"{n}.{k % 10}0", chance.choice(["open", "paid"])) for k in keys)
        if chance.random() < 0.2 and last:
            content = last
        name, new, changed, same = f"{n:03d}.csv", 0, 0, 0
        files[name] = content
        if content == last:
            wanted[name] = ("duplicate", 0, 0, 0, 0, 0, 0)
            continue
        for line in content.decode().splitlines()[1:]:
            number, total, state = line.split(",")
            before = rows.get(number)
            new, changed, same = (
                new + (before is None),
                changed + (before not in (None, (total, state))),
                same + (before == (total, state)),
            )
            rows[number] = (total, state)
        wanted[name] = ("archived", 3, new, changed, same, 0, 0)
        last = content
    drop(installation, files)
    installation.once()
    assert ledger(installation) == wanted
    found = installation.sql("SELECT number, gross_amount, status FROM show_sales_order")
    assert {n: (f"{float(str(t)):.2f}", s) for n, t, s in found} == rows


@pytest.mark.parametrize(
    ("sure", "doubtful", "code"),
    [
        (b"25/12/2026,1.50", b"03/04/2026,2.50", "mapping.date_order"),
        (b"25/12/2026,1.50", b"26/12/2026,1.234", ""),
    ],
)
def test_what_one_file_says_of_dates_and_numbers_decides_nothing_in_another(
    installation: Installation, sure: bytes, doubtful: bytes, code: str
) -> None:
    (installation.root / "mappings/sales.toml").write_text(
        'version = 1\ntable = "sales_order"\nkey = ["source", "number"]\n[fields]\nsource = { value = "s" }\n'
        'number = "No"\nordered_at = "Date"\ngross_amount = "Total"\n'
    )
    head, alone = b"No,Date,Total\n", b"9," + doubtful + b"\n"
    installation.drop("alone.csv", head + alone)
    installation.once()
    (wanted,) = installation.sql("SELECT state, reason, refused FROM pipeline_file")
    assert code in str(wanted[1])
    for n in range(6):
        installation.drop(f"sure{n}.csv", head + b"%d," % n + sure + b"\n")
    installation.drop("same.csv", head + b"8," + doubtful + b"\n")
    installation.once()
    found = installation.sql(
        "SELECT state, reason, refused FROM pipeline_file WHERE name = x'73616d652e637376'"
    )
    assert found == [wanted]
