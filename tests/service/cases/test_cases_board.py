"""The board of cases and one person's queue: what stands where, in which order, in how many statements."""

from datetime import timedelta

import pytest

from crm.clock import now
from crm.records import records
from crm.service.cases import board as case_board
from crm.service.cases import cases
from crm.service.cases.board import CaseFilters
from crm.service.cases.merge import merge_cases
from crm.work import SYSTEM, reading, unit_of_work
from db.models import Case, Queue, Team
from tests.factories import make


def do(actor, act, *args, **more):
    with unit_of_work(actor) as work:
        return act(work, *args, **more)


def promise(case, **values):
    """Set what service levels and jobs set."""
    with unit_of_work(SYSTEM) as work:
        row = work.session.get(Case, case["id"])
        for name, value in values.items():
            setattr(row, name, value)


def board(actor, **filters):
    with reading(actor) as session:
        columns = case_board.board(session, CaseFilters(**filters), now=now())
    return {c.status: [card.subject for card in c.cards] for c in columns}, {
        c.status: c.count for c in columns
    }


def queue(actor):
    with reading(actor) as session:
        return case_board.my_queue(session, now())


def counts(actor):
    with reading(actor) as session:
        found = case_board.case_counts(session, now())
    return found.open, found.late, found.mine, found.free


def test_every_case_stands_in_the_column_of_its_status(people):
    for status in ("new", "open", "waiting", "resolved", "closed"):
        case = make(people["stan"], "case", subject=status.title())
        if status != "new":
            do(people["stan"], cases.move_case, case["id"], status)

    columns, sizes = board(people["stan"])

    assert list(columns) == ["new", "open", "waiting", "resolved", "closed"]
    assert columns == {s: [s.title()] for s in columns}
    assert set(sizes.values()) == {1}


def test_ended_cases_leave_the_board_after_two_weeks(people):
    case = make(people["stan"], "case")
    do(people["stan"], cases.move_case, case["id"], "resolved")
    promise(case, resolved_at=now() - timedelta(days=15))

    assert board(people["stan"])[1]["resolved"] == 0


def test_the_most_urgent_promise_comes_first(people):
    soon, late, none, critical = (
        make(people["stan"], "case", subject=name) for name in ("Soon", "Late", "None", "Critical")
    )
    promise(soon, resolution_due_at=now() + timedelta(hours=1), response_due_at=None, warned_at=now())
    promise(late, resolution_due_at=now() + timedelta(hours=9), response_due_at=now() - timedelta(hours=1))
    promise(none, resolution_due_at=None, response_due_at=None)
    promise(critical, resolution_due_at=None, response_due_at=None, priority="critical")

    mine = queue(people["stan"])

    assert [c.subject for c in mine] == ["Late", "Soon", "Critical", "None"]
    assert [c.flag for c in mine] == ["late", "soon", "", ""]
    assert board(people["stan"])[0]["new"] == ["Late", "Soon", "Critical", "None"]
    assert counts(people["stan"]) == (4, 1, 4, 0)


@pytest.mark.parametrize(("hours", "flag"), [(-3, "waiting"), (-1, "late")])
def test_what_waits_for_the_customer_is_late_only_where_it_was_when_the_wait_began(people, hours, flag):
    case = make(people["stan"], "case")
    do(people["stan"], cases.move_case, case["id"], "waiting")
    due = now() - timedelta(hours=2)
    promise(case, resolution_due_at=due, response_due_at=None, waiting_since=now() + timedelta(hours=hours))

    (card,) = queue(people["stan"])

    assert (card.flag, card.due_at) == (flag, due if flag == "late" else None)
    assert counts(people["stan"])[1] == (flag == "late")


@pytest.mark.parametrize(
    ("filters", "shown"),
    [
        ({"only": ("mine",)}, ["Mine"]),
        ({"only": ("free",)}, ["Free"]),
        ({"only": ("late",)}, ["Free"]),
        ({"priorities": ("critical",)}, ["Hers"]),
        ({"search": "hers"}, ["Hers"]),
        ({"search": "olivares"}, ["Mine"]),
        ({"search": "nothing at all"}, []),
        ({"only": ("mine",), "priorities": ("critical",)}, []),
    ],
)
def test_filters_narrow_the_board_and_its_counts(people, filters, shown):
    firm = make(people["stan"], "organisation")
    make(people["stan"], "case", subject="Mine", organisation_id=firm["id"])
    make(people["mona"], "case", subject="Hers", priority="critical")
    free = make(people["stan"], "case", subject="Free")
    do(people["stan"], cases.assign_case, free["id"], None)
    promise(free, response_due_at=now() - timedelta(hours=1))

    columns, sizes = board(people["stan"], **filters)

    assert columns["new"] == shown
    assert sizes["new"] == len(shown)


def test_my_queue_holds_mine_and_what_nobody_took_in_my_teams_queues(people):
    with unit_of_work(SYSTEM) as work:
        north, south = (work.session.query(Team).filter_by(name=name).one().id for name in ("North", "South"))
        work.session.add_all([Queue(name="Up", team_id=north), Queue(name="Down", team_id=south)])
        work.session.flush()
        up, down = (work.session.query(Queue).filter_by(name=name).one().id for name in ("Up", "Down"))
    make(people["stan"], "case", subject="Mine")
    make(people["mona"], "case", subject="Hers")
    make(people["ada"], "case", subject="Free up", queue_id=up)
    make(people["ada"], "case", subject="Free down", queue_id=down)
    done = make(people["stan"], "case", subject="Done")
    do(people["stan"], cases.move_case, done["id"], "resolved")

    assert {c.subject for c in queue(people["stan"])} == {"Mine", "Free up"}
    assert {c.subject for c in queue(people["sue"])} == {"Free down"}


def test_archived_and_merged_cases_stand_nowhere(people):
    gone, source, heir = (make(people["stan"], "case", subject=s) for s in ("Gone", "Source", "Heir"))
    do(people["stan"], records.archive_record, "case", gone["id"], seen_version=gone["version"])
    do(people["stan"], merge_cases, source["id"], heir["id"])

    columns, _sizes = board(people["stan"])

    assert [s for cards in columns.values() for s in cards] == ["Heir"]
    assert [c.subject for c in queue(people["stan"])] == ["Heir"]


def test_board_and_queue_cost_the_same_for_any_number_of_cases(people, statements):
    taken = []
    for count in (1, 60):
        with unit_of_work(people["stan"]) as work:
            for n in range(count):
                records.create_record(work, "case", {"subject": f"Case {n}"})
        statements.clear()
        columns, sizes = board(people["stan"])
        queue(people["stan"])
        counts(people["stan"])
        taken.append(len(statements))

    assert taken == [4, 4]
    assert (sizes["new"], len(columns["new"])) == (61, case_board.CARDS)
    columns, sizes = board(people["stan"], search="Case", more=(("new", case_board.MORE),))
    assert len(columns["new"]) == sizes["new"] == 61
