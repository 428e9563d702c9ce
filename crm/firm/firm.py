"""The firm's own settings, kept in the database: name, currency, whether it is the sample company."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from crm.config import settings
from crm.money import check_currency
from crm.work import Actor, Work, reading
from db.models import Deal, OrderLine, Rate, Setting
from db.scope import ScopedSession


@dataclass(frozen=True, slots=True)
class Firm:
    """Who uses this Rapport; totals are shown in ``currency``."""

    name: str
    currency: str
    is_sample: bool = False


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
    if not value:
        return Firm("Rapport", _only_currency(session) or settings().default_currency)
    return Firm(value["name"], value["currency"], bool(value.get("is_sample")))


def _only_currency(session: ScopedSession) -> str | None:
    """The currency of all deals, else of all sales lines; None when there are several or no amounts yet.

    A company that was imported before anybody opened the settings then counts in its own money.
    """
    for cls in (Deal, OrderLine):
        low, high = session.execute(select(func.min(cls.currency), func.max(cls.currency))).one()
        if low is not None:
            return low if low == high else None
    return None


def firm_currency(actor: Actor) -> str:
    """The currency of amounts that name none."""
    with reading(actor) as session:
        return firm(session).currency


def set_firm(work: Work, *, name: str, currency: str, is_sample: bool = False) -> Firm:
    """Name the firm and the currency of its totals."""
    made = Firm(name.strip() or "Rapport", check_currency(currency), is_sample)
    put_setting(work, "firm", {"name": made.name, "currency": made.currency, "is_sample": made.is_sample})
    return made


def rates(session: ScopedSession) -> dict[str, list[tuple[Any, float]]]:
    """All stored rates by currency, oldest first; for ``crm.money.convert``."""
    found: dict[str, list[tuple[Any, float]]] = {}
    for currency, day, rate in session.execute(
        select(Rate.currency, Rate.day, Rate.rate).order_by(Rate.currency, Rate.day)
    ):
        found.setdefault(currency, []).append((day, rate))
    return found
