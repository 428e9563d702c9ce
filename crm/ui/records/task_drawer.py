"""A task in a drawer: tick it off, open it again, change it, go to what it is about."""

from __future__ import annotations

import streamlit as st

from crm.errors import CrmError
from crm.i18n import _
from crm.interactions.service import ABOUT, finish_task
from crm.records import records
from crm.ui.frame import routes
from crm.ui.frame.guard import flash, show, showing_problems
from crm.ui.frame.quick import TASK, take_back
from crm.ui.kit.forms import forget_form, record_form
from crm.ui.kit.inputs import link_options
from crm.ui.kit.words import plain
from crm.work import Actor, reading, unit_of_work
from db.scope import UPDATE

FIELDS = (*TASK, "notes")
MORE = ("organisation_id", "deal_id", "case_id", "campaign_id", "team_id")


def open_task(actor: Actor, task_id: int) -> None:
    """Open the drawer of a task."""
    key = f"task_{task_id}"

    @st.dialog(_("Task"), position="right", width=440, on_dismiss=lambda: forget_form(f"{key}_edit"))
    def drawer() -> None:
        try:
            with reading(actor) as session:
                task = records.get_record(session, "task", task_id)
        except CrmError as problem:
            show(problem)
            return
        may = actor.holds("task", UPDATE, owner_id=task["owner_id"], team_id=task["team_id"])
        if may:
            done = task["done_at"] is not None
            label, icon = (_("Open it again"), ":material/undo:") if done else (_("Done"), ":material/check:")
            if st.button(label, icon=icon, key=f"{key}_done", width="stretch"):
                with showing_problems():
                    with unit_of_work(actor) as work:
                        finish_task(work, task_id=task_id, seen_version=task["version"], done=not done)
                    flash(_("The task is open again.") if done else _("The task is done."))
                    st.rerun()
        for entity, name in ABOUT.items():
            if task[name] is not None and entity in routes.screens():
                title = link_options(actor, entity, current=task[name]).get(task[name])
                if title:
                    st.page_link(
                        routes.page(entity), label=plain(title), query_params={"id": str(task[name])}
                    )
        if may and record_form(actor, "task", key=f"{key}_edit", record=task, fields=FIELDS, more=MORE):
            flash(_("The changes are stored."))
            st.rerun()
        if may:
            take_back(actor, "task", task, key)
        else:
            st.markdown(f"**{plain(task['title'])}**")

    drawer()
