"""The steps of a firm's first hour: each ticks itself by what is stored, and the list can be put away."""

from __future__ import annotations

from sqlalchemy import exists, func, select

from crm.firm.firm import get_setting, put_setting
from crm.work import Work
from db.audit import SYSTEM_OPTIONS
from db.models import Contact, Deal, Import, Setting, User
from db.scope import ScopedSession

NAME = "first_hour"
STEPS = ("firm", "contact", "deal", "file", "colleague", "dashboard")


def first_hour(session: ScopedSession) -> dict[str, bool] | None:
    """Which steps are done; None where all are, the list was put away, or the firm is the sample."""
    kept = get_setting(session, NAME)
    if kept.get("away"):
        return None
    rest = select(
        exists().where(Contact.archived_at.is_(None)),
        exists().where(Deal.archived_at.is_(None)),
        exists(select(Import.id)),
        select(func.count(User.id)).where(User.email.is_not(None), User.is_active).scalar_subquery(),
        select(Setting.value).where(Setting.name == "firm").scalar_subquery(),
        exists().where(Setting.name == "sample"),
    )
    contact, deal, file, people, firm, sample = session.execute(rest, execution_options=SYSTEM_OPTIONS).one()
    firm = firm or {}
    if sample or firm.get("is_sample"):
        return None
    named = firm.get("name") not in (None, "Rapport") and bool(firm.get("country"))
    done = (named, contact, deal, file, people > 1, bool(kept.get("seen")))
    return None if all(done) else dict(zip(STEPS, map(bool, done), strict=True))


def put_away(work: Work) -> None:
    """Nobody sees the list any more."""
    put_setting(work, NAME, {**get_setting(work.session, NAME), "away": True})


def saw_dashboard(work: Work) -> None:
    """Somebody who sets the firm up saw a dashboard."""
    put_setting(work, NAME, {**get_setting(work.session, NAME), "seen": True})
