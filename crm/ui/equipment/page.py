"""The page of a unit: covered or not at once, then what is agreed, what happened, what is next."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from crm.clock import here, now, today, zone
from crm.i18n import _, ngettext
from crm.records import registry
from crm.service.cases.queries import cases_of_unit
from crm.service.equipment.coverage_rules import ContractFacts, covers_words
from crm.service.equipment.equipment_queries import (
    UnitPage,
    plan_words,
    unit_page,
)
from crm.service.equipment.history import Step, unit_history, unit_parts
from crm.service.visits.queries import visits_of_unit
from crm.ui.cases.words import priority_tag, status_tag
from crm.ui.equipment.drawers import meter_drawer
from crm.ui.equipment.lists import open_contract, open_plan
from crm.ui.equipment.wear import show_unit_wear
from crm.ui.frame import routes
from crm.ui.kit import look
from crm.ui.kit.formats import day, moment, number
from crm.ui.records import facts
from crm.ui.records.drawers import new_record
from crm.ui.records.record_page import Tab, counted, record_body, record_header
from crm.ui.records.timeline import show_timeline
from crm.ui.visits.equipment_words import coverage_tag, day_or_dash, meter_words, until_words
from crm.ui.visits.rows import plan_drawer, visit_line
from crm.work import Actor, reading
from db.scope import CREATE, READ

ICONS = {
    "visit": ":material/home_repair_service:",
    "case": ":material/support_agent:",
    "failure": ":material/report:",
    "part": ":material/build:",
    "message": ":material/notifications:",
    "meter": ":material/speed:",
}
FACTS = (
    "product_id", "serial", "place", "status", "installed_on", "age_years", "retired_on", "warranty_covers", "owner_id",
    "team_id",
)  # fmt: skip
HISTORY_STEPS = 60
#: What a case about the unit takes over.
OF_CASE = ("organisation_id", "contact_id", "product_id")


def show_unit(actor: Actor, equipment_id: int) -> None:
    """Draw the whole page."""
    with reading(actor) as session:
        page = unit_page(session, equipment_id, on=today())
    view, values = page.view, page.view.values
    tags = [coverage_tag(page.covered)]
    if values["status"] != "in_use":
        tags.append(look.tag(registry.word("equipment", "status", values["status"])))
    where = " · ".join(p for p in (view.titles.get("organisation_id", ""), values["place"] or "") if p)
    record_header(
        actor,
        view,
        context=where or _("No customer yet"),
        tags=tags,
        more=_more(actor, page),
        primary=lambda: _primary(actor, page),
    )
    beside = [partial(_customer, page), partial(facts.about_card, view, FACTS)]
    record_body(_tabs(actor, page), beside, figures=_strip(page))


def _primary(actor: Actor, page: UnitPage) -> None:
    if actor.may("work_order", CREATE) and st.button(
        _("Plan visit"), key="unit_plan", type="primary", icon=":material/event:"
    ):
        plan_drawer(actor, preset={"equipment_id": page.view.id})


def _more(actor: Actor, page: UnitPage) -> dict[str, Callable[[], None]]:
    values, unit = page.view.values, {"equipment_id": page.view.id}
    given = {
        "case": {"kind": "fault", **{name: values[name] for name in OF_CASE}},
        "contract": {"organisation_id": values["organisation_id"], "starts_on": today()},
        "maintenance_plan": {"lead_days": 14, "is_active": True},
    }

    def new(entity: str) -> Callable[[], None]:
        return lambda: new_record(actor, entity, preset=given[entity] | unit)

    entries: dict[str, Callable[[], None]] = {}
    if actor.may("case", CREATE):
        entries[_("New case")] = new("case")
    if page.view.may_change:
        entries[_("Read the meter")] = lambda: meter_drawer(actor, page)
    if actor.may("equipment", CREATE):
        entries[_("New contract")] = new("contract")
    if actor.may("work_order", CREATE):
        entries[_("New maintenance plan")] = new("maintenance_plan")
    return entries


def _strip(page: UnitPage) -> list[look.Explained]:
    values, now_day = page.view.values, today()
    there = {"id": str(page.view.id)}
    until = values["warranty_until"]
    running = next((c for c in page.contracts if c.id == page.covered.contract_id), None)
    warranty = look.Explained(
        _("Warranty"),
        day_or_dash(until),
        until_words(until, today=now_day) if until else "",
        tone=look.GOOD if page.covered.state == "warranty" else look.QUIET,
        formula=page.covered.reason,
    )
    contract = look.Explained(
        _("Contract"),
        running.name if running else _("None"),
        until_words(running.ends_on, today=now_day) if running else "",
        tone=look.GOOD if running else look.QUIET,
        formula=_(
            "The contract in force today; one for the unit goes before one for the whole organisation."
        ),
        n=len(page.contracts),
        n_text=ngettext("{n} contract known", "{n} contracts known", len(page.contracts)).format(
            n=len(page.contracts)
        ),
    )
    return [warranty, contract, _meter_kpi(page), _open_kpi(page, there)]


def _meter_kpi(page: UnitPage) -> look.Explained:
    values = page.view.values
    # An imported unit may have readings and no value of its own.
    last_at, last = page.readings[-1] if page.readings else (values["meter_at"], values["meter_value"])
    read = here(last_at).date() if last_at else None
    rate = page.usage.per_day if page.usage else None
    change = _("about {n} a day").format(n=number(rate, decimals=0 if rate >= 10 else 1)) if rate else ""
    formula = _(
        "The newest reading. The rate is the growth from the first reading of the last 365 days to the newest one, over the "
        "days between them; after a new meter only what follows it counts."
    )
    return look.Explained(
        _("Meter"),
        meter_words(last, values["meter_unit"] or ""),
        change,
        formula=formula,
        n=len(page.readings),
        n_text=ngettext("{n} reading", "{n} readings", len(page.readings)).format(n=len(page.readings)),
        as_of=day(read) if read else "",
    )


def _open_kpi(page: UnitPage, there: dict[str, str]) -> look.Explained:
    n = page.cases_open
    late = page.next_visit_on is not None and page.next_visit_on < today()
    visit = _("visit {day}").format(day=day(page.next_visit_on, today=today())) if page.next_visit_on else ""
    return look.Explained(
        _("Open cases"),
        number(n),
        visit or _("no visit planned"),
        tone=look.BAD if late else look.QUIET,
        formula=_(
            "Cases about this unit that are not resolved, closed or merged, and the day of its next open visit."
        ),
        n=page.cases_all,
        n_text=ngettext("{n} case in all", "{n} cases in all", page.cases_all).format(n=page.cases_all),
        records=routes.page("equipment"),
        query={**there, "tab": "cases"},
    )


def _tabs(actor: Actor, page: UnitPage) -> dict[str, Tab]:
    tabs: dict[str, Tab] = {
        "overview": (_("Overview"), partial(_overview, actor, page)),
        "history": (_("History"), partial(_history, actor, page)),
    }
    if actor.may("case", READ):
        tabs["cases"] = (counted(_("Cases"), page.cases_all), partial(_cases, actor, page))
    if actor.may("work_order", READ):
        tabs["visits"] = (counted(_("Visits"), page.visits_all), partial(_visits, actor, page))
    tabs["parts"] = (counted(_("Parts"), page.parts), partial(_parts, actor, page))
    tabs["changes"] = (_("Changes"), partial(show_timeline, actor, page.view))
    return tabs


def _overview(actor: Actor, page: UnitPage) -> None:
    with look.card(_("Is it covered?"), key="unit_covered"):
        st.markdown(f"{coverage_tag(page.covered)} {look.plain(page.covered.reason)}")
        for contract in page.contracts[:5]:
            _contract_line(actor, contract)
    if page.plans or actor.may("work_order", CREATE):
        with look.card(
            _("What returns?"), _("Maintenance by time or by use, whichever comes first"), key="unit_plans"
        ):
            for plan in page.plans:
                with look.row():
                    look.two_lines(plan.name, why=plan_words(plan, page.view.values["meter_unit"] or ""))
                    if st.button(_("Open"), key=f"unit_plan_{plan.id}", type="tertiary"):
                        open_plan(actor, plan.id)
            if not page.plans:
                st.caption(_("No maintenance plan. New maintenance plan under More makes one."))
    show_unit_wear(actor, page.view.id)


def _contract_line(actor: Actor, contract: ContractFacts) -> None:
    ends = _("to {day}").format(day=day(contract.ends_on)) if contract.ends_on else _("without an end")
    whose = "" if contract.for_unit else _("for the whole organisation")
    covers = covers_words(contract.covers or ("parts", "labour", "travel"))
    said = " · ".join(
        p for p in (_("{start} {ends}").format(start=day(contract.starts_on), ends=ends), covers, whose) if p
    )
    with look.row():
        look.two_lines(contract.name, contract.number, said)
        if st.button(_("Open"), key=f"unit_contract_{contract.id}", type="tertiary"):
            open_contract(actor, contract.id)


def _history(actor: Actor, page: UnitPage) -> None:
    with reading(actor) as session:
        steps = unit_history(session, page.view.id, limit=HISTORY_STEPS)
    if not steps:
        st.caption(_("Nothing happened yet."))
    for step in steps:
        when = moment(step.at, now=now(), zone=zone())
        label = f"**{look.plain(step.title)}** :small[:gray[{look.plain(when)}]]"
        with st.expander(label, icon=ICONS[step.kind], type="step", expanded=True):
            _step_body(step)
    begun = page.view.values["installed_on"]
    if steps and begun is not None:
        st.expander(
            f"**{look.plain(_('Installed'))}** :small[:gray[{day(begun)}]]",
            icon=":material/flag:",
            type="step",
        )


def _step_body(step: Step) -> None:
    if not step.page:
        if step.text:
            st.caption(look.plain(step.text))
        return
    with look.row():
        st.markdown(look.quiet(step.text), width="stretch")
        key = f"unit_step_{step.page}_{step.record_id}"
        if st.button(
            "",
            key=key,
            icon=":material/arrow_forward:",
            type="tertiary",
            help=_("Open {title}").format(title=step.title),
        ):
            routes.go(step.page, step.record_id)


def _cases(actor: Actor, page: UnitPage) -> None:
    with reading(actor) as session:
        lines = cases_of_unit(session, page.view.id)
    if not lines:
        st.caption(_("No case is about this unit. New case under More opens one."))
    for line in lines:
        opened = moment(line.opened_at, now=now(), zone=zone())
        said = " · ".join(p for p in (line.number, opened, line.fault_code) if p)
        tags = f":small[{status_tag(line.status)} {priority_tag(line.priority)}]"
        routes.link("case", line.id, line.subject, f"{look.quiet(said)} {tags}")


def _visits(actor: Actor, page: UnitPage) -> None:
    with reading(actor) as session:
        visits = visits_of_unit(session, page.view.id, day=today())
    if not visits:
        st.caption(_("No visit yet. Plan visit makes the first one."))
    for visit in visits:
        visit_line(visit, with_unit=False)


def _parts(actor: Actor, page: UnitPage) -> None:
    with reading(actor) as session:
        lines = unit_parts(session, page.view.id)
    if not lines:
        st.caption(_("No part was changed or has failed yet. Finishing a visit writes down what was put in."))
        return
    st.table(
        {
            _("Part"): [look.plain(p.part or _("The unit")) for p in lines],
            _("Changed"): [number(p.changes) for p in lines],
            _("Last changed"): [day(here(p.last_changed).date()) if p.last_changed else "–" for p in lines],
            _("Failed"): [number(p.failures) for p in lines],
            _("Last failed"): [day(here(p.last_failed).date()) if p.last_failed else "–" for p in lines],
        },
        border="horizontal",
        alt=_("Parts of {name}: how often they were changed and how often they failed").format(
            name=page.view.title
        ),
    )


def _customer(page: UnitPage) -> None:
    values, titles = page.view.values, page.view.titles
    with look.card(_("Customer"), key="unit_customer"):
        found = False
        for name in ("organisation", "contact"):
            if title := titles.get(f"{name}_id"):
                found = True
                routes.link(name, values[f"{name}_id"], title)
        if values["place"]:
            st.markdown(f":small[:material/location_on: {look.plain(values['place'])}]")
        if not found:
            st.caption(_("No customer yet. Edit adds one."))
