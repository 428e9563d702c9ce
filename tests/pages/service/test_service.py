"""The service dashboard."""

from datetime import timedelta

import pytest

from crm.clock import today
from crm.reporting.catalogue import run_report
from crm.service.reports.service_dashboard import ServiceQuestion
from crm.service.reports.service_dashboard_records import service_records
from crm.ui.kit import formats
from crm.work import SYSTEM, reading, unit_of_work
from db.models import Case, WorkOrder
from tests.pages.grids import listed
from tests.service.equipment.service_scene import fill_service


@pytest.fixture
def filled(house, actor_of):
    """Two hundred and forty cases of the last 200 days, in both teams."""
    fill_service({name: actor_of(name) for name in ("stan", "mona", "sue")})


def numbers(page):
    return {metric.label: metric.value for metric in page.metric}


def test_nobody_sees_it_without_a_session(open_page, house):
    page = open_page("service", as_=None)

    assert [title.value for title in page.title] == ["You are signed out"]
    assert not page.metric


def test_an_empty_company_is_told_what_fills_the_page(open_page):
    page = open_page("service")

    assert not page.exception
    assert not page.metric
    assert any("Nothing to count yet" in text.value for text in page.markdown)


@pytest.mark.parametrize("period", ["Month", "Quarter", "Year", "12 months", "All", "Days"])
def test_every_period_shows_eight_numbers(open_page, filled, period):
    page = open_page("service", service_period=period)

    assert not page.exception
    assert len(page.metric) == 8
    assert all(metric.help for metric in page.metric)


def test_the_numbers_are_those_of_the_reports(open_page, filled):
    page = open_page("service", service_period="All")

    with reading(SYSTEM) as session:
        rows = run_report(session, "sla-attainment").rows
        ages = run_report(session, "cases-by-age").summary
        rating = run_report(session, "satisfaction").summary["mean"]
    whole = rows[rows["priority"].isna()].set_index("promise")["share"]
    found = numbers(page)
    assert found["Open cases"] == str(ages["cases"])
    assert found["Late cases"] == str(ages["late"])
    assert found["Answered in time"] == formats.percent(whole["response"])
    assert found["Solved in time"] == formats.percent(whole["resolution"])
    assert found["Satisfaction"] == formats.number(rating, decimals=1)


def test_a_number_opens_its_cases_and_puts_them_away(open_page, filled):
    page = open_page("service", service_period="All", service_show="Late cases")

    assert not page.exception
    assert any("Late cases" in text.value for text in page.markdown)
    assert len(listed(page)[0]) > 0

    page.button(key="service_hide").click().run()

    assert not listed(page)


def test_visits_due_open_the_visits_and_a_past_day_is_said(open_page, filled):
    page = open_page("service", service_period="Days", service_show="Visits that are due")
    assert not page.exception
    assert len(listed(page)[0]) == int(numbers(page)["Visits due"])

    first, last = (today() - timedelta(days=n) for n in (40, 20))
    page = open_page(
        "service", service_period="Days", service_from=first.isoformat(), service_to=last.isoformat(),
        service_show="Open cases",
    )  # fmt: skip
    assert not page.exception
    assert any(f"Open cases, as of {formats.day(last)}" in text.value for text in page.markdown)


def test_a_made_up_number_opens_nothing(open_page, filled):
    page = open_page("service", service_show="everything")

    assert not page.exception
    assert not listed(page)


def test_each_number_opens_exactly_the_cases_it_counts(filled):
    asked = ServiceQuestion("all", today())
    with reading(SYSTEM) as session:
        ages = run_report(session, "cases-by-age")
        rows = run_report(session, "sla-attainment").rows
        whole = rows[rows["priority"].isna()].set_index("promise")
        load = run_report(session, "agent-load").rows
        statuses = run_report(session, "cases-by-status").rows

        def total(*parts):
            return service_records(session, asked, parts).total

        assert total(("open", None)) == ages.n
        assert total(("late", None)) == ages.summary["late"]
        for promise in ("response", "resolution"):
            assert total((promise, None)) == whole["n"][promise]
            assert total(("broken", promise)) == whole["late"][promise] + whole["open_late"][promise]
        assert total(("first_contact", None)) == run_report(session, "first-contact-resolution").n
        again = run_report(session, "reopen-rate")
        assert total(("once", None)) == again.n
        assert total(("reopened", None)) == again.rows["reopened"][0]
        assert total(("rated", None)) == run_report(session, "satisfaction").n
        for row in ages.rows.itertuples():
            high = None if row.high != row.high else int(row.high)
            assert total(("age", (row.low, high))) == row.cases
        for row in load.itertuples():
            assert total(("owner", row.owner_id)) == row.open
        for row in statuses.itertuples():
            assert total(("status", row.status)) == row.cases
        for row in rows[rows["priority"].notna()].itertuples():
            assert total(("priority", (row.promise, row.priority))) == row.n
        # Two marks of one chart add up, marks of two charts narrow each other.
        assert total(("status", "new"), ("status", "open")) == sum(statuses["cases"][:2])
        assert total(("status", "closed"), ("open", None)) == 0


def test_staff_count_only_what_they_may_see(open_page, filled):
    def read(who):
        return numbers(open_page("service", as_=who, service_period="All"))

    stan, sue, ada = read("stan"), read("sue"), read("ada")

    assert stan != sue
    assert int(stan["Open cases"]) < int(ada["Open cases"])
    assert int(sue["Open cases"]) < int(ada["Open cases"])


def test_filters_stand_in_the_address(open_page, filled):
    everything = numbers(open_page("service", service_period="All"))
    page = open_page("service", service_period="All", service_priority="Critical")

    with reading(SYSTEM) as session:
        wanted = (
            session.query(Case)
            .filter(
                Case.priority == "critical",
                Case.status.in_(("new", "open", "waiting")),
                Case.archived_at.is_(None),
            )
            .count()
        )
    assert not page.exception
    assert numbers(page)["Open cases"] == str(wanted)
    assert numbers(page) != everything


def test_a_filter_without_a_case_says_so(open_page, house):
    with unit_of_work(SYSTEM) as work:
        work.session.add(Case(number="C-1", subject="No steam", priority="low"))

    page = open_page("service", service_priority="Critical")

    assert not page.exception
    assert any("No case fits these filters" in text.value for text in page.caption)


def test_a_case_without_a_promise_is_said_to_have_none(open_page, house):
    with unit_of_work(SYSTEM) as work:
        work.session.add(Case(number="C-1", subject="![x](http://x) <b>", fault_code="</script>"))

    page = open_page("service", service_show="Open cases")

    assert not page.exception
    assert numbers(page)["Open cases"] == "1"
    assert numbers(page)["Answered in time"] == "–"
    assert any("Imported cases have no promise" in note.value for note in page.info)


@pytest.mark.parametrize(("period", "said"), [("All", 2), ("Year", 0)])
def test_older_weeks_that_are_not_drawn_are_said(open_page, house, period, said):
    with unit_of_work(SYSTEM) as work:
        for days in (1, 900):
            work.session.add(
                Case(number=f"C-{days}", subject="No steam", opened_at=work.now - timedelta(days=days))
            )
        for week in range(14):
            day = today() + timedelta(weeks=week)
            work.session.add(WorkOrder(number=f"W-{week}", title="Look", status="planned", planned_on=day))

    page = open_page("service", service_period=period)

    texts = [text.value for text in (*page.markdown, *page.caption)]
    assert sum("last twelve months" in text for text in texts) == said
    assert sum("the last 12 weeks with visits" in text for text in texts) == 1
