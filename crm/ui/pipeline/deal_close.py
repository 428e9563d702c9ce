"""Losing a deal, from the board and from its own screen."""

from __future__ import annotations

import streamlit as st

from crm.i18n import _
from crm.pipeline.deal_page import loss_reasons
from crm.pipeline.service import close_deal
from crm.ui.frame.guard import current_actor, storing
from crm.ui.kit.words import plain
from crm.work import Actor, reading


def ask_reason(actor: Actor, *, deal_id: int, title: str, version: int, stage_id: int | None = None) -> None:
    """Ask why a deal was lost, and only then store that it is, in the lost stage given; dismissing leaves all as it was."""

    @st.dialog(_("Why was it lost?"))
    def ask() -> None:
        with reading(current_actor()) as session:
            reasons = loss_reasons(session)
        st.markdown(f"**{plain(title)}**")
        with st.form(f"deal_lost_{deal_id}", border=False):
            reason = st.radio(
                _("Reason"),
                list(reasons),
                index=None,
                format_func=lambda key: plain(reasons[key]),
                key=f"deal_lost_reason_{deal_id}",
            )
            note = st.text_area(
                _("What could we have done better?"),
                key=f"deal_lost_note_{deal_id}",
                max_chars=2000,
                height=80,
                placeholder=_("Optional; kept in the deal's notes"),
            )
            sent = st.form_submit_button(_("Mark as lost"), type="primary")
        if sent:
            said = _("“{title}” is lost. The reason is kept for the reports.").format(title=title)
            with storing(actor, said) as work:
                close_deal(
                    work,
                    deal_id=deal_id,
                    won=False,
                    seen_version=version,
                    loss_reason_id=reason,
                    note=note or "",
                    stage_id=stage_id,
                )

    ask()
