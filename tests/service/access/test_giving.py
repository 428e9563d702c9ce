"""Nobody gives more than they have: roles, teams, addresses and passwords, for keepers of users who are no administrators."""

import pytest
from sqlalchemy import select

from crm.access import people, users
from crm.access.actors import find_actor
from crm.errors import NotAllowed, Refused
from crm.work import SYSTEM, reading, unit_of_work
from db.models import Credential, Grant, Role, Team, User
from tests.factories import make_people
from tests.rows import all_rows

PASSWORD = "blue teapot sings"
KEEPER = {("user", a): "all" for a in ("read", "create", "update", "delete")} | {("contact", "read"): "team"}


@pytest.fixture
def house(sqlite_database):
    """The people of the factory, and Kim of North, who keeps users and sees the contacts of the team."""
    ids = make_people()
    with unit_of_work(SYSTEM) as work:
        role = Role(key="own_1", name="Keeper")
        work.session.add(role)
        work.session.flush()
        work.session.add_all(
            Grant(role_id=role.id, entity=e, action=a, scope=s) for (e, a), s in KEEPER.items()
        )
        north = work.session.scalar(select(Team.id).where(Team.name == "North"))
        kim = User(name="Kim", name_key="kim", email="kim@example.com", role_id=role.id, team_id=north)
        pat = User(name="Pat", name_key="pat", email="pat@example.com", team_id=north)
        work.session.add_all((kim, pat))
        work.session.flush()
        return ids | {"kim": kim.id, "pat": pat.id, "keeper": role.id, "north": north}


def role_id(key):
    with reading(SYSTEM) as session:
        return session.scalar(select(Role.id).where(Role.key == key))


def team(name):
    with reading(SYSTEM) as session:
        return session.scalar(select(Team.id).where(Team.name == name))


def change(house, actor, who, *, values=None, role=..., teams=()):
    with reading(SYSTEM) as session:
        user = session.get(User, house[who])
        version, now = user.version, user.role_id
    with unit_of_work(find_actor(house[actor])) as work:
        users.change_user(
            work, user_id=house[who], values=values or {}, role_id=now if role is ... else role, teams=teams,
            seen_version=version,
        )  # fmt: skip


def attempts(house):
    """What would give Kim, or somebody through Kim, more than Kim has."""
    kim = find_actor(house["kim"])

    def grants(cells, role):
        with unit_of_work(kim) as work:
            people.save_grants(work, role_id=role, cells=cells, seen_version=1)

    def create(**more):
        with unit_of_work(kim) as work:
            users.create_user(
                work, values={"name": "New", "email": "new@example.com", **more.pop("values", {})}, **more
            )

    def password(who):
        with unit_of_work(kim) as work:
            users.set_password(work, user_id=house[who], password=PASSWORD)

    return {
        "makes itself administrator": lambda: change(house, "kim", "kim", role=role_id("administrator")),
        "makes itself manager": lambda: change(house, "kim", "kim", role=role_id("manager")),
        "makes another administrator": lambda: change(house, "kim", "pat", role=role_id("administrator")),
        "adds an administrator": lambda: create(role_id=role_id("administrator"), password=PASSWORD),
        "adds staff, who change contacts": lambda: create(role_id=role_id("staff")),
        "adds a keeper of another team": lambda: create(role_id=house["keeper"], values={"team_id": team("South")}),
        "adds a keeper who shares another team": lambda: create(role_id=house["keeper"], teams=[team("South")]),
        "joins another team": lambda: change(house, "kim", "kim", teams=[team("South")]),
        "moves to another team": lambda: change(house, "kim", "kim", values={"team_id": team("South")}),
        "widens its own role": lambda: grants({("contact", "read"): "all"}, house["keeper"]),
        "adds an action to its own role": lambda: grants({("deal", "read"): "own"}, house["keeper"]),
        "widens another role": lambda: grants({("deal", "export"): "all"}, role_id("viewer")),
        "takes from a role that reaches further": lambda: grants({("deal", "read"): "none"}, role_id("manager")),
        "sets the administrator's password": lambda: password("ada"),
        "sets a manager's password": lambda: password("mona"),
        "sets the password of staff": lambda: password("stan"),
        "takes over the administrator's address": lambda: change(house, "kim", "ada", values={"email": "k@example.com"}),
        "switches the administrator off": lambda: change(house, "kim", "ada", values={"is_active": False}),
        "takes the administrator's role": lambda: change(house, "kim", "ada", role=None),
        "moves staff out of their team": lambda: change(house, "kim", "stan", values={"team_id": None}),
    }  # fmt: skip


def test_a_keeper_of_users_gives_and_takes_nothing_beyond_their_own_reach(house):
    before, passed = all_rows(), []
    for name, attempt in attempts(house).items():
        try:
            attempt()
            passed.append(name)
        except (NotAllowed, Refused):
            pass
        assert all_rows() == before, name
    assert not passed


def test_a_keeper_of_users_does_their_work(house):
    kim = find_actor(house["kim"])
    with unit_of_work(kim) as work:
        made = users.create_user(
            work, values={"name": "Lee", "email": "lee@example.com", "team_id": house["north"]},
            role_id=house["keeper"], password=PASSWORD,
        )  # fmt: skip
        users.set_password(work, user_id=house["pat"], password=PASSWORD)
        users.set_password(work, user_id=made, password="seven green umbrellas")
    change(house, "kim", "ada", values={"job_title": "Owner"})
    change(house, "kim", "pat", role=house["keeper"], values={"email": "patricia@example.com"})
    with unit_of_work(kim) as work:
        people.save_grants(work, role_id=house["keeper"], cells={("contact", "read"): "own"}, seen_version=1)

    assert find_actor(made).reach("contact", "read") == "own"


def test_administrators_give_what_they_took_from_themselves(house):
    ada, administrator = find_actor(house["ada"]), role_id("administrator")
    with unit_of_work(ada) as work:
        people.save_grants(work, role_id=administrator, cells={("deal", "read"): "none"}, seen_version=1)
    assert not find_actor(house["ada"]).may("deal", "read")

    with unit_of_work(find_actor(house["ada"])) as work:
        people.save_grants(work, role_id=administrator, cells={("deal", "read"): "all"}, seen_version=2)

    assert find_actor(house["ada"]).may("deal", "read")


def test_ones_own_password_is_not_set_without_the_present_one(house):
    ada = find_actor(house["ada"])
    with unit_of_work(ada) as work:
        users.set_password(work, user_id=house["ada"], password=PASSWORD)  # signed in by a provider until now

    with pytest.raises(NotAllowed), unit_of_work(ada) as work:
        users.set_password(work, user_id=house["ada"], password="seven green umbrellas")
    with reading(SYSTEM) as session:
        assert len(session.scalars(select(Credential.id)).all()) == 1


@pytest.mark.parametrize(("entity", "action", "scope"), [
    ("user", "update", "own"), ("product", "create", "team"), ("team", "delete", "own"), ("setting", "update", "team"),
    ("product", "read", "own"), ("setting", "export", "all"), ("deal", "read", "some"), ("nothing", "read", "all"),
])  # fmt: skip
def test_a_reach_that_no_rule_holds_is_refused_and_stored_gives_nothing(house, entity, action, scope):
    ada = find_actor(house["ada"])
    with pytest.raises(Refused), unit_of_work(ada) as work:
        people.save_grants(work, role_id=house["keeper"], cells={(entity, action): scope}, seen_version=1)

    before = find_actor(house["kim"]).grants
    with unit_of_work(SYSTEM) as work:
        rows = work.session.scalars(select(Grant).where(Grant.entity == entity, Grant.action == action)).all()
        for row in rows:
            work.session.delete(row)
        work.session.flush()
        work.session.add(Grant(role_id=house["keeper"], entity=entity, action=action, scope=scope))
    assert find_actor(house["kim"]).grants == before - {(entity, action, "all")} | (
        before & {(entity, "read", "all")}
    )
