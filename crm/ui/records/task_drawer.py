"""A task in a drawer: tick it off, open it again, change it, go to what it is about."""

from __future__ import annotations

import streamlit as st

from crm.i18n import _
from crm.interactions.service import finish_task
from crm.records import registry
from crm.records.view import RecordView
from crm.ui.frame import routes
from crm.ui.frame.guard import storing
from crm.ui.records.drawers import open_record
from crm.work import Actor


def open_task(actor: Actor, task_id: int) -> None:
    """Open the drawer of a task."""
    open_record(actor, "task", task_id, _special)


def _special(actor: Actor, view: RecordView) -> bool:
    if view.may_change and not view.archived:
        done = view.values["done_at"] is not None
        label, icon = (_("Open it again"), ":material/undo:") if done else (_("Done"), ":material/check:")
        if st.button(label, icon=icon, key=f"task_{view.id}_done", width="stretch"):
            with storing(actor, _("The task is open again.") if done else _("The task is done.")) as work:
                finish_task(work, task_id=view.id, seen_version=view.values["version"], done=not done)
    for field in registry.entity("task").fields:
        page = registry.card(field.link).page if field.link else ""
        title = view.titles.get(field.name)
        if title and page in routes.screens() and not routes.screens()[page].in_menu:
            routes.link(page, view.values[field.name], title)
    return True
