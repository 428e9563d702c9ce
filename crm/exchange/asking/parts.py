"""A file of lines that also holds what the lines belong to: orders and their lines in one table become two steps."""

from __future__ import annotations

from typing import Any

import pandas as pd

from crm.exchange import entities
from crm.exchange.asking.content import is_unit_price
from crm.exchange.asking.mapping import unfed
from crm.exchange.files.reading import SourceTable
from crm.records import registry
from crm.records.fields import Kind
from crm.records.matching import name_key

_COUNTED = (Kind.MONEY, Kind.PERCENT)


def head_of(draft: dict[str, Any], table: SourceTable, whole: dict[str, Any]) -> tuple[str, str]:
    """The kind of record that rows of a draft lie beneath, and the column that names it; "" where there is none.

    ``whole`` is the draft of that kind as it would be guessed alone: it has to have all that such a record needs.
    """
    under = registry.number_within(draft["entity"])
    column = next((c for c, f in draft["fields"].items() if f and f == under), "")
    if not under or not column:
        return "", ""
    head = registry.entity(draft["entity"])[under].link
    fed = {field for field in whole["fields"].values() if field} | {registry.entity(head).title_field}
    return ("", "") if unfed(registry.entity(head), fed) else (head, column)


def heads_link(entity: str) -> str:
    """The entity that a kind of line lies beneath; "" for what is no line."""
    under = registry.number_within(entity) if entity else ""
    link = registry.entity(entity)[under].link if under else ""
    return link if link in registry.names() else ""


def shared_out(
    lines: dict[str, Any], head: dict[str, Any], table: SourceTable, column: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Both drafts, each with the amounts that are its own.

    An amount that is the same, or stands only once, in all rows of one order is the order's; one that differs is a line's.
    Where every order has one row only, the line takes it first.
    """
    key = table.texts[column].map(name_key)
    several = key.duplicated(keep=False) & (key != "")
    kinds = entities.entity(head["entity"]), entities.entity(lines["entity"])
    title = kinds[0].title_field
    of_head, of_lines = dict(head["fields"]), dict(lines["fields"])
    priced = any(is_unit_price(c) for c in table.columns) and "quantity" in of_lines.values()
    for name in table.columns:
        mine, theirs = of_head[name], of_lines[name]
        counts = [about[f].kind in _COUNTED for about, f in zip(kinds, (mine, theirs), strict=True) if f]
        if not any(counts):
            continue
        if several.any():
            is_heads = _stands_once(table.texts[name][several], key[several])
        else:
            is_heads = not theirs or (priced and not is_unit_price(name))
        if is_heads:
            of_lines[name] = ""
        else:
            of_head[name] = ""
    of_head = {c: "" if f == title else f for c, f in of_head.items()} | {column: title}
    return {**lines, "fields": of_lines}, {**head, "fields": of_head, "key": title, "distinct": True}


def _stands_once(cells: pd.Series[str], key: pd.Series[str]) -> bool:
    filled = cells != ""
    return bool((cells[filled].groupby(key[filled]).nunique() <= 1).all())


def price_column(draft: dict[str, Any]) -> str:
    """The column of a file of sales lines that seems to hold the price of one unit, not the line's amount; "" if none."""
    columns = {field: column for column, field in draft["fields"].items() if field}
    if draft["entity"] != "order_line" or "quantity" not in columns:
        return ""
    taken = columns.get("amount_minor")
    headers = [taken] if taken else [c for c in draft["columns"] if not draft["fields"].get(c)]
    return next((header for header in headers if is_unit_price(header)), "")


def line_total(draft: dict[str, Any]) -> dict[str, str]:
    """How the amount of a sales line is counted where the file gives a quantity and the price of one unit."""
    price = price_column(draft)
    if not price or not draft.get("per_unit", True):
        return {}
    quantity = next(column for column, field in draft["fields"].items() if field == "quantity")
    return {"amount_minor": f"{{{quantity}}} * {{{price}}}"}
