"""What the firm sets for the analysis of wear: from which chance units are proposed, how far its records reach."""

from __future__ import annotations

from datetime import date

from crm.clock import here
from crm.errors import Problem, Refused
from crm.firm.firm import get_setting, put_setting
from crm.i18n import _
from crm.work import Work
from db.scope import ScopedSession

SETTING = "wear"
#: From this chance of failure within 90 days a unit is proposed, until somebody sets another.
THRESHOLD = 0.5


def threshold(session: ScopedSession) -> float:
    """From which chance of failure within 90 days a unit is proposed."""
    return float(get_setting(session, SETTING).get("threshold", THRESHOLD))


def watched_until(session: ScopedSession) -> date | None:
    """The day up to which records are complete; None where that is judged from the records."""
    written = get_setting(session, SETTING).get("until")
    return date.fromisoformat(written) if written else None


def set_wear(work: Work, *, threshold: float, until: date | None) -> None:
    """Change both for the firm.

    Raises
    ------
    Refused
        The chance lies outside 5 to 99 %, or the day in the future.
    """
    problems = []
    if not 0.05 <= threshold <= 0.99:
        problems.append(Problem("threshold", _("Enter a chance from 5 to 99 %.")))
    if until is not None and until > here(work.now).date():
        problems.append(Problem("until", _("Records cannot be complete up to a day that lies ahead.")))
    if problems:
        raise Refused(" ".join(p.message for p in problems), problems=problems)
    put_setting(
        work, SETTING, {"threshold": threshold, "until": None if until is None else until.isoformat()}
    )
