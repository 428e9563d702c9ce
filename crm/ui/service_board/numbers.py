"""The eight numbers at the top of the service dashboard, each with its change, formula and records."""

from __future__ import annotations

import math

from crm.analytics.intervals import Share
from crm.i18n import _, ngettext
from crm.service.reports.service_dashboard import ServiceBoard
from crm.service.reports.service_reports_facts import AHEAD_DAYS
from crm.service.reports.service_reports_formulas import formula
from crm.ui.dashboards.numbers import Change, explained
from crm.ui.kit import formats, look
from crm.ui.kit.look import Explained
from crm.ui.kit.words import BAD, GOOD, QUIET
from crm.ui.service_board.records import titles


def numbers(board: ServiceBoard) -> list[Explained]:
    """The eight numbers, ready to draw."""
    now, then, weeks = board.now, board.then, board.weeks[board.weeks["inside"]]
    return [
        _number(
            board, _("Open cases"), formats.number(now.open),
            None if then is None else _count(now.open, then.open),
            said=f"{formula('open')} {_('Compared with the end of the period before.')}",
            n=now.open, n_text=_cases(now.open), show="open",
        ),
        _number(
            board, _("Late cases"), formats.number(now.late),
            None if not now.open else (_("{share} of open").format(share=formats.percent(now.late / now.open)), None, QUIET),
            said=formula("late"), n=now.late, n_text=ngettext("{n} late case", "{n} late cases", now.late),
            show="late",
        ),
        _share(board, _("Answered in time"), now.response, then.response if then else None, name="response",
               n_text=_promises(now.response.n), show="response", spark=_known(weeks["response_share"].tolist())),
        _share(board, _("Solved in time"), now.resolution, then.resolution if then else None, name="resolution",
               n_text=_promises(now.resolution.n), show="resolution", spark=_known(weeks["resolution_share"].tolist())),
        _share(board, _("First contact"), now.first_contact, then.first_contact if then else None,
               name="first-contact-resolution", n_text=_solved(now.first_contact.n), show="first_contact"),
        _share(board, _("Reopened"), now.reopened, then.reopened if then else None, name="reopen-rate",
               n_text=_solved(now.reopened.n), show="once", good=False),
        _number(
            board, _("Satisfaction"), "–" if now.rating is None else formats.number(now.rating, decimals=1),
            _points(now.rating, then.rating if then else None, "", 1.0),
            said=formula("satisfaction"), n=now.rated,
            n_text=ngettext("{n} rating", "{n} ratings", now.rated), show="rated",
        ),
        _visits(board),
    ]  # fmt: skip


def _known(values: list[float]) -> list[float]:
    return [value for value in values if not math.isnan(value)]


def _cases(n: int) -> str:
    return ngettext("{n} open case", "{n} open cases", n)


def _promises(n: int) -> str:
    return ngettext("{n} promise", "{n} promises", n)


def _solved(n: int) -> str:
    return ngettext("{n} solved case", "{n} solved cases", n)


def _visits(board: ServiceBoard) -> Explained:
    """Visits that are due today, whatever the period."""
    due, overdue = board.visits_due, board.visits_overdue
    said = _("Visits planned or under way whose day has passed or comes within {n} days of today.").format(
        n=AHEAD_DAYS
    )
    text = _("{n} overdue").format(n=formats.number(overdue)) if overdue else ""
    if board.day != board.today:
        text = " · ".join(part for part in (_("today"), text) if part)
    return explained(
        _("Visits due"), formats.number(due), (text, None, BAD if overdue else QUIET),
        said=f"{said} {formula('visits-due')}", n=due, n_text=ngettext("{n} visit", "{n} visits", due),
        on=board.today, screen="service", show=titles()["visits", None],
    )  # fmt: skip


def _share(
    board: ServiceBoard,
    label: str,
    now: Share,
    then: Share | None,
    *,
    name: str,
    n_text: str,
    show: str,
    good: bool = True,
    spark: list[float] | None = None,
) -> Explained:
    said = formula(name)
    if now.n:
        low, high = (formats.percent(end, decimals=1) for end in (now.low, now.high))
        said += " " + _("95 % range {low} to {high}.").format(low=low, high=high)
    before = then.share * 100 if then is not None and then.n else None
    change = _points(now.share * 100 if now.n else None, before, _("{n} points"), 1 if good else -1)
    value = formats.percent(now.share) if now.n else "–"
    return _number(board, label, value, change, said=said, n=now.n, n_text=n_text, show=show, spark=spark)


def _points(now: float | None, then: float | None, text: str, sign: float) -> Change | None:
    """A difference, and whether it is good."""
    if now is None or then is None:
        return None
    change = round(now - then, 1)
    if not change:
        return _("no change"), None, QUIET
    said = (text or "{n}").format(n=formats.number(abs(change), decimals=1))
    return said, "up" if change > 0 else "down", GOOD if change * sign > 0 else BAD


def _count(now: int, then: int) -> Change:
    change = now - then
    if not change:
        return _("no change"), None, QUIET
    return formats.number(abs(change)), "up" if change > 0 else "down", BAD if change > 0 else GOOD


def _number(
    board: ServiceBoard,
    label: str,
    value: str,
    change: Change | None,
    *,
    said: str,
    n: int,
    n_text: str,
    show: str,
    spark: list[float] | None = None,
) -> Explained:
    return explained(
        label, value, change, said=said, n=n, n_text=n_text, on=board.day, screen="service",
        show=titles().get((show, None), ""), spark=spark,
    )  # fmt: skip


def show_numbers(board: ServiceBoard) -> None:
    """Draw the numbers, four and four: what stands and what was promised, then how it was done."""
    drawn = numbers(board)
    look.kpi_row(drawn[:4])
    look.kpi_row(drawn[4:])
