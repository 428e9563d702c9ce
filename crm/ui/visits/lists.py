"""Visits as a technician's day, as a list, and by week."""

from __future__ import annotations

from datetime import date, timedelta

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from crm.clock import today
from crm.i18n import _, ngettext
from crm.periods import Calendar
from crm.service.visits.conflicts import USUAL_MINUTES, overlapping, span_of
from crm.service.visits.queries import Visit, day_visits, my_visits, week_visits
from crm.service.visits.visits import start_visit
from crm.ui.frame import routes
from crm.ui.frame.guard import storing
from crm.ui.kit import look, months
from crm.ui.kit.formats import day, number
from crm.ui.records.listing import show_list
from crm.ui.records.views.screen import ListScreen
from crm.ui.visits.equipment_words import coverage_tag
from crm.ui.visits.rows import plan_drawer, way_buttons
from crm.ui.visits.words import customer_words, late_tag, status_tag, until, visit_when
from crm.work import Actor, reading
from db.scope import CREATE, UPDATE

VIEW, WEEK = "work_orders_view", "work_orders_week"
DAY, LIST, WEEKS, PEOPLE = "day", "list", "week", "people"
ON = "work_orders_day"


def views() -> dict[str, str]:
    """The views by name; the address carries what people read."""
    return {DAY: _("My day list"), PEOPLE: _("By technician"), WEEKS: _("Week"), LIST: _("List")}


def show_visit_list(actor: Actor, head: DeltaGenerator) -> None:
    """Draw the list below the views, with its header in the place given."""
    show_list(actor, ListScreen("work_order", title=_("Visits")), head=head)


def show_day(actor: Actor, head: DeltaGenerator) -> None:
    """The technician's day: what is late, what is today's, what comes; made for a phone in one hand."""
    now = today()
    with reading(actor) as session:
        visits = my_visits(session, day=now)
    late = sum(1 for v in visits if v.group == "overdue")
    mine = sum(1 for v in visits if v.group == "today")
    context = ngettext("{n} visit today", "{n} visits today", mine).format(n=mine)
    if late:
        context += ", " + _("{n} late").format(n=number(late))
    _head(actor, head, f"{day(now)}. {context}.")
    if not visits:
        look.empty(
            _("Nothing planned for you"),
            _("Visits of which you are the technician stand here on their day. Plan visit makes one."),
        )
        return
    names = {"overdue": _("Late"), "today": _("Today"), "next": _("Next"), "open": _("Without a day")}
    for group, title in names.items():
        of_group = [v for v in visits if v.group == group]
        if of_group:
            look.section(title)
        for visit in of_group:
            _day_card(actor, visit, now)


def _head(actor: Actor, head: DeltaGenerator, context: str) -> None:
    with head, look.page(_("Visits"), context):
        if actor.may("work_order", CREATE) and st.button(
            _("Plan visit"), key="visits_new", type="primary", icon=":material/add:"
        ):
            plan_drawer(actor)


def _day_card(actor: Actor, visit: Visit, now: date) -> None:
    with st.container(border=True, gap="xsmall", key=f"day_visit_{visit.id}"):
        tags = [tag for tag in (late_tag(visit, today=now), coverage_tag(visit.covered)) if tag]
        if visit.status == "under_way":
            tags.insert(0, status_tag(visit.status))
        when = visit_when(visit, today=now)
        unit = "" if visit.unit in visit.title else visit.unit
        where = " · ".join(p for p in (unit, visit.address) if p)
        lines = [f"**{look.plain(when)}** {look.plain(visit.title)} :small[{' '.join(tags)}]"]
        lines += [look.quiet(line) for line in (customer_words(visit), where) if line]
        st.markdown("  \n".join(lines))
        with st.container(horizontal=True, gap="xsmall"):
            _go(actor, visit)
            way_buttons(visit)
            if st.button(_("Open"), key=f"day_open_{visit.id}", icon=":material/arrow_forward:"):
                routes.go("work_order", visit.id)


def _go(actor: Actor, visit: Visit) -> None:
    if not actor.may("work_order", UPDATE):
        return
    if visit.status == "under_way":
        if st.button(_("Finish"), key=f"day_finish_{visit.id}", icon=":material/task_alt:"):
            routes.go("work_order", visit.id)
    elif st.button(_("Start"), key=f"day_start_{visit.id}", icon=":material/play_arrow:"):
        said = _("{number} is under way.").format(number=visit.number)
        with storing(actor, said, then=lambda: routes.go("work_order", visit.id)) as work:
            start_visit(work, visit.id, seen_version=visit.version)


def shown_week(now: date, weeks: Calendar) -> date:
    """The first day of the week in the address, or of this one."""
    return weeks.week(_asked_day(WEEK, now))


def _step(first: date, days: int, name: str = WEEK) -> None:
    st.query_params[name] = (first + timedelta(days=days)).isoformat()


def _asked_day(name: str, now: date) -> date:
    try:
        return date.fromisoformat(st.query_params.get(name, ""))
    except ValueError:
        return now


def show_people(actor: Actor, head: DeltaGenerator) -> None:
    """One day of every technician: whose day is full, what overlaps, what nobody has yet."""
    now = today()
    on = _asked_day(ON, now)
    with look.toolbar():
        for days, icon, text in ((-1, "chevron_left", _("Day before")), (1, "chevron_right", _("Day after"))):
            key = f"visits_day_{days}"
            st.button("", key=key, icon=f":material/{icon}:", help=text, on_click=_step, args=(on, days, ON))
        st.markdown(f"**{look.plain(day(on) if on != now else _('Today'))}**", width="content")
    with reading(actor) as session:
        visits = day_visits(session, on=on, day=now)
    of_day = [v for v in visits if on in (v.done_on, v.planned_on) and v.owner_id is not None]
    free = [v for v in visits if v not in of_day]
    shown = ngettext("{n} visit", "{n} visits", len(of_day)).format(n=len(of_day))
    _head(actor, head, f"{day(on)}. {shown}.")
    if not visits:
        look.empty(_("Nobody has a visit on this day"), _("Plan visit makes one, for whom and when you say."))
        return
    rows = {v.owner_id: v.technician for v in sorted(of_day, key=lambda v: v.technician)}
    grid = look.wall(3)
    for owner, name in rows.items():
        theirs = [v for v in of_day if v.owner_id == owner]
        timed = [v for v in theirs if v.planned_at and v.done_on is None]
        clash = overlapping([(*span_of(v.planned_at, v.minutes), v.id) for v in timed])
        hours = sum(v.minutes or USUAL_MINUTES for v in theirs) / 60
        note = ngettext("{n} visit, {hours} h", "{n} visits, {hours} h", len(theirs))
        with grid(name, note.format(n=len(theirs), hours=number(hours, decimals=1))):
            for visit in theirs:
                _people_line(visit, now, clashes=visit.id in clash)
    if free:
        look.section(_("Nobody yet"), _("Without a technician, or without a day"))
        for visit in free:
            _people_line(visit, now, clashes=False)


def _people_line(visit: Visit, now: date, *, clashes: bool) -> None:
    at = f"{visit.planned_at:%H:%M}" if visit.planned_at else "–"
    if visit.planned_at:
        at += f"–{until(visit.planned_at, visit.minutes or USUAL_MINUTES)}"
    tags = [status_tag(visit.status)]
    if clashes:
        tags.insert(0, look.tag(_("Overlaps"), tone=look.BAD, icon="priority_high"))
    who = look.quiet(customer_words(visit))
    title = look.Marked(f"**{at}** {look.plain(visit.title)}")
    routes.link("work_order", visit.id, title, f"{who} :small[{' '.join(tags)}]")


def show_week(actor: Actor, head: DeltaGenerator) -> None:
    """Seven days side by side, with the weeks before and after."""
    now = today()
    first = shown_week(now, months.firm_calendar(actor))
    steps = ((-7, "chevron_left", _("Week before")), (7, "chevron_right", _("Week after")))
    with look.toolbar():
        for days, icon, text in steps:
            key = f"visits_week_{days}"
            st.button("", key=key, icon=f":material/{icon}:", help=text, on_click=_step, args=(first, days))
        whose = {"all": _("Everybody"), "mine": _("Mine")}
        everyone = look.switch(_("Whose"), whose, key="work_orders_whose") == "all"
        span = _("{start} to {end}").format(start=day(first), end=day(first + timedelta(days=6)))
        st.markdown(f"**{look.plain(span)}**", width="content")
    with reading(actor) as session:
        visits = week_visits(session, first=first, day=now, everyone=everyone)
    _head(
        actor,
        head,
        ngettext("{n} visit this week", "{n} visits this week", len(visits)).format(n=len(visits)),
    )
    grid = st.grid(7, min_column_width=140, gap="small", border=True)
    for offset in range(7):
        on = first + timedelta(days=offset)
        with grid.cell(), st.container(gap="xsmall"):
            here = [v for v in visits if (v.done_on or v.planned_on) == on]
            title = f"**{day(on, today=now)}**" if on != now else f"**{_('Today')}**"
            st.markdown(f"{title} {look.quiet(str(len(here)) if here else '')}")
            for visit in here:
                _week_line(visit)


def _week_line(visit: Visit) -> None:
    with st.container(gap=None):
        at = f"{visit.planned_at:%H:%M} " if visit.planned_at and visit.done_on is None else ""
        # A link would be cut off after a few letters here; a button wraps.
        if st.button(f":small[{look.plain(at + visit.title)}]", key=f"week_{visit.id}", type="tertiary"):
            routes.go("work_order", visit.id)
        said = " · ".join(p for p in (visit.organisation, visit.technician) if p)
        st.markdown(f"{look.quiet(said)} :small[{status_tag(visit.status)}]")
