"""A cell of a sheet as text: what its reader sees, dates as ISO, numbers without the noise of floats."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Literal

LAST_DAY = 2_958_466  # 9999-12-31
MS = timedelta(milliseconds=1)
_DATES = {*range(14, 18), 22, *range(27, 37), *range(50, 59)}
_TIMES = {18, 19, 20, 21, 45, 47}
_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.')


@dataclass(frozen=True, slots=True)
class Style:
    """How a number is shown. `digits`: leading zeros up to so many."""

    kind: Literal["number", "date", "time", "elapsed"] = "number"
    digits: int = 0


PLAIN = Style()


def style_of(number: int, code: str | None) -> Style:
    """The style of a number format: its number if built in, else its code."""
    if code is None:
        if number in _DATES:
            return Style("date")
        return Style("time") if number in _TIMES else Style("elapsed") if number == 46 else PLAIN
    bare = _LITERAL.sub("", code.split(";")[0])
    if re.search(r"\[(?:h+|m+|s+)\]", bare, re.IGNORECASE):
        return Style("elapsed")
    bare = re.sub(r"\[[^\]]*\]", "", bare).lower()
    if "general" in bare:
        return PLAIN
    bare = re.sub("am/pm|a/p", "", bare)
    if "y" in bare or "d" in bare or ("m" in bare and "h" not in bare and "s" not in bare):
        return Style("date")
    if "h" in bare or "s" in bare:
        return Style("time")
    digits = bare.replace(" ", "")
    if re.fullmatch(r"[#0]+", digits) and "0" in digits:
        return Style("number", len(digits) - digits.index("0"))
    return PLAIN


def number_text(value: str, style: Style = PLAIN, since_1904: bool = False) -> str:
    """A number as the file writes it → as it is seen. What is no number stays."""
    if value.isdecimal() and len(value) < 16 and style.kind == "number":
        return value.zfill(style.digits)
    try:
        number = float(value)
    except ValueError:
        return value
    if style.kind != "number":
        return serial_text(number, style, since_1904)
    text = float_text(number)
    return text.zfill(style.digits) if style.digits and text.isdecimal() else text


def float_text(number: float) -> str:
    """15 significant digits, as spreadsheets have them, never with an exponent."""
    text = f"{number:.15g}"
    if "e" in text:
        text = f"{Decimal(text):f}"
    return text


def serial_text(serial: float, style: Style, since_1904: bool = False) -> str:
    """A spreadsheet's day number → ISO date, date and time, or time."""
    if not 0 <= serial < LAST_DAY:
        return float_text(serial)
    ms = round(serial * 86_400_000)
    ms = round(ms, -3) if min(ms % 1000, -ms % 1000) <= 1 else ms
    days, ms = divmod(ms, 86_400_000)
    if style.kind == "elapsed":
        return clock(days * 86_400_000 + ms)
    if days == 0 and not since_1904:
        return clock(ms) if ms or style.kind == "time" else "0"
    day = _day(days, since_1904)
    return f"{day} {clock(ms)}" if ms else day


@lru_cache(4096)
def _day(days: int, since_1904: bool) -> str:
    if since_1904:
        return (date(1904, 1, 1) + timedelta(days)).isoformat()
    return (date(1899, 12, 30) + timedelta(days + (days < 60))).isoformat()  # 1900 was no leap year


def clock(ms: int) -> str:
    """Milliseconds as `hours:minutes:seconds`, as many hours as it takes."""
    seconds, ms = divmod(ms, 1000)
    text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{text}.{ms:03}" if ms else text


def object_text(value: object) -> str | None:
    """A cell as a library gives it → text, None when blank."""
    match value:
        case None | "":
            return None
        case str():
            return _wide(value) if "\0" in value else value
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return float_text(value)
        case datetime():
            time_of_day = clock(
                round((value - value.replace(hour=0, minute=0, second=0, microsecond=0)) / MS)
            )
            return value.date().isoformat() + ("" if time_of_day == "00:00:00" else f" {time_of_day}")
        case date():
            return value.isoformat()
        case time():
            return value.isoformat()
        case timedelta():
            return clock(round(value / MS))
        case _:
            return str(value)


def _wide(text: str) -> str:
    """A text of two bytes a sign that was taken for one of one byte, as happens with old workbooks."""
    try:
        return text.encode("latin-1").decode("utf-16-le")
    except UnicodeError:
        return text
