"""Sign-in, its sessions and limits, the first setup, and what administrators do to users, on both databases."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from crm.access import people, sessions, setup, sign_in, users
from crm.access.actors import find_actor
from crm.access.cli import issue_session
from crm.config import settings
from crm.errors import CrmError, NotAllowed, NotFound, Refused
from crm.firm.firm import put_setting
from crm.work import SYSTEM, reading, unit_of_work
from db.models import Credential, LoginSession, SignInFailure, User

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


class TestSetup:
    def test_the_first_person_administers(self, database):
        assert setup.is_needed()

        token = setup.start_empty(ANA)

        assert actor(token).role == "administrator"
        assert not setup.is_needed()

    def test_it_is_possible_once(self, ana):
        for again in (lambda: setup.start_empty(ANA), lambda: setup.begin_sample(in_background=False)):
            with pytest.raises(NotAllowed):
                again()
        with reading(SYSTEM) as session:
            assert session.scalar(select(func.count(User.id))) == 1

    def test_of_many_at_once_one_wins(self, database):
        results = []

        def attempt(number):
            person = setup.FirstPerson(name=f"P{number}", email=f"p{number}@kavarna.si", password=PASSWORD)
            try:
                results.append(setup.start_empty(person))
            except CrmError as error:
                results.append(error)

        threads = [threading.Thread(target=attempt, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert sorted(isinstance(r, str) for r in results) == [False, False, False, True]
        with reading(SYSTEM) as session:
            assert session.scalar(select(func.count(Credential.id))) == 1

    def test_the_token_of_the_installation_is_needed(self, database, monkeypatch):
        monkeypatch.setenv("CRM_SETUP_TOKEN", "open sesame")
        settings.cache_clear()
        assert setup.needs_token()

        for token in ("", "open sesam", "öpen sesame"):
            with pytest.raises(NotAllowed):
                setup.start_empty(ANA, token=token)
            with pytest.raises(NotAllowed):
                setup.begin_sample(token=token)

        assert setup.is_needed()
        setup.start_empty(ANA, token="open sesame")

    def test_every_wrong_field_is_named_at_once(self, database):
        person = setup.FirstPerson(name=" ", email="ana", password="short", currency="XXZ")

        with pytest.raises(Refused) as refused:
            setup.start_empty(person)

        assert [p.field for p in refused.value.problems] == ["name", "currency", "email", "password"]

    def test_imported_owners_of_records_do_not_close_it(self, database):
        with unit_of_work(SYSTEM) as work:
            work.session.add(User(name="Sales agent", name_key="sales agent"))

        assert setup.is_needed()


class TestSignIn:
    def test_the_right_password_signs_in_whatever_the_capitals_of_the_address(self, ana):
        assert actor(enter(email=" ANA@Kavarna.si ")).name == "Ana Kos"

    @pytest.mark.parametrize(
        ("email", "password"), [("ana@kavarna.si", "wrong one here"), ("no@kavarna.si", PASSWORD), ("", "")]
    )
    def test_wrong_and_unknown_get_the_same_answer(self, ana, email, password):
        with pytest.raises(Refused) as refused:
            enter(password, email=email)

        assert "do not belong together" in refused.value.message

    def test_somebody_without_a_password_cannot_sign_in(self, ana):
        with unit_of_work(SYSTEM) as work:
            work.session.add(User(name="Cy", name_key="cy", email="cy@kavarna.si"))

        with pytest.raises(Refused):
            enter("", email="cy@kavarna.si")

    def test_only_the_hash_of_the_token_is_stored(self, ana):
        with reading(SYSTEM) as session:
            (stored,) = session.scalars(select(LoginSession.token_hash))

        assert stored == sessions.hash_of(ana) != ana
        assert len(ana) >= 43

    def test_the_browsers_older_session_ends(self, ana):
        token = enter(old_token=ana)

        assert actor(ana) is None
        assert actor(token) is not None

    @pytest.mark.parametrize("by", ["account", "address"])
    def test_after_ten_failures_one_waits_a_minute(self, ana, at_noon, by):
        for number in range(10):
            varied = (
                {"address": f"192.0.2.{number}"} if by == "account" else {"email": f"{number}@kavarna.si"}
            )
            with pytest.raises(Refused):
                enter("wrong one here", **varied)

        with pytest.raises(sign_in.TooManyTries) as many:
            enter()

        assert (many.value.status, many.value.retry_after) == (429, 61)
        at_noon.shift(timedelta(seconds=61))
        assert actor(enter()) is not None

    def test_success_does_not_count_as_a_failure(self, ana):
        for _ in range(12):
            enter()

        with reading(SYSTEM) as session:
            assert session.scalar(select(func.count(SignInFailure.id))) == 0

    def test_what_was_typed_is_not_kept(self, ana):
        with pytest.raises(Refused):
            enter(email="my secret password")

        with reading(SYSTEM) as session:
            (account,) = session.scalars(select(SignInFailure.account))
        assert len(account) == 64

    def test_many_wrong_ones_at_once_do_not_slip_past_the_limit(self, ana):
        answers = []

        def attempt():
            try:
                enter("wrong one here")
            except CrmError as error:
                answers.append(type(error).__name__)

        threads = [threading.Thread(target=attempt) for _ in range(14)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert answers.count("Refused") <= 10
        assert len(answers) == 14


class TestSessions:
    def test_a_session_ends_on_sign_out(self, ana):
        sessions.sign_out(sessions.hash_of(ana))

        assert actor(ana) is None
        assert not sessions.is_live(sessions.hash_of(ana))

    def test_idle_for_too_long_ends_it(self, ana, at_noon):
        token = enter()
        at_noon.shift(timedelta(hours=11))
        assert actor(token) is not None
        at_noon.shift(timedelta(hours=11))
        assert actor(token) is not None, "using it had moved the limit"

        at_noon.shift(timedelta(hours=12, seconds=1))

        assert actor(token) is None

    def test_a_tab_that_only_asks_whether_it_still_lives_runs_out(self, ana, at_noon):
        token = enter()
        for _ in range(2):
            at_noon.shift(timedelta(hours=6))
            sessions.actor_of_session(sessions.hash_of(token), in_use=False)

        assert actor(token) is None

    def test_after_two_weeks_even_a_used_one_ends(self, ana, at_noon):
        token = enter()
        for _ in range(33):
            at_noon.shift(timedelta(hours=10))
            assert actor(token) is not None

        at_noon.shift(timedelta(hours=10))

        assert actor(token) is None

    def test_whoever_is_switched_off_is_out_at_once_and_stays_out(self, ana, bo):
        token = enter("grey lantern walks", email="bo@kavarna.si")
        with reading(actor(ana)) as session:
            row = people.user_table(session).set_index("id").loc[bo]
        values = {"name": row["name"], "email": row["email"], "is_active": False}

        with unit_of_work(actor(ana)) as work:
            users.change_user(
                work, user_id=bo, values=values, role_id=row["role_id"], teams=(), seen_version=row["version"]
            )

        assert actor(token) is None
        assert find_actor(bo) is None
        with pytest.raises(Refused):
            enter("grey lantern walks", email="bo@kavarna.si")
        with unit_of_work(SYSTEM) as work:
            work.session.get(User, bo).is_active = True
        assert actor(token) is None, "the session had ended, not paused"

    def test_rights_hold_from_the_next_look_on(self, ana, bo):
        token = issue_session("BO@kavarna.si")
        assert not actor(token).may("deal", "export")
        with reading(actor(ana)) as session:
            role = next(r for r in people.role_rows(session) if r.key == "staff")

        with unit_of_work(actor(ana)) as work:
            people.save_grants(
                work, role_id=role.id, cells={("deal", "export"): "team"}, seen_version=role.version
            )

        assert actor(token).reach("deal", "export") == "team"

    def test_a_cookie_is_issued_only_for_people_who_may_sign_in(self, ana):
        with pytest.raises(NotFound):
            issue_session("nobody@kavarna.si")


class TestProvider:
    def test_a_known_verified_address_signs_in(self, ana):
        token = sign_in.sign_in_by_claims({"email": "Ana@Kavarna.si", "email_verified": True})

        assert actor(token).name == "Ana Kos"

    @pytest.mark.parametrize(
        "claims",
        [{}, {"email": "ana@kavarna.si"}, {"email": "ana@kavarna.si", "email_verified": False}, {"email_verified": True},
         {"email": "new@kavarna.si", "email_verified": True}],
    )  # fmt: skip
    def test_anybody_else_is_refused(self, ana, claims):
        with pytest.raises(NotAllowed):
            sign_in.sign_in_by_claims(claims)

    def test_somebody_of_an_allowed_domain_becomes_a_viewer(self, ana, monkeypatch):
        monkeypatch.setenv("CRM_ALLOWED_DOMAINS", "example.com, Kavarna.si")
        settings.cache_clear()

        token = sign_in.sign_in_by_claims(
            {"email": "new@kavarna.si", "email_verified": "true", "name": "Neo"}
        )

        assert (actor(token).name, actor(token).role, actor(token).teams) == ("Neo", "viewer", ())
        with pytest.raises(NotAllowed):
            sign_in.sign_in_by_claims({"email": "new@evil-kavarna.si", "email_verified": True})

    def test_whoever_is_switched_off_stays_out(self, ana, bo):
        with unit_of_work(SYSTEM) as work:
            work.session.get(User, bo).is_active = False

        with pytest.raises(NotAllowed):
            sign_in.sign_in_by_claims({"email": "bo@kavarna.si", "email_verified": True})


class TestSamplePeople:
    def test_only_the_sample_company_lets_people_in_by_a_click(self, ana, bo):
        assert sign_in.sample_people() == []
        with pytest.raises(NotAllowed):
            sign_in.sign_in_as(user_id=bo)

        with unit_of_work(SYSTEM) as work:
            put_setting(work, "sample", {"seed": 1})

        assert [p.name for p in sign_in.sample_people()] == ["Ana Kos", "Bo Dahl"]
        assert actor(sign_in.sign_in_as(user_id=bo)).name == "Bo Dahl"
        with pytest.raises(NotAllowed):
            sign_in.sign_in_as(user_id=0)
