"""What a file may say of contacts and organisations beside their own fields: further addresses, street and postcode."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select

from crm.i18n import N_
from crm.records.fields import Field, Kind
from crm.records.writing.bulk import among
from crm.records.writing.writer import Writer
from db.models import Address, Channel, Contact, Organisation
from db.scope import ScopedSession

_HOLDER: dict[str, tuple[str, Any]] = {
    "contact": ("contact_id", Contact),
    "organisation": ("organisation_id", Organisation),
}


_ADDRESS = ("kind", "street", "postal_code", "city", "region", "country")
_CHANNEL = ("kind", "value", "label", "is_primary", "valid_from", "valid_until")


def _further(name: str, label: str, kind: Kind, *aliases: str) -> Field:
    most = {"email": 254, "phone": 40, "longtext": 100_000}.get(kind.value, 200)
    return Field(name, label, kind, max_length=most, personal=True, own=name == "reach", aliases=aliases)


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
        # What the others cannot say: a fourth e-mail, a label, a second address; JSON, for our own way back.
        _further("reach", N_("Whole reach (own export)"), Kind.LONGTEXT),
    )  # fmt: skip
    chains: Mapping[str, tuple[str, ...]] = {"email": ("email_2", "email_3"), "phone": ("phone_2", "phone_3")}

    def store(self, writer: Writer, entity: str, rows: Mapping[int, Mapping[str, Any]]) -> set[int]:
        """Store what is not there yet; gives the parties that something came to."""
        came = self._channels(writer, entity, rows) | self._addresses(writer, entity, rows)
        whole = {record: said for record, values in rows.items() if (said := _read(values.get("reach")))}
        return came | self._whole(writer, entity, whole) if whole else came

    def names_out(self, session: ScopedSession, entity: str) -> list[str]:
        """Those of the fields that any record has: what an export has columns for."""
        holder = _HOLDER[entity][0]
        mine, places = getattr(Channel, holder), getattr(Address, holder)
        dated = Channel.valid_from.is_not(None) | Channel.valid_until.is_not(None)
        other = (
            Channel.kind.not_in(list(self.chains))
            | Channel.label.is_not(None)
            | Channel.is_primary.is_(False)
        )
        some = (
            select(mine).where(mine.is_not(None), dated | other).limit(1),
            select(places).where(places.is_not(None)).limit(1),
        )
        return [f.name for f in self.fields] if any(session.scalar(one) is not None for one in some) else []

    def texts_out(self, session: ScopedSession, entity: str, ids: Sequence[int]) -> dict[str, list[str]]:
        """The cells of these columns for some records, in their order."""
        holder, cls = _HOLDER[entity]
        own = {
            int(row[0]): row
            for row in session.execute(
                select(cls.id, cls.email, cls.phone, cls.city, cls.region, cls.country).where(
                    among(session, cls.id, ids)
                )
            )
        }
        cells: dict[int, dict[str, str]] = {record: {} for record in ids}
        whole: dict[int, list[dict[str, Any]]] = {}
        column = getattr(Channel, holder)
        for one in session.scalars(select(Channel).where(among(session, column, ids)).order_by(Channel.id)):
            record = getattr(one, holder)
            main, chain = getattr(own[record], one.kind, None), self.chains.get(one.kind, ())
            plain = one.label is None and one.valid_from is None and one.valid_until is None
            if plain and one.is_primary and one.value == main:
                continue
            room = next((name for name in chain if name not in cells[record]), "") if main else ""
            if plain and not one.is_primary and room and record not in whole:
                cells[record][room] = one.value
            else:
                whole.setdefault(record, []).append({name: getattr(one, name) for name in _CHANNEL})
        column = getattr(Address, holder)
        for place in session.scalars(select(Address).where(among(session, column, ids)).order_by(Address.id)):
            record = getattr(place, holder)
            same = (place.city, place.region, place.country) == tuple(
                own[record][3:]
            ) and place.kind == "office"
            if (
                same
                and (place.street or place.postal_code)
                and not cells[record].keys() & {"street", "postcode"}
                and not any("street" in one for one in whole.get(record, ()))
            ):
                cells[record] |= {"street": place.street or "", "postcode": place.postal_code or ""}
            else:
                whole.setdefault(record, []).append({name: getattr(place, name) for name in _ADDRESS})
        for record, said in whole.items():
            bare = [
                {name: value for name, value in one.items() if value not in (None, False)} for one in said
            ]
            cells[record]["reach"] = json.dumps(bare, ensure_ascii=False, default=str)
        return {f.name: [cells[record].get(f.name, "") for record in ids] for f in self.fields}

    def _whole(self, writer: Writer, entity: str, rows: Mapping[int, list[dict[str, Any]]]) -> set[int]:
        """Everything as our own export says it; what stands there so already stays."""
        holder, came = _HOLDER[entity][0], set()
        for cls, names in ((Channel, _CHANNEL), (Address, _ADDRESS)):
            column, table = getattr(cls, holder), cls.__table__
            stored = writer.send(select(table).where(writer.among(column, sorted(rows)))).mappings().all()
            there = {(row[holder], *(row[name] for name in names)): row for row in stored}
            by_value = (
                {(row[holder], row["kind"], row["value"]): row for row in stored} if cls is Channel else {}
            )
            fresh, changed = [], []
            for record, said in rows.items():
                for one in (one for one in said if ("value" in one) == (cls is Channel)):
                    values = {name: _typed(name, one.get(name)) for name in names}
                    if (record, *values.values()) in there:
                        continue
                    came.add(record)
                    old = by_value.get((record, values["kind"], values.get("value")))
                    if old is not None:
                        new = {name: value for name, value in values.items() if value != old[name]}
                        changed.append((int(old["id"]), {name: old[name] for name in new}, new))
                    else:
                        fresh.append({holder: record, **values})
            writer.insert(cls, fresh)
            for each in changed:
                writer.change(cls, [each])
        return came

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


def _read(text: str | None) -> list[dict[str, Any]]:
    """What ``reach`` says; nothing where somebody has written something else there."""
    try:
        said = json.loads(text or "[]")
    except ValueError:
        return []
    known = {*_CHANNEL, *_ADDRESS}
    fits = isinstance(said, list) and all(
        isinstance(one, dict) and one.keys() <= known and "kind" in one for one in said
    )
    return said if fits else []


def _typed(name: str, value: Any) -> Any:
    if name == "is_primary":
        return bool(value)
    return date.fromisoformat(value) if name.startswith("valid_") and value else value


PARTIES = Reach()
