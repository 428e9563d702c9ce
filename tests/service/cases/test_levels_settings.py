"""Queues, calendars and promises: what administrators may store, and what is refused without a trace."""

from dataclasses import replace
from datetime import date

import pytest

from crm.errors import Conflict, NotAllowed, NotFound, Refused
from crm.service.defaults import ensure_service_defaults
from crm.service.levels.level_settings import (
    CalendarForm,
    PolicyForm,
    QueueForm,
    make_default,
    next_holidays,
    read_setup,
    save_calendar,
    save_policy,
    save_queue,
    stored_hours,
)
from crm.work import SYSTEM, reading, unit_of_work

WEEK = ("08:00–12:00, 13:00-17:00", "8:00-17:00", "", "", "", "", "00:00–24:00")


@pytest.fixture
def ready(people):
    with unit_of_work(SYSTEM) as work:
        ensure_service_defaults(work)
    return people


def setup():
    with reading(SYSTEM) as session:
        return read_setup(session)


def save(actor, what, form):
    with unit_of_work(actor) as work:
        return what(work, form)


def refused(actor, what, form, dump):
    """The complaints about a form, by field; nothing may have been stored."""
    before = dump()
    with pytest.raises(Refused) as error:
        save(actor, what, form)
    assert dump() == before
    return [p.field for p in error.value.problems]


def test_a_calendar_comes_back_as_it_was_stored(ready):
    form = CalendarForm(None, "  Shop ", "America/New_York", WEEK, "US", "NY", ("2026-12-24", "2026-12-24"))

    made = save(ready["ada"], save_calendar, form)

    stored = next(c for c in setup().calendars if c.id == made)
    assert stored.name == "Shop"
    assert stored.hours == (
        "08:00–12:00, 13:00–17:00", "08:00–17:00", "", "", "", "", "00:00–24:00",
    )  # fmt: skip
    assert (stored.country, stored.subdivision, stored.closed) == ("US", "NY", ("2026-12-24",))


def test_every_mistake_in_a_calendar_is_said_at_once(ready, dump):
    form = CalendarForm(
        None, "office HOURS", "Berlin", ("22:00–06:00", "always", *[""] * 5), "XX", None, ("24.12.",)
    )

    fields = refused(ready["ada"], save_calendar, form, dump)

    assert fields == ["name", "hours", "hours", "time_zone", "country", "closed"]


def test_a_calendar_without_hours_is_refused(ready, dump):
    form = CalendarForm(None, "Never", "UTC", ("",) * 7)

    assert refused(ready["ada"], save_calendar, form, dump) == ["hours"]


def test_a_part_of_another_country_is_refused(ready, dump):
    form = CalendarForm(None, "Mixed", "UTC", WEEK, "DE", "NY")

    assert refused(ready["ada"], save_calendar, form, dump) == ["subdivision"]


def test_one_calendar_is_the_usual_one(ready):
    made = save(ready["ada"], save_calendar, CalendarForm(None, "Night shift", "UTC", WEEK))

    save(ready["ada"], make_default, made)

    assert setup().calendars[0].id == made


def test_a_promise_comes_back_as_it_was_stored(ready):
    calendar = setup().calendars[0].id
    form = PolicyForm(None, "Gold", calendar, "critical", None, 15, 120, 0.5, ready["mona"].user_id, True)

    made = save(ready["ada"], save_policy, form)

    assert replace(form, id=made, version=1) in setup().policies


def test_every_mistake_in_a_promise_is_said_at_once(ready, dump):
    form = PolicyForm(None, "", 999, "urgent", 999, 500, 100, 2.0, 999)

    fields = refused(ready["ada"], save_policy, form, dump)

    assert fields == [
        "name", "calendar_id", "priority", "organisation_id", "response_minutes", "warn_share", "escalate_to_id",
    ]  # fmt: skip


@pytest.mark.parametrize(("answer", "solution"), [(None, None), (0, 10), (1, 600_000)])
def test_a_promise_of_no_or_endless_time_is_refused(ready, dump, answer, solution):
    form = PolicyForm(
        None, "Odd", setup().calendars[0].id, response_minutes=answer, resolution_minutes=solution
    )

    assert len(refused(ready["ada"], save_policy, form, dump)) == 1


def test_a_name_with_any_signs_is_kept_and_one_without_signs_refused(ready, dump):
    name = "Ω <b>'; DROP TABLE queues;-- ![x](http://x) 🚑"

    save(ready["ada"], save_queue, QueueForm(None, name))

    assert setup().queues[-1].name == name
    assert refused(ready["ada"], save_queue, QueueForm(None, " "), dump) == ["name"]
    assert refused(ready["ada"], save_queue, QueueForm(None, "x" * 201), dump) == ["name"]
    assert refused(ready["ada"], save_queue, QueueForm(None, "support", team_id=99), dump) == [
        "name",
        "team_id",
    ]


def test_a_stale_form_does_not_overwrite_a_newer_one(ready, dump):
    seen = setup().queues[0]
    save(ready["ada"], save_queue, replace(seen, name="Help desk"))
    before = dump()

    with pytest.raises(Conflict):
        save(ready["ada"], save_queue, replace(seen, name="Hotline"))
    with pytest.raises(NotFound):
        save(ready["ada"], save_queue, QueueForm(999, "Gone", version=1))

    assert dump() == before


@pytest.mark.parametrize("who", ["mona", "stan", "vic"])
def test_only_administrators_change_them(ready, dump, who):
    calendar = setup().calendars[0]
    before = dump()

    for what, form in (
        (save_queue, QueueForm(None, "Mine")),
        (save_calendar, replace(calendar, name="Mine")),
        (save_policy, PolicyForm(None, "Mine", calendar.id, response_minutes=1)),
        (make_default, calendar.id),
    ):
        with pytest.raises(NotAllowed):
            save(ready[who], what, form)

    assert dump() == before


def test_the_next_holidays_go_on_into_the_next_year():
    days = next_holidays("DE", None, date(2026, 12, 1), count=3)

    assert [day for day, _name in days] == [date(2026, 12, 25), date(2026, 12, 26), date(2027, 1, 1)]
    assert next_holidays(None, None, date(2026, 12, 1)) == []


def test_hours_are_read_however_they_are_spaced():
    assert stored_hours((" 8:00 - 12:00 ,13:00–17:00,", *[""] * 6)) == {
        "0": [["08:00", "12:00"], ["13:00", "17:00"]]
    }
