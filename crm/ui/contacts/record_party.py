"""The page of a contact or organisation, which differ in little: what is read, and how it is laid out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from crm.clock import today
from crm.contacts import queries, sums
from crm.contacts.dealings import LastTalk, deals_of, last_talk
from crm.contacts.queries import RoleRow, Ways
from crm.contacts.sums import DealSums, Sales
from crm.i18n import _
from crm.interactions.timeline import Entry, open_tasks, timeline
from crm.mail.receiving.reachable import problem_of
from crm.records import registry
from crm.records.view import RecordView, record_view
from crm.reporting.book import firm_book
from crm.ui.cases.party import cases_card
from crm.ui.contacts import dealings, drawers, reach
from crm.ui.contacts.consent_card import show_consent
from crm.ui.equipment.party import equipment_card
from crm.ui.kit import look
from crm.ui.records import facts, to_do
from crm.ui.records.drawers import new_record
from crm.ui.records.files import files_card
from crm.ui.records.quick import talk_box
from crm.ui.records.record_page import Tab, counted, record_body, record_header
from crm.ui.records.timeline import show_timeline, shown_steps
from crm.work import Actor, reading
from db.scope import CREATE, READ

TONES: dict[str, look.Tone] = {
    "customer": look.GOOD,
    "prospect": "violet",
    "lead": look.WATCH,
    "partner": look.INFO,
    "supplier": look.INFO,
}


@dataclass(frozen=True, slots=True)
class PartyScreen:
    """What is special about the page of a contact or of an organisation."""

    entity: str
    others: str  # the page of those at the far end: "organisation" or "contact"
    others_title: str
    others_empty: str
    sales_title: str


@dataclass(frozen=True, slots=True)
class Party:
    """All that the page shows, read in one go."""

    view: RecordView
    ways: Ways
    others: Sequence[RoleRow]
    talk: LastTalk
    tasks: Sequence[dict[str, Any]]
    deals: DealSums
    sales: Sales
    entries: Sequence[Entry]
    deal_rows: pd.DataFrame
    mail_problem: str


def read_party(actor: Actor, entity: str, record_id: int, *, steps: int, deals: bool) -> Party:
    """Read the record and what belongs to it in a constant number of statements.

    Raises
    ------
    NotFound
        No such record within the actor's scope.
    """
    with reading(actor) as session:
        view = record_view(session, entity, record_id)
        book = firm_book(session)
        return Party(
            view,
            queries.ways_to_reach(session, entity, record_id),
            queries.organisations_of(session, record_id)
            if entity == "contact"
            else queries.people_of(session, record_id, today=today()),
            last_talk(session, entity, record_id, since=today() - timedelta(days=90)),
            open_tasks(session, entity, record_id),
            sums.deal_sums(session, entity, record_id, book=book),
            sums.sales_by_year(session, entity, record_id, book=book),
            timeline(session, entity, record_id, limit=steps + 1) if steps else [],
            deals_of(session, entity, record_id, book=book) if deals else pd.DataFrame(),
            problem_of(session, view.values["email"]) if entity == "contact" and view.values["email"] else "",
        )


def show_party(actor: Actor, screen: PartyScreen, record_id: int) -> None:
    """Draw the whole page."""
    tab = st.query_params.get("tab", "timeline")
    steps = 0 if tab in ("deals", "others", "tasks", "details") else shown_steps(screen.entity, record_id)
    party = read_party(actor, screen.entity, record_id, steps=steps, deals=tab == "deals")
    view = party.view
    links = _links(view)
    more = (
        {_("New deal"): lambda: new_record(actor, "deal", preset=links)} if actor.may("deal", CREATE) else {}
    )
    record_header(actor, view, context=_one_line(view), tags=_tags(view), links=links, more=more)
    kpis = dealings.deal_kpis(view, party.deals) if actor.may("deal", READ) else []
    tabs: dict[str, Tab] = {
        "timeline": (_("Timeline"), partial(_timeline, actor, party, links)),
        "deals": (counted(_("Deals"), party.deals.count), partial(_deals, party)),
        "others": (counted(screen.others_title, len(party.others)), partial(_others, screen, party)),
        "tasks": (
            counted(_("Tasks"), len(party.tasks)),
            partial(to_do.show_tasks, actor, party.tasks, links=links),
        ),
        "details": (_("Details"), partial(facts.details, view)),
    }
    consent = [partial(show_consent, actor, view)] if screen.entity == "contact" else []
    roles = partial(drawers.roles_drawer, actor, view) if view.may_change else None
    record_body(
        tabs,
        [
            partial(facts.about_card, view),
            partial(reach.mail_problem, actor, view, party.mail_problem),
            partial(reach.reach_card, view, party.ways, on_change=partial(drawers.reach_drawer, actor, view)),
            *consent,
            partial(
                reach.others_card, screen.others_title, party.others, page=screen.others,
                empty_text=screen.others_empty, on_change=roles,
            ),
            partial(cases_card, actor, screen.entity, record_id, links=links),
            partial(equipment_card, actor, screen.entity, record_id, links=links),
            partial(files_card, screen.entity, record_id, may_change=view.may_change and not view.archived),
            partial(dealings.sales_card, party.sales, title=screen.sales_title),
        ],
        figures=[*kpis, *dealings.talk_kpis(view, party.talk, party.tasks)],
        above=partial(to_do.next_step, actor, party.tasks, links=links),
    )  # fmt: skip


def _timeline(actor: Actor, party: Party, links: Mapping[str, int | None]) -> None:
    talk_box(actor, party.view, preset=links)
    nothing = _("Nothing happened yet. Write down the first talk above.")
    show_timeline(actor, party.view, party.entries, empty_text=nothing)


def _deals(party: Party) -> None:
    nothing = _("No deals yet. New deal under More opens one.")
    dealings.show_deals(party.deal_rows, count=party.deals.count, empty_text=nothing)


def _others(screen: PartyScreen, party: Party) -> None:
    if not party.others:
        st.caption(look.plain(screen.others_empty))
    for row in party.others:
        reach.other_line(row, page=screen.others)


def _links(view: RecordView) -> dict[str, int | None]:
    if view.entity == "contact":
        return {"contact_id": view.id, "organisation_id": view.values.get("organisation_id")}
    return {"organisation_id": view.id}


def _tags(view: RecordView) -> list[look.Marked]:
    value = view.values["lifecycle"]
    label = registry.entity(view.entity)["lifecycle"].names().get(value, value)
    made = [look.tag(label, tone=TONES.get(value, look.QUIET))]
    return [*made, *(look.tag(t) for t in view.values.get("tags", [])[:1])]


def _one_line(view: RecordView) -> str:
    values = view.values
    if view.entity == "organisation":
        place = ", ".join(p for p in (values.get("city"), values.get("country")) if p)
        return " · ".join(p for p in (values.get("sector"), place, values.get("number")) if p)
    company = view.titles.get("organisation_id", "")
    job = values.get("job_title") or ""
    work = _("{job} at {company}").format(job=job, company=company) if job and company else job or company
    return " · ".join(p for p in (work, values.get("city")) if p)
