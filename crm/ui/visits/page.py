"""The page of a visit: whether it is covered, the steps, the end with parts and next day, the customer to call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from crm.clock import today
from crm.i18n import _
from crm.records import registry
from crm.service.cases.cases import move_case
from crm.service.visits.base import OPEN
from crm.service.visits.page import VisitPage, visit_page
from crm.service.visits.visits import reopen_visit, start_visit, tick_step
from crm.ui.frame import routes
from crm.ui.frame.guard import act_in_callback, show_refused, storing
from crm.ui.kit import look
from crm.ui.kit.formats import day, money, number
from crm.ui.records.facts import text_card
from crm.ui.records.files import files_card
from crm.ui.records.record_page import record_body, record_header
from crm.ui.records.timeline import show_timeline
from crm.ui.visits.equipment_words import coverage_tag, day_or_dash, meter_words, until_words
from crm.ui.visits.finish import finish_card
from crm.ui.visits.rows import cancel_drawer, replan_drawer, steps_drawer, way_buttons
from crm.ui.visits.words import status_tag, when_words
from crm.work import Actor, reading

LINKS = ("organisation", "contact", "equipment", "case")


def show_visit(actor: Actor, order_id: int) -> None:
    """Draw the whole page."""
    with reading(actor) as session:
        page = visit_page(session, order_id, day=today())
    view, values = page.view, page.view.values
    tags = [status_tag(values["status"])]
    if values["equipment_id"] is not None:
        tags.append(coverage_tag(page.covered))
    customer = view.titles.get("organisation_id") or view.titles.get("contact_id") or ""
    context = " · ".join(p for p in (values["number"], customer, view.titles.get("owner_id", "")) if p)
    record_header(
        actor,
        view,
        context=context,
        tags=tags,
        more=_more(actor, page),
        primary=lambda: _start(actor, page),
    )
    show_refused()
    _where(page)
    record_body(lambda: _main(actor, page), [lambda: _about(page)], figures=_strip(page))


def _main(actor: Actor, page: VisitPage) -> None:
    """What is to be done or was done, and what was changed."""
    view, values = page.view, page.view.values
    if values["equipment_id"] is not None and page.covered is not None:
        with look.card(key="visit_covered"):
            st.markdown(f"{coverage_tag(page.covered)} {look.plain(page.covered.reason)}")
    _steps(actor, page)
    if values["status"] in OPEN and view.may_change and not view.archived:
        finish_card(actor, page)
    elif values["status"] == "done":
        _done(page)
        _end_case(actor, page)
    else:
        text_card(view, "report")
    # On a phone the place to add a file offers the camera.
    files_card("work_order", view.id, may_change=view.may_change and not view.archived)
    if st.toggle(_("Show what was changed"), key="visit_changes"):
        show_timeline(actor, view)


def _start(actor: Actor, page: VisitPage) -> None:
    values = page.view.values
    if values["status"] != "planned" or not page.view.may_change or page.view.archived:
        return
    if st.button(_("Start"), key="visit_start", type="primary", icon=":material/play_arrow:"):
        with storing(actor, _("{number} is under way.").format(number=values["number"])) as work:
            start_visit(work, page.view.id, seen_version=values["version"])


def _more(actor: Actor, page: VisitPage) -> dict[str, Callable[[], None]]:
    values = page.view.values
    if not page.view.may_change or page.view.archived:
        return {}
    if values["status"] in OPEN:
        return {
            _("Move"): lambda: replan_drawer(actor, values),
            _("Change steps"): lambda: steps_drawer(actor, values),
            _("Cancel the visit"): lambda: cancel_drawer(actor, values),
        }
    return {_("Reopen"): lambda: _reopen(actor, page)}


def _reopen(actor: Actor, page: VisitPage) -> None:
    values = page.view.values
    said = _("{number} is open again; what ending it wrote is taken back.").format(number=values["number"])
    with storing(actor, said) as work:
        reopen_visit(work, page.view.id, seen_version=values["version"])


def _strip(page: VisitPage) -> list[look.Explained]:
    values, now = page.view.values, today()
    done = values["done_on"]
    late = values["status"] in OPEN and values["planned_on"] is not None and values["planned_on"] < now
    when = look.Explained(
        _("Done") if done else _("Planned"),
        day(done) if done else when_words(values["planned_on"], values["planned_at"], today=now),
        _("late") if late else registry.word("work_order", "kind", values["kind"]),
        tone=look.BAD if late else look.QUIET,
    )
    return [when, _cover_kpi(page), _cost_kpi(page), _next_kpi(page)]


def _cover_kpi(page: VisitPage) -> look.Explained:
    covered = page.covered
    if covered is None:
        return look.Explained(_("Covered"), "–", _("no unit named"))
    words = {"warranty": _("Warranty"), "contract": _("Contract"), "none": _("No")}
    return look.Explained(
        _("Covered"),
        words[covered.state],
        _cover_note(page),
        tone=look.GOOD if covered.is_covered else look.WATCH,
        formula=covered.reason,
    )


def _cover_note(page: VisitPage) -> str:
    """Until when, or for a visit that is over, as of which day."""
    done = page.view.values["done_on"]
    if done is not None:
        return _("as of {day}").format(day=day(done))
    return until_words(page.covered.until, today=today()) if page.covered and page.covered.is_covered else ""


def _cost_kpi(page: VisitPage) -> look.Explained:
    values = page.view.values
    known = [v for v in (values["labour_minor"], values["parts_minor"]) if v is not None]
    currency = page.view.currency
    formula = _("Hours times the firm's rate of an hour, plus pieces times cost of each part.")
    if page.rate is None:
        formula += " " + _("No rate of an hour is stored yet: an administrator enters it under Settings.")
    value = money(sum(known), currency) if known else "–"
    hours = number(values["hours"], decimals=2) if values["hours"] is not None else "0"
    return look.Explained(
        _("Cost"),
        value,
        _("{labour} labour").format(labour=money(values["labour_minor"], currency))
        if values["labour_minor"]
        else "",
        formula=formula,
        n=len(page.parts),
        n_text=_("{hours} hours, {n} parts").format(hours=hours, n=len(page.parts)),
    )


def _next_kpi(page: VisitPage) -> look.Explained:
    values = page.view.values
    there = page.next_visit_id is not None
    return look.Explained(
        _("Next visit"),
        day_or_dash(values["next_on"]),
        formula=_("Chosen when the visit was finished; it made the next one."),
        n=1 if there else None,
        n_text=_("Open it"),
        records=routes.page("work_order") if there else None,
        query={"id": str(page.next_visit_id)} if there else {},
    )


def _steps(actor: Actor, page: VisitPage) -> None:
    steps = page.view.values["checklist"]
    if not steps:
        return
    may = page.view.values["status"] in OPEN and page.view.may_change and not page.view.archived
    ticked = sum(1 for step in steps if step["done"])
    with look.card(
        _("Steps"), _("{n} of {all} ticked").format(n=ticked, all=len(steps)), key="visit_steps_card"
    ):
        for place, step in enumerate(steps):
            if may:
                key = f"visit_step_{page.view.id}_{place}"
                st.session_state[key] = bool(step["done"])
                st.checkbox(
                    look.plain(step["text"]), key=key, on_change=_tick, args=(actor, page.view.id, place, key)
                )
            else:
                icon = ":green[:material/check_circle:]" if step["done"] else ":gray[:material/circle:]"
                st.markdown(f"{icon} {look.plain(step['text'])}")


def _tick(actor: Actor, order_id: int, place: int, key: str) -> None:
    done = bool(st.session_state[key])
    act_in_callback(actor, lambda work: tick_step(work, order_id, place, done=done))


def _done(page: VisitPage) -> None:
    values = page.view.values
    currency = page.view.currency
    with look.card(_("What was done"), key="visit_done"):
        if values["report"]:
            st.markdown(look.as_typed(values["report"]))
        said = {
            _("Hours"): number(values["hours"], decimals=2),
            _("Labour"): money(values["labour_minor"], currency),
            _("Parts"): money(values["parts_minor"], currency),
            _("Meter"): meter_words(values["meter_value"], page.meter_unit)
            if values["meter_value"] is not None
            else "",
            _("Fault code"): values["fault_code"] or "",
        }
        if known := {label: text for label, text in said.items() if text}:
            look.facts(known, alt=_("What the visit took"))
        elif not values["report"]:
            st.caption(_("Nothing more was written down."))
    if page.parts:
        look.section(_("Parts put in"))
        st.table(
            _parts_table(page, currency),
            border="horizontal",
            alt=_("Parts of {number}").format(number=values["number"]),
        )


def _end_case(actor: Actor, page: VisitPage) -> None:
    """The visit is over: whether its case is, too."""
    case = page.case
    if case is None or not case.may_end:
        return
    with look.card(_("Is {number} solved, too?").format(number=case.number), key="visit_case"):
        st.caption(
            _("What was done stands in the case. Solved, the customer is asked once by mail how it went.")
        )
        if st.button(_("Mark as solved"), key="visit_case_solved", icon=":material/check:"):
            said = _("{number} is solved.").format(number=case.number)
            report = page.view.values["report"] or ""
            with storing(actor, said) as work:
                move_case(work, case.id, "resolved", seen_version=case.version, resolution=report)


def _parts_table(page: VisitPage, currency: str) -> dict[str, Any]:
    return {
        _("Part"): [look.plain(p.name) for p in page.parts],
        _("Pieces"): [number(p.quantity, decimals=0 if p.quantity.is_integer() else 2) for p in page.parts],
        _("Cost of one"): [money(p.unit_cost_minor, currency) or "–" for p in page.parts],
        _("Why"): [
            look.tag(_("Had failed"), tone=look.BAD) if p.after_failure else look.tag(_("By plan"))
            for p in page.parts
        ],
    }


def _where(page: VisitPage) -> None:
    """What somebody at the door needs: the way, the call, the fault, what was done before. First on a phone."""
    view, values = page.view, page.view.values
    grid = look.wall(2, width=300)
    with grid(_("Where to")):
        line = " · ".join(p for p in (page.visit.place, page.visit.address) if p)
        if line:
            st.markdown(f":material/location_on: {look.plain(line)}")
        with st.container(horizontal=True, gap="small"):
            way_buttons(page.visit)
        for name in LINKS:
            if title := view.titles.get(f"{name}_id"):
                number_of = f"{page.case.number} " if name == "case" and page.case else ""
                routes.link(name, values[f"{name}_id"], number_of + title)
        if not (line or page.visit.phone or view.titles):
            st.caption(_("No customer yet. Edit adds one."))
    with grid(_("Fault and history")):
        if values["fault_code"]:
            st.markdown(f"{look.tag(values['fault_code'], tone=look.WATCH)}")
        if page.case is not None and page.case.description:
            st.markdown(look.as_typed(page.case.description, 600))
        for one in page.earlier:
            said = look.quiet(f"{day(one.done_on)} {one.report[:160]}".strip())
            routes.link("work_order", one.id, one.title, said)
        if not (values["fault_code"] or page.earlier or (page.case and page.case.description)):
            st.caption(_("Nothing is known of earlier visits or faults."))


def _about(page: VisitPage) -> None:
    view, values = page.view, page.view.values
    with look.card(_("About"), key="visit_about"):
        facts = {
            _("Kind"): registry.word("work_order", "kind", values["kind"]),
            _("Technician"): view.titles.get("owner_id", ""),
            _("Plan"): page.plan,
            _("Meter last"): meter_words(page.meter_value, page.meter_unit)
            if page.meter_value is not None
            else "",
        }
        look.facts({k: v for k, v in facts.items() if v}, alt=_("Facts about the visit"))
