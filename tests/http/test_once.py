"""A call with a key happens once, however often it is sent, from wherever, and whatever breaks off in between."""

import json
import random
import string
import threading
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select, update

from crm.access.actors import find_actor
from crm.access.tokens import answers, tokens
from crm.clock import now
from crm.http import api as api_module
from crm.records import records
from crm.work import SYSTEM, reading, unit_of_work
from db.models import ApiAnswer, Contact
from tests.factories import make, make_people
from tests.http.conftest import application
from tests.rows import all_rows


@pytest.fixture
def stan(web):
    return find_actor(make_people()["stan"])


@pytest.fixture
def token(stan):
    return made(stan)


def made(actor):
    with unit_of_work(actor) as work:
        return tokens.make_token(work, name="Sync", may_write=True)[1]


def call(web, token, body, path="/api/contact", method="POST", key="k-1", **headers):
    named = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", **headers}
    named |= {"Idempotency-Key": key} if key else {}
    return web.request(
        method, path, content=body if isinstance(body, str) else json.dumps(body), headers=named
    )


def stored(cls=Contact):
    with reading(SYSTEM) as session:
        return session.scalar(select(func.count(cls.id)))


def test_the_same_key_and_request_is_answered_as_before(web, token):
    first = call(web, token, {"name": "Ana", "city": "Bled"})
    again = call(web, token, ' {"city": "Bled",   "name": "Ana"}', key='"k-1"')

    assert (first.status_code, again.status_code, stored()) == (201, 201, 1)
    assert (again.content, again.headers["etag"]) == (first.content, first.headers["etag"])
    assert (first.headers.get("idempotency-replayed"), again.headers["idempotency-replayed"]) == (
        None,
        "true",
    )
    assert call(web, token, {"name": "Ana"}, key=None).status_code == 201
    assert stored() == 2


@pytest.mark.parametrize(
    "other",
    [{"body": {"name": "Bo"}}, {"path": "/api/deal"}, {"path": "/api/organisation"},
     {"body": {"rows": [{"name": "Ana"}]}, "path": "/api/contact/bulk"}, {"If-Match": '"1"'}],
)  # fmt: skip
def test_the_same_key_for_another_request_is_refused(web, token, other):
    call(web, token, {"name": "Ana"})
    before = all_rows(without={"api_tokens"})

    answer = call(web, token, **{"body": {"name": "Ana"}, **other})

    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert "another request" in answer.json()["detail"]
    assert all_rows(without={"api_tokens"}) == before


def test_a_change_and_an_archive_are_repeated_without_a_conflict(web, token, stan):
    place = f"/api/contact/{make(stan, 'contact')['id']}"
    change = {"values": {"city": "Bled"}, "version": 1}
    answered = [call(web, token, change, place, "PATCH") for _twice in range(2)]
    assert [a.status_code for a in answered] == [200, 200]
    assert answered[0].content == answered[1].content
    assert call(web, token, change, place, "PATCH", key="k-2").status_code == 409
    gone = [call(web, token, "", f"{place}?version=2", "DELETE", key="k-3") for _twice in range(2)]
    assert [a.status_code for a in gone] == [200, 200]


def test_what_was_refused_is_not_kept(web, token):
    assert call(web, token, {"name": "Ana", "email": "none"}).status_code == 422
    assert stored(ApiAnswer) == 0
    assert call(web, token, {"name": "Ana", "email": "ana@example.com"}).status_code == 201


def test_a_key_is_one_callers_own(web, token, stan):
    call(web, token, {"name": "Ana"})

    assert call(web, made(stan), {"name": "Bo"}).status_code == 201
    assert stored() == 2


@pytest.mark.parametrize("key", ["", " ", '""', "é", "x" * 256])
def test_what_is_no_key_is_said(web, token, key):
    answer = call(web, token, {"name": "Ana"}, key=None, **{"Idempotency-Key": key.encode()})

    assert (answer.status_code, stored()) == (422, 0)
    assert "Idempotency-Key" in answer.text


def test_a_thousand_rows_come_once_and_their_long_answer_is_kept_short(web, token, monkeypatch):
    rows = {"rows": [{"name": f"Person {n}"} for n in range(1_000)]}
    first, again = (call(web, token, rows, "/api/contact/bulk") for _twice in range(2))
    assert (first.status_code, again.content == first.content, stored()) == (200, True, 1_000)
    noise = "".join(random.Random(1).choices(string.ascii_letters, k=4_000))
    monkeypatch.setattr(answers, "MOST_BYTES", 2_000)

    long = {"rows": [{"subject": "Grinder stops", "description": noise}]}
    first, again = (call(web, token, long, "/api/case/bulk", key="n") for _twice in range(2))

    assert again.json() == {"rows": [{name: first.json()["rows"][0][name] for name in ("id", "version")}]}
    with reading(SYSTEM) as session:
        assert session.scalar(select(func.max(func.length(ApiAnswer.body)))) < 200_000


def test_one_that_is_still_under_way_sends_the_other_away(web, token, monkeypatch):
    inside, go_on = threading.Event(), threading.Event()
    plain = records.create_record

    def slow(*args):
        inside.set()
        assert go_on.wait(20)
        return plain(*args)

    monkeypatch.setattr(api_module, "create_record", slow)
    found = []
    thread = threading.Thread(target=lambda: found.append(call(web, token, {"name": "Ana"})))
    thread.start()
    assert inside.wait(20)
    try:
        second = call(web, token, {"name": "Ana"})
    finally:
        go_on.set()
        thread.join(30)

    assert (second.status_code, second.headers["content-type"]) == (409, "application/problem+json")
    assert "under way" in second.json()["detail"]
    assert (found[0].status_code, stored()) == (201, 1)
    assert call(web, token, {"name": "Ana"}).content == found[0].content


def test_a_break_between_write_and_answer_leaves_neither(web, token, monkeypatch):
    def broken(*_args):
        raise RuntimeError("power cut")

    with monkeypatch.context() as patch:
        patch.setattr("crm.http.calls.once.keep_answer", broken)
        with pytest.raises(RuntimeError, match="power cut"):
            call(web, token, {"name": "Ana"})
    assert (stored(), stored(ApiAnswer)) == (0, 0)
    assert call(web, token, {"name": "Ana"}).status_code == 201


def test_a_restart_and_another_server_know_it(web, token):
    from starlette.testclient import TestClient

    first = call(web, token, {"name": "Ana"})
    with TestClient(application()) as other:
        assert call(other, token, {"name": "Ana"}).content == first.content
    assert stored() == 1


def test_it_is_forgotten_after_a_day(web, token, at_noon):
    call(web, token, {"name": "Ana"})
    with time_machine.travel(now() + timedelta(hours=23, minutes=59), tick=False):
        answers.run(SYSTEM, {}, None)
        assert call(web, token, {"name": "Ana"}).headers["idempotency-replayed"] == "true"
    with time_machine.travel(now() + timedelta(hours=24), tick=False):
        assert "idempotency-replayed" not in call(web, token, {"name": "Ana"}).headers
        assert stored() == 2
    with time_machine.travel(now() + timedelta(hours=49), tick=False):
        assert answers.run(SYSTEM, {}, None) == {"forgotten": 1}
    assert stored(ApiAnswer) == 0


def test_a_repeat_shows_nothing_that_left_the_callers_reach(web, token, stan):
    sue = find_actor(stan.user_id + 1)
    call(web, token, {"name": "Ana"})
    with unit_of_work(SYSTEM) as work:
        work.session.execute(update(Contact).values(owner_id=sue.user_id, team_id=sue.teams[0]))

    assert call(web, token, {"name": "Ana"}).status_code == 404


def test_a_reply_to_a_customer_and_a_file_go_once(web, token, stan):
    case = make(stan, "case")["id"]
    for path, body in ((f"/api/case/{case}/replies", {"text": "Since when?", "key": "a"}),
                       (f"/api/case/{case}/files", {"name": "a.txt", "content": "aGVsbG8="})):  # fmt: skip
        both = [call(web, token, body, path, key=path) for _twice in range(2)]
        assert [a.status_code for a in both] == [201, 201], both[0].text
        assert both[0].content == both[1].content


class TestBothDatabases:
    def test_two_at_once_write_once(self, database):
        """Whoever is second is sent away or gets the first answer, also without a lock in the process."""
        stan = find_actor(make_people()["stan"])
        key = answers.Key.of("token 1", "k", b"x")
        begun, told = threading.Barrier(3), []

        def one():
            begun.wait()
            try:
                with unit_of_work(stan) as work:
                    if (found := answers.find_answer(work, key)) is None:
                        records.create_record(work, "contact", {"name": "Ana"})
                        answers.keep_answer(work, key, answers.Answer(201, '"1"', b"{}"), b"{}")
                        told.append("made")
                    else:
                        told.append(found.body)
            except Exception as error:
                told.append(type(error).__name__)

        threads = [threading.Thread(target=one) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)

        assert (told.count("made"), len(told), stored()) == (1, 3, 1)
        assert set(told) <= {"made", "Conflict", b"{}"}
