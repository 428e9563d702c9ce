"""The members of a campaign: by state and arm, the call list with its outcomes, the letter file."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from crm.campaigns.runs.lists_out import (
    BY_LIST,
    OUTCOMES,
    list_file,
    list_members,
    mark_posted,
    record_outcome,
)
from crm.campaigns.runs.queries import MEMBERS_SHOWN, CampaignView, member_rows
from crm.clock import now, zone
from crm.i18n import _, ngettext
from crm.records import registry
from crm.ui.frame import routes
from crm.ui.frame.guard import current_actor, flash, showing_problems, storing
from crm.ui.kit import look
from crm.ui.kit.formats import moment
from crm.ui.kit.inputs import choose
from crm.ui.records.list_table import pager
from crm.work import Actor, reading, unit_of_work
from db.models import Campaign
from db.scope import EXPORT

CALLS_SHOWN = 20
OUTCOME_ICONS = {"reached": "check", "responded": "thumb_up", "refused": "do_not_disturb_on"}


def state_labels() -> dict[str, str]:
    """The states of a member, as people read them."""
    return registry.entity("campaign_member")["state"].names()


def show_members(actor: Actor, view: CampaignView) -> None:
    """The tab: filters, one page of members, and what is to be done by hand."""
    if not view.members:
        look.empty(
            _("No members yet"),
            _("Plan the campaign: then stands here who gets which version, and what became of it."),
            key="campaign_no_members",
        )
        return
    values = view.record.values
    if values["status"] == "running" and values["channel"] in BY_LIST and view.states.get("planned"):
        _by_hand(actor, view)
    _table(actor, view)


def _table(actor: Actor, view: CampaignView) -> None:
    names = state_labels()
    with look.toolbar():
        search = st.text_input(
            _("Search"), key="members_q", type="search", bind="query-params", width=220, label_visibility="collapsed",
            placeholder=_("Search members"),
        )  # fmt: skip
        states = {"": _("All states")} | {
            s: f"{names[s]} · {n:,}" for s, n in view.states.items() if s in names
        }
        narrow: dict[str, Any] = {"label_visibility": "collapsed", "width": 190}
        state = choose(_("State"), states, "", key="members_state", **narrow) or ""
        arms = {"": _("All arms")} | {arm.name: arm.name for arm in view.arms}
        arm = choose(_("Arm"), arms, "", key="members_arm", **narrow) or ""
    key = f"members_page_{view.record.id}_{abs(hash((search, state, arm)))}"
    page = int(st.session_state.setdefault(key, 1))
    with reading(actor) as session:
        rows, total = member_rows(
            session, view.record.id, state=state, arm=arm, search=search or "", page=page
        )
    if rows.empty:
        st.caption(_("No member fits these filters."))
        return
    first = (page - 1) * MEMBERS_SHOWN + 1
    st.caption(_("{a} to {b} of {n}").format(a=first, b=first + len(rows) - 1, n=f"{total:,}"))
    event = look.table(
        {
            _("Name"): [name or _("not yours to see") for name in rows["name"]],
            _("Organisation"): [name or "" for name in rows["organisation"]],
            _("Arm"): list(rows["arm"]),
            _("State"): [names.get(s, s) for s in rows["state"]],
            _("Sent"): [moment(at, now=now(), zone=zone()) for at in rows["sent_at"]],
            _("Responded"): [_("yes") if r else "" for r in rows["responded"]],
        },
        key=f"{key}_{page}_table",
        on_select="rerun",
        selection_mode="single-cell",
        alt=_("Members of the campaign, page {n}; click a cell to open the contact").format(n=page),
    )
    if event.selection.cells:
        row = rows.iloc[event.selection.cells[0][0]]
        if row["name"]:
            routes.go("contact", row["contact_id"])

    def step(by: int) -> None:
        st.session_state[key] = page + by

    pager(key, is_first=page == 1, is_last=page * MEMBERS_SHOWN >= total, step=step)


def _by_hand(actor: Actor, view: CampaignView) -> None:
    """Who is called or written to now; consent is asked anew for each."""
    campaign_id, channel = view.record.id, view.record.values["channel"]
    with reading(actor) as session:
        rows = list_members(session, session.get_one(Campaign, campaign_id), now=now())
    gone = view.states.get("planned", 0) - len(rows)
    title = _("To call") if channel == "phone" else _("To send")
    note = ngettext("{n} waits", "{n} wait", len(rows)).format(n=f"{len(rows):,}")
    if gone:
        note += " · " + _("{n} fell out since the draw: consent, address or cap").format(n=f"{gone:,}")
    with look.card(title, note, key="campaign_by_hand"):
        if channel == "phone":
            for row in rows.head(CALLS_SHOWN).itertuples(index=False):
                _call(view, row)
            if len(rows) > CALLS_SHOWN:
                st.caption(_("The next of {n} follow as these are done.").format(n=f"{len(rows):,}"))
        with st.container(horizontal=True):
            if actor.may("campaign", EXPORT) and actor.may("contact", EXPORT):
                for kind in ("xlsx", "csv"):
                    st.download_button(
                        kind.upper(), data=partial(_file, campaign_id, kind), icon=":material/download:",
                        file_name=f"campaign-{campaign_id}.{kind}", key=f"campaign_file_{kind}", on_click="ignore",
                        help=_("The list with names and addresses"),
                    )  # fmt: skip
            if channel != "phone" and view.record.may_change and len(rows):
                said = {"letter": _("Mark as posted")}.get(channel, _("Mark as sent"))
                if st.button(said, type="primary", icon=":material/mark_email_read:", key="campaign_posted"):
                    with storing(actor, lambda: _sent(n)) as work:
                        n = mark_posted(work, campaign_id)


def _sent(n: int) -> str:
    return ngettext("{n} is marked as sent.", "{n} are marked as sent.", n).format(n=f"{n:,}")


def _file(campaign_id: int, kind: str) -> bytes:
    with reading(current_actor()) as session:
        return list_file(session, campaign_id, kind=kind, now=now())


def _call(view: CampaignView, row: Any) -> None:
    with look.row():
        look.two_lines(row.name, row.organisation or "", " · ".join(t for t in (row.phone, row.arm) if t))
        if view.record.may_change:
            for outcome, label in OUTCOMES.items():
                st.button(
                    "",
                    icon=f":material/{OUTCOME_ICONS[outcome]}:",
                    help=_(label),
                    key=f"call_{row.member_id}_{outcome}",
                    on_click=_outcome,
                    args=(int(row.member_id), outcome),
                )


def _outcome(member_id: int, outcome: str) -> None:
    with showing_problems():
        with unit_of_work(current_actor()) as work:
            record_outcome(work, member_id, outcome)
        flash(_("Taken down: {outcome}.").format(outcome=_(OUTCOMES[outcome]).lower()))
