"""What our functions share with PostgreSQL they compute alike, row by row, its errors included."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

import pytest
import sqlalchemy as sa

from tests.databases import Server
from tests.mapping.workbench import results

ROWS: dict[str, list[str | None]] = {
    "A": ["1.5", "-2.345", "0", None, "99999.999999", "0.005"],
    "B": ["3", "0.1", "7.25", "2", "-1.5", None],
    "Z": ["abc-def", "  été ", "a%b_c", None, "A1B22", "x"],
    "D": ["2026-01-31", "2024-02-29", "2025-12-29", None, "1999-01-01", "2026-11-24"],
}
EXPRESSIONS = (
    'number("A") + number("B")', 'number("A") - number("B") * 2', 'number("A") * number("B") * number("A")', '-number("A")',
    'round(number("A") / number("B"), 6)', 'number("A") / 100', 'number("B") / number("A") > 1', 'abs(number("A"))',
    'round(number("A"))', 'round(number("A"), 2)', 'round(number("A") * 1.5, 4)', 'number("A") = number("B")',
    'number("A") <> 1.5', 'number("A") < number("B") AND number("B") > 0', 'number("A") > 1 OR "Z" = \'x\'', 'NOT number("A") >= 0',
    '"A" IS NULL', '"A" IS NOT NULL AND "B" IS NULL', 'number("A") IN (0, 1.50)', 'number("A") NOT IN (0, 1.5)', '"Z" IN (\'x\', \'A1B22\')',
    '"Z" NOT IN (\'x\', NULL)', 'number("A") IN (1.5, NULL)', 'number("A") BETWEEN 0 AND 2', 'number("A") NOT BETWEEN 0 AND 2',
    'CASE WHEN number("A") > 1 THEN \'big\' WHEN number("A") = 0 THEN \'zero\' END', 'CASE "Z" WHEN \'x\' THEN 1 ELSE 2 END',
    'CASE WHEN number("A") = 0 THEN 0 ELSE round(1 / number("A"), 4) END', 'coalesce("A", "B", \'none\')',
    'coalesce(number("A"), number("B") / 0)', 'nullif("Z", \'x\')', 'nullif(number("A"), 0.0)', 'number("A") / nullif(number("A"), 0)',
    '"Z" || \'-\' || "D"', 'concat("A", "Z", \'!\')', "concat_ws('/', \"A\", \"Z\", \"B\")", 'upper("Z")', 'lower("Z")', 'length("Z")',
    'trim("Z")', 'ltrim("Z")', 'rtrim("Z", \' x\')', "trim(BOTH 'a' FROM \"Z\")", "split_part(\"Z\", '-', 1)", "split_part(\"Z\", '-', 2)",
    "split_part(\"Z\", '-', -1)", 'substring("Z", 2, 3)', 'substring("Z", -1, 4)', 'substring("Z" FROM 3)', 'substring("Z" FROM 0 FOR 2)',
    'left("Z", 2)', 'right("Z", 3)', "replace(\"Z\", 'b', 'bb')", "strpos(\"Z\", 'b')", "lpad(\"Z\", 9, 'xy')", "rpad(\"Z\", 9, 'xy')",
    'lpad("Z", 3)', '"Z" LIKE \'a%\'', '"Z" LIKE \'_\'', '"Z" LIKE \'%\\%%\'', '"Z" NOT LIKE \'%b%\'', '"Z" ILIKE \'A%\'', '"Z" ~ \'[0-9]+\'',
    '"Z" !~ \'^a\'', '"Z" ~* \'^a\'', "regexp_replace(\"Z\", '[0-9]+', '#')", "regexp_replace(\"Z\", '([0-9])', '<\\1>', 'g')",
    "regexp_replace(\"Z\", 'B', '\\&\\&', 'gi')", "regexp_substr(\"Z\", '[0-9]+')", 'date("D") + INTERVAL \'1 month\'',
    'date("D") - INTERVAL \'3 days\'', 'date("D") + INTERVAL \'2 weeks\'', 'date("D") - INTERVAL \'1 year\'', 'date("D") - date(\'2026-01-01\')',
    "date_trunc('month', date(\"D\"))", "date_trunc('week', date(\"D\"))", "date_trunc('quarter', date(\"D\"))", "date_trunc('year', date(\"D\"))",
    *(f'extract({part} FROM date("D"))' for part in ("year", "quarter", "month", "week", "day", "dow", "isodow", "doy")),
    'date("D") > date(\'2026-01-01\')', 'number("A") / 0', 'number("Z") + 1', 'NULL IS NULL', 'TRUE AND NULL', 'FALSE OR NULL',
    'number("A") > 0 AND number("B") IS NULL',
)  # fmt: skip


def same(ours: str | None, theirs: str | None) -> bool:
    """Numbers by value, moments by their day; an error is an error."""
    if ours is None or theirs is None or ours.startswith("!"):
        return ours == theirs or bool(ours and theirs and ours[0] == theirs[0] == "!")
    try:
        return Decimal(ours) == Decimal(theirs)
    except InvalidOperation:
        return ours == theirs or theirs == ours + " 00:00:00" or theirs == ours + " 00:00:00+00"


@pytest.fixture(scope="module")
def rows_there(server: Server) -> Iterator[sa.Connection]:
    engine = sa.create_engine(server.url, isolation_level="AUTOCOMMIT")
    with engine.connect() as conn:
        conn.exec_driver_sql('CREATE TEMP TABLE cells (n int, "A" text, "B" text, "Z" text, "D" text)')
        for n, row in enumerate(zip(*ROWS.values(), strict=True)):
            conn.exec_driver_sql("INSERT INTO cells VALUES (%s, %s, %s, %s, %s)", (n, *row))
        conn.exec_driver_sql("SET timezone = 'UTC'")
        for name, kind in (("number", "numeric"), ("date", "date")):
            body = f"SELECT x::{kind}"
            conn.exec_driver_sql(
                f"CREATE FUNCTION pg_temp.{name}(x text) RETURNS {kind} LANGUAGE sql AS '{body}'"
            )
        yield conn
    engine.dispose()


def theirs(conn: sa.Connection, text: str) -> list[str | None]:
    asked = text.replace("number(", "pg_temp.number(").replace("date(", "pg_temp.date(").replace("%", "%%")
    out: list[str | None] = []
    for n in range(len(ROWS["A"])):
        try:
            out.append(conn.exec_driver_sql(f"SELECT ({asked})::text FROM cells WHERE n = {n}").scalar_one())
        except sa.exc.DBAPIError:
            out.append("!")
    return out


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_both_compute_alike(rows_there: sa.Connection, text: str) -> None:
    ours, known = results(text, ROWS), theirs(rows_there, text)
    assert [pair for pair in zip(ours, known, strict=True) if not same(*pair)] == []
