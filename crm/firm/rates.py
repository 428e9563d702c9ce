"""Exchange rates by day: kept under Settings, entered one by one or pasted as lines."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from crm.errors import Problem, Refused
from crm.firm.firm import firm
from crm.i18n import _
from crm.money import CURRENCIES
from crm.work import Work
from db.models import Rate
from db.scope import ScopedSession

#: A paste of more lines than this belongs into a file import.
MOST_LINES = 20_000
SHOWN_PROBLEMS = 20


@dataclass(frozen=True, slots=True)
class DatedRate:
    """What one major unit of a currency costs from a day on, in ``base``: empty is the firm's currency."""

    currency: str
    day: date
    rate: float
    base: str = ""


def read_rates(session: ScopedSession, *, currency: str = "", limit: int = 500) -> list[DatedRate]:
    """Stored rates, newest first."""
    statement = (
        select(Rate.currency, Rate.day, Rate.rate, Rate.base)
        .order_by(Rate.day.desc(), Rate.currency)
        .limit(limit)
    )
    if currency:
        statement = statement.where(Rate.currency == currency)
    return [DatedRate(r.currency, r.day, r.rate, r.base) for r in session.execute(statement)]


def parse_rates(text: str) -> list[DatedRate]:
    """Rates from lines of day, currency and rate, with comma, semicolon or tab between; a heading is skipped.

    Days read 2026-01-31; with semicolons or tabs a decimal comma is understood.

    Raises
    ------
    Refused
        With one problem per line that cannot be read, by its number.
    """
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) > MOST_LINES:
        raise Refused(_("These are more than {n} lines. Paste them in parts.").format(n=f"{MOST_LINES:,}"))
    found: dict[tuple[str, date], DatedRate] = {}
    problems: list[Problem] = []
    for number, line in enumerate(lines, 1):
        mark = next((m for m in ("\t", ";") if m in line), ",")
        cells = [cell.strip() for cell in next(csv.reader([line], delimiter=mark))]
        try:
            one = _one(cells, decimal_comma=mark != ",")
        except ValueError as error:
            if number > 1 or any(c.isdigit() for c in line):
                problems.append(Problem(str(number), _("Line {n}: {why}").format(n=number, why=error)))
            continue
        found[one.currency, one.day] = one
    if problems:
        raise Refused(
            _("Nothing was stored: {n} lines cannot be read.").format(n=len(problems)),
            problems=problems[:SHOWN_PROBLEMS],
        )
    if not found:
        raise Refused(_("There is no rate in this text. A line reads: 2026-01-31, USD, 0.92"))
    return list(found.values())


def _one(cells: Sequence[str], *, decimal_comma: bool) -> DatedRate:
    if len(cells) != 3:
        raise ValueError(_("it needs day, currency and rate"))
    day_text, code, number = cells
    try:
        day = date.fromisoformat(day_text)
    except ValueError:
        raise ValueError(_("“{text}” is no day; write 2026-01-31").format(text=day_text)) from None
    try:
        rate = float(number.replace(",", ".") if decimal_comma else number)
    except ValueError:
        raise ValueError(_("“{text}” is no number").format(text=number)) from None
    return checked(code, day, rate)


def checked(currency: str, day: date, rate: float) -> DatedRate:
    """One rate, or ValueError with the reason in words."""
    code = currency.strip().upper()
    if code not in CURRENCIES:
        raise ValueError(_("“{text}” is no currency; write a code such as USD").format(text=currency))
    if not (math.isfinite(rate) and rate > 0):
        raise ValueError(_("a rate is greater than 0"))
    return DatedRate(code, day, rate)


def save_rates(work: Work, rates: Sequence[DatedRate]) -> int:
    """Store rates; one that is known for a currency and day is replaced.

    Returns
    -------
    int
        How many are new or different.

    Raises
    ------
    Refused
        A rate of the firm's own currency, which is always 1.
    """
    own = firm(work.session).currency
    if any(r.currency == own for r in rates):
        raise Refused(_("{currency} is the firm's own currency; its rate is always 1.").format(currency=own))
    known = {(r.currency, r.day): r for r in work.session.scalars(select(Rate).where(Rate.base == ""))}
    changed = 0
    for one in rates:
        row = known.get((one.currency, one.day))
        if row is None:
            work.session.add(Rate(currency=one.currency, day=one.day, rate=one.rate))
        elif row.rate == one.rate:
            continue
        else:
            row.rate = one.rate
        changed += 1
    work.session.flush()
    return changed


def delete_rate(work: Work, *, currency: str, day: date, base: str = "") -> None:
    """Take a wrong rate away; amounts then convert at the one before it."""
    where = [Rate.currency == currency, Rate.day == day, Rate.base == base]
    row = work.session.scalars(select(Rate).where(*where)).first()
    if row is not None:
        work.session.delete(row)
        work.session.flush()
