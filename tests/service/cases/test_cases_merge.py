"""Two cases become one, and two again, with everything that hangs on them."""

import pytest
from sqlalchemy import select

from crm.clock import now
from crm.errors import Conflict, NotAllowed, NotFound, Refused
from crm.service.cases import cases
from crm.service.cases.merge import merge_cases, unmerge_case
from crm.service.cases.news import mark_read, unread
from crm.service.cases.queries import merge_choices, read_case
from crm.work import SYSTEM, reading, unit_of_work
from db.models import Case, CaseMessage, CaseMove, Failure, StoredFile, Task, WorkOrder
from tests.factories import make


def do(actor, act, *args, **more):
    with unit_of_work(actor) as work:
        return act(work, *args, **more)


@pytest.fixture
def two(people):
    """Two cases of one customer, the second with thread, task, visit and fault."""
    stan = people["stan"]
    firm = make(stan, "organisation")
    ana = make(stan, "contact", email="ana@casa.example", organisation_id=firm["id"])
    unit = make(stan, "equipment", organisation_id=firm["id"])
    first = make(stan, "case", contact_id=ana["id"], description="It stops.")
    second = make(stan, "case", subject="Still", equipment_id=unit["id"], description="Still stops.")
    do(stan, cases.reply, first["id"], "Since when?", key="1")
    do(stan, cases.reply, second["id"], "Which machine?", key="2")
    do(stan, cases.customer_message, second["id"], "The left one", key="3")
    do(stan, cases.add_note, second["id"], "Same as before")
    do(stan, cases.move_case, second["id"], "waiting")
    make(stan, "task", case_id=second["id"])
    make(stan, "work_order", case_id=second["id"])
    with unit_of_work(stan) as work:
        work.session.add(Failure(equipment_id=unit["id"], failed_at=work.now, case_id=second["id"]))
    return first, second


def state():
    """Everything that hangs on cases, and the cases but for the numbers that count changes."""
    with reading(SYSTEM) as session:
        messages = select(CaseMessage.id, CaseMessage.case_id, CaseMessage.merged_from_id, CaseMessage.body)
        columns = [c for c in Case.__table__.c.keys() if c not in ("version", "changed_at")]  # noqa: SIM118
        return {
            "cases": session.execute(
                select(*(getattr(Case, c) for c in columns if c != "custom")).order_by(Case.id)
            ).all(),
            "moves": session.execute(
                select(CaseMove.id, CaseMove.case_id, CaseMove.to_status).order_by(CaseMove.id)
            ).all(),
            "messages": session.execute(messages.order_by(CaseMessage.id)).all(),
        } | {
            cls.__tablename__: session.execute(select(cls.id, cls.case_id).order_by(cls.id)).all()
            for cls in (Task, WorkOrder, Failure)
        }


def holders(cls):
    with reading(SYSTEM) as session:
        return set(session.scalars(select(cls.case_id)))


def test_everything_goes_over_and_the_source_points_to_its_heir(people, two):
    first, second = two

    heir = do(people["stan"], merge_cases, second["id"], first["id"])

    assert heir["id"] == first["id"]
    assert holders(Task) == holders(WorkOrder) == holders(Failure) == holders(CaseMessage) == {first["id"]}
    with reading(people["stan"]) as session:
        source, view = read_case(session, second["id"], now()), read_case(session, first["id"], now())
    assert (source.record["status"], source.record["merged_into_id"]) == ("merged", first["id"])
    assert (source.heir, [m.text for m in source.messages]) == (first["number"], ["Still stops."])
    assert [(m.text, m.merged_from) for m in view.messages] == [
        ("It stops.", ""),
        ("Still stops.", second["number"]),
        ("Since when?", ""),
        ("Which machine?", second["number"]),
        ("The left one", second["number"]),
        ("Same as before", second["number"]),
    ]


def test_taking_it_back_leaves_everything_as_it_was(people, two):
    first, second = two
    before = state()

    do(people["stan"], merge_cases, second["id"], first["id"])
    do(people["stan"], unmerge_case, second["id"])

    assert state() == before


def test_what_was_said_after_the_merge_stays_where_it_was_said(people, two):
    first, second = two
    do(people["stan"], merge_cases, second["id"], first["id"])
    late = do(people["stan"], cases.customer_message, second["id"], "Hello?", key="late")

    do(people["stan"], unmerge_case, second["id"])

    with reading(SYSTEM) as session:
        assert session.get(CaseMessage, late).case_id == first["id"]


@pytest.mark.parametrize("status", ["waiting", "resolved", "closed"])
@pytest.mark.parametrize("needs", [True, False])
def test_an_heir_that_rests_comes_back_where_the_source_needs_somebody(people, two, status, needs):
    first, second = two
    do(people["stan"], cases.move_case, first["id"], status)
    if needs:
        do(people["stan"], cases.customer_message, second["id"], "Well?", key="4")
    before = state()

    heir = do(people["stan"], merge_cases, second["id"], first["id"])

    assert heir["status"] == ("open" if needs else status)
    assert heir["reopened"] == (needs and status != "waiting")
    assert (heir["resolved_at"] is None) == (needs or status == "waiting")
    do(people["stan"], unmerge_case, second["id"])
    assert state() == before


def test_an_heir_that_was_worked_on_since_keeps_its_status(people, two):
    first, second = two
    do(people["stan"], cases.move_case, first["id"], "resolved")
    do(people["stan"], cases.customer_message, second["id"], "Well?", key="4")
    do(people["stan"], merge_cases, second["id"], first["id"])
    do(people["stan"], cases.move_case, first["id"], "waiting")

    do(people["stan"], unmerge_case, second["id"])

    with reading(SYSTEM) as session:
        assert session.get(Case, first["id"]).status == "waiting"


def test_what_goes_over_follows_its_new_case_by_its_own_rules(people):
    stan = people["stan"]
    firm = make(stan, "organisation")
    unit = make(stan, "equipment", organisation_id=firm["id"])
    heir = make(stan, "case", subject="Known", equipment_id=unit["id"])
    source = make(stan, "case", subject="From nobody", contact_id=None, organisation_id=None)
    made = [make(stan, name, case_id=source["id"]) for name in ("task", "work_order")]
    with unit_of_work(stan) as work:
        row = {"case_id": source["id"], "name": "a.txt", "size": 1, "hash": "0" * 64}
        work.session.add(StoredFile(**row))

    do(stan, merge_cases, source["id"], heir["id"])

    def now():
        with reading(SYSTEM) as session:
            task, visit = session.get(Task, made[0]["id"]), session.get(WorkOrder, made[1]["id"])
            file = session.scalars(select(StoredFile)).one()
            return task.organisation_id, visit.organisation_id, visit.equipment_id, file.case_id

    assert now() == (firm["id"], firm["id"], unit["id"], heir["id"])
    do(stan, unmerge_case, source["id"])
    assert now() == (None, None, None, source["id"])


def test_whoever_has_the_heir_is_told_of_a_merge_by_somebody_else(people, two):
    first, second = two
    with reading(people["stan"]) as session:
        assert unread(session, now()) != []
    do(people["stan"], mark_read, [first["id"], second["id"]])

    do(people["mona"], merge_cases, second["id"], first["id"])

    with reading(people["stan"]) as session:
        assert [(one.case_id, one.what) for one in unread(session, now())] == [(first["id"], "merged")]
    do(people["mona"], unmerge_case, second["id"])
    with reading(people["stan"]) as session:
        assert unread(session, now()) == []


def test_a_chain_of_merges_is_taken_back_from_its_end(people, two):
    first, second = two
    third = make(people["stan"], "case", subject="Third")
    before = state()
    do(people["stan"], merge_cases, second["id"], first["id"])
    do(people["stan"], merge_cases, first["id"], third["id"])
    assert holders(CaseMessage) == {third["id"]}

    with pytest.raises(Conflict, match="merged further"):
        do(people["stan"], unmerge_case, second["id"])
    do(people["stan"], unmerge_case, first["id"])
    do(people["stan"], unmerge_case, second["id"])

    assert state() == before


def test_merging_and_parting_twice_comes_to_the_same(people, two):
    first, second = two
    before = state()
    for _twice in range(2):
        do(people["stan"], merge_cases, second["id"], first["id"])
        do(people["stan"], unmerge_case, second["id"])

    assert state() == before


def test_a_task_that_somebody_moved_on_meanwhile_stays_there(people, two):
    first, second = two
    other = make(people["stan"], "case", subject="Other")
    do(people["stan"], merge_cases, second["id"], first["id"])
    with unit_of_work(people["stan"]) as work:
        work.session.scalars(select(Task)).one().case_id = other["id"]

    do(people["stan"], unmerge_case, second["id"])

    assert holders(Task) == {other["id"]}


@pytest.mark.parametrize("way", ["itself", "source merged", "target merged"])
def test_what_makes_no_sense_is_refused(people, two, dump, way):
    first, second = two
    third = make(people["stan"], "case", subject="Third")
    pair = {
        "itself": (first["id"], first["id"]),
        "source merged": (second["id"], third["id"]),
        "target merged": (third["id"], second["id"]),
    }[way]
    if way != "itself":
        do(people["stan"], merge_cases, second["id"], first["id"])
    before = dump()

    with pytest.raises(Refused):
        do(people["stan"], merge_cases, *pair)

    assert dump() == before


def test_a_case_that_was_not_merged_is_not_parted(people, two, dump):
    before = dump()

    with pytest.raises(Refused, match="was not merged"):
        do(people["stan"], unmerge_case, two[0]["id"])

    assert dump() == before


@pytest.mark.parametrize("act", [
    lambda work, case: cases.reply(work, case, "Hello", key="k"),
    lambda work, case: cases.add_note(work, case, "Hello"),
    lambda work, case: cases.take_case(work, case),
    lambda work, case: cases.move_case(work, case, "open"),
])  # fmt: skip
def test_a_merged_case_is_worked_on_in_its_heir(people, two, dump, act):
    do(people["stan"], merge_cases, two[1]["id"], two[0]["id"])
    before = dump()

    with pytest.raises(Refused, match="was merged into another case"):
        do(people["stan"], act, two[1]["id"])

    assert dump() == before


@pytest.mark.parametrize("who", ["vic", "sue"])
def test_who_may_not_change_both_merges_nothing(people, two, dump, who):
    before = dump()

    with pytest.raises((NotAllowed, NotFound)):
        do(people[who], merge_cases, two[1]["id"], two[0]["id"])

    assert dump() == before


def test_cases_of_the_customer_are_offered_first_and_others_by_their_words(people, two):
    far = make(people["stan"], "case", subject="Invoice is wrong")

    with reading(people["stan"]) as session:
        near = merge_choices(session, two[0]["id"], "")
        found = merge_choices(session, two[0]["id"], "invoice")

    assert [o.id for o in near] == [two[1]["id"]]
    assert [o.id for o in found] == [far["id"]]
