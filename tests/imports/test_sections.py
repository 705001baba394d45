"""Several tables from one file, on both databases: what stands in the file stands in the tables, wholly or not at all."""

from __future__ import annotations

import random
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel

from pipeline import files as disk
from pipeline.jobs import ImportJob
from pipeline.mapping import examine
from pipeline.mapping.model import Plan
from pipeline.store.base import SqlStore
from pipeline.store.catalogue import catalogue
from pipeline.store.model import LedgerFile
from pipeline.words import render
from tests.imports import shop
from tests.imports.conftest import Desk

TABLES = ("party", "address", "sales_order", "sales_order_line", "payment")


def fitted(text: str) -> Plan:
    made, mistakes = examine("orders", text, "mappings/orders.toml", catalogue())
    assert made is not None, [mistake.text() for mistake in mistakes]
    return made


@pytest.fixture
def bench(store: SqlStore, tmp_path: Path) -> Desk:
    disk.ignore_sigio()
    job = ImportJob("orders", "orders", tmp_path / "inbox", tmp_path / "processed", tmp_path / "failed")
    return Desk(tmp_path, store, job, fitted(shop.MAPPING))


def load(bench: Desk, content: bytes, name: bytes = b"orders.csv") -> LedgerFile:
    outcome = bench.run(bench.take(content, name))
    assert outcome.deed == "archived", (outcome.deed, outcome.said and render(outcome.said))
    return bench.row(outcome)


def asked(bench: Desk, statement: str) -> list[tuple[object, ...]]:
    assert isinstance(bench.store, SqlStore)
    with bench.store._transaction(write=False) as conn:
        return [tuple(row) for row in conn.exec_driver_sql(statement)]


def sizes(bench: Desk) -> dict[str, int]:
    return {table: int(str(asked(bench, f"SELECT count(*) FROM {table}")[0][0])) for table in TABLES}


def changes(bench: Desk) -> int:
    return int(str(asked(bench, "SELECT count(*) FROM pipeline_change")[0][0]))


def lines(bench: Desk) -> list[tuple[object, ...]]:
    """(order, line, sku, quantity, price) as the database has them."""
    assert isinstance(bench.store, SqlStore)
    order, line = (SQLModel.metadata.tables[name] for name in ("sales_order", "sales_order_line"))
    columns = (order.c.number, line.c.line_no, line.c.sku, line.c.quantity, line.c.unit_price)
    asked = (
        sa.select(*columns).join(order, order.c.id == line.c.order).order_by(order.c.number, line.c.line_no)
    )
    with bench.store._transaction(write=False) as conn:
        return [tuple(row) for row in conn.execute(asked)]


def in_file(rows: list[shop.Row]) -> list[tuple[object, ...]]:
    numbers: dict[str, int] = {}
    out = []
    for row in rows:
        number = numbers[row["Name"]] = numbers.get(row["Name"], 0) + 1
        quantity, price = Decimal(row["Lineitem quantity"]), Decimal(row["Lineitem price"])
        out.append((row["Name"], number, row["Lineitem sku"], quantity, price))
    return sorted(out)


def test_an_order_file_fills_six_tables_and_again_changes_nothing(bench: Desk) -> None:
    rows = shop.rows(60)
    first = load(bench, shop.content(rows))
    there = sizes(bench)
    assert there["sales_order"] == 60
    assert there["sales_order_line"] == len(rows)
    assert there["payment"] == sum(bool(row.get("Payment ID")) for row in rows)
    mails = {row["Email"] for row in rows if row["Email"]}
    alone = {row["Name"] for row in rows if not row["Email"]}
    assert there["party"] == len(mails) + len(alone)
    assert first.inserted == sum(there.values()) == changes(bench)
    assert (first.updated, first.refused, first.rows_read) == (0, 0, len(rows))
    assert lines(bench) == in_file(rows)
    before = changes(bench)
    again = load(bench, shop.content(rows) + b"\r\n", b"again.csv")
    assert (again.inserted, again.updated, again.refused) == (0, 0, 0)
    assert again.unchanged == first.inserted
    assert changes(bench) == before
    assert lines(bench) == in_file(rows)


def test_references_point_to_the_rows_of_the_same_order(bench: Desk) -> None:
    load(bench, shop.content(shop.rows(20)))
    wrong = asked(
        bench,
        "SELECT count(*) FROM sales_order AS o JOIN address AS a ON a.id = o.billing_address WHERE a.kind <> 'billing'"
        " OR a.party <> o.party",
    )
    assert wrong == [(0,)]
    assert asked(
        bench, "SELECT count(*) FROM sales_order WHERE party IS NULL OR billing_address IS NULL"
    ) == [(0,)]
    assert asked(
        bench,
        'SELECT count(*) FROM payment AS p JOIN sales_order AS o ON o.id = p."order" WHERE p.party <> o.party',
    ) == [(0,)]


def test_a_changed_file_writes_exactly_its_differences(bench: Desk) -> None:
    rows = shop.rows(30)
    load(bench, shop.content(rows))
    before = changes(bench)
    of = {
        name: [row for row in rows if row["Name"] == name] for name in dict.fromkeys(r["Name"] for r in rows)
    }
    longer = next(name for name, found in of.items() if len(found) > 1)
    changed = [dict(row) for row in rows if row is not of[longer][-1]]  # a line is gone
    changed[0]["Tags"] = "new"  # an order has changed
    changed += [
        {**row, "Name": "#9999"} if i else {**row, "Name": "#9999", "Id": "1", "Payment ID": ""}
        for i, row in enumerate(of[longer])
    ]
    done = load(bench, shop.content(changed), b"later.csv")
    new = 1 + len(of[longer]) + (not of[longer][0]["Email"]) * 3
    assert (done.inserted, done.updated, done.deleted) == (new, 1, 1)
    assert changes(bench) == before + new + 2
    assert lines(bench) == in_file(changed)


def test_an_order_with_one_bad_line_stays_out_whole(bench: Desk) -> None:
    rows = shop.rows(30)
    names = list(dict.fromkeys(row["Name"] for row in rows))
    sick = next(n for n in names if sum(r["Name"] == n for r in rows) > 2)
    bad = [dict(row) for row in rows]
    place = max(i for i, row in enumerate(bad) if row["Name"] == sick)
    bad[place]["Lineitem quantity"] = "many"
    done = load(bench, shop.content(bad))
    good = [row for row in rows if row["Name"] != sick]
    assert lines(bench) == in_file(good)
    assert asked(bench, f"SELECT count(*) FROM sales_order WHERE number = '{sick}'") == [(0,)]
    out = bench.store.refused(done.id)
    assert done.refused == len(out) == len(rows) - len(good)
    assert all(row.raw.startswith(sick.encode()) for row in out)
    assert [row.value for row in out] == ["", "", "many"] or out[-1].value == "many"
    mended = load(bench, shop.content([row for row in rows if row["Name"] == sick]), b"mended.csv")
    assert mended.refused == 0
    assert lines(bench) == in_file(rows)


def test_by_row_only_what_needs_the_bad_row_stays_out(bench: Desk) -> None:
    bench.plan = fitted(shop.MAPPING.replace('"document"\n\n[read]', '"row"\n\n[read]'))
    rows = shop.rows(10)
    bad = [dict(row) for row in rows]
    bad[-1]["Lineitem quantity"] = "many"
    bad[0]["Total"] = "much"  # the order's, and the payment's
    done = load(bench, shop.content(bad))
    first = [row for row in rows if row["Name"] == bad[0]["Name"]]
    numbered = [one for one in in_file(rows) if one[0] != bad[0]["Name"]]
    assert lines(bench) == numbered[:-1]
    assert done.refused == len(first) + 1
    assert sizes(bench)["sales_order"] == 9


def test_rows_of_an_order_may_stand_anywhere(bench: Desk) -> None:
    rows = shop.rows(12)
    whole = [dict(row) for row in rows]
    moved = sorted(whole, key=lambda row: row.get("Id") is None)  # heads first, then all other lines
    done = load(bench, shop.content(moved))
    assert done.refused == 0
    assert lines(bench) == in_file(moved)


def test_a_document_that_contradicts_itself_stays_out(bench: Desk) -> None:
    rows = shop.rows(8)
    name = next(r["Name"] for r in rows if not r.get("Id"))
    bad = [dict(row) for row in rows]
    next(r for r in bad if r["Name"] == name and not r.get("Id"))["Currency"] = "USD"
    done = load(bench, shop.content(bad))
    assert lines(bench) == in_file([row for row in rows if row["Name"] != name])
    assert done.refused == sum(row["Name"] == name for row in rows)
    assert any("EUR" in render(row.said) for row in bench.store.refused(done.id))


def test_what_the_database_itself_refuses_takes_its_order_only(bench: Desk) -> None:
    rows = shop.rows(20)
    load(bench, shop.content(rows[:1]))
    other = [dict(row) for row in shop.rows(20, seed=2, start=5000)]
    heads = [row for row in other if row.get("Id")]
    heads[7]["Id"] = str(rows[0]["Id"])  # the id of an order that is there under another number
    heads[7]["Email"] = "other@example.com"
    done = load(bench, shop.content(other), b"other.csv")
    sick = heads[7]["Name"]
    assert done.refused == sum(row["Name"] == sick for row in other)
    assert lines(bench) == in_file(rows[:1] + [row for row in other if row["Name"] != sick])


def test_no_order_is_ever_there_in_part(bench: Desk) -> None:
    """Whatever is wrong with whichever cells, and whatever line cannot even be read."""
    rows = shop.rows(60, seed=5)
    spoilt = [dict(row) for row in rows]
    chance = random.Random(7)
    for column in (
        "Lineitem quantity",
        "Lineitem price",
        "Total",
        "Created at",
        "Billing Country",
        "Currency",
    ):
        for row in chance.sample(spoilt, 2):
            row[column] = "spoilt"
    whole = shop.content(spoilt).splitlines(keepends=True)
    torn = next(
        i for i in range(40, len(whole)) if whole[i].startswith(b"#") and whole[i + 1].startswith(b"#")
    )
    whole[torn] = b"#torn,too,short\r\n"
    done = load(bench, b"".join(whole))
    out = bench.store.refused(done.id)
    assert 0 < done.refused < len(rows)
    assert done.refused == len(out)
    by_name: dict[object, list[tuple[object, ...]]] = {}
    for one in in_file(rows):
        by_name.setdefault(one[0], []).append(one)
    there = lines(bench)
    names = {one[0] for one in there}
    assert there == [one for name in sorted(map(str, names)) for one in by_name[name]]
    sick = [name for name in by_name if name not in names]
    assert done.refused == sum(len(by_name[name]) for name in sick)
    assert asked(bench, "SELECT count(*) FROM sales_order") == [(len(names),)]
    assert 7 <= len(sick) <= 16


def test_the_modes_of_a_section(bench: Desk) -> None:
    text = 'version = 1\n[tables.party]\nmode = "upsert"\nkey = ["source", "external_id"]\n[tables.party.fields]\n'
    text += 'source = { value = "x" }\nexternal_id = "Id"\nname = { column = "Name", write = "if-empty" }\nemail = { column = "Mail", blank = "keep" }\n'
    show = "SELECT external_id, name, email FROM party ORDER BY external_id"
    bench.plan = fitted(text)
    load(bench, b"Id,Name,Mail\n1,Ann,a@x\n2,,b@x\n2,,\n", b"a.csv")
    assert asked(bench, show) == [("1", "Ann", "a@x"), ("2", None, "b@x")]
    done = load(bench, b"Id,Name,Mail\n1,Anna,\n2,Bob,c@x\n", b"b.csv")
    assert (done.updated, done.unchanged) == (1, 1)
    assert asked(bench, show) == [("1", "Ann", "a@x"), ("2", "Bob", "c@x")]
    bench.plan = fitted(text.replace("upsert", "update"))
    load(bench, b"Id,Name,Mail\n1,Anna,d@x\n3,New,n@x\n", b"c.csv")
    assert asked(bench, show) == [("1", "Ann", "d@x"), ("2", "Bob", "c@x")]
    bench.plan = fitted(text.replace("upsert", "create"))
    load(bench, b"Id,Name,Mail\n1,Anna,e@x\n3,New,n@x\n", b"d.csv")
    assert asked(bench, show) == [("1", "Ann", "d@x"), ("2", "Bob", "c@x"), ("3", "New", "n@x")]
    bench.plan = fitted(text.replace('"upsert"', '"upsert"\nrepeated = "agree"'))
    done = load(bench, b"Id,Name,Mail\n4,,f@x\n4,Four,\n5,Five,g@x\n5,Five,h@x\n", b"e.csv")
    assert asked(bench, show)[3:] == [("4", "Four", "f@x")]
    assert [(row.line, row.raw) for row in bench.store.refused(done.id)] == [
        (4, b"5,Five,g@x"),
        (5, b"5,Five,h@x"),
    ]
