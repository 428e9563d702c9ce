"""What the reports on deals count and leave out: list prices, currencies, archives, filters, the funnel."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import delete

from crm.errors import NotFound, Refused
from crm.pipeline.stages import set_reached_minutes
from crm.reporting.catalogue import kinds
from db.models import DealLine, OrderLine, Rate, StageChange
from tests.service.pipeline.selling_company import column, run


class TestOpenPipeline:
    def test_no_amount_counts_at_list_price_and_lost_counts_zero(self, company):
        company.deal("Contacted", amount_minor=100_00)
        company.deal("Quoted", product_id=company.products[1].id)
        itemised = company.deal("Quoted", product_id=company.products[1].id)
        line = {"product_id": company.products[0].id, "quantity": 3, "currency": "EUR"}
        company.add(DealLine(deal_id=itemised.id, **line))
        company.deal("Gone", amount_minor=999_00, closed_on=date(2026, 1, 1))

        summary = run(company, "open-pipeline")["summary"]
        stages = column(run(company, "pipeline-by-stage"), "stage", "weighted")

        assert summary["deals"] == 3
        assert summary["entered"] == 100
        assert summary["list"] == 100 + 150 + 3 * 50
        assert summary["weighted"] == 0.2 * 100 + 0.6 * (150 + 150)
        assert stages == {"Contacted": 20, "Quoted": 180, "Signed": 0, "Gone": 0}

    def test_the_period_does_not_limit_what_stands_now(self, company):
        company.deal("Contacted", amount_minor=100_00, opened_on=date(2020, 1, 1))

        assert run(company, "open-pipeline", start=date(2026, 1, 1))["summary"]["entered"] == 100


class TestCurrencies:
    @pytest.fixture
    def abroad(self, company):
        company.add(Rate(currency="USD", day=date(2026, 1, 1), rate=0.5))
        company.add(Rate(currency="USD", day=date(2026, 2, 1), rate=0.9))
        company.won(100_00, date(2026, 1, 20), currency="USD", owner_id=company.sellers[0].id)
        company.won(100_00, date(2026, 2, 20), currency="USD", owner_id=company.sellers[0].id)
        company.won(100_00, date(2026, 2, 20), owner_id=company.sellers[0].id)
        return company

    @pytest.mark.parametrize(
        "name", ["won-by-agent", "won-by-month", "won-by-product", "won-by-team", "won-by-manager"]
    )
    def test_each_amount_counts_at_the_rate_of_its_day(self, abroad, name):
        report = run(abroad, name)

        assert report["currency"] == "EUR"
        assert report["summary"]["value"] == 50 + 90 + 100

    @pytest.mark.parametrize("name", ["won-by-agent", "won-by-month", "pipeline-by-stage", "average-deal"])
    def test_amounts_without_a_rate_are_left_out_and_named(self, abroad, name):
        abroad.won(77_00, date(2026, 1, 1), currency="CHF")

        report = run(abroad, name)

        summary = report["summary"]
        assert summary.get("value", summary.get("entered")) == 50 + 90 + 100
        assert report["n"] == (3 if name == "average-deal" else 4)
        assert any("CHF" in note for note in report["notes"])

    def test_one_foreign_currency_alone_needs_no_rate(self, company):
        company.won(100_00, date(2026, 1, 20), currency="CHF")

        report = run(company, "won-by-month")

        assert (report["currency"], report["summary"]["value"]) == ("CHF", 100)
        assert "CHF" in report["notes"][0]

    def test_sales_lines_are_converted_too(self, abroad):
        abroad.add(OrderLine(sold_on=date(2026, 1, 5), amount_minor=10_00, profit_minor=4_00, currency="USD"))
        abroad.add(OrderLine(sold_on=date(2026, 2, 5), amount_minor=10_00, currency="EUR"))

        summary = run(abroad, "sales-totals")["summary"]

        assert (summary["sales"], summary["profit"]) == (15, 2)


def test_archived_deals_are_left_out(company):
    company.won(100_00, date(2026, 1, 20), archived_at=datetime(2026, 2, 1, tzinfo=UTC))

    for name in ("won-by-month", "won-by-agent", "win-rate", "pipeline-by-stage"):
        assert run(company, name)["n"] == 0, name


def test_a_won_deal_without_a_day_is_counted_and_told(company):
    company.won(100_00, date(2026, 1, 20))
    company.won(7_00, None)

    report = run(company, "won-by-month")

    assert report["rows"][-1] == {"month": None, "deals": 1, "value": 7}
    assert report["summary"]["value"] == 107
    assert report["notes"]


def test_filters_narrow_to_what_they_name(company):
    north, south = company.teams
    company.won(1_00, date(2026, 1, 20), owner_id=company.sellers[0].id, source="Fair")
    company.won(2_00, date(2026, 1, 20), team_id=south.id, product_id=company.products[0].id)
    bundle = company.won(4_00, date(2026, 1, 21), source="")
    company.add(
        DealLine(deal_id=bundle.id, product_id=company.products[1].id, amount_minor=4_00, currency="EUR")
    )

    def total(**chosen):
        return run(company, "won-by-agent", **chosen)["summary"]["value"]

    assert total(teams=(north.id,)) == 1
    assert total(teams=(south.id,)) == 2
    assert total(owners=(company.sellers[0].id,)) == 1
    assert total(products=(company.products[1].id,)) == 4
    assert total(sources=("Fair",)) == 1
    assert total(sources=("",)) == 6
    assert total(end=date(2026, 1, 20)) == 3
    assert total(start=date(2026, 1, 21)) == 4


class TestFunnel:
    def test_a_lost_deal_counts_as_far_as_it_came(self, company):
        company.deal("Contacted")
        company.deal("Signed")
        lost = company.deal("Gone")
        company.add(StageChange(deal_id=lost.id, to_stage_id=company.stages["Quoted"].id))
        company.deal("Gone")

        report = run(company, "funnel")

        assert column(report, "stage", "deals") == {"Contacted": 4, "Quoted": 2, "Signed": 1}
        assert column(report, "stage", "share") == {"Contacted": None, "Quoted": 0.5, "Signed": 0.5}

    def test_a_slip_is_not_reached_and_what_was_passed_or_ended_there_is(self, company):
        def way(now, *steps):
            found, at = company.deal(now), datetime(2026, 3, 1, tzinfo=UTC)
            company.session.execute(delete(StageChange).where(StageChange.deal_id == found.id))
            for stage, minutes in steps:
                company.add(StageChange(deal_id=found.id, to_stage_id=company.stages[stage].id, at=at))
                at += timedelta(minutes=minutes)

        way("Contacted", ("Contacted", 9000), ("Quoted", 59), ("Contacted", 0))
        way("Contacted", ("Contacted", 9000), ("Quoted", 60), ("Contacted", 0))
        way("Contacted", ("Contacted", 9000), ("Signed", 5), ("Contacted", 0))
        way("Gone", ("Contacted", 9000), ("Quoted", 5), ("Gone", 0))
        way("Signed", ("Contacted", 9000), ("Quoted", 5), ("Signed", 0))
        way("Quoted", ("Contacted", 9000), ("Quoted", 0))

        def reached():
            return list(column(run(company, "funnel"), "stage", "deals").values())

        assert reached() == [6, 4, 1]
        set_reached_minutes(company.work(), 0)
        assert reached() == [6, 6, 2]
        set_reached_minutes(company.work(), 61)
        assert reached() == [6, 3, 1]
        with pytest.raises(Refused):
            set_reached_minutes(company.work(), -1)

    def test_no_deal_gives_no_stage(self, company):
        assert run(company, "funnel")["rows"] == []


def test_an_unknown_report_names_those_there_are(company):
    with pytest.raises(NotFound, match="won-by-month"):
        run(company, "won-by-moon")


def test_every_report_of_an_empty_company_is_plain_json(company):
    import json

    for name in kinds():
        report = run(company, name)

        assert report["n"] == 0, name
        json.dumps(report, allow_nan=False)
