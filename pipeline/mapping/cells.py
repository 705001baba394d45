"""Cells (texts) → typed values, as polars expressions: what cannot be converted exactly becomes null.

The caller finds bad cells as *text is there, value is not*; `why` then words the reason for those alone.
"""

from __future__ import annotations

import re

import polars as pl

from pipeline.mapping.codes import SPOILT, checked
from pipeline.mapping.model import Column, Field, Kind, ReadOptions
from pipeline.words import Message, message

TRUE = ("true", "t", "yes", "y", "1", "on", "vrai", "v", "oui", "o", "x")
FALSE = ("false", "f", "no", "n", "0", "off", "faux", "non")
DIGITS = 12  # before the point: |x| < 10**12
LETTERS = {
    "Y": "[0-9]{4}", "y": "[0-9]{2}", "m": "[0-9]{1,2}", "d": "[0-9]{1,2}", "H": "[0-9]{1,2}", "I": "[0-9]{1,2}",
    "M": "[0-9]{1,2}", "S": "[0-5]?[0-9]", "f": "[0-9]{1,6}", "b": "[A-Za-z]{3}", "B": "[A-Za-z]+",
    "p": "[AaPp][Mm]", "z": "[+-][0-9]{2}:?[0-9]{2}", "j": "[0-9]{1,3}", "%": "%",
}  # fmt: skip
_ISO = r"^([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}:[0-9]{2})(:[0-5][0-9])?(\.[0-9]{1,6})?"
_SPACES = "[ \u00a0\u202f'’]"
_MONEY = "(?:€|\\$|£|¥|EUR|USD|GBP|CHF|Fr\\.)"
_CURRENCY_AFTER = f"[ \u00a0\u202f]*(?:{_MONEY}|%)$"
_CURRENCY_BEFORE = f"^([-(]?){_MONEY}[ \u00a0\u202f]*"
_TIMES = ("", " %H:%M", " %H:%M:%S", "T%H:%M", "T%H:%M:%S")


def convert(cell: pl.Expr, column: Column, field: Field, read: ReadOptions, zone: str) -> pl.Expr:
    """The typed value of a String expression. `zone` is the IANA zone of instants that name none."""
    trimmed = cell.str.strip_chars()
    match column.kind:
        case Kind.TEXT:
            sound = ~cell.str.contains("\x00", literal=True)  # PostgreSQL has no NUL in texts
            sound &= ~(cell.str.contains("E+", literal=True) & trimmed.str.contains(SPOILT))
            if column.max_length is not None:
                sound &= cell.str.len_chars() <= column.max_length
            kept = _code(cell, field.check) if field.check else cell
            return pl.when(sound).then(kept)
        case Kind.DECIMAL | Kind.INTEGER:
            return _number(trimmed, column, field.decimal or read.decimal, field.thousands or read.thousands)
        case Kind.DATE:
            form = field.format or read.date
            order = field.order or read.order
            return dates(trimmed, [form] if form else ["%Y-%m-%d", *ordered(order)])
        case Kind.DATETIME:
            return _datetime(trimmed, field, read, field.timezone or read.timezone or zone)
        case Kind.BOOLEAN:
            lower = trimmed.str.to_lowercase()
            return pl.when(lower.is_in(TRUE)).then(True).when(lower.is_in(FALSE)).then(False)
        case _:
            raise ValueError(f"a mapping cannot write {column.kind}")


def convert_plain(cell: pl.Expr, column: Column, field: Field, read: ReadOptions) -> pl.Expr | None:
    """The typed value where a number is written in the plainest way, null elsewhere: a tenth of the cost of
    `convert`, with which it agrees wherever it is not null. None for other kinds of column."""
    if column.kind not in (Kind.DECIMAL, Kind.INTEGER):
        return None
    point = field.decimal or read.decimal
    if column.kind is Kind.INTEGER:
        return pl.when(cell.str.contains("^-?[0-9]{1,18}$")).then(cell).cast(pl.Int64, strict=False)
    most = (
        column.scale if point else min(column.scale, 2)
    )  # 1.234 without a stated sign can be read in two ways
    fraction = rf"({re.escape(point or '.')}[0-9]{{1,{most}}})?" if most else ""
    fits = cell.str.contains(rf"^-?[0-9]{{1,{DIGITS}}}{fraction}$")
    dotted = cell.str.replace(point, ".", literal=True) if point and point != "." else cell
    return pl.when(fits).then(dotted).cast(pl.Decimal(38, column.scale), strict=False)


def _code(cell: pl.Expr, check: str) -> pl.Expr:
    """The code with its check digits looked at, each different one once."""

    def look(cells: pl.Series) -> pl.Series:
        found = {code: checked(check, code) for code in cells.unique().drop_nulls()}
        return cells.replace_strict(found, return_dtype=pl.String, default=None)

    return cell.map_batches(look, return_dtype=pl.String)


def filled(cell: pl.Expr, read: ReadOptions) -> pl.Expr:
    """The cell's text; null when it is blank, or a text that means so."""
    text = _unwrapped(cell)
    bare = text.str.strip_chars()
    there = bare != ""
    if read.empty:  # polars would look for every cell even among none
        there &= ~bare.is_in(read.empty)
    return pl.when(there).then(text)


def _unwrapped(cell: pl.Expr) -> pl.Expr:
    """The text that a spreadsheet was told to take as text: `="0123"` is 0123."""
    return (
        pl.when(cell.str.starts_with('="') & cell.str.ends_with('"'))
        .then(cell.str.slice(2).str.strip_suffix('"').str.replace_all('""', '"', literal=True))
        .otherwise(cell)
    )


def undressed(text: pl.Expr) -> pl.Expr:
    """A number without its currency or percent sign, with its minus in front: `(12,50)`, `12,5-`, `−3`."""
    bare = (
        text.str.replace_all("[−–]", "-")
        .str.replace(_CURRENCY_AFTER, "")
        .str.replace(_CURRENCY_BEFORE, "${1}")
    )
    bare = bare.str.replace(r"^\((.*)\)$", "-${1}").str.replace(r"^([^-].*)-$", "-${1}")
    return bare.str.replace(_CURRENCY_AFTER, "").str.strip_chars()


def tidy(plain: pl.Expr) -> pl.Expr:
    """`-1234.5` without needless zeros at its end, with one before its point."""
    return (
        plain.str.replace(r"(\.[0-9]*?)0+$", "${1}").str.replace(r"\.$", "").str.replace(r"^(-?)\.", "${1}0.")
    )


def _number(text: pl.Expr, column: Column, decimal: str | None, thousands: str | None) -> pl.Expr:
    bare = tidy(plain(undressed(text), decimal, thousands))
    scale = column.scale if column.kind is Kind.DECIMAL else 0
    fraction = rf"(\.[0-9]{{1,{scale}}})?" if scale else ""
    digits = DIGITS if column.kind is Kind.DECIMAL else 18
    exact = pl.when(bare.str.contains(rf"^-?0*[0-9]{{1,{digits}}}{fraction}$")).then(bare)
    if column.kind is Kind.INTEGER:
        return exact.cast(pl.Int64, strict=False)
    return exact.cast(pl.Decimal(38, scale), strict=False)


def plain(text: pl.Expr, decimal: str | None, thousands: str | None) -> pl.Expr:
    """`-1234.50` from the ways a number is written; null where it is none or can be read in two ways."""
    spaced = rf"^[+-]?[0-9]{{1,3}}({_SPACES}[0-9]{{3}})+([.,][0-9]+)?$"
    text = pl.when(text.str.contains(spaced)).then(text.str.replace_all(_SPACES, "")).otherwise(text)
    grouped_by_space = text.str.strip_prefix("+")
    points = [decimal] if decimal else [",", "."]
    forms = [_with_point(grouped_by_space, point, decimal is not None, thousands) for point in points]
    return pl.coalesce(forms)


def _with_point(text: pl.Expr, point: str, stated: bool, thousands: str | None) -> pl.Expr:
    other = "." if point == "," else ","
    sign = thousands or other
    p, g = re.escape(point), re.escape(sign)
    single = rf"^-?([0-9]+{p}?|[0-9]*{p}[0-9]+)$"
    # 1.234 may be one thousand or one and a bit: without a stated decimal sign nobody can know
    doubtful = rf"^-?[1-9][0-9]{{0,2}}{p}[0-9]{{3}}$"
    simple = text.str.contains(single) if stated else text.str.contains(single) & ~text.str.contains(doubtful)
    more = "*" if stated and thousands else "{2,}"
    groups = rf"^-?[0-9]{{1,3}}(({g}[0-9]{{3}}){more}|({g}[0-9]{{3}})+{p}[0-9]+)({p}[0-9]+)?$"
    shape = text.str.contains(groups) & (text.str.count_matches(p) <= 1)
    grouped = text.str.replace_all(sign, "", literal=True)
    return (
        pl.when(simple).then(text.str.replace(point, ".", literal=True))
        .when(shape).then(grouped.str.replace(point, ".", literal=True))
    )  # fmt: skip


def pattern(form: str) -> str:
    """The exact shape of a date format: four digits for %Y, which the parser alone does not ask for."""
    parts = re.split(r"%(.)", form)
    return "^" + "".join(LETTERS[p] if i % 2 else re.escape(p) for i, p in enumerate(parts)) + "$"


def ordered(order: str | None) -> list[str]:
    """The formats of dates written in this order; always four digits for the year."""
    if order is None:
        return []
    first, second = ("%d", "%m") if order == "dmy" else ("%m", "%d")
    return [f"{first}{sign}{second}{sign}%Y" for sign in "/.-"]


def has_time(form: str) -> bool:
    return "%H" in form or "%I" in form


def _moment(text: pl.Expr, form: str, zone: str | None) -> pl.Expr:
    """One format → Datetime in UTC (with a zone) or without one (zone None)."""
    shaped = pl.when(text.str.contains(pattern(form))).then(text)
    native = form.replace(".%f", "%.f").replace("%f", "%6f")
    if "%z" in form:
        moment = shaped.str.strptime(pl.Datetime("us", "UTC"), native, strict=False)
        return moment if zone else moment.dt.replace_time_zone(None)
    if has_time(form):
        naive = shaped.str.strptime(pl.Datetime("us"), native, strict=False)
    else:
        naive = shaped.str.strptime(pl.Date, native, strict=False).cast(pl.Datetime("us"))
    return _to_utc(naive, zone) if zone else naive


def _to_utc(naive: pl.Expr, zone: str) -> pl.Expr:
    """An hour that autumn repeats is the first of the two; one that spring skips is none (null)."""
    local = naive.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    return local.dt.convert_time_zone("UTC")


def dates(text: pl.Expr, forms: list[str]) -> pl.Expr:
    return pl.coalesce([_moment(text, form, None).dt.date() for form in forms])


def _datetime(text: pl.Expr, field: Field, read: ReadOptions, zone: str) -> pl.Expr:
    if field.format:
        return _moment(text, field.format, zone)
    if read.date:
        forms = [read.date] if has_time(read.date) else [read.date + t for t in ("", " %H:%M", " %H:%M:%S")]
        return pl.coalesce([_moment(text, form, zone) for form in forms])
    more = [_moment(text, day + hour, zone) for day in ordered(field.order or read.order) for hour in _TIMES]
    naive = pl.when(text.str.contains(_ISO + "$")).then(text.str.replace(_ISO + "$", "${1}T${2}${3}${4}"))
    seconds = naive.str.replace(r"T([0-9]{2}:[0-9]{2})$", "T${1}:00")
    local = _to_utc(seconds.str.strptime(pl.Datetime("us"), "%Y-%m-%dT%H:%M:%S%.f", strict=False), zone)
    aware = text.str.replace("[Zz]$", "+00:00").str.replace(r"^([0-9-]{10}) ", "${1}T")
    full = aware.str.replace(r"T([0-9]{2}:[0-9]{2})([+-])", "T${1}:00${2}")
    shaped = pl.when(full.str.contains(_ISO + r"[+-][0-9]{2}:?[0-9]{2}$")).then(full)
    instant = shaped.str.strptime(pl.Datetime("us", "UTC"), "%Y-%m-%dT%H:%M:%S%.f%z", strict=False)
    return pl.coalesce([local, instant, _moment(text, "%Y-%m-%d", zone), *more])


def why(value: str, column: Column, field: Field, read: ReadOptions) -> Message:
    """The reason why this cell was not taken."""
    text = value.strip()
    match column.kind:
        case Kind.TEXT:
            if "\x00" in value:
                return message("mapping.nul")
            if re.fullmatch(SPOILT, text) and "E+" in text:
                return message("mapping.spoilt")
            if field.check and checked(field.check, value) is None:
                return message("mapping.check_digit", check=field.check.upper())
            return message("mapping.too_long", length=len(value), limit=column.max_length or 0)
        case Kind.DECIMAL | Kind.INTEGER:
            return _why_number(text, column, field.decimal or read.decimal)
        case Kind.DATE | Kind.DATETIME:
            form = field.format or read.date
            order = field.order or read.order
            if form is None and order is not None:
                return message("mapping.not_date", format=" / ".join(["%Y-%m-%d", *ordered(order)]))
            if form is None:
                return message("mapping.not_iso")
            return message("mapping.not_date", format=form)
        case _:
            return message("mapping.not_boolean")


def _why_number(text: str, column: Column, decimal: str | None) -> Message:
    if decimal is None and re.fullmatch(r"[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}", text):
        return message("mapping.two_readings")
    if re.fullmatch(r"[+-]?[0-9]{13,}([.,][0-9]*)?", text):
        return message("mapping.too_big")
    if re.fullmatch(r"[+-]?[0-9]*[.,][0-9]+", text) and (decimal is None or decimal in text):
        return message("mapping.too_fine", scale=column.scale)
    return message("mapping.not_number", decimal=decimal or ". ,")
