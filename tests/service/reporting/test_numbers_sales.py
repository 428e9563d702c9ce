"""The cases of hand-checked numbers: what a person would say, and what every screen and report must."""

from datetime import UTC, date, datetime

import pytest

from crm import charts
from crm.contacts.sums import deal_sums
from crm.pipeline.deal_page import read_deal
from crm.pipeline.expected import open_deals
from crm.pipeline.my_day import monthly_goal
from crm.pipeline.reports.report_dashboard import sales_choices
from crm.pipeline.reports.report_records import Narrowed, deal_records
from crm.pipeline.targets import set_target
from crm.reporting.book import firm_book, open_book
from crm.reporting.report import SalesFilter
from crm.ui.sales.cards import months_note
from crm.ui.sales.figures import draw
from db.models import DealLine, OrderLine, Organisation, Pipeline, Stage
from tests.service.pipeline.selling_company import column, run
from tests.service.reporting.number_hands import JUNE, TODAY, columns, sales


class TestProducts:
    @pytest.fixture
    def five(self, company):
        """Main product Alpha with a line of Beta; lines of both; Alpha without a line; no product; two lines of Alpha."""
        alpha, beta, _gamma = company.products

        def won(minor, main, *lines):
            deal = company.won(minor * 100, JUNE, product_id=main and main.id)
            for product, amount in lines:
                line = {"product_id": product.id, "amount_minor": amount * 100, "currency": "EUR"}
                company.add(DealLine(deal_id=deal.id, **line))

        won(100, alpha, (beta, 100))
        won(150, None, (alpha, 100), (beta, 50))
        won(300, alpha)
        won(70, None)
        won(200, None, (alpha, 100), (alpha, 100))
        return company

    def test_rate_bar_filter_and_records_mean_the_same_deals(self, five):
        alpha, beta = five.products[0].id, five.products[1].id
        report, rates, shown = run(five, "won-by-product"), run(five, "win-rate-by-product"), sales(five)

        assert report["n"] == rates["n"] == 5
        assert column(report, "product_id", "deals") == {alpha: 3, beta: 2, None: 1}
        assert column(report, "product_id", "value") == {alpha: 600, beta: 150, None: 70}
        assert column(rates, "key", "won") == {alpha: 3, beta: 2, None: 1}
        assert dict(zip(shown.products["id"], shown.products["deals"], strict=True)) == {
            alpha: 3,
            beta: 2,
            None: 1,
        }
        for key, deals in ((alpha, 3), (beta, 2), (None, 1)):
            wanted = Narrowed(("won",), products=(key,))
            assert deal_records(five.session, SalesFilter(), wanted).total == deals

    def test_a_filter_counts_the_part_in_its_products_everywhere(self, five):
        alpha = five.products[0].id
        shown = sales(five, products=(alpha,))

        assert (shown.now.won_minor, shown.now.won) == (600_00, 3)
        assert shown.products["value_minor"].tolist() == [600_00]
        assert shown.agents["value_minor"].sum() == 600_00
        assert run(five, "won-by-agent", products=(alpha,))["summary"] == {"deals": 3, "value": 600}
        page = deal_sums(five.session, "product", alpha, book=firm_book(five.session))
        assert (page.won_count, page.won_minor) == (3, 600_00)


class TestWorth:
    def test_a_deal_without_amount_is_worth_one_thing(self, company):
        machine = company.products[2]
        machine.list_price_minor = 5_000_00
        firm = company.add(Organisation(name="Casa", name_key="casa"))
        won = company.deal("Signed", closed_on=JUNE, product_id=machine.id, organisation_id=firm.id)
        for pieces in (3, 2):
            deal = company.deal("Quoted", product_id=machine.id, organisation_id=firm.id)
            line = {"product_id": machine.id, "quantity": pieces, "currency": "EUR"}
            company.add(DealLine(deal_id=deal.id, **line))

        page = deal_sums(company.session, "organisation", firm.id, book=firm_book(company.session))
        quoted = columns(company)["Quoted"]
        view = read_deal(company.session, won.id, now=datetime(2026, 11, 30, tzinfo=UTC), today=TODAY)

        assert run(company, "won-by-product")["summary"]["value"] == 5_000
        assert (page.won_minor, view.worth_minor, sales(company).now.won_minor) == (5_000_00,) * 3
        assert run(company, "open-pipeline")["summary"]["list"] == 25_000
        assert (page.open_minor, quoted.total_minor) == (25_000_00, 25_000_00)
        assert sorted(card.amount_minor for card in quoted.cards) == [10_000_00, 15_000_00]
        assert sales(company).stages["list_minor"].sum() == 25_000_00

    def test_a_won_deal_without_a_closing_day_is_counted_apart_and_named(self, company):
        company.won(100_00, JUNE)
        company.won(100_00, None)

        for name in ("won-by-month", "won-by-quarter"):
            report = run(company, name)
            assert report["rows"][-1] == {name[7:]: None, "deals": 1, "value": 100}
            assert any("no closing day" in note for note in report["notes"])
        for name in ("won-by-month", "won-by-quarter", "won-by-agent", "won-by-team", "won-by-product"):
            report = run(company, name, start=JUNE, end=JUNE)
            assert report["n"] == 1
            assert any("lies in no period" in note for note in report["notes"])
        shown = sales(company)
        assert shown.undated == 1
        assert shown.now.won_minor - shown.months["won_minor"].sum() == 100_00


def test_open_deals_by_month_add_up_to_the_open_pipeline(company):
    for month in range(1, 11):
        company.deal("Contacted", amount_minor=3, expected_close_on=date(2027, month, 5))

    due = open_deals(company.session, open_book(company.session), SalesFilter(), today=TODAY)

    whole = sum(sales(company).stages["weighted_minor"])
    assert whole == 6 == round(sum(one.weighted_minor for one in due.months.values()))


@pytest.mark.parametrize(("day", "pale"), [(date(2026, 11, 3), True), (JUNE, False)])
def test_of_all_days_only_the_running_month_is_pale(company, day, pale):
    company.won(100_00, day)

    board = sales(company, today=date(2026, 11, 20))

    shades = draw(board)["months"].figure.data[0].marker.color
    assert (shades[-1] == charts.CUT, set(shades[:-1])) == (pale, {charts.ACCENT})
    assert not board.months["cut"].any()


class TestNames:
    def test_two_of_one_name_stay_two_in_bars_choices_and_reports(self, company):
        (ana, other), (lumo, second) = company.sellers[:2], company.products[:2]
        ana.name = other.name = "Ana"
        lumo.name = second.name = "Lumo"
        company.won(300_00, JUNE, owner_id=ana.id, product_id=lumo.id)
        company.won(200_00, JUNE, owner_id=other.id, product_id=second.id)
        for who in (ana, other):
            goal(company, 6, 100_00, user_id=who.id)
        for product, minor in ((lumo, 50_00), (second, 70_00)):
            line = {"product_id": product.id, "amount_minor": minor, "currency": "EUR", "sold_on": JUNE}
            company.add(OrderLine(quantity=1, **line))
        names = {f"Ana #{ana.id}": [ana.id], f"Ana #{other.id}": [other.id]}

        drawn = draw(sales(company))

        assert drawn["agents"].values == names
        assert dict(sorted(drawn["targets"].values.items())) == names
        assert set(drawn["products"].values) == {f"Lumo #{lumo.id}", f"Lumo #{second.id}"}
        assert [key for key, name in sales_choices(company.session).owners.items() if name in names] == [
            ana.id,
            other.id,
        ]
        assert column(run(company, "won-by-agent"), "agent", "value") == dict(
            zip(names, (300, 200), strict=True)
        )
        sold = column(run(company, "sales-by-product"), "product", "sales")
        assert sold == {f"Lumo #{lumo.id}": 50, f"Lumo #{second.id}": 70}


def goal(company, month, minor, currency="EUR", **whose):
    set_target(company.work(), month=date(2026, month, 1), amount_minor=minor, currency=currency, **whose)


class TestTargets:
    def test_of_all_only_those_with_a_target_count_towards_it(self, company):
        ann, ben = company.sellers[:2]
        goal(company, 11, 1_000_00, user_id=ann.id)
        company.won(500_00, TODAY, owner_id=ann.id)
        company.won(4_000_00, TODAY, owner_id=ben.id)

        assert "of those who have one" in months_note(sales(company))
        found = monthly_goal(company.session, today=TODAY, everyone=True)

        assert (found.won_minor, found.target_minor, found.toward_minor, found.share) == (
            4_500_00, 1_000_00, 500_00, 0.5
        )  # fmt: skip
        assert run(company, "targets", start=date(2026, 11, 1), end=TODAY)["summary"]["share"] == 0.5

    def test_my_day_gives_no_share_where_a_won_amount_has_no_rate(self, company):
        goal(company, 11, 1_000_00)
        company.won(500_00, TODAY)
        company.won(500_00, TODAY, currency="CHF")

        found = monthly_goal(company.session, today=TODAY, everyone=True)

        assert (found.won_minor, found.share) == (500_00, None)
        assert any("CHF" in note for note in found.notes)

    def test_a_person_with_deals_of_another_team_has_no_share_within_one(self, company):
        ann, (north, south) = company.sellers[0], company.teams
        goal(company, 6, 1_000_00, user_id=ann.id)
        company.won(500_00, JUNE, owner_id=ann.id)
        company.won(400_00, JUNE, owner_id=ann.id, team_id=south.id)

        whole = run(company, "targets")["rows"][0]
        within = run(company, "targets", teams=(north.id,))

        assert (whole["actual"], whole["share"]) == (900, 0.9)
        assert [(row["actual"], row["share"]) for row in within["rows"]] == [(500, None)]
        assert within["summary"]["share"] is None

    def test_a_cut_month_counts_and_demands_only_its_days(self, company):
        ann = company.sellers[0]
        goal(company, 11, 1_000_00, user_id=ann.id)
        company.won(900_00, date(2026, 11, 5), owner_id=ann.id)
        company.won(100_00, date(2026, 11, 20), owner_id=ann.id)

        shown = sales(company, "custom", date(2026, 11, 10), date(2026, 11, 20))

        month = shown.months.iloc[-1]
        assert shown.now.won_minor == month["won_minor"] == 100_00
        assert (month["first"], month["last"]) == (date(2026, 11, 10), date(2026, 11, 20))
        assert month["target_minor"] == round(1_000_00 * 11 / 30)
        assert shown.targets.iloc[0]["target_minor"] == round(1_000_00 * 11 / 30)
        wanted = Narrowed(("won",), days=((month["first"], month["last"]),))
        assert deal_records(company.session, SalesFilter(), wanted).total == 1

    def test_a_running_month_cut_at_its_beginning_demands_only_its_days(self, company):
        goal(company, 11, 3_000_00)
        company.won(900_00, date(2026, 11, 12))

        cut = sales(company, "custom", date(2026, 11, 10), date(2026, 11, 15), today=date(2026, 11, 15))
        whole = sales(company, "custom", date(2026, 11, 1), date(2026, 11, 15), today=date(2026, 11, 15))

        assert [month.months.iloc[-1]["target_minor"] for month in (cut, whole)] == [600_00, 3_000_00]

    def test_a_target_without_a_rate_drops_out_with_what_was_won_for_it(self, company):
        goal(company, 10, 1_000_00)
        goal(company, 11, 1_000_00, "CHF")
        company.won(500_00, date(2026, 10, 5))
        company.won(1_000_00, date(2026, 11, 5))

        report = run(company, "targets", start=date(2026, 10, 1), end=TODAY)

        assert report["summary"] == {"target": 1_000, "actual": 500, "share": 0.5}
        assert any("CHF" in note for note in report["notes"])

    @pytest.mark.parametrize("narrowed", ["sources", "products", "pipelines"])
    def test_no_target_stands_beside_a_sum_narrowed_by_something_else(self, company, narrowed):
        goal(company, 11, 1_000_00)
        company.won(50_00, date(2026, 11, 5), source="Fair", product_id=company.products[0].id)
        values = {
            "sources": ("Fair",),
            "products": (company.products[0].id,),
            "pipelines": (company.pipeline.id,),
        }
        chosen = {narrowed: values[narrowed]}

        shown, report = sales(company, "quarter", **chosen), run(company, "targets", **chosen)

        assert shown.without_target
        assert not len(shown.targets)
        assert shown.months["target_minor"].isna().all()
        assert report["summary"]["target"] == 0
        assert any("not set by" in note for note in report["notes"])


def test_a_funnel_of_two_pipelines_says_which_it_shows(company):
    other = company.add(Pipeline(name="Repairs"))
    stage = company.add(Stage(pipeline_id=other.id, name="In", position=0, kind="open", probability=0.1))
    for _n in range(3):
        company.deal("Contacted", opened_on=JUNE)
    deal = company.deal("Contacted", opened_on=JUNE)
    deal.pipeline_id, deal.stage_id = other.id, stage.id

    report = run(company, "funnel")

    assert report["n"] == 3
    assert any("Trials" in note and "1 deal" in note for note in report["notes"])
    assert sales(company).funnel.others == 1


def test_open_deals_of_an_old_period_are_todays_and_have_no_arrow(company):
    from crm.ui.sales.numbers import numbers

    company.won(100_00, date(2025, 2, 10))
    company.deal("Quoted", amount_minor=10_00, opened_on=date(2026, 5, 1))
    shown = sales(company, "custom", date(2025, 1, 1), date(2025, 3, 31))

    tile = next(one for one in numbers(shown) if one.label == "Open pipeline")

    assert "today" in tile.change
    weighted = next(one for one in numbers(shown) if one.label == "Weighted pipeline")
    assert "today" in weighted.change
    assert tile.arrow is None
