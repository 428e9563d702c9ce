"""What becomes of a campaign: planned with members drawn, started, paused, resumed, closed, copied."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, exists, select, update

from crm.campaigns.runs.arm_rules import allocate, share_problems
from crm.campaigns.runs.audience import read_audience
from crm.clock import today
from crm.errors import NotFound, Problem, Refused
from crm.i18n import _
from crm.mail.sending.outbox import cancel_queued, queue_campaign
from crm.records import records
from crm.records.writing.bulk import insert_rows
from crm.work import Work
from db.audit import SYSTEM_OPTIONS
from db.models import Campaign, CampaignArm, CampaignMember, Outbox

#: A draw of more contacts than this is done by a job.
MANY = 5000
#: Fields of a campaign that its copy takes over.
COPIED = (
    "channel", "purpose", "goal", "offer", "segment_id", "response_days", "budget_minor", "currency", "expected_response",
    "cap_messages", "cap_days", "notes",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Draw:
    """What a draw gave: members by arm and who fell out by reason."""

    by_arm: dict[str, int]
    left_out: dict[str, int]

    @property
    def members(self) -> int:
        """All who were drawn, the control group included."""
        return sum(self.by_arm.values())


def get_campaign(work: Work, campaign_id: int, *, among: tuple[str, ...], doing: str) -> Campaign:
    """The campaign's row, when its status is one of ``among``.

    Raises
    ------
    NotFound
        It is not there, or not this actor's to see.
    Refused
        Its status does not allow it; ``doing`` says what was asked for.
    """
    row = work.session.get(Campaign, campaign_id)
    if row is None:
        raise NotFound(_("There is no campaign {id}, or it is not yours to see.").format(id=campaign_id))
    if row.archived_at is not None:
        raise Refused(_("The campaign is archived. Restore it first."))
    if row.status not in among:
        words = dict(Campaign.__table__.c.status.info["choices"])
        text = _("A campaign that is {status} cannot be {doing}.")
        raise Refused(text.format(status=_(words[row.status]).lower(), doing=doing))
    return row


def plan_problems(work: Work, row: Campaign) -> list[Problem]:
    """Everything that stands against planning a campaign, each with its remedy."""
    problems: list[Problem] = []
    if row.segment_id is None:
        problems.append(Problem("segment_id", _("Choose a segment: whom is it for?")))
    if row.starts_on is None:
        problems.append(Problem("starts_on", _("Say on which day it starts.")))
    if row.ends_on is None:
        problems.append(Problem("ends_on", _("Say on which day it ends.")))
    if row.starts_on and row.ends_on and row.ends_on < row.starts_on:
        problems.append(Problem("ends_on", _("The campaign ends before it starts. Choose a later end.")))
    arms = arms_of(work, row.id)
    problems += share_problems({a.name: a.share for a in arms}, [a.name for a in arms if a.is_control])
    if row.channel == "email":
        problems += [
            Problem("template_id", _("Arm “{name}” has no message. Choose a template.").format(name=a.name))
            for a in arms
            if not a.is_control and a.template_id is None
        ]
    return problems


def arms_of(work: Work, campaign_id: int) -> list[CampaignArm]:
    """The arms of a campaign in their order."""
    statement = (
        select(CampaignArm)
        .where(CampaignArm.campaign_id == campaign_id)
        .order_by(CampaignArm.position, CampaignArm.id)
    )
    return list(work.session.scalars(statement))


def plan_campaign(work: Work, campaign_id: int) -> Draw:
    """Draw the members: the segment's contacts that may be addressed now, into arms by strata and seed.

    The same contacts, arms, strata and seed give the same draw. From then on members, arms and all that the draw rests on stay.

    Raises
    ------
    Refused
        With one ``Problem`` for everything that is missing; nothing is stored.
    """
    row = get_campaign(work, campaign_id, among=("draft",), doing=_("planned"))
    if problems := plan_problems(work, row):
        raise Refused(
            problems[0].message
            if len(problems) == 1
            else _("The campaign cannot be planned yet: {n} things are missing.").format(n=len(problems)),
            problems=problems,
        )
    audience = read_audience(work.session, row, now=work.now)
    if not audience.n:
        text = _("Nobody in this segment may be addressed: all {n} fall out. See the audience below.")
        raise Refused(text.format(n=audience.found))
    arms = arms_of(work, campaign_id)
    drawn = audience.reachable
    ids, strata = [int(i) for i in drawn["id"]], list(drawn["stratum"])
    placed = allocate(ids, strata, {a.name: a.share for a in arms}, seed=row.seed)
    # The flush demands the right to change this campaign; only then the members are written in bulk.
    row.status, row.drawn_at, row.left_out = "planned", work.now, audience.left_out
    work.session.flush()
    control = {a.name for a in arms if a.is_control}
    insert_rows(
        work.session.connection(),
        CampaignMember.__table__,  # type: ignore[arg-type]
        [
            {
                "campaign_id": row.id,
                "contact_id": contact_id,
                "arm": arm,
                "state": "control" if arm in control else "planned",
                "stratum": stratum,
            }
            for contact_id, arm, stratum in zip(ids, placed, strata, strict=True)
        ],
    )
    return Draw({a.name: placed.count(a.name) for a in arms}, audience.left_out)


def undraw(work: Work, campaign_id: int) -> None:
    """Take the draw back while nothing was sent: the campaign is a draft again, without members."""
    row = get_campaign(work, campaign_id, among=("planned",), doing=_("a draft again"))
    members = CampaignMember.campaign_id == campaign_id
    touched = exists().where(members, CampaignMember.sent_at.is_not(None) | CampaignMember.responded)
    mailed = exists().where(Outbox.campaign_id == campaign_id)
    row.status, row.drawn_at, row.left_out = "draft", None, {}
    work.session.flush()
    if work.session.scalar(select(touched | mailed), execution_options=SYSTEM_OPTIONS):
        raise Refused(_("Messages of this campaign went out already. Copy it and plan the copy."))
    work.session.connection().execute(delete(CampaignMember).where(members), execution_options=SYSTEM_OPTIONS)


def start_campaign(work: Work, campaign_id: int) -> int:
    """Begin: e-mail is queued for sending, phone and letter lists are open.

    Returns
    -------
    int
        How many members get a message.
    """
    row = get_campaign(work, campaign_id, among=("planned",), doing=_("started"))
    if row.ends_on is not None and row.ends_on < today():
        text = _("The campaign's period is over. Choose a later end, then start it.")
        raise Refused(text, problems=[Problem("ends_on", text)])
    row.status, row.started_at = "running", work.now
    work.session.flush()
    return _send(work, row)


def _send(work: Work, row: Campaign) -> int:
    if row.channel == "email":
        return queue_campaign(work, row.id)
    waiting = select(CampaignMember.id).where(
        CampaignMember.campaign_id == row.id, CampaignMember.state == "planned"
    )
    return len(work.session.scalars(waiting).all())


def pause_campaign(work: Work, campaign_id: int) -> int:
    """Hold what was not sent yet; gives how many messages were held back."""
    row = get_campaign(work, campaign_id, among=("running",), doing=_("paused"))
    row.status = "paused"
    work.session.flush()
    return cancel_queued(work, row.id) if row.channel == "email" else 0


def resume_campaign(work: Work, campaign_id: int) -> int:
    """Go on with those who wait; gives how many."""
    row = get_campaign(work, campaign_id, among=("paused",), doing=_("resumed"))
    row.status = "running"
    work.session.flush()
    return _send(work, row)


def close_campaign(work: Work, campaign_id: int) -> None:
    """End it: nothing more is sent, and whoever still waited is left out."""
    row = get_campaign(work, campaign_id, among=("planned", "running", "paused"), doing=_("closed"))
    row.status, row.closed_at = "closed", work.now
    work.session.flush()
    if row.channel == "email":
        cancel_queued(work, row.id)
    waiting = update(CampaignMember).where(
        CampaignMember.campaign_id == campaign_id, CampaignMember.state == "planned"
    )
    work.session.connection().execute(waiting.values(state="skipped"), execution_options=SYSTEM_OPTIONS)


def copy_campaign(work: Work, campaign_id: int) -> int:
    """A draft with the same content, arms and strata, without members and dates; gives its id."""
    row = work.session.get(Campaign, campaign_id)
    if row is None:
        raise NotFound(_("There is no campaign {id}, or it is not yours to see.").format(id=campaign_id))
    values: dict[str, Any] = {name: getattr(row, name) for name in COPIED}
    name = _("{name} (copy)").format(name=row.name[:190])
    made = records.create_record(work, "campaign", values | {"name": name})
    copy = work.session.get_one(Campaign, made["id"])
    copy.copied_from_id, copy.strata, copy.seed = row.id, list(row.strata), row.seed + 1
    for arm in arms_of(work, campaign_id):
        names = ("name", "is_control", "share", "template_id", "position")
        values = {name: getattr(arm, name) for name in names}
        records.store_new(work, "campaign_arm", values | {"campaign_id": copy.id})
    return copy.id
