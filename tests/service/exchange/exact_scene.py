"""Records of every kind with values that files find hard, and a picture of them that knows no ids."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import delete, select

from crm.errors import CrmError, Refused
from crm.records import registry
from crm.records.fields import Field, Kind
from crm.records.records import archive_record, create_record
from crm.work import SYSTEM, Actor, unit_of_work
from db.models import Address, Channel

#: What only the place itself gives, and no file brings: rights, and what the program counts and dates anew.
LEFT = {"user": {"role_id"}}
#: Texts that programs and spreadsheets take for something else.
HARD = (
    "=1+1", "+49 30 1234", "-5", "@SUM(A1)", "'quoted", "''=1", "0049", "007", "12345678901234567890", "1e5", "1/2", "2026-01-02",
    "NULL", "null", "N/A", "-", "none", "#N/A", "\\N", "True", "total", "Grand total", "a;=b", "a,b;c|d", 'say "hello"', "it's",
    "ends with \\", '\\"', "🎯 target 👩‍👩‍👧", "שלום עולם", "مرحبا", "e\u0301 é", "\u202eright to left", "＝wide", "tab\tinside",
    "<b>bold</b>", "{braces}", "[list]", '["a", "b"]', "sep=;", "id", "a  b", "ÅNGSTRÖM ångström", "\u200bzero width\u200b",
    "x" * 60,
)  # fmt: skip
LONG = (
    *HARD,
    "two\nlines",
    "Windows\r\nlines\r\n\r\nend",
    "old\rmac",
    "a\n=1+1\n;=2",
    "form\x0cfeed \x01\x1f",
    '"\n"',
    "1,2\n3,4",
)
ZONES = (
    datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, 0, 7, tzinfo=UTC),
    datetime(2026, 10, 25, 1, 59, 59, 999_999, tzinfo=UTC), datetime(2026, 3, 29, 1, 0, tzinfo=UTC),
    datetime(2025, 7, 1, 22, 0, tzinfo=UTC), datetime(2024, 2, 29, 23, 59, 59, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC),
)  # fmt: skip
MONEY = ("EUR", "JPY", "KWD", "USD")
_WORDS = ("Acme", "Jan Kok", "Duo 3", "Café Lua", "Nordlicht", "Filter")
_NEVER = {"created_at", "changed_at", "archived_at"}


def value_of(rng: random.Random, field: Field, made: dict[str, list[int]]) -> Any:
    """A value of a field's kind, or None."""
    if not field.required and rng.random() < 0.25:
        return None
    match field.kind:
        case Kind.TEXT:
            return rng.choice(HARD)[: field.max_length or 200]
        case Kind.LONGTEXT:
            return rng.choice(LONG)
        case Kind.EMAIL:
            return rng.choice(
                (
                    "jan@example.com",
                    f"o'hara+{rng.random()}@example.com",
                    "=a@example.com",
                    "Jan.Kok@Example.COM",
                )
            )
        case Kind.PHONE:
            return rng.choice(("+493012345678", "+4533219160", "+1 212 555 0199 ext. 12", "030 1234567"))
        case Kind.URL:
            return rng.choice(
                ("https://example.com/a?b=1;c=2", "http://example.com", "https://example.com/%20#x")
            )
        case Kind.INTEGER:
            low, high = int(field.minimum or 0), int(field.maximum or 2_000_000)
            return rng.choice((low, high, rng.randint(low, high)))
        case Kind.NUMBER:
            return rng.choice((0.0, 1.0, 0.1, 1.234, 1234.567, 1e-7, 0.30000000000000004, rng.random() * 900))
        case Kind.PERCENT:
            return rng.choice((0.0, 1.0, 0.05, 1 / 3, 0.001))
        case Kind.MONEY:
            return rng.choice((0, 5, 1_234, 1_234_000, 999_999_999_999, rng.randint(0, 10**9)))
        case Kind.CURRENCY:
            return rng.choice(MONEY)
        case Kind.DATE:
            return date(2024, 1, 1) + timedelta(days=rng.randint(0, 700))
        case Kind.DATETIME:
            return rng.choice(ZONES)
        case Kind.BOOLEAN:
            return rng.random() < 0.5
        case Kind.CHOICE:
            return rng.choice(field.choices).value
        case Kind.TAGS:
            return rng.choice(
                ([], ["vip"], ["a, b", "c;d"], ["#hash", "'q'", '"q"'], ["=x", "NULL"], ["|", "ä 🎯"])
            )
        case Kind.LINK:
            return rng.choice(made[field.link]) if made.get(field.link) else None
    raise AssertionError(field.kind)


def fill(actor: Actor, rng: random.Random, *, of_each: int = 4) -> dict[str, list[int]]:
    """Records of every entity, made as by a form; a value that a rule refuses is left out."""
    made: dict[str, list[int]] = {}
    for name in _linked():
        with unit_of_work(SYSTEM) as work:
            made[name] = list(work.session.scalars(select(registry.model(name).id)))
    for about in registry.entities():
        if about.name == "user":
            continue
        fields = {f.name: f for f in about.fields if f.exportable and f.name not in _NEVER}
        for at in range(of_each):
            values = {n: v for n, f in fields.items() if (v := value_of(rng, f, made)) is not None}
            if at < 2 and "name" in values:
                values["name"] = rng.choice(_WORDS)
            for _try in range(6):
                try:
                    with unit_of_work(actor) as work:
                        record = create_record(work, about.name, values)
                    made.setdefault(about.name, []).append(record["id"])
                    break
                except Refused as refused:
                    for problem in refused.problems or ():
                        again = (
                            value_of(rng, fields[problem.field], made) if problem.field in fields else None
                        )
                        values.pop(problem.field, None)
                        if again is not None:
                            values[problem.field] = again
                except CrmError:
                    break
        mine = made.get(about.name, [])
        if about.name in ("contact", "organisation"):
            _reach(f"{about.name}_id", mine)
        if hasattr(registry.model(about.name), "archived_at") and len(mine) > 2:
            with unit_of_work(actor) as work:
                old = work.session.get_one(registry.model(about.name), mine[-1])
                archive_record(work, about.name, old.id, seen_version=old.version)
    return made


def _reach(holder: str, records: list[int]) -> None:
    """Several addresses of several kinds, as the drawers of a contact keep them."""
    first, second = records[:2]
    more = [
        {holder: first, "kind": "email", "value": "second@example.com"},
        {holder: first, "kind": "email", "value": "third@example.com"},
        {holder: first, "kind": "email", "value": "fourth@example.com"}, {holder: first, "kind": "web", "value": "https://example.com"},
        {holder: second, "kind": "phone", "value": "+493012345679", "label": "=home", "valid_until": date(2025, 1, 1)},
    ]  # fmt: skip
    places = [
        {holder: first, "street": "=Gade 2", "postal_code": "01067", "kind": "office"},
        {holder: first, "street": "Rue\nlongue", "postal_code": "007", "city": "Paris", "country": "France", "kind": "home"},
        {holder: second, "city": "Aarhus", "kind": "billing"},
    ]  # fmt: skip
    with unit_of_work(SYSTEM) as work:
        work.session.add_all([*(Channel(**one) for one in more), *(Address(**one) for one in places)])


def _linked() -> list[str]:
    named = {f.link for about in registry.entities() for f in about.fields if f.link}
    return sorted(named - {a.name for a in registry.entities()} | {"user", "team"})


def emptied() -> None:
    """A start without records, but for people and their teams."""
    from db.models import Base

    with unit_of_work(SYSTEM) as work:
        kept = {
            "users",
            "teams",
            "roles",
            "grants",
            "memberships",
            "pipelines",
            "stages",
            "loss_reasons",
            "queues",
        }
        for table in reversed(Base.metadata.sorted_tables):
            if table.name not in kept and any(table is registry.model(n).__table__ for n in registry.names()):
                work.session.execute(
                    delete(
                        registry.model(
                            next(n for n in registry.names() if registry.model(n).__table__ is table)
                        )
                    )
                )


def picture() -> dict[str, list[dict[str, Any]]]:
    """Every value of every card; a link by the place of its record among those of its kind."""
    with unit_of_work(SYSTEM) as work:
        rows: dict[str, list[Any]] = {}
        for about in registry.entities():
            rows[about.name] = list(
                work.session.scalars(
                    select(registry.model(about.name)).order_by(registry.model(about.name).id)
                )
            )
        place = {name: {row.id: at for at, row in enumerate(found)} for name, found in rows.items()}
        told: dict[str, list[dict[str, Any]]] = {}
        for about in registry.entities():
            told[about.name] = [
                {
                    f.name: place[f.link].get(v, v) if f.link in place and v is not None else v
                    for f in about.fields
                    if f.exportable
                    for v in (getattr(row, f.name),)
                }
                for row in rows[about.name]
            ]
        for cls, names in (
            (Channel, ("kind", "value", "label", "is_primary", "valid_from", "valid_until")),
            (Address, ("kind", "street", "postal_code", "city", "region", "country")),
        ):
            told[cls.__tablename__] = sorted(
                (
                    {
                        "of": ("contact", place["contact"][row.contact_id])
                        if row.contact_id
                        else ("organisation", place["organisation"][row.organisation_id]),
                        **{n: getattr(row, n) for n in names},
                    }
                    for row in work.session.scalars(select(cls))
                ),
                key=repr,
            )
        return told


def differences(before: dict[str, list[dict[str, Any]]], after: dict[str, list[dict[str, Any]]]) -> list[str]:
    """What is another one afterwards, in words."""
    found = []
    for name, rows in before.items():
        now = after[name]
        if len(rows) != len(now):
            found.append(f"{name}: {len(rows)} records, afterwards {len(now)}")
            continue
        for at, (old, new) in enumerate(zip(rows, now, strict=True)):
            found += [
                f"{name} {at} {key}: {old[key]!r} -> {new[key]!r}" for key in old if old[key] != new[key]
            ]
    return found
