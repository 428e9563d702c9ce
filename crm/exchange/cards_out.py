"""Contacts out as vCards (3.0), which telephones and mail programs read: within scope, block by block."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import select

from crm.errors import NotAllowed
from crm.i18n import _
from crm.records.lists import list_conditions
from db.models import Address, Channel, Contact, Organisation
from db.scope import EXPORT, ScopedSession, criterion

_BLOCK = 1_000


def export_cards(
    session: ScopedSession,
    *,
    search: str = "",
    filters: Mapping[str, Any] | None = None,
    archived: bool = False,
) -> Iterator[bytes]:
    """The contacts of a list, each with all its addresses.

    Raises
    ------
    NotAllowed
        The actor's role does not export contacts.
    """
    if not session.actor.may("contact", EXPORT):
        raise NotAllowed(
            _("Your role does not export {plural}. Ask an administrator.").format(
                plural=_("Contacts").lower()
            )
        )
    conditions = list_conditions(session, "contact", search=search, filters=filters, archived=archived)
    asked = select(Contact.id).where(*conditions).order_by(Contact.id)
    if (limit := criterion(session.actor, Contact, EXPORT)) is not None:
        asked = asked.where(limit)
    ids = list(session.scalars(asked))
    for start in range(0, len(ids), _BLOCK):
        yield "".join(_cards(session, ids[start : start + _BLOCK])).encode()


def _cards(session: ScopedSession, ids: list[int]) -> Iterator[str]:
    firms = select(Contact, Organisation.name).outerjoin(
        Organisation, Organisation.id == Contact.organisation_id
    )
    channels: dict[int, list[Channel]] = defaultdict(list)
    for channel in session.scalars(
        select(Channel).where(Channel.contact_id.in_(ids)).order_by(Channel.is_primary.desc(), Channel.id)
    ):
        channels[channel.contact_id or 0].append(channel)
    places: dict[int, list[Address]] = defaultdict(list)
    for place in session.scalars(select(Address).where(Address.contact_id.in_(ids)).order_by(Address.id)):
        places[place.contact_id or 0].append(place)
    for contact, firm in session.execute(firms.where(Contact.id.in_(ids)).order_by(Contact.id)):
        yield _card(contact, firm, channels[contact.id], places[contact.id])


def _card(contact: Contact, firm: str | None, channels: list[Channel], places: list[Address]) -> str:
    import vobject

    card = vobject.vCard()
    card.add("fn").value = contact.name
    card.add("n").value = vobject.vcard.Name(family=contact.last_name or "", given=contact.first_name or "")
    for name, value in (("title", contact.job_title), ("note", contact.notes)):
        if value:
            card.add(name).value = value
    if firm:
        card.add("org").value = [firm]
    if contact.birth_date:
        card.add("bday").value = contact.birth_date.isoformat()
    if contact.tags:
        card.add("categories").value = list(contact.tags)
    for channel in channels:
        kind = {"email": "email", "phone": "tel", "web": "url"}.get(channel.kind)
        if kind and channel.valid_until is None:
            line = card.add(kind)
            line.value = channel.value
            if channel.is_primary:
                line.params["TYPE"] = ["PREF"]
    spots: list[Any] = [*places] or ([contact] if contact.city or contact.country else [])
    for place in spots:
        card.add("adr").value = vobject.vcard.Address(
            street=getattr(place, "street", None) or "", code=getattr(place, "postal_code", None) or "",
            city=place.city or "", region=place.region or "", country=place.country or "",
        )  # fmt: skip
    return str(card.serialize())
