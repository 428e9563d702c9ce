"""How the mail stands: what keeps it from going out, and how far a campaign is."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import parseaddr

from sqlalchemy import func, select

from crm.config import settings
from crm.i18n import _
from crm.mail.sending.outbox import CANCELLED, FAILED, HANDED, QUEUED, SENDING, SENT
from crm.work import SYSTEM, reading
from db.models import Outbox

#: A sentence per reason is enough; a screen shows the most frequent.
MOST_PROBLEMS = 5


def missing() -> str:
    """What the settings lack for sending, as a sentence; empty when mail can go out."""
    chosen = settings()
    if not chosen.smtp_host:
        return _("No mail server is set up, so messages wait. Set CRM_SMTP_HOST and CRM_MAIL_FROM.")
    if "@" not in parseaddr(chosen.mail_from)[1]:
        return _(
            "No sender is set up, so messages wait. Set CRM_MAIL_FROM, as “Brew & Berg <hello@example.com>”."
        )
    return ""


@dataclass(frozen=True, slots=True)
class MailStatus:
    """Messages by what became of them; ``problems`` are the commonest reasons with their counts.

    ``unconfirmed`` were handed to the server whose answer never came: probably delivered, never sent again.
    """

    waiting: int
    sending: int
    unconfirmed: int
    sent: int
    failed: int
    left_out: int
    problems: tuple[tuple[str, int], ...]
    missing: str

    @property
    def total(self) -> int:
        """All messages."""
        return self.waiting + self.sending + self.unconfirmed + self.sent + self.failed + self.left_out


def mail_status(campaign_id: int | None = None) -> MailStatus:
    """How the mail of a campaign stands, or all mail; the caller has authorised the campaign."""
    with reading(SYSTEM) as session:
        mine = [] if campaign_id is None else [Outbox.campaign_id == campaign_id]
        by_state = {
            row[0]: int(row[1])
            for row in session.execute(select(Outbox.state, func.count()).where(*mine).group_by(Outbox.state))
        }
        count = func.count()
        problems = session.execute(
            select(Outbox.problem, count)
            .where(*mine, Outbox.problem.is_not(None))
            .group_by(Outbox.problem)
            .order_by(count.desc(), Outbox.problem)
            .limit(MOST_PROBLEMS)
        ).all()
    return MailStatus(
        waiting=by_state.get(QUEUED, 0),
        sending=by_state.get(SENDING, 0),
        unconfirmed=by_state.get(HANDED, 0),
        sent=by_state.get(SENT, 0),
        failed=by_state.get(FAILED, 0),
        left_out=by_state.get(CANCELLED, 0),
        problems=tuple((_(str(problem)), int(n)) for problem, n in problems),
        missing=missing(),
    )


def outcome(key: str) -> str:
    """What became of one message: its state, and the reason where there is one."""
    with reading(SYSTEM) as session:
        found = session.execute(select(Outbox.state, Outbox.problem).where(Outbox.unique_key == key)).one()
    return f"{found.state}: {found.problem}" if found.problem else str(found.state)
