"""What a file may say of contacts and organisations beside their own fields: further addresses, street and postcode."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from crm.i18n import N_
from crm.records.fields import Field, Kind
from crm.records.writing.writer import Writer
from db.models import Address, Channel, Contact, Organisation

_HOLDER: dict[str, tuple[str, Any]] = {
    "contact": ("contact_id", Contact),
    "organisation": ("organisation_id", Organisation),
}


def _further(name: str, label: str, kind: Kind, *aliases: str) -> Field:
    most = {"email": 254, "phone": 40}.get(kind.value, 200)
    return Field(name, label, kind, max_length=most, exportable=False, personal=True, aliases=aliases)


class Reach:
    """Further e-mails and telephone numbers, and where the party is."""

    fields = (
        _further("email_2", N_("Second e-mail"), Kind.EMAIL, "e-mail 2", "email 2", "e-mail 2 address", "secondary email",
                 "other email", "alternative email", "private email", "personal email", "home email"),
        _further("email_3", N_("Third e-mail"), Kind.EMAIL, "e-mail 3", "email 3", "e-mail 3 address"),
        _further("phone_2", N_("Second phone"), Kind.PHONE, "phone 2", "mobile", "mobile phone", "cell phone", "work phone",
                 "other phone", "business phone 2", "home phone"),
        _further("phone_3", N_("Third phone"), Kind.PHONE, "phone 3", "home phone", "other phone", "assistant phone"),
        _further("street", N_("Street"), Kind.TEXT, "address", "street address", "address line 1", "business street",
                 "billing street", "mailing street", "address 1", "strasse", "straße", "adresse", "rue", "via", "ulice"),
        _further("postcode", N_("Postcode"), Kind.TEXT, "zip", "zip code", "postal code", "post code", "plz",
                 "business postal code", "billing postal code", "billing code", "billing zip", "mailing zip", "psč", "cap"),
    )  # fmt: skip
    chains: Mapping[str, tuple[str, ...]] = {"email": ("email_2", "email_3"), "phone": ("phone_2", "phone_3")}

    def store(self, writer: Writer, entity: str, rows: Mapping[int, Mapping[str, Any]]) -> set[int]:
        """Store what is not there yet; gives the parties that something came to."""
        return self._channels(writer, entity, rows) | self._addresses(writer, entity, rows)

    def _channels(self, writer: Writer, entity: str, rows: Mapping[int, Mapping[str, Any]]) -> set[int]:
        holder = _HOLDER[entity][0]
        column = getattr(Channel, holder)
        wanted = [
            (record, kind, values[name])
            for record, values in rows.items()
            for kind, chain in self.chains.items()
            for name in chain
            if values.get(name)
        ]
        if not wanted:
            return set()
        asked = select(column, Channel.kind, Channel.value).where(
            writer.among(column, sorted({w[0] for w in wanted}))
        )
        there = {(int(record), str(kind), str(value).lower()) for record, kind, value in writer.send(asked)}
        fresh: dict[tuple[int, str, str], dict[str, Any]] = {}
        for record, kind, value in wanted:
            if (key := (record, kind, value.lower())) not in there:
                fresh.setdefault(key, {holder: record, "kind": kind, "value": value, "is_primary": False})
        writer.insert(Channel, list(fresh.values()))
        return {record for record, _kind, _value in fresh}

    def _addresses(self, writer: Writer, entity: str, rows: Mapping[int, Mapping[str, Any]]) -> set[int]:
        holder, cls = _HOLDER[entity]
        placed = {
            r: (v.get("street"), v.get("postcode"))
            for r, v in rows.items()
            if v.get("street") or v.get("postcode")
        }
        if not placed:
            return set()
        column = getattr(Address, holder)
        asked = select(column, Address.street, Address.postal_code).where(
            writer.among(column, sorted(placed))
        )
        there = {(int(record), street, code) for record, street, code in writer.send(asked)}
        towns = select(cls.id, cls.city, cls.region, cls.country).where(writer.among(cls.id, sorted(placed)))
        known = {int(row.id): row for row in writer.send(towns)}
        fresh = [
            {
                holder: record, "kind": "office", "street": street, "postal_code": code, "city": known[record].city,
                "region": known[record].region, "country": known[record].country,
            }
            for record, (street, code) in placed.items()
            if (record, street, code) not in there
        ]  # fmt: skip
        writer.insert(Address, fresh)
        return {row[holder] for row in fresh}


PARTIES = Reach()
