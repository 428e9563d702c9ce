"""Rows out as CSV: streamed, within scope, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import RowMapping, select
from sqlalchemy.orm import aliased

from crm import registry
from crm.errors import NotAllowed
from crm.fields import Field, Kind
from crm.i18n import _
from crm.lists import list_conditions
from crm.money import exponent
from db.scope import EXPORT, ScopedSession, criterion

#: Rows held in memory at once.
BLOCK = 5000
#: A cell that begins so would be run as a formula by a spreadsheet.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def neutral(text: str) -> str:
    """A text that no spreadsheet takes for a formula; plain numbers and phone numbers stay as they are."""
    if not text.startswith(FORMULA_STARTS):
        return text
    rest = text[1:].replace(" ", "").replace(".", "", 1)
    return text if rest.isdigit() and text[0] in "+-" else "'" + text


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
    in major units with a column for their currency; links give the name of the record; ``id`` comes first.

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
    statement: Any = select(cls.id)
    for field in fields:
        if field.kind is Kind.LINK:
            target = aliased(registry.model(field.link))
            statement = statement.add_columns(
                getattr(target, registry.title_field(field.link)).label(field.name)
            )
            statement = statement.outerjoin(target, target.id == getattr(cls, field.name))
        else:
            statement = statement.add_columns(getattr(cls, field.name))
            if field.currency_field:
                statement = statement.add_columns(
                    getattr(cls, field.currency_field).label(f"{field.name}__currency")
                )
    statement = statement.where(
        *list_conditions(session, entity, search=search, filters=filters, archived=archived)
    )
    if (limit := criterion(session.actor, cls, EXPORT)) is not None:
        statement = statement.where(limit)
    result = session.execute(statement.order_by(cls.id).execution_options(yield_per=BLOCK)).mappings()
    yield "\ufeff".encode() + _block(
        [["id", *(f.name.removesuffix("_minor").removesuffix("_id") for f in fields)]]
    )
    for rows in result.partitions(BLOCK):
        yield _block([[row["id"], *(_cell(f, row) for f in fields)] for row in rows])


def _cell(field: Field, row: RowMapping) -> Any:
    value = row[field.name]
    if value is None:
        return ""
    if field.kind is Kind.MONEY:
        places = exponent(row.get(f"{field.name}__currency") or "EUR")
        return f"{value / 10**places:.{places}f}" if abs(value) < 2**53 else str(value)
    if field.kind is Kind.TAGS:
        return neutral(", ".join(value))
    return neutral(value) if isinstance(value, str) else value


def _block(rows: Sequence[Sequence[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()
