"""The page of a segment: its rules in words and as a builder, who fits, where it is used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from crm.campaigns.segments import segments
from crm.clock import now, zone
from crm.firm.firm import firm
from crm.i18n import _, ngettext
from crm.records import registry
from crm.records.view import RecordView, record_view
from crm.ui.frame import routes
from crm.ui.frame.guard import storing
from crm.ui.kit import look
from crm.ui.kit.formats import moment
from crm.ui.records import facts
from crm.ui.records.drawers import new_record
from crm.ui.records.record_page import record_body, record_header
from crm.ui.segments.builder import first_table, show_builder
from crm.ui.segments.words import sentence
from crm.work import Actor, Work, reading
from db.scope import CREATE


@dataclass(frozen=True, slots=True)
class Shown:
    """All that the page reads."""

    view: RecordView
    count: int
    words: str
    used: list[tuple[int, str, str]]
    first: list[tuple[int, str, str, str, str]]
    currency: str


def _read(actor: Actor, segment_id: int) -> Shown:
    with reading(actor) as session:
        view = record_view(session, "segment", segment_id)
        currency = firm(session).currency

        def title(entity: str, record_id: int) -> str:
            row = session.get(registry.model(entity), record_id)
            return str(getattr(row, registry.title_field(entity))) if row else f"#{record_id}"

        is_fixed = view.values["kind"] == "fixed"
        condition = segments.segment_condition(session, segment_id)
        return Shown(
            view,
            segments.count_segment(session, segment_id),
            sentence(view.values["rules"], currency=currency, titles=title),
            segments.used_by(session, segment_id),
            segments.first_contacts(session, condition) if is_fixed or not view.may_change else [],
            currency,
        )


def show_segment(actor: Actor, segment_id: int) -> None:
    """Draw the whole page."""
    shown = _read(actor, segment_id)
    view = shown.view
    is_fixed = view.values["kind"] == "fixed"
    count = ngettext("{n} contact", "{n} contacts", shown.count).format(n=f"{shown.count:,}")
    tags = [
        look.tag(_("Fixed"), icon="lock")
        if is_fixed
        else look.tag(_("Living"), tone=look.GOOD, icon="autorenew")
    ]
    record_header(
        actor, view, context=count, tags=tags, more=_more(actor, view), primary=_primary(actor, view)
    )
    record_body(
        lambda: _rules(shown),
        [
            lambda: _used_card(shown.used),
            lambda: facts.about_card(view),
            lambda: facts.text_card(view, "description"),
        ],
    )


def _rules(shown: Shown) -> None:
    """Who is meant, in words, and who that is or how to change it."""
    view, is_fixed = shown.view, shown.view.values["kind"] == "fixed"
    with look.card(_("In words")):
        st.markdown(look.plain(shown.words))
        if is_fixed:
            when = moment(view.values["counted_at"], now=now(), zone=zone())
            text = _("Fixed {when}: contacts that change later neither come nor go.")
            st.caption(look.plain(text.format(when=when)))
    if is_fixed or not view.may_change:
        first_table(shown.first, key=f"segment_{view.id}")
    else:
        show_builder(view.id, view.values["rules"], view.values["version"], shown.currency)


def _more(actor: Actor, view: RecordView) -> dict[str, Callable[[], None]]:
    entries: dict[str, Callable[[], None]] = {}
    if view.may_change and view.values["kind"] == "living":
        entries[_("Fix as it is now")] = lambda: _act(actor, segments.freeze_segment, view, fixed=True)
    elif view.may_change:
        entries[_("Follow the rules again")] = lambda: _act(actor, segments.thaw_segment, view, fixed=False)
    entries[_("Open in contacts")] = lambda: routes.show("contacts", contacts_in_segment=view.title)
    return entries


def _act(actor: Actor, function: Callable[[Work, int], int], view: RecordView, *, fixed: bool) -> None:
    said = (
        _("{title} is fixed with {n} contacts.")
        if fixed
        else _("{title} follows its rules: {n} contacts now.")
    )
    with storing(actor, lambda: said.format(title=view.title, n=f"{n:,}")) as work:
        n = function(work, view.id)


def _primary(actor: Actor, view: RecordView) -> Callable[[], None] | None:
    if not actor.may("campaign", CREATE) or view.archived:
        return None

    def draw() -> None:
        if st.button(_("Use in a campaign"), icon=":material/campaign:", key="segment_use"):
            new_record(actor, "campaign", preset={"segment_id": view.id})

    return draw


def _used_card(used: list[tuple[int, str, str]]) -> None:
    with look.card(_("Used by")):
        if not used:
            st.caption(_("No campaign takes this segment yet."))
        labels = registry.entity("campaign")["status"].names()
        for campaign_id, name, status in used[:10]:
            with look.row():
                routes.link("campaign", campaign_id, name)
                st.markdown(look.tag(labels[status]), width="content")
