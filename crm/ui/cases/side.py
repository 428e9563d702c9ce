"""Beside the thread of a case: the machine, the customer, the case itself, what is planned, what was seen before."""

from __future__ import annotations

import streamlit as st

from crm.clock import here, now, today
from crm.i18n import N_, _, ngettext
from crm.records import registry
from crm.service.cases.find import status_word
from crm.service.cases.queries import CaseLine, CaseView, Move
from crm.ui.cases.words import moment_words
from crm.ui.frame import routes
from crm.ui.kit import look
from crm.ui.kit.formats import day, number
from crm.ui.records import facts, timeline
from crm.ui.records.quick import log_drawer
from crm.ui.records.to_do import show_tasks
from crm.work import Actor
from db.actor import CREATE

COVER_WORDS = {"parts": N_("Parts"), "labour": N_("Labour"), "travel": N_("Travel")}


def show_machine(view: CaseView) -> None:
    """The unit and whether it is covered."""
    record, unit = view.record, view.unit
    if record["equipment_id"] is None:
        if product := view.name_of("product_id"):
            with look.card(_("Product")):
                routes.link("product", record["product_id"], product)
        return
    with look.card(_("Machine"), key="case_machine"):
        name = view.name_of("equipment_id") or _("A unit you may not see")
        routes.link("equipment", record["equipment_id"], name)
        meter = (
            f", {number(unit['meter_value'])} {unit['meter_unit'] or ''}".rstrip()
            if unit["meter_value"] is not None
            else ""
        )
        pairs = {
            _("Model"): view.name_of("product_id"),
            _("Serial"): unit["serial"] or "",
            _("Installed"): day(unit["installed_on"]) + meter if unit["installed_on"] else meter.lstrip(", "),
            _("Place"): unit["place"] or "",
        }
        if view.coverage is not None:
            pairs[_("Covered")] = _covered(view)
        look.facts({n: t for n, t in pairs.items() if t}, alt=_("Facts of the machine"))
        if view.coverage is not None:
            st.markdown(look.quiet(view.coverage.reason))


def _covered(view: CaseView) -> look.Marked:
    assert view.coverage is not None
    if not view.coverage.is_covered:
        return look.tag(_("Not covered"), tone=look.BAD, icon="priority_high")
    return look.Marked(
        " ".join(
            look.tag(_(COVER_WORDS.get(c, c)), tone=look.GOOD, icon="check") for c in view.coverage.covers
        )
    )


def show_customer(view: CaseView) -> None:
    """Who it is, how to reach them, and how much else is open."""
    contact = view.contact
    with look.card(_("Customer"), key="case_customer"):
        named = {name: view.name_of(f"{name}_id") for name in ("organisation", "contact")}
        for name, title in named.items():
            if title:
                routes.link(name, view.record[f"{name}_id"], title)
        ways = (("mailto", contact["email"]), ("tel", contact["phone"]))
        reach = [look.link(value, f"{way}:{value}") for way, value in ways if value]
        if said := [r for r in (look.plain(contact["job_title"] or ""), *reach) if r]:
            st.markdown(f":small[{' · '.join(said)}]")
        if not any(named.values()):
            st.caption(_("Nobody is named yet. Edit the case to choose a contact."))
            return
        st.markdown(look.quiet(_others_line(view)))


def _others_line(view: CaseView) -> str:
    other = ngettext("{n} other open case", "{n} other open cases", view.open_cases).format(n=view.open_cases)
    solved = _("{n} solved this year").format(n=view.solved_this_year)
    return f"{other}, {solved}"


def show_facts(view: CaseView) -> None:
    """What else is known of the case, and the customer's answer."""
    record, about = view.record, registry.entity("case")
    degrees = (facts.fact(view.about, about["impact"]), facts.fact(view.about, about["urgency"]).lower())
    pairs = {
        **facts.facts_of(view.about, ("queue_id", "owner_id", "team_id", "kind", "origin")),
        _("Impact, urgency"): ", ".join(degrees),
        **facts.facts_of(view.about, ("fault_code",)),
    }
    if again := record["reopened"]:
        pairs[_("Reopened")] = ngettext("{n} time", "{n} times", again).format(n=again)
    with look.card(_("Case")):
        look.facts(pairs, alt=_("Facts of the case"))
        if record["resolution"]:
            st.markdown(f"**{look.plain(_('Resolution'))}**")
            st.caption(look.as_typed(record["resolution"]))
        if record["satisfaction"]:
            stars = "★" * record["satisfaction"] + "☆" * (5 - record["satisfaction"])
            st.markdown(f"**{look.plain(_('The customer says'))}** {stars}")
            if record["satisfaction_note"]:
                st.caption(look.plain(record["satisfaction_note"]))


def show_work(actor: Actor, view: CaseView) -> None:
    """Visits and open tasks; nothing when there are none."""
    if not view.visits and not view.tasks:
        return
    with look.card(_("What is planned"), key="case_work"):
        for visit in view.visits:
            when = day(visit.planned_on, today=today()) if visit.planned_on else _("no day yet")
            routes.link("work_order", visit.id, f"{visit.number} {visit.title}")
            st.markdown(look.quiet(f"{registry.word('work_order', 'status', visit.status).lower()}, {when}"))
        if view.tasks:
            show_tasks(actor, view.tasks, links=links_of(view))


def links_of(view: CaseView) -> dict[str, int | None]:
    """What a talk or task written down on the case's page belongs to."""
    return {"case_id": view.record["id"]} | {n: view.record[n] for n in ("contact_id", "organisation_id")}


def show_talks(actor: Actor, view: CaseView) -> None:
    """Talks about the case, the newest first, and the way to write one down."""
    with look.card(_("Talks"), key="case_talks"):
        timeline.show_talks(actor, view.talks, registry.entity("case"), key="case")
        if actor.may("interaction", CREATE) and st.button(
            _("Log a talk"), key="case_log", icon=":material/edit_note:"
        ):
            log_drawer(actor, preset=links_of(view))


def show_seen_before(view: CaseView) -> None:
    """Other cases of the same unit and customer, with how they were solved."""
    with look.card(_("Seen before"), _("Same unit first, then same customer")):
        if not view.seen_before:
            st.caption(_("The first case of this unit and customer."))
        for other in view.seen_before:
            # A link to another case would be drawn as the page that is open.
            with st.container(gap=None):
                if st.button(
                    look.plain(f"{other.number} {other.subject}"),
                    key=f"case_seen_{other.id}",
                    type="tertiary",
                    icon=":material/support_agent:",
                ):
                    routes.go("case", other.id)
                st.markdown(look.quiet(_other_line(other)))


def _other_line(other: CaseLine) -> str:
    same = _("same unit") if other.same_unit else ""
    opened = day(here(other.opened_at).date(), today=today())
    grey = " · ".join(p for p in (same, status_word(other.status).lower(), opened) if p)
    first = other.resolution.strip().split("\n")[0][:120]
    return f"{grey}: {first}" if first else grey


def show_way(view: CaseView) -> None:
    """Every change of status, the newest first."""
    with look.card(_("Its way")):
        said = []
        for step in view.moves:
            when = f"{moment_words(step.at, now=now())}, {step.who or _('Rapport')}"
            said.append(f":small[{look.plain(status_word(step.after))}] {look.quiet(when)}")
        st.markdown("  \n".join(said))
    if view.steps:
        with look.card(_("Steps in another program")):
            lines = (f":small[{look.plain(s.after)}] {look.quiet(_when(s))}" for s in view.steps)
            st.markdown("  \n".join(lines))


def _when(step: Move) -> str:
    return ", ".join(filter(None, (moment_words(step.at, now=now()), step.who)))
