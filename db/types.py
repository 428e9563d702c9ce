"""Column types that make the database behave the same everywhere: aware times, whole minor units, JSON."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Integer
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """Aware in, aware UTC out. SQLite keeps no zone, so naive input is refused instead of guessed."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A time without a zone cannot be stored; use datetime.now(UTC).")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Money(TypeDecorator[int]):
    """An amount in whole minor units (cents); the currency stands in a column beside it."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> int | None:
        if value is not None and (isinstance(value, bool) or int(value) != value):
            raise ValueError(f"Money is stored in whole minor units, not as {value!r}.")
        return None if value is None else int(value)


#: JSON that PostgreSQL can index.
Json = JSON().with_variant(JSONB(), "postgresql")

#: Primary keys: SQLite only counts up by itself on INTEGER.
Id = BigInteger().with_variant(Integer(), "sqlite")
