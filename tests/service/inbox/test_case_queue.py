"""The queue: whose cases stand in it, who spoke last, and in how many statements."""

import pytest

from crm.clock import now
from crm.service.case_queue import waiting
from crm.service.cases import cases
from crm.service.cases.queries import merge_choices
from crm.work import SYSTEM, reading, unit_of_work
from db.models import Queue
from tests.factories import make


def queue(actor, whose="own"):
    with reading(actor) as session:
        return waiting(session, now(), whose=whose)


def do(actor, act, *args, **more):
    with unit_of_work(actor) as work:
        return act(work, *args, **more)


@pytest.fixture
def free(people):
    """A case of the northern team's queue that nobody has."""
    with unit_of_work(SYSTEM) as work:
        row = Queue(name="Support", team_id=people["stan"].teams[0])
        work.session.add(row)
        work.session.flush()
        queue_id = row.id
    return make(
        people["stan"], "case", subject="Free", queue_id=queue_id, description="No steam.\nSince Monday."
    )


def test_the_last_word_says_whose_turn_it_is(people, free):
    case = make(people["stan"], "case", subject="Mine", description="First words")
    do(people["stan"], cases.reply, case["id"], "Please send\n\na photo.", key="a")
    do(people["stan"], cases.add_note, case["id"], "Only for us")
    told = {one.card.id: (one.last_by, one.words, one.waits_for_us) for one in queue(people["stan"])}
    assert told == {
        free["id"]: ("customer", "No steam. Since Monday.", True),
        case["id"]: ("us", "Please send a photo.", False),
    }

    do(people["mona"], cases.customer_message, case["id"], f"{'Here ' * 60}\n> Please send", key="b")

    (mine,) = queue(people["stan"], "mine")
    assert (mine.last_by, mine.news, len(mine.words)) == ("customer", "wrote", 140)
    assert mine.words.endswith("Here…")


def test_whose_cases_stand_in_it(people, free):
    make(people["stan"], "case", subject="Mine")
    make(people["mona"], "case", subject="Mona's")
    make(people["sue"], "case", subject="South")

    found = {
        w: sorted(one.card.subject for one in queue(people["stan"], w))
        for w in ("own", "mine", "free", "team")
    }

    assert found == {
        "own": ["Free", "Mine"], "mine": ["Mine"], "free": ["Free"], "team": ["Free", "Mine", "Mona's"]
    }  # fmt: skip
    assert [one.card.subject for one in queue(people["sue"], "team")] == ["South"]


def test_it_costs_the_same_for_any_number_of_cases(people, free, statements):
    counts = []
    for more in (0, 20):
        for n in range(more):
            make(people["stan"], "case", subject=f"C{n}")
        statements.clear()
        queue(people["stan"])
        counts.append(len(statements))

    assert counts[0] == counts[1] <= 5


def test_what_is_open_for_the_same_unit_is_offered_first_for_a_merge(people):
    unit = make(people["stan"], "equipment")
    firm = make(people["stan"], "organisation")
    same = {"equipment_id": unit["id"], "organisation_id": firm["id"]}
    twin = make(people["stan"], "case", subject="Twin", **same)
    ended = make(people["stan"], "case", subject="Ended", **same)
    do(people["stan"], cases.move_case, ended["id"], "resolved")
    make(people["stan"], "case", subject="Other machine", organisation_id=firm["id"])
    case = make(people["stan"], "case", subject="Told again", **same)

    with reading(people["stan"]) as session:
        offered = merge_choices(session, case["id"], "")

    assert [one.subject for one in offered] == ["Twin", "Other machine", "Ended"]
    assert (offered[0].id, offered[0].same_unit) == (twin["id"], True)
