"""What follows from a record's own values before it is stored: names, keys for matching, a deal's status and history."""

from __future__ import annotations

from collections.abc import Callable, Set
from importlib import import_module
from typing import Any

from sqlalchemy import func, select

from crm.clock import here
from crm.errors import Problem, Refused
from crm.firm.firm import firm
from crm.i18n import _
from crm.records.matching import name_key
from crm.work import Work
from db.models import Channel, Deal, DealLine, Pipeline, Stage, StageChange


def _named(_work: Work, row: Any, _changed: Set[str]) -> None:
    row.name_key = name_key(row.name)


def _contact(work: Work, row: Any, changed: Set[str]) -> None:
    parts = " ".join(p for p in (row.first_name, row.last_name) if p)
    # A full name may hold more than its two parts ("Dr. Ana M. Olivares"); it follows them only when they change.
    if parts and (not row.name or ("name" not in changed and changed & {"first_name", "last_name"})):
        row.name = parts
    if not row.name:
        raise Refused(
            _("The contact has no name."),
            problems=[Problem("name", _("Enter a name, or a first and a last name."))],
        )
    row.name_key = name_key(row.name)
    _channels(work, row, changed, "contact_id")


def _lead(_work: Work, row: Any, changed: Set[str]) -> None:
    if "status" in changed and row.status == "converted" and row.contact_id is None:
        raise Refused(
            _("This lead has no contact yet."),
            problems=[Problem("status", _("Use Convert: it makes the contact and sets this by itself."))],
        )


def _organisation(work: Work, row: Any, changed: Set[str]) -> None:
    row.name_key = name_key(row.name)
    if row.parent_id is not None and row.parent_id == row.id:
        raise Refused(
            _("An organisation cannot be its own parent."),
            problems=[Problem("parent_id", _("Choose another organisation."))],
        )
    _channels(work, row, changed, "organisation_id")


def _channels(work: Work, row: Any, changed: Set[str], owner: str) -> None:
    """The e-mail and phone on the record are its primary channels; an older primary stays as a further one."""
    for kind in ("email", "phone"):
        if kind not in changed:
            continue
        if row.id is None:
            work.session.add(row)
            work.session.flush()
        known = work.session.scalars(
            select(Channel).where(getattr(Channel, owner) == row.id, Channel.kind == kind)
        ).all()
        value = getattr(row, kind)
        for channel in known:
            channel.is_primary = channel.value == value
            if channel.is_primary and channel.valid_until and channel.valid_until < work.now.date():
                # What is used again is valid again.
                channel.valid_until = None
        if value and value not in {c.value for c in known}:
            work.session.add(Channel(**{owner: row.id}, kind=kind, value=value, is_primary=True))


def _deal(work: Work, row: Any, changed: Set[str]) -> None:
    if row.currency is None:
        row.currency = firm(work.session).currency
    if row.pipeline_id is None and row.stage_id is None:
        row.pipeline_id = work.session.scalars(
            select(Pipeline.id).order_by(Pipeline.position, Pipeline.id)
        ).first()
    if row.stage_id is None:
        row.stage_id = work.session.scalars(
            select(Stage.id).where(Stage.pipeline_id == row.pipeline_id).order_by(Stage.position, Stage.id)
        ).first()
    stage = work.session.get(Stage, row.stage_id) if row.stage_id else None
    if stage is None:
        raise Refused(
            _("The deal has no stage."), problems=[Problem("stage_id", _("Choose a stage of the pipeline."))]
        )
    if "pipeline_id" in changed and "stage_id" in changed and row.pipeline_id != stage.pipeline_id:
        raise Refused(
            _("The stage belongs to another pipeline."),
            problems=[Problem("stage_id", _("Choose a stage of this pipeline."))],
        )
    row.pipeline_id = stage.pipeline_id
    if row.id is None or "stage_id" in changed:
        enter_stage(work, row, stage)
    if row.opened_on and row.closed_on and row.closed_on < row.opened_on:
        raise Refused(
            _("The deal closes before it opens."),
            problems=[Problem("closed_on", _("Choose a day on or after the opening."))],
        )


def enter_stage(work: Work, deal: Deal, stage: Stage) -> None:
    """Put a deal into a stage: status, dates and history follow."""
    today = here(work.now).date()
    known: int | None = deal.id
    before = None if known is None else _last_stage(work, known)
    deal.stage_id, deal.status, deal.stage_since = stage.id, stage.kind, work.now
    deal.opened_on = deal.opened_on or today
    if stage.kind != "lost":
        deal.loss_reason_id = None
    deal.closed_on = None if stage.kind == "open" else deal.closed_on or today
    if known is None:
        if deal not in work.session:
            work.session.add(deal)
        work.session.flush()
    work.session.add(
        StageChange(
            deal_id=deal.id,
            from_stage_id=before,
            to_stage_id=stage.id,
            at=work.now,
            user_id=work.actor.user_id,
        )
    )


def _last_stage(work: Work, deal_id: int) -> int | None:
    with work.session.no_autoflush:
        return work.session.scalars(
            select(StageChange.to_stage_id)
            .where(StageChange.deal_id == deal_id)
            .order_by(StageChange.id.desc())
            .limit(1)
        ).first()


def line_amount(quantity: float, unit_price_minor: int | None, discount: float) -> int | None:
    """Quantity times price less discount, in minor units; half a unit rounds to even."""
    return None if unit_price_minor is None else round(quantity * unit_price_minor * (1 - discount))


def _deal_line(work: Work, row: Any, _changed: Set[str]) -> None:
    deal = work.session.get(Deal, row.deal_id)
    if deal is None:
        raise Refused(
            _("The line's deal does not exist."), problems=[Problem("deal_id", _("Choose a deal."))]
        )
    row.currency, row.owner_id, row.team_id = deal.currency, deal.owner_id, deal.team_id
    # The column's default comes only with the insert, too late for the amount.
    row.quantity = 1.0 if row.quantity is None else row.quantity
    row.amount_minor = line_amount(row.quantity, row.unit_price_minor, row.discount or 0.0)
    work.session.add(row)
    work.session.flush()
    retotal(work, deal)


def retotal(work: Work, deal: Deal) -> None:
    """A deal with priced lines is worth their sum."""
    sums = select(func.sum(DealLine.amount_minor)).where(
        DealLine.deal_id == deal.id, DealLine.archived_at.is_(None)
    )
    if (total := work.session.scalar(sums)) is not None:
        deal.amount_minor = int(total)


PREPARE: dict[str, Callable[[Work, Any, Set[str]], None]] = {
    "team": _named,
    "user": _named,
    "category": _named,
    "product": _named,
    "organisation": _organisation,
    "contact": _contact,
    "lead": _lead,
    "deal": _deal,
    "deal_line": _deal_line,
    "social_account": _named,
}
#: What other areas do for their own records, as ``module:function``; imported when first needed.
ELSEWHERE: dict[str, str] = {
    "segment": "crm.campaigns.runs.record:prepare_segment",
    "campaign": "crm.campaigns.runs.record:prepare_campaign",
    "campaign_arm": "crm.campaigns.runs.record:prepare_arm",
    "consent": "crm.campaigns.runs.record:prepare_consent",
    "web_form": "crm.campaigns.forms.record:prepare_web_form",
    "message_template": "crm.mail.templates.record:prepare",
    "social_post": "crm.campaigns.social.record:prepare_social_post",
    "case": "crm.service.cases.rules:prepare_case",
    "equipment": "crm.service.equipment.equipment_record:prepare_equipment",
    "contract": "crm.service.equipment.equipment_record:prepare_contract",
    "meter_reading": "crm.service.equipment.equipment_record:prepare_reading",
    "work_order": "crm.service.visits.record:prepare_work_order",
    "maintenance_plan": "crm.service.visits.record:prepare_plan",
}


def follow(work: Work, entity: str, row: Any, changed: Set[str]) -> None:
    """Fill in and check what follows from a record's values before it is stored.

    Raises
    ------
    Refused
        The values do not go together.
    """
    if entity in ELSEWHERE:
        module, name = ELSEWHERE[entity].split(":")
        getattr(import_module(module), name)(work, row, changed)
    elif entity in PREPARE:
        PREPARE[entity](work, row, changed)
