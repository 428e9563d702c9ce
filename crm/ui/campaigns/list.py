"""The list of campaigns and their calendar: three months side by side, by channel."""

from __future__ import annotations

import streamlit as st

from crm.campaigns.runs.queries import Planned, campaigns_between
from crm.clock import today
from crm.i18n import _, ngettext
from crm.periods import add_months, month_end
from crm.records import registry
from crm.ui.frame import routes
from crm.ui.frame.guard import showing_problems
from crm.ui.kit import look, months
from crm.ui.kit.formats import day, month
from crm.ui.records.drawers import new_record
from crm.ui.records.listing import show_list
from crm.ui.records.views.screen import ListScreen
from crm.work import Actor, reading
from db.scope import CREATE

MONTHS = 3
CHANNEL_ICONS = {
    "email": ":material/mail:",
    "phone": ":material/call:",
    "letter": ":material/local_post_office:",
    "social": ":material/share:",
    "event": ":material/event:",
}
STATUS: dict[str, tuple[look.Tone, str]] = {
    "draft": (look.QUIET, "edit"),
    "planned": (look.INFO, "event_available"),
    "running": (look.GOOD, "play_arrow"),
    "paused": (look.WATCH, "pause"),
    "closed": (look.QUIET, "check"),
}


def labels(field: str) -> dict[str, str]:
    """The values of a choice of campaigns, as people read them."""
    return registry.entity("campaign")[field].names()


def status_tag(status: str) -> look.Marked:
    """The status as a chip."""
    tone, icon = STATUS[status]
    return look.tag(labels("status")[status], tone=tone, icon=icon)


def show_campaigns(actor: Actor) -> None:
    """The whole screen: list or calendar."""
    head = st.container()
    views = {"list": _("List"), "calendar": _("Calendar")}
    if look.switch(_("View"), views, key="campaigns_view") == "calendar":
        _calendar(actor, head)
    else:
        show_list(actor, ListScreen("campaign"), head=head)


def _calendar(actor: Actor, head: st.delta_generator.DeltaGenerator) -> None:
    first = months.shown_month("campaigns")
    last = month_end(add_months(first, MONTHS - 1))
    with showing_problems():
        with reading(actor) as session:
            found = campaigns_between(session, first, last)
        count = ngettext("{n} campaign", "{n} campaigns", len(found)).format(n=len(found))
        context = _("{n}, {a} to {b}").format(n=count, a=month(first), b=month(last))
        with head, look.page(_("Campaigns"), context):
            if actor.may("campaign", CREATE) and st.button(
                _("New campaign"), icon=":material/add:", type="primary", key="campaigns_new_here"
            ):
                new_record(actor, "campaign")
        with look.row():
            months.month_steps("campaigns", first, months=MONTHS)
            st.markdown(look.plain(f"{month(first)} – {month(last)}"), width="content")
        card = look.wall(MONTHS)
        for step in range(MONTHS):
            start = add_months(first, step)
            end = month_end(start)
            inside = [c for c in found if c.starts_on <= end and c.ends_on >= start]
            note = ngettext("{n} campaign", "{n} campaigns", len(inside)).format(n=len(inside))
            with card(month(start), note):
                _month(inside)


def _month(inside: list[Planned]) -> None:
    if not inside:
        st.caption(_("Nothing planned."))
    names = labels("channel")
    for channel in dict.fromkeys(c for c in names if any(p.channel == c for p in inside)):
        st.markdown(f":small[{CHANNEL_ICONS[channel]} **{look.plain(names[channel])}**]")
        for found in (p for p in inside if p.channel == channel):
            with st.container(gap=None):
                with look.row():
                    routes.link("campaign", found.id, found.name)
                    st.markdown(status_tag(found.status), width="content")
                st.caption(
                    _("{a} to {b}").format(a=day(found.starts_on, today=today()), b=day(found.ends_on))
                )
