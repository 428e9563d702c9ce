"""Whom and what an answer to a web form means, across the whole firm: a person, their firm, a unit, an open lead.

A stranger fills the form in, so nothing of what is found here is ever shown to them. Of several that fit, one of the
form's own team goes first.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, func, or_, select

from crm.mail.inbox.matching import who_wrote
from crm.records.matching import name_key
from db.models import Channel, Contact, Equipment, Lead, Organisation, WebForm
from db.scope import ScopedSession

Found = TypeVar("Found")
Row = TypeVar("Row", Contact, Lead)
#: Leads in these states are still worked on, so a second interest belongs to them.
OPEN_LEADS = ("new", "working", "qualified")
#: Looked at of those whose names begin alike; the shortest first.
_MOST = 200
#: Signs that people leave out of a serial number, or put into it.
_JOINTS = (" ", "-", ".", "/", "_")


def _wanted(cls: type[Row], form: WebForm) -> Select[Row]:
    return select(cls).where(cls.archived_at.is_(None)).order_by(cls.team_id.is_distinct_from(form.team_id))


def _has_email(email: str) -> ColumnElement[bool]:
    further = select(Channel.contact_id).where(
        Channel.kind == "email",
        func.lower(Channel.value) == email.lower(),
        Channel.valid_until.is_(None),
        Channel.contact_id.is_not(None),
    )
    return or_(func.lower(Contact.email) == email.lower(), Contact.id.in_(further))


def known_contact(session: ScopedSession, form: WebForm, said: dict[str, Any]) -> Contact | None:
    """The contact by e-mail address, then by name and company."""
    email, name, company = said.get("email"), said.get("name"), said.get("company")
    wanted = _wanted(Contact, form).order_by(Contact.id).limit(1)
    if email:
        if found := session.scalar(wanted.where(_has_email(email))):
            return found
        # A record with another address is somebody else of the same name, for all we know.
        wanted = wanted.where(Contact.email.is_(None))
    firms = _firms(session, company) if name and company else []
    if not firms:
        return None
    return session.scalar(
        wanted.where(Contact.name_key == name_key(name), Contact.organisation_id.in_(firms))
    )


def names_behind(session: ScopedSession, form: WebForm, email: str) -> list[tuple[str, bool]]:
    """Who uses an address: name, and whether they are of the form's team."""
    found = session.scalars(_wanted(Contact, form).where(_has_email(email)).order_by(Contact.id).limit(20))
    return [(contact.name, contact.team_id == form.team_id) for contact in found]


def known_firm(session: ScopedSession, said: dict[str, Any]) -> int | None:
    """The one organisation of the name that was typed, else whose people write from the domain of the address."""
    if company := said.get("company"):
        return _only(_firms(session, company))
    return who_wrote(session, str(said.get("email") or "").lower()).organisation_id


def known_unit(session: ScopedSession, said: dict[str, Any], organisation_id: int | None) -> Equipment | None:
    """The unit with the serial that was typed; of several the one of that organisation, when there is exactly one."""
    serial = str(said.get("serial") or "").strip().lower()
    if not serial:
        return None
    stored: Any = func.lower(Equipment.serial)
    bare, typed = stored, serial
    for sign in _JOINTS:
        bare, typed = func.replace(bare, sign, ""), typed.replace(sign, "")
    for same in (stored == serial, bare == typed):
        asked = select(Equipment).where(Equipment.archived_at.is_(None), same).limit(20)
        if found := session.scalars(asked).all():
            theirs = [unit for unit in found if unit.organisation_id == organisation_id]
            return _only(found) or (_only(theirs) if organisation_id is not None else None)
    return None


def open_lead(session: ScopedSession, form: WebForm, said: dict[str, Any]) -> Lead | None:
    """The lead that is still worked on, by e-mail address, then by name and company."""
    wanted = _wanted(Lead, form).where(Lead.status.in_(OPEN_LEADS)).order_by(Lead.id.desc()).limit(1)
    email, name, company = said.get("email"), said.get("name"), said.get("company")
    if email:
        if found := session.scalar(wanted.where(func.lower(Lead.email) == email.lower())):
            return found
        wanted = wanted.where(Lead.email.is_(None))
    if not (name and company):
        return None
    return session.scalar(
        wanted.where(func.lower(Lead.name) == name.lower(), func.lower(Lead.company) == company.lower())
    )


def _firms(session: ScopedSession, company: str) -> list[int]:
    """Organisations of a name, with or without the legal form that people rarely type."""
    bare = name_key(company, drop_legal_form=True)
    asked = select(Organisation.id, Organisation.name).where(
        Organisation.archived_at.is_(None), Organisation.name_key.startswith(bare, autoescape=True)
    )
    rows = session.execute(asked.order_by(func.length(Organisation.name_key), Organisation.id).limit(_MOST))
    return [row.id for row in rows if name_key(row.name, drop_legal_form=True) == bare]


def _only(found: Iterable[Found]) -> Found | None:
    rows = list(found)
    return rows[0] if len(rows) == 1 else None
