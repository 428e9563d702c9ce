"""What administrators do to users, roles and rights, and nobody else, on both databases."""

import pytest
from sqlalchemy import func, select

from crm.access import people, sessions, setup, sign_in, users
from crm.access.actors import find_actor, find_actor_by_email
from crm.access.cli import issue_session
from crm.config import settings
from crm.errors import Conflict, NotAllowed, Refused
from crm.work import SYSTEM, reading, unit_of_work
from db.models import ChangeBatch, Role, Team, User

PASSWORD = "blue teapot sings"
ANA = setup.FirstPerson(name="Ana Kos", email="ana@kavarna.si", password=PASSWORD, firm="Kavarna")


@pytest.fixture(autouse=True)
def fresh_settings(monkeypatch):
    for name in ("CRM_SETUP_TOKEN", "CRM_ALLOWED_DOMAINS"):
        monkeypatch.delenv(name, raising=False)
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.fixture
def ana(database) -> str:
    """A house with one administrator; gives the token of her session."""
    return setup.start_empty(ANA)


@pytest.fixture
def bo(ana) -> int:
    """A further person, staff."""
    with unit_of_work(SYSTEM) as work:
        return users.add_user(
            work, email="Bo@kavarna.si", name="Bo Dahl", role="staff", password="grey lantern walks"
        )


def actor(token):
    return sessions.actor_of_session(sessions.hash_of(token))


def enter(password=PASSWORD, *, email="ana@kavarna.si", address="192.0.2.7", **more):
    return sign_in.sign_in(email=email, password=password, address=address, **more)


class TestPeople:
    def test_teams_of_an_actor_are_the_own_and_the_further_ones(self, ana, bo):
        with unit_of_work(SYSTEM) as work:
            teams = [Team(name=n, name_key=n.lower()) for n in ("North", "South", "West")]
            work.session.add_all(teams)
            work.session.flush()
            north, south, west = (t.id for t in teams)
            version = work.session.get(User, bo).version
        with unit_of_work(actor(ana)) as work:
            users.change_user(
                work,
                user_id=bo,
                values={"team_id": south},
                role_id=None,
                teams=[west, north],
                seen_version=version,
            )

        assert find_actor(bo).teams == (south, north, west)
        assert find_actor(bo).grants == frozenset(), "no role, no rights"

    def test_staff_cannot_raise_themselves(self, ana, bo):
        acting = find_actor(bo)
        with reading(SYSTEM) as session:
            administrator = session.scalar(select(Role.id).where(Role.key == "administrator"))
            staff = next(r for r in people.role_rows(session) if r.key == "staff")
        attempts = [
            lambda w: users.change_user(
                w, user_id=bo, values={}, role_id=administrator, teams=(), seen_version=1
            ),
            lambda w: users.create_user(w, values={"name": "X"}, role_id=administrator),
            lambda w: users.set_password(w, user_id=1, password=PASSWORD),
            lambda w: people.save_grants(
                w, role_id=staff.id, cells={("user", "update"): "all"}, seen_version=1
            ),
            lambda w: people.add_role(w, name="Mine"),
        ]
        for attempt in attempts:
            with pytest.raises(NotAllowed), unit_of_work(acting) as work:
                attempt(work)

        assert find_actor(bo).role == "staff"

    def test_the_last_administrator_cannot_step_down(self, ana):
        with pytest.raises(Refused), unit_of_work(actor(ana)) as work:
            users.change_user(
                work, user_id=actor(ana).user_id, values={}, role_id=None, teams=(), seen_version=1
            )

        assert actor(ana).role == "administrator"

    def test_a_new_password_signs_out_everywhere(self, ana, bo):
        token = issue_session("bo@kavarna.si")

        with unit_of_work(actor(ana)) as work:
            users.set_password(work, user_id=bo, password="seven green umbrellas")

        assert actor(token) is None
        with pytest.raises(sign_in.MustChange):  # it holds once, for a password of their own
            enter("seven green umbrellas", email="bo@kavarna.si")

    def test_ones_own_new_password_keeps_this_session_only(self, ana):
        other = enter()

        with pytest.raises(Refused):
            users.change_own_password(1, current="wrong one here", new="seven green umbrellas")
        users.change_own_password(
            actor(ana).user_id,
            current=PASSWORD,
            new="seven green umbrellas",
            session_hash=sessions.hash_of(ana),
        )

        assert actor(other) is None
        assert actor(ana) is not None

    def test_a_stale_matrix_does_not_overwrite(self, ana):
        acting = actor(ana)
        with reading(acting) as session:
            role = next(r for r in people.role_rows(session) if r.key == "viewer")
        with unit_of_work(acting) as work:
            people.save_grants(
                work, role_id=role.id, cells={("deal", "read"): "own"}, seen_version=role.version
            )

        with pytest.raises(Conflict), unit_of_work(acting) as work:
            people.save_grants(
                work, role_id=role.id, cells={("deal", "read"): "all"}, seen_version=role.version
            )

    def test_only_what_differs_from_the_default_is_stored(self, ana):
        acting = actor(ana)
        with reading(acting) as session:
            role = next(r for r in people.role_rows(session) if r.key == "viewer")
            matrix = people.grant_matrix(session, role.id)
        cells = {(e, a): matrix.at[e, a] for e in matrix.index for a in matrix.columns}

        with unit_of_work(acting) as work:
            assert people.save_grants(work, role_id=role.id, cells=cells, seen_version=role.version) == 0
        with unit_of_work(acting) as work:
            assert (
                people.save_grants(
                    work, role_id=role.id, cells=cells | {("deal", "read"): "all"}, seen_version=1
                )
                == 1
            )
        with unit_of_work(acting) as work:
            assert people.save_grants(work, role_id=role.id, cells=cells, seen_version=2) == 1

        with reading(acting) as session:
            assert people.grant_matrix(session, role.id).equals(matrix)

    def test_changes_of_rights_stand_in_the_log_and_passwords_do_not(self, ana, bo):
        with unit_of_work(SYSTEM) as work:
            before = work.session.scalar(select(func.count(ChangeBatch.id)))
        with unit_of_work(actor(ana)) as work:
            people.add_role(work, name="Partner")
            users.set_password(work, user_id=bo, password="seven green umbrellas")

        with reading(SYSTEM) as session:
            assert session.scalar(select(func.count(ChangeBatch.id))) == before + 1

    def test_addresses_are_unique(self, ana, bo):
        with pytest.raises(Refused), unit_of_work(actor(ana)) as work:
            users.create_user(work, values={"name": "Ben", "email": "bo@kavarna.si"}, role_id=None)
        assert find_actor_by_email("BO@KAVARNA.SI").name == "Bo Dahl"
