"""Answers to web forms that somebody looks at first: kept whole in the inbox, without effect until they are let in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from typing import Any

from sqlalchemy import func, or_, select

from crm.campaigns.forms.known import names_behind
from crm.campaigns.forms.outcome import become, confirmation_key
from crm.campaigns.forms.questions import FormField, fields_of, in_words
from crm.errors import NotAllowed, Refused
from crm.i18n import _
from crm.mail.receiving.storing import WAITING, keep_content
from crm.mail.sending.outbox import cancel_mail
from crm.records import records, registry
from crm.records.matching import name_words
from crm.work import SYSTEM, Work
from db.audit import SYSTEM_OPTIONS
from db.models import Case, Consent, Contact, FormAnswer, IncomingMessage, Interaction, Lead, WebForm
from db.scope import UPDATE

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
    """Whose address it is, where somebody of another name uses it; who is of another team is not named."""
    email, typed = str(said.get("email") or ""), set(name_words(str(said.get("name") or "")).split())
    if not email or not typed:
        return ""
    known = names_behind(work.session, form, email)
    if not known or any(typed & set(name_words(name).split()) for name, _is_ours in known):
        return ""
    name, is_ours = known[0]
    return name if is_ours or form.team_id is None else _("somebody else")


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
    with _as_the_form(work, message) as (mine, answer, form):
        said = dict(answer.answers)
        last = {cls: _last(mine, cls) for cls in (Case, Lead, Contact, Interaction, Consent)}
        known = _leads(mine, said)
        become(mine, form, answer, fields_of(form.fields), set(said.get("consents") or ()))
        answer.is_held = False
        message.contact_id, message.case_id, message.lead_id = (
            answer.contact_id,
            answer.case_id,
            answer.lead_id,
        )
        made: list[list[Any]] = []
        # One writes at a time: what is newer than before and belongs to this answer was made by it.
        for entity, cls, column, value in (
            ("case", Case, Case.id, answer.case_id),
            ("lead", Lead, Lead.id, answer.lead_id),
            ("interaction", Interaction, Interaction.contact_id, answer.contact_id),
            ("contact", Contact, Contact.id, answer.contact_id),
        ):
            asked = select(cls.id).where(cls.id > last[cls], column == value)
            made += [[entity, found] for found in mine.session.scalars(asked)]
        given = select(Consent.id).where(Consent.id > last[Consent], Consent.contact_id == answer.contact_id)
        message.filing = {
            "made": made,
            "lead": known.get(answer.lead_id or 0),
            "consents": list(mine.session.scalars(given)),
        }
        return answer.id


def take_out(work: Work, message: IncomingMessage) -> None:
    """Undo what letting an answer in made and changed: its records, words added to a lead, consents."""
    with _as_the_form(work, message) as (mine, answer, _form):
        filing = message.filing
        number = mine.session.scalar(select(Case.number).where(Case.id == answer.case_id))
        if number is not None:
            cancel_mail(mine, confirmation_key(answer, number))
        if (was := filing.get("lead")) and answer.lead_id is not None:
            lead = records.find(mine.session, Lead, answer.lead_id)
            records.update_record(mine, "lead", lead.id, was, seen_version=lead.version)
        given = select(Consent).where(Consent.id.in_(filing.get("consents", ())))
        for consent in mine.session.scalars(given):
            mine.session.delete(consent)
        for entity, made in filing.get("made", ()):
            row = mine.session.get(registry.model(entity), made)
            if row is not None and row.archived_at is None:
                records.archive_record(mine, entity, made, seen_version=row.version)
        answer.contact_id = answer.lead_id = answer.case_id = message.contact_id = None
        answer.is_held = True


@contextmanager
def _as_the_form(work: Work, message: IncomingMessage) -> Iterator[tuple[Work, FormAnswer, WebForm]]:
    """The answer and its form with the rights of the form, for whoever may decide about the message; the log names them."""
    who = work.actor
    if not who.holds("message", UPDATE, owner_id=message.owner_id, team_id=message.team_id):
        raise NotAllowed(_("You may not decide about this message. Ask somebody of its team."))
    work.session.flush()
    work.session.actor = replace(SYSTEM, user_id=who.user_id, name=who.name)
    try:
        asked = select(FormAnswer, WebForm).join(WebForm, WebForm.id == FormAnswer.form_id)
        row = work.session.execute(asked.where(FormAnswer.id == message.answer_id)).first()
        if row is None:
            raise Refused(
                _("The form of this answer is gone. Read what was said, and put it somewhere by hand.")
            )
        yield Work(work.session, work.session.actor, work.now), row[0], row[1]
        work.session.flush()
    finally:
        work.session.actor = who


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
