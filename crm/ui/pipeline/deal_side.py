"""Beside and below a deal's numbers: next step, people, competitors, tasks, where it has been, what happened."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pandas as pd
import streamlit as st

from crm.clock import today, zone
from crm.errors import Conflict, CrmError
from crm.i18n import _
from crm.interactions.timeline import open_tasks
from crm.pipeline.deal_page import DealView
from crm.records import records, registry
from crm.ui.frame import routes
from crm.ui.frame.guard import flash, show
from crm.ui.kit import look
from crm.ui.kit.formats import ago, day
from crm.ui.records import to_do
from crm.ui.records.facts import facts_of
from crm.ui.records.quick import talk_box
from crm.ui.records.timeline import show_timeline
from crm.work import Actor, reading, unit_of_work


def show_next_step(actor: Actor, deal: DealView) -> None:
    """What is to be done next, and when."""
    record = deal.record
    if record["status"] != "open":
        return
    on = record["next_step_on"]
    note = ago(on, today=today()) if on else _("Say what comes next, and this deal will not be forgotten.")
    may = deal.view.may_change and not deal.view.archived
    with look.card(_("Next step"), note):
        if may:
            _step_form(actor, record)
        else:
            look.two_lines(record["next_step"] or _("None yet"), day(on, today=today()))


def _step_form(actor: Actor, record: dict[str, Any]) -> None:
    key = f"deal_next_{record['id']}"
    stored = {name: record[name] for name in ("next_step", "next_step_on")}
    # What the person saw. As long as nobody else changed the step, a newer version of the deal does no harm.
    seen = st.session_state.setdefault(f"{key}_seen", {**stored, "version": record["version"]})
    if all(seen[name] == value for name, value in stored.items()):
        seen["version"] = record["version"]
    with st.form(key, border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        step = st.text_input(
            _("What"),
            value=seen["next_step"] or "",
            key=f"{key}_text",
            max_chars=200,
            placeholder=_("For example: send the offer"),
            width="stretch",
        )
        when = st.date_input(
            _("On"),
            value=seen["next_step_on"] or today() + timedelta(days=7),
            key=f"{key}_on",
            format="YYYY-MM-DD",
            width=130,
        )
        saved = st.form_submit_button(_("Save"), icon=":material/check:")
    if not saved:
        return
    values = {"next_step": step or None, "next_step_on": when if step else None}
    try:
        with unit_of_work(actor) as work:
            records.update_record(work, "deal", record["id"], values, seen_version=seen["version"])
    except CrmError as problem:
        show(problem)
        if isinstance(problem, Conflict):
            st.caption(_("Save again to keep yours; reload the page to take what is stored."))
            st.session_state[f"{key}_seen"] = {**stored, "version": record["version"]}
        return
    for name in ("seen", "text", "on"):
        st.session_state.pop(f"{key}_{name}", None)
    flash(_("The next step is stored."))
    st.rerun()


def show_people(deal: DealView) -> None:
    """The contact first, then the others at the organisation."""
    record, organisation, contact = deal.record, deal.title_of("organisation_id"), deal.title_of("contact_id")
    with look.card(_("People")):
        if organisation:
            routes.link("organisation", record["organisation_id"], organisation)
        people = sorted(deal.people, key=lambda p: p.id != record["contact_id"])
        if contact and all(p.id != record["contact_id"] for p in people):
            routes.link("contact", record["contact_id"], contact)
            look.lines(_("Contact of this deal"))
        for person in people:
            routes.link("contact", person.id, person.name)
            role = _("Contact of this deal") if person.id == record["contact_id"] else ""
            if about := " · ".join(t for t in (role, person.job_title, person.email, person.phone) if t):
                st.markdown(look.quiet(about))
        if not people and not contact:
            st.caption(_("Nobody is named yet. Edit the deal to choose a contact."))


def show_facts(deal: DealView) -> None:
    """What else is known."""
    with look.card(_("Facts")):
        names = registry.card("deal").names("facts")
        look.facts(facts_of(deal.view, names), alt=_("Facts of the deal"))
        if deal.record["notes"]:
            st.caption(_("Notes"))
            st.text(deal.record["notes"])


def show_stays(deal: DealView) -> None:
    """Days in each stage, in the order of the visits."""
    if not deal.stays:
        return
    frame = pd.DataFrame(
        {
            "stage": [s.stage for s in deal.stays],
            "days": [round(s.days, 1) for s in deal.stays],
            "since": [s.since.astimezone(zone()).date() for s in deal.stays],
            "who": [s.who for s in deal.stays],
        }
    )
    columns = st.column_config
    look.section(_("Where has it been?"), _("Days in each stage, oldest first"))
    look.table(
        frame,
        column_config={
            "stage": columns.TextColumn(_("Stage"), width=125),
            "days": columns.ProgressColumn(
                _("Days"), min_value=0, max_value=max(1.0, float(frame["days"].max())), format="%.0f", color="gray",
                width=105,
            ),
            "since": columns.DateColumn(_("Since"), format="D MMM YYYY", width=95),
            "who": columns.TextColumn(_("Moved by"), width=130),
        },
        alt=_("Stages of the deal with the days in each"),
    )  # fmt: skip


def show_tasks(actor: Actor, deal: DealView) -> None:
    """Open tasks of the deal."""
    with reading(actor) as session:
        tasks = open_tasks(session, "deal", deal.record["id"])
    look.section(_("Tasks"))
    to_do.show_tasks(actor, tasks, links={"deal_id": deal.record["id"]})


def show_history(actor: Actor, deal: DealView) -> None:
    """A quick log on top, then everything that happened, newest first."""
    look.section(_("What happened"))
    if not deal.view.archived:
        talk_box(actor, deal.view, preset={"deal_id": deal.view.id})
    show_timeline(actor, deal.view, empty_text=_("Nothing happened yet. Write down the first talk above."))
