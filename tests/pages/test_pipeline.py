"""The pipeline's screen: board, table, calendar, filters in the address."""

from datetime import timedelta

import pytest

from crm.clock import today
from crm.firm.firm import set_firm
from crm.pipeline.stages import StageForm, save_pipeline
from crm.records import records
from crm.work import SYSTEM, unit_of_work
from db.models import Pipeline
from tests.pages.grids import listed


@pytest.fixture
def deal(actor_of):
    """Make a deal of somebody's."""

    def make(title="Six machines", of="stan", **values):
        with unit_of_work(actor_of(of)) as work:
            given = {"title": title, "amount_minor": 100_000, "currency": "EUR"} | values
            return records.create_record(work, "deal", given)

    return make


def sums(page):
    return next(c.value for c in page.caption if "Weighted" in c.value)


def test_the_board_says_what_is_open(open_page, deal):
    deal()
    deal(title="Two bars", amount_minor=50_000)

    page = open_page("pipeline", as_="stan")

    assert not page.exception
    assert page.title[0].value == "Pipeline"
    assert sums(page) == "2 open deals, €1.5k. Weighted by chance: €150."


def test_nobody_sees_the_pipeline_without_a_session(open_page, deal):
    deal()

    page = open_page("pipeline", as_=None)

    assert [title.value for title in page.title] == ["You are signed out"]
    assert not page.caption


def test_another_team_sees_its_own_sums_only(open_page, deal):
    deal(of="stan")
    deal(of="sue", amount_minor=50_000)

    page = open_page("pipeline", as_="sue")

    assert sums(page) == "1 open deal, €500. Weighted by chance: €50."


def test_a_viewer_is_offered_no_new_deal(open_page, deal):
    deal()

    page = open_page("pipeline", as_="vic")

    assert not page.exception
    assert "pipeline_new" not in {button.key for button in page.button}


def test_an_empty_pipeline_shows_its_columns_and_how_to_begin(open_page, house):
    page = open_page("pipeline", as_="stan")

    assert not page.exception
    assert sums(page).startswith("0 open deals")
    assert "pipeline_new" in {button.key for button in page.button}


@pytest.mark.parametrize(
    ("pill", "words"),
    [
        ("Mine", "1 open deal, €1k."),
        ("No+next+step", "2 open deals, €3k."),
        ("Closing+this+month", "1 open deal, €2k."),
        ("Stale", "0 open deals"),
    ],
)
def test_pills_stand_in_the_address(open_page, deal, actor_of, pill, words):
    deal(title="mine")
    deal(title="theirs", of="mona", amount_minor=200_000, expected_close_on=today())
    deal(title="planned", of="mona", next_step="Call", next_step_on=today() + timedelta(days=1))

    page = open_page("pipeline", as_="stan", pipeline_only=pill.replace("+", " "))

    assert not page.exception
    assert sums(page).startswith(words)


def test_a_search_in_the_address_narrows_the_board(open_page, deal):
    deal(title="Six machines")
    deal(title="Two bars")

    page = open_page("pipeline", as_="stan", pipeline_q="bars")

    assert sums(page).startswith("1 open deal,")


def test_owners_stand_in_the_address_by_name(open_page, deal):
    deal(of="stan")
    deal(of="mona", amount_minor=300_000)

    page = open_page("pipeline", as_="stan", pipeline_owners="Mona")

    assert sums(page).startswith("1 open deal, €3k.")


def test_the_table_opens_by_its_address_with_its_filters(open_page, deal):
    deal(title="Six machines")
    won = deal(title="Two bars")
    with unit_of_work(SYSTEM) as work:
        stage = next(s for s in work.session.query(records.registry.model("stage")) if s.kind == "won")
        records.update_record(work, "deal", won["id"], {"stage_id": stage.id}, seen_version=won["version"])

    page = open_page("pipeline", as_="stan", pipeline_view="Table", deals_status="Won")

    assert not page.exception
    assert list(listed(page)[0]["title"]) == ["Two bars"]


def test_the_calendar_shows_the_month_of_the_address(open_page, deal):
    deal(title="Six machines", expected_close_on=today().replace(year=2030, month=5, day=6))
    deal(title="Two bars", expected_close_on=today().replace(year=2030, month=6, day=1))

    page = open_page("pipeline", as_="stan", pipeline_view="Calendar", pipeline_month="2030-05")

    assert not page.exception
    text = " ".join(m.value for m in page.markdown)
    assert "Six machines" in text
    assert "Two bars" not in text
    page.button(key="pipeline_month_next").click().run()
    assert "Two bars" in " ".join(m.value for m in page.markdown)


def test_a_broken_month_shows_this_one(open_page, house):
    page = open_page("pipeline", as_="stan", pipeline_view="Calendar", pipeline_month="2030-99")

    assert not page.exception


def test_a_second_pipeline_brings_its_own_board(open_page, deal, house):
    deal()
    with unit_of_work(SYSTEM) as work:
        forms = [
            StageForm(None, n, k, 0.5, None) for n, k in (("Ask", "open"), ("Yes", "won"), ("No", "lost"))
        ]
        save_pipeline(work, pipeline_id=None, name="Rental", stages=forms)

    page = open_page("pipeline", as_="stan", pipeline_name="Rental")

    assert not page.exception
    assert sums(page).startswith("0 open deals")
    page.selectbox(key="pipeline_name").select_index(0).run()
    assert sums(page).startswith("1 open deal,")


def test_a_missing_rate_is_said_and_the_rest_counted(open_page, deal):
    with unit_of_work(SYSTEM) as work:
        set_firm(work, name="Kavarna", currency="EUR")
    foreign = deal(currency="USD")
    deal()

    page = open_page("pipeline", as_="stan")
    one = open_page("deal", as_="stan", id=foreign["id"])

    assert sums(page) == (
        "2 open deals, €1k. Weighted by chance: €100. Without USD: no rate is stored, see Settings."
    )
    assert not one.exception
    assert one.metric[0].value == "$1k"


def test_the_board_takes_the_same_statements_for_many_deals(open_page, deal, statements):
    def count():
        statements.clear()
        assert not open_page("pipeline", as_="stan").exception
        return len(statements)

    deal()
    count()  # fills what the process keeps
    few = count()
    for n in range(20):
        deal(title=f"Deal {n}")

    count()  # choices are read anew after one's own writes
    assert count() == few


def test_a_pipeline_without_stages_says_what_it_lacks(open_page):
    with unit_of_work(SYSTEM) as work:
        work.session.add(Pipeline(name="Rental", position=-1))

    page = open_page("pipeline", as_="ada")

    assert not page.exception
    assert any("No stages yet" in m.value for m in page.markdown)
