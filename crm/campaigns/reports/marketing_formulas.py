"""How each number of marketing is computed, in sentences that people read beside it."""

from __future__ import annotations

from crm.i18n import N_, _

_MEMBERS = N_("All members count in the arm they were drawn for, whether their message arrived or not.")
_WON = N_(
    "Won value: what deals with status won are worth, in other currencies at the rate of the day they were closed."
)
_NAMED = N_("Leads, deals and won deals of a campaign are those that name it, whatever their day.")
_REVENUE = N_(
    "Converted and revenue: members with a message that bought within the days that count, and for how much."
)
_ARCHIVED = N_("Archived records are left out.")
_COST = N_(
    "Cost per lead: the campaign's cost ÷ all leads that name it, whoever holds them; per won deal: ÷ all won deals."
)
_WILSON = N_("Range: 95 % by Wilson.")

_FORMULAS: dict[str, tuple[str, ...]] = {
    "campaign-result": (
        N_("Response and conversion: members that did ÷ members of the arm; ranges: 95 % by Wilson."),
        N_("Revenue each: revenue of the arm ÷ its members; range: 95 % by Student's t."),
        _MEMBERS,
    ),
    "campaign-lift": (
        N_("Difference: share or mean of the arm minus that of the control group."),
        N_("Shares: 95 % range by Newcombe's hybrid score method, p-value by the score test, or by Fisher's exact test"
           " where fewer than 5 are expected in a cell."),
        N_("Revenue: 95 % range and p-value by Welch's t-test."),
        N_("p_corrected: by Holm for the number of arms, within each measure. Ranges are not widened."),
        _MEMBERS,
    ),
    "leads-by-source": (
        N_("Leads by their source and the day they came in; deals are those the leads became, each for its first lead."),
        N_("Win rate: won ÷ (won + lost). Cost: a campaign's cost, shared out evenly among its leads."),
        _WON,
        _ARCHIVED,
    ),
    "funnel-by-source": (
        N_("The same leads all the way: those of the days, which became contacts, have a deal, and won it, whenever that was."),
        N_("Each counts under the source of the lead, a deal of several under that of the first."),
        _WON,
        _ARCHIVED,
    ),
    "funnel-by-campaign": (
        N_("Contacted: members to whom a message went; responded: those that did."),
        _REVENUE,
        _NAMED,
        _WON,
        _ARCHIVED,
    ),
    "cost-per-lead": (
        _COST,
        N_("Campaigns without a cost, or with one in a currency without a rate, are not in the sums."),
        _ARCHIVED,
    ),
    "campaign-calendar": (
        N_("Campaigns by their first day."),
        _REVENUE,
        _NAMED,
        _WON,
        _ARCHIVED,
    ),
    "response-by-segment": (
        N_("Members that responded ÷ members to whom a message went; control groups are left out."),
        _WILSON,
        N_("Groups differ in more than the message: compare with a control group before you conclude."),
    ),
}  # fmt: skip


def formula(name: str) -> str:
    """The explanation of a report, in the language in force."""
    return " ".join(_(sentence) for sentence in _FORMULAS[name])
