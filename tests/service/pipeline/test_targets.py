"""Entering targets, and what was won against them."""

from datetime import date

import pytest

from crm.errors import NotAllowed, Refused
from crm.pipeline.targets import set_target
from crm.work import Actor, unit_of_work
from tests.service.pipeline.selling_company import run


class TestTargets:
    def test_won_is_set_against_the_months_that_have_a_target(self, company):
        seller = company.sellers[0]
        company.won(30_00, date(2026, 1, 20), owner_id=seller.id)
        company.won(99_00, date(2026, 2, 20), owner_id=seller.id)
        work = company.work()
        set_target(work, month=date(2026, 1, 15), amount_minor=40_00, currency="EUR", user_id=seller.id)

        report = run(company, "targets")

        assert report["rows"][0] | {"user_id": 0} == {
            "name": "Seller 0",
            "kind": "person",
            "user_id": 0,
            "team_id": None,
            "target": 40,
            "actual": 30,
            "share": 0.75,
        }
        assert report["summary"] == {"target": 40, "actual": 30, "share": 0.75}

    def test_a_team_and_its_people_are_not_counted_twice(self, company):
        north, month = company.teams[0], date(2026, 1, 1)
        work = company.work()
        set_target(work, month=month, amount_minor=100_00, currency="EUR", team_id=north.id)
        for seller in company.sellers:
            set_target(work, month=month, amount_minor=10_00, currency="EUR", user_id=seller.id)

        assert run(company, "targets")["summary"]["target"] == 100 + 2 * 10
        assert run(company, "targets", owners=(company.sellers[0].id,))["summary"]["target"] == 10

    def test_entering_again_replaces_and_zero_takes_away(self, company):
        month = date(2026, 1, 1)
        work = company.work()
        set_target(work, month=month, amount_minor=100_00, currency="EUR")
        set_target(work, month=month, amount_minor=70_00, currency="EUR")

        assert run(company, "targets")["summary"]["target"] == 70

        set_target(work, month=month, amount_minor=0, currency="EUR")

        assert run(company, "targets")["rows"] == []

    def test_nonsense_is_refused(self, company):
        work = company.work()
        for wrong in ({"amount_minor": -1}, {"user_id": 1, "team_id": 1}, {"team_id": 10**6}):
            with pytest.raises(Refused):
                set_target(work, **{"month": date(2026, 1, 1), "amount_minor": 1, "currency": "EUR", **wrong})


def test_who_may_not_enter_targets_is_refused(database):
    grants = frozenset({("target", "read", "all")})

    with unit_of_work(Actor(1, "Rep", grants=grants)) as work, pytest.raises(NotAllowed):
        set_target(work, month=date(2026, 1, 1), amount_minor=1, currency="EUR")
