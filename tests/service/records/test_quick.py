"""Quick filters and what is looked up for the rows of a page: when somebody last had to do with a record, what comes next."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from crm.clock import now, today
from crm.interactions.service import finish_task
from crm.interactions.touch import last_touches, next_tasks
from crm.records import registry
from crm.records.listing.quick import quick_filters
from crm.records.lists import list_rows, quick_counts
from crm.records.view import record_view
from crm.work import SYSTEM, reading, unit_of_work
from db.audit import SYSTEM_OPTIONS
from db.models import CaseMessage, Contact
from tests.factories import make

OLD = timedelta(days=200)


def shown(actor, entity, *quick):
    with reading(actor) as session:
        return list(list_rows(session, entity, filters={"quick": list(quick)}).rows["id"])


def stored_at(cls, moment):
    with unit_of_work(SYSTEM) as work:
        work.session.execute(
            update(cls).values(created_at=moment),
            execution_options=SYSTEM_OPTIONS | {"synchronize_session": False},
        )


@pytest.fixture
def customers(people):
    """Five contacts: talked with today, long ago, by a task, in a case, and not at all."""
    stan = people["stan"]
    ids = {n: make(stan, "contact", name=n)["id"] for n in ("new", "old", "task", "case", "never", "note")}
    stored_at(Contact, now() - OLD)
    make(stan, "interaction", contact_id=ids["new"], kind="call", subject="Call")
    make(stan, "interaction", contact_id=ids["old"], kind="call", subject="Call", happened_at=now() - OLD)
    make(stan, "interaction", contact_id=ids["note"], kind="note", subject="A note is no talk")
    done = make(stan, "task", title="Send it", contact_id=ids["task"])
    with unit_of_work(stan) as work:
        finish_task(work, task_id=done["id"], seen_version=1)
    case = make(stan, "case", subject="It stops", contact_id=ids["case"])
    with unit_of_work(stan) as work:
        work.session.add(CaseMessage(case_id=case["id"], kind="customer", body="Help", at=now()))
    make(stan, "task", title="Later", contact_id=ids["new"], due_on=today() + timedelta(days=9))
    make(stan, "task", title="First", contact_id=ids["new"], due_on=today() - timedelta(days=1))
    return ids


def test_quiet_is_without_talk_finished_task_or_message(people, customers):
    quiet = shown(people["stan"], "contact", "quiet_30")

    assert set(quiet) == {customers[n] for n in ("old", "never", "note")}


def test_what_was_made_a_moment_ago_is_not_quiet(people, customers):
    made = make(people["stan"], "contact", name="Made today")

    assert made["id"] not in shown(people["stan"], "contact", "quiet_30")
    assert made["id"] in shown(people["stan"], "contact", "no_step")


def test_no_next_step_is_without_open_task(people, customers):
    assert customers["new"] not in shown(people["stan"], "contact", "no_step")
    assert customers["task"] in shown(people["stan"], "contact", "no_step")


def test_last_touch_and_next_step_are_of_the_rows_asked_for(people, customers):
    with reading(people["stan"]) as session:
        touched = last_touches(session, "contact", list(customers.values()))
        steps = next_tasks(session, "contact", list(customers.values()))

    assert set(touched) == {customers[n] for n in ("new", "old", "task", "case")}
    assert touched[customers["old"]].date() == (now() - OLD).date()
    assert steps == {customers["new"]: (today() - timedelta(days=1), "First")}


def test_what_lies_out_of_reach_is_no_touch(people, customers):
    other = make(people["ada"], "contact", name="Shared", owner_id=people["sue"].user_id)
    make(people["stan"], "interaction", contact_id=customers["never"], kind="call", subject="Call")

    with reading(people["sue"]) as session:
        assert last_touches(session, "contact", [*customers.values(), other["id"]]) == {}


def test_mine_nobodys_and_overdue(people):
    ada, late = people["ada"], today() - timedelta(days=1)
    mine = make(ada, "task", title="Mine", due_on=late)["id"]
    free = make(ada, "task", title="Free", due_on=today())["id"]
    done = make(ada, "task", title="Done", due_on=late)["id"]
    with unit_of_work(ada) as work:
        finish_task(work, task_id=done, seen_version=1)
        work.session.connection().execute(
            update(registry.model("task")).where(registry.model("task").id == free).values(owner_id=None),
            execution_options={"system": True},
        )

    assert set(shown(ada, "task", "mine")) == {mine, done}
    assert shown(ada, "task", "nobodys") == [free]
    assert shown(ada, "task", "overdue") == [mine]


def test_a_deal_that_is_over_is_neither_overdue_nor_without_a_step(people):
    ada, late = people["ada"], today() - timedelta(days=1)
    going = make(ada, "deal", title="Going", expected_close_on=late)["id"]
    stepped = make(ada, "deal", title="Stepped", next_step="Call", next_step_on=today())["id"]

    assert shown(ada, "deal", "overdue") == [going]
    assert stepped not in shown(ada, "deal", "no_step")


@pytest.mark.parametrize("entity", ["contact", "organisation", "deal", "lead", "case", "task", "work_order"])
def test_each_count_is_what_its_filter_shows(people, customers, entity):
    stan = people["stan"]
    make(stan, entity)
    asked = quick_filters(entity)
    assert {"mine", "nobodys"} <= asked.keys()

    for chosen in ([], ["mine"]):
        with reading(stan) as session:
            counts = quick_counts(session, entity, search="", filters={"quick": chosen}, archived=False)
        for name in asked:
            assert counts[name] == len(shown(stan, entity, *chosen, name)), name


def test_the_page_of_a_record_shows_the_same_next_step(people, customers):
    from crm.interactions.timeline import open_tasks

    with reading(people["stan"]) as session:
        record_view(session, "contact", customers["new"])
        first = open_tasks(session, "contact", customers["new"])[0]
        assert next_tasks(session, "contact", [customers["new"]])[customers["new"]] == (
            first["due_on"],
            first["title"],
        )
