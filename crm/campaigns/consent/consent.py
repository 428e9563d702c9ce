"""What each contact agreed to, per purpose and channel: rows are added, never changed, and the newest one holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select

from crm.campaigns.consent.reach import consenting, reached
from crm.clock import here, now
from crm.errors import NotFound
from crm.i18n import _
from crm.records import records
from crm.work import Work
from db.models import Consent, Contact, User
from db.models.campaigns.segments import CONSENT_CHANNELS, PURPOSES
from db.scope import ScopedSession

GIVEN = "given"
#: Over which channel of consent a campaign of each channel reaches people; invitations go out by e-mail.
CHANNEL_OF_CAMPAIGN = {
    "email": "email",
    "phone": "phone",
    "letter": "post",
    "social": "social",
    "event": "email",
}


@dataclass(frozen=True, slots=True)
class ConsentEntry:
    """One word of a contact: what they said, on which basis, when, and where it was taken down by whom."""

    purpose: str
    channel: str
    state: str
    basis: str
    at: datetime
    source: str
    by: str


@dataclass(frozen=True, slots=True)
class ConsentNow:
    """What holds for one purpose and channel, and everything said before, newest first."""

    purpose: str
    channel: str
    latest: ConsentEntry
    history: tuple[ConsentEntry, ...]

    @property
    def is_given(self) -> bool:
        """True when the contact may be addressed for this purpose on this channel."""
        return self.latest.state == GIVEN


def set_consent(
    work: Work,
    contact_id: int,
    *,
    purpose: str,
    channel: str,
    state: str,
    basis: str = "consent",
    source: str | None,
    at: datetime | None = None,
) -> int:
    """Take down what a contact said; nothing that was said before changes.

    Parameters
    ----------
    source : str or None
        Where it was said, as "form ask-us" or "phone call"; needed when consent is given.
    at : datetime, optional
        When it was said, aware; now when left out.

    Returns
    -------
    int
        The id of the new row.

    Raises
    ------
    Refused
        An unknown purpose, channel, state or basis, consent without a source, or a time to come.
    NotFound
        The contact is not there, or not this actor's to see.
    """
    if work.session.get(Contact, contact_id) is None:
        raise NotFound(_("There is no contact {id}, or it is not yours to see.").format(id=contact_id))
    said = {"purpose": purpose, "channel": channel, "state": state, "basis": basis}
    values = {"contact_id": contact_id, **said, "source": source, "at": at}
    return int(records.create_record(work, "consent", values)["id"])


def consents_of(session: ScopedSession, contact_id: int) -> list[ConsentNow]:
    """What holds for a contact per purpose and channel, in the order of the choices, each with its history."""
    statement = (
        select(
            Consent.purpose,
            Consent.channel,
            Consent.state,
            Consent.basis,
            Consent.at,
            Consent.source,
            User.name,
        )
        .outerjoin(User, User.id == Consent.user_id)
        .where(Consent.contact_id == contact_id)
        .order_by(Consent.at.desc(), Consent.id.desc())
    )
    found: dict[tuple[str, str], list[ConsentEntry]] = {}
    for row in session.execute(statement):
        entry = ConsentEntry(*row[:5], source=row.source or "", by=row.name or "")
        found.setdefault((entry.purpose, entry.channel), []).append(entry)
    return [
        ConsentNow(purpose, channel, entries[0], tuple(entries))
        for purpose, _p in PURPOSES
        for channel, _c in CONSENT_CHANNELS
        if (entries := found.get((purpose, channel)))
    ]


def allowed(purpose: str, channel: str) -> ColumnElement[bool]:
    """The condition on ``Contact`` that the newest word on this purpose and channel is yes, on whatever basis."""
    return Contact.id.in_(consenting(purpose, channel))


def may_contact(session: ScopedSession, contact_id: int, purpose: str, channel: str) -> bool:
    """True when this contact may be addressed now: consent holds, the contact is in use, the address is good.

    ``channel`` is one of consent (``post``) or of a campaign (``letter``).
    """
    channel = CHANNEL_OF_CAMPAIGN.get(channel, channel)
    frame = reached(
        session,
        Contact.id == contact_id,
        purpose=purpose,
        channel=channel,
        on=here(now()).date(),
        contact_id=contact_id,
    )
    return bool(len(frame) == 1 and frame["reason"].iloc[0] == "")
