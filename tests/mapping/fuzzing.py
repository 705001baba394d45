"""Random expression texts: sound ones, broken ones and hostile ones. Each is refused, or computed; nothing else."""

from __future__ import annotations

import random
from collections.abc import Iterator

from pipeline.mapping.expressions.program import Program
from pipeline.mapping.expressions.reading import read
from pipeline.mapping.expressions.tree import cells
from tests.mapping.workbench import compiled, results

ROWS: dict[str, list[str | None]] = {
    "A": ["1.5", None, "x", "9" * 30, "-0.000001", "999999999999999"] * 8,
    "B": ["2", "0", "", "a-b", "1 234,5 €", "b" * 3_000] * 8,
    "D": ["2026-01-31", "9999-12-31", None, "0001-01-01", "31/01/2026", "2024-02-29"] * 8,
}
ATOMS = (
    '"A"', '"B"', '"D"', "'x'", "1", "0", "2.5", "NULL", "TRUE", "''", "-3", "999999999999999", "0.000000000001",
    "99999999999999999999", "line_number()", "file_name()", 'date("D")', "'(a+)+$'", "'2026-02-30'", '"no such"',
)  # fmt: skip
HOSTILE = (
    "repeat('a', 1000000000)", "lpad('a', 2000000000, 'x')", "(SELECT 1)", "read_csv('/etc/passwd')", "pg_sleep(9)",
    "1; DROP TABLE x", "(" * 900 + "1" + ")" * 900, "1" + "+1" * 900, "NOT " * 400 + "TRUE", "- " * 900 + "1",
    "'a' ~ '(a{100}){100}{100}'", "'a' ~ '(?=x)'", r"\x00", "“A”", "'a' ~ '((((((((((a*)*)*)*)*)*)*)*)*)*$'",
    "CASE " * 200, "CASE WHEN " * 150 + "1", "[" * 500, "{" * 500, "a." * 500 + "b", "'" * 999, '"' * 999,
    "$$x$$", "E'\\n'", "1e999", "/*" * 300, "--", "x::int", "CAST('1' AS INT)", "COPY x FROM PROGRAM 'id'", "@@x",
    "{{ config }}", "'a' || " * 250 + "'b'", "concat(" + "\"B\"," * 280 + "\"B\")", "pg_read_file('/etc/passwd')",
    "replace(" * 20 + '"B"' + ", 'b', 'bbbbbbbbbbbbbbbbbbbbbbbb')" * 20, "regexp_replace(" * 15 + '"B"' + ", 'b', '\\&\\&\\&', 'g')" * 15,
    "'a' ~ '" + "\\w" * 90 + "'", "'a' ~ '(\\w{50}|\\d{2})*'", "date(\"D\") + INTERVAL '99999999 years'", "coalesce(" * 38 + '"A"' + ")" * 38,
    '"A" * ' * 39 + '"A"', '"A" / ' * 39 + '"A"', "\"A\" IN (" + ",".join(map(str, range(290))) + ")", "open('/etc/passwd')",
    "__import__('os')", "CASE WHEN " + ' AND '.join(['"A" > 1'] * 90) + " THEN 1 END", "SELECT" * 300, "XMLTABLE(", "\ud800",
)  # fmt: skip


def expression(source: random.Random, depth: int) -> str:
    """A text that looks like an expression."""
    if depth == 0 or source.random() < 0.2:
        return source.choice(ATOMS)

    def x() -> str:
        return expression(source, depth - 1)

    n = source.randint(-2, 60)
    return source.choice([
        lambda: f"({x()} {source.choice('+-*/')} {x()})", lambda: f"{x()} {source.choice(['=', '<>', '<', '>='])} {x()}",
        lambda: f"coalesce({x()}, {x()})", lambda: f"CASE WHEN {x()} = {x()} THEN {x()} ELSE {x()} END",
        lambda: f"round({x()}, {n})", lambda: f"{x()} || {x()}", lambda: f"upper({x()})", lambda: f"nullif({x()}, {x()})",
        lambda: f"split_part({x()}, '-', {n})", lambda: f"{x()} IS NOT NULL", lambda: f"substring({x()} FROM {n} FOR 3)",
        lambda: f"NOT {x()}", lambda: f"abs({x()})", lambda: f"lpad({x()}, {n}, 'ab')", lambda: f"{x()} LIKE '%a_'",
        lambda: f"{x()} ~ '[a-z]{{{n}}}'", lambda: f"regexp_replace({x()}, 'a|b', '<\\&>', 'g')", lambda: f"replace({x()}, 'b', 'bbb')",
        lambda: f"{x()} + INTERVAL '{n} months'", lambda: f"date_trunc('month', {x()})", lambda: f"extract(day FROM {x()})",
        lambda: f"date({x()})", lambda: f"{x()} BETWEEN {x()} AND {x()}", lambda: f"{x()} IN ({x()}, {x()})",
        lambda: f"concat({x()}, {x()}, {x()})", lambda: f"{x()} AND {x()}", lambda: f"{x()} OR {x()}", lambda: f"trim({x()})",
        lambda: f"length({x()})", lambda: f"number({x()})", lambda: f"strpos({x()}, 'b')", lambda: f"-{x()}",
    ])()  # fmt: skip


def texts(count: int, seed: int) -> Iterator[str]:
    """So many texts: nine in ten grown, some of these shaken; the rest hostile, alone or inside another."""
    source = random.Random(seed)
    for _ in range(count):
        text = expression(source, source.randint(1, 6))
        luck = source.random()
        if luck < 0.08:
            text = "".join(source.sample(text, len(text)))
        elif luck < 0.12:
            at = source.randrange(len(text))
            text = text[:at] + source.choice(HOSTILE) + text[at:]
        elif luck < 0.2:
            text = source.choice(HOSTILE)
        elif luck < 0.25:
            text = "".join(
                chr(source.choice((source.randrange(32, 127), source.randrange(0x250)))) for _ in range(60)
            )
        yield text


def tried(text: str) -> str:
    """ "refused" or "computed"; raises what else happens."""
    if not isinstance(compiled(text), Program):
        return "refused"
    tree, _ = read(text)
    assert tree is not None
    named = cells(tree)
    results(
        text,
        {name: ROWS.get(name, [None]) for name in named}
        if set(named) <= ROWS.keys()
        else {n: ["1"] for n in named},
    )
    return "computed"
