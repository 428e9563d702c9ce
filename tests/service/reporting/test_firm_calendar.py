"""A firm whose financial year begins in April and whose weeks begin on Sundays: every place that knows years, quarters, weeks."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from crm.campaigns.reports.marketing_dashboard import MarketingQuestion, marketing_board
from crm.campaigns.segments.segments import compile_rules
from crm.contacts.sums import sales_by_year
from crm.errors import Refused
from crm.firm.firm import firm, set_firm
from crm.periods import Calendar
from crm.pipeline.reports.report_dashboard import Question, sales_dashboard
from crm.reporting.book import firm_book, open_book
from crm.service.reports.service_dashboard import ServiceQuestion, service_dashboard
from db.models import Campaign, Case, Contact, OrderLine, Organisation, WorkOrder
from tests.service.pipeline.selling_company import column, run
from tests.service.reporting.number_hands import TODAY

APRIL = Calendar(year_start=4, week_start=6)


@pytest.fixture
def april(company):
    set_firm(company.work(), name="Bean & Co", currency="EUR", calendar=APRIL)
    return company


def test_what_was_set_stays_when_the_name_changes(april):
    made = set_firm(april.work(), name="Bean", currency="EUR")

    assert (made.calendar, firm(april.session).calendar) == (APRIL, APRIL)
    assert (firm_book(april.session).calendar, open_book(april.session).calendar) == (APRIL, APRIL)
    with pytest.raises(Refused):
        set_firm(april.work(), name="Bean", currency="EUR", calendar=Calendar(13, 0))


def test_deals_by_quarter_and_dashboards(april):
    for day in (date(2026, 3, 31), date(2026, 4, 1), date(2026, 11, 9)):
        april.won(100_00, day)
    asked = Question("year", TODAY, calendar=APRIL)

    board = sales_dashboard(april.session, asked)

    assert column(run(april, "won-by-quarter"), "quarter", "deals") == {
        "2025/26-Q4": 1,
        "2026/27-Q1": 1,
        "2026/27-Q2": 0,
        "2026/27-Q3": 1,
    }
    assert (board.period.start, board.now.won, board.before.start) == (date(2026, 4, 1), 2, date(2025, 4, 1))
    assert MarketingQuestion("year", TODAY, calendar=APRIL).period(TODAY)[0].start == date(2026, 4, 1)


def test_sales_lines_by_year(april):
    buyer = april.add(Organisation(name="Kava"))
    for day in (date(2025, 3, 31), date(2025, 4, 1), date(2026, 3, 31)):
        line = {"amount_minor": 1_00, "currency": "EUR", "organisation_id": buyer.id}
        april.add(OrderLine(sold_on=day, **line))

    lines = sales_by_year(april.session, "organisation", buyer.id, book=firm_book(april.session))

    report = run(april, "sales-by-year")
    assert column(report, "year", "lines") == {"2024/25": 1, "2025/26": 2}
    assert column(report, "year", "customers") == {"2024/25": 1, "2025/26": 1}
    assert dict(zip(lines.years["year"], lines.years["lines"], strict=True)) == {2024: 1, 2025: 2}


def test_weeks_of_service(april):
    for day in (7, 8, 14):
        opened = datetime(2026, 11, day, 12, tzinfo=UTC)
        april.add(Case(number=f"C{day}", subject="Leaks", opened_at=opened, status="new"))
        april.add(WorkOrder(number=f"V{day}", title="Look", planned_on=date(2026, 11, day), status="planned"))

    board = service_dashboard(april.session, ServiceQuestion("quarter", date(2026, 11, 14), calendar=APRIL))

    weeks = dict(zip(board.weeks["first"], board.weeks["opened"], strict=True))
    assert (weeks[date(2026, 11, 1)], weeks[date(2026, 11, 8)]) == (1, 2)
    assert all(day.weekday() == 6 for day in weeks)
    assert not board.is_cut
    assert column(run(april, "visits-due"), "week", "visits") == {"2026-11-01": 1, "2026-11-08": 2}


@pytest.mark.parametrize(
    ("wanted", "unit", "names"),
    [
        ("this", "year", {"1 Apr", "20 Jun"}),
        ("previous", "year", {"31 Mar"}),
        ("this", "quarter", {"1 Apr", "20 Jun"}),
        ("previous", "quarter", {"31 Mar"}),
        ("this", "week", {"20 Jun"}),
    ],
)
def test_relative_days_of_segments(april, wanted, unit, names):
    for name, day in (
        ("31 Mar", date(2026, 3, 31)),
        ("1 Apr", date(2026, 4, 1)),
        ("20 Jun", date(2026, 6, 20)),
    ):
        april.add(Contact(name=name, birth_date=day))
    rules = {"all": [{"of": "contact", "field": "birth_date", "is": wanted, "value": unit}]}

    found = select(Contact.name).where(compile_rules(april.session, rules, on=date(2026, 6, 14)))

    assert set(april.session.scalars(found)) == names


def test_the_three_dashboards_fall_back_alike_on_the_newest_period_with_data(company):
    """What is dated after today, as a mistyped year is, does not count as newest."""
    old, mistyped = date(2026, 5, 20), date(2062, 5, 20)
    for day in (old, mistyped):
        at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        company.won(100_00, day)
        company.add(Case(number=f"C{day}", subject="Leaks", opened_at=at, status="new"))
        company.add(
            Campaign(
                name=f"Spring {day}", number=f"M{day}", status="running", channel="letter", starts_on=day
            )
        )

    boards = [
        sales_dashboard(company.session, Question("quarter", TODAY)),
        service_dashboard(company.session, ServiceQuestion("quarter", TODAY)),
        marketing_board(company.session, MarketingQuestion("quarter", TODAY)),
    ]

    assert [board.moved for board in boards] == [True] * 3
    assert {(board.newest, board.period.start, board.period.end) for board in boards} == {
        (old, date(2026, 4, 1), date(2026, 6, 30))
    }
