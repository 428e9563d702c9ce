"""Contacts out as vCards of three versions, which telephones and mail programs read: within scope, block by block."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import select

from crm.exchange.leaving.card_lines import VERSIONS, line
from crm.exchange.leaving.rows import Asked, conditions_of, demand_export
from db.models import Address, Channel, Contact, Organisation
from db.scope import ScopedSession

__all__ = ["VERSIONS", "export_cards"]

_BLOCK = 1_000


def export_cards(
    session: ScopedSession,
    *,
    search: str = "",
    filters: Mapping[str, Any] | None = None,
    archived: bool | None = False,
    version: str = "3.0",
) -> Iterator[bytes]:
    """The contacts of a list, each with all its addresses; ``version`` is one of ``VERSIONS``.

    Raises
    ------
    NotAllowed
        The actor's role does not export contacts.
    """
    demand_export(session, "contact")
    conditions = conditions_of(session, "contact", Asked(None, search, filters, archived))
    asked = select(Contact.id).where(*conditions).order_by(Contact.id)
    ids = list(session.scalars(asked))
    for start in range(0, len(ids), _BLOCK):
        yield "".join(_cards(session, version, ids[start : start + _BLOCK])).encode()


def _cards(session: ScopedSession, version: str, ids: list[int]) -> Iterator[str]:
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
        yield _card(version, contact, firm, channels[contact.id], places[contact.id])


def _card(
    version: str, contact: Contact, firm: str | None, channels: list[Channel], places: list[Address]
) -> str:
    def put(name: str, *parts: str | None, **more: Any) -> str:
        return line(version, name, [part or "" for part in parts], **more)

    made = [f"BEGIN:VCARD\r\nVERSION:{version}\r\n"]
    made += [put("N", contact.last_name, contact.first_name, "", "", ""), put("FN", contact.name)]
    made += [
        put(name, value) for name, value in (("TITLE", contact.job_title), ("NOTE", contact.notes)) if value
    ]
    if firm:
        made.append(put("ORG", firm))
    if contact.birth_date:
        made.append(
            put(
                "BDAY", f"{contact.birth_date:%Y%m%d}" if version == "4.0" else contact.birth_date.isoformat()
            )
        )
    if contact.tags:
        made.append(put("CATEGORIES", *contact.tags, sign=","))
    for channel in channels:
        kind = {"email": "EMAIL", "phone": "TEL", "web": "URL"}.get(channel.kind)
        if kind and channel.valid_until is None:
            types = ("INTERNET",) if kind == "EMAIL" and version != "4.0" else ()
            made.append(put(kind, channel.value, types=types, preferred=channel.is_primary))
    spots: list[Any] = [*places] or ([contact] if contact.city or contact.country else [])
    for place in spots:
        types = ("HOME" if getattr(place, "kind", "") == "home" else "WORK",)
        street, code = getattr(place, "street", ""), getattr(place, "postal_code", "")
        made.append(put("ADR", "", "", street, place.city, place.region, code, place.country, types=types))
    return "".join([*made, "END:VCARD\r\n"])
