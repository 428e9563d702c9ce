"""Segments on a real database: each rule recounted by hand."""

import random
from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest
from sqlalchemy import select

from crm.campaigns.segments.segments import (
    compile_rules,
)
from crm.clock import zone
from crm.firm.firm import set_firm
from crm.work import SYSTEM, reading, unit_of_work
from db.models import Contact, Deal, Interaction, Organisation, Pipeline, Rate, Stage

TODAY = date(2026, 3, 31)
CITIES = ["Berlin", "Hamburg", "Köln", "", None]


def leaf(field, wanted, value=None, of="contact"):
    return {"of": of, "field": field, "is": wanted} | ({} if value is None else {"value": value})


@pytest.fixture
def company(people):
    """Two hundred contacts with organisations, deals and talks at random, as objects and as frames."""
    pick = random.Random(7)
    with unit_of_work(SYSTEM) as work:
        set_firm(work, name="Kavarna", currency="EUR")
        work.session.add(Rate(currency="USD", day=date(2020, 1, 1), rate=0.5))
        firms = [Organisation(name=f"Firm {n}", employees=pick.choice([None, 5, 50])) for n in range(20)]
        work.session.add_all(firms)
        work.session.flush()
        contacts = [
            Contact(
                name=f"Contact {n}",
                city=pick.choice(CITIES),
                lifecycle=pick.choice(["lead", "customer", "past"]),
                birth_date=pick.choice([None, TODAY - timedelta(days=pick.randrange(0, 90))]),
                tags=pick.sample(["vip", "früh", 'say "hi"', "100%"], pick.randrange(0, 3)),
                organisation_id=pick.choice([None, pick.choice(firms).id]),
            )
            for n in range(200)
        ]
        work.session.add_all(contacts)
        work.session.flush()
        pipeline = work.session.scalars(select(Pipeline.id)).first()
        stage = work.session.scalars(select(Stage.id)).first()
        deals = [
            Deal(
                title=f"Deal {n}",
                pipeline_id=pipeline,
                stage_id=stage,
                status=pick.choice(["open", "won", "lost"]),
                contact_id=pick.choice([None, pick.choice(contacts).id]),
                organisation_id=pick.choice([None, pick.choice(firms).id]),
                amount_minor=pick.choice([None, pick.randrange(0, 1_000_000)]),
                currency=pick.choice(["EUR", "USD", "CHF"]),
                closed_on=pick.choice([None, TODAY - timedelta(days=pick.randrange(0, 400))]),
                archived_at=pick.choice([None, None, None, datetime(2026, 1, 1, tzinfo=UTC)]),
            )
            for n in range(400)
        ]
        talks = [
            Interaction(
                kind=pick.choice(["call", "email"]),
                subject="Talk",
                contact_id=pick.choice(contacts).id,
                happened_at=datetime(2026, 3, 1, 22, 30, tzinfo=UTC)
                + timedelta(hours=pick.randrange(0, 800)),
            )
            for _n in range(150)
        ]
        work.session.add_all([*deals, *talks])
        work.session.flush()
        return {
            "contacts": frame(contacts, "id", "city", "lifecycle", "birth_date", "tags", "organisation_id"),
            "firms": frame(firms, "id", "employees"),
            "deals": frame(
                deals,
                "contact_id",
                "organisation_id",
                "status",
                "amount_minor",
                "currency",
                "closed_on",
                "archived_at",
            ),
            "talks": frame(talks, "contact_id", "kind", "happened_at"),
        }


def frame(rows, *names):
    return pd.DataFrame([{n: getattr(row, n) for n in names} for row in rows], dtype=object)


def found(rules, *, actor=SYSTEM, on=TODAY):
    with reading(actor) as session:
        return set(session.scalars(select(Contact.id).where(compile_rules(session, rules, on=on))))


def by_hand(company, test):
    """The ids of the contacts that a plain Python test picks."""
    return {row.id for row in company["contacts"].itertuples() if test(row)}


def theirs(table, row):
    return [r for r in table.itertuples() if r.contact_id == row.id]


def live(company, row):
    return [d for d in theirs(company["deals"], row) if d.archived_at is None]


class TestEachRuleCountsWhatAPersonWouldCount:
    @pytest.mark.parametrize(
        ("rule", "test"),
        [
            (leaf("city", "equals", "Köln"), lambda c: c.city == "Köln"),
            (leaf("city", "differs", "Berlin"), lambda c: c.city != "Berlin"),
            (leaf("city", "one_of", ["Berlin", "Köln"]), lambda c: c.city in ("Berlin", "Köln")),
            (leaf("city", "contains", "ER"), lambda c: "er" in (c.city or "").lower()),
            (leaf("city", "lacks", "er"), lambda c: "er" not in (c.city or "").lower()),
            (leaf("city", "starts", "ham"), lambda c: (c.city or "").startswith("Ham")),
            (leaf("city", "contains", "%"), lambda _c: False),
            (leaf("city", "blank"), lambda c: not c.city),
            (leaf("city", "filled"), lambda c: bool(c.city)),
            ({"not": leaf("city", "equals", "Berlin")}, lambda c: c.city != "Berlin"),
            (leaf("lifecycle", "none_of", ["lead", "past"]), lambda c: c.lifecycle == "customer"),
            (leaf("tags", "contains", "früh"), lambda c: "früh" in c.tags),
            (leaf("tags", "contains", 'say "hi"'), lambda c: 'say "hi"' in c.tags),
            (leaf("tags", "contains", "hi"), lambda _c: False),
            (leaf("tags", "lacks", "100%"), lambda c: "100%" not in c.tags),
            (leaf("tags", "blank"), lambda c: not c.tags),
            (
                leaf("birth_date", "last", {"n": 1, "unit": "month"}),
                lambda c: c.birth_date and date(2026, 3, 1) <= c.birth_date <= TODAY,
            ),
            (
                leaf("birth_date", "previous", "month"),
                lambda c: c.birth_date and (c.birth_date.year, c.birth_date.month) == (2026, 2),
            ),
            (
                {"any": [leaf("city", "equals", "Berlin"), leaf("lifecycle", "equals", "past")]},
                lambda c: c.city == "Berlin" or c.lifecycle == "past",
            ),
            (
                {"all": [leaf("city", "equals", "Berlin"), {"not": leaf("lifecycle", "equals", "past")}]},
                lambda c: c.city == "Berlin" and c.lifecycle != "past",
            ),
            ({}, lambda _c: True),
        ],
    )
    def test_of_a_contact(self, company, rule, test):
        assert found(rule) == by_hand(company, test)

    def test_of_the_organisation(self, company):
        size = dict(company["firms"].itertuples(index=False))
        rule = leaf("employees", "at_least", 10, of="organisation")

        assert found(rule) == by_hand(company, lambda c: (size.get(c.organisation_id) or 0) >= 10)
        assert found({"not": rule}) == by_hand(company, lambda c: (size.get(c.organisation_id) or 0) < 10)

    def test_of_a_deal_with_all_conditions_on_the_same_one(self, company):
        inside = [
            leaf("status", "equals", "won", of="deal"),
            leaf("closed_on", "last", {"n": 6, "unit": "month"}, of="deal"),
            leaf("amount_minor", "more", 300_000, of="deal"),
        ]
        rule = {"of": "deal", "has": "any", "where": {"all": inside}}

        def fits(deal):
            worth = {"EUR": 1, "USD": 0.5}.get(deal.currency, 0)
            recent = deal.closed_on is not None and deal.closed_on > date(2025, 9, 30)
            return deal.status == "won" and recent and (deal.amount_minor or 0) * worth > 300_000

        expected = by_hand(company, lambda c: any(map(fits, live(company, c))))
        assert found(rule) == expected
        assert found(rule | {"has": "none"}) == set(company["contacts"]["id"]) - expected
        assert expected

    def test_of_at_least_so_many_and_of_a_sum(self, company):
        three = {"of": "deal", "has": "at_least", "n": 3}
        rich = {"of": "deal", "has": "sum", "field": "amount_minor", "value": 900_000}

        def worth(deal):
            return (deal.amount_minor or 0) * {"EUR": 1, "USD": 0.5}.get(deal.currency, 0)

        assert found(three) == by_hand(company, lambda c: len(live(company, c)) >= 3)
        assert found(rich) == by_hand(company, lambda c: sum(map(worth, live(company, c))) >= 900_000)
        assert found(three)
        assert found(rich)

    def test_of_the_deals_of_the_organisation(self, company):
        rule = {
            "of": "deal",
            "has": "any",
            "through": "organisation",
            "where": leaf("status", "equals", "won", "deal"),
        }
        won = {
            d.organisation_id
            for d in company["deals"].itertuples()
            if d.status == "won" and d.archived_at is None
        }

        assert found(rule) == by_hand(company, lambda c: c.organisation_id in won - {None})

    def test_a_day_of_a_talk_begins_at_midnight_where_the_firm_is(self, company):
        rule = leaf(
            "happened_at", "equals", "2026-03-29", of="interaction"
        )  # the clocks go forward that night

        def on_that_day(talk):
            return talk.happened_at.astimezone(zone()).date() == date(2026, 3, 29)

        expected = by_hand(company, lambda c: any(map(on_that_day, theirs(company["talks"], c))))
        assert found(rule) == expected
        assert expected

    def test_any_pile_of_rules_counts_as_by_hand(self, company):
        pick = random.Random(3)
        plain = [
            (leaf("city", "equals", "Berlin"), lambda c: c.city == "Berlin"),
            (leaf("city", "blank"), lambda c: not c.city),
            (leaf("lifecycle", "differs", "lead"), lambda c: c.lifecycle != "lead"),
            (leaf("tags", "contains", "vip"), lambda c: "vip" in c.tags),
            (
                leaf("status", "equals", "won", of="deal"),
                lambda c: any(d.status == "won" for d in live(company, c)),
            ),
        ]

        def pile(depth):
            if depth == 0 or pick.random() < 0.2:
                return pick.choice(plain)
            kind, parts = pick.choice(["all", "any", "not"]), [pile(depth - 1) for _n in range(2)]
            if kind == "not":
                return {"not": parts[0][0]}, lambda c: not parts[0][1](c)
            join = all if kind == "all" else any
            return {kind: [r for r, _t in parts]}, lambda c: join(t(c) for _r, t in parts)

        for _n in range(25):
            rule, test = pile(3)
            assert found(rule) == by_hand(company, test), rule
