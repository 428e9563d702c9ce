"""What the filter rows of all dashboards share: the period, its days, and any of many, each in the address; and how the
period is said."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import TypeVar

import streamlit as st

from crm.i18n import _
from crm.periods import Period
from crm.ui.kit import formats, look

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


def any_of(label: str, options: Mapping[K, str], key: str) -> tuple[K, ...]:
    """Any of many, chosen by name: a name in the address can be read, a number cannot. All keys of a name that stands twice."""
    offered = list(dict.fromkeys(options.values()))
    names = st.multiselect(label, offered, key=key, bind="query-params", placeholder=_("All"))
    return _keys(options, names)


def any_of_few(label: str, options: Mapping[K, str], key: str, *, least: int = 1) -> tuple[K, ...] | None:
    """The same as pills; None where there are too few or too many for that."""
    if not least <= len(options) <= OPEN:
        return None
    return _keys(options, look.filters(label, {name: look.plain(name) for name in options.values()}, key=key))


def any_source(sources: Iterable[str], key: str) -> tuple[str, ...]:
    """Any of the sources, and blank for what has none."""
    return any_of(_("Sources"), {**{source: source for source in sources}, "": _("No source")}, key)


def _keys(options: Mapping[K, str], names: Collection[str]) -> tuple[K, ...]:
    return tuple(key for key, name in options.items() if name in names)


def _days(period: Period) -> str:
    """A period in words: 1 Oct 2017 to 31 Dec 2017."""
    if period.start is None or period.end is None:
        return _("All days")
    return _("{start} to {end}").format(
        start=formats.day(period.start, today=period.end), end=formats.day(period.end)
    )


def compared(period: Period, before: Period | None, *, nothing: str = "") -> str:
    """The line under the title; ``nothing`` says of ``{days}`` that the period before has nothing to compare with."""
    if before is None:
        return _days(period)
    text = nothing or _("{days}, compared with {before}")
    return text.format(days=_days(period), before=_days(before))
