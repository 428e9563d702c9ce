"""The screen of wear, the card on the unit's page and the proposals in My day: shown, empty, refused, not signed in."""

from datetime import UTC, datetime, timedelta

import pytest

from crm.ui.kit.formats import day
from crm.work import SYSTEM, reading, unit_of_work
from tests.factories import make
from tests.pages.grids import listed
from tests.rows import keep_rows, restored

NOW = datetime.now(UTC)
#: All rows of the house with the fleet, and the machines' ids: to compute takes a second, to put them back a tenth.
_computed = []


@pytest.fixture
def fleet(actor_of):
    """Twelve machines of Stan's whose pumps failed half a year ago or so, ten of them changed since; figures computed."""
    from crm.service.wear.job import compute
    from db.models import Failure, PartChange

    if _computed:
        restored(_computed[0])
        return _computed[1]
    product = make(actor_of("ada"), "product", name="Duo 3")["id"]
    installed = (NOW - timedelta(days=410)).date()
    ids = [
        make(actor_of("stan"), "equipment", serial=f"D-{n}", product_id=product, installed_on=installed)["id"]
        for n in range(12)
    ]
    with unit_of_work(SYSTEM) as work:
        work.session.add_all(
            Failure(equipment_id=id_, failed_at=NOW - timedelta(days=240 - 7 * n), part="pump")
            for n, id_ in enumerate(ids)
        )
        work.session.add_all(
            PartChange(equipment_id=id_, at=NOW - timedelta(days=30), part="pump") for id_ in ids[:10]
        )
    compute(NOW)
    _computed[:] = keep_rows(), ids
    return ids


def texts(app):
    return " ".join(
        str(getattr(element, "value", "")) for kind in ("title", "markdown", "caption", "info") for element in app.get(kind)
    )  # fmt: skip


def test_the_finding_stands_first_with_what_it_rests_on(open_page, fleet):
    app = open_page("wear", as_="stan", wear_part="pump")

    assert not app.exception
    said = texts(app)
    assert "Half of the units need a new pump within 7 months" in said
    assert "The danger grows with age" in said
    assert "12 units, 12 failures, 10 part changes, up to today" in said
    assert "What this rests on" in said


def test_what_to_replace_stands_as_a_sentence_with_its_units_and_the_statistics_are_folded(open_page, fleet):
    app = open_page("wear", as_="stan")

    said = texts(app)
    before = day((NOW + timedelta(days=90)).date())
    assert f"Replace the pump of these 2 units before {before}" in said
    assert [link.proto.label for link in app.get("page_link") if "D-1" in link.proto.label] == [
        "Duo 3 D-10",
        "Duo 3 D-11",
    ]
    assert "such units fail until then" in said
    (how,) = [fold for fold in app.expander if fold.label == "How"]
    assert "Log-likelihood" in str(how.table[0].value)
    assert not how.proto.expanded
    whole = open_page("wear", as_="sue")
    assert "Replace the" not in texts(whole)


def test_whole_units_are_studied_where_no_part_is_chosen(open_page, fleet):
    app = open_page("wear", as_="stan")

    assert not app.exception
    assert "What fails next?" in texts(app)


def test_the_table_names_units_by_their_chance(open_page, fleet):
    app = open_page("wear", as_="stan", wear_part="pump")

    table = listed(app)[0]
    assert table["name"].tolist()[:2] == ["Duo 3 D-10", "Duo 3 D-11"]
    assert [int(said.rstrip("%")) for said in table["risk_90"]] == sorted(
        (int(said.rstrip("%")) for said in table["risk_90"]), reverse=True
    )


def test_too_few_failures_are_said_with_n(open_page, actor_of):
    from db.models import Failure

    one = make(actor_of("stan"), "equipment", serial="A", installed_on=(NOW - timedelta(days=90)).date())[
        "id"
    ]
    with unit_of_work(SYSTEM) as work:
        work.session.add(Failure(equipment_id=one, failed_at=NOW - timedelta(days=30), part="pump"))

    app = open_page("wear", as_="stan", wear_part="pump")

    assert not app.exception
    assert "1 failure among 2 is too few" in texts(app)


def test_no_failures_yet_says_what_belongs_here(open_page):
    app = open_page("wear", as_="stan")

    assert not app.exception
    assert "No failures yet" in texts(app)


def test_a_colleague_of_another_team_sees_none_of_it(open_page, fleet):
    assert "No failures yet" in texts(open_page("wear", as_="sue"))


def test_who_only_reads_cannot_compute(open_page, fleet):
    app = open_page("wear", as_="vic")

    assert not app.exception
    assert "wear_compute" not in {button.key for button in app.button}


def test_nobody_signed_in_sees_nothing(open_page, fleet):
    assert "Half of the units" not in texts(open_page("wear", as_=None))


def test_compute_anew_queues_the_job_and_shows_its_progress(open_page, fleet):
    from crm.jobs.queue import recent_jobs

    app = open_page("wear", as_="stan")
    app.button(key="wear_compute").click().run()

    assert not app.exception
    assert [job.kind for job in recent_jobs(SYSTEM)] == ["wear"]
    assert "wear_cancel" in {button.key for button in app.button}


def test_an_administrator_sets_from_which_chance_units_are_proposed(open_page, fleet):
    from crm.service.wear.settings import threshold

    app = open_page("wear", as_="ada")
    app.number_input(key="wear_threshold").set_value(80).run()
    app.button(key="wear_settings_keep").click().run()

    assert not app.exception
    with reading(SYSTEM) as session:
        assert threshold(session) == 0.8


def test_the_unit_page_says_what_fails_next(open_page, fleet):
    app = open_page("equipment", as_="stan", id=fleet[10])

    assert not app.exception
    said = texts(app)
    assert "What fails next?" in said
    assert "12 failures among 34 lives" in said


def test_my_day_proposes_the_visit_and_takes_it_away_when_planned(open_page, fleet):
    from sqlalchemy import select

    from db.models import WorkOrder

    app = open_page("my_day", as_="stan")
    assert "Before it breaks" in texts(app)
    app.button(key=f"my_day_visit_{fleet[10]}_risk").click().run()

    assert not app.exception
    with reading(SYSTEM) as session:
        assert [o.equipment_id for o in session.scalars(select(WorkOrder))] == [fleet[10]]
    assert f"my_day_visit_{fleet[10]}_risk" not in {button.key for button in app.button}


def test_not_now_takes_a_proposal_away(open_page, fleet):
    app = open_page("my_day", as_="stan")
    app.button(key=f"my_day_not_now_{fleet[11]}_risk").click().run()

    assert not app.exception
    assert f"my_day_visit_{fleet[11]}_risk" not in {button.key for button in app.button}
    assert f"my_day_visit_{fleet[10]}_risk" in {button.key for button in app.button}


def test_my_day_of_others_proposes_nothing(open_page, fleet):
    assert "Before it breaks" not in texts(open_page("my_day", as_="sue"))
