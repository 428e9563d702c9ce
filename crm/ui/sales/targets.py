"""The drawer in which managers enter targets."""

from __future__ import annotations

from datetime import date

import streamlit as st

from crm.i18n import _, ngettext
from crm.money import to_minor
from crm.periods import add_months, month_start
from crm.pipeline.reports.report_dashboard import Choices
from crm.pipeline.targets import set_target
from crm.ui.frame.guard import flash, showing_problems
from crm.ui.kit import formats
from crm.ui.sales import data
from crm.work import Actor, unit_of_work


def edit_targets(actor: Actor, choices: Choices, *, currency: str, month: date) -> None:
    """Open the drawer; ``month`` is the first one offered."""

    @st.dialog(_("Enter targets"), position="right", width=440)
    def drawer() -> None:
        who: dict[str, tuple[str, int | None, int | None]] = {"firm": (_("The firm"), None, None)}
        who |= {f"team{key}": (name, None, key) for key, name in choices.teams.items()}
        who |= {f"user{key}": (name, key, None) for key, name in choices.owners.items()}
        first = add_months(month, -12)
        months = [add_months(first, step) for step in range(37)]
        with st.form("sales_target", border=False):
            chosen = st.selectbox(
                _("Who"), list(who), format_func=lambda key: who[key][0], key="sales_target_who"
            )
            start = st.selectbox(
                _("From"),
                months,
                index=months.index(month_start(month)),
                format_func=formats.month,
                key="sales_target_from",
            )
            count = st.number_input(_("For how many months"), 1, 24, 1, key="sales_target_months")
            amount = st.number_input(
                _("Target a month, {currency}").format(currency=currency),
                min_value=0.0,
                step=1000.0,
                value=None,
                key="sales_target_amount",
                help=_("Zero takes the target away."),
            )
            sent = st.form_submit_button(_("Save"), type="primary")
        if not sent:
            return
        if amount is None:
            st.error(_("Enter an amount; zero takes the target away."), icon=":material/error:")
            return
        name, user_id, team_id = who[chosen]
        with showing_problems():
            with unit_of_work(actor) as work:
                for step in range(int(count)):
                    set_target(
                        work,
                        month=add_months(start, step),
                        amount_minor=to_minor(amount, currency),
                        currency=currency,
                        user_id=user_id,
                        team_id=team_id,
                    )
            data.clear()
            stored = ngettext(
                "Target of {who} stored.", "Targets of {who} for {n} months stored.", int(count)
            )
            flash(stored.format(who=name, n=int(count)))
            st.rerun()

    drawer()
