"""Mail about a visit that is planned, moved or cancelled: to its technician, and to the customer where the firm wants that."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from crm.errors import NotAllowed, Refused
from crm.firm.firm import firm, get_setting, put_setting
from crm.i18n import N_, _
from crm.links import public_url
from crm.mail.address import check_address, one_line, same_address
from crm.mail.sending.outbox import queue_mail
from crm.service.visits.conflicts import USUAL_MINUTES
from crm.service.words import day_words
from crm.work import Work
from db.audit import SYSTEM_OPTIONS
from db.models import AddressProblem, Contact, User, WorkOrder
from db.scope import UPDATE, ScopedSession

_NAME = "visit_mail"
PLANNED, MOVED, CANCELLED = "planned", "moved", "cancelled"
_SUBJECTS = {
    PLANNED: N_("Visit {number} is planned: {title}"),
    MOVED: N_("Visit {number} is moved: {title}"),
    CANCELLED: N_("Visit {number} is cancelled: {title}"),
}


@dataclass(frozen=True, slots=True)
class VisitMail:
    """Who is told of visits by mail. Customers are written to only where the firm says so."""

    technicians: bool = True
    customers: bool = False


def visit_mail(session: ScopedSession) -> VisitMail:
    """Who is told, as stored."""
    stored = get_setting(session, _NAME)
    known = {name: stored[name] for name in VisitMail.__dataclass_fields__ if name in stored}
    return VisitMail(**known)


def set_visit_mail(work: Work, wanted: VisitMail) -> None:
    """Store who is told.

    Raises
    ------
    NotAllowed
        The actor may not change settings.
    """
    if not work.actor.may("setting", UPDATE):
        said = _("Only administrators change settings. Ask one if something here should be different.")
        raise NotAllowed(said)
    put_setting(work, _NAME, asdict(wanted))


def tell(work: Work, order: WorkOrder, what: str) -> int:
    """Write to whom it concerns; how many messages wait for sending now. Whoever did it needs no mail about it."""
    if order.planned_on is None:
        return 0
    work.session.flush()
    rules, told = visit_mail(work.session), 0
    if rules.technicians and order.owner_id not in (None, work.actor.user_id):
        technician = work.session.get(User, order.owner_id)
        if technician is not None and technician.is_active:
            way = _("Open it: {address}").format(address=public_url(f"/work_order?id={order.id}"))
            told += _send(work, order, what, technician.email or "", way)
    if rules.customers and order.contact_id is not None:
        contact = work.session.get(Contact, order.contact_id)
        hint = _("If the time does not suit you, please answer this message.")
        if contact is not None:
            told += _send(work, order, what, contact.email or "", "" if what == CANCELLED else hint)
    return told


def _send(work: Work, order: WorkOrder, what: str, email: str, below: str) -> bool:
    try:
        check_address(email)
    except Refused:
        return False
    known = select(AddressProblem.id).where(AddressProblem.address == same_address(email))
    if work.session.execute(known, execution_options=SYSTEM_OPTIONS).first() is not None:
        return False
    subject = _(_SUBJECTS[what]).format(number=order.number, title=one_line(order.title))
    lines = [subject, _when(order), below, firm(work.session).name]
    return queue_mail(
        work,
        key=f"visit:{order.id}:{order.version}:{what}:{same_address(email)}"[:120],
        to=email,
        subject=subject[:200],
        text="\n\n".join(line for line in lines if line),
        case_id=order.case_id,
        headers={"Auto-Submitted": "auto-generated"},
    )


def _when(order: WorkOrder) -> str:
    assert order.planned_on is not None
    on = day_words(order.planned_on)
    if order.planned_at is None:
        return on
    end = datetime.combine(order.planned_on, order.planned_at) + timedelta(
        minutes=order.minutes or USUAL_MINUTES
    )
    said = _("{day}, {start} to {end}")
    return said.format(day=on, start=f"{order.planned_at:%H:%M}", end=f"{end:%H:%M}")
