"""Put e-mail into the outbox: in the transaction that causes it, once per key; ``crm.mail.sending.postman`` sends it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, String, cast, insert, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite

from crm.errors import NotAllowed, Problem, Refused
from crm.i18n import _
from crm.mail.address import check_address, single_line
from crm.records import records
from crm.work import Work
from db.audit import SYSTEM_OPTIONS
from db.models import Campaign, CampaignArm, CampaignMember, Outbox
from db.scope import UPDATE

#: States of a row. ``handed``: the server may have it, so it is never sent again, whatever happens next.
QUEUED, SENDING, HANDED, SENT, FAILED, CANCELLED = (
    "queued",
    "sending",
    "handed",
    "sent",
    "failed",
    "cancelled",
)
#: Kinds of a row: a whole message, or a campaign's message to one member, rendered when its turn comes.
MAIL, CAMPAIGN = "mail", "campaign"
_KEY_LENGTH = 120


def queue_mail(
    work: Work,
    *,
    key: str,
    to: str,
    subject: str,
    text: str,
    html: str | None = None,
    case_id: int | None = None,
    campaign_id: int | None = None,
    member_id: int | None = None,
    headers: Mapping[str, str] | None = None,
    sender_name: str = "",
    copies: Sequence[str] = (),
    answers: Sequence[str] = (),
    files: Sequence[tuple[str, str, str]] = (),
    due_at: datetime | None = None,
    link: tuple[str, str, int] | None = None,
) -> bool:
    """Write down one message; it goes out after the commit, and not at all when the work is rolled back.

    Parameters
    ----------
    sender_name : str
        Who writes, before the firm's own address.
    copies : sequence of str
        Who gets a copy that all see.
    answers : sequence of str
        Message-IDs of the talk that it belongs to, the one that it answers last.
    files : sequence of tuples
        Name, kind and SHA-256 of stored files that go along.
    link : tuple
        Purpose, path and number of a link that is a secret: it is made when the message goes, for ``{link}`` in the text.

    Returns
    -------
    bool
        False when a message with this key was written down before; nothing is added then.

    Raises
    ------
    Refused
        The address cannot be one, or the subject or a header has more than one line.
    """
    if not key or len(key) > _KEY_LENGTH:
        raise ValueError(f"a key has 1 to {_KEY_LENGTH} characters")
    payload: dict[str, Any] = {"to": check_address(to), "subject": single_line(subject), "text": text}
    if html:
        payload["html"] = html
    if headers:
        payload["headers"] = {single_line(name): single_line(value) for name, value in headers.items()}
    more = {
        "from": sender_name,
        "cc": [check_address(one) for one in copies],
        "answers": list(answers),
        "files": [list(file) for file in files],
        "link": list(link or ()),
    }
    payload |= {name: value for name, value in more.items() if value}
    values = {
        "kind": MAIL,
        "payload": payload,
        "unique_key": key,
        "made_at": work.now,
        "due_at": due_at or work.now,
        "tries": 0,
        "state": QUEUED,
        "case_id": case_id,
        "campaign_id": campaign_id,
        "member_id": member_id,
    }
    # What the message belongs to may still wait in the session for its own insert.
    work.session.flush()
    connection = work.session.connection()
    make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = make(Outbox).values(values).on_conflict_do_nothing(index_elements=["unique_key"])
    added = connection.execute(statement.returning(Outbox.id), execution_options=SYSTEM_OPTIONS)
    return added.scalar_one_or_none() is not None


def cancel_mail(work: Work, key: str) -> None:
    """Keep the message with this key from going out, as long as it waits."""
    waits = (Outbox.unique_key == key) & (Outbox.state == QUEUED)
    work.session.connection().execute(
        update(Outbox).where(waits).values(state=CANCELLED), execution_options=SYSTEM_OPTIONS
    )


def queue_campaign(work: Work, campaign_id: int) -> int:
    """One row per planned member of every arm that is not the control group; the members are queued from then on.

    Returns
    -------
    int
        How many were queued now; members who were queued before are not queued again.

    Raises
    ------
    NotFound, NotAllowed
        The campaign is not there for the actor, or not theirs to change.
    Refused
        An arm has no template.
    """
    _demand_campaign(work, campaign_id)
    work.session.flush()
    _demand_templates(work, campaign_id)
    waiting = _planned(campaign_id)
    rows = (
        select(
            literal(CAMPAIGN),
            literal({}, Outbox.payload.type),
            literal(f"campaign:{campaign_id}:") + cast(CampaignMember.id, String),
            literal(work.now, Outbox.made_at.type),
            literal(work.now, Outbox.due_at.type),
            literal(0),
            literal(QUEUED),
            CampaignMember.campaign_id,
            CampaignMember.id,
        )
        .where(*waiting)
        .order_by(CampaignMember.id)
    )
    names = (
        *("kind", "payload", "unique_key", "made_at", "due_at", "tries"),
        *("state", "campaign_id", "member_id"),
    )
    connection = work.session.connection()
    # A member who was planned again after a cancelled start has a row already; it is taken up, not doubled.
    connection.execute(
        update(Outbox)
        .where(
            Outbox.campaign_id == campaign_id,
            Outbox.state == CANCELLED,
            Outbox.member_id.in_(select(CampaignMember.id).where(*waiting)),
        )
        .values(state=QUEUED, due_at=work.now, tries=0, problem=None),
        execution_options=SYSTEM_OPTIONS,
    )
    known = select(Outbox.member_id).where(
        Outbox.campaign_id == campaign_id, Outbox.member_id.is_not(None), Outbox.kind == CAMPAIGN
    )
    connection.execute(
        insert(Outbox).from_select(names, rows.where(CampaignMember.id.not_in(known))),
        execution_options=SYSTEM_OPTIONS,
    )
    moved = connection.execute(
        update(CampaignMember).where(*waiting).values(state="queued"), execution_options=SYSTEM_OPTIONS
    )
    _forget_members(work)
    return int(moved.rowcount)


def cancel_queued(work: Work, campaign_id: int) -> int:
    """Take back what was not handed over yet: the rows are cancelled, their members are planned again.

    Returns
    -------
    int
        How many messages will not go out.
    """
    _demand_campaign(work, campaign_id)
    work.session.flush()
    connection = work.session.connection()
    cancelled = connection.execute(
        update(Outbox)
        # One that is being sent right now is stopped before its dot: it is handed over only while it is "sending".
        .where(Outbox.campaign_id == campaign_id, Outbox.state.in_((QUEUED, SENDING)))
        .values(state=CANCELLED, owner=None)
        .returning(Outbox.id),
        execution_options=SYSTEM_OPTIONS,
    ).all()
    stopped = select(Outbox.member_id).where(
        Outbox.campaign_id == campaign_id, Outbox.state == CANCELLED, Outbox.member_id.is_not(None)
    )
    connection.execute(
        update(CampaignMember)
        .where(
            CampaignMember.campaign_id == campaign_id,
            CampaignMember.state == "queued",
            CampaignMember.id.in_(stopped),
        )
        .values(state="planned"),
        execution_options=SYSTEM_OPTIONS,
    )
    _forget_members(work)
    return len(cancelled)


def _demand_campaign(work: Work, campaign_id: int) -> None:
    campaign = records.find(work.session, Campaign, campaign_id)
    if not work.actor.holds("campaign", UPDATE, owner_id=campaign.owner_id, team_id=campaign.team_id):
        raise NotAllowed(_("You may not change this campaign. Ask its owner or an administrator."))


def _demand_templates(work: Work, campaign_id: int) -> None:
    bare = work.session.scalars(
        select(CampaignArm.name)
        .where(
            CampaignArm.campaign_id == campaign_id,
            CampaignArm.is_control.is_(False),
            CampaignArm.template_id.is_(None),
        )
        .order_by(CampaignArm.position, CampaignArm.id)
    ).all()
    if bare:
        said = _("Arm “{arm}” has no template. Choose one before sending.")
        raise Refused(
            said.format(arm=bare[0]), problems=[Problem("template_id", said.format(arm=n)) for n in bare]
        )


def _planned(campaign_id: int) -> tuple[ColumnElement[bool], ...]:
    """Members who wait for the start and whose arm gets a message."""
    arms = select(CampaignArm.name).where(
        CampaignArm.campaign_id == campaign_id, CampaignArm.is_control.is_(False)
    )
    return (
        CampaignMember.campaign_id == campaign_id,
        CampaignMember.state == "planned",
        CampaignMember.arm.in_(arms),
    )


def _forget_members(work: Work) -> None:
    for row in list(work.session.identity_map.values()):
        if isinstance(row, CampaignMember):
            work.session.expire(row)
