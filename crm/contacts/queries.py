"""What the page of a contact or organisation shows beside the record: ways to reach, people or organisations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, or_, select, union

from crm.records import records
from db.models import Address, Channel, Contact, ContactRole, Organisation
from db.scope import ScopedSession

#: The column that points to a record, by its entity; in deals, talks, tasks and sales lines alike.
POINTS = {"contact": "contact_id", "organisation": "organisation_id", "product": "product_id"}
#: A card shows this many related rows and says how many more there are.
MOST = 50
MOST_ROLES = 500
#: For rows that belong to a record which was found within scope just before.
SYSTEM_OPTIONS = {"system": True}


@dataclass(frozen=True, slots=True)
class Reach:
    """A way to reach somebody; ended ones are kept."""

    id: int
    kind: str
    value: str
    label: str | None
    is_primary: bool
    valid_from: date | None
    valid_until: date | None

    def is_current(self, today: date) -> bool:
        """True when it is valid on this day."""
        return not (self.valid_until and self.valid_until < today) and not (
            self.valid_from and self.valid_from > today
        )


@dataclass(frozen=True, slots=True)
class Place:
    """A postal address."""

    id: int
    kind: str
    street: str | None
    postal_code: str | None
    city: str | None
    region: str | None
    country: str | None
    valid_until: date | None

    def line(self) -> str:
        """The address in one line."""
        town = " ".join(p for p in (self.postal_code, self.city) if p)
        return ", ".join(p for p in (self.street, town, self.region, self.country) if p)


@dataclass(frozen=True, slots=True)
class RoleRow:
    """What somebody is at an organisation. ``other`` is the record at the far end: the organisation on a contact's page,
    the contact on an organisation's."""

    id: int | None
    other_id: int
    other: str
    role: str
    detail: str = ""
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Ways:
    """How a contact or organisation is reached."""

    channels: tuple[Reach, ...] = field(default=())
    addresses: tuple[Place, ...] = field(default=())


def ways_to_reach(session: ScopedSession, entity: str, record_id: int) -> Ways:
    """Channels, the primary first and ended ones last, and addresses. Three statements.

    Raises
    ------
    NotFound
        No such record within the actor's scope; what belongs to one that is, is read on the program's account, because
        the condition "of any visible parent" walks all of a team's contacts.
    """
    records.get_record(session, entity, record_id)
    channels_of, places_of = _ways_of(entity)
    channels = session.execute(channels_of, {"record": record_id}, execution_options=SYSTEM_OPTIONS)
    places = session.execute(places_of, {"record": record_id}, execution_options=SYSTEM_OPTIONS)
    return Ways(tuple(Reach(*row) for row in channels), tuple(Place(*row) for row in places))


@cache
def _ways_of(entity: str) -> tuple[Any, Any]:
    channels, places = (
        select(*(getattr(model, part.name) for part in fields(shape))).where(
            getattr(model, POINTS[entity]) == bindparam("record")
        )
        for model, shape in ((Channel, Reach), (Address, Place))
    )
    return (
        channels.order_by(
            Channel.valid_until.is_not(None), Channel.kind, Channel.is_primary.desc(), Channel.id
        ),
        places.order_by(Address.valid_until.is_not(None), Address.id),
    )


def organisations_of(session: ScopedSession, contact_id: int) -> list[RoleRow]:
    """What a contact is where, current roles first; organisations out of scope are left out. Three statements."""
    records.get_record(session, "contact", contact_id)
    roles = _roles(session, ContactRole.contact_id == contact_id)
    found = select(Organisation.id, Organisation.name, Organisation.city)
    rows = session.execute(found.where(Organisation.id.in_({r.organisation_id for r in roles})))
    known = {row.id: row for row in rows}
    shown = [
        RoleRow(r.id, r.organisation_id, known[r.organisation_id].name, r.role, known[r.organisation_id].city or "",
                r.since, r.until)
        for r in roles
        if r.organisation_id in known
    ]  # fmt: skip
    return sorted(shown, key=lambda r: (r.until is not None, r.other, r.id))


def _roles(session: ScopedSession, condition: ColumnElement[bool]) -> Sequence[ContactRole]:
    """Roles of a record found within scope; whoever stands at the far end is looked up within scope."""
    in_order = select(ContactRole).order_by(ContactRole.until.is_not(None), ContactRole.id)
    rows = in_order.where(condition).limit(MOST_ROLES)
    return session.scalars(rows, execution_options=SYSTEM_OPTIONS).all()


def people_of(session: ScopedSession, organisation_id: int, *, today: date) -> list[RoleRow]:
    """Who belongs to an organisation: those who name it as theirs and those with a role there. Three statements.

    A role that has ended does not count; neither do archived people, nor those out of scope.
    """
    records.get_record(session, "organisation", organisation_id)
    here = ContactRole.organisation_id == organisation_id
    roles = _roles(session, and_(here, or_(ContactRole.until.is_(None), ContactRole.until >= today)))
    # A union of two index look-ups: with "or" a planner may walk all contacts by name instead.
    members = union(
        select(Contact.id).where(Contact.organisation_id == organisation_id),
        select(Contact.id).where(Contact.id.in_({r.contact_id for r in roles})),
    ).subquery()
    rows = session.execute(
        select(Contact.id, Contact.name, Contact.job_title)
        .where(Contact.id.in_(select(members.c[0])), Contact.archived_at.is_(None))
        .order_by(Contact.name, Contact.id)
        .limit(MOST)
    )
    people = []
    for row in rows:
        mine = [r for r in roles if r.contact_id == row.id]
        said = ", ".join(r.role for r in mine)
        role_id, since, until = (mine[-1].id, mine[-1].since, mine[-1].until) if mine else (None, None, None)
        people.append(RoleRow(role_id, row.id, row.name, said, row.job_title or "", since, until))
    return people
