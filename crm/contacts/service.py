"""How people are reached and what they are where: channels, addresses and roles, each valid between two days."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, TypeVar

from sqlalchemy import select

from crm.clock import here
from crm.contacts.queries import POINTS
from crm.errors import Bad, NotAllowed, NotFound, Problem, Refused
from crm.i18n import N_, _
from crm.records import records, registry
from crm.records.checks import check_value
from crm.records.fields import Field, Kind
from crm.work import Work
from db.models import Address, Channel, ContactRole
from db.scope import UPDATE

Row = TypeVar("Row")
#: Kinds of channel and how each value is checked.
CHANNEL_FIELDS = {
    "email": Field("value", N_("E-mail"), Kind.EMAIL, required=True, max_length=254),
    "phone": Field("value", N_("Phone"), Kind.PHONE, required=True, max_length=40),
    "social": Field("value", N_("Social"), Kind.TEXT, required=True, max_length=254),
    "web": Field("value", N_("Web"), Kind.URL, required=True, max_length=254),
}
#: The kinds whose primary value stands on the record itself.
ON_RECORD = ("email", "phone")
ADDRESS_KINDS = {
    "office": N_("Office"),
    "delivery": N_("Delivery"),
    "billing": N_("Billing"),
    "home": N_("Home"),
}
ADDRESS_FIELDS = {
    "street": Field("street", N_("Street"), Kind.TEXT, max_length=200),
    "postal_code": Field("postal_code", N_("Postal code"), Kind.TEXT, max_length=20),
    "city": Field("city", N_("City"), Kind.TEXT, max_length=200),
    "region": Field("region", N_("Region"), Kind.TEXT, max_length=200),
    "country": Field("country", N_("Country"), Kind.TEXT, max_length=200),
}
ROLE_FIELD = Field("role", N_("Role"), Kind.TEXT, required=True, max_length=80)


def to_change(work: Work, entity: str, record_id: int) -> Any:
    """The contact, organisation or lead, which the actor must be allowed to change.

    Its children are guarded by what can be seen of the parent; changing them is changing the parent.
    """
    row: Any = records.find(work.session, registry.model(entity), record_id)
    rights, label = registry.rights_name(entity), _(registry.entity(entity).label).lower()
    if not work.actor.holds(rights, UPDATE, owner_id=row.owner_id, team_id=row.team_id):
        raise NotAllowed(_("You may not change this {label}. Ask its owner.").format(label=label))
    return row


def _party_of(work: Work, child: Channel | Address) -> tuple[str, Any]:
    entity = "contact" if child.contact_id is not None else "organisation"
    return entity, to_change(work, entity, getattr(child, POINTS[entity]))


def _checked(field: Field, value: Any) -> Any:
    try:
        return check_value(field, value)
    except Bad as bad:
        raise _refused(field.name, str(bad)) from bad


def _refused(field: str, message: str) -> Refused:
    return Refused(message, problems=[Problem(field, message)])


def _in_order(first: date | None, last: date | None, *, field: str) -> None:
    if first and last and last < first:
        raise _refused(field, _("The last day lies before the first. Choose a later one."))


def _found(row: Row | None, message: str) -> Row:
    if row is None:
        raise NotFound(message)
    return row


def _yesterday(work: Work) -> date:
    """The last day on which what is ended now was valid."""
    return here(work.now).date() - timedelta(days=1)


def add_channel(
    work: Work,
    *,
    entity: str,
    record_id: int,
    kind: str,
    value: str,
    label: str = "",
    primary: bool = False,
    valid_from: date | None = None,
    valid_until: date | None = None,
) -> int:
    """Add a way to reach a contact or organisation; the first e-mail and phone become the primary ones.

    An ended channel with the same value is taken up again instead of being doubled.

    Raises
    ------
    Refused
        The value is not of its kind, stands there already, or its days are in the wrong order.
    """
    party = to_change(work, entity, record_id)
    if kind not in CHANNEL_FIELDS:
        raise Refused(_("There is no kind of channel called “{kind}”.").format(kind=kind))
    stored = _checked(CHANNEL_FIELDS[kind], value)
    _in_order(valid_from, valid_until, field="valid_until")
    known = work.session.scalars(
        select(Channel).where(
            getattr(Channel, POINTS[entity]) == record_id, Channel.kind == kind, Channel.value == stored
        )
    ).first()
    today = here(work.now).date()
    if known is not None and not (known.valid_until and known.valid_until < today):
        raise _refused("value", _("“{value}” stands there already.").format(value=stored))
    if known is None:
        known = Channel(**{POINTS[entity]: record_id}, kind=kind, value=stored)
        work.session.add(known)
    known.label = _checked(Field("label", N_("Label"), Kind.TEXT, max_length=60), label)
    known.valid_from, known.valid_until = valid_from, valid_until
    work.session.flush()
    if kind in ON_RECORD and (primary or getattr(party, kind) is None) and not _is_over(known, today):
        _put_on_record(work, entity, party, kind, stored)
    return known.id


def _is_over(channel: Channel, today: date) -> bool:
    return channel.valid_until is not None and channel.valid_until < today


def _put_on_record(work: Work, entity: str, party: Any, kind: str, value: str | None) -> None:
    # The record's own preparation marks the channel of this value as primary and the others as further ones.
    records.update_record(work, entity, party.id, {kind: value}, seen_version=party.version)


def _channel(work: Work, channel_id: int) -> Channel:
    gone = _("This e-mail, phone or address is not there any more. Reload the page.")
    return _found(work.session.get(Channel, channel_id), gone)


def make_primary(work: Work, *, channel_id: int) -> None:
    """Make an e-mail or phone the one on the record."""
    channel = _channel(work, channel_id)
    entity, party = _party_of(work, channel)
    if _is_over(channel, here(work.now).date()):
        raise Refused(_("“{value}” has ended. Add it again first.").format(value=channel.value))
    if channel.kind in ON_RECORD:
        _put_on_record(work, entity, party, channel.kind, channel.value)
        return
    for other in work.session.scalars(
        select(Channel).where(getattr(Channel, POINTS[entity]) == party.id, Channel.kind == channel.kind)
    ):
        other.is_primary = other.id == channel.id
    work.session.flush()


def end_channel(work: Work, *, channel_id: int) -> None:
    """A way to reach somebody no longer works since yesterday; it is kept as history.

    Where it was the primary one, the oldest of the others that still work takes its place on the record.
    """
    channel = _channel(work, channel_id)
    entity, party = _party_of(work, channel)
    today, last = here(work.now).date(), _yesterday(work)
    if channel.valid_from and last < channel.valid_from:
        channel.valid_from = None
    channel.valid_until = last
    work.session.flush()
    if channel.kind in ON_RECORD and getattr(party, channel.kind) == channel.value:
        others = work.session.scalars(
            select(Channel)
            .where(
                getattr(Channel, POINTS[entity]) == party.id,
                Channel.kind == channel.kind,
                Channel.id != channel.id,
            )
            .order_by(Channel.id)
        )
        heir = next((c.value for c in others if not _is_over(c, today)), None)
        _put_on_record(work, entity, party, channel.kind, heir)


def save_address(
    work: Work,
    *,
    entity: str,
    record_id: int,
    kind: str,
    parts: Mapping[str, str | None],
    address_id: int | None = None,
) -> int:
    """Add a postal address or change one. ``parts``: street, postal_code, city, region, country."""
    to_change(work, entity, record_id)
    if kind not in ADDRESS_KINDS:
        raise Refused(_("There is no kind of address called “{kind}”.").format(kind=kind))
    stored = {name: _checked(ADDRESS_FIELDS[name], value) for name, value in parts.items()}
    if not any(stored.values()):
        raise _refused("street", _("The address is empty. Enter at least a street or a city."))
    if address_id is None:
        address = Address(**{POINTS[entity]: record_id})
        work.session.add(address)
    else:
        found = work.session.get(Address, address_id)
        is_theirs = found is not None and getattr(found, POINTS[entity]) == record_id
        address = _found(
            found if is_theirs else None, _("This address is not there any more. Reload the page.")
        )
    address.kind = kind
    for name, value in stored.items():
        setattr(address, name, value)
    work.session.flush()
    return address.id


def end_address(work: Work, *, address_id: int) -> None:
    """An address was left yesterday; it is kept as history."""
    gone = _("This address is not there any more. Reload the page.")
    address = _found(work.session.get(Address, address_id), gone)
    _party_of(work, address)
    address.valid_until = _yesterday(work)
    work.session.flush()


def add_role(
    work: Work,
    *,
    contact_id: int,
    organisation_id: int,
    role: str,
    since: date | None = None,
) -> int:
    """Say what a contact is at an organisation; the same role taken up again keeps its row.

    Raises
    ------
    Refused
        They have this role there already.
    """
    to_change(work, "contact", contact_id)
    records.get_record(work.session, "organisation", organisation_id)
    name = _checked(ROLE_FIELD, role)
    known = work.session.scalars(
        select(ContactRole).where(
            ContactRole.contact_id == contact_id,
            ContactRole.organisation_id == organisation_id,
            ContactRole.role == name,
        )
    ).first()
    if known is not None and (known.until is None or known.until >= here(work.now).date()):
        raise _refused("role", _("This role stands there already."))
    if known is None:
        known = ContactRole(contact_id=contact_id, organisation_id=organisation_id, role=name)
        work.session.add(known)
    known.since, known.until = since, None
    work.session.flush()
    return known.id


def end_role(work: Work, *, role_id: int) -> None:
    """A role ended yesterday; it is kept as history."""
    gone = _("This role is not there any more. Reload the page.")
    role = _found(work.session.get(ContactRole, role_id), gone)
    to_change(work, "contact", role.contact_id)
    last = _yesterday(work)
    _in_order(role.since, last, field="until")
    role.until = last
    work.session.flush()
