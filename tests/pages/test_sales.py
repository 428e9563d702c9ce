"""The sales dashboard."""

from datetime import date, timedelta

import pytest

from crm.clock import today
from crm.work import SYSTEM, unit_of_work
from db.models import Deal, Stage, Target
from tests.pages.grids import does, grids, listed


@pytest.fixture
def sell(house, actor_of):
    """``sell("stan", 500_00, days_ago=3)``: a deal that this person won, or with another kind of stage lost or open."""
    from sqlalchemy import select

    def make(name, minor, *, days_ago=0, kind="won", currency="EUR", **values):
        with unit_of_work(SYSTEM) as work:
            stage = work.session.scalars(
                select(Stage).where(Stage.kind == kind).order_by(Stage.position)
            ).first()
            day = today() - timedelta(days=days_ago)
            deal = Deal(
                title=f"{name}'s deal",
                pipeline_id=stage.pipeline_id,
                stage_id=stage.id,
                status=kind,
                amount_minor=minor,
                currency=currency,
                opened_on=day - timedelta(days=10),
                closed_on=None if kind == "open" else day,
                owner_id=house[name],
                team_id=actor_of(name).teams[0],
                **values,
            )
            work.session.add(deal)
            work.session.flush()
            return deal.id

    return make


def numbers(page):
    return {metric.label: metric.value for metric in page.metric}


def test_the_numbers_are_those_of_the_deals(open_page, sell):
    sell("stan", 500_00)
    sell("sue", 300_00, kind="lost")
    sell("sue", 700_00)
    sell("sue", 1000_00, kind="open")

    page = open_page("sales", sales_period="12 months")

    assert not page.exception
    found = numbers(page)
    assert (found["Won value"], found["Win rate"], found["Average deal"]) == ("€1.2k", "67%", "€600")
    assert (found["Days to close"], found["Open pipeline"]) == ("10", "€1k")


def test_an_empty_company_is_told_what_fills_the_page(open_page):
    page = open_page("sales")

    assert not page.exception
    assert not page.metric
    assert any("Nothing to count yet" in text.value for text in page.markdown)


def test_one_deal_is_enough(open_page, sell):
    sell("stan", 500_00)

    page = open_page("sales")

    assert not page.exception
    assert numbers(page)["Win rate"] == "100%"


def test_one_open_deal_alone_shows_what_stands(open_page, sell):
    sell("stan", 500_00, kind="open")

    page = open_page("sales")

    assert not page.exception
    assert (numbers(page)["Won value"], numbers(page)["Open pipeline"]) == ("€0", "€500")


def test_old_deals_move_the_period_and_say_so(open_page, sell):
    sell("stan", 500_00, days_ago=900)

    page = open_page("sales")

    assert numbers(page)["Won value"] == "€500"
    assert "No deal was closed after" in page.info[0].value


@pytest.mark.parametrize("period", ["Month", "Quarter", "Year", "12 months", "All", "Days"])
def test_every_period_can_stand_in_the_address(open_page, sell, period):
    sell("stan", 500_00)

    page = open_page("sales", sales_period=period)

    assert not page.exception
    assert numbers(page)["Won value"] == "€500"


def test_an_unknown_period_in_the_address_is_no_error(open_page, sell):
    sell("stan", 500_00)

    page = open_page("sales", sales_period="Decade", sales_team="West Pole", sales_show="everything")

    assert not page.exception
    assert numbers(page)["Won value"] == "€500"


def test_a_team_in_the_address_narrows(open_page, sell):
    sell("stan", 500_00)
    sell("sue", 700_00)

    page = open_page("sales", sales_team="South")

    assert numbers(page)["Won value"] == "€700"


def test_a_filter_without_deals_offers_to_clear(open_page, sell):
    sell("stan", 500_00)

    page = open_page("sales", sales_owner="Vic")

    assert not page.exception
    assert any("Clear one to see more" in text.value for text in page.caption)


def test_nobody_sees_past_their_scope(open_page, sell, actor_of):
    sell("stan", 500_00)
    sell("sue", 700_00)

    reach = actor_of("stan").reach("deal", "read")
    page = open_page("sales", as_="stan", sales_show="Won deals")

    assert reach == "team"
    assert numbers(page)["Won value"] == "€500"
    assert list(listed(page)[0]["title"]) == ["stan's deal"]


def test_two_people_in_a_row_do_not_see_each_others_numbers(open_page, sell):
    sell("stan", 500_00)
    sell("sue", 700_00)

    everything, own = (numbers(open_page("sales", as_=name))["Won value"] for name in ("ada", "sue"))

    assert (everything, own) == ("€1.2k", "€700")


def test_a_number_opens_its_deals(open_page, sell):
    sell("stan", 500_00)
    sell("sue", 300_00, kind="lost")

    page = open_page("sales", sales_show="Closed deals")

    assert list(listed(page)[0]["amount"]) == ["€300", "€500"]
    page.button(key="sales_hide").click().run()
    assert not listed(page)


def test_every_number_says_how_it_is_computed(open_page, sell):
    sell("stan", 500_00)

    page = open_page("sales")

    assert all("How is this computed?" in metric.help for metric in page.metric)
    assert "Archived deals are left out" in page.metric[0].help


def test_amounts_without_a_rate_are_left_out_and_named(open_page, sell):
    sell("stan", 500_00)
    sell("stan", 500_00, currency="CHF")

    page = open_page("sales")

    assert not page.exception
    assert numbers(page)["Won value"] == "€500"
    assert "Amounts in CHF are left out" in page.warning[0].value


def test_nobody_sees_anything_without_a_session(open_page, sell):
    sell("stan", 500_00)

    page = open_page("sales", as_=None)

    assert not page.metric


class TestTargets:
    def enter(self, page, amount):
        page.button(key="sales_targets_edit").click().run()
        page.number_input(key="sales_target_months").set_value(2)
        page.number_input(key="sales_target_amount").set_value(amount)
        # AppTest reruns the whole page where a browser reruns the drawer alone, so the drawer is opened once more.
        page.button(key="sales_targets_edit").click()
        return page.button(key="FormSubmitter:sales_target-Save").click().run()

    def stored(self):
        from sqlalchemy import select

        with unit_of_work(SYSTEM) as work:
            rows = work.session.scalars(select(Target).order_by(Target.month)).all()
            return [(row.month, row.amount_minor, row.currency) for row in rows]

    def test_a_manager_enters_them_for_months(self, open_page, sell):
        sell("stan", 500_00)

        page = self.enter(open_page("sales", as_="mona"), 1500.0)

        assert not page.exception
        month = today().replace(day=1)
        after = (month + timedelta(days=32)).replace(day=1)
        assert self.stored() == [(month, 1500_00, "EUR"), (after, 1500_00, "EUR")]

    def test_no_amount_stores_nothing_and_says_so(self, open_page, sell):
        sell("stan", 500_00)

        page = self.enter(open_page("sales", as_="mona"), None)

        assert page.error
        assert self.stored() == []

    def test_staff_are_not_offered_them(self, open_page, sell):
        sell("stan", 500_00)

        page = open_page("sales", as_="stan")

        assert "sales_targets_edit" not in [button.key for button in page.button]


def test_a_custom_period_takes_its_days(open_page, sell):
    sell("stan", 500_00, days_ago=400)
    sell("stan", 100_00)
    old = today() - timedelta(days=400)

    page = open_page(
        "sales", sales_period="Days", sales_from=date.isoformat(old), sales_to=date.isoformat(old)
    )

    assert numbers(page)["Won value"] == "€500"


def test_the_deals_behind_a_number_are_links_and_are_ordered_by_what_they_are_worth(open_page, sell):
    for worth in (900_00, 10_000_00, 80_00):
        sell("stan", worth)
    page = open_page("sales", sales_show="Won deals")
    assert all(row["href"].startswith("/deal?id=") for row in grids(page)[0]["rows"])

    page = does(page, ask=("amount", True))

    assert list(listed(page)[0]["amount"]) == ["€10,000", "€900", "€80"]
