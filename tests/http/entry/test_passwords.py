"""Invitations and forgotten passwords: one hour, once, the same answer for everybody."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from crm.access import sessions, users
from crm.access.members import invitations
from crm.config import settings
from crm.errors import NotFound, Refused
from crm.mail.sending.compose import Row, compose
from crm.work import SYSTEM, reading, unit_of_work
from db.models import Outbox, PasswordLink, User
from tests.http.conftest import PASSWORD

NEW = "grey lantern walks"


@pytest.fixture(autouse=True)
def _with_mail(monkeypatch):
    monkeypatch.setenv("CRM_SMTP_HOST", "127.0.0.1")
    monkeypatch.setenv("CRM_MAIL_FROM", "Kavarna <hello@kavarna.si>")
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


@pytest.fixture
def ana(token):
    return sessions.actor_of_session(sessions.hash_of(token))


@pytest.fixture
def bo(ana):
    with unit_of_work(ana) as work:
        role = work.session.get(User, ana.user_id).role_id
        return users.create_user(work, values={"name": "Bo Dahl", "email": "bo@kavarna.si"}, role_id=role)


def letters():
    """The mails that wait, as they go out."""
    with reading(SYSTEM) as session:
        rows = session.scalars(select(Outbox).order_by(Outbox.id)).all()
        made = [Row(r.id, r.kind, r.payload, r.unique_key, 0, None, None, None, "") for r in rows]
        return [(str(row.payload), compose(session, row).content.decode()) for row in made]


def link_in(mail):
    return re.search(r"/sign-in/password/\S+", mail.replace("=\r\n", "").replace("=2E", "."))[0]


def test_an_invitation_is_chosen_by_once(web, ana, bo):
    with unit_of_work(ana) as work:
        invited = invitations.invite(work, user_id=bo)
    stored, mail = letters()[0]
    path = "/sign-in" + invited.url.partition("/sign-in")[2]
    assert (invited.is_mailed, link_in(mail)) == (True, path)
    assert path.rpartition(".")[2] not in stored  # the outbox keeps no token

    web.cookies.clear()
    assert "Bo Dahl" in web.get(path).text
    weak = web.post(path, data={"password": "password", "password_again": "password"})
    made = web.post(path, data={"password": NEW, "password_again": NEW})
    again = web.post(path, data={"password": NEW, "password_again": NEW})

    assert (weak.status_code, made.status_code, again.status_code) == (422, 303, 404)
    assert web.get("/auth/me").json()["name"] == "Bo Dahl"


def test_a_link_ends_after_an_hour_with_its_address_and_with_its_person(ana, bo):
    changes = [
        update(PasswordLink).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)),
        update(User).where(User.id == bo).values(email="other@kavarna.si"),
        update(User).where(User.id == bo).values(is_active=False),
    ]
    for change in changes:
        with unit_of_work(ana) as work:
            work.session.get(User, bo).email = "bo@kavarna.si"
            url = invitations.invite(work, user_id=bo).url
        key = url.rpartition("/")[2]
        assert invitations.holder(key).user_id == bo
        with unit_of_work(SYSTEM) as work:
            work.session.execute(change, execution_options={"synchronize_session": False})
        with pytest.raises(NotFound):
            invitations.choose_password(key, NEW)


def test_whoever_forgot_gets_a_mail_and_strangers_the_same_answer(web, ana, bo):
    web.cookies.clear()
    known, strange = (
        web.post("/sign-in/forgotten", data={"email": email}) for email in ("BO@kavarna.si", "x@kavarna.si")
    )

    assert (known.status_code, known.text) == (strange.status_code, strange.text)
    assert len(letters()) == 1
    for _more in range(5):
        web.post("/sign-in/forgotten", data={"email": "bo@kavarna.si"})
    assert len(letters()) == invitations.MOST_MAILS


def test_a_password_that_somebody_else_chose_is_changed_first(web, ana, bo):
    with unit_of_work(ana) as work:
        users.set_password(work, user_id=bo, password=PASSWORD + " too")
    web.cookies.clear()

    answer = web.post("/sign-in", data={"email": "bo@kavarna.si", "password": PASSWORD + " too"})

    assert answer.headers["location"].startswith("/sign-in/password/")
    assert "rapport_session" not in web.cookies
    web.post(answer.headers["location"], data={"password": NEW, "password_again": NEW})
    assert web.get("/auth/me").json()["name"] == "Bo Dahl"
    web.cookies.clear()
    assert web.post("/sign-in", data={"email": "bo@kavarna.si", "password": NEW}).headers["location"] == "/"


def test_without_mail_the_link_is_copied(web, ana, bo, monkeypatch):
    monkeypatch.setenv("CRM_SMTP_HOST", "")
    settings.cache_clear()

    with unit_of_work(ana) as work:
        assert not invitations.invite(work, user_id=bo).is_mailed
    assert letters() == []
    web.cookies.clear()
    assert "sends no mail" in web.get("/sign-in/forgotten").text


def test_whoever_has_no_role_is_not_invited(ana):
    with unit_of_work(ana) as work:
        cy = users.create_user(work, values={"name": "Cy", "email": "cy@kavarna.si"}, role_id=None)
        with pytest.raises(Refused):
            invitations.invite(work, user_id=cy)


def test_sessions_are_listed_by_their_device_and_ended_by_their_person(web, ana):
    agent = (
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Safari/537.36"
    )
    web.cookies.clear()
    sent = {"email": ana_email(ana), "password": PASSWORD}
    web.post("/sign-in", data=sent, headers={"User-Agent": agent})
    here = sessions.hash_of(web.cookies["rapport_session"])
    known = {one.token_hash: one for one in sessions.own_sessions(ana.user_id)}
    assert (len(known), known[here].device) == (2, "Chrome, Linux")

    sessions.end_own(ana.user_id + 1, session_id=known[here].id)  # somebody else's stays
    assert sessions.is_live(here)
    sessions.end_own(ana.user_id, except_hash=here)

    assert [one.token_hash for one in sessions.own_sessions(ana.user_id)] == [here]


def ana_email(ana):
    with reading(SYSTEM) as session:
        return session.get(User, ana.user_id).email
