"""The eight numbers at the top of the service dashboard, each with its change, formula and records."""

from __future__ import annotations

import math
from collections.abc import Mapping

from crm.i18n import _, ngettext
from crm.service.reports.service_dashboard import ServiceBoard
from crm.service.reports.service_reports_facts import AHEAD_DAYS
from crm.service.reports.service_reports_formulas import formula
from crm.ui.dashboards.numbers import Numbers, difference, stood
from crm.ui.kit import formats, look
from crm.ui.kit.look import Explained
from crm.ui.kit.words import BAD, QUIET
from crm.ui.service_board.records import titles


def numbers(board: ServiceBoard) -> list[Explained]:
    """The eight numbers, ready to draw."""
    now, then, weeks = board.now, board.then, board.weeks[board.weeks["inside"]]
    called = {name: title for (name, what), title in titles().items() if what is None}
    number = Numbers("service", board.day, called)

    def promise(label: str, name: str) -> Explained:
        kept = getattr(now, name)
        return number.share(
            label, kept, getattr(then, name, None), said=formula(name), show=name,
            n_text=ngettext("{n} promise", "{n} promises", kept.n),
            spark=[week for week in weeks[f"{name}_share"] if not math.isnan(week)],
        )  # fmt: skip

    return [
        number.one(
            _("Open cases"), formats.number(now.open),
            stood(now.open, then.open, board.before, good=-1) if then and board.before else None,
            said=formula("open"), n=now.open,
            n_text=ngettext("{n} open case", "{n} open cases", now.open), show="open",
        ),
        number.one(
            _("Late cases"), formats.number(now.late),
            None if not now.open else (_("{share} of open").format(share=formats.percent(now.late / now.open)), None, QUIET),
            said=formula("late"), n=now.late, n_text=ngettext("{n} late case", "{n} late cases", now.late),
            show="late",
        ),
        promise(_("Answered in time"), "response"),
        promise(_("Solved in time"), "resolution"),
        number.share(
            _("First contact"), now.first_contact, then.first_contact if then else None,
            said=formula("first-contact-resolution"), n_text=_solved(now.first_contact.n), show="first_contact",
        ),
        number.share(
            _("Reopened"), now.reopened, then.reopened if then else None, good=-1,
            said=formula("reopen-rate"), n_text=_solved(now.reopened.n), show="once",
        ),
        number.one(
            _("Satisfaction"), "–" if now.rating is None else formats.number(now.rating, decimals=1),
            difference(now.rating, then.rating if then else None, "{n}"),
            said=formula("satisfaction"), n=now.rated,
            n_text=ngettext("{n} rating", "{n} ratings", now.rated), show="rated",
        ),
        _visits(board, called),
    ]  # fmt: skip


def _solved(n: int) -> str:
    return ngettext("{n} solved case", "{n} solved cases", n)


def _visits(board: ServiceBoard, titles: Mapping[str, str]) -> Explained:
    """Visits that are due today, whatever the period."""
    due, overdue = board.visits_due, board.visits_overdue
    said = _("Visits planned or under way whose day has passed or comes within {n} days of today.").format(
        n=AHEAD_DAYS
    )
    text = _("{n} overdue").format(n=formats.number(overdue)) if overdue else ""
    if board.day != board.today:
        text = " · ".join(part for part in (_("today"), text) if part)
    return Numbers("service", board.today, titles).one(
        _("Visits due"), formats.number(due), (text, None, BAD if overdue else QUIET),
        said=f"{said} {formula('visits-due')}", n=due, n_text=ngettext("{n} visit", "{n} visits", due),
        show="visits",
    )  # fmt: skip


def show_numbers(board: ServiceBoard) -> None:
    """Draw the numbers, four and four: what stands and what was promised, then how it was done."""
    drawn = numbers(board)
    look.kpi_row(drawn[:4])
    look.kpi_row(drawn[4:])
