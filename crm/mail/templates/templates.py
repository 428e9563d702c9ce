"""Templates for the screens: read one, store it, copy it, see it as a contact would, send it to oneself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from sqlalchemy import select

from crm.errors import NotFound, Problem, Refused
from crm.i18n import LANGUAGES, _
from crm.links import public_url
from crm.mail.sending.outbox import queue_mail
from crm.mail.templates.render import Rendered, Source, render
from crm.mail.templates.values import SAMPLE, campaign_values, contact_values
from crm.records import records
from crm.records.view import RecordView, record_view
from crm.work import Work
from db.models import Campaign, CampaignArm, MessageTemplate, User
from db.scope import CREATE, ScopedSession

ENTITY = "message_template"


@dataclass(frozen=True, slots=True)
class TemplateView:
    """A stored template, what this person may do with it, and the campaigns that use it, newest first."""

    about: RecordView
    source: Source
    may_copy: bool
    campaigns: tuple[tuple[int, str], ...]


def template_view(session: ScopedSession, template_id: int) -> TemplateView:
    """One template.

    Raises
    ------
    NotFound
        No such template within the actor's scope.
    """
    about = record_view(session, ENTITY, template_id)
    record = about.values
    used = session.execute(
        select(Campaign.id, Campaign.name)
        .join(CampaignArm, CampaignArm.campaign_id == Campaign.id)
        .where(CampaignArm.template_id == template_id)
        .distinct()
        .order_by(Campaign.id.desc())
        .limit(20)
    )
    return TemplateView(
        about,
        Source(record["subject"], record["body"], record["preheader"] or "", record["language"] or "en"),
        session.actor.may("campaign", CREATE),
        tuple((int(row[0]), str(row[1])) for row in used),
    )


def save_template(
    work: Work, template_id: int, values: Mapping[str, Any], *, seen_version: int
) -> dict[str, Any]:
    """Store the texts, the name and the language of a template.

    Raises
    ------
    Refused, Conflict, NotFound, NotAllowed
        As ``crm.records.records.update_record``.
    """
    texts = {name: value for name, value in values.items() if name != "language"}
    language = values.get("language")
    if language is not None and language not in LANGUAGES:
        said = _("“{language}” is not a language of this program.").format(language=language)
        raise Refused(said, problems=[Problem("language", said)])
    records.update_record(work, ENTITY, template_id, texts, seen_version=seen_version)
    row = work.session.get_one(MessageTemplate, template_id)
    if language is not None and row.language != language:
        # The registry does not know this column, so it is stored here.
        row.language = language
        work.session.flush()
    return records.get_record(work.session, ENTITY, template_id)


def copy_template(work: Work, template_id: int) -> int:
    """A template with the same texts and a name of its own; returns its id.

    Raises
    ------
    NotFound, NotAllowed
        It is not there for the actor, or they may make none.
    """
    old = records.get_record(work.session, ENTITY, template_id)
    values = {name: old[name] for name in ("subject", "preheader", "body")}
    name = _("Copy of {name}").format(name=old["name"])[:200]
    made = records.create_record(work, ENTITY, {**values, "name": name})
    row = work.session.get_one(MessageTemplate, made["id"])
    row.language = old["language"]
    work.session.flush()
    return row.id


def preview(session: ScopedSession, source: Source, contact_id: int | None) -> Rendered:
    """The message as a contact would get it, with sample values for what only a campaign knows.

    Raises
    ------
    Unusable
        The template breaks a rule.
    NotFound
        The contact is not this actor's to see.
    """
    own = campaign_values(session, None, source.language, session.actor.user_id)
    values = dict(SAMPLE) | {"firm": own["firm"], "sender": own["sender"] or SAMPLE["sender"]}
    if contact_id is not None:
        theirs = contact_values(session, contact_id)
        if not theirs["contact"]:
            raise NotFound(_("There is no contact {id}, or it is not yours to see.").format(id=contact_id))
        values |= theirs
    return render(source, values, leave=public_url("/unsubscribe/preview"))


def send_test(work: Work, source: Source, contact_id: int | None) -> tuple[str, str]:
    """Write down the message for the actor's own address; it goes out like any other.

    Returns
    -------
    tuple of str
        The address, and the key of the message in the outbox.

    Raises
    ------
    Refused
        The actor has no address.
    Unusable
        The template breaks a rule.
    """
    said = preview(work.session, source, contact_id)
    to = work.session.scalar(select(User.email).where(User.id == work.actor.user_id))
    if not to:
        raise Refused(_("Your account has no e-mail address, so there is nowhere to send it."))
    key = f"test:{uuid4().hex}"
    subject = _("[Test] {subject}").format(subject=said.subject)
    queue_mail(work, key=key, to=to, subject=subject, text=said.text, html=said.html)
    return to, key
