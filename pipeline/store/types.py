"""Column types that hold the same on SQLite and PostgreSQL: exact decimals, JSON, the moment of now."""

from __future__ import annotations

import secrets
import time
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, Numeric, TypeDecorator
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import DateTime, TypeEngine

DIGITS = 20  # before and after the point together, as NUMERIC(20, scale)


class Exact(TypeDecorator[Decimal]):
    """An exact decimal: an integer scaled by 10**scale on SQLite (its NUMERIC holds floats), NUMERIC elsewhere.

    Binding raises ValueError for what is not a Decimal or int, has more decimals than `scale`, or is too big:
    nothing is rounded here.
    """

    impl = Numeric
    cache_ok = True

    def __init__(self, scale: int = 6) -> None:
        super().__init__(DIGITS, scale)
        self.scale = scale

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(BigInteger())
        return dialect.type_descriptor(Numeric(DIGITS, self.scale))

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, (Decimal, int)):
            raise ValueError(f"not an exact number: {value!r}")
        exact = Decimal(value)
        if not exact.is_finite():
            raise ValueError(f"not a number: {value}")
        scaled = int(exact.scaleb(self.scale))
        if Decimal(scaled).scaleb(-self.scale) != exact:
            raise ValueError(f"more than {self.scale} decimals: {value}")
        if abs(scaled) >= 2**63:
            raise ValueError(f"too big: {value}")
        return scaled if dialect.name == "sqlite" else exact

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        if value is None:
            return None
        if dialect.name == "sqlite":
            return Decimal(int(value)).scaleb(-self.scale)
        return Decimal(value)


def json_type() -> TypeEngine[Any]:
    """JSON; JSONB on PostgreSQL, whose plain JSON cannot be compared."""
    return JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


class utc_now(FunctionElement[Any]):
    """The moment, as a server default: on SQLite text in UTC, like every instant there."""

    type = DateTime(timezone=True)
    inherit_cache = True


SQLITE_NOW = "strftime('%Y-%m-%d %H:%M:%f', 'now') || '000'"


@compiles(utc_now, "sqlite")
def _now_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    return SQLITE_NOW


@compiles(utc_now)
def _now(element: Any, compiler: Any, **kw: Any) -> str:
    return "now()"


def uuid7() -> UUID:
    """A new id: UUIDv7, sorted by time to the millisecond, safe to merge between sites."""
    stamp = (time.time_ns() // 1_000_000) & ((1 << 48) - 1)
    rand = secrets.randbits(74)
    return UUID(int=stamp << 80 | 7 << 76 | (rand >> 62) << 64 | 2 << 62 | rand & ((1 << 62) - 1))
