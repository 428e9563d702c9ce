"""Rows that tests start from, made by the program's own services."""

from __future__ import annotations

from datetime import date
from typing import Any

from crm.records import records
from crm.work import Actor, unit_of_work
from tests.rows import stored_once

#: One person per role and team; e-mail addresses are ``<name>@example.com``.
PEOPLE = {
    "ada": ("administrator", "North"),
    "mona": ("manager", "North"),
    "stan": ("staff", "North"),
    "sue": ("staff", "South"),
    "vic": ("viewer", "North"),
}


def make_people() -> dict[str, int]:
    """Two teams, the first pipeline and the people of ``PEOPLE``; user ids by name."""
    return dict(stored_once(_made_people))


def _made_people() -> dict[str, int]:
    from crm.access.people import ensure_roles
    from crm.pipeline.defaults import ensure_defaults
    from crm.work import SYSTEM
    from db.models import Team, User

    with unit_of_work(SYSTEM) as work:
        roles = ensure_roles(work)
        ensure_defaults(work)
        teams = {name: Team(name=name, name_key=name.lower()) for name in ("North", "South")}
        work.session.add_all(teams.values())
        work.session.flush()
        users = {
            name: User(
                name=name.title(),
                name_key=name,
                email=f"{name}@example.com",
                role_id=roles[role],
                team_id=teams[team].id,
            )
            for name, (role, team) in PEOPLE.items()
        }
        work.session.add_all(users.values())
        work.session.flush()
        return {name: user.id for name, user in users.items()}


def make(actor: Actor, entity: str, **values: Any) -> dict[str, Any]:
    """One record made by an actor; names and titles are filled in when left out."""
    defaults: dict[str, dict[str, Any]] = {
        "organisation": {"name": "Casa Olivares"},
        "contact": {"name": "Ana Olivares"},
        "deal": {"title": "12 Duo machines", "amount_minor": 118_400_00, "currency": "EUR"},
        "product": {"name": "Duo 3", "list_price_minor": 4_900_00, "currency": "EUR"},
        "task": {"title": "Send the offer"},
        "lead": {"name": "Nordlicht Klinik"},
        "equipment": {"serial": "V3-118842"},
        "contract": {"name": "Gold", "starts_on": date(2026, 1, 1)},
        "case": {"subject": "Grinder stops mid-dose"},
        "work_order": {"title": "Change the burrs"},
        "segment": {"name": "Customers in Berlin"},
        "campaign": {"name": "Filter subscription, autumn"},
        "message_template": {
            "name": "Autumn offer",
            "subject": "A filter for {{ contact.first_name }}",
            "body": "Dear {{ contact.name }},",
        },
        "web_form": {"name": "Ask us", "slug": "ask-us"},
        "social_account": {"name": "Kavarna on Facebook"},
        "social_post": {"title": "New beans"},
        "category": {"name": "Grinders"},
        "team": {"name": "West"},
        "order": {"number": "S-100", "ordered_on": date(2026, 3, 1)},
        "order_line": {"sold_on": date(2026, 3, 1), "amount_minor": 1_234_56, "currency": "EUR"},
    }
    with unit_of_work(actor) as work:
        return records.create_record(work, entity, defaults.get(entity, {}) | values)


def change(actor: Actor, entity: str, record: dict[str, Any], **values: Any) -> dict[str, Any]:
    """A record changed by an actor who saw its newest version."""
    with unit_of_work(actor) as work:
        return records.update_record(work, entity, record["id"], values, seen_version=record["version"])
