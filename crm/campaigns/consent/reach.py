"""Who can be addressed on a channel, and why the others cannot: one reading of it for the planner and for each message."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, and_, exists, false, func, or_, select
from sqlalchemy.orm import aliased

from crm.i18n import N_
from db.models import Address, AddressProblem, Campaign, CampaignMember, Channel, Consent, Contact
from db.scope import ScopedSession

#: Why somebody is left out, in the order in which it is asked: who lacks two things falls out for the first.
REASONS = {
    "archived": N_("Archived"),
    "no_consent": N_("No consent"),
    "no_address": N_("No address"),
    "invalid_address": N_("Address cannot be reached"),
    "capped": N_("Got enough messages lately"),
    "duplicate": N_("Same address as another contact"),
}
#: States of a member who will get a message that is not sent yet.
_TO_COME = ("planned", "queued")


@dataclass(frozen=True, slots=True)
class Cap:
    """Whoever got ``messages`` from campaigns other than ``campaign_id`` since a moment gets none; 0 means no cap.

    ``reserved``: messages that other planned or running campaigns are about to send count, too.
    """

    messages: int
    since: datetime
    campaign_id: int
    reserved: bool = False


POSTAL = ("street", "postal_code", "city", "region", "country")


def reached(
    session: ScopedSession,
    condition: ColumnElement[bool],
    *,
    purpose: str,
    channel: str,
    on: date,
    contact_id: int | None = None,
    extra: tuple[str, ...] = (),
    cap: Cap | None = None,
) -> pd.DataFrame:
    """The contacts under a condition with their address and what stands against a message.

    Parameters
    ----------
    channel : str
        One of consent: ``email``, ``phone``, ``post``, ``social``.
    contact_id : int, optional
        The one contact the condition means, so that nothing is read about the others.
    extra : tuple of str
        Further columns of the contact.
    cap : Cap, optional
        Who got so many messages lately is left out, too.

    Returns
    -------
    DataFrame
        ``id``, ``name``, ``address`` (lower case, empty when there is none), ``organisation_id``, the ``extra`` columns, and
        ``reason``: a key of ``REASONS``, empty when the contact may be addressed; by id.
    """
    if contact_id is not None and session.get(Contact, contact_id) is None:
        condition = false()
    # What belongs to one contact whom the actor may see is read on the program's account: the condition "of any visible
    # contact" would walk all of a team's contacts for each message.
    options = {"system": contact_id is not None}
    given = consenting(purpose, channel, contact_id=contact_id).distinct().subquery()
    kept = tuple(dict.fromkeys(n for n in extra if n not in ("id", "name", "organisation_id")))
    statement = (
        select(
            Contact.id,
            Contact.name,
            Contact.email,
            Contact.phone,
            Contact.organisation_id,
            Contact.archived_at.is_not(None).label("is_archived"),
            given.c.contact_id.label("consenting"),
            *(getattr(Contact, name).label(f"extra_{name}") for name in kept),
        )
        .outerjoin(given, given.c.contact_id == Contact.id)
        .where(condition)
        .order_by(Contact.id)
    )
    result = session.execute(statement, execution_options=options)
    names = list(result.keys())
    # Column by column: pandas would look at each of a hundred thousand rows by itself.
    columns = list(zip(*result.all(), strict=True)) or [()] * len(names)
    frame = pd.DataFrame(
        {name: pd.Series(values, dtype=object) for name, values in zip(names, columns, strict=True)}
    )
    frame["address"] = _addresses(session, frame, channel, on)
    frame["reason"] = ""
    against = {
        "archived": frame["is_archived"].astype(bool),
        "no_consent": frame["consenting"].isna(),
        "no_address": frame["address"] == "",
        "invalid_address": _invalid(session, frame, channel, on, contact_id),
    }
    if cap is not None:
        against["capped"] = frame["id"].isin(capped(session, cap, contact_id=contact_id))
    for reason, falls in against.items():
        frame.loc[falls & (frame["reason"] == ""), "reason"] = reason
    frame = frame.drop(columns=["email", "phone", "is_archived", "consenting"])
    return frame.rename(columns={f"extra_{name}": name for name in kept})


def _addresses(session: ScopedSession, frame: pd.DataFrame, channel: str, on: date) -> pd.Series[Any]:
    if channel == "post":
        places = postal_addresses(session, frame, on=on)
        return pd.Series([places.get(i, "") for i in frame["id"]], index=frame.index, dtype=object)
    # A campaign on social media is shown to those whom the network knows by their e-mail address.
    column = "phone" if channel == "phone" else "email"
    written = [(value or "").strip().lower() for value in frame[column]]
    return pd.Series(written, index=frame.index, dtype=object)


def _invalid(
    session: ScopedSession, frame: pd.DataFrame, channel: str, on: date, contact_id: int | None
) -> pd.Series[Any]:
    if channel == "post":
        return pd.Series(False, index=frame.index)
    kind = "phone" if channel == "phone" else "email"
    expired = expired_channels(session, kind, on=on, contact_id=contact_id)
    pairs = pd.Series(list(zip(frame["id"], frame["address"], strict=True)), index=frame.index, dtype=object)
    falls = pairs.isin(expired)
    if kind == "email":
        one = frame["address"].iloc[0] if contact_id is not None and len(frame) else None
        bad = bad_addresses(session, only=one)
        falls |= frame["address"].isin(bad) | ~frame["address"].map(lambda a: "@" in a).astype(bool)
    return falls


def postal_addresses(session: ScopedSession, frame: pd.DataFrame, *, on: date) -> dict[int, str]:
    """The postal address of each contact in one line: the contact's own, else the organisation's."""
    parts = postal_parts(session, frame, on=on)
    return {i: ", ".join(str(p) for p in place.values() if p).lower() for i, place in parts.items()}


def postal_parts(session: ScopedSession, frame: pd.DataFrame, *, on: date) -> dict[int, dict[str, Any]]:
    """Street, code, town, region and country by contact id; ``frame`` has ``id`` and ``organisation_id``."""
    own: dict[int, dict[str, Any]] = {}
    firms: dict[int, dict[str, Any]] = {}
    wanted_own, wanted_firms = set(frame["id"]), set(frame["organisation_id"].dropna())
    statement = (
        select(Address.contact_id, Address.organisation_id, *(getattr(Address, p) for p in POSTAL))
        .where(
            Address.street.is_not(None),
            Address.city.is_not(None),
            or_(Address.valid_from.is_(None), Address.valid_from <= on),
            or_(Address.valid_until.is_(None), Address.valid_until >= on),
        )
        .order_by(Address.id)
    )
    if len(frame) == 1:
        firm_id = next(iter(wanted_firms), -1)
        statement = statement.where(
            or_(Address.contact_id == next(iter(wanted_own)), Address.organisation_id == firm_id)
        )
    for row in session.execute(statement):
        place = dict(zip(POSTAL, row[2:], strict=True))
        if row.contact_id in wanted_own:
            own.setdefault(int(row.contact_id), place)
        elif row.contact_id is None and row.organisation_id in wanted_firms:
            firms.setdefault(int(row.organisation_id), place)
    pairs = zip(frame["id"], frame["organisation_id"], strict=True)
    return {i: place for i, firm in pairs if (place := own.get(i, firms.get(firm, {})))}


def consenting(purpose: str, channel: str, *, contact_id: int | None = None) -> Any:
    """A select of the ids of contacts whose newest word on this purpose and channel is yes."""
    later = aliased(Consent)
    one = [later.contact_id == contact_id] if contact_id is not None else []
    newer = exists().where(
        *one,
        later.contact_id == Consent.contact_id,
        later.purpose == purpose,
        later.channel == channel,
        or_(later.at > Consent.at, and_(later.at == Consent.at, later.id > Consent.id)),
    )
    statement = select(Consent.contact_id).where(
        Consent.purpose == purpose, Consent.channel == channel, Consent.state == "given", ~newer
    )
    return statement if contact_id is None else statement.where(Consent.contact_id == contact_id)


def bad_addresses(session: ScopedSession, *, only: str | None = None) -> set[str]:
    """E-mail addresses, in lower case, that bounced or complained; nothing is ever sent to them.

    They concern the whole firm, so everybody's campaigns keep to them whoever may see the list.
    """
    statement = select(AddressProblem.address)
    if only is not None:
        statement = statement.where(AddressProblem.address == only.lower())
    return set(session.scalars(statement, execution_options={"system": True}))


def expired_channels(
    session: ScopedSession, kind: str, *, on: date, contact_id: int | None = None
) -> set[tuple[int, str]]:
    """Pairs of contact and address (lower case) that are not valid on a day."""
    statement = select(Channel.contact_id, Channel.value).where(
        Channel.kind == kind,
        Channel.contact_id.is_not(None),
        or_(Channel.valid_until < on, Channel.valid_from > on),
    )
    if contact_id is not None:
        statement = statement.where(Channel.contact_id == contact_id)
    options = {"system": contact_id is not None}
    return {
        (row[0] or 0, str(row[1]).lower()) for row in session.execute(statement, execution_options=options)
    }


def capped(session: ScopedSession, cap: Cap, *, contact_id: int | None = None) -> set[int]:
    """Ids of the contacts over the cap. All campaigns of the firm count, whoever may see them."""
    if not cap.messages:
        return set()
    counts: ColumnElement[bool] = CampaignMember.sent_at >= cap.since
    if cap.reserved:
        alive = select(Campaign.id).where(Campaign.status.in_(("planned", "running", "paused")))
        to_come = and_(CampaignMember.state.in_(_TO_COME), CampaignMember.campaign_id.in_(alive))
        counts = or_(counts, to_come)
    statement = (
        select(CampaignMember.contact_id)
        .where(counts, CampaignMember.campaign_id != cap.campaign_id)
        .group_by(CampaignMember.contact_id)
        .having(func.count() >= cap.messages)
    )
    if contact_id is not None:
        statement = statement.where(CampaignMember.contact_id == contact_id)
    return set(session.scalars(statement, execution_options={"system": True}))
