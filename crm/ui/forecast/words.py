"""How the forecast screen says things: short ranges, ages, months, names of methods."""

from __future__ import annotations

import re
from datetime import date, datetime

from crm.clock import here, zone
from crm.forecasting.methods.candidates import LABELS
from crm.i18n import _
from crm.money import exponent
from crm.ui.kit.formats import ago, clock, month, number, short_money


def month_of(iso_day: str) -> str:
    """A month of the result as people write it."""
    return month(date.fromisoformat(iso_day[:10]))


def method(name: str) -> str:
    """A method by the name people know it by."""
    # The full name would not fit a chart's row or a table's column.
    return _("Median of the three") if name == "median" else _(LABELS.get(name, name))


def with_months(sentence: str) -> str:
    """A sentence of the engine with its first days of months written as months."""
    return re.sub(r"\b\d{4}-\d{2}-01\b", lambda found: month_of(found[0]), sentence)


def short_range(low: float, high: float, currency: str) -> str:
    """Two amounts in nine characters, such as €2.7–2.9M: the unit of the higher one, written once."""
    scale = 10 ** exponent(currency)
    top = max(abs(low), abs(high)) / scale
    unit = next((u for u in (10**9, 10**6, 10**3) if top >= 0.9995 * u), 1)
    decimals = 1 if unit > 1 and top / unit < 10 else 0
    step = unit / 10**decimals
    upper = short_money(round(high / scale / step) * step * scale, currency)
    lower = number(low / scale / unit, decimals=decimals)
    if unit == 1 or not re.search(r"\d", upper):
        return f"{short_money(low, currency)}–{upper}"
    sign = re.match(r"\D*", upper)
    before = sign.group() if sign else ""
    return f"{before}{lower}–{upper.removeprefix(before)}"


def age(made_at: datetime, *, today: date) -> str:
    """When a forecast was computed: today at 15:04, yesterday, 5 days ago."""
    day = here(made_at).date()
    if day == today:
        return _("today at {time}").format(time=clock(made_at, zone=zone()))
    return ago(day, today=today)
