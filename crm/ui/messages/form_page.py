"""One web form: numbers, the address to share, what became of each answer, and its questions."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from crm.campaigns.forms.answers import LATELY, MOST_ANSWERS, Became, FormView, answers_of, form_view
from crm.campaigns.forms.questions import fields_of
from crm.clock import here, now
from crm.i18n import _
from crm.links import local, public_url
from crm.ui.contacts.lead_drawer import open_lead
from crm.ui.frame import routes
from crm.ui.frame.record_table import clicked_row
from crm.ui.kit import look
from crm.ui.messages.form_questions import PURPOSE_NAMES, show_questions
from crm.ui.records.drawers import edit_record
from crm.work import Actor, reading
from db.models.campaigns.messages import FORM_KINDS, FORM_REVIEWS
from db.scope import UPDATE


def show_form(actor: Actor, form_id: int) -> None:
    """Draw the page of one form."""
    with reading(actor) as session:
        view = form_view(session, form_id, now=now())
        answers = answers_of(session, form_id)
    record = view.record
    may = actor.holds("campaign", UPDATE, owner_id=record["owner_id"], team_id=record["team_id"])
    address = public_url(f"/forms/{record['slug']}")
    is_open = record["is_active"] and record["archived_at"] is None
    state = look.tag(_("Active"), tone=look.GOOD) if is_open else look.tag(_("Closed"), tone=look.QUIET)
    kind = dict(FORM_KINDS)[record["kind"]]
    with look.page(record["name"], _(kind), tags=[state], record=True):
        if may and st.button(_("Edit"), icon=":material/edit:", key="web_form_edit"):
            edit_record(actor, "web_form", record)
        if is_open:
            st.link_button(
                _("Open the form"),
                local(f"/forms/{record['slug']}"),
                icon=":material/open_in_new:",
                type="primary",
            )
    _numbers(view)
    main, aside = look.split()
    with main:
        chosen = look.switch(
            _("View"), {"answers": _("Answers"), "questions": _("Questions")}, key="web_form_view"
        )
        if chosen == "questions":
            show_questions(actor, record, may_change=may)
        else:
            _answers(actor, view, answers)
    with aside:
        _about(view, address, is_open)


def _numbers(view: FormView) -> None:
    def told(label: str, count: int, formula: str, rests_on: int) -> look.Explained:
        return look.Explained(label, f"{count:,}", formula=formula, n=rests_on)

    days, n = LATELY.days, view.answers
    taken = _("All answers taken; refused ones, robots and repeats of the same page do not count.")
    lately = _("Answers that came within the last {n} days.").format(n=days)
    leads = _("Different leads behind the answers; a second answer of an open lead is added to it.")
    known = _("Different contacts behind the answers: known ones, and those who consented.")
    numbers = [
        told(_("Answers"), n, taken, n),
        told(_("Last {n} days").format(n=days), view.lately, lately, view.lately),
        told(_("Cases"), view.cases, _("Cases that answers to this form opened."), n)
        if view.record["kind"] == "service"
        else told(_("Leads"), view.leads, leads, n),
        told(_("Contacts"), view.contacts, known, n),
    ]
    look.kpi_row(numbers, strip=True)


def _about(view: FormView, address: str, is_open: bool) -> None:
    record = view.record
    with look.card(_("Address to share")):
        st.code(address, language=None, wrap_lines=True)
        if not is_open:
            st.caption(_("The form is closed: whoever opens the address reads that it is not there."))
    with look.card(_("What happens")):
        asked = ", ".join(_(PURPOSE_NAMES[p]) for p in record["purposes"] if p in PURPOSE_NAMES)
        look.facts(
            {
                _("Makes"): _("a case") if record["kind"] == "service" else _("a lead"),
                _("Queue"): view.queue or "–",
                _("Campaign"): view.campaign or "–",
                _("Asks consent"): asked or "–",
                _("Waits in the inbox"): dict(FORM_REVIEWS)[record["review"]],
                _("Limit"): _("5 answers a minute and 30 an hour from one sender; more wait in the inbox"),
            },
            alt=_("What an answer to this form does"),
        )


def _answers(actor: Actor, view: FormView, found: list[Became]) -> None:
    if not found:
        look.empty(
            _("No answers yet"), _("Put the address on your website or into a message. Answers stand here.")
        )
        return
    if view.answers > len(found):
        st.caption(_("The newest {n} of {all}.").format(n=MOST_ANSWERS, all=f"{view.answers:,}"))
    fields = fields_of(view.record["fields"])
    frame = pd.DataFrame(
        {
            "at": [here(one.at).replace(tzinfo=None) for one in found],
            "became": [_became(one) for one in found],
            **{field.name: [_said(one.answers.get(field.name)) for one in found] for field in fields},
        }
    )
    place = clicked_row(
        frame,
        {
            "at": st.column_config.DatetimeColumn(_("When"), format="D MMM YYYY, HH:mm", width=140),
            "became": st.column_config.TextColumn(_("Became"), width=170),
            **{f.name: st.column_config.TextColumn(f.label, width=150) for f in fields},
        },
        key=f"web_form_answers_{view.id}",
        alt=_("Answers; click a cell to open what it became"),
    )
    if place is not None:
        _open(actor, found[place])


def _became(one: Became) -> str:
    if one.is_held:
        return _("Held in the inbox")
    if one.case_id is not None:
        return _("Case {number}").format(number=one.case)
    if one.lead_id is not None:
        return _("Lead {name}").format(name=one.lead)
    return one.contact or _("Not yours to see")


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(value or "")


def _open(actor: Actor, one: Became) -> None:
    if one.case_id is not None:
        routes.go("case", one.case_id)
    elif one.lead_id is not None:
        open_lead(actor, one.lead_id)
    elif one.contact_id is not None:
        routes.go("contact", one.contact_id)
