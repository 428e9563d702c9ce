"""What an answer to a web form becomes: a lead or a case, a note at a known contact, consents, a confirmation.

People are matched by their e-mail address, then by name and company, among the records of the form's team. A stranger's
word never changes a known contact: it is written beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select

from crm.campaigns.consent.consent import set_consent
from crm.campaigns.forms.questions import FormField, in_words
from crm.firm.firm import firm
from crm.i18n import _
from crm.links import keyed_hash, make_token, public_url
from crm.mail.sending.outbox import queue_mail
from crm.records import records
from crm.records.matching import name_key
from crm.work import Work
from db.models import Channel, Contact, Equipment, FormAnswer, Lead, Organisation, WebForm

#: Leads in these states are still worked on, so a second interest belongs to them.
OPEN_LEADS = ("new", "working", "qualified")
_MOST_INTEREST = 2000


def become(
    work: Work, form: WebForm, answer: FormAnswer, fields: Sequence[FormField], consents: set[str]
) -> str:
    """Do what follows from an answer and note it on the answer; the number of the case, or nothing.

    The answer is in the session already, so that everything here happens once.
    """
    said = answer.answers
    contact = _known_contact(work, form, said)
    if form.kind == "service" or (consents and said.get("email")):
        contact = _reachable(work, form, said, contact)
    number = ""
    if form.kind == "service":
        number = _case(work, form, answer, fields, contact)
    else:
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
    _confirm(work, form, answer, contact, number)
    return number


def _of_team(cls: Any, form: WebForm) -> list[ColumnElement[bool]]:
    return [cls.archived_at.is_(None), *([cls.team_id == form.team_id] if form.team_id else [])]


def _known_contact(work: Work, form: WebForm, said: dict[str, Any]) -> Contact | None:
    email, name, company = said.get("email"), said.get("name"), said.get("company")
    wanted = select(Contact).where(*_of_team(Contact, form)).order_by(Contact.id).limit(1)
    if email:
        further = select(Channel.contact_id).where(
            Channel.kind == "email",
            func.lower(Channel.value) == email.lower(),
            Channel.valid_until.is_(None),
            Channel.contact_id.is_not(None),
        )
        same = or_(func.lower(Contact.email) == email.lower(), Contact.id.in_(further))
        if found := work.session.scalar(wanted.where(same)):
            return found
        # A record with another address is somebody else of the same name, for all we know.
        wanted = wanted.where(Contact.email.is_(None))
    if not (name and company):
        return None
    keys = {name_key(company), name_key(company, drop_legal_form=True)}
    return work.session.scalar(
        wanted.join(Organisation, Organisation.id == Contact.organisation_id).where(
            Contact.name_key == name_key(name), Organisation.name_key.in_(keys)
        )
    )


def _reachable(work: Work, form: WebForm, said: dict[str, Any], known: Contact | None) -> Contact | None:
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
        "organisation_id": known.organisation_id if known is not None else None,
        **_ours(form),
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


def _ours(form: WebForm) -> dict[str, Any]:
    return {"owner_id": form.owner_id, "team_id": form.team_id}


def _lead(work: Work, form: WebForm, said: dict[str, Any], fields: Sequence[FormField]) -> int:
    text = _interest(fields, said)
    known = _open_lead(work, form, said)
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
        **_ours(form),
    }
    return int(records.create_record(work, "lead", values)["id"])


def _interest(fields: Sequence[FormField], said: dict[str, Any]) -> str:
    others = in_words(fields, said, without=("name", "email", "phone", "company", "message"))
    return "\n".join(part for part in (said.get("message"), others) if part)


def _open_lead(work: Work, form: WebForm, said: dict[str, Any]) -> Lead | None:
    wanted = (
        select(Lead)
        .where(Lead.status.in_(OPEN_LEADS), *_of_team(Lead, form))
        .order_by(Lead.id.desc())
        .limit(1)
    )
    email, name, company = said.get("email"), said.get("name"), said.get("company")
    if email:
        if found := work.session.scalar(wanted.where(func.lower(Lead.email) == email.lower())):
            return found
        wanted = wanted.where(Lead.email.is_(None))
    if not (name and company):
        return None
    return work.session.scalar(
        wanted.where(
            func.lower(Lead.name) == name.lower(),
            func.lower(Lead.company) == company.lower(),
        )
    )


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
        **_ours(form),
    }
    records.create_record(work, "interaction", values)


def _case(
    work: Work, form: WebForm, answer: FormAnswer, fields: Sequence[FormField], contact: Contact | None
) -> str:
    said = answer.answers
    message = str(said.get("message") or said.get("subject") or "")
    rest = in_words(fields, said, without=("subject", "message"))
    # The thread begins with the description, so that the words stand there once.
    body = "\n\n".join(part for part in (message, rest) if part)
    unit = _unit(work, form, said)
    values = {
        "subject": str(said.get("subject") or message.split("\n")[0])[:200],
        "description": body,
        "origin": "form",
        "kind": "request",
        "queue_id": form.queue_id,
        "contact_id": contact.id if contact is not None else None,
        "organisation_id": contact.organisation_id if contact is not None else None,
        "equipment_id": unit.id if unit is not None else None,
        "product_id": unit.product_id if unit is not None else None,
        # What lies in a queue waits for whoever takes it.
        "owner_id": None if form.queue_id else form.owner_id,
        "team_id": form.team_id,
    }
    case = records.create_record(work, "case", values)
    answer.case_id = int(case["id"])
    return str(case["number"])


def _unit(work: Work, form: WebForm, said: dict[str, Any]) -> Equipment | None:
    """The machine with the serial that was typed, when there is exactly one."""
    serial = said.get("serial")
    if not serial:
        return None
    found = work.session.scalars(
        select(Equipment)
        .where(func.lower(Equipment.serial) == serial.lower(), *_of_team(Equipment, form))
        .limit(2)
    ).all()
    return found[0] if len(found) == 1 else None


def _confirm(work: Work, form: WebForm, answer: FormAnswer, contact: Contact | None, number: str) -> None:
    """Tell the sender that it arrived. Nothing that was typed stands in it, so that nobody can write to others through us."""
    email = answer.answers.get("email")
    if not email:
        return
    name = firm(work.session).name
    if number:
        subject = _("We received your request [{number}]").format(number=number)
        text = _("Thank you. Your request has the number {number}; we will answer as soon as we can.")
        key = f"form:{answer.key}"
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
