"""How values travel: the same for both databases, exact, comparable.

A kind says how a column's values look on their way (`None` in every kind for NULL):

text     str                              int      int
uuid     32 hex digits                    bool     0 or 1
scaledN  int, the amount times 10**N      dec      str, no exponent, no zeros at the end
real     float                            date     "2026-11-25"
instant  "2026-11-25 10:00:00.000000" UTC moment   the same without a zone, or as SQLite holds it
json     str                              blob     bytes

SQLite holds what it is given: a value of another sort in a column travels as it is, and a database that cannot
hold it refuses that row.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timezone
from decimal import Decimal, InvalidOperation
from hashlib import blake2b
from typing import Any

UTC = timezone.utc  # noqa: UP017
KEY_KINDS = ("text", "uuid", "int", "date", "bool", "dec")
Value = str | int | float | bytes | None


def _blob(value: Any) -> dict[str, str]:
    if isinstance(value, bytes | memoryview):
        return {"b": bytes(value).hex()}
    raise TypeError(f"no JSON for {type(value).__name__}")


def _unblob(found: dict[str, Any]) -> Any:
    return bytes.fromhex(found["b"]) if found.keys() == {"b"} else found


_ENCODER = json.JSONEncoder(default=_blob, separators=(",", ":"), ensure_ascii=False)
_DECODER = json.JSONDecoder(object_hook=_unblob)
pack: Callable[[Any], str] = _ENCODER.encode
"""JSON on one line, blobs as {"b": hex}. Made once: `json.dumps` makes an encoder for every call."""
unpack: Callable[[str], Any] = _DECODER.decode
"""The opposite of `pack`."""


def scale_of(kind: str) -> int:
    return int(kind.removeprefix("scaled"))


def plain(number: Decimal) -> str:
    """Without an exponent and without zeros at the end."""
    if not number.is_finite():
        return str(number)
    text = format(number, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def decimal_text(value: Any) -> Any:
    """A number of another program's SQLite as `dec`."""
    if isinstance(value, bool | bytes) or value is None:
        return value
    try:
        return plain(Decimal(repr(value) if isinstance(value, float) else str(value)))
    except InvalidOperation:
        return value


def number_for_sqlite(value: Any) -> Any:
    """A `dec` for a NUMERIC column of SQLite, which holds floats. Raises ValueError where that is not exact."""
    if not isinstance(value, str):
        return value
    try:
        exact = Decimal(value)
    except InvalidOperation:
        return value
    if exact == exact.to_integral_value() and abs(exact) < 2**63:
        return int(exact)
    near = float(exact)
    if Decimal(repr(near)) != exact:
        raise ValueError(value)
    return near


def moment_text(value: str) -> str:
    """An instant of any spelling, in UTC and to the microsecond; what is none stays as it is."""
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return value
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC)
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f")


def plain_json(value: Any) -> str:
    """JSON of one spelling: keys sorted, numbers without an exponent."""
    if isinstance(value, dict):
        pairs = (f"{json.dumps(k, ensure_ascii=False)}:{plain_json(v)}" for k, v in sorted(value.items()))
        return "{" + ",".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(plain_json, value)) + "]"
    if isinstance(value, Decimal):
        return plain(value)
    return json.dumps(value, ensure_ascii=False)


def same_text(kind: str, value: Any) -> Any:
    """The value in the one spelling in which equal values are equal."""
    if kind == "json" and isinstance(value, str):
        try:
            return plain_json(json.loads(value, parse_float=Decimal, parse_int=Decimal))
        except ValueError:
            return value
    if kind == "moment" and isinstance(value, str):
        return moment_text(value)
    return value


def same(kind: str, one: Any, other: Any) -> bool:
    """Are these one value?"""
    return bool(one == other) or same_text(kind, one) == same_text(kind, other)


def digester(kinds: Sequence[str], skip: Collection[int] = ()) -> Callable[[list[Any]], int]:
    """What makes 64 bits of a row, the same on every database. `skip`: places that do not count. It may change the
    list that it is given."""
    odd = [(n, kind) for n, kind in enumerate(kinds) if kind in ("json", "moment") and n not in skip]

    def made(values: list[Any]) -> int:
        for n in skip:
            values[n] = None
        for n, kind in odd:
            values[n] = same_text(kind, values[n])
        return int.from_bytes(
            blake2b(pack(values).encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big"
        )

    return made


# old values of the change log ---------------------------------------------------------------------------------
def logged_sqlite(value: Any) -> Any:
    """A value of the change log as the column holds it: what JSON has no word for is an object there."""
    if isinstance(value, dict):
        if "blob" in value:
            return bytes.fromhex(value["blob"])
        return float(value["real"])
    return value


def logged_postgres(kind: str) -> Callable[[Any], Any]:
    """What makes a value of `to_json`, numbers read as Decimal, one that travels."""

    def made(value: Any) -> Any:
        if value is None:
            return None
        if kind == "uuid":
            return str(value).replace("-", "")
        if kind == "int":
            return int(value)
        if kind == "bool":
            return int(value)
        if kind.startswith("scaled"):
            return int(Decimal(value).scaleb(scale_of(kind)))
        if kind == "dec":
            return plain(Decimal(value))
        if kind == "real":
            return float(value)
        if kind in ("instant", "moment"):
            return moment_text(str(value))
        if kind == "json":
            return plain_json(value)
        if kind == "blob":
            return bytes.fromhex(str(value).removeprefix("\\x"))
        return plain(value) if isinstance(value, Decimal) else str(value)

    return made
