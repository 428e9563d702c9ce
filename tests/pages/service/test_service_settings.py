"""Settings of service on the screen: promises, working hours and queues."""

import pytest

from crm.service.defaults import ensure_service_defaults
from crm.service.levels.level_settings import read_setup
from crm.work import SYSTEM, reading, unit_of_work


@pytest.fixture
def page(open_page, house):
    """The section, on a database with the defaults; ``page("Queues")``."""
    with unit_of_work(SYSTEM) as work:
        ensure_service_defaults(work)
    return lambda part, **more: open_page("settings", settings_part="Service", settings_service=part, **more)


def setup():
    with reading(SYSTEM) as session:
        return read_setup(session)


def test_a_promise_is_changed(page):
    screen = page("Promises")
    key = f"settings_policy_{setup().policies[0].id}_1"

    screen.number_input(key=f"{key}_response").set_value(0.75)
    screen.selectbox(key=f"{key}_person").select("Mona")
    screen.button(key=f"FormSubmitter:{key}-Save promise").click().run()

    assert not screen.exception
    assert not screen.error
    stored = setup().policies[0]
    assert stored.response_minutes == 45
    assert stored.escalate_to_id is not None


def test_a_promise_without_times_is_refused_in_a_sentence(page):
    screen = page("Promises")
    key = f"settings_policy_{setup().policies[0].id}_1"

    screen.number_input(key=f"{key}_response").set_value(9.0)
    screen.button(key=f"FormSubmitter:{key}-Save promise").click().run()

    assert "first answer comes before the solution" in screen.error[0].value
    assert setup().policies[0].response_minutes == 30


def test_hours_and_holidays_are_stored_and_the_next_ones_shown(page):
    screen = page("Working hours")
    key = f"settings_calendar_{setup().calendars[0].id}_1"

    screen.text_input(key=f"{key}_day5").input("09:00-12:00")
    screen.selectbox(key=f"{key}_country").select("Slovenia (SI)").run()
    shown = " ".join(m.value for m in screen.markdown)
    screen.button(key=f"{key}_save").click().run()

    assert not screen.exception
    assert not screen.error
    assert "New Year" in shown
    assert setup().calendars[0].hours[5] == "09:00–12:00"
    assert setup().calendars[0].country == "SI"


def test_hours_over_midnight_are_refused_with_the_weekday(page):
    screen = page("Working hours")
    key = f"settings_calendar_{setup().calendars[0].id}_1"

    screen.text_input(key=f"{key}_day0").input("22:00-06:00")
    screen.button(key=f"{key}_save").click().run()

    assert "Monday: 22:00–06:00 ends before it starts" in screen.error[0].value
    assert setup().calendars[0].hours[0] == "08:00–17:00"


def test_a_queue_is_added_for_a_team(page):
    screen = page("Queues")

    screen.text_input(key="settings_queue_new_0_name").input("Hotline")
    screen.selectbox(key="settings_queue_new_0_team").select("North")
    screen.button(key="FormSubmitter:settings_queue_new_0-Save queue").click().run()

    assert not screen.exception
    assert [q.name for q in setup().queues] == ["Support", "Field service", "Hotline"]
    assert setup().queues[2].team_id is not None


@pytest.mark.parametrize("who", ["mona", "stan", "vic"])
def test_nobody_else_sees_the_section(page, who):
    screen = page("Promises", as_=who)

    assert len(screen.error) == 1
    assert not screen.number_input


def test_customers_are_told_of_visits_only_once_somebody_wants_that(page):
    from crm.service.visits.mail import VisitMail, visit_mail

    screen = page("Visits")
    assert not screen.toggle(key="settings_visits_customers").value

    screen.toggle(key="settings_visits_customers").set_value(True)
    screen.button(key="FormSubmitter:settings_visits-Save").click().run()

    assert not screen.exception
    with reading(SYSTEM) as session:
        assert visit_mail(session) == VisitMail(technicians=True, customers=True)
