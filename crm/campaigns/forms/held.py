"""Answers to web forms that somebody looks at first: kept whole in the inbox, without effect until they are let in."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from sqlalchemy import func, or_, select

from crm.campaigns.forms.outcome import become
from crm.campaigns.forms.questions import FormField, fields_of, in_words
from crm.errors import Refused
from crm.i18n import _
from crm.mail.receiving.storing import WAITING, keep_content
from crm.records import records
from crm.records.matching import name_words
from crm.work import Work
from db.audit import SYSTEM_OPTIONS
from db.models import Channel, Consent, Contact, FormAnswer, IncomingMessage, Interaction, Lead, WebForm

#: What a form holds: what is suspicious, everything, nothing but robots.
SUSPICIOUS, EVERYTHING, STRAIGHT = "suspicious", "everything", "nothing"
FORM = "form"
#: A customer shows one thing, or two; who sells something names more.
_MOST_LINKS = 2
_LINK = re.compile(r"https?:/|\bwww\.|\[url|<a\s|\bhref=", re.IGNORECASE)


def what_is_odd(
    work: Work, form: WebForm, fields: Sequence[FormField], said: dict[str, Any], trap: str
) -> list[str]:
    """Why an answer should be looked at first, in words; empty when nothing speaks against it."""
    if trap:
        return [_("a field was filled in that people do not see")]
    if form.review == STRAIGHT:
        return []
    if form.review == EVERYTHING:
        return [_("the form lets nothing in by itself")]
    doubts = []
    counted = {f.name: len(_LINK.findall(str(said.get(f.name) or ""))) for f in fields}
    short = any(counted[field.name] for field in fields if field.kind != "longtext")
    if short or sum(counted.values()) > _MOST_LINKS:
        doubts.append(_("it has links where people write none, or many"))
    if name := _other_name(work, form, said):
        doubts.append(_("the address is that of {name}, the name is another one").format(name=name))
    return doubts


def _other_name(work: Work, form: WebForm, said: dict[str, Any]) -> str:
    """Whose address it is, where somebody of another name uses it."""
    email, typed = str(said.get("email") or "").lower(), set(name_words(str(said.get("name") or "")).split())
    if not email or not typed:
        return ""
    further = select(Channel.contact_id).where(
        Channel.kind == "email", func.lower(Channel.value) == email, Channel.contact_id.is_not(None)
    )
    asked = select(Contact.name).where(
        Contact.archived_at.is_(None), or_(func.lower(Contact.email) == email, Contact.id.in_(further))
    )
    mine = [Contact.team_id == form.team_id] if form.team_id else []
    known = work.session.scalars(asked.where(*mine).order_by(Contact.id).limit(20)).all()
    if not known or any(typed & set(name_words(name).split()) for name in known):
        return ""
    return known[0]


def hold(
    work: Work,
    form: WebForm,
    answer: FormAnswer,
    fields: Sequence[FormField],
    doubts: Sequence[str],
    trap: str,
) -> None:
    """Keep an answer, with all that was typed, for whoever looks after the inbox of the form's team."""
    answer.is_held = True
    work.session.add(answer)
    work.session.flush()
    whole = json.dumps({"form": form.slug, **answer.answers, "trap": trap}, ensure_ascii=False).encode()
    email, name = (str(answer.answers.get(part) or "") for part in ("email", "name"))
    work.session.add(
        IncomingMessage(
            unique_key=sha256(f"form:{answer.key}".encode()).hexdigest(),
            source=form.name,
            taken_at=work.now,
            written_at=work.now,
            sender=email.lower()[:254],
            sender_name="" if "@" in name else name[:200],
            subject=form.title or form.name,
            body="\n".join(part for part in (in_words(fields, answer.answers), trap) if part),
            original_hash=keep_content(work, whole),
            size=len(whole),
            kind=FORM,
            state=WAITING,
            outcome="waits",
            reason=_("Held: {why}").format(why="; ".join(doubts))[:500],
            answer_id=answer.id,
            owner_id=form.owner_id,
            team_id=form.team_id,
        )
    )
    work.session.flush()


def let_in(work: Work, message: IncomingMessage, _record_id: int | None) -> int:
    """Do what follows from an answer that was held; its id. What it makes and changes is noted, so that it can be undone."""
    answer, form = _found(work, message)
    said = dict(answer.answers)
    last = {cls: _last(work, cls) for cls in (Lead, Contact, Interaction, Consent)}
    known = _leads(work, said)
    become(work, form, answer, fields_of(form.fields), set(said.get("consents") or ()))
    answer.is_held = False
    work.session.flush()
    message.contact_id, message.case_id, message.lead_id = answer.contact_id, answer.case_id, answer.lead_id
    made: list[list[Any]] = [["case", answer.case_id]] if answer.case_id is not None else []
    if answer.lead_id is not None and answer.lead_id > last[Lead]:
        made.append(["lead", answer.lead_id])
    # What stands in one transaction with this and belongs to its contact was made by it.
    for entity, cls in (("contact", Contact), ("interaction", Interaction)):
        column = Contact.id if cls is Contact else Interaction.contact_id
        mine = select(cls.id).where(cls.id > last[cls], column == answer.contact_id)
        made += [[entity, found] for found in work.session.scalars(mine)]
    given = select(Consent.id).where(Consent.id > last[Consent], Consent.contact_id == answer.contact_id)
    message.filing = {
        "also": made,
        "lead": known.get(answer.lead_id or 0),
        "consents": list(work.session.scalars(given)),
    }
    return answer.id


def take_out(work: Work, message: IncomingMessage) -> None:
    """Undo what letting an answer in changed beside what it made: words added to a lead, consents."""
    answer, _form = _found(work, message)
    filing = message.filing
    if (was := filing.get("lead")) and answer.lead_id is not None:
        lead = records.find(work.session, Lead, answer.lead_id)
        records.update_record(work, "lead", lead.id, was, seen_version=lead.version)
    for consent in work.session.scalars(select(Consent).where(Consent.id.in_(filing.get("consents", ())))):
        work.session.delete(consent)
    answer.contact_id = answer.lead_id = answer.case_id = None
    answer.is_held = True
    message.contact_id = None
    work.session.flush()


def _found(work: Work, message: IncomingMessage) -> tuple[FormAnswer, WebForm]:
    # Whoever decides about the message decides about its answer, whether they see campaigns or not.
    asked = select(FormAnswer, WebForm).join(WebForm, WebForm.id == FormAnswer.form_id)
    row = work.session.execute(
        asked.where(FormAnswer.id == message.answer_id), execution_options=SYSTEM_OPTIONS
    ).first()
    if row is None:
        raise Refused(
            _("The form of this answer is gone. Read what was said, and file it as something else.")
        )
    return row[0], row[1]


def _last(work: Work, cls: type[Any]) -> int:
    return work.session.scalar(select(func.max(cls.id)), execution_options=SYSTEM_OPTIONS) or 0


def _leads(work: Work, said: dict[str, Any]) -> dict[int, dict[str, Any]]:
    """Of the leads that an answer may be added to, what it would change."""
    names = ("interest", "phone", "company")
    email, name = str(said.get("email") or "").lower(), str(said.get("name") or "").lower()
    same = [func.lower(Lead.email) == email] if email else []
    same += [func.lower(Lead.name) == name] if name else []
    rows = work.session.scalars(select(Lead).where(or_(*same)).limit(200)).all() if same else []
    return {lead.id: {part: getattr(lead, part) for part in names} for lead in rows}
