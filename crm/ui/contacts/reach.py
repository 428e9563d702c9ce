"""How to reach somebody, and who belongs to whom."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from crm.clock import today
from crm.contacts.queries import Reach, RoleRow, Ways
from crm.contacts.service import ADDRESS_KINDS
from crm.i18n import _
from crm.mail.receiving.reachable import write_again
from crm.records.view import RecordView
from crm.ui.frame import routes
from crm.ui.frame.guard import storing
from crm.ui.kit import look
from crm.ui.kit.formats import day
from crm.work import Actor

#: So many stand beside the record; the tab has them all.
BESIDE = 6
CHANNEL_ICONS = {
    "email": ":material/mail:",
    "phone": ":material/call:",
    "social": ":material/share:",
    "web": ":material/public:",
}


def channel_link(channel: Reach) -> str:
    """The channel as a link where it is one."""
    scheme = {"email": "mailto:", "phone": "tel:"}.get(channel.kind, "")
    return look.link(channel.value, f"{scheme}{channel.value}")


def reach_card(view: RecordView, ways: Ways, *, on_change: Callable[[], None]) -> None:
    """E-mails, phones, social handles and addresses that are valid today; the rest is one click away."""
    day_now = today()
    current = [c for c in ways.channels if c.is_current(day_now)]
    places = [p for p in ways.addresses if not (p.valid_until and p.valid_until < day_now)]
    with look.card(_("How to reach"), key="record_reach"):
        for channel in current:
            note = " ".join(p for p in (channel.label, _("primary") if channel.is_primary else "") if p)
            grey = f" {look.quiet(note)}" if note else ""
            st.markdown(f":small[{CHANNEL_ICONS.get(channel.kind, '')} {channel_link(channel)}]{grey}")
        for place in places:
            kind = look.quiet(_(ADDRESS_KINDS.get(place.kind, place.kind)))
            st.markdown(f":small[:material/location_on: {look.plain(place.line())}] {kind}")
        if not current and not places:
            st.caption(_("No e-mail, phone or address yet."))
        if view.may_change and st.button(
            _("Add or change"), key="record_reach_change", type="tertiary", icon=":material/edit:"
        ):
            on_change()


def mail_problem(actor: Actor, view: RecordView, problem: str) -> None:
    """Why nothing is mailed to a contact, and the way to try it once more."""
    if not problem:
        return
    with look.card(_("Mail came back"), key="record_mail_problem"):
        st.caption(look.plain(problem))
        if view.may_change and st.button(
            _("Write again"), key="record_write_again", icon=":material/forward_to_inbox:"
        ):
            with storing(actor, _("Mail goes there again.")) as work:
                write_again(work, view.id)


def others_card(
    title: str,
    rows: Sequence[RoleRow],
    *,
    page: str,
    empty_text: str,
    on_change: Callable[[], None] | None,
) -> None:
    """People at an organisation, or organisations of a person, each a link to its page."""
    with look.card(title, key=f"record_{page}s"):
        for row in rows[:BESIDE]:
            other_line(row, page=page)
        if len(rows) > BESIDE:
            st.caption(_("{n} more stand in the tab.").format(n=len(rows) - BESIDE))
        if not rows:
            st.caption(look.plain(empty_text))
        label, key = _("Add or change"), f"record_{page}_add"
        if on_change and st.button(label, key=key, type="tertiary", icon=":material/add:"):
            on_change()


def other_line(row: RoleRow, *, page: str) -> None:
    """The name as a link; role, place and dates below it."""
    with st.container(gap=None):
        routes.link(page, row.other_id, row.other)
        if said := " · ".join(dict.fromkeys(p for p in (row.role, row.detail, _dates(row)) if p)):
            st.markdown(look.quiet(said))


def _dates(row: RoleRow) -> str:
    if row.until:
        return _("until {day}").format(day=day(row.until))
    return _("since {day}").format(day=day(row.since)) if row.since else ""
