"""Every report against a second computation: plain loops over the rows that were put in, on both databases."""

import random
from datetime import UTC, date, datetime, timedelta
from statistics import mean, median

import pytest
from sqlalchemy import text

from crm.errors import NotAllowed, NotFound, Refused
from crm.pipeline.report_basis import SalesFilter
from crm.pipeline.targets import set_target
from crm.reports import KINDS, run_report, to_json
from crm.work import SYSTEM, Actor, reading, unit_of_work
from db.models import (
    Category,
    Deal,
    DealLine,
    LossReason,
    Order,
    OrderLine,
    Pipeline,
    Product,
    Rate,
    Setting,
    Stage,
    StageChange,
    Team,
    User,
)

STAGES = [("Contacted", "open", 0.2), ("Quoted", "open", 0.6), ("Signed", "won", 1.0), ("Gone", "lost", 0.0)]
SOURCES = ["Fair", "Referral", "", None]


class Company:
    """Two teams, five sellers, three products, one pipeline of four stages; figures in euro."""

    def __init__(self, session):
        self.session = session
        session.add(Setting(name="firm", value={"name": "Bean & Co", "currency": "EUR"}))
        self.pipeline = self._add(Pipeline(name="Trials"))
        self.stages = {
            name: self._add(
                Stage(pipeline_id=self.pipeline.id, name=name, position=n, kind=kind, probability=p)
            )
            for n, (name, kind, p) in enumerate(STAGES)
        }
        self.teams = [self._add(Team(name=name)) for name in ("North", "South")]
        self.boss = self._add(User(name="Bo Boss"))
        self.sellers = [
            self._add(
                User(name=f"Seller {n}", team_id=self.teams[n % 2].id, manager_id=self.boss.id if n else None)
            )
            for n in range(4)
        ]
        self.products = [
            self._add(Product(name=f"Machine {n}", list_price_minor=n * 10000 + 5000, currency="EUR"))
            for n in range(3)
        ]
        self.reasons = [self._add(LossReason(name=name)) for name in ("Price", "No answer")]

    def _add(self, row):
        self.session.add(row)
        self.session.flush()
        return row

    def deal(self, stage, **values):
        place = self.stages[stage]
        values = {"title": "Deal", "currency": "EUR", "status": place.kind, **values}
        deal = self._add(Deal(pipeline_id=self.pipeline.id, stage_id=place.id, **values))
        self._add(StageChange(deal_id=deal.id, to_stage_id=place.id))
        return deal

    def won(self, minor, closed_on, **values):
        return self.deal("Signed", amount_minor=minor, closed_on=closed_on, **values)


@pytest.fixture
def company(database):
    """The company with nothing sold yet, in one uncommitted unit of the program."""
    with unit_of_work(SYSTEM) as work:
        yield Company(work.session)


def run(company, name, **chosen):
    company.session.flush()
    return to_json(run_report(company.session, name, SalesFilter(**chosen)))


def column(report, key, value):
    return {row[key]: row[value] for row in report["rows"]}


@pytest.fixture
def busy(company):
    """Three hundred deals over two years with every gap that real ones have; seeded."""
    chance = random.Random(7)
    first = date(2024, 1, 5)
    deals, lines = [], []
    for number in range(300):
        stage = company.stages[chance.choice(["Contacted", "Quoted", "Signed", "Signed", "Gone"])]
        opened = first + timedelta(days=chance.randrange(600))
        closed = opened + timedelta(days=chance.randrange(120)) if stage.kind != "open" else None
        seller = chance.choice([*company.sellers, None])
        deal = Deal(
            title=f"Deal {number}",
            currency="EUR",
            pipeline_id=company.pipeline.id,
            stage_id=stage.id,
            status=stage.kind,
            amount_minor=chance.choice([None, chance.randrange(100, 10_000_00)]),
            opened_on=chance.choice([opened, opened, None]),
            closed_on=closed,
            owner_id=seller.id if seller else None,
            team_id=chance.choice([None, company.teams[0].id, company.teams[1].id]),
            product_id=chance.choice([None, *(p.id for p in company.products)]),
            source=chance.choice(SOURCES),
            loss_reason_id=chance.choice([None, *(r.id for r in company.reasons)])
            if stage.kind == "lost"
            else None,
            archived_at=datetime(2026, 1, 1, tzinfo=UTC) if number % 17 == 0 else None,
        )
        deals.append(deal)
        if chance.random() < 0.3:
            for _ in range(2):
                price = chance.choice([None, chance.randrange(1, 500_00)])
                line = {"quantity": 2, "unit_price_minor": price, "amount_minor": price and 2 * price}
                lines.append(
                    (deal, line | {"product_id": chance.choice(company.products).id, "currency": "EUR"})
                )
    company.session.add_all(deals)
    company.session.flush()
    company.session.add_all([DealLine(deal_id=deal.id, **line) for deal, line in lines])
    return company


def raw(company, sql):
    """A second computation that shares no line of code with the reports."""
    company.session.flush()
    return company.session.execute(text(sql), execution_options={"system": True}).all()


PERIODS = [{}, {"start": date(2024, 6, 10), "end": date(2025, 2, 3)}]


@pytest.mark.parametrize("period", PERIODS)
class TestAgainstPlainSql:
    """Each figure again in plain SQL."""

    def where(self, period, status="won"):
        limits = " AND closed_on BETWEEN '2024-06-10' AND '2025-02-03'" if period else ""
        return f"d.archived_at IS NULL AND d.status = '{status}'{limits}"

    def totals(self, busy, group, period, status="won", joins=""):
        rows = raw(
            busy,
            f"SELECT {group}, count(*), coalesce(sum(d.amount_minor), 0) FROM deals d {joins}"
            f" WHERE {self.where(period, status)} GROUP BY {group}",
        )
        return {key: (int(n), int(minor)) for key, n, minor in rows}

    def reported(self, report, key):
        return {row[key]: (row["deals"], round((row["value"] or 0) * 100)) for row in report["rows"]}

    def test_won_by_agent(self, busy, period):
        expected = self.totals(busy, "u.name", period, joins="LEFT JOIN users u ON u.id = d.owner_id")

        assert self.reported(run(busy, "won-by-agent", **period), "agent") == expected

    def test_won_by_manager(self, busy, period):
        joins = "LEFT JOIN users u ON u.id = d.owner_id LEFT JOIN users m ON m.id = u.manager_id"
        expected = self.totals(busy, "m.name", period, joins=joins)

        assert self.reported(run(busy, "won-by-manager", **period), "manager") == expected

    def test_won_by_team_falls_back_to_the_owners(self, busy, period):
        joins = "LEFT JOIN users u ON u.id = d.owner_id LEFT JOIN teams t ON t.id = coalesce(d.team_id, u.team_id)"
        expected = self.totals(busy, "t.name", period, joins=joins)

        assert self.reported(run(busy, "won-by-team", **period), "team") == expected

    def test_won_by_month_and_quarter(self, busy, period):
        dates = raw(busy, f"SELECT closed_on, amount_minor FROM deals d WHERE {self.where(period)}")
        months: dict[str, int] = {}
        for day, minor in dates:
            months[str(day)[:7]] = months.get(str(day)[:7], 0) + int(minor or 0)

        by_month = column(run(busy, "won-by-month", **period), "month", "value")
        by_quarter = column(run(busy, "won-by-quarter", **period), "quarter", "value")

        assert {m: round(v * 100) for m, v in by_month.items() if v} == {m: v for m, v in months.items() if v}
        assert round(sum(by_quarter.values()) * 100) == sum(months.values())

    def test_win_rate_by_source(self, busy, period):
        won = self.totals(busy, "coalesce(d.source, '')", period)
        lost = self.totals(busy, "coalesce(d.source, '')", period, status="lost")

        report = run(busy, "win-rate-by-source", **period)

        counted: dict[str, tuple[int, int]] = {}
        for row in report["rows"]:
            before = counted.get(row["source"] or "", (0, 0))
            counted[row["source"] or ""] = (before[0] + row["won"], before[1] + row["lost"])
        assert counted == {s: (won.get(s, (0,))[0], lost.get(s, (0,))[0]) for s in won | lost}
        assert report["summary"]["won"] == sum(n for n, _minor in won.values())

    def test_cycle_time(self, busy, period):
        rows = raw(busy, f"SELECT opened_on, closed_on FROM deals d WHERE {self.where(period)}")
        days = [
            (date.fromisoformat(str(b)) - date.fromisoformat(str(a))).days for a, b in rows if a is not None
        ]

        report = run(busy, "cycle-time", **period)

        assert report["n"] == len(days)
        assert report["summary"]["mean_days"] == pytest.approx(mean(days))
        assert report["summary"]["median_days"] == pytest.approx(median(days))

    def test_loss_reasons(self, busy, period):
        joins = "LEFT JOIN loss_reasons r ON r.id = d.loss_reason_id"
        expected = self.totals(busy, "r.name", period, status="lost", joins=joins)

        assert self.reported(run(busy, "loss-reasons", **period), "reason") == expected

    def test_won_by_product_counts_priced_lines_first(self, busy, period):
        priced = "SELECT deal_id FROM deal_lines WHERE amount_minor IS NOT NULL"
        whole = raw(
            busy,
            f"SELECT p.name, coalesce(sum(d.amount_minor), 0) FROM deals d LEFT JOIN products p ON p.id = d.product_id"
            f" WHERE {self.where(period)} AND d.id NOT IN ({priced}) GROUP BY p.name",
        )
        lines = raw(
            busy,
            f"SELECT p.name, sum(l.amount_minor) FROM deal_lines l JOIN deals d ON d.id = l.deal_id"
            f" JOIN products p ON p.id = l.product_id WHERE {self.where(period)} GROUP BY p.name",
        )
        expected: dict[str | None, int] = {}
        for name, minor in [*whole, *lines]:
            expected[name] = expected.get(name, 0) + int(minor or 0)

        report = column(run(busy, "won-by-product", **period), "product", "value")

        assert {name: round(value * 100) for name, value in report.items()} == expected


class TestOpenPipeline:
    def test_no_amount_counts_at_list_price_and_lost_counts_zero(self, company):
        company.deal("Contacted", amount_minor=100_00)
        company.deal("Quoted", product_id=company.products[1].id)
        itemised = company.deal("Quoted", product_id=company.products[1].id)
        line = {"product_id": company.products[0].id, "quantity": 3, "currency": "EUR"}
        company._add(DealLine(deal_id=itemised.id, **line))
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
        company._add(Rate(currency="USD", day=date(2026, 1, 1), rate=0.5))
        company._add(Rate(currency="USD", day=date(2026, 2, 1), rate=0.9))
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

    def test_a_currency_without_a_rate_is_told_not_guessed(self, abroad):
        abroad.won(1_00, date(2026, 1, 1), currency="CHF")

        with pytest.raises(Refused, match="CHF"):
            run(abroad, "won-by-agent")

    def test_one_foreign_currency_alone_needs_no_rate(self, company):
        company.won(100_00, date(2026, 1, 20), currency="CHF")

        report = run(company, "won-by-month")

        assert (report["currency"], report["summary"]["value"]) == ("CHF", 100)
        assert "CHF" in report["notes"][0]

    def test_sales_lines_are_converted_too(self, abroad):
        abroad._add(
            OrderLine(sold_on=date(2026, 1, 5), amount_minor=10_00, profit_minor=4_00, currency="USD")
        )
        abroad._add(OrderLine(sold_on=date(2026, 2, 5), amount_minor=10_00, currency="EUR"))

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
    company._add(
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
        company._add(StageChange(deal_id=lost.id, to_stage_id=company.stages["Quoted"].id))
        company.deal("Gone")

        report = run(company, "funnel")

        assert column(report, "stage", "deals") == {"Contacted": 4, "Quoted": 2, "Signed": 1}
        assert column(report, "stage", "share") == {"Contacted": None, "Quoted": 0.5, "Signed": 0.5}

    def test_no_deal_gives_no_stage(self, company):
        assert run(company, "funnel")["rows"] == []


class TestTargets:
    def test_won_is_set_against_the_months_that_have_a_target(self, company):
        seller = company.sellers[0]
        company.won(30_00, date(2026, 1, 20), owner_id=seller.id)
        company.won(99_00, date(2026, 2, 20), owner_id=seller.id)
        with unit_of_work_of(company) as work:
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
        with unit_of_work_of(company) as work:
            set_target(work, month=month, amount_minor=100_00, currency="EUR", team_id=north.id)
            for seller in company.sellers:
                set_target(work, month=month, amount_minor=10_00, currency="EUR", user_id=seller.id)

        assert run(company, "targets")["summary"]["target"] == 100 + 2 * 10
        assert run(company, "targets", owners=(company.sellers[0].id,))["summary"]["target"] == 10

    def test_entering_again_replaces_and_zero_takes_away(self, company):
        month = date(2026, 1, 1)
        with unit_of_work_of(company) as work:
            set_target(work, month=month, amount_minor=100_00, currency="EUR")
            set_target(work, month=month, amount_minor=70_00, currency="EUR")

            assert run(company, "targets")["summary"]["target"] == 70

            set_target(work, month=month, amount_minor=0, currency="EUR")

        assert run(company, "targets")["rows"] == []

    def test_nonsense_is_refused(self, company):
        with unit_of_work_of(company) as work:
            for wrong in ({"amount_minor": -1}, {"user_id": 1, "team_id": 1}, {"team_id": 10**6}):
                with pytest.raises(Refused):
                    set_target(
                        work, **{"month": date(2026, 1, 1), "amount_minor": 1, "currency": "EUR", **wrong}
                    )


def test_who_may_not_enter_targets_is_refused(database):
    grants = frozenset({("target", "read", "all")})

    with unit_of_work(Actor(1, "Rep", grants=grants)) as work, pytest.raises(NotAllowed):
        set_target(work, month=date(2026, 1, 1), amount_minor=1, currency="EUR")


class unit_of_work_of:  # reads as the block it stands for
    """The company's own open unit of work, for services that want one."""

    def __init__(self, company):
        from crm.work import Work

        self.work = Work(company.session, SYSTEM, datetime(2026, 3, 10, tzinfo=UTC))

    def __enter__(self):
        return self.work

    def __exit__(self, *_):
        return None


class TestSales:
    @pytest.fixture
    def sold(self, company):
        category = company._add(Category(name="Coffee"))
        company.products[0].category_id = category.id
        order = company._add(Order(number="1", ordered_on=date(2025, 12, 30), region="West"))
        for n, (day, minor) in enumerate([(date(2025, 12, 30), 10_00), (date(2026, 1, 2), 5_50)]):
            company._add(
                OrderLine(
                    order_id=order.id,
                    sold_on=day,
                    amount_minor=minor,
                    profit_minor=-1_00,
                    quantity=2,
                    currency="EUR",
                    product_id=company.products[n].id,
                )
            )
        return company

    def test_years_months_categories_and_regions_add_up_the_same(self, sold):
        assert column(run(sold, "sales-by-year"), "year", "sales") == {"2025": 10, "2026": 5.5}
        assert column(run(sold, "sales-by-month"), "month", "profit") == {"2025-12": -1, "2026-01": -1}
        assert column(run(sold, "sales-by-category"), "category", "sales") == {"Coffee": 10, None: 5.5}
        assert column(run(sold, "sales-by-region"), "region", "lines") == {"West": 2}

    def test_an_order_over_two_groups_counts_once_in_the_total(self, sold):
        report = run(sold, "sales-by-year")

        assert [row["orders"] for row in report["rows"]] == [1, 1]
        assert report["summary"]["orders"] == 1

    def test_nothing_sold_is_zero(self, company):
        assert run(company, "sales-totals")["summary"]["sales"] == 0
        assert run(company, "sales-by-month")["rows"] == []


class TestScope:
    @pytest.fixture
    def stored(self, database):
        with unit_of_work(SYSTEM) as work:
            company = Company(work.session)
            for number, seller in enumerate(company.sellers):
                for day in (date(2026, 1, 3), date(2026, 2, 3)):
                    company.won(10_00, day, owner_id=seller.id, team_id=seller.team_id, opened_on=day)
                company.deal("Gone", closed_on=date(2026, 1, 4), owner_id=seller.id, team_id=seller.team_id)
                company.deal(
                    "Quoted", amount_minor=10 ** (number + 2), owner_id=seller.id, team_id=seller.team_id
                )
                company._add(
                    OrderLine(sold_on=date(2026, 1, 1), amount_minor=1_00, currency="EUR", owner_id=seller.id)
                )
        return company

    def actor(self, stored, scope):
        seller = stored.sellers[1]
        grants = frozenset({("deal", "read", scope), ("order", "read", scope)})
        return Actor(seller.id, seller.name, "rep", (seller.team_id,), grants)

    @pytest.mark.parametrize(
        ("scope", "won", "worth"), [("own", 2, 1_000), ("team", 4, 101_000), ("none", 0, 0)]
    )
    def test_nobody_counts_past_their_scope(self, stored, scope, won, worth):
        with reading(self.actor(stored, scope)) as session:
            rate = to_json(run_report(session, "win-rate"))
            pipeline = to_json(run_report(session, "open-pipeline"))
            sales = to_json(run_report(session, "sales-totals"))

        assert rate["summary"]["won"] == won
        assert round(pipeline["summary"]["entered"] * 100) == worth
        assert sales["n"] == (0 if scope == "none" else 1)

    @pytest.mark.parametrize("name", KINDS)
    def test_a_report_costs_the_same_statements_whatever_the_length(self, stored, statements, name):
        def cost():
            statements.clear()
            with reading(self.actor(stored, "team")) as session:
                run_report(session, name)
            return len(statements)

        before = cost()
        with unit_of_work(SYSTEM) as work:
            stored.session = work.session
            for number in range(40):
                stored.won(
                    5_00, date(2025, number % 12 + 1, 1), source=f"S{number}", team_id=stored.teams[1].id
                )

        assert cost() == before
        assert before <= 12


def test_an_unknown_report_names_those_there_are(company):
    with pytest.raises(NotFound, match="won-by-month"):
        run(company, "won-by-moon")


def test_every_report_of_an_empty_company_is_plain_json(company):
    import json

    for name in KINDS:
        report = run(company, name)

        assert report["n"] == 0, name
        json.dumps(report, allow_nan=False)
