"""Somebody leaves: what they looked after goes to others and can come back, and nobody gives them anything new."""

import pytest

from crm.access.members import handover
from crm.contacts.conversion import convert_lead
from crm.errors import Conflict, NotAllowed, Refused
from crm.records import lists
from crm.records.records import create_record, get_record, update_record
from crm.work import SYSTEM, reading, unit_of_work
from db.models import Task, User
from tests.factories import make_people


@pytest.fixture
def house(database):
    return make_people()


@pytest.fixture
def actor(house):
    from crm.access.actors import find_actor

    return lambda name: find_actor(house[name])


def made(actor, entity, **values):
    with unit_of_work(actor) as work:
        return int(create_record(work, entity, values)["id"])


def leave(house, name):
    with unit_of_work(SYSTEM) as work:
        work.session.get(User, house[name]).is_active = False


def owner(entity, record):
    with reading(SYSTEM) as session:
        return get_record(session, entity, record)["owner_id"]


@pytest.fixture
def stans(house, actor):
    """What stan has: two contacts, a task to do and one done, a talk."""
    stan = actor("stan")
    found = {
        "contact": made(stan, "contact", first_name="Jana", last_name="Malá"),
        "task": made(stan, "task", title="Call", due_on="2026-03-11"),
        "done": made(stan, "task", title="Called", due_on="2026-03-01"),
    }
    found["interaction"] = made(
        stan, "interaction", kind="call", subject="Price", happened_at="2026-03-01T10:00:00+00:00",
        contact_id=found["contact"],
    )  # fmt: skip
    with unit_of_work(SYSTEM) as work:
        task = work.session.get(Task, found["done"])
        task.done_at = work.now
        work.session.get(User, house["vic"]).manager_id = house["stan"]
    return found


class TestHandOver:
    def test_what_lives_goes_over_and_what_is_over_stays(self, house, actor, stans):
        ada = actor("ada")
        with reading(ada) as session:
            held = handover.held_by(session, house["stan"])
        assert held == {"contact": 1, "task": 1, "user": 1}

        to = {"contact": house["sue"], "task": house["mona"], "user": house["mona"]}
        with unit_of_work(ada, cause=handover.CAUSE) as work:
            handed = handover.hand_over(work, user_id=house["stan"], to=to)

        assert handed.rows == 3
        assert (owner("contact", stans["contact"]), owner("task", stans["task"])) == (
            house["sue"],
            house["mona"],
        )
        assert (owner("task", stans["done"]), owner("interaction", stans["interaction"])) == (
            house["stan"],
        ) * 2
        with reading(SYSTEM) as session:
            assert (
                get_record(session, "contact", stans["contact"])["team_id"]
                == session.get(User, house["sue"]).team_id
            )
            assert session.get(User, house["vic"]).manager_id == house["mona"]

    def test_it_comes_back_except_what_was_given_on(self, house, actor, stans):
        ada = actor("ada")
        with unit_of_work(ada, cause=handover.CAUSE) as work:
            batch = handover.hand_over(
                work, user_id=house["stan"], to=dict.fromkeys(("contact", "task", "user"), house["mona"])
            ).batch_id
        with unit_of_work(ada) as work:
            version = get_record(work.session, "task", stans["task"])["version"]
            update_record(work, "task", stans["task"], {"owner_id": house["sue"]}, seen_version=version)

        with unit_of_work(ada) as work:
            assert handover.take_back(work, batch_id=batch) == 2

        assert owner("contact", stans["contact"]) == house["stan"]
        assert owner("task", stans["task"]) == house["sue"]
        with unit_of_work(ada) as work, pytest.raises(Conflict):
            handover.take_back(work, batch_id=batch)

    def test_only_administrators_and_only_to_somebody_who_works_here(self, house, actor, stans):
        with unit_of_work(actor("mona")) as work, pytest.raises(NotAllowed):
            handover.hand_over(work, user_id=house["stan"], to={"contact": house["mona"]})
        leave(house, "sue")
        for receiver in (house["sue"], house["stan"]):
            with unit_of_work(actor("ada")) as work, pytest.raises(Refused):
                handover.hand_over(work, user_id=house["stan"], to={"contact": receiver})


class TestNothingNew:
    def test_whoever_left_is_not_offered_but_found_by_filters(self, house):
        leave(house, "stan")

        with reading(SYSTEM) as session:
            assert house["stan"] not in lists.link_options(session, "user")
            assert house["stan"] in lists.link_options(session, "user", everybody=True)

    def test_nobody_gives_them_a_record_but_theirs_can_be_edited(self, house, actor, stans):
        leave(house, "stan")
        ada = actor("ada")

        with unit_of_work(ada) as work, pytest.raises(Refused, match="does not work here any more"):
            create_record(work, "task", {"title": "Call", "due_on": "2026-03-11", "owner_id": house["stan"]})
        with unit_of_work(ada) as work:
            version = get_record(work.session, "task", stans["task"])["version"]
            values = {"owner_id": house["stan"], "title": "Call again"}
            assert (
                update_record(work, "task", stans["task"], values, seen_version=version)["title"]
                == "Call again"
            )

    def test_what_a_job_makes_waits_for_an_owner(self, house):
        leave(house, "stan")

        record = made(SYSTEM, "task", title="Look", due_on="2026-03-11", owner_id=house["stan"], team_id=None)

        assert owner("task", record) is None

    def test_a_lead_of_theirs_becomes_a_contact_of_whoever_converts_it(self, house, actor):
        lead = made(actor("stan"), "lead", name="Ota Novák", email="ota@example.com")
        leave(house, "stan")

        with unit_of_work(actor("mona")) as work:
            version = get_record(work.session, "lead", lead)["version"]
            contact = convert_lead(work, lead_id=lead, seen_version=version).contact_id

        assert owner("contact", contact) in (None, house["mona"])
