"""What the board, the calendar and a deal's screen count and show, on both databases."""

from datetime import date, timedelta

import pytest
from sqlalchemy import text

from crm.errors import NotAllowed, NotFound
from crm.firm.rates import DatedRate, save_rates
from crm.pipeline.board import PipelineFilters
from crm.pipeline.closing import closing_calendar
from crm.pipeline.deal_page import read_deal
from crm.pipeline.service import move_deal
from crm.records import records
from crm.work import SYSTEM, Actor, reading, unit_of_work
from db.models import Deal, Stage, Team, User
from db.scope import ALL, CREATE, OWN, READ, TEAM, UPDATE
from tests.service.pipeline.pipeline_hands import NOON, TODAY, columns, deal, order


def test_the_sums_of_the_board_equal_plain_sql(stages, engine, at_noon):
    with unit_of_work(SYSTEM) as work:
        save_rates(work, [DatedRate("USD", date(2026, 1, 1), 0.8), DatedRate("USD", date(2026, 4, 1), 0.5)])
        product = records.create_record(
            work, "product", {"name": "Lumo", "list_price_minor": 70_000, "currency": "EUR"}
        )
    deal(stages, amount_minor=100_001)
    deal(stages, amount_minor=None, product_id=product["id"])
    deal(stages, amount_minor=None)
    deal(stages, amount_minor=50_000, currency="USD", stage="Negotiation")
    deal(stages, amount_minor=30_000, stage="Negotiation")
    deal(stages, amount_minor=90_000, stage="Lost")
    deal(stages, amount_minor=20_000, stage="Won")

    found = columns(stages)

    sql = text(
        "select s.name, count(*), "
        "sum(coalesce(d.amount_minor, case when p.currency = d.currency then p.list_price_minor end, 0) "
        "    * case d.currency when 'USD' then 0.8 else 1.0 end) as total, "
        "max(case s.kind when 'lost' then 0 else s.probability end) "
        "from deals d join stages s on s.id = d.stage_id left join products p on p.id = d.product_id group by s.name"
    )
    with engine.connect().execution_options(system=True) as connection:
        plain = {name: (n, float(total), float(chance)) for name, n, total, chance in connection.execute(sql)}
    assert {name: (c.count, c.total_minor) for name, c in found.items() if c.count} == {
        name: (n, round(total)) for name, (n, total, _) in plain.items()
    }
    for name, (_, total, chance) in plain.items():
        assert found[name].weighted_minor == round(round(total) * chance)
    assert found["Lost"].weighted_minor == 0
    assert found["Negotiation"].weighted_minor == round((40_000 + 30_000) * 0.75)


def test_a_board_takes_six_statements_whatever_its_length(stages, statements):
    deal(stages)
    columns(stages)
    statements.clear()
    columns(stages)
    few = len(statements)
    for n in range(30):
        deal(stages, title=f"Deal {n}", stage=("Offer sent", "Won", "Lost")[n % 3])

    statements.clear()
    columns(stages)

    # One of them finds the pipeline for this test.
    assert len(statements) == few == 7


def test_a_column_shows_fifty_cards_and_counts_all(stages):
    for n in range(53):
        deal(stages, title=f"Deal {n}")

    column = columns(stages)["Qualification"]

    assert (len(column.cards), column.count, column.total_minor) == (50, 53, 53 * 100_00)
    rest = columns(stages, more=((stages["Qualification"], 450),), search="Deal")["Qualification"]
    assert len(rest.cards) == rest.count == 53


def test_closed_deals_leave_the_board_after_thirty_days(stages, at_noon):
    deal(stages, stage="Won", closed_on=TODAY - timedelta(days=30), opened_on=date(2026, 1, 1))
    deal(stages, stage="Won", closed_on=TODAY - timedelta(days=31), opened_on=date(2026, 1, 1))

    assert columns(stages)["Won"].count == 1


def test_closed_columns_show_the_latest_first(stages, at_noon):
    for title, day in {"older": 5, "newest": 9, "oldest": 2}.items():
        deal(stages, title=title, stage="Won", closed_on=date(2026, 3, day), opened_on=date(2026, 1, 1))

    assert order(stages, "Won") == ["newest", "older", "oldest"]


def test_a_card_is_stale_late_or_without_a_step_in_this_order(stages, at_noon):
    for title, values in {
        "old": {},
        "late": {"expected_close_on": TODAY - timedelta(days=1)},
        "bare": {"expected_close_on": TODAY},
        "fine": {"next_step_on": TODAY},
    }.items():
        deal(stages, title=title, **values)
    with unit_of_work(SYSTEM) as work:
        old = work.session.query(Deal).filter_by(title="old").one()
        old.stage_since = NOON - timedelta(days=15)

    flags = {card.title: card.flag for card in columns(stages)["Qualification"].cards}

    assert flags == {"old": "stale", "late": "late", "bare": "no_step", "fine": ""}


@pytest.mark.parametrize(
    ("only", "titles"),
    [
        (("stale",), {"stale"}),
        (("closing",), {"overdue", "this month"}),
        (("no_step",), {"stale", "overdue", "this month"}),
        (("closing", "no_step"), {"overdue", "this month"}),
    ],
)
def test_the_pills_narrow_cards_and_sums_alike(stages, at_noon, only, titles):
    deal(stages, title="overdue", expected_close_on=date(2026, 2, 3))
    deal(stages, title="this month", expected_close_on=date(2026, 3, 31))
    deal(stages, title="next month", expected_close_on=date(2026, 4, 1), next_step_on=TODAY)
    deal(stages, title="won", stage="Won", expected_close_on=date(2026, 3, 1))
    stale = deal(stages, title="stale")
    with unit_of_work(SYSTEM) as work:
        work.session.get_one(Deal, stale["id"]).stage_since = NOON - timedelta(days=15)

    found = columns(stages, only=only)

    assert {card.title for c in found.values() for card in c.cards} == titles
    assert sum(c.count for c in found.values()) == len(titles)


def test_a_search_finds_the_customer_too(stages):
    with unit_of_work(SYSTEM) as work:
        hotel = records.create_record(work, "organisation", {"name": "Hotel Bergblick"})
    deal(stages, title="Six machines", organisation_id=hotel["id"])
    deal(stages, title="Bergblick bar")
    deal(stages, title="Something else")

    found = columns(stages, search="bergblick")["Qualification"]

    assert {card.title for card in found.cards} == {"Six machines", "Bergblick bar"}


def test_the_calendar_holds_open_deals_of_the_month_in_the_firms_currency(stages, at_noon):
    with unit_of_work(SYSTEM) as work:
        save_rates(work, [DatedRate("USD", date(2026, 1, 1), 0.8)])
    deal(stages, title="in", expected_close_on=date(2026, 3, 31), currency="USD")
    deal(stages, title="out", expected_close_on=date(2026, 4, 1))
    deal(stages, title="won", stage="Won", expected_close_on=date(2026, 3, 31))

    with reading(SYSTEM) as session:
        pipeline = session.get_one(Stage, stages["Won"]).pipeline_id
        found = closing_calendar(
            session,
            PipelineFilters(pipeline, TODAY),
            first=date(2026, 3, 1),
            last=date(2026, 3, 31),
            now=NOON,
        ).deals

    assert [(d.title, d.value_minor, d.own_minor) for d in found] == [("in", 100_00, 80_00)]


@pytest.fixture
def staff(stages):
    """Two of a team, one of another; what they may do with deals as staff."""
    with unit_of_work(SYSTEM) as work:
        teams = [Team(name=n, name_key=n.lower()) for n in ("North", "South")]
        work.session.add_all(teams)
        work.session.flush()
        users = [
            User(name=n, name_key=n.lower(), email=f"{n}@example.com".lower(), team_id=teams[t].id)
            for n, t in (("Ann", 0), ("Bob", 1))
        ]
        work.session.add_all(users)
        work.session.flush()
        grants = frozenset(
            {("deal", READ, TEAM), ("deal", UPDATE, OWN), ("deal", CREATE, TEAM), ("setting", READ, ALL)}
        )
        return [Actor(u.id, u.name, "staff", (u.team_id,), grants) for u in users]


def test_another_teams_deal_is_neither_seen_nor_moved(stages, staff):
    ann, bob = staff
    made = deal(stages, owner_id=bob.user_id, team_id=bob.teams[0])

    assert columns(stages, actor=ann)["Qualification"].count == 0
    with pytest.raises(NotFound), unit_of_work(ann) as work:
        move_deal(work, deal_id=made["id"], to_stage_id=stages["Won"], seen_version=made["version"])


def test_a_colleagues_deal_is_seen_but_fixed_to_its_place(stages, staff):
    ann, _bob = staff
    made = deal(stages, title="Colleague's", team_id=ann.teams[0])
    deal(stages, title="Mine", owner_id=ann.user_id, team_id=ann.teams[0])

    cards = columns(stages, actor=ann)["Qualification"].cards

    assert {card.title: card.movable for card in cards} == {"Colleague's": False, "Mine": True}
    with pytest.raises(NotAllowed), unit_of_work(ann) as work:
        move_deal(work, deal_id=made["id"], to_stage_id=stages["Won"], seen_version=made["version"])


def test_a_deals_screen_takes_as_many_statements_for_many_lines_as_for_one(stages, statements):
    made = deal(stages)

    def count():
        statements.clear()
        with reading(SYSTEM) as session:
            read_deal(session, made["id"], now=NOON, today=TODAY)
        return len(statements)

    with unit_of_work(SYSTEM) as work:
        records.create_record(work, "deal_line", {"deal_id": made["id"], "unit_price_minor": 100})
    one = count()
    with unit_of_work(SYSTEM) as work:
        for _ in range(20):
            records.create_record(work, "deal_line", {"deal_id": made["id"], "unit_price_minor": 100})

    assert count() == one <= 8
