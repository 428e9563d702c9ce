"""What an answer to a web form becomes: a lead or a case, a note at a known contact, consents, a confirmation.

People, firms and units are matched across the firm. A stranger's word never changes a known contact: it is written
beside it. A request for service goes to its queue, whoever made the form.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select

from crm.campaigns.consent.consent import set_consent
from crm.campaigns.forms.known import known_contact, known_firm, known_unit, open_lead
from crm.campaigns.forms.questions import FormField, in_words
from crm.firm.firm import firm
from crm.i18n import _, speaking
from crm.links import keyed_hash, make_token, public_url
from crm.mail.inbox.chosen import mailbox_rules
from crm.mail.sending.outbox import queue_mail
from crm.records import records
from crm.records.settling import still_here
from crm.work import Work
from db.models import Channel, Contact, Equipment, FormAnswer, Organisation, Queue, WebForm

_MOST_INTEREST = 2000


def become(
    work: Work, form: WebForm, answer: FormAnswer, fields: Sequence[FormField], consents: set[str]
) -> str:
    """Do what follows from an answer and note it on the answer; the number of the case, or nothing.

    The answer is in the session already, so that everything here happens once.
    """
    said = answer.answers
    contact = known_contact(work.session, form, said)
    number = ""
    if form.kind == "service":
        number, contact = _case(work, form, answer, fields, contact)
    else:
        if consents and said.get("email"):
            contact = _reachable(work, form, said, contact, known_firm(work.session, said), _ours(work, form))
        answer.lead_id = _lead(work, form, said, fields)
        if contact is not None:
            _note(work, form, fields, said, contact)
    answer.contact_id = contact.id if contact is not None else None
    if contact is not None and said.get("email"):
        for purpose in sorted(consents):
            set_consent(
                work, contact.id, purpose=purpose, channel="email", state="given", basis="consent",
                source=form.name,
            )  # fmt: skip
    # Who lets it in may speak another language than who sent it.
    with speaking(answer.language):
        _confirm(work, form, answer, contact, number)
    return number


def _reachable(
    work: Work,
    form: WebForm,
    said: dict[str, Any],
    known: Contact | None,
    organisation_id: int | None,
    whose: dict[str, Any],
) -> Contact | None:
    """The contact that has this address, made when nobody has: a case needs somebody to answer, a consent somebody to hold."""
    email = said.get("email")
    if known is not None and (not email or _has_address(work, known, email)):
        return known
    if not (email or said.get("name")):
        return known
    values = {
        "name": said.get("name") or email,
        "email": email,
        "phone": said.get("phone"),
        "source": form.name,
        "lifecycle": "prospect",
        "organisation_id": known.organisation_id if known is not None else organisation_id,
        **whose,
    }
    return work.session.get(Contact, records.create_record(work, "contact", values)["id"])


def _has_address(work: Work, contact: Contact, email: str) -> bool:
    if (contact.email or "").lower() == email.lower():
        return True
    return bool(
        work.session.scalar(
            select(Channel.id).where(
                Channel.contact_id == contact.id, func.lower(Channel.value) == email.lower()
            )
        )
    )


def _ours(work: Work, form: WebForm) -> dict[str, Any]:
    return {"owner_id": still_here(work.session, form.owner_id), "team_id": form.team_id}


def _lead(work: Work, form: WebForm, said: dict[str, Any], fields: Sequence[FormField]) -> int:
    text = _interest(fields, said)
    known = open_lead(work.session, form, said)
    if known is not None:
        added = f"{known.interest}\n\n{form.name}: {text}" if known.interest else text
        blanks = {k: said[k] for k in ("phone", "company") if said.get(k) and getattr(known, k) is None}
        # The newest word counts most; all answers stay with the form.
        values = {"interest": added[-_MOST_INTEREST:], **blanks} if text else blanks
        records.update_record(work, "lead", known.id, values, seen_version=known.version)
        return known.id
    values = {
        "name": said.get("name") or said.get("email") or form.name,
        "interest": text[:_MOST_INTEREST],
        "source": form.name,
        "campaign_id": form.campaign_id,
        **{k: said.get(k) for k in ("email", "phone", "company")},
        **_ours(work, form),
    }
    return int(records.create_record(work, "lead", values)["id"])


def _interest(fields: Sequence[FormField], said: dict[str, Any]) -> str:
    others = in_words(fields, said, without=("name", "email", "phone", "company", "message"))
    return "\n".join(part for part in (said.get("message"), others) if part)


def _note(
    work: Work, form: WebForm, fields: Sequence[FormField], said: dict[str, Any], contact: Contact
) -> None:
    values = {
        "kind": "form",
        "direction": "in",
        "subject": form.title or form.name,
        "body": in_words(fields, said),
        "happened_at": work.now,
        "contact_id": contact.id,
        "organisation_id": contact.organisation_id,
        # It stands in the history of a customer, so it belongs to those who look after them.
        "owner_id": still_here(
            work.session, contact.owner_id if contact.team_id != form.team_id else form.owner_id
        ),
        "team_id": contact.team_id or form.team_id,
    }
    records.create_record(work, "interaction", values)


def _case(
    work: Work, form: WebForm, answer: FormAnswer, fields: Sequence[FormField], known: Contact | None
) -> tuple[str, Contact | None]:
    """Open the case; its number, and the contact that it answers to."""
    said = answer.answers
    firm_id = (known.organisation_id if known is not None else None) or known_firm(work.session, said)
    unit = known_unit(work.session, said, firm_id)
    if firm_id is None and unit is not None:
        firm_id = unit.organisation_id
    queue_id, whose = _waits(work, form, known, unit, firm_id)
    contact = _reachable(work, form, said, known, firm_id, whose)
    message = str(said.get("message") or said.get("subject") or "")
    rest = in_words(fields, said, without=("subject", "message"))
    # The thread begins with the description, so that the words stand there once.
    body = "\n\n".join(part for part in (message, rest) if part)
    values = {
        "subject": str(said.get("subject") or message.split("\n")[0])[:200],
        "description": body,
        "origin": "form",
        "kind": "request",
        "queue_id": queue_id,
        "contact_id": contact.id if contact is not None else None,
        "organisation_id": (contact.organisation_id if contact is not None else None) or firm_id,
        "equipment_id": unit.id if unit is not None else None,
        "product_id": unit.product_id if unit is not None else None,
        **whose,
    }
    case = records.create_record(work, "case", values)
    answer.case_id = int(case["id"])
    return str(case["number"]), contact


def _waits(
    work: Work, form: WebForm, known: Contact | None, unit: Equipment | None, firm_id: int | None
) -> tuple[int | None, dict[str, Any]]:
    """The queue of a case and whose it is: the team's of the queue, else of those who look after the customer.

    A form without a queue uses that of the mailbox, then the first one that a team looks after: whoever made the form
    need not be whoever repairs.
    """
    wanted = form.queue_id or mailbox_rules(work.session).queue_id
    queue = work.session.get(Queue, wanted) if wanted is not None else None
    if queue is None:
        cared = select(Queue).where(Queue.is_active, Queue.team_id.is_not(None))
        queue = work.session.scalar(cared.order_by(Queue.position, Queue.id).limit(1))
    if queue is None:
        return None, _ours(work, form)
    house = work.session.get(Organisation, firm_id) if firm_id is not None else None
    teams = (queue.team_id, *(row.team_id for row in (unit, known, house) if row is not None), form.team_id)
    # What lies in a queue waits for whoever takes it.
    return queue.id, {"owner_id": None, "team_id": next((team for team in teams if team is not None), None)}


def confirmation_key(answer: FormAnswer, number: str) -> str:
    """The key of the mail that tells a request's number: let in anew after an undo it has another one."""
    return f"form:{answer.key}:{number}"


def _confirm(work: Work, form: WebForm, answer: FormAnswer, contact: Contact | None, number: str) -> None:
    """Tell the sender that it arrived. Nothing that was typed stands in it, so that nobody can write to others through us."""
    email = answer.answers.get("email")
    if not email:
        return
    name = firm(work.session).name
    if number:
        subject = _("We received your request [{number}]").format(number=number)
        text = _("Thank you. Your request has the number {number}; we will answer as soon as we can.")
        key = confirmation_key(answer, number)
    else:
        subject = _("We received your message")
        text = _("Thank you for your message. We will answer as soon as we can.")
        # Once an hour is enough, however often somebody types this address.
        key = f"form:{form.id}:{work.now:%Y%m%d%H}:{keyed_hash(email.lower(), work)[:32]}"
    lines = [text.format(number=number)]
    if contact is not None and _has_address(work, contact, email):
        address = public_url(f"/preferences/{make_token('out', contact.id, 0, work=work)}")
        lines.append(_("What we may write to you about: {address}").format(address=address))
    lines.append(name)
    queue_mail(
        work, key=key, to=email, subject=" ".join(f"{subject} · {name}".split()), text="\n\n".join(lines),
        case_id=answer.case_id, headers={"Auto-Submitted": "auto-replied"},
    )  # fmt: skip
