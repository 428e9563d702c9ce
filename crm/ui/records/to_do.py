"""The open tasks of a record: the next step, and all with their buttons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import streamlit as st

from crm.clock import today
from crm.i18n import _, ngettext
from crm.interactions.service import finish_task
from crm.ui.frame.guard import storing
from crm.ui.kit import look
from crm.ui.kit.formats import ago, day
from crm.ui.records.quick import task_drawer
from crm.ui.records.task_drawer import open_task
from crm.work import Actor
from db.scope import CREATE, UPDATE


def late(due: Any) -> str:
    """How long ago or how soon a day is, late ones in so many words."""
    days = (today() - due).days
    return (
        ngettext("{n} day late", "{n} days late", days).format(n=days)
        if days > 0
        else ago(due, today=today())
    )


def next_step(actor: Actor, tasks: Sequence[Mapping[str, Any]], *, links: Mapping[str, int | None]) -> None:
    """The task that is due first, with its two buttons; or the way to plan one."""
    with st.container(
        border=True, horizontal=True, vertical_alignment="center", gap="small", key="record_next"
    ):
        if not tasks:
            st.markdown(f"**{_('Next step')}**  \n{look.quiet(_('Nothing is planned.'))}", width="stretch")
            if actor.may("task", CREATE) and st.button(
                _("Plan one"), key="record_plan", icon=":material/add_task:"
            ):
                task_drawer(actor, preset=links)
            return
        task = tasks[0]
        st.markdown(
            f"**{_('Next step')}** {due_tag(task['due_on'], task['due_time'])}  \n{look.plain(task['title'])}",
            width="stretch",
        )
        _task_buttons(actor, task, key="record_next")


def due_tag(due_on: date | None, due_time: str | None = None) -> look.Marked:
    """A task's day and hour as a chip: late ones say since when, with a mark beside the colour."""
    if due_on is None:
        return look.tag(_("No date"))
    if due_on < today():
        return look.tag(late(due_on), tone=look.BAD, icon="priority_high")
    said = _("Today") if due_on == today() else day(due_on, today=today())
    return look.tag(f"{said} {due_time or ''}".rstrip(), icon="schedule")


def _task_buttons(actor: Actor, task: Mapping[str, Any], *, key: str) -> None:
    if not actor.may("task", UPDATE):
        return
    with st.container(horizontal=True, width="content", gap="small", vertical_alignment="center"):
        if st.button(_("Done"), icon=":material/check:", key=f"{key}_done_{task['id']}"):
            with storing(actor, _("Done: {title}").format(title=task["title"])) as work:
                finish_task(work, task_id=task["id"], seen_version=task["version"])
        if st.button(_("Change"), icon=":material/edit:", type="tertiary", key=f"{key}_change_{task['id']}"):
            open_task(actor, task["id"])


def show_tasks(actor: Actor, tasks: Sequence[Mapping[str, Any]], *, links: Mapping[str, int | None]) -> None:
    """Open tasks, the next due first, each with its buttons."""
    if not tasks:
        st.caption(_("No open tasks."))
    for task in tasks:
        with st.container(horizontal=True, vertical_alignment="center", gap="small", border=True):
            owner = task["owner"] or _("Nobody")
            st.markdown(
                f"{look.plain(task['title'])} {due_tag(task['due_on'], task['due_time'])}  \n{look.quiet(owner)}",
                width="stretch",
            )
            _task_buttons(actor, task, key="record_task")
    if actor.may("task", CREATE) and st.button(
        _("New task"), key="record_new_task", icon=":material/add_task:"
    ):
        task_drawer(actor, preset=links)
