"""Beside and below a deal's numbers: next step, people, competitors, tasks, where it has been, what happened."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pandas as pd
import streamlit as st

from crm import records
from crm.clock import now, today, zone
from crm.i18n import _
from crm.interactions.service import finish_task
from crm.interactions.timeline import Entry, open_tasks, timeline
from crm.pipeline.deal_page import DealView
from crm.ui import look, routes
from crm.ui.deal_head import may_change
from crm.ui.formats import ago, day, moment
from crm.ui.guard import flash, showing_problems
from crm.ui.quick import talk_form, task_drawer
from crm.work import Actor, reading, unit_of_work

ICONS = {
    "call": ":material/call:",
    "meeting": ":material/groups:",
    "email": ":material/mail:",
    "task": ":material/task_alt:",
    "change": ":material/edit:",
}


def show_next_step(actor: Actor, deal: DealView) -> None:
    """What is to be done next, and when."""
    record = deal.record
    if record["status"] != "open":
        return
    on = record["next_step_on"]
    note = ago(on, today=today()) if on else _("Deals with a dated next step are won more often.")
    may = may_change(actor, deal) and record["archived_at"] is None
    with look.card(_("Next step"), note):
        if not may:
            look.two_lines(record["next_step"] or _("None yet"), day(on, today=today()))
            return
        key = f"deal_next_{record['id']}_{record['version']}"
        with st.form(key, border=False), st.container(horizontal=True, vertical_alignment="bottom"):
            step = st.text_input(
                _("What"), value=record["next_step"] or "", key=f"{key}_text", max_chars=200,
                placeholder=_("For example: send the offer"), width="stretch",
            )  # fmt: skip
            when = st.date_input(
                _("On"),
                value=on or today() + timedelta(days=7),
                key=f"{key}_on",
                format="YYYY-MM-DD",
                width=130,
            )
            saved = st.form_submit_button(_("Save"), icon=":material/check:")
        if saved:
            values = {"next_step": step or None, "next_step_on": when if step else None}
            with showing_problems():
                with unit_of_work(actor) as work:
                    records.update_record(work, "deal", record["id"], values, seen_version=record["version"])
                flash(_("The next step is stored."))
                st.rerun()


def show_people(deal: DealView) -> None:
    """The contact first, then the others at the organisation."""
    record = deal.record
    with look.card(_("People")):
        if deal.organisation:
            st.page_link(
                routes.page("organisation")
                if "organisation" in routes.screens()
                else routes.page("pipeline"),
                label=look.plain(deal.organisation),
                icon=":material/apartment:",
                query_params={"id": str(record["organisation_id"])},
            )
        people = sorted(deal.people, key=lambda p: p.id != record["contact_id"])
        if record["contact_id"] and all(p.id != record["contact_id"] for p in people) and deal.contact:
            look.two_lines(deal.contact, why=_("Contact of this deal"))
        for person in people:
            role = _("Contact of this deal") if person.id == record["contact_id"] else ""
            look.two_lines(
                person.name,
                why=" · ".join(t for t in (role, person.job_title, person.email, person.phone) if t),
            )
        if not people and not deal.contact:
            st.caption(_("Nobody is named yet. Edit the deal to choose a contact."))


def show_facts(deal: DealView) -> None:
    """What else is known."""
    record = deal.record
    pairs = {
        _("Pipeline"): deal.pipeline,
        _("Main product"): deal.product,
        _("Opened"): day(record["opened_on"]),
        _("Source"): record["source"] or "",
        _("Number"): record["number"] or "",
        _("Team"): deal.team,
        _("Competitors"): ", ".join(record["competitors"] or []),
        _("Why lost"): deal.loss_reason,
    }
    with look.card(_("Facts")):
        look.facts({name: text for name, text in pairs.items() if text}, alt=_("Facts of the deal"))
        if record["notes"]:
            st.caption(_("Notes"))
            st.text(record["notes"])


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
    st.dataframe(
        frame,
        hide_index=True,
        row_height=36,
        height="content",
        placeholder="",
        column_config={
            "stage": columns.TextColumn(_("Stage"), width=150),
            "days": columns.ProgressColumn(
                _("Days"), min_value=0, max_value=max(1.0, float(frame["days"].max())), format="%.0f", color="gray",
                width=150,
            ),
            "since": columns.DateColumn(_("Since"), format="D MMM YYYY", width=110),
            "who": columns.TextColumn(_("Moved by"), width=130),
        },
        alt=_("Stages of the deal with the days in each"),
    )  # fmt: skip


def show_tasks(actor: Actor, deal: DealView) -> None:
    """Open tasks of the deal."""
    with reading(actor) as session:
        tasks = open_tasks(session, "deal", deal.record["id"])
    with look.card(_("Tasks")):
        if not tasks:
            st.caption(_("Nothing is planned."))
        for task in tasks:
            _task(actor, task)
        if actor.may("task", "create") and st.button(
            _("New task"), key="deal_task", icon=":material/add_task:"
        ):
            task_drawer(actor, preset={"deal_id": deal.record["id"]})


def _task(actor: Actor, task: dict[str, Any]) -> None:
    late = task["due_on"] is not None and task["due_on"] < today()
    due = ago(task["due_on"], today=today()) if task["due_on"] else ""
    with look.row():
        if st.button("", key=f"deal_task_{task['id']}", icon=":material/radio_button_unchecked:", type="tertiary",
                     help=_("Done: {task}").format(task=task["title"])):  # fmt: skip
            with showing_problems():
                with unit_of_work(actor) as work:
                    finish_task(work, task_id=task["id"], seen_version=task["version"])
                flash(_("Done."))
                st.rerun()
        look.two_lines(
            task["title"],
            why=" · ".join(
                t
                for t in (
                    (_("! Due {when}") if late else _("Due {when}")).format(when=due) if due else "",
                    task["owner"] or "",
                )
                if t
            ),
        )


def show_timeline(actor: Actor, deal: DealView) -> None:
    """A quick log on top, then everything that happened, newest first."""
    look.section(_("What happened"))
    if actor.may("interaction", "create") and talk_form(
        actor, key=f"deal_talk_{deal.record['id']}", preset={"deal_id": deal.record["id"]}
    ):
        flash(_("Written down."))
        st.rerun()
    with reading(actor) as session:
        entries = timeline(session, "deal", deal.record["id"], limit=30)
    for entry in entries:
        _entry(entry)


def _entry(entry: Entry) -> None:
    when = moment(entry.at, now=now(), zone=zone())
    head = f"{look.plain(entry.title)} {look.quiet(' · '.join(t for t in (when, entry.who) if t))}"
    icon = ICONS.get(entry.kind, ":material/edit_note:")
    if not entry.text:
        st.markdown(f"{icon} {head}")
        return
    with st.expander(head, icon=icon, type="step", expanded=entry.kind != "change"):
        st.markdown(look.plain(entry.text))
