"""Settings of service: what is promised to whom, the hours in which the time runs, and the queues of cases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import streamlit as st
from babel import Locale

from crm import clock
from crm.clock import today, zones
from crm.errors import Refused
from crm.i18n import _, language
from crm.records import registry
from crm.service.defaults import OFFICE
from crm.service.levels.level_settings import (
    CalendarForm,
    PolicyForm,
    QueueForm,
    ServiceSetup,
    hours_text,
    make_default,
    next_holidays,
    read_setup,
    save_calendar,
    save_policy,
    save_queue,
    weekday_names,
)
from crm.service.levels.working_time_rules import in_words, known_countries, parse_hours
from crm.service.visits.mail import VisitMail, set_visit_mail, visit_mail
from crm.ui.frame.guard import showing_problems, storing
from crm.ui.kit import formats, look
from crm.ui.kit.inputs import choose, input_for, link_options, read_input
from crm.work import Actor, Work, reading
from db.models.service.cases import CASE_PRIORITIES


def show_service(actor: Actor) -> None:
    """Promises, calendars and queues, one of them at a time."""
    part = look.switch(
        _("What"),
        {
            "promises": _("Promises"),
            "calendars": _("Working hours"),
            "queues": _("Queues"),
            "visits": _("Visits"),
        },
        key="settings_service",
    )
    with reading(actor) as session:
        setup = read_setup(session)
        mails = visit_mail(session)
    if part == "visits":
        _visits(actor, mails)
        return
    {"promises": _policies, "calendars": _calendars, "queues": _queues}[part](actor, setup)


def _visits(actor: Actor, seen: VisitMail) -> None:
    st.caption(_("Whoever plans, moves or cancels a visit is not written to about it."))
    with st.form("settings_visits", border=False):
        technicians = st.toggle(
            _("Tell the technician by mail when a visit is planned, moved or cancelled"),
            seen.technicians, key="settings_visits_technicians",
        )  # fmt: skip
        customers = st.toggle(
            _("Tell the customer's contact, too"), seen.customers, key="settings_visits_customers",
            help=_("Only visits that have a day, and contacts whose address takes mail."),
        )  # fmt: skip
        sent = st.form_submit_button(_("Save"))
    if sent:
        with storing(actor, _("Kept: who is told of visits.")) as work:
            set_visit_mail(work, VisitMail(technicians, customers))


def _policies(actor: Actor, setup: ServiceSetup) -> None:
    st.caption(
        _(
            "The most particular promise holds: for a customer and a priority, for the customer, for the priority, for all. "
            "A change holds for cases that are opened from now on, or change their priority."
        )
    )
    calendars = {c.id: c.name for c in setup.calendars if c.id is not None}
    if not calendars:
        look.empty(
            _("No working hours yet"), _("A promise counts in the hours of a calendar. Make one first.")
        )
        return
    blank = PolicyForm(None, "", next(iter(calendars)), response_minutes=240, resolution_minutes=1440)
    for form in (*setup.policies, blank):
        with st.expander(_policy_title(form, calendars), icon=_mark(form.is_active, form.id)):
            _policy(actor, form, calendars)


def _mark(active: bool, row_id: int | None) -> str:
    if row_id is None:
        return ":material/add:"
    return ":material/check_circle:" if active else ":material/do_not_disturb_on:"


def _policy_title(form: PolicyForm, calendars: dict[int, str]) -> str:
    if form.id is None:
        return _("New promise")
    words = [form.name]
    if form.response_minutes is not None:
        words.append(_("answer in {time}").format(time=in_words(form.response_minutes)))
    if form.resolution_minutes is not None:
        words.append(_("solved in {time}").format(time=in_words(form.resolution_minutes)))
    words.append(calendars.get(form.calendar_id or 0, ""))
    return str(look.plain(" · ".join(words)))


def _policy(actor: Actor, seen: PolicyForm, calendars: dict[int, str]) -> None:
    key = f"settings_policy_{seen.id or 'new'}_{seen.version or 0}"
    priorities = {value: _(label) for value, label in CASE_PRIORITIES}
    people = link_options(actor, "user", current=seen.escalate_to_id)
    customer = registry.entity("case")["organisation_id"]
    with st.form(key, border=False):
        name = st.text_input(_("Name"), seen.name, key=f"{key}_name", max_chars=200)
        left, right = st.columns(2)
        with left:
            priority = choose(
                _("Priority"), priorities, seen.priority, placeholder=_("All"), key=f"{key}_priority"
            )
        with right:
            organisation = input_for(
                customer, key=f"{key}_organisation", value=seen.organisation_id, actor=actor, currency=""
            )
        response = left.number_input(
            _("First answer within (working hours)"), 0.0, 8760.0, _hours(seen.response_minutes), 0.25,
            key=f"{key}_response", help=_("Empty: no answer is promised."),
        )  # fmt: skip
        resolution = right.number_input(
            _("Solved within (working hours)"), 0.0, 8760.0, _hours(seen.resolution_minutes), 0.5,
            key=f"{key}_resolution", help=_("Empty: no solution is promised."),
        )  # fmt: skip
        with left:
            calendar = choose(_("Hours of"), calendars, seen.calendar_id, key=f"{key}_calendar")
        warn = right.number_input(
            _("Warn the owner after (% of the time)"),
            5,
            100,
            round(seen.warn_share * 100),
            5,
            key=f"{key}_warn",
        )
        with left:
            person = choose(
                _("When broken, a task for"),
                people,
                seen.escalate_to_id,
                placeholder=_("Nobody"),
                key=f"{key}_person",
            )
        active = st.toggle(_("In use"), seen.is_active, key=f"{key}_active")
        sent = st.form_submit_button(_("Save promise"), type="primary" if seen.id is None else "secondary")
    if sent:
        with showing_problems():
            customer_id, problem = read_input(customer, organisation, actor=actor, currency="")
            if problem is not None:
                raise Refused(problem.message, problems=[problem])
            form = PolicyForm(
                seen.id, name, calendar, priority, customer_id, _minutes(response), _minutes(resolution),
                warn / 100, person, active, seen.version,
            )  # fmt: skip
            _save(actor, lambda work: save_policy(work, form), name)


def _hours(minutes: int | None) -> float | None:
    return None if minutes is None else minutes / 60


def _minutes(hours: float | None) -> int | None:
    return None if hours is None else round(hours * 60)


def _save(actor: Actor, store: Callable[[Work], object], name: str) -> None:
    with storing(actor, _("“{name}” is stored.").format(name=name.strip())) as work:
        store(work)


def _calendars(actor: Actor, setup: ServiceSetup) -> None:
    st.caption(
        _(
            "Time runs only in these hours. Holidays and closed days count as closed; times already promised stay."
        )
    )
    texts = tuple(hours_text(intervals) for intervals in parse_hours(OFFICE))
    blank = CalendarForm(None, "", clock.time_zone(), texts)
    for at, form in enumerate((*setup.calendars, blank)):
        title = str(look.plain(form.name)) if form.id is not None else _("New calendar")
        if at == 0 and form.id is not None:
            title = _("{name}, the usual one").format(name=title)
        with st.expander(title, icon=_mark(True, form.id), expanded=at == 0 and form.id is not None):
            _calendar(actor, form, usual=at == 0)


def _calendar(actor: Actor, seen: CalendarForm, *, usual: bool) -> None:
    key = f"settings_calendar_{seen.id or 'new'}_{seen.version or 0}"
    name = st.text_input(_("Name"), seen.name, key=f"{key}_name", max_chars=200)
    names = {name: name for name in sorted(zones())}
    zone = choose(_("Time zone"), names, seen.time_zone, key=f"{key}_zone")
    with st.container(gap="xsmall"):
        st.markdown(f"**{_('Hours')}**")
        st.caption(_("Like 08:00–12:00, 13:00–17:00. Empty is closed, 00:00–24:00 is around the clock."))
        hours = tuple(
            _weekday(day, seen.hours[at], f"{key}_day{at}") for at, day in enumerate(weekday_names())
        )
    left, right = st.columns(2)
    territories = Locale.parse(language()).territories
    names = {code: f"{territories.get(code, code)} ({code})" for code in known_countries()}
    by_name = dict(sorted(names.items(), key=lambda pair: pair[1]))
    with left:
        country = choose(
            _("Public holidays of"), by_name, seen.country, placeholder=_("None"), key=f"{key}_country"
        )
    parts = {part: part for part in known_countries().get(country or "", ())}
    with right:
        subdivision = choose(
            _("Part of the country"),
            parts,
            seen.subdivision,
            placeholder=_("Everywhere"),
            disabled=not parts,
            key=f"{key}_part_{country}",
        )
    _preview(country, subdivision)
    closed = st.multiselect(
        _("Own closed days"), list(seen.closed), list(seen.closed), accept_new_options=True,
        placeholder=_("Type a day like 2026-12-24 and press Enter"), key=f"{key}_closed",
    )  # fmt: skip
    with st.container(horizontal=True):
        kind: Literal["primary", "secondary"] = "primary" if usual else "secondary"
        if st.button(_("Save calendar"), type=kind, key=f"{key}_save"):
            form = CalendarForm(
                seen.id, name, zone or "", hours, country, subdivision, tuple(closed), seen.version
            )
            _save(actor, lambda work: save_calendar(work, form), name)
        if seen.id is not None and not usual and st.button(_("Make it the usual one"), key=f"{key}_usual"):
            row_id = seen.id
            _save(actor, lambda work: make_default(work, row_id), name)


def _weekday(day: str, text: str, key: str) -> str:
    with look.row():
        st.markdown(day, width=110)
        return st.text_input(day, text, key=key, label_visibility="collapsed", max_chars=200)


def _preview(country: str | None, subdivision: str | None) -> None:
    days = next_holidays(country, subdivision, today())
    if days:
        names = weekday_names()
        st.caption(_("The next holidays:"))
        look.lines(*(f"{names[day.weekday()]}, {formats.day(day)}: {name}" for day, name in days))


def _queues(actor: Actor, setup: ServiceSetup) -> None:
    st.caption(
        _("New cases wait in a queue until somebody takes them. The queue of a team is shown to the team.")
    )
    for seen in (*setup.queues, QueueForm(None, "")):
        title = str(look.plain(seen.name)) if seen.id is not None else _("New queue")
        with st.expander(title, icon=_mark(seen.is_active, seen.id)):
            _queue(actor, seen)


def _queue(actor: Actor, seen: QueueForm) -> None:
    key = f"settings_queue_{seen.id or 'new'}_{seen.version or 0}"
    teams = link_options(actor, "team", current=seen.team_id)
    with st.form(key, border=False):
        name = st.text_input(_("Name"), seen.name, key=f"{key}_name", max_chars=200)
        team = choose(_("Team"), teams, seen.team_id, placeholder=_("Everybody"), key=f"{key}_team")
        active = st.toggle(_("In use"), seen.is_active, key=f"{key}_active")
        sent = st.form_submit_button(_("Save queue"))
    if sent:
        form = QueueForm(seen.id, name, team, active, seen.version)
        _save(actor, lambda work: save_queue(work, form), name)
