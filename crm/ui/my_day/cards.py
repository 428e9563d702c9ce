"""The cards of "My day": tasks, goal, deals to move, news."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime

import streamlit as st

from crm.clock import today, zone
from crm.errors import Conflict
from crm.i18n import _, ngettext
from crm.interactions.my_day import DueTask, News
from crm.interactions.service import finish_task
from crm.pipeline.board import flag_words
from crm.pipeline.my_day import DealToMove, Goal
from crm.records import registry
from crm.ui.frame import routes
from crm.ui.frame.guard import flash
from crm.ui.kit import look
from crm.ui.kit.formats import ago, day, moment, percent, short_money, worth_text
from crm.ui.records.task_drawer import open_task
from crm.ui.records.to_do import due_tag
from crm.work import Actor, unit_of_work
from db.actor import UPDATE


def tasks_card(actor: Actor, tasks: list[DueTask], owed: int) -> None:
    """My tasks with a box to tick, and the way to all that I have, due or not."""
    if not tasks:
        st.caption(_("Nothing due this week. Plan the next talk with a customer you have not heard from."))
    for task in tasks:
        with look.row():
            st.checkbox(
                f"{look.plain(task.title)} :small[:gray[{look.plain(task.about)}]]" if task.about else look.plain(task.title),
                key=f"my_day_task_{task.id}_{task.version}", width="stretch", disabled=not actor.may("task", UPDATE),
                on_change=_tick, args=(actor, task),
            )  # fmt: skip
            st.markdown(due_tag(task.due_on, task.due_time), width="content")
            if st.button(_("Change"), key=f"my_day_change_{task.id}", type="tertiary"):
                open_task(actor, task.id)
    if owed > len(tasks) and "tasks" in routes.screens():
        said = ngettext("My {n} open task", "All my {n} open tasks", owed).format(n=owed)
        look.onward(routes.page("tasks"), said, query_params={"tasks_owner_id": actor.name})


def _tick(actor: Actor, task: DueTask) -> None:
    try:
        with unit_of_work(actor) as work:
            finish_task(work, task_id=task.id, seen_version=task.version)
        flash(_("Done: {title}. Open it again under Tasks.").format(title=task.title))
    except Conflict as conflict:
        flash(conflict.message)


def goal_card(goal: Goal, *, on: date, everyone: bool) -> None:
    """Won this month against the target: mine, or everybody's for who sells nothing."""
    target = goal.target_minor
    label = _("Won by all this month") if everyone else _("Won by me this month")
    share_of_month = on.day / monthrange(on.year, on.month)[1]
    look.kpi(
        look.Explained(
            label,
            short_money(goal.won_minor, goal.currency),
            ngettext("{n} deal", "{n} deals", goal.deals).format(n=goal.deals),
            spark=[v / 100 for v in goal.by_day],
            formula=" ".join(
                [
                    _(
                        "Sum of your won deals by closing day since the first of the month, in {currency}."
                    ).format(currency=goal.currency),
                    *goal.notes,
                ]
            ),
            n=goal.deals,
            as_of=day(on),
        ),
        border=False,
    )
    if target and goal.share is None:
        st.caption(look.plain(_("No share of the {money} target: it would leave something out.").format(
            money=short_money(target, goal.currency)
        )))  # fmt: skip
    elif target and goal.share is not None:
        words = _("{done} of the {money} target, {time} of the month gone")
        if goal.toward_minor != goal.won_minor:
            words = _("{done} of the {money} target of those who have one, {time} of the month gone")
        said = words.format(
            done=percent(goal.share), money=short_money(target, goal.currency), time=percent(share_of_month)
        )
        st.progress(min(1.0, max(0.0, goal.share)), text=f":small[:gray[{look.plain(said)}]]")


def reason(deal: DealToMove) -> str:
    """Why a deal should move, in words."""
    if deal.reason == "step" and deal.next_step_on is not None:
        what = deal.next_step or _("Next step")
        return _("{what}, due {when}").format(what=what, when=ago(deal.next_step_on, today=today()))
    words, _tone = flag_words(deal.reason, days=deal.days_in_stage)
    return _("{reason}, {days} days in {stage}").format(
        reason=words or _("Open"), days=deal.days_in_stage, stage=deal.stage
    )


def deals_card(deals: list[DealToMove], *, there_are: bool = True) -> None:
    """Deals that wait, with the one button that opens them; ``there_are``: deals at all."""
    if not deals:
        every = _("No deal waits for you: every one has a next step in time.")
        st.caption(
            every if there_are else _("No deals yet. Add the first one, and what it waits for stands here.")
        )
    for deal in deals:
        with look.row():
            look.two_lines(
                deal.organisation or deal.title,
                worth_text(short_money(deal.value_minor or None, deal.currency), deal.beside),
                reason(deal),
            )
            if "deal" in routes.screens() and st.button(
                _("Open"), key=f"my_day_deal_{deal.id}", icon=":material/arrow_forward:", width=110,
                help=look.plain(_("Open {title}").format(title=deal.title)),
            ):  # fmt: skip
                routes.go("deal", deal.id)


def news_card(items: list[News], *, now: datetime) -> None:
    """What colleagues did to records I can see."""
    if not items:
        st.caption(_("Nothing new from your colleagues in the last two weeks."))
    for item in items:
        about = registry.entity(item.entity)
        verb = _("added") if item.op == "C" else _("changed")
        what = ", ".join(_(name).lower() for name in item.fields[:3])
        line = _("{who} {verb} {title}").format(
            who=look.plain(item.who), verb=verb, title=f"**{look.plain(item.title)}**"
        )
        with look.row():
            st.markdown(
                f"{about.icon} {line}  \n:small[:gray[{look.plain(what)} {moment(item.at, now=now, zone=zone())}]]",
                width="stretch",
            )
            if about.page in routes.screens():
                st.page_link(
                    routes.page(about.page),
                    label=_("Open"),
                    query_params={"id": str(item.record_id)},
                    width="content",
                )
