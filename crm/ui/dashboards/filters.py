"""What the filter rows of all dashboards share: the period, its days, and any of many, each in the address."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import TypeVar

import streamlit as st

from crm.i18n import _
from crm.ui.kit import look

K = TypeVar("K", int, str)

#: So many names stand open as pills; more are chosen from a list.
OPEN = 5


def choose_period(key: str, *, default: str, without: Collection[str] = ()) -> str:
    """Draw the switch of periods and give the kind as ``crm.periods`` knows it."""
    kinds = {
        "month": _("Month"),
        "quarter": _("Quarter"),
        "year": _("Year"),
        "12months": _("12 months"),
        "all": _("All"),
        "custom": _("Days"),
    }
    shown = {kind: label for kind, label in kinds.items() if kind not in without}
    return look.switch(_("Period"), shown, key=f"{key}_period", default=default)


def choose_days(key: str, kind: str, *, today: date) -> tuple[date | None, date | None]:
    """Draw the first and the last day where days are asked for, else nothing."""
    if kind != "custom":
        return None, None
    with look.toolbar():
        start = st.date_input(
            _("From"), value=today.replace(day=1), key=f"{key}_from", bind="query-params", width=160
        )
        end = st.date_input(_("To"), value=today, key=f"{key}_to", bind="query-params", width=160)
    return start, end


def any_of(label: str, names: Iterable[str], key: str) -> list[str]:
    """Any of many, by name: a name in the address can be read, a number cannot."""
    offered = list(dict.fromkeys(names))
    return list(st.multiselect(label, offered, key=key, bind="query-params", placeholder=_("All")))


def any_of_few(label: str, names: Collection[str], key: str, *, least: int = 1) -> list[str] | None:
    """Any of a few names as pills; None where there are too few or too many for that."""
    shown = {name: look.plain(name) for name in names}
    return look.filters(label, shown, key=key) if least <= len(names) <= OPEN else None


def any_source(sources: Iterable[str], key: str) -> tuple[str, ...]:
    """Any of the sources, and blank for what has none."""
    none = _("No source")
    return tuple("" if name == none else name for name in any_of(_("Sources"), [*sources, none], key))


def keys_of(options: Mapping[K, str], names: Collection[str]) -> tuple[K, ...]:
    """The keys of the chosen names; several when a name stands twice."""
    return tuple(key for key, name in options.items() if name in names)
