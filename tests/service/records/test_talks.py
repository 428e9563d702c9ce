"""A talk says when it was, how long, which way and about what; it is put right, taken back and logged."""

from datetime import UTC, datetime, timedelta

import pytest

from crm.errors import Conflict, NotAllowed, Refused
from crm.interactions.service import add_task, log_talk
from crm.interactions.timeline import open_tasks, talks_of
from crm.records import records
from crm.records.changes import record_changes, undo_last
from crm.service.cases.merge import merge_cases, unmerge_case
from crm.work import reading, unit_of_work
from tests.factories import change, make

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture
def ana(people):
    firm = make(people["stan"], "organisation")
    return make(people["stan"], "contact", organisation_id=firm["id"])


@pytest.fixture
def talk(people, ana, at_noon):
    return make(
        people["stan"], "interaction", kind="call", direction="in", duration_minutes=20, body="Wants two\nand a grinder",
        contact_id=ana["id"], happened_at=NOON - timedelta(days=1),
    )  # fmt: skip


def undone(actor, record, entity="interaction"):
    with unit_of_work(actor) as work:
        return undo_last(work, entity, record["id"], seen_version=record["version"])


def test_a_talk_of_yesterday_stands_at_its_own_time_with_its_customer(people, ana, talk):
    with reading(people["stan"]) as session:
        (step,) = talks_of(session, "organisation", ana["organisation_id"])

    assert (step.at, step.title) == (talk["happened_at"], "Wants two")
    assert step.detail == f"incoming · 20 min · {ana['name']}"
    assert (step.corrected, step.may_change, step.archived) == (False, True, False)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"happened_at": timedelta(hours=1)}, "happened_at"),
        ({"duration_minutes": -1}, "duration_minutes"),
        ({"contact_id": None}, "contact_id"),
        ({"body": " "}, "body"),
        ({"direction": "sideways"}, "direction"),
        ({"kind": "telepathy"}, "kind"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field_and_nothing_is_stored(
    people, ana, dump, at_noon, values, field
):
    values = {"kind": "call", "body": "Wants two", "contact_id": ana["id"]} | values
    if field == "happened_at":
        values[field] = NOON + values[field]
    before = dump()

    with pytest.raises(Refused) as refused:
        make(people["stan"], "interaction", **values)

    assert [p.field for p in refused.value.problems] == [field]
    assert dump() == before


def test_a_correction_is_logged_and_undone_and_brought_back(people, talk):
    corrected = change(people["stan"], "interaction", talk, duration_minutes=35, body="Wants three")

    with reading(people["stan"]) as session:
        entry = record_changes(session, "interaction", talk["id"], limit=5)[0]
    assert {(f.name, f.old, f.new) for f in entry.fields} == {
        ("duration_minutes", 20, 35),
        ("body", "Wants two\nand a grinder", "Wants three"),
        ("subject", "Wants two", "Wants three"),
    }
    same = ("duration_minutes", "body", "subject", "happened_at", "contact_id")
    first = undone(people["stan"], corrected)
    assert {n: first[n] for n in same} == {n: talk[n] for n in same}
    second = undone(people["stan"], first)
    assert {n: second[n] for n in same} == {n: corrected[n] for n in same}


def test_a_corrected_time_comes_back_as_it_was(people, talk):
    corrected = change(people["stan"], "interaction", talk, happened_at=NOON - timedelta(days=2))

    assert undone(people["stan"], corrected)["happened_at"] == talk["happened_at"]


def test_a_stale_correction_and_a_stale_undo_change_nothing(people, talk, dump):
    change(people["stan"], "interaction", talk, duration_minutes=35)
    before = dump()

    with pytest.raises(Conflict):
        change(people["mona"], "interaction", talk, duration_minutes=40)
    with pytest.raises(Conflict):
        undone(people["mona"], talk)

    assert dump() == before


def test_an_archived_talk_is_kept_apart_and_an_undo_restores_it(people, ana, talk):
    with unit_of_work(people["mona"]) as work:
        archived = records.archive_record(work, "interaction", talk["id"], seen_version=talk["version"])
    with reading(people["stan"]) as session:
        assert [s.archived for s in talks_of(session, "contact", ana["id"])] == [True]

    assert undone(people["mona"], archived)["archived_at"] is None


def test_nothing_to_undo_is_said(people, talk):
    with pytest.raises(Refused, match="Nothing was changed here yet"):
        undone(people["stan"], talk)


def test_who_may_only_read_corrects_and_undoes_nothing(people, talk, dump):
    corrected = change(people["stan"], "interaction", talk, duration_minutes=35)
    before = dump()

    with pytest.raises(NotAllowed):
        change(people["vic"], "interaction", corrected, duration_minutes=1)
    with pytest.raises(NotAllowed):
        undone(people["vic"], corrected)

    assert dump() == before


def test_talks_and_tasks_of_a_case_go_with_it_into_another_and_back(people, ana):
    first, second = (make(people["mona"], "case", contact_id=ana["id"]) for _ in range(2))
    with unit_of_work(people["mona"]) as work:
        log_talk(work, kind="call", body="It stops", case_id=first["id"], next_task="Call back")

    def there():
        with reading(people["mona"]) as session:
            return [
                (len(talks_of(session, "case", c["id"])), len(open_tasks(session, "case", c["id"])))
                for c in (first, second)
            ]

    assert there() == [(1, 1), (0, 0)]
    with unit_of_work(people["mona"]) as work:
        merge_cases(work, first["id"], second["id"])
    assert there() == [(0, 0), (1, 1)]
    with unit_of_work(people["mona"]) as work:
        unmerge_case(work, first["id"])
    assert there() == [(1, 1), (0, 0)]


def test_a_task_keeps_its_hour_and_what_it_is_about(people, ana):
    case = make(people["stan"], "case", contact_id=ana["id"])
    with unit_of_work(people["stan"]) as work:
        task = add_task(work, title="Call back", due_on=NOON.date(), due_time="9.30", case_id=case["id"])
    with reading(people["stan"]) as session:
        (shown,) = open_tasks(session, "case", case["id"])
        stored = records.get_record(session, "task", task)

    assert (shown["due_time"], stored["contact_id"], stored["organisation_id"]) == (
        "09:30",
        ana["id"],
        ana["organisation_id"],
    )
