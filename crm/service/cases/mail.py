"""What goes to the customer of a case by mail: our replies, and once the question how it went."""

from __future__ import annotations

from sqlalchemy import select

from crm.errors import Problem, Refused
from crm.firm.firm import firm
from crm.i18n import _
from crm.links import make_token, public_url
from crm.mail.address import check_address, one_line, same_address
from crm.mail.sending.outbox import queue_mail
from crm.service.cases.answers import (
    Extras,
    as_html,
    as_text,
    check_copies,
    closing_of,
    earlier_ids,
    keep_files,
    what_is_answered,
)
from crm.work import Work
from db.models import AddressProblem, Case, CaseMessage, Contact
from db.scope import ScopedSession


def hindrance(session: ScopedSession, case: Case) -> str:
    """Why a reply to this case cannot go out by mail, in a sentence; empty when it can."""
    contact = session.get(Contact, case.contact_id) if case.contact_id else None
    if contact is None:
        return _("This case names no contact, so nothing is mailed.")
    if not contact.email:
        return _("{name} has no e-mail address, so nothing is mailed.").format(name=contact.name)
    try:
        check_address(contact.email)
    except Refused:
        # A file may have brought in what no form would take.
        return _("“{email}” is not an e-mail address, so nothing is mailed.").format(email=contact.email)
    # Which addresses bounce is the program's own knowledge; it is asked for one that the actor can see.
    refused = session.scalar(
        select(AddressProblem.kind).where(AddressProblem.address == same_address(contact.email)),
        execution_options={"system": True},
    )
    if refused is not None:
        return _("{email} does not take mail, so nothing is mailed.").format(email=contact.email)
    return ""


def send_reply(work: Work, case: Case, message: CaseMessage, extras: Extras) -> bool:
    """Queue a reply for the contact, with its files and copies; False when it cannot be mailed or was queued before.

    Raises
    ------
    Refused
        A copy cannot go out, or the files are too large.
    """
    address = _address(work, case)
    files = keep_files(work, case, message, extras.files)
    copies = check_copies(work, extras.cc, address)
    if not address:
        if copies:
            said = f"{hindrance(work.session, case)} {_('So no copy goes out either.')}"
            raise Refused(said, problems=[Problem("cc", said)])
        return False
    message.cc = ", ".join(copies) or None
    quoted = what_is_answered(work, case) if extras.quote else None
    closing = closing_of(work)
    return queue_mail(
        work,
        key=reply_key(message.id),
        to=address,
        subject=mail_subject(case),
        text=as_text(message.body, closing, quoted),
        html=as_html(message.body, closing, quoted),
        sender_name=one_line(work.actor.name),
        copies=copies,
        answers=earlier_ids(work, case),
        files=files,
        case_id=case.id,
        # A person wrote it: the customer's own ticket system must not pass it over as a machine's (RFC 3834).
        headers={"Auto-Submitted": "no"},
    )


def reply_key(message_id: int) -> str:
    """The key of a reply's message in the outbox."""
    return f"case-reply:{message_id}"


def ask_for_rating(work: Work, case: Case) -> bool:
    """Ask the contact once per case how it went; False when nothing was queued."""
    address = _address(work, case)
    if not address:
        return False
    text = _(
        "We believe that “{subject}” ({number}) is solved. If it is not, just answer this message.\n\n"
        "How did we do? One click tells us:\n{link}\n\n{firm}\n"
    ).format(
        subject=one_line(case.subject),
        number=case.number,
        link=public_url("/rate/" + make_token("rate", case.id, work=work)),
        firm=firm(work.session).name,
    )
    return queue_mail(
        work,
        key=f"case-rate:{case.id}",
        to=address,
        subject=mail_subject(case),
        text=text,
        case_id=case.id,
    )


def mail_subject(case: Case) -> str:
    """The subject by which an answer finds back to the case: ``[C-12] Grinder stops``."""
    return f"[{one_line(case.number)}] {one_line(case.subject)}"


def _address(work: Work, case: Case) -> str:
    if hindrance(work.session, case) or case.contact_id is None:
        return ""
    contact = work.session.get(Contact, case.contact_id)
    return contact.email or "" if contact else ""
