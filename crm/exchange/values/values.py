"""From the texts of one column to values of one field, with a complaint for each row that cannot be read.

Each different text is looked at once. What one cell does not tell (decimal mark, order of day and month) is
decided by the whole column and said aloud.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crm.clock import today as today_here
from crm.errors import Bad
from crm.exchange.files.column import Column, Made, Reading, different_texts
from crm.exchange.values import dates, texts
from crm.exchange.values.amounts import read_numbers
from crm.i18n import _
from crm.records.checks import LARGEST, beyond_limits, is_far, not_a_date, not_a_time, short, too_far
from crm.records.fields import Field, Kind
from crm.records.matching import name_key

_MIDNIGHT = time()
# Nobody is born in the future: "1/5/62" is 1962 there, although two digits up to 68 mean this century elsewhere.
_PAST = frozenset({"birth_date"})
#: The hour of a day that another field holds; both may stand in one cell.
HOUR, HOUR_OF = "due_time", "due_on"
_FULL_YEAR = re.compile(r"\d{4}")


@dataclass(frozen=True)
class Converted:
    """A column as values.

    Attributes
    ----------
    values : array of object, shape (rows,)
        Python values ready to store; None where the cell is empty or wrong. Money in minor units.
    problems : dict of position to text
    ambiguous : bool
        Another reading fits every row as well; ask, or fix it in the profile.
    found : str
        The reading that was used, in words.
    order, mark : str
        The same for the program: "dmy", "mdy" or "ymd" of dates, "." or "," of numbers; "" where none was needed.
    currencies : array of object or None
        Money only: the currency each cell names, "" where it names none.
    shared : array of object or None
        Money only: the sign of a cell that several currencies share, "" for all others.
    rounded : int
        Cells with more decimals than the currency has.
    blanks : int
        Cells that hold something and say nothing ("0/0/00"), or not enough (a birthday without its year).
    """

    values: NDArray[np.object_]
    problems: dict[int, str] = field(default_factory=dict)
    ambiguous: bool = False
    found: str = ""
    order: str = ""
    mark: str = ""
    currencies: NDArray[np.object_] | None = None
    shared: NDArray[np.object_] | None = None
    rounded: int = 0
    blanks: int = 0


def convert(
    about: Field,
    cells: pd.Series[str],
    *,
    exact: NDArray[np.bool_] | None = None,
    reading: Reading | None = None,
) -> Converted:
    """Read the cells of a column as values of a field.

    Parameters
    ----------
    about : Field
        Not of kind LINK: links are looked up by the import.
    cells : Series of str, shape (rows,)
        Trimmed; "" is empty.
    exact : array of bool, shape (rows,), optional
        Cells whose type the file itself knew, see ``SourceTable.exact``.
    """
    told = reading or Reading()
    column = different_texts(about, cells, exact, own=told.own)
    if told.values:
        column, fixed = _translate(column, told.values)
    else:
        fixed = {}
    convertor = _BY_KIND.get(about.kind, _text)
    made = convertor(about, column, told)
    if fixed and about.kind is Kind.CHOICE:
        allowed = {choice.value for choice in about.choices}
        for at, value in fixed.items():
            if value in allowed:
                made.values[at] = value
                made.problems.pop(at, None)
    _limit(about, made)
    values, problems = column.spread(made.values, made.problems)
    currencies = None
    if made.currencies is not None:
        currencies, _none = column.spread(made.currencies, {})
    shared = None if made.shared is None or not any(made.shared) else column.spread(made.shared, {})[0]
    rounded = int(sum(column.counts[at] for at in made.rounded))
    blanks = int(sum(column.counts[at] for at in made.blanks))
    return Converted(
        values,
        problems,
        made.ambiguous,
        made.found,
        made.order,
        made.mark,
        currencies,
        shared,
        rounded,
        blanks,
    )


def _translate(column: Column, values: Mapping[str, str]) -> tuple[Column, dict[int, str]]:
    by_key = texts.mapped(values)
    fixed = {at: by_key[key] for at, text in enumerate(column.texts) if (key := name_key(text)) in by_key}
    changed = [fixed.get(at, text) for at, text in enumerate(column.texts)]
    return Column(column.places, changed, column.exact, column.counts), fixed


def _each(column: Column, read: Callable[[str], Any]) -> Made:
    made = Made([None] * len(column.texts))
    for at, text in enumerate(column.texts):
        try:
            made.values[at] = read(text)
        except Bad as bad:
            made.problems[at] = str(bad)
    return made


def _text(about: Field, column: Column, told: Reading) -> Made:
    if about.name == HOUR:
        return Made([dates.hour_of(text) or None for text in column.texts])
    long = about.kind is Kind.LONGTEXT or told.own
    return Made([text if long or "\n" not in text else " ".join(text.split()) for text in column.texts])


def _date(about: Field, column: Column, told: Reading) -> Made:
    written = [dates.take_apart(text) for text in column.texts]
    open_ones = [
        (parts, int(times))
        for parts, times in zip(written, column.counts, strict=True)
        if isinstance(parts, dates.Numbers)
    ]
    order = dates.decide(open_ones, hint=told.date_order)
    made = Made([None] * len(written), ambiguous=order.ambiguous)
    if any(len(parts.first) < 3 for parts, _times in open_ones):
        made.order, made.found = order.order, _(dates.ORDERS[order.order])
    zone, today = ZoneInfo(told.zone), today_here()
    for at, parts in enumerate(written):
        if dates.is_blank(column.texts[at]) or dates.is_partial(column.texts[at]):
            made.blanks.append(at)
            continue
        moment = dates.resolved(parts, order.order) if isinstance(parts, dates.Numbers) else parts
        if moment is None:
            by_order = isinstance(parts, dates.Numbers) and len(parts.first) < 3
            made.problems[at] = _no_date(about, column.texts[at], order.order, by_order)
        elif is_far(moment.day):
            made.problems[at] = too_far(column.texts[at])
        else:
            day = moment.day
            if about.name in _PAST and day > today and not _FULL_YEAR.search(column.texts[at]):
                moment = moment._replace(day=_century_before(day))
            made.values[at] = moment.day if about.kind is Kind.DATE else _instant(moment, zone)
    return made


def _century_before(day: date) -> date:
    # 29 February of a year that ends in 00 may be no day a century before.
    return day.replace(year=day.year - 100, day=min(day.day, 28) if day.month == 2 else day.day)


def _instant(moment: dates.Moment, zone: ZoneInfo) -> datetime:
    return datetime.combine(moment.day, moment.clock or _MIDNIGHT, moment.zone or zone).astimezone(UTC)


def _no_date(about: Field, text: str, order: str, by_order: bool) -> str:
    if by_order:
        return _("“{value}” is no date in the order {order}, which this column has.").format(
            value=short(text), order=_(dates.ORDERS[order])
        )
    return not_a_date(text) if about.kind is Kind.DATE else not_a_time(text)


def _limit(about: Field, made: Made) -> None:
    """The field's own limits, with the remedy in the complaint."""
    most = about.max_length or sys.maxsize
    if all(value is None or (isinstance(value, str) and len(value) <= most) for value in made.values):
        return
    label = _(about.label)
    largest = LARGEST.get(about.kind, sys.float_info.max)
    for at, value in enumerate(made.values):
        if value is None or isinstance(value, (bool, date, list)):
            continue
        if isinstance(value, str):
            if about.max_length and len(value) > about.max_length:
                made.problems[at] = _("{label} is {n} characters long; at most {most} fit.").format(
                    label=label, n=len(value), most=about.max_length
                )
        elif abs(value) > largest or value != value:
            made.problems[at] = _("{label} is too large.").format(label=label)
        elif problem := beyond_limits(about, value):
            made.problems[at] = problem
        if at in made.problems:
            made.values[at] = None


def _choice(about: Field, column: Column, told: Reading) -> Made:
    made = _each(column, texts.choose(about.choices, near=told.near))
    for at in [at for at in made.problems if texts.says_nothing(column.texts[at])]:
        del made.problems[at]
        if name_key(column.texts[at]) not in texts.mapped(told.values):
            made.blanks.append(at)
    return made


_BY_KIND: dict[Kind, Callable[[Field, Column, Reading], Made]] = {
    Kind.EMAIL: lambda _about, column, _told: _each(column, texts.email),
    Kind.PHONE: lambda _about, column, told: _each(
        column, lambda text: texts.phone(text, region=told.region)
    ),
    Kind.URL: lambda _about, column, _told: _each(column, texts.link),
    Kind.CURRENCY: lambda _about, column, _told: _each(column, texts.currency),
    Kind.BOOLEAN: lambda _about, column, _told: _each(column, texts.yes_or_no),
    Kind.CHOICE: _choice,
    Kind.TAGS: lambda _about, column, _told: _each(column, texts.tags),
    Kind.INTEGER: read_numbers,
    Kind.NUMBER: read_numbers,
    Kind.PERCENT: read_numbers,
    Kind.MONEY: read_numbers,
    Kind.DATE: _date,
    Kind.DATETIME: _date,
}
