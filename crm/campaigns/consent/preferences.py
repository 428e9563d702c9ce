"""Saying no, or yes again, by the link in a message. The signed token is the key: no account, no cookie.

Works as the program after the token is checked; what the reader sees is a masked address and their own choices.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select

from crm.campaigns.consent.consent import CHANNEL_OF_CAMPAIGN, GIVEN, ConsentNow, consents_of, set_consent
from crm.errors import NotFound
from crm.i18n import _
from crm.links import read_token
from crm.work import SYSTEM, Work, reading, unit_of_work
from db.models import Campaign, CampaignMember, Contact
from db.models.campaigns.segments import CONSENT_CHANNELS, PURPOSES
from db.scope import ScopedSession

BY_LINK, BY_PAGE, UNDONE = "unsubscribe link", "preference page", "unsubscribe link, taken back"
#: Members who may still get, or got, the message of their campaign.
_LEAVING = ("planned", "queued", "sent")
_CAUSE = "unsubscribe"


@dataclass(frozen=True, slots=True)
class Reader:
    """Who holds the link, and what the link is about: pairs of purpose and channel."""

    contact_id: int
    campaign_id: int
    address: str
    about: tuple[tuple[str, str], ...]
    is_out: bool


def masked(address: str | None) -> str:
    """The first letter and the domain: enough to know one's own address again."""
    name, at, domain = (address or "").rpartition("@")
    return f"{name[:1]}…@{domain}" if at else ""


def reader_of(token: str) -> Reader:
    """Whom a link belongs to.

    Raises
    ------
    NotFound
        The token is forged, or its contact is gone.
    """
    contact_id, campaign_id = read_token("out", token)
    with reading(SYSTEM) as session:
        return _reader(session, contact_id, campaign_id)


def _reader(session: ScopedSession, contact_id: int, campaign_id: int) -> Reader:
    contact = session.get(Contact, contact_id)
    if contact is None:
        raise NotFound(_("This link is no longer in use: we have no address of yours any more."))
    campaign = session.get(Campaign, campaign_id) if campaign_id else None
    about: tuple[tuple[str, str], ...]
    if campaign is None:
        about = tuple((purpose, "email") for purpose, _label in PURPOSES)
    else:
        about = ((campaign.purpose, CHANNEL_OF_CAMPAIGN.get(campaign.channel, "email")),)
    known = _known(session, contact_id)
    is_out = all(pair in known and known[pair].latest.state == "withdrawn" for pair in about)
    return Reader(contact_id, campaign_id, masked(contact.email), about, is_out)


def _known(session: ScopedSession, contact_id: int) -> dict[tuple[str, str], ConsentNow]:
    return {(c.purpose, c.channel): c for c in consents_of(session, contact_id)}


def unsubscribe(token: str) -> Reader:
    """Withdraw consent to what the link is about; doing it again changes nothing."""
    contact_id, campaign_id = read_token("out", token)
    with unit_of_work(SYSTEM, cause=_CAUSE) as work:
        reader = _reader(work.session, contact_id, campaign_id)
        known = _known(work.session, contact_id)
        for purpose, channel in reader.about:
            before = known.get((purpose, channel))
            if before is None or before.latest.state != "withdrawn":
                _say(work, contact_id, purpose, channel, "withdrawn", source=BY_LINK)
        for member in _members(work, contact_id, campaign_id):
            if member.state in _LEAVING:
                member.state = "unsubscribed"
        work.session.flush()
        return _reader(work.session, contact_id, campaign_id)


def take_back(token: str) -> Reader:
    """Give again what was given before it was withdrawn by such a link."""
    contact_id, campaign_id = read_token("out", token)
    with unit_of_work(SYSTEM, cause=_CAUSE) as work:
        reader = _reader(work.session, contact_id, campaign_id)
        known = _known(work.session, contact_id)
        for purpose, channel in reader.about:
            said = known[purpose, channel].history if (purpose, channel) in known else ()
            if len(said) > 1 and said[0].source == BY_LINK and said[1].state == GIVEN:
                set_consent(
                    work, contact_id, purpose=purpose, channel=channel, state=GIVEN, basis=said[1].basis,
                    source=UNDONE,
                )  # fmt: skip
        for member in _members(work, contact_id, campaign_id):
            if member.state == "unsubscribed" and member.sent_at is not None:
                member.state = "sent"
        work.session.flush()
        return _reader(work.session, contact_id, campaign_id)


def _members(work: Work, contact_id: int, campaign_id: int) -> list[CampaignMember]:
    wanted = select(CampaignMember).where(
        CampaignMember.contact_id == contact_id, CampaignMember.campaign_id == campaign_id
    )
    return list(work.session.scalars(wanted))


def _say(work: Work, contact_id: int, purpose: str, channel: str, state: str, *, source: str) -> None:
    set_consent(
        work, contact_id, purpose=purpose, channel=channel, state=state, basis="consent", source=source
    )


def choices(token: str) -> frozenset[tuple[str, str]]:
    """The pairs of purpose and channel that the reader consents to now."""
    contact_id, _campaign_id = read_token("out", token)
    with reading(SYSTEM) as session:
        _reader(session, contact_id, 0)
        return frozenset(pair for pair, consent in _known(session, contact_id).items() if consent.is_given)


def save_choices(token: str, ticked: Collection[tuple[str, str]]) -> None:
    """Take down what the reader wants from now on; what stays the same adds nothing."""
    contact_id, _campaign_id = read_token("out", token)
    with unit_of_work(SYSTEM, cause=_CAUSE) as work:
        _reader(work.session, contact_id, 0)
        known = _known(work.session, contact_id)
        for purpose, _p in PURPOSES:
            for channel, _c in CONSENT_CHANNELS:
                pair = (purpose, channel)
                given = pair in known and known[pair].is_given
                if (pair in ticked) != given:
                    state = GIVEN if pair in ticked else "withdrawn"
                    _say(work, contact_id, purpose, channel, state, source=BY_PAGE)
