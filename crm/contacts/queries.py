"""What a record page shows beside the record: links, ways to reach, people, deals, sales. One statement each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, and_, func, or_, select, union
from sqlalchemy.orm import aliased

from crm import records, registry
from crm.fields import Kind
from crm.pipeline.board import deal_value
from db.models import (
    Address,
    Channel,
    Contact,
    ContactRole,
    Deal,
    Interaction,
    Organisation,
    Product,
    Stage,
    User,
)
from db.scope import DELETE, UPDATE, ScopedSession

#: The column that points to a record, by its entity; in deals, talks, tasks and sales lines alike.
POINTS = {"contact": "contact_id", "organisation": "organisation_id", "product": "product_id"}
#: A card shows this many related rows and says how many more there are.
MOST = 50
MOST_ROLES = 500
#: For rows that belong to a record which was found within scope just before.
SYSTEM_OPTIONS = {"system": True}


@dataclass(frozen=True, slots=True)
class RecordView:
    """One record as its page needs it: its values, the titles of what it links to, and what the actor may do with it."""

    entity: str
    id: int
    values: dict[str, Any]
    titles: dict[str, str]
    may_change: bool
    may_archive: bool

    @property
    def title(self) -> str:
        """What names the record to people."""
        return str(self.values[registry.entity(self.entity).title_field])

    @property
    def archived(self) -> bool:
        """True when it was put away."""
        return self.values.get("archived_at") is not None


@dataclass(frozen=True, slots=True)
class Reach:
    """A way to reach somebody; ended ones are kept."""

    id: int
    kind: str
    value: str
    label: str
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
    street: str
    postal_code: str
    city: str
    region: str
    country: str
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


def record_view(session: ScopedSession, entity: str, record_id: int) -> RecordView:
    """The record with the titles of its links, which stay empty outside the actor's scope. Two statements.

    Raises
    ------
    NotFound
        No such record within the actor's scope.
    """
    values = records.get_record(session, entity, record_id)
    rights = registry.rights_name(entity)
    owner = {"owner_id": values.get("owner_id"), "team_id": values.get("team_id")}
    return RecordView(
        entity,
        record_id,
        values,
        _titles(session, entity, values),
        session.actor.holds(rights, UPDATE, **owner),
        session.actor.holds(rights, DELETE, **owner),
    )


def _titles(session: ScopedSession, entity: str, values: dict[str, Any]) -> dict[str, str]:
    wanted = []
    for item in registry.entity(entity).fields:
        if item.kind is Kind.LINK and values.get(item.name) is not None:
            target = aliased(registry.model(item.link))
            title = getattr(target, registry.title_field(item.link))
            wanted.append(
                select(title).where(target.id == values[item.name]).scalar_subquery().label(item.name)
            )
    if not wanted:
        return {}
    row = session.execute(select(*wanted)).mappings().one()
    return {name: str(title) for name, title in row.items() if title is not None}


def ways_to_reach(session: ScopedSession, entity: str, record_id: int) -> Ways:
    """Channels, the primary first and ended ones last, and addresses. Three statements.

    Raises
    ------
    NotFound
        No such record within the actor's scope; what belongs to one that is, is read on the program's account, because
        the condition "of any visible parent" walks all of a team's contacts.
    """
    records.get_record(session, entity, record_id)
    column = POINTS[entity]
    channels = session.execute(
        select(
            Channel.id,
            Channel.kind,
            Channel.value,
            Channel.label,
            Channel.is_primary,
            Channel.valid_from,
            Channel.valid_until,
        )
        .where(getattr(Channel, column) == record_id)
        .order_by(Channel.valid_until.is_not(None), Channel.kind, Channel.is_primary.desc(), Channel.id),
        execution_options=SYSTEM_OPTIONS,
    )
    places = session.execute(
        select(
            Address.id,
            Address.kind,
            Address.street,
            Address.postal_code,
            Address.city,
            Address.region,
            Address.country,
            Address.valid_until,
        )
        .where(getattr(Address, column) == record_id)
        .order_by(Address.valid_until.is_not(None), Address.id),
        execution_options=SYSTEM_OPTIONS,
    )
    return Ways(
        tuple(Reach(r[0], r[1], r[2], r[3] or "", r[4], r[5], r[6]) for r in channels),
        tuple(
            Place(r[0], r[1], r[2] or "", r[3] or "", r[4] or "", r[5] or "", r[6] or "", r[7])
            for r in places
        ),
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


def _roles(session: ScopedSession, condition: ColumnElement[bool]) -> Sequence[Any]:
    """Roles of a record found within scope; whoever stands at the far end is looked up within scope."""
    statement = select(
        ContactRole.id,
        ContactRole.contact_id,
        ContactRole.organisation_id,
        ContactRole.role,
        ContactRole.since,
        ContactRole.until,
    )
    statement = statement.where(condition).order_by(ContactRole.until.is_not(None), ContactRole.id)
    return session.execute(statement.limit(MOST_ROLES), execution_options=SYSTEM_OPTIONS).all()


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
        last = mine[-1] if mine else None
        people.append(
            RoleRow(
                last.id if last else None,
                row.id,
                row.name,
                said,
                row.job_title or "",
                last.since if last else None,
                last.until if last else None,
            )
        )
    return people


def deals_of(session: ScopedSession, entity: str, record_id: int, *, limit: int = MOST) -> pd.DataFrame:
    """Deals of a record, open ones first, then the last closed. One statement.

    Returns
    -------
    DataFrame
        id, title, stage, status, value_minor, currency, expected_close_on, closed_on, owner.
    """
    owner = aliased(User)
    statement = (
        select(
            Deal.id,
            Deal.title,
            Stage.name.label("stage"),
            Deal.status,
            deal_value().label("value_minor"),
            Deal.currency,
            Deal.expected_close_on,
            Deal.closed_on,
            owner.name.label("owner"),
        )
        .join(Stage, Stage.id == Deal.stage_id)
        .outerjoin(Product, Product.id == Deal.product_id)
        .outerjoin(owner, owner.id == Deal.owner_id)
        .where(getattr(Deal, POINTS[entity]) == record_id, Deal.archived_at.is_(None))
        .order_by(Deal.status != "open", Deal.closed_on.desc(), Deal.expected_close_on, Deal.id.desc())
        .limit(limit)
    )
    names = list(statement.selected_columns.keys())
    return pd.DataFrame(session.execute(statement).all(), columns=names, dtype=object)


@dataclass(frozen=True, slots=True)
class LastTalk:
    """The newest talk with somebody, and how many there were since a day."""

    at: datetime | None
    kind: str
    subject: str
    recent: int


def last_talk(session: ScopedSession, entity: str, record_id: int, *, since: date) -> LastTalk:
    """When somebody last talked with them; notes are not talks. Two statements."""
    mine = and_(
        getattr(Interaction, POINTS[entity]) == record_id,
        Interaction.archived_at.is_(None),
        Interaction.kind != "note",
    )
    row = session.execute(
        select(Interaction.happened_at, Interaction.kind, Interaction.subject)
        .where(mine)
        .order_by(Interaction.happened_at.desc(), Interaction.id.desc())
        .limit(1)
    ).first()
    begin = datetime(since.year, since.month, since.day, tzinfo=UTC)
    count = session.scalar(
        select(func.count()).select_from(Interaction).where(mine, Interaction.happened_at >= begin)
    )
    return LastTalk(row[0], row[1], row[2], int(count or 0)) if row else LastTalk(None, "", "", 0)
