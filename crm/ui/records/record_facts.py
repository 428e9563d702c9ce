"""The aside of a record's page: facts, how to reach them, who or what belongs to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from crm.clock import today
from crm.contacts.queries import Reach, RoleRow, Ways
from crm.contacts.service import ADDRESS_KINDS
from crm.i18n import _
from crm.records import registry
from crm.records.fields import Field, Kind
from crm.records.view import RecordView
from crm.ui.frame import routes
from crm.ui.kit import look
from crm.ui.kit.formats import day, money
from crm.ui.records.timeline import value_text

CHANNEL_ICONS = {
    "email": ":material/mail:",
    "phone": ":material/call:",
    "social": ":material/share:",
    "web": ":material/public:",
}


def fact(view: RecordView, field: Field) -> str:
    """A field of the record as text or link; empty when nothing is entered."""
    value = view.values.get(field.name)
    if value is None or value in ("", []):
        return ""
    match field.kind:
        case Kind.LINK:
            return view.titles.get(field.name, "")
        case Kind.EMAIL:
            return look.link(value, f"mailto:{value}")
        case Kind.PHONE:
            return look.link(value, f"tel:{value}")
        case Kind.URL:
            return look.link(value.removeprefix("https://").removeprefix("http://").rstrip("/"), value)
        case Kind.TAGS:
            return look.Marked(" ".join(look.tag(t) for t in value))
        case Kind.MONEY:
            return money(value, view.values.get(field.currency_field) or "EUR")
        case Kind.INTEGER if field.name == "founded":
            return str(value)
        case _:
            return value_text(field, value, "EUR")


def facts_of(view: RecordView, names: Sequence[str]) -> dict[str, str]:
    """Labels and values of some fields, those without a value left out."""
    about = registry.entity(view.entity)
    return {_(about[n].label): text for n in names if (text := fact(view, about[n]))}


def about_card(view: RecordView, names: Sequence[str] | None = None) -> None:
    """The facts that matter daily; all others stand under Details."""
    with look.card(_("About"), key="record_about"):
        shown = facts_of(view, names or registry.card(view.entity).names("facts"))
        if shown:
            look.facts(shown, alt=_("Facts about {name}").format(name=view.title))
        else:
            st.caption(_("Nothing entered yet. Edit adds it."))
        if notes := view.values.get("notes"):
            st.caption("  \n".join(look.plain(line) for line in str(notes).split("\n")[:12]))


def details(view: RecordView) -> None:
    """Every field that has a value, in the order of the form."""
    about = registry.entity(view.entity)
    names = [f.name for f in about.fields if f.kind is not Kind.LONGTEXT]
    look.facts(facts_of(view, names), alt=_("All fields of {name}").format(name=view.title))
    for field in about.fields:
        if field.kind is Kind.LONGTEXT and view.values.get(field.name):
            look.section(_(field.label))
            st.caption("  \n".join(look.plain(line) for line in str(view.values[field.name]).split("\n")))


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


def others_card(
    title: str,
    rows: Sequence[RoleRow],
    *,
    page: str,
    empty_text: str,
    count: int = 6,
    action: str = "",
    on_action: Callable[[], None] | None = None,
) -> None:
    """People at an organisation, or organisations of a person, each a link to its page."""
    with look.card(title, key=f"record_{page}s"):
        for row in rows[:count]:
            other_line(row, page=page)
        if len(rows) > count:
            st.caption(_("{n} more stand in the tab.").format(n=len(rows) - count))
        if not rows:
            st.caption(look.plain(empty_text))
        if on_action and st.button(action, key=f"record_{page}_add", type="tertiary", icon=":material/add:"):
            on_action()


def other_line(row: RoleRow, *, page: str) -> None:
    """The name as a link; role, place and dates below it."""
    with st.container(gap=None):
        st.page_link(routes.page(page), label=look.plain(row.other), query_params={"id": str(row.other_id)})
        if said := " · ".join(dict.fromkeys(p for p in (row.role, row.detail, _dates(row)) if p)):
            st.markdown(look.quiet(said))


def _dates(row: RoleRow) -> str:
    if row.until:
        return _("until {day}").format(day=day(row.until))
    return _("since {day}").format(day=day(row.since)) if row.since else ""
