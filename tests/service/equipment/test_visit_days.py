"""Days and hours of visits: what speaks against them, who is where, and what the case learns of the end."""

from datetime import date, time, timedelta

import pytest
from sqlalchemy import select

from crm.clock import today
from crm.service.defaults import ensure_service_defaults
from crm.service.visits.conflicts import overlapping, span_of, speaks_against
from crm.service.visits.page import visit_page
from crm.service.visits.queries import day_visits, week_visits
from crm.work import SYSTEM, reading, unit_of_work
from db.models import CaseMessage, WorkCalendar
from tests.factories import make
from tests.service.equipment.visit_scene import GASKET, covered_unit, finish, planned, rows

TUESDAY = date(2027, 3, 2)


def against(people, who="stan", **asked):
    usual = {"planned_on": TUESDAY, "planned_at": time(10), "minutes": 60, "owner_id": people["stan"].user_id}
    with reading(people[who]) as session:
        return speaks_against(session, **usual | asked)


@pytest.mark.parametrize(
    ("at", "minutes", "clashes"),
    [
        (time(9), 60, False),
        (time(9), 61, True),
        (time(10, 30), None, True),
        (time(11, 30), 30, False),
        (None, None, False),
    ],
)
def test_a_technician_is_at_one_place_at_a_time(people, at, minutes, clashes):
    other = planned(
        people, title="Burrs", owner_id=people["stan"].user_id, planned_on=TUESDAY, planned_at=time(10), minutes=90
    )  # fmt: skip

    told = against(people, planned_at=at, minutes=minutes)

    assert told == ([f"Stan is at {other['number']} Burrs from 10:00 to 11:30 then."] if clashes else [])
    assert against(people, planned_at=at, minutes=minutes, order_id=other["id"]) == []
    assert against(people, planned_at=at, minutes=minutes, owner_id=people["mona"].user_id) == []


def test_a_visit_of_another_team_is_told_without_its_name(people):
    planned(people, title="Secret", owner_id=people["stan"].user_id, planned_on=TUESDAY, planned_at=time(10))

    assert against(people, "sue") == ["Stan is at another visit from 10:00 to 11:00 then."]


def test_a_visit_over_midnight_reaches_into_the_next_day(people):
    planned(
        people, title="Night", owner_id=people["stan"].user_id, planned_on=TUESDAY - timedelta(days=1),
        planned_at=time(23), minutes=120,
    )  # fmt: skip

    assert len(against(people, planned_at=time(0, 30))) == 1
    assert against(people, planned_at=time(1)) == []


@pytest.mark.parametrize(
    ("on", "at", "word"),
    [
        (date(2027, 3, 6), None, "Nobody works on 6 Mar 2027"),
        (date(2027, 1, 1), time(10), "1 Jan 2027 is a holiday"),
        (date(2027, 3, 4), None, "Nobody works on 4 Mar 2027"),
        (TUESDAY, time(16, 30), "outside the working hours of that day: 08:00–17:00"),
        (TUESDAY, time(16), ""),
        (TUESDAY, None, ""),
        (None, None, ""),
    ],
)
def test_days_off_and_hours_of_the_calendar_are_told(people, on, at, word):
    with unit_of_work(SYSTEM) as work:
        ensure_service_defaults(work)
        calendar = work.session.scalars(select(WorkCalendar)).one()
        calendar.closed, calendar.country = ["2027-03-04"], "DE"

    told = against(people, planned_on=on, planned_at=at)

    assert len(told) == bool(word)
    assert word in " ".join(told)


def test_only_visits_that_meet_overlap():
    spans = [(*span_of(time(8), 60), 1), (*span_of(time(9), None), 2), (*span_of(time(9, 30), 15), 3)]

    assert overlapping(spans) == {2, 3}


def test_a_day_shows_what_was_done_on_it_and_what_nobody_has_yet(people):
    now = today()
    mine = {"owner_id": people["stan"].user_id, "planned_on": now + timedelta(days=2)}
    done = planned(people, title="Early", **mine)
    finish(people, done, done_on=now - timedelta(days=1))
    free = planned(people, title="Free", planned_on=now + timedelta(days=5), team_id=people["stan"].teams[0])
    assert (free["owner_id"], free["team_id"]) == (None, people["stan"].teams[0])

    with reading(people["mona"]) as session:
        yesterday = day_visits(session, on=now - timedelta(days=1), day=now)
        later = day_visits(session, on=now + timedelta(days=2), day=now)
        first = now - timedelta(days=1)
        week = week_visits(session, first=first, day=now, everyone=True)

    assert [v.id for v in yesterday] == [done["id"], free["id"]]
    assert [v.id for v in later] == [free["id"]]
    assert [v.id for v in week] == [done["id"], free["id"]]


def test_the_case_learns_what_was_done_and_what_was_left(people):
    unit = covered_unit(people)
    case = make(people["stan"], "case", equipment_id=unit["id"], fault_code="E14")
    order = planned(people, case_id=case["id"], checklist=["Look", "Clean"], owner_id=None)
    assert order["fault_code"] == "E14"

    finish(people, order, done_on=date(2026, 3, 2), report="New seal.", parts=[GASKET])

    (note,) = rows(CaseMessage)
    assert (note.case_id, note.kind, note.user_id) == (case["id"], "note", people["stan"].user_id)
    assert note.body == (
        f"{order['number']} was done on 2 Mar 2026.\nNew seal.\nParts: Gasket.\nLeft open: Look, Clean."
    )
    with reading(people["stan"]) as session:
        page = visit_page(session, order["id"], day=today())
        assert (page.case.id, page.case.may_end) == (case["id"], True)
    with reading(people["vic"]) as session:
        assert not visit_page(session, order["id"], day=today()).case.may_end
