"""Rows out as CSV: streamed, within scope, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import String, func, select, type_coerce
from sqlalchemy.orm import aliased

from crm.clock import here
from crm.errors import NotAllowed
from crm.i18n import _
from crm.money import exponent
from crm.records import registry
from crm.records.fields import Entity, Kind
from crm.records.lists import list_conditions
from db.scope import EXPORT, ScopedSession, criterion

#: Rows held in memory at once.
BLOCK = 5000
#: A cell that begins so would be run as a formula by a spreadsheet, some also in the wide forms of Asian keyboards.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
#: What spreadsheets pass over before a formula.
_BLANKS = " \u00a0\u2003\u2007\u3000\ufeff"
#: A cell behind a nought, as ``_texts`` joins them, or a part behind a semicolon, that ``neutral`` has to look at: all but
#: plain numbers behind a sign.
_SUSPECT = re.compile(rf"[\0;]'*[{_BLANKS}]*(?:[=@\t\r\n＝＋－＠]|[+-](?![0-9]+(?:[\0;]|\Z)))")
#: What SQLite holds as text and hands over faster so: the values repeat, and each needs to be read only once.
_WRITTEN = (Kind.DATE, Kind.DATETIME, Kind.TAGS)

Values = Sequence[Any]


def neutral(text: str) -> str:
    """A text that no spreadsheet takes for a formula; plain numbers and phone numbers stay as they are.

    Where commas are decimal, spreadsheets part a line at semicolons, whatever its quotes: each part is made safe. A text
    that looks as if it had been made safe is made safe too: so ``bare`` gives each back as it was.
    """
    return ";".join(f"'{part}" if _is_run(part.lstrip("'")) else part for part in text.split(";"))


def bare(text: str) -> str:
    """The text that ``neutral`` made safe; every other text as it is."""
    parts = text.split(";")
    return ";".join(part[1:] if part[:1] == "'" and _is_run(part.lstrip("'")) else part for part in parts)


def _is_run(part: str) -> bool:
    """Whether a spreadsheet would run a cell that begins so."""
    begun = part.lstrip(_BLANKS)
    if not begun.startswith(FORMULA_STARTS):
        return False
    rest = begun[1:].replace(" ", "").replace(".", "", 1)
    return not (rest.isdigit() and begun[0] in "+-")


def own_names(entity: Entity) -> dict[str, str]:
    """What our export calls each field, to the field."""
    return {f.name.removesuffix("_minor").removesuffix("_id"): f.name for f in entity.fields if f.exportable}


def own_keys(entity: Entity) -> dict[str, str]:
    """The column beside a link that holds what tells parents of one name apart, to the link's field."""
    links = [f for f in entity.fields if f.exportable and f.kind is Kind.LINK and telling_keys(f.link)]
    return {f"{f.name.removesuffix('_id')}_key": f.name for f in links}


def telling_keys(entity: str) -> tuple[str, ...]:
    """What tells records of one title apart: their number or code, else their address."""
    if entity not in registry.names():
        return ()
    about = registry.entity(entity)
    return tuple(sorted((k for k in about.keys if k != about.title_field), key="email".__eq__))


def is_own(columns: Sequence[str], entity: Entity) -> bool:
    """Whether these are the columns of our own export of the entity, or some of them; also with what failed."""
    known = {*own_names(entity), *own_keys(entity), failed_mark()}
    return tuple(columns[:1]) == ("id",) and set(columns[1:]) <= known


def failed_mark() -> str:
    """The last column of failed rows that somebody downloads, corrects and brings in again."""
    return _("What is wrong with the row")


def export_csv(
    session: ScopedSession,
    entity: str,
    *,
    columns: Sequence[str] | None = None,
    search: str = "",
    filters: Mapping[str, Any] | None = None,
    archived: bool = False,
) -> Iterator[bytes]:
    """A list as CSV (UTF-8 with BOM, so that every spreadsheet reads the accents), block by block.

    The rows are those the actor may export: the scope of "export", and never more than the scope of "read". Amounts are
    in major units with a column for their currency; links give the name of the record and, where several records there
    share a name, beside it what tells them apart; times stand as on the firm's clocks; ``id`` comes first.

    Raises
    ------
    NotAllowed
        The actor's role does not export this kind of record.
    """
    about, cls = registry.entity(entity), registry.model(entity)
    if not session.actor.may(registry.rights_name(entity), EXPORT):
        raise NotAllowed(
            _("Your role does not export {plural}. Ask an administrator.").format(
                plural=_(about.plural).lower()
            )
        )
    fields = [about[n] for n in columns] if columns else [f for f in about.fields if f.exportable]
    sqlite = session.get_bind().dialect.name == "sqlite"
    statement: Any = select(cls.id)
    beside = {link: column for column, link in own_keys(about).items()}
    names, convertors = ["id"], []
    for field in fields:
        column = getattr(cls, field.name)
        names.append(field.name.removesuffix("_minor").removesuffix("_id"))
        convertors.append((_CONVERTORS.get(field.kind, _texts), field.name))
        if field.kind is Kind.LINK:
            target = aliased(registry.model(field.link))
            statement = statement.add_columns(getattr(target, registry.title_field(field.link)))
            statement = statement.outerjoin(target, target.id == column)
            if field.name in beside and _has_namesakes(session, field.link):
                keys = [func.nullif(getattr(target, key), "") for key in telling_keys(field.link)]
                statement = statement.add_columns(func.coalesce(*keys, None))
                names.append(beside[field.name])
                convertors.append((_texts, ""))
        elif sqlite and field.kind in _WRITTEN:
            statement = statement.add_columns(type_coerce(column, String))
        else:
            statement = statement.add_columns(column)
    money = [field for field in fields if field.kind is Kind.MONEY and field.currency_field]
    statement = statement.add_columns(
        *(getattr(cls, str(field.currency_field)).label(f"{field.name}__currency") for field in money)
    )
    conditions = list_conditions(
        session, entity, search=search, filters=filters, archived=archived, by_other_order=True
    )
    statement = statement.where(*conditions)
    if (limit := criterion(session.actor, cls, EXPORT)) is not None:
        statement = statement.where(limit)
    result = session.execute(statement.order_by(cls.id).execution_options(yield_per=BLOCK))
    yield "\ufeff".encode() + _block([names])
    # The session has seen to the scope; what it would build anew from each row of the cursor is the same row.
    cursor: Any = result
    for rows in cursor.raw.partitions(BLOCK):
        ids, *given = zip(*rows, strict=True)
        currencies = dict(zip((field.name for field in money), given[len(convertors) :], strict=True))
        cells = [
            convert(values, currencies.get(name))
            for (convert, name), values in zip(convertors, given, strict=False)
        ]
        yield _block(zip(ids, *cells, strict=True))


def _has_namesakes(session: ScopedSession, entity: str) -> bool:
    """Whether two records that the actor sees share a name, as an import compares names."""
    cls = registry.model(entity)
    name = getattr(cls, "name_key", getattr(cls, registry.title_field(entity)))
    shared = select(name).where(name.is_not(None)).group_by(name).having(func.count() > 1)
    return session.scalars(shared.limit(1)).first() is not None


def _texts(values: Values, _currencies: Values | None = None) -> Values:
    """Texts made safe, everything else as it is; one look at all cells finds whether any needs it."""
    filled = list(filter(None, values))
    if not filled or not isinstance(filled[0], str):
        return values
    joined = "\0" + "\0".join(filled)
    if not _SUSPECT.search(joined):
        return values
    return [value and neutral(value) for value in values]


def _amounts(values: Values, currencies: Values | None) -> Values:
    """Minor units as decimals of their row's currency."""
    formats: dict[Any, tuple[int, str]] = {}
    for code in {*(currencies or ()), None}:
        places = exponent(code or "")
        formats[code] = (10**places, f".{places}f")
    cells = []
    for value, code in zip(values, currencies or [None] * len(values), strict=True):
        if value is None:
            cells.append("")
        else:
            units, pattern = formats[code]
            cells.append(format(value / units, pattern) if abs(value) < 2**53 else str(value))
    return cells


def _each_once(write: Callable[[Any], str]) -> Callable[[Values, Values | None], Values]:
    """A convertor that writes each different value of a block once."""

    def convert(values: Values, _currencies: Values | None) -> Values:
        # Lists, as PostgreSQL hands them over, cannot be looked up.
        if any(isinstance(value, list) for value in values):
            return [None if value is None else write(value) for value in values]
        written = {value: None if value is None else write(value) for value in set(values)}
        return [written[value] for value in values]

    return convert


def _tags(value: str | list[str]) -> str:
    tags = json.loads(value) if isinstance(value, str) else value
    return neutral(", ".join(tags or ()))


def local_text(moment: datetime) -> str:
    """A moment as the firm's clocks show it, as a spreadsheet reads it: ``2026-11-01 00:10``.

    Of the hour that the end of summer time brings twice the second one keeps its offset, or a file could not be read back.
    """
    local = here(moment)
    text = (local if local.fold else local.replace(tzinfo=None)).isoformat(" ")
    return text.removesuffix(":00") if not local.fold else text


def _moment(value: str | datetime) -> str:
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


_CONVERTORS: dict[Kind, Callable[[Values, Values | None], Values]] = {
    Kind.MONEY: _amounts,
    Kind.DATE: lambda values, _currencies: values,
    Kind.DATETIME: _each_once(_moment),
    Kind.TAGS: _each_once(_tags),
}


def _block(rows: Iterable[Sequence[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()
