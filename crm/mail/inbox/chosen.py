"""What becomes of a new question that no record waits for: the firm says so once, and staff can do otherwise each time."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import select

from crm.errors import NotAllowed, Problem, Refused
from crm.firm.firm import get_setting, put_setting
from crm.i18n import _
from crm.work import Work
from db.models import Queue, Team
from db.scope import UPDATE, ScopedSession

_NAME = "mailbox"
MOST_DAYS = 3650
WAIT, CASE, LEAD, TALK = "wait", "case", "lead", "talk"


@dataclass(frozen=True, slots=True)
class MailboxRules:
    """What a new question becomes, from people we know and from strangers; whose it is until somebody takes it."""

    known: str = WAIT
    unknown: str = WAIT
    team_id: int | None = None
    queue_id: int | None = None
    #: A case that ended longer ago is not reopened by a message with its number.
    reopen_days: int = 28


def mailbox_rules(session: ScopedSession) -> MailboxRules:
    """The stored rules; what does not fit any more counts as not stored."""
    stored = get_setting(session, _NAME)
    names = MailboxRules.__dataclass_fields__
    return MailboxRules(**{name: value for name, value in stored.items() if name in names})


def set_mailbox_rules(work: Work, rules: MailboxRules) -> None:
    """Store the rules.

    Raises
    ------
    NotAllowed
        The actor may not change settings.
    Refused
        A rule that does not exist, or that needs somebody we know.
    """
    if not work.actor.may("setting", UPDATE):
        raise NotAllowed(
            _("Only administrators change settings. Ask one if something here should be different.")
        )
    for name, allowed in (("known", (WAIT, CASE, TALK, LEAD)), ("unknown", (WAIT, CASE, LEAD))):
        if getattr(rules, name) not in allowed:
            message = _("A message cannot become that. Choose one of the list.")
            raise Refused(message, problems=[Problem(name, message)])
    if not 0 <= rules.reopen_days <= MOST_DAYS:
        message = _("Choose a number of days from 0 to {most}.").format(most=MOST_DAYS)
        raise Refused(message, problems=[Problem("reopen_days", message)])
    put_setting(work, _NAME, asdict(rules))


def first_team(session: ScopedSession, rules: MailboxRules) -> int | None:
    """Who looks after what nobody owns: the team of the rules, else of a queue, else the first of the firm."""
    if rules.team_id is not None and session.get(Team, rules.team_id) is not None:
        return rules.team_id
    queues = (
        select(Queue.team_id)
        .where(Queue.team_id.is_not(None), Queue.is_active)
        .order_by(Queue.id != (rules.queue_id or 0), Queue.id)
    )
    found: Any = session.scalars(queues).first()
    return found if found is not None else session.scalars(select(Team.id).order_by(Team.id)).first()
