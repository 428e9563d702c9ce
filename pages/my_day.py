"""My day: what is due, what to move, how the month goes, what changed; write down a talk."""

import streamlit as st

from crm.clock import here, now, today
from crm.i18n import _, ngettext
from crm.interactions.my_day import due_tasks, news, open_tasks_count
from crm.mail.inbox.queries import answers_to_decide
from crm.pipeline.my_day import deals_to_move, monthly_goal
from crm.records.lists import has_any
from crm.service.cases.board import my_queue
from crm.service.cases.news import unread
from crm.service.visits.proposals import proposals
from crm.service.visits.queries import my_visits
from crm.ui.frame.guard import current_actor, flash
from crm.ui.kit import look
from crm.ui.kit.formats import day
from crm.ui.my_day.cards import deals_card, goal_card, news_card, tasks_card
from crm.ui.my_day.service import cases_card, held_card, proposals_card, visits_card
from crm.ui.my_day.start import first_steps
from crm.ui.records.quick import talk_form, task_drawer
from crm.work import reading

actor = current_actor()

with reading(actor) as session:
    tasks, count, late = due_tasks(session, today=today())
    owed = open_tasks_count(session)
    deals = deals_to_move(session, today=today(), now=now())
    goal = monthly_goal(session, today=today())
    cases = my_queue(session, now(), limit=6) if actor.may("case", "read") else []
    fresh = {one.case_id: one.what for one in unread(session, now())} if cases else {}
    visits = my_visits(session, day=today())[:6] if actor.may("work_order", "read") else []
    sells = bool(deals or goal.deals or goal.target_minor is not None)
    mine = [one for one in cases if one.owner_id == actor.user_id]
    if sells:
        cases = mine
    # Who neither sells nor serves is shown what the people they lead have to do.
    if everyone := not (sells or mine or visits):
        deals = deals_to_move(session, today=today(), now=now(), everyone=True)
        goal = monthly_goal(session, today=today(), everyone=True)
    there_are = bool(deals) or has_any(session, "deal")
    changed = news(session, now=now())
    held, waiting = answers_to_decide(session, limit=5)
    breaking = proposals(session, actor=actor, today=today())

hour = here(now()).hour
greeting = _("Good morning") if hour < 12 else _("Good afternoon") if hour < 18 else _("Good evening")
context = ngettext("{n} task this week", "{n} tasks this week", count).format(n=count)
if late:
    context += ", " + ngettext("{n} of them late", "{n} of them late", late).format(n=late)
with look.page(f"{greeting}, {actor.name.split()[0]}", f"{day(today())}. {context}."):
    if actor.may("task", "create") and st.button(
        _("New task"), icon=":material/add:", type="primary", key="my_day_new"
    ):
        task_drawer(actor)

# Rows of cards, not two long columns: on a phone they then stack in order of importance.
card = look.wall(3, width=300)
first_steps(actor, card)


def quick_log() -> None:
    """Write down a talk without leaving the page."""
    with card(_("Quick log")):
        written = talk_form(actor, key="my_day_talk")
    if written:
        flash(_("Written down."))
        st.rerun()


with card(_("This week"), span=2):
    tasks_card(actor, tasks, owed)
if sells or everyone:
    with card():
        goal_card(goal, on=today(), everyone=everyone)
elif actor.may("interaction", "create"):
    quick_log()
if held:
    with card(_("To decide"), _("Answers to web forms; nothing comes of them before"), span=3):
        held_card(held, waiting, moment=now())
if cases:
    with card(
        _("Cases"), _("Mine and those that nobody has, the most urgent first"), span=2 if visits else 3
    ):
        cases_card(cases, fresh, moment=now())
if visits:
    with card(_("Visits"), span=1 if cases else 3):
        visits_card(visits)
if breaking:
    with card(_("Before it breaks"), _("My units, the most likely failure first"), span=3):
        proposals_card(actor, breaking)
if sells or everyone:
    with card(
        _("Deals to move"),
        _("Of everybody, most expected money first") if everyone else _("Mine, most expected money first"),
        span=2,
    ):
        deals_card(deals, there_are=there_are)
    if actor.may("interaction", "create"):
        quick_log()
with card(_("What changed"), _("By colleagues, on records you can see"), span=3):
    news_card(changed, now=now())
