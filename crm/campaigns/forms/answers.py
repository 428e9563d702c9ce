"""Web forms and their answers as their owners read them, within the reader's rights."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, func, select

from crm.errors import NotFound
from crm.i18n import _
from crm.records.records import get_record
from db.models import Campaign, Case, Contact, FormAnswer, Lead, Queue, WebForm
from db.scope import ScopedSession

#: What "lately" means in the counts.
LATELY = timedelta(days=28)
#: Answers on one page of the table.
MOST_ANSWERS = 200


@dataclass(frozen=True, slots=True)
class FormLine:
    """One form of the list with how often it was answered."""

    id: int
    name: str
    slug: str
    kind: str
    is_active: bool
    campaign: str
    answers: int
    lately: int
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class Became:
    """One answer and what it became; titles are empty where the reader may not see the record."""

    id: int
    at: datetime
    answers: dict[str, Any]
    contact_id: int | None
    contact: str
    lead_id: int | None
    lead: str
    case_id: int | None
    case: str
    is_held: bool = False


@dataclass(frozen=True, slots=True)
class FormView:
    """A form with its names and counts."""

    id: int
    version: int
    record: dict[str, Any]
    campaign: str
    queue: str
    answers: int
    lately: int
    leads: int
    cases: int
    contacts: int


def form_lines(session: ScopedSession, *, now: datetime, archived: bool = False) -> list[FormLine]:
    """All forms that the reader may see, by name. One statement."""
    recent = func.sum(case((FormAnswer.at > now - LATELY, 1), else_=0))
    state = WebForm.archived_at.is_not(None) if archived else WebForm.archived_at.is_(None)
    rows = session.execute(
        select(
            WebForm.id,
            WebForm.name,
            WebForm.slug,
            WebForm.kind,
            WebForm.is_active,
            Campaign.name,
            func.count(FormAnswer.id),
            recent,
            func.max(FormAnswer.at),
        )
        .outerjoin(Campaign, Campaign.id == WebForm.campaign_id)
        .outerjoin(FormAnswer, FormAnswer.form_id == WebForm.id)
        .where(state)
        .group_by(WebForm.id, WebForm.name, WebForm.slug, WebForm.kind, WebForm.is_active, Campaign.name)
        .order_by(WebForm.name, WebForm.id)
    )
    return [
        FormLine(row[0], row[1], row[2], row[3], bool(row[4]), row[5] or "", row[6], row[7] or 0, row[8])
        for row in rows
    ]


def form_view(session: ScopedSession, form_id: int, *, now: datetime) -> FormView:
    """One form with its counts.

    Raises
    ------
    NotFound
        No such form, or not one that the reader may see.
    """
    row = session.get(WebForm, form_id)
    if row is None:
        raise NotFound(_("There is no web form {id}, or it is not yours to see.").format(id=form_id))
    counts = session.execute(
        select(
            func.count(FormAnswer.id),
            func.sum(case((FormAnswer.at > now - LATELY, 1), else_=0)),
            func.count(func.distinct(FormAnswer.lead_id)),
            func.count(func.distinct(FormAnswer.case_id)),
            func.count(func.distinct(FormAnswer.contact_id)),
        ).where(FormAnswer.form_id == form_id)
    ).one()
    campaign = session.get(Campaign, row.campaign_id) if row.campaign_id else None
    queue = session.get(Queue, row.queue_id) if row.queue_id else None
    return FormView(
        row.id,
        row.version,
        get_record(session, "web_form", form_id),
        campaign.name if campaign else "",
        queue.name if queue else "",
        *(int(count or 0) for count in counts),
    )


def answers_of(session: ScopedSession, form_id: int, *, most: int = MOST_ANSWERS) -> list[Became]:
    """The newest answers of a form, each with what it became. One statement."""
    rows = session.execute(
        select(
            FormAnswer.id,
            FormAnswer.at,
            FormAnswer.answers,
            Contact.id,
            Contact.name,
            Lead.id,
            Lead.name,
            Case.id,
            Case.number,
            FormAnswer.is_held,
        )
        .outerjoin(Contact, Contact.id == FormAnswer.contact_id)
        .outerjoin(Lead, Lead.id == FormAnswer.lead_id)
        .outerjoin(Case, Case.id == FormAnswer.case_id)
        .where(FormAnswer.form_id == form_id)
        .order_by(FormAnswer.at.desc(), FormAnswer.id.desc())
        .limit(most)
    )
    return [
        Became(
            row[0], row[1], row[2], row[3], row[4] or "", row[5], row[6] or "", row[7], row[8] or "", row[9]
        )
        for row in rows
    ]
