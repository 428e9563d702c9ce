"""Write down a talk, plan the next one, tick a task off."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from crm.errors import Problem, Refused
from crm.i18n import _
from crm.records import records
from crm.work import Work
from db.models import Contact, Deal, Task

#: The records a talk or task can belong to, by the field that holds their id.
ABOUT = {"contact": "contact_id", "organisation": "organisation_id", "deal": "deal_id"}


def _linked(work: Work, about: dict[str, int | None]) -> dict[str, int]:
    """The links of a talk; what a contact or deal belongs to follows, so that it stands on those pages too."""
    links: dict[str, int | None] = {ABOUT[k]: v for k, v in about.items() if v is not None}
    if (deal_id := links.get("deal_id")) and (deal := work.session.get(Deal, deal_id)) is not None:
        links = {"organisation_id": deal.organisation_id, "contact_id": deal.contact_id} | links
    if (contact_id := links.get("contact_id")) and not links.get("organisation_id"):
        contact = work.session.get(Contact, contact_id)
        links["organisation_id"] = contact.organisation_id if contact else None
    return {k: v for k, v in links.items() if v is not None}


def log_talk(
    work: Work,
    *,
    kind: str,
    subject: str,
    body: str = "",
    direction: str = "none",
    happened_at: datetime | None = None,
    duration_minutes: int | None = None,
    contact_id: int | None = None,
    organisation_id: int | None = None,
    deal_id: int | None = None,
    next_task: str = "",
    next_due_on: date | None = None,
) -> int:
    """Write down a talk and, when given, the task that follows from it, in one go.

    A blank subject takes the first line of the text, so that one field is enough.

    Returns
    -------
    int
        The interaction's id.
    """
    subject = subject.strip() or body.strip().split("\n")[0][:120]
    if not subject:
        raise Refused(
            _("Nothing was written down yet."),
            problems=[Problem("subject", _("Say in a few words what it was about."))],
        )
    links = _linked(work, {"contact": contact_id, "organisation": organisation_id, "deal": deal_id})
    values: dict[str, Any] = {
        "kind": kind,
        "subject": subject,
        "body": body,
        "direction": direction,
        "happened_at": happened_at or work.now,
        "duration_minutes": duration_minutes,
        **links,
    }
    made = records.create_record(work, "interaction", values)
    if next_task.strip():
        add_task(
            work,
            title=next_task,
            due_on=next_due_on,
            contact_id=contact_id,
            organisation_id=organisation_id,
            deal_id=deal_id,
        )
    return int(made["id"])


def add_task(
    work: Work,
    *,
    title: str,
    due_on: date | None = None,
    priority: str = "normal",
    owner_id: int | None = None,
    contact_id: int | None = None,
    organisation_id: int | None = None,
    deal_id: int | None = None,
    case_id: int | None = None,
    notes: str = "",
) -> int:
    """Plan a task; it is the actor's own unless given to somebody."""
    links = _linked(work, {"contact": contact_id, "organisation": organisation_id, "deal": deal_id})
    values = {
        "title": title,
        "due_on": due_on,
        "priority": priority,
        "owner_id": owner_id,
        "case_id": case_id,
        "notes": notes,
        **links,
    }
    return int(records.create_record(work, "task", values)["id"])


def finish_task(work: Work, *, task_id: int, seen_version: int, done: bool = True) -> int:
    """Tick a task off, or open it again; the new version."""
    task = work.session.get(Task, task_id)
    was_done = task is not None and task.done_at is not None
    values = {"done_at": work.now if done else None}
    if was_done == done and task is not None:
        return task.version
    return int(records.update_record(work, "task", task_id, values, seen_version=seen_version)["version"])
