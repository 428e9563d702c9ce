"""The promise to a customer: which one applies, until when, what a wait does to it, and what happens when it breaks."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from crm.service.defaults import ensure_service_defaults
from crm.service.levels.level_rules import pauses
from crm.service.levels.levels import (
    Promises,
    clock,
    follow_status,
    moves_of,
    note_answer,
)
from crm.service.levels.levels_job import watch
from crm.work import SYSTEM, reading, unit_of_work
from db.models import Case, CaseMove, Organisation, Queue, ServicePolicy, Task, WorkCalendar

#: A Monday, 09:00 in Berlin.
MONDAY = datetime(2026, 11, 16, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def office(people):
    """The defaults, with Berlin's hours; critical, high, normal and low cases have a promise."""
    with unit_of_work(SYSTEM) as work:
        ensure_service_defaults(work)
        calendar = work.session.scalars(select(WorkCalendar)).one()
        calendar.time_zone, calendar.country = "Europe/Berlin", None
        for policy in work.session.scalars(select(ServicePolicy)):
            policy.escalate_to_id = people["mona"].user_id
    return people


def policy(work, **values):
    calendar = work.session.scalars(select(WorkCalendar)).first()
    row = ServicePolicy(
        calendar_id=calendar.id, **{"response_minutes": 10, "resolution_minutes": 20} | values
    )
    work.session.add(row)
    work.session.flush()
    return row


def apply_policy(work, row):
    """What the rules of cases do when the customer, the priority or the opening changes."""
    values = {c.name: getattr(row, c.name) for c in Case.__table__.columns}
    way = moves_of(work.session, [row.id] if row.id else [])
    Promises(work.session).give(values, work.now, list(pauses(way.get(row.id, []))))
    for name, value in values.items():
        setattr(row, name, value)


def opened(work, number="C-1", at=MONDAY, **values):
    row = Case(number=number, subject="No steam", opened_at=at, **{"status": "open"} | values)
    apply_policy(work, row)
    work.session.add(row)
    work.session.flush()
    work.session.add(CaseMove(case_id=row.id, from_status=None, to_status=row.status, at=at))
    work.session.flush()
    return row


def move(work, row, after, at):
    before = row.status
    follow_status(work, row, before, after, at)
    row.status = after
    row.resolved_at = at if after == "resolved" else row.resolved_at if after == "closed" else None
    work.session.add(CaseMove(case_id=row.id, from_status=before, to_status=after, at=at))
    work.session.flush()


def run(at):
    return watch(SYSTEM, at, lambda done, total, note: None)


def tasks():
    with reading(SYSTEM) as session:
        return [
            (t.title, t.owner_id, t.priority, t.case_id)
            for t in session.scalars(select(Task).order_by(Task.id))
        ]


def test_defaults_are_put_in_once_and_never_again(people, dump):
    with unit_of_work(SYSTEM) as work:
        ensure_service_defaults(work)
    before = dump()

    with unit_of_work(SYSTEM) as work:
        ensure_service_defaults(work)
        names = list(work.session.scalars(select(Queue.name).order_by(Queue.position)))

    assert dump() == before
    assert names == ["Support", "Field service"]


def test_an_emptied_list_of_policies_keeps_the_calendar(people):
    with unit_of_work(SYSTEM) as work:
        work.session.add(WorkCalendar(name="Nights", time_zone="UTC", hours={"0": [["00:00", "06:00"]]}))
        ensure_service_defaults(work)

        assert [c.name for c in work.session.scalars(select(WorkCalendar))] == ["Nights"]
        assert work.session.query(ServicePolicy).count() == 4


def test_the_most_particular_active_policy_applies(office):
    with unit_of_work(SYSTEM) as work:
        ada, bo = (Organisation(name=n, name_key=n) for n in ("ada", "bo"))
        work.session.add_all([ada, bo])
        work.session.flush()
        everybody = policy(work, name="Everybody")
        customer = policy(work, name="Ada", organisation_id=ada.id, position=5)
        both = policy(work, name="Ada critical", organisation_id=ada.id, priority="critical", position=9)
        policy(work, name="Ada critical, later", organisation_id=ada.id, priority="critical", position=10)
        policy(work, name="Ada, off", organisation_id=ada.id, priority="low", is_active=False)
        chosen = {}
        for number, (firm, priority) in enumerate(
            [(ada.id, "critical"), (ada.id, "low"), (bo.id, "critical"), (None, "high"), (None, None)]
        ):
            row = opened(work, f"C-{number}", organisation_id=firm, priority=priority or "odd")
            chosen[number] = work.session.get(ServicePolicy, row.policy_id).name

    assert chosen == {0: both.name, 1: customer.name, 2: "Critical", 3: "High", 4: everybody.name}


def test_due_times_follow_the_calendar_and_the_priority(office):
    with unit_of_work(SYSTEM) as work:
        row = opened(work, at=MONDAY + 7 * HOUR, priority="high")
        first = row.response_due_at, row.resolution_due_at
        row.priority = "low"
        apply_policy(work, row)

    # 16:00 plus one hour is closing time; eight hours end on Tuesday at 15:00, forty on Monday at 11:00.
    assert first == (MONDAY + 8 * HOUR, MONDAY + 24 * HOUR + 6 * HOUR)
    assert row.response_due_at == MONDAY + 24 * HOUR + 6 * HOUR
    assert row.resolution_due_at == MONDAY + 7 * 24 * HOUR + 2 * HOUR


def test_without_a_fitting_policy_nothing_is_promised(office):
    with unit_of_work(SYSTEM) as work:
        for one in work.session.scalars(select(ServicePolicy)):
            one.is_active = False
        work.session.flush()
        row = opened(work)

        stand = clock(work.session, row, MONDAY)

    assert (row.policy_id, row.response_due_at, row.resolution_due_at) == (None, None, None)
    assert (stand.response.state, stand.resolution.state) == ("none", "none")
    assert stand.resolution.left_minutes is None


def test_a_wait_moves_the_due_times_by_its_working_minutes(office):
    with unit_of_work(SYSTEM) as work:
        row = opened(work, priority="high")
        # Waits from Monday 10:00 to Tuesday 11:00: seven hours of Monday and three of Tuesday.
        move(work, row, "waiting", MONDAY + HOUR)
        paused = clock(work.session, row, MONDAY + 5 * HOUR)
        move(work, row, "open", MONDAY + 26 * HOUR)

    assert (paused.response.state, paused.response.left_minutes) == ("paused", 0)
    assert (paused.resolution.state, paused.resolution.left_minutes) == ("paused", 7 * 60)
    assert row.waiting_since is None
    assert row.paused_minutes == 10 * 60
    # Seven hours were left on Tuesday at 11:00: six of Tuesday, one of Wednesday.
    assert row.resolution_due_at == MONDAY + 48 * HOUR
    assert row.response_due_at == MONDAY + 26 * HOUR


def test_a_given_answer_is_not_moved_by_a_later_wait(office):
    with unit_of_work(SYSTEM) as work:
        row = opened(work, priority="high")
        row.first_response_at = MONDAY + 0.5 * HOUR
        note_answer(row, row.first_response_at)
        move(work, row, "waiting", MONDAY + 0.5 * HOUR)
        move(work, row, "open", MONDAY + 2 * HOUR)
        stand = clock(work.session, row, MONDAY + 3 * HOUR)

    assert row.response_due_at == MONDAY + HOUR
    assert (stand.response.state, stand.response.left_minutes) == ("met", 30)
    assert (stand.resolution.state, stand.resolution.left_minutes) == ("running", 6 * 60 + 30)


def test_a_reopened_case_goes_on_with_the_time_it_had_left(office):
    with unit_of_work(SYSTEM) as work:
        row = opened(work, priority="high")
        move(work, row, "resolved", MONDAY + 2 * HOUR)
        solved = clock(work.session, row, MONDAY + 100 * HOUR)
        move(work, row, "closed", MONDAY + 3 * HOUR)
        move(work, row, "open", MONDAY + 26 * HOUR)
        again = clock(work.session, row, MONDAY + 26 * HOUR)

    assert (solved.resolution.state, solved.resolution.left_minutes) == ("met", 6 * 60)
    assert (again.resolution.state, again.resolution.left_minutes) == ("running", 6 * 60)


def test_a_wait_that_ends_with_the_solution_does_not_count_against_it(office):
    with unit_of_work(SYSTEM) as work:
        row = opened(work, priority="high")
        move(work, row, "waiting", MONDAY + HOUR)
        move(work, row, "resolved", MONDAY + 10 * 24 * HOUR)
        stand = clock(work.session, row, MONDAY + 11 * 24 * HOUR)

    assert (stand.resolution.state, stand.resolution.left_minutes) == ("met", 7 * 60)
    assert row.resolution_breached_at is None


def test_a_change_of_priority_counts_the_waits_so_far_to_the_second(office):
    with unit_of_work(SYSTEM) as work:
        row = opened(work, priority="high")
        for begin in (1.01, 1.51, 2.01):
            move(work, row, "waiting", MONDAY + begin * HOUR)
            move(work, row, "open", MONDAY + (begin + 0.123) * HOUR)
        due = row.resolution_due_at
        row.priority = "critical"
        apply_policy(work, row)
        row.priority = "high"
        apply_policy(work, row)

    assert row.resolution_due_at == due
    assert row.paused_minutes == 22


def test_a_late_solution_is_late_by_working_minutes_also_over_night(office):
    with unit_of_work(SYSTEM) as work:
        row = opened(work, priority="critical", at=MONDAY + 4 * HOUR)
        due = row.resolution_due_at
        night = clock(work.session, row, due + HOUR)
        move(work, row, "resolved", due + 16 * HOUR)
        stand = clock(work.session, row, due + 30 * HOUR)

    assert due == MONDAY + 8 * HOUR
    assert (night.resolution.state, night.resolution.left_minutes) == ("late", 0)
    assert (stand.resolution.state, stand.resolution.left_minutes) == ("late", -60)
    assert row.resolution_breached_at == due
    assert row.response_breached_at == row.response_due_at


def test_the_owner_is_warned_once_for_the_answer_and_once_for_the_solution(office):
    stan = office["stan"].user_id
    with unit_of_work(SYSTEM) as work:
        row = opened(work, priority="high", owner_id=stan)
        case_id = row.id

    assert run(MONDAY + 0.7 * HOUR) == {"warned": 0, "late": 0}
    assert run(MONDAY + 0.8 * HOUR) == {"warned": 1, "late": 0}
    assert run(MONDAY + 0.9 * HOUR) == {"warned": 0, "late": 0}
    with unit_of_work(SYSTEM) as work:
        work.session.get(Case, case_id).first_response_at = MONDAY + 0.95 * HOUR
    assert run(MONDAY + 6.3 * HOUR) == {"warned": 0, "late": 0}
    assert run(MONDAY + 6.4 * HOUR) == {"warned": 1, "late": 0}
    assert run(MONDAY + 6.5 * HOUR) == {"warned": 0, "late": 0}
    assert tasks() == [
        ("C-1: 12 min left to answer: No steam", stan, "high", case_id),
        ("C-1: 1 h 36 min left to solve: No steam", stan, "high", case_id),
    ]


def test_a_broken_promise_is_marked_and_handed_on_once(office, dump):
    with unit_of_work(SYSTEM) as work:
        row = opened(work, priority="critical", owner_id=office["stan"].user_id)
        version = row.version

    assert run(MONDAY + 6 * HOUR) == {"warned": 0, "late": 2}
    before = dump()
    assert run(MONDAY + 7 * HOUR) == {"warned": 0, "late": 0}

    assert dump() == before
    assert tasks() == [("C-1 is not solved in time: No steam", office["mona"].user_id, "high", row.id)]
    with reading(SYSTEM) as session:
        stored = session.get(Case, row.id)
    assert stored.response_breached_at == MONDAY + 0.5 * HOUR
    assert stored.resolution_breached_at == MONDAY + 4 * HOUR
    assert stored.version == version


def test_waiting_solved_merged_and_archived_cases_are_left_alone(office):
    with unit_of_work(SYSTEM) as work:
        for number, status in enumerate(("waiting", "resolved", "closed", "merged")):
            row = opened(work, f"C-{number}", priority="critical")
            move(work, row, status, MONDAY)
        opened(work, "C-9", priority="critical", archived_at=MONDAY)

    assert run(MONDAY + 6 * HOUR) == {"warned": 0, "late": 0}
    assert tasks() == []


def test_a_lower_priority_takes_the_mark_back_and_a_new_break_is_told_again(office):
    with unit_of_work(SYSTEM) as work:
        row = opened(work, priority="critical", first_response_at=MONDAY)
        case_id = row.id
    now = datetime.now(UTC)
    with unit_of_work(SYSTEM) as work:
        row = work.session.get(Case, case_id)
        row.opened_at = now - HOUR
        apply_policy(work, row)
        row.resolution_breached_at, row.warned_at = now, now
        apply_policy(work, row)

        assert (row.resolution_breached_at, row.warned_at) == (now, now)

        row.priority = "low"
        apply_policy(work, row)

        assert (row.resolution_breached_at, row.warned_at) == (None, None)


def test_a_run_over_twenty_thousand_cases_reads_only_what_is_due(office):
    import time

    with unit_of_work(SYSTEM) as work:
        model = opened(work, priority="low")
        values = {
            c.key: getattr(model, c.key) for c in Case.__table__.c if c.key not in ("id", "number", "status")
        }
        work.session.execute(
            Case.__table__.insert(),
            [
                values | {"number": f"N-{n}", "status": "open" if n % 10 == 0 else "closed"}
                for n in range(20_000)
            ],
            execution_options={"system": True},
        )
    begun = time.process_time()

    assert run(MONDAY + HOUR) == {"warned": 0, "late": 0}

    assert time.process_time() - begun < 1


def test_the_clock_of_the_program_does_it_as_a_job(office):
    from crm.jobs import queue
    from crm.jobs.worker import Worker

    with unit_of_work(SYSTEM) as work:
        row = opened(work, priority="critical", at=datetime.now(UTC) - timedelta(days=30))
        case_id = row.id
    job = queue.enqueue(SYSTEM, "service_levels", {})

    assert Worker().run_one()

    assert queue.get_job(SYSTEM, job).result == {"warned": 0, "late": 2}
    assert [case for _title, _owner, _priority, case in tasks()] == [case_id]
