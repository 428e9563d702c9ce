"""Winning and losing a deal, from the board and from its own screen."""

from __future__ import annotations

import streamlit as st

from crm.i18n import _
from crm.pipeline.deal_page import loss_reasons
from crm.pipeline.service import close_deal, reopen_deal
from crm.ui.frame.guard import current_actor, flash, showing_problems
from crm.ui.kit.words import plain
from crm.work import Actor, reading, unit_of_work


def ask_reason(actor: Actor, *, deal_id: int, title: str, version: int) -> None:
    """Ask why a deal was lost. From the board the deal is in its lost stage already: dismissing keeps it there."""

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
            with showing_problems():
                with unit_of_work(actor) as work:
                    close_deal(
                        work,
                        deal_id=deal_id,
                        won=False,
                        seen_version=version,
                        loss_reason_id=reason,
                        note=note or "",
                    )
                flash(_("“{title}” is lost. The reason is kept for the reports.").format(title=title))
                st.rerun()

    ask()


def win(actor: Actor, *, deal_id: int, title: str, version: int) -> None:
    """Win a deal and say so."""
    with unit_of_work(actor) as work:
        close_deal(work, deal_id=deal_id, won=True, seen_version=version)
    flash(_("“{title}” is won. Well done.").format(title=title))


def reopen(actor: Actor, *, deal_id: int, version: int) -> None:
    """Open a closed deal again, where it was before."""
    with unit_of_work(actor) as work:
        moved = reopen_deal(work, deal_id=deal_id, seen_version=version)
    flash(_("“{title}” is open again, in {stage}.").format(title=moved.title, stage=moved.stage))
