"""How each number is computed, in one or two sentences that people read beside it."""

from __future__ import annotations

from crm.i18n import N_, _

_WON = N_("Sum of what deals with status won are worth, by the day they were closed.")
_CONVERTED = N_("Archived deals are left out. Amounts in other currencies count at the rate of the day.")
_STANDING = N_("Archived deals are left out. Other currencies count at the newest rate.")
_LISTED = N_(
    "A deal is worth its amount; where none is entered, its lines, else its main product, at list price."
)
_WEIGHTED = N_("Weighted: that value × the chance of the stage; lost deals count zero.")

_FORMULAS: dict[str, tuple[str, ...]] = {
    "won": (_WON, _LISTED, _CONVERTED),
    "won-by-month": (_WON, _LISTED, _CONVERTED),
    "won-by-quarter": (_WON, _LISTED, _CONVERTED),
    "won-by-agent": (_WON, N_("A deal counts for its owner."), _CONVERTED),
    "won-by-manager": (_WON, N_("A deal counts for the person its owner reports to today."), _CONVERTED),
    "won-by-team": (_WON, N_("A deal counts for its team, else for its owner's team."), _CONVERTED),
    "won-by-product": (
        _WON,
        N_("A deal with lines is divided among their products, another counts under its main product."),
        N_("With a product filter only the part in these products counts."),
        _CONVERTED,
    ),
    "average-deal": (
        N_("Won value ÷ number of the won deals that are in it."),
        N_("Deals without an amount, or none with a rate, are left out of both."),
        _WON,
        _CONVERTED,
    ),
    "win-rate": (
        N_("Won ÷ (won + lost) among deals closed in the period; range: 95 % by Wilson."),
        N_("Open and archived deals do not count."),
    ),
    "cycle-time": (
        N_("Closing day minus opening day of deals won in the period."),
        N_("Archived deals and deals without both days are left out."),
    ),
    "pipeline-by-stage": (
        N_("All deals as they stand now, by stage; the period does not limit them."),
        _LISTED,
        _WEIGHTED,
        _STANDING,
    ),
    "open-pipeline": (
        N_("Open deals as they stand now; the period does not limit them."),
        _LISTED,
        _WEIGHTED,
        _STANDING,
    ),
    "funnel": (
        N_("Deals opened in the period, by the furthest stage in their history."),
        N_("A deal that reached a stage passed those before it. Lost deals count as far as they came."),
        N_(
            "A slip is no step: a stage counts where a deal stands, stayed as long as Settings ask, or was closed."
        ),
        N_("Archived deals are left out."),
    ),
    "loss-reasons": (
        N_("Deals with status lost, by the day they were closed and the reason given."),
        N_("Archived deals are left out."),
    ),
    "targets": (
        N_("Won value by the day of closing against the targets of the same months."),
        N_(
            "Months without a target do not count; a month cut by the period counts with the part of its days."
        ),
        N_("A target in a currency without a rate is left out, with what was won for it."),
        N_("Only targets of those whose deals you see are shown."),
        N_("The firm's own target comes first, then teams', then those of people whose team has none."),
        N_("Archived deals are left out."),
    ),
    "sales": (
        N_("Sum of the amounts of sales lines by the day they were sold."),
        N_("Customers: different contacts, or organisations where no contact is given."),
        N_("Archived lines are left out. Amounts in other currencies count at the rate of the day."),
    ),
}


def formula(name: str) -> str:
    """How a number or report is computed, in the language in force."""
    return " ".join(_(sentence) for sentence in _FORMULAS[name])
