"""What stands in the cells of a column that leaves, block by block: amounts, times, tags, and what tells namesakes apart."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from crm.clock import here
from crm.exchange.values.texts import tags as read_tags
from crm.money import exponent
from crm.records.fields import Kind

Values = Sequence[Any]
Convertor = Callable[..., Values]


def same(values: Values) -> Values:
    """The values as they are."""
    return values


def amounts(values: Values, currencies: Values | None = None) -> Values:
    """Minor units as decimals of their row's currency."""
    formats: dict[Any, tuple[int, str]] = {}
    for code in {*(currencies or ()), None}:
        places = exponent(code or "")
        formats[code] = (10**places, f".{places}f")
    cells = []
    for value, code in zip(values, currencies or [None] * len(values), strict=True):
        if value is None:
            cells.append("")
            continue
        units, pattern = formats[code]
        if abs(value) < 2**48:
            cells.append(format(value / units, pattern))
        else:
            # A float holds no more digits than that.
            whole, part = divmod(abs(value), units)
            cells.append(f"{'-' * (value < 0)}{whole}" + f".{part:0{len(str(units)) - 1}d}" * (units > 1))
    return cells


def each_once(write: Callable[[Any], Any]) -> Convertor:
    """A convertor that writes each different value of a block once."""

    def convert(values: Values) -> Values:
        # Lists, as PostgreSQL hands them over, cannot be looked up.
        if any(isinstance(value, list) for value in values):
            return [None if value is None else write(value) for value in values]
        written = {value: None if value is None else write(value) for value in set(values)}
        return [written[value] for value in values]

    return convert


def tags_text(value: str | list[str]) -> str:
    """Tags with commas between them; as a JSON list where they would not be read back so."""
    tags = json.loads(value) if isinstance(value, str) else value
    text = ", ".join(tags or ())
    return text if not tags or read_tags(text) == tags else json.dumps(tags, ensure_ascii=False)


def local_text(moment: datetime) -> str:
    """A moment as the firm's clocks show it, as a spreadsheet reads it: ``2026-11-01 00:10``.

    Of the hour that the end of summer time brings twice the second one keeps its offset, or a file could not be read back.
    """
    local = here(moment)
    text = (local if local.fold else local.replace(tzinfo=None)).isoformat(" ")
    return text.removesuffix(":00") if not local.fold else text


def moment_text(value: str | datetime) -> str:
    """A moment as ``local_text`` writes it, of what either database hands over."""
    if not isinstance(value, str):
        return local_text(value)
    # SQLite keeps times in UTC without saying so. Within an hour they differ by what stands behind it.
    if hour := _hour(value[:13]):
        return hour + value[13:].removesuffix(".000000").removesuffix(":00")
    return local_text(datetime.fromisoformat(value).replace(tzinfo=UTC))


@lru_cache(maxsize=100_000)
def _hour(text: str) -> str:
    """The hour of the firm's clocks for one in UTC; blank where it is no whole one, or the second of two."""
    first, last = (
        here(datetime.fromisoformat(f"{text}:{minute}").replace(tzinfo=UTC)) for minute in ("00", "59")
    )
    plain = first.minute == 0 and last.minute == 59 and not (first.fold or last.fold)
    return f"{first:%Y-%m-%d %H}" if plain else ""


def telling(ids: Values, moments: Values, *keys: Values) -> Values:
    """What tells each parent from its namesakes: its number, code or address, else its id and when it was made."""
    found = []
    for record, moment, *told in zip(ids, moments, *keys, strict=True):
        key = next(filter(None, told), "")
        found.append(key if key or record is None else told_by_id(record, moment))
    return found


def told_by_id(record: int, moment: str | datetime | None) -> str:
    """How a record without number, code and address is told: both may be read back, in this house and elsewhere."""
    return f"#{record}" + (f" {moment_text(moment)}" if moment is not None else "")


CONVERTORS: dict[Kind, Convertor] = {
    Kind.MONEY: amounts,
    Kind.DATETIME: each_once(moment_text),
    Kind.TAGS: each_once(tags_text),
}


def columns_of(rows: Iterable[Sequence[Any]]) -> list[tuple[Any, ...]]:
    """The columns of some rows."""
    return list(zip(*rows, strict=True))
