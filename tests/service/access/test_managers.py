"""What managers share with the people below them, and what a firm without teams sees."""

import pytest

from crm.access import people, users
from crm.access.actors import find_actor
from crm.access.members.seeing import who_sees
from crm.errors import NotAllowed
from crm.records.records import create_record, update_record
from crm.work import SYSTEM, reading, unit_of_work
from db.models import Contact, User
from tests.factories import make_people


@pytest.fixture
def house(database):
    """Vic reports to sue, sue to stan; sue is of another team."""
    house = make_people()
    with unit_of_work(SYSTEM) as work:
        work.session.get(User, house["sue"]).manager_id = house["stan"]
        work.session.get(User, house["vic"]).manager_id = house["sue"]
    return house


def made(user_id):
    with unit_of_work(find_actor(user_id)) as work:
        return int(create_record(work, "contact", {"last_name": "Malá"})["id"])


def sees(user_id, record):
    with reading(find_actor(user_id)) as session:
        return session.get(Contact, record) is not None


def test_managers_share_what_is_below_them_only_where_the_firm_says_so(house):
    record = made(house["sue"])
    assert not sees(house["stan"], record)

    with unit_of_work(find_actor(house["mona"])) as work, pytest.raises(NotAllowed):
        people.let_managers_share(work, True)
    with unit_of_work(find_actor(house["ada"])) as work:
        people.let_managers_share(work, True)

    stan = find_actor(house["stan"])
    assert stan.people == tuple(sorted((house["sue"], house["vic"])))
    assert sees(house["stan"], record)
    with unit_of_work(stan) as work:
        assert (
            update_record(work, "contact", record, {"first_name": "Jana"}, seen_version=1)["first_name"]
            == "Jana"
        )
    assert not sees(house["sue"], made(house["stan"]))  # upwards nobody sees more
    assert stan.scope_key() != find_actor(house["sue"]).scope_key()


def test_a_firm_without_teams_sees_all_until_it_has_some(database):
    with unit_of_work(SYSTEM) as work:
        bo, cy = (
            users.add_user(work, email=f"{name}@kavarna.si", name=name, role="staff") for name in ("bo", "cy")
        )
    record = made(bo)
    assert sees(cy, record)

    with unit_of_work(SYSTEM) as work:
        create_record(work, "team", {"name": "North"})
    assert not sees(cy, record)


def test_who_can_see_a_record_is_told_with_the_reason(house):
    record = made(house["stan"])
    with unit_of_work(find_actor(house["ada"])) as work:
        people.let_managers_share(work, True)
        work.session.get(User, house["stan"]).manager_id = house["sue"]
        work.session.get(User, house["sue"]).manager_id = None

    found = {
        seer.name: (seer.why, seer.may_change)
        for seer in who_sees(find_actor(house["stan"]), "contact", record)
    }

    assert found == {
        "Ada": ("Sees all of the firm", True),
        "Mona": ("Sees all of the firm", True),
        "Stan": ("Owner", True),
        "Sue": ("Manager of the owner", True),
        "Vic": ("Of the team", False),
    }
