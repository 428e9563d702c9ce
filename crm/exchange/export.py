"""Lists out as CSV, XLSX and JSON: streamed, within scope, safe to open in a spreadsheet, exact to bring in again."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, BinaryIO

from crm.clock import here
from crm.errors import NotFound
from crm.exchange.leaving.cells import CONVERTORS, Values, amounts, local_text
from crm.exchange.leaving.own import SUSPECT, neutral
from crm.exchange.leaving.rows import Asked, Column, Leaving, demand_export, leaving
from crm.exchange.leaving.sheet import sheet
from crm.i18n import _
from crm.records import registry
from crm.records.fields import Kind
from crm.work import Actor, reading
from db.scope import ScopedSession

__all__ = [
    "FORMATS",
    "Asked",
    "export_csv",
    "export_json",
    "export_rows",
    "export_xlsx",
    "known_kind",
    "write_export",
]


def export_rows(session: ScopedSession, entity: str, kind: str, asked: Asked) -> Iterator[bytes]:
    """A list as a file of one of ``FORMATS``, in parts."""
    return FORMATS[kind](leaving(session, entity, asked), _(registry.entity(entity).plural))


def known_kind(entity: str) -> None:
    """Refuse a kind of record that is not there.

    Raises
    ------
    NotFound
        With those there are.
    """
    if entity not in registry.names():
        known = ", ".join(registry.names())
        raise NotFound(
            _("There is no kind of record called “{name}”. Known: {known}.").format(name=entity, known=known)
        )


def write_export(
    actor: Actor, entity: str, kind: str, file: BinaryIO, asked: Callable[[ScopedSession], Asked]
) -> None:
    """The same into an open file: whole, or with the reason why not; memory does not grow with the rows."""
    known_kind(entity)
    with reading(actor) as session:
        demand_export(session, entity)
        for part in export_rows(session, entity, kind, asked(session)):
            file.write(part)


def export_csv(
    session: ScopedSession,
    entity: str,
    *,
    columns: Sequence[str] | None = None,
    search: str = "",
    filters: Mapping[str, Any] | None = None,
    archived: bool | None = False,
) -> Iterator[bytes]:
    """A list as CSV (UTF-8 with BOM, so that every spreadsheet reads the accents), block by block.

    The rows are those the actor may export: the scope of "export", and never more than the scope of "read". Amounts are
    in major units with a column for their currency; links give the name of the record and, where several records there
    share a name, beside it what tells them apart; times stand as on the firm's clocks; ``id`` comes first. Without
    ``columns`` all fields leave, with the further addresses of a contact.

    Raises
    ------
    NotAllowed
        The actor's role does not export this kind of record.
    """
    return _csv(leaving(session, entity, Asked(columns, search, filters, archived)), "")


def export_xlsx(session: ScopedSession, entity: str, asked: Asked) -> Iterator[bytes]:
    """The same as a spreadsheet: texts stay texts, days are days, amounts are numbers."""
    return export_rows(session, entity, "xlsx", asked)


def export_json(session: ScopedSession, entity: str, asked: Asked) -> Iterator[bytes]:
    """The same as a JSON list of objects: amounts are numbers in major units, times stand in UTC."""
    return export_rows(session, entity, "json", asked)


def _csv(found: Leaving, _title: str) -> Iterator[bytes]:
    yield "\ufeff".encode() + _lines([[column.name for column in found.columns]])
    for block in found.blocks:
        cells = [_texts(_cells(c, *raw)) for c, raw in zip(found.columns, block, strict=True)]
        yield _lines(zip(*cells, strict=True))


def _cells(column: Column, values: Values, currencies: Values | None) -> Values:
    convert = CONVERTORS.get(column.kind)
    if convert is None:
        return values
    return convert(values, currencies) if column.kind is Kind.MONEY else convert(values)


def _texts(values: Values) -> Values:
    """Texts made safe, everything else as it is; one look at all cells finds whether any needs it."""
    filled = list(filter(None, values))
    if not filled or not isinstance(filled[0], str):
        return values
    joined = "\0" + "\0".join(filled)
    if not SUSPECT.search(joined):
        return values
    return [value and neutral(value) for value in values]


def _lines(rows: Iterable[Sequence[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()


def _xlsx(found: Leaving, title: str) -> Iterator[bytes]:
    names = [column.name for column in found.columns]
    widths = [_WIDTHS.get(column.kind, 18) for column in found.columns]
    rows = (
        zip(
            *(_typed(c, *raw, moment=_sheet_moment) for c, raw in zip(found.columns, block, strict=True)),
            strict=True,
        )
        for block in found.blocks
    )
    return sheet(names, rows, title=re.sub(r"[\[\]:*?/\\']", " ", title), widths=widths)


def _json(found: Leaving, _title: str) -> Iterator[bytes]:
    names = [column.name for column in found.columns]
    before = "["
    for block in found.blocks:
        cells = [_typed(c, *raw, moment=_utc_text) for c, raw in zip(found.columns, block, strict=True)]
        rows = (dict(zip(names, row, strict=True)) for row in zip(*cells, strict=True))
        texts = [json.dumps(row, ensure_ascii=False, default=_written) for row in rows]
        yield (before + "\n" + ",\n".join(texts)).encode()
        before = ","
    yield b"[]\n" if before == "[" else b"\n]\n"


def _typed(
    column: Column, values: Values, currencies: Values | None, *, moment: Callable[[datetime], Any]
) -> Values:
    """The values as a sheet or JSON has kinds for them."""
    match column.kind:
        case Kind.MONEY:
            return [_number(text) for text in amounts(values, currencies)]
        case Kind.DATETIME:
            return [None if v is None else moment(_aware(v)) for v in values]
        case Kind.DATE:
            return [date.fromisoformat(v) if isinstance(v, str) else v for v in values]
        case Kind.TAGS:
            return CONVERTORS[Kind.TAGS](values)
        case Kind.BOOLEAN:
            return [None if v is None else bool(v) for v in values]
        case _:
            return values


def _number(text: str) -> Decimal | int | None:
    if not text:
        return None
    return Decimal(text) if "." in text else int(text)


def _written(value: Any) -> Any:
    """What JSON has no kind for; a number of more digits than programs keep is a text."""
    return float(value) if isinstance(value, Decimal) and len(value.as_tuple().digits) <= 15 else str(value)


def _aware(value: str | datetime) -> datetime:
    return datetime.fromisoformat(value).replace(tzinfo=UTC) if isinstance(value, str) else value


def _utc_text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def _sheet_moment(moment: datetime) -> datetime | str:
    """A moment without zone for a cell; a text where a sheet would lose a part of it."""
    local = here(moment)
    return local_text(moment) if local.fold or local.microsecond else local.replace(tzinfo=None)


#: How wide the columns of a kind stand in a sheet; all others take 18.
_WIDTHS = {Kind.INTEGER: 10, Kind.DATE: 12, Kind.CURRENCY: 9, Kind.BOOLEAN: 8, Kind.LONGTEXT: 50}
#: What a list may leave as.
FORMATS: Mapping[str, Callable[[Leaving, str], Iterator[bytes]]] = {"csv": _csv, "xlsx": _xlsx, "json": _json}
