"""The dashboard's numbers are those of the reports, and the deals behind a number are those it counts."""

from dataclasses import replace
from datetime import date

import pytest

from crm.pipeline.reports.report_dashboard import Question, sales_choices, sales_dashboard
from crm.pipeline.reports.report_records import Narrowed, deal_records
from crm.reporting.catalogue import run_report
from crm.reporting.report import SalesFilter
from crm.work import SYSTEM, reading, unit_of_work
from db.models import Deal, Pipeline, Rate, Setting, Stage, Team, User

TODAY = date(2026, 3, 10)


@pytest.fixture
def sold(database):
    """Eight won deals in two years, one of them in dollars, four lost, two open; two sellers under one manager."""
    with unit_of_work(SYSTEM) as work:
        session = work.session

        def add(row):
            session.add(row)
            session.flush()
            return row

        add(Setting(name="firm", value={"name": "Bean & Co", "currency": "EUR"}))
        add(Rate(currency="USD", day=date(2024, 1, 1), rate=0.5))
        pipeline = add(Pipeline(name="Trials"))
        stages = {
            kind: add(Stage(pipeline_id=pipeline.id, name=kind, position=n, kind=kind, probability=p))
            for n, (kind, p) in enumerate([("open", 0.5), ("won", 1.0), ("lost", 0.0)])
        }
        team, boss = add(Team(name="North")), add(User(name="Bo"))
        sellers = [add(User(name=name, team_id=team.id, manager_id=boss.id)) for name in ("Ann", "Ben")]

        def deal(kind, minor, day, seller, **values):
            closed = {} if kind == "open" else {"closed_on": day}
            values = {"title": "Deal", "currency": "EUR", "owner_id": seller.id, "opened_on": day} | values
            place = {"pipeline_id": pipeline.id, "stage_id": stages[kind].id, "status": kind}
            return add(Deal(amount_minor=minor, **place, **closed, **values))

        for number, month in enumerate((1, 2, 3, 1, 2, 3)):
            deal(
                "won",
                100_00 * (number + 1),
                date(2026 - number // 3, month, 5),
                sellers[number % 2],
                source="Fair",
            )
        deal("won", 500_00, date(2026, 3, 9), sellers[0], currency="USD")
        deal("won", 800_00, date(2025, 3, 20), sellers[0])
        for day in (date(2026, 3, 1), date(2026, 1, 1), date(2025, 3, 2), date(2025, 6, 1)):
            deal("lost", None, day, sellers[1])
        deal("open", 300_00, date(2026, 2, 1), sellers[0])
        deal("open", 100_00, date(2025, 2, 1), sellers[1])
    return {"sellers": [s.id for s in sellers], "boss": boss.id, "team": team.id}


def ask(kind="quarter", **chosen):
    with reading(SYSTEM) as session:
        return sales_dashboard(session, Question(kind, TODAY, chosen=SalesFilter(**chosen)))


def test_a_running_period_is_compared_with_as_many_days(sold):
    board = ask("year")

    assert (board.period.start, board.period.end) == (date(2026, 1, 1), TODAY)
    assert (board.before.start, board.before.end) == (date(2025, 1, 1), date(2025, 3, 10))
    assert (board.now.won_minor, board.now.won, board.now.lost) == (100_00 + 200_00 + 300_00 + 250_00, 4, 2)
    assert (board.then.won_minor, board.then.won, board.then.lost) == (400_00 + 500_00 + 600_00, 3, 1)


@pytest.mark.parametrize("kind", ["month", "quarter", "year", "12months", "all"])
def test_every_card_adds_up_to_the_number_above_it(sold, kind):
    board = ask(kind)

    for name in ("teams", "managers", "agents", "products"):
        cards = getattr(board, name)
        assert (cards["value_minor"].sum(), cards["deals"].sum()) == (board.now.won_minor, board.now.won), (
            name
        )
    inside = board.months[board.months["inside"]]
    assert inside["won_minor"].sum() == board.now.won_minor
    assert board.source_rates["won"].sum() == board.product_rates["won"].sum() == board.now.won
    assert board.reasons["deals"].sum() == board.now.lost
    assert board.spread.n == board.now.timed


def test_the_reports_say_the_same(sold):
    board = ask("year")
    chosen = SalesFilter(start=board.period.start, end=board.period.end)

    with reading(SYSTEM) as session:
        rate = run_report(session, "win-rate", chosen).summary
        agents = run_report(session, "won-by-agent", chosen).rows
        standing = run_report(session, "open-pipeline", chosen).summary

    assert rate["win_rate"] == board.now.rate.share
    assert agents["value_minor"].tolist() == board.agents["value_minor"].tolist()
    assert standing["weighted_minor"] == board.stages["weighted_minor"].sum() == 200_00


def test_open_deals_are_counted_at_the_end_of_each_month(sold):
    board = ask("12months")

    counts = dict(zip(board.months["month"], board.months["open_deals"], strict=True))
    assert counts[date(2025, 12, 1)] == 1
    assert counts[date(2026, 3, 1)] == 2


def test_a_filter_limits_every_part(sold):
    board = ask("year", owners=(sold["sellers"][1],))

    assert board.now.won_minor == 200_00
    assert board.agents["name"].tolist() == ["Ben"]
    assert board.stages["deals"].sum() == 1


def test_nothing_in_the_running_period_shows_the_newest_one(sold):
    with reading(SYSTEM) as session:
        board = sales_dashboard(session, Question("month", date(2027, 8, 15)))

    assert board.moved
    assert (board.period.start, board.period.end) == (date(2026, 3, 1), date(2026, 3, 31))


@pytest.mark.parametrize("typo", [date(1, 6, 1), date(2202, 1, 1), date(9999, 12, 31)])
@pytest.mark.parametrize("kind", ["all", "quarter"])
def test_a_mistyped_year_does_not_stretch_the_chart(sold, typo, kind):
    with unit_of_work(SYSTEM) as work:
        work.session.get(Deal, 1).closed_on = typo

    board = ask(kind)

    assert 12 <= len(board.months) <= 120
    with reading(SYSTEM) as session:
        assert len(run_report(session, "won-by-month").rows) < 40


def test_the_dashboard_costs_the_same_statements_whatever_the_length(sold, statements):
    statements.clear()
    ask("all")
    before = len(statements)
    with unit_of_work(SYSTEM) as work:
        like = work.session.get(Deal, 1)
        for number in range(30):
            copy = {
                "pipeline_id": like.pipeline_id,
                "stage_id": like.stage_id,
                "status": "won",
                "currency": "EUR",
            }
            work.session.add(
                Deal(title="More", closed_on=date(2025, number % 12 + 1, 1), source=f"S{number}", **copy)
            )

    statements.clear()
    ask("all")

    assert len(statements) == before
    assert before <= 26


class TestRecords:
    def found(self, board, wanted):
        chosen = SalesFilter(start=board.period.start, end=board.period.end)
        with reading(SYSTEM) as session:
            return deal_records(session, chosen, wanted)

    def test_a_number_opens_as_many_deals_as_it_counts(self, sold):
        board = ask("year")

        assert self.found(board, Narrowed(("won",))).total == board.now.won
        assert self.found(board, Narrowed(("won", "lost"))).total == board.now.won + board.now.lost
        assert self.found(board, Narrowed(("open",))).total == board.stages["deals"].sum()

    def test_a_bar_opens_its_deals(self, sold):
        board = ask("year")
        team, seller = sold["team"], sold["sellers"][0]

        assert self.found(board, Narrowed(("won",), teams=(team,))).total == board.teams["deals"].iloc[0]
        assert self.found(board, Narrowed(("won",), owners=(seller,))).total == 3
        assert self.found(board, Narrowed(("won",), days=((date(2026, 3, 1), TODAY),))).total == 2
        assert self.found(board, Narrowed(("won",), sources=(None,))).total == 1
        assert self.found(board, Narrowed(("won",), products=(None,))).total == board.now.won
        assert self.found(board, Narrowed(("lost",), reasons=(None,))).total == board.now.lost

    def test_two_bars_that_share_no_deal_open_none(self, sold):
        assert self.found(ask("year"), Narrowed(("won",), owners=())).total == 0

    def test_the_newest_come_first_and_the_rest_is_counted(self, sold):
        with reading(SYSTEM) as session:
            found = deal_records(session, SalesFilter(), Narrowed(("won",)), limit=2)

        assert found.rows["closed_on"].tolist() == [date(2026, 3, 9), date(2026, 3, 5)]
        assert found.total == 8


def test_the_filters_offer_what_there_is(sold):
    with reading(SYSTEM) as session:
        choices = sales_choices(session)

    assert list(choices.owners.values()) == ["Ann", "Ben", "Bo"]
    assert choices.sources == ("Fair",)
    assert replace(choices, sources=()).teams == {sold["team"]: "North"}
