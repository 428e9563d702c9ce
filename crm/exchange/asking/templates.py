"""Fields that are fed by two columns, or by a part of one."""

from __future__ import annotations

from collections.abc import Mapping

from crm.exchange.asking.mapping import SURE, Known
from crm.exchange.values.dates import hour_of
from crm.exchange.values.values import HOUR, HOUR_OF
from crm.records.fields import Entity, Kind


def either_column(entity: Entity, given: Mapping[str, str], about: Known) -> dict[str, str]:
    """What stands in one of two columns and never in both, as a template: a day ("Won time", "Lost time"), a needed link."""
    fields, columns = [f for f in entity.fields if f.importable and not f.own], about.table.columns
    sounds = about.headers.likeness(entity) >= SURE
    filled = {column: about.table.texts[column] != "" for column in columns}
    found = {}
    for place, field in enumerate(fields):
        main = next((column for column in columns if given[column] == field.name), "")
        if not main or not (field.kind is Kind.DATE or (field.kind is Kind.LINK and field.required)):
            continue
        for row, column in enumerate(columns):
            if given[column] or not sounds[row, place] or not filled[column].any():
                continue
            if not (filled[main] & filled[column]).any():
                found[field.name] = f"{{{main}}}{{{column}}}"
                break
    return found


def hour_beside(fields: Mapping[str, str], about: Known) -> dict[str, str]:
    """The hour of the day on which something is due, as a template, where both stand in one column."""
    column = next((c for c, name in fields.items() if name == HOUR_OF), "")
    if not column or HOUR in fields.values():
        return {}
    told = about.looks.share(column, lambda cell: hour_of(cell) not in ("", cell), HOUR) > 0
    return {HOUR: f"{{{column}}}"} if told else {}
