"""How each number of service is computed, in one or two sentences that people read beside it."""

from __future__ import annotations

from crm.i18n import N_, _

_LEFT_OUT = N_("Merged and archived cases are left out.")
_STANDING = N_("They stand as of now, or as of the period's last day where that has passed.")
_DECIDED = N_(
    "A promise counts on the day from which its outcome is known: the end of its clock, or the due time where that came first."
)
_NO_PROMISE = N_("Cases without a promise do not count, nor those whose time still runs.")
_RANGE = N_("Range: 95 % by Wilson.")

_FORMULAS: dict[str, tuple[str, ...]] = {
    "cases-by-status": (N_("Cases opened in the period, by the status they have now."), _LEFT_OUT),
    "cases-by-queue": (
        N_("Cases opened in the period, by the queue they stand in now; open: not solved yet."),
        _LEFT_OUT,
    ),
    "cases-by-age": (
        N_("Open cases by the days since they were opened."), _STANDING, _LEFT_OUT,
    ),
    "open": (N_("Cases that are new, in progress or waiting for the customer."), _STANDING, _LEFT_OUT),
    "late": (
        N_("Open cases whose promised answer or solution is overdue; a case that waits counts as when it began to wait."),
        _STANDING, _LEFT_OUT,
    ),
    "response": (
        N_("First answers in time ÷ promised first answers whose clock ended or whose time has passed."),
        N_("A solution without an answer before it counts as the answer."),
        _DECIDED, _NO_PROMISE, _RANGE,
    ),
    "resolution": (
        N_("Solved in time ÷ promised solutions whose clock ended or whose time has passed."),
        N_("Waiting for the customer stops the clock."),
        _DECIDED, _NO_PROMISE, _RANGE,
    ),
    "sla-attainment": (
        N_("In time ÷ (in time + late + open and late), for the first answer and the solution, in all and by priority."),
        N_("A solution without an answer before it counts as the answer. Waiting for the customer stops the clocks."),
        _DECIDED, _NO_PROMISE, _RANGE,
    ),
    "first-contact-resolution": (
        N_("Solved with at most one public reply and never reopened ÷ cases solved in the period."),
        N_("Imported cases without a thread are left out, because their replies are not known."),
        _RANGE, _LEFT_OUT,
    ),
    "reopen-rate": (
        N_("Cases that came back after a solution ÷ cases opened in the period that were solved at least once."),
        _RANGE, _LEFT_OUT,
    ),
    "satisfaction": (
        N_("Mean of the ratings from 1 to 5 given in the period; satisfied: 4 and 5."),
        N_("A rating without a day counts on the day of the solution."),
        _RANGE, _LEFT_OUT,
    ),
    "agent-load": (
        N_("By owner: open cases, late ones among them, and cases solved in the period."), _STANDING, _LEFT_OUT,
    ),
    "cases-by-month": (
        N_("Cases by the month they were opened, and by the month of their latest solution."),
        _LEFT_OUT,
    ),
    "arrivals": (
        N_("Cases by the week they were opened, and by the week of their latest solution."),
        _LEFT_OUT,
    ),
    "visits-due": (
        N_("Visits planned or under way, by the week of their day; overdue: the day has passed."),
        N_("A visit has the product of its unit, and the queue and priority of its case. Archived visits are left out."),
    ),
    "faults": (
        N_("Failures recorded in the period by part, and cases opened in it by fault code."),
        N_("Failures are those of units of the chosen teams and products; they have no queue and no priority."),
    ),
}  # fmt: skip


def formula(name: str) -> str:
    """How a number or report is computed, in the language in force."""
    return " ".join(_(sentence) for sentence in _FORMULAS[name])
