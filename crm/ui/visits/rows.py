"""Visits as lines of a list, and the drawers that plan one, move one and cancel one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import streamlit as st

from crm.clock import today
from crm.errors import Refused
from crm.i18n import _
from crm.records import registry
from crm.service.visits.base import OPEN
from crm.service.visits.conflicts import USUAL_MINUTES, speaks_against
from crm.service.visits.queries import Visit, technicians
from crm.service.visits.visits import cancel_visit, plan_visit, replan_visit, set_steps
from crm.ui.frame import routes
from crm.ui.frame.guard import flash, showing_problems, storing
from crm.ui.kit import look
from crm.ui.kit.formats import day
from crm.ui.kit.inputs import FIRST_DAY, LAST_DAY, choose, input_for, read_input
from crm.ui.visits.equipment_words import coverage_tag
from crm.ui.visits.words import customer_words, status_tag, visit_when
from crm.work import Actor, reading, unit_of_work

#: Which links the planning drawer asks for, when the page does not already say them.
ASKED = ("equipment_id", "organisation_id")


def visit_line(visit: Visit, *, with_unit: bool = True) -> None:
    """One visit: when and what, whose it is, status and cover; the title opens it."""
    where = customer_words(visit) if with_unit else visit.technician
    said = " · ".join(p for p in (visit.number, visit.unit if with_unit else "", where) if p)
    late = visit.group == "overdue" and visit.status in OPEN
    tags = [look.tag(_("Late"), tone=look.BAD, icon="priority_high") if late else status_tag(visit.status)]
    if visit.status in OPEN:
        tags.append(coverage_tag(visit.covered))
    when = look.plain(visit_when(visit, today=today()))
    title = look.Marked(f"**{when}** {look.plain(visit.title)}")
    routes.link("work_order", visit.id, title, f"{look.quiet(said)} :small[{' '.join(tags)}]")


def way_buttons(visit: Visit) -> None:
    """Call the customer, and see the way there; the phone's browser offers its own map from ours.

    Two lines each, so that a thumb meets them.
    """
    if visit.phone:
        label = f"{_('Call')}  \n:small[{look.plain(visit.phone)}]"
        st.link_button(label, f"tel:{visit.phone}", icon=":material/call:", wrap=True)
    if visit.address:
        there = f"https://www.openstreetmap.org/search?query={quote(visit.address)}"
        label = f"{_('Map')}  \n:small[{_('the way')}]"
        st.link_button(label, there, icon=":material/map:", wrap=True)


def visits_card(actor: Actor, visits: Sequence[Visit], *, key: str, preset: Mapping[str, int | None]) -> None:
    """The open visits of a customer, with the way to plan one."""
    with look.card(_("Visits"), key=key):
        for visit in visits:
            visit_line(visit)
        if not visits:
            st.caption(_("No visit is planned."))
        if actor.may("work_order", "create") and st.button(
            _("Plan a visit"), key=f"{key}_plan", type="tertiary", icon=":material/event:"
        ):
            plan_drawer(actor, preset=preset)


def plan_drawer(
    actor: Actor, *, preset: Mapping[str, int | None] | None = None, title: str = "", note: str = ""
) -> None:
    """Open the drawer that plans a visit; its page opens after saving."""
    given = {name: value for name, value in (preset or {}).items() if value is not None}

    @st.dialog(_("Plan a visit"), position="right", width=440)
    def drawer() -> None:
        if note:
            st.caption(look.plain(note))
        with st.form("visit_plan", border=False):
            values = _plan_inputs(actor, given, title)
            sent = st.form_submit_button(_("Plan visit"), type="primary", icon=":material/check:")
        if not sent or _asks_again(actor, "visit_plan", values, _("Plan visit")):
            return
        with showing_problems():
            made = _plan(actor, given, values)
            flash(_("Visit {number} is planned.").format(number=made["number"]))
            routes.go("work_order", made["id"])

    drawer()


def _asks_again(
    actor: Actor, key: str, wanted: Mapping[str, Any], verb: str, order_id: int | None = None
) -> bool:
    """Tell once what speaks against day, hour and technician; a second press with the same ones goes on."""
    names = ("planned_on", "planned_at", "minutes", "owner_id")
    when = {name: wanted[name] for name in names}
    with reading(actor) as session:
        told = speaks_against(session, order_id=order_id, **when)
    seen = f"{key}_told"
    if not told or st.session_state.get(seen) == [told, when]:
        st.session_state.pop(seen, None)
        return False
    st.session_state[seen] = [told, when]
    again = _("Change it, or press {verb} once more to keep it so.").format(verb=f"“{verb}”")
    st.warning("  \n".join([*(str(look.plain(line)) for line in told), again]), icon=":material/event_busy:")
    return True


def _plan_inputs(actor: Actor, given: Mapping[str, int], title: str) -> dict[str, Any]:
    about = registry.entity("work_order")
    values: dict[str, Any] = {}
    kinds = about["kind"].names()
    values["kind"] = st.segmented_control(
        _("Kind"), list(kinds), default="repair", required=True, format_func=kinds.__getitem__, key="visit_kind",
        label_visibility="collapsed",
    )  # fmt: skip
    values["title"] = st.text_input(
        _("What is to be done?"), title, key=f"visit_title_{given.get('case_id', '')}", max_chars=500,
        placeholder=_("Blank takes the case or the unit"),
    )  # fmt: skip
    for name in ASKED:
        if name not in given and not (name == "organisation_id" and "equipment_id" in given):
            values[name] = input_for(about[name], key=f"visit_{name}", value=None, actor=actor)
    # Whoever plans is rarely whoever drives, so nobody is chosen beforehand.
    nobody = {"planned_on": today(), "planned_at": None, "minutes": None, "owner_id": None}
    values |= _when_and_who(actor, nobody, "visit")
    values["checklist"] = _steps("visit_steps", "", height=90)
    return values


def _steps(key: str, text: str, *, height: int) -> list[str]:
    hint = _("For example: look at the seals")
    entered = st.text_area(_("Steps, one a line"), text, key=key, height=height, placeholder=hint)
    return (entered or "").split("\n")


def _when_and_who(actor: Actor, order: Mapping[str, Any], key: str) -> dict[str, Any]:
    """The inputs for day, time, duration and technician of a visit, with what is planned in them."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        planned_on = st.date_input(
            _("Day"), value=order["planned_on"], min_value=FIRST_DAY, max_value=LAST_DAY, key=f"{key}_day",
            format="YYYY-MM-DD", width=150,
        )  # fmt: skip
        planned_at = st.time_input(_("Time"), value=order["planned_at"], key=f"{key}_time", width=110)
        minutes = st.number_input(
            _("Minutes"), value=order["minutes"], min_value=5, max_value=10_000, step=15, key=f"{key}_minutes",
            width=110, placeholder=str(USUAL_MINUTES),
        )  # fmt: skip
    owner = _technician(actor, order["owner_id"], f"{key}_owner")
    return {"planned_on": planned_on, "planned_at": planned_at, "minutes": minutes, "owner_id": owner}


def _technician(actor: Actor, current: int | None, key: str) -> int | None:
    with reading(actor) as session:
        people = technicians(session)
    chosen: int | None = choose(_("Technician"), people, current, placeholder=_("Nobody yet"), key=key)
    return chosen


def _plan(actor: Actor, given: Mapping[str, int], values: dict[str, Any]) -> dict[str, Any]:
    about = registry.entity("work_order")
    for name in values.keys() & {*ASKED}:
        values[name], problem = read_input(about[name], values[name], actor=actor)
        if problem is not None:
            raise Refused(problem.message, problems=[problem])
    if values["owner_id"] is None and actor.teams:
        # Nobody's, not the planner's: whoever of the team is free takes it.
        values["team_id"] = actor.teams[0]
    with unit_of_work(actor) as work:
        return plan_visit(work, **{**given, **values})


def replan_drawer(actor: Actor, order: Mapping[str, Any]) -> None:
    """Open the drawer with day, time and technician of a visit."""

    @st.dialog(_("Move the visit"), position="right", width=440)
    def drawer() -> None:
        key = f"visit_move_{order['id']}_{order['version']}"
        with st.form(key, border=False):
            wanted = _when_and_who(actor, order, key)
            sent = st.form_submit_button(_("Move"), type="primary", icon=":material/check:")
        if sent and not _asks_again(actor, key, wanted, _("Move"), order["id"]):
            on = wanted["planned_on"]
            said = _("Planned for {day}.").format(day=day(on)) if on else _("It has no day now.")
            with storing(actor, said) as work:
                replan_visit(work, order["id"], seen_version=order["version"], **wanted)

    drawer()


def steps_drawer(actor: Actor, order: Mapping[str, Any]) -> None:
    """Open the drawer with the steps of a visit, one a line."""

    @st.dialog(_("Steps"), position="right", width=440)
    def drawer() -> None:
        key = f"visit_steps_{order['id']}_{order['version']}"
        with st.form(key, border=False):
            steps = _steps(f"{key}_text", "\n".join(step["text"] for step in order["checklist"]), height=240)
            st.caption(_("A step whose words stay keeps its tick."))
            sent = st.form_submit_button(_("Save"), type="primary", icon=":material/check:")
        if sent:
            with storing(actor, _("The steps are stored.")) as work:
                set_steps(work, order["id"], steps, seen_version=order["version"])

    drawer()


def cancel_drawer(actor: Actor, order: Mapping[str, Any]) -> None:
    """Ask why a visit does not take place, then cancel it."""

    @st.dialog(_("Cancel {number}?").format(number=order["number"]))
    def dialog() -> None:
        st.caption(_("It stays in the history as cancelled. Reopen takes this back."))
        reason = st.text_input(_("Why?"), key=f"visit_cancel_{order['id']}", max_chars=500)
        if st.button(_("Cancel the visit"), type="primary", key="visit_cancel_yes"):
            with storing(actor, _("{number} is cancelled.").format(number=order["number"])) as work:
                cancel_visit(work, order["id"], seen_version=order["version"], reason=reason or "")

    dialog()
