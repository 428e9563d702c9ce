"""The firm's own settings, kept in the database: name, currency, calendar, whether it is the sample company."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import event, select

from crm import clock
from crm.clock import zones
from crm.config import settings
from crm.errors import Problem, Refused
from crm.firm.countries import country_names, week_start
from crm.i18n import _
from crm.money import check_currency, rate_used
from crm.periods import USUAL, Calendar
from crm.work import Actor, Work, reading
from db.models import Deal, OrderLine, Rate, Setting
from db.scope import ScopedSession


@dataclass(frozen=True, slots=True)
class Firm:
    """Who uses this Rapport; totals are shown in ``currency``."""

    name: str
    currency: str
    is_sample: bool = False
    calendar: Calendar = USUAL
    country: str = ""
    time_zone: str = ""


def get_setting(session: ScopedSession, name: str) -> dict[str, Any]:
    """The value of a setting, an empty dict when it was never set."""
    return session.scalars(select(Setting.value).where(Setting.name == name)).first() or {}


def put_setting(work: Work, name: str, value: dict[str, Any]) -> None:
    """Store a setting; the change stands in the log like any other."""
    row = work.session.scalars(select(Setting).where(Setting.name == name)).first()
    if row is None:
        work.session.add(Setting(name=name, value=value))
    else:
        row.value = value
    work.session.flush()


def firm(session: ScopedSession) -> Firm:
    """The firm's settings; where none were stored, the one currency in use, else the installation's default."""
    value = get_setting(session, "firm")
    currency = value.get("currency") or _only_currency(session) or settings().default_currency
    return _firm(value, name=value.get("name", "Rapport"), currency=currency)


def _firm(value: dict[str, Any], *, name: str, currency: str) -> Firm:
    return Firm(
        name, currency, bool(value.get("is_sample")), _calendar(value),
        value.get("country") or clock.country(), value.get("time_zone") or clock.time_zone(),
    )  # fmt: skip


def _calendar(value: dict[str, Any]) -> Calendar:
    """Year and week as stored; without a choice weeks begin as they do in the country where the firm is."""
    country = value.get("country") or clock.country()
    return Calendar(value.get("year_start") or 1, value.get("week_start", week_start(country)))


def home(session: ScopedSession, beside: Any) -> tuple[str, Calendar, Any]:
    """The firm's currency and calendar with a scalar that is read along, so that asking for it costs no statement."""
    statement = select(Setting.value, beside).where(Setting.name == "firm")
    if row := session.execute(statement).first():
        return row[0]["currency"], _calendar(row[0]), row[1]
    known = firm(session)
    return known.currency, known.calendar, session.scalar(select(beside))


def _only_currency(session: ScopedSession) -> str | None:
    """The currency of all deals, else of all sales lines; None when there are several or no amounts yet.

    A company that was imported before anybody opened the settings then counts in its own money, whoever asks. Each end is
    one step in an index, however many rows there are.
    """
    ends = [
        select(cls.currency).order_by(order).limit(1).scalar_subquery()
        for cls in (Deal, OrderLine)
        for order in (cls.currency, cls.currency.desc())
    ]
    low, high, *lines = session.execute(select(*ends), execution_options={"system": True}).one()
    if low is None:
        low, high = lines
    return low if low == high else None


def firm_currency(actor: Actor) -> str:
    """The currency of amounts that name none."""
    with reading(actor) as session:
        return firm(session).currency


def set_firm(
    work: Work,
    *,
    name: str,
    currency: str,
    is_sample: bool = False,
    calendar: Calendar | None = None,
    country: str = "",
    time_zone: str = "",
) -> Firm:
    """Name the firm, the currency of its totals and, where given, its calendar, country and time zone.

    Stored rates stay prices in the currency they were entered for.
    """
    stored = get_setting(work.session, "firm")
    before = firm(work.session).currency
    if calendar is not None:
        if not (1 <= calendar.year_start <= 12 and 0 <= calendar.week_start <= 6):
            raise Refused(_("A financial year begins in a month, a week on a day of the week."))
        stored = {**stored, "year_start": calendar.year_start, "week_start": calendar.week_start}
    stored |= _placed(country, time_zone)
    stored |= {
        "name": name.strip() or "Rapport", "currency": check_currency(currency), "is_sample": is_sample
    }  # fmt: skip
    made = _firm(stored, name=stored["name"], currency=stored["currency"])
    put_setting(work, "firm", stored)
    clock.take(stored)
    # What was never stored does not hold.
    event.listen(work.session, "after_rollback", lambda _session: clock.take(None), once=True)
    if before != made.currency:
        for row in work.session.scalars(select(Rate).where(Rate.base.in_(("", made.currency)))):
            row.base = "" if row.base else before
        work.session.flush()
    return made


def _placed(country: str, time_zone: str) -> dict[str, str]:
    """Country and time zone as far as they are given, checked."""
    if country and country not in country_names():
        raise Refused(
            _("Choose the country from the list."), problems=[Problem("country", _("Choose a country."))]
        )
    if time_zone and time_zone not in zones():
        raise Refused(
            _("Choose a time zone such as Europe/Berlin."),
            problems=[Problem("time_zone", _("Choose a time zone."))],
        )
    return {name: value for name, value in (("country", country), ("time_zone", time_zone)) if value}


def rates(session: ScopedSession) -> dict[str, list[tuple[date, float]]]:
    """All stored rates by currency, oldest first, as prices in the firm's currency.

    Rates entered while the firm counted in another currency go through that one, where it has a rate to the new one.
    """
    own: dict[str, dict[date, float]] = {}
    bases: dict[str, dict[str, list[tuple[date, float]]]] = {}
    columns = (Rate.base, Rate.currency, Rate.day, Rate.rate)
    for base, currency, day, rate in session.execute(select(*columns).order_by(Rate.currency, Rate.day)):
        if base:
            bases.setdefault(base, {}).setdefault(currency, []).append((day, rate))
        else:
            own.setdefault(currency, {})[day] = rate
    home = firm(session).currency if bases else ""
    for base, known in bases.items():
        bridge = known.pop(home, [])
        for currency, prices in {**known, base: [(day, 1.0) for day, _rate in bridge]}.items():
            for day in sorted({day for day, _rate in prices + bridge} if bridge else ()):
                price = rate_used(prices, day)[1] / rate_used(bridge, day)[1]
                own.setdefault(currency, {}).setdefault(day, price)
    return {currency: sorted(prices.items()) for currency, prices in own.items()}
