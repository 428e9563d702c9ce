"""The page on which a customer says how content they are."""

import pytest

from crm.links import make_token
from crm.records.records import get_record
from crm.work import SYSTEM, reading
from tests.factories import make


@pytest.fixture
def case(token):
    return make(SYSTEM, "case", subject="Private: grinder of Dr. Berg")


def path(case_id, purpose="rate"):
    return f"/rate/{make_token(purpose, case_id)}"


def stored(case):
    with reading(SYSTEM) as session:
        found = get_record(session, "case", case["id"])
    return found["satisfaction"], found["satisfaction_note"]


def test_looking_rates_nothing_and_shows_the_number_only(web, case):
    answer = web.get(path(case["id"]))

    assert answer.status_code == 200
    assert case["number"] in answer.text
    assert "Berg" not in answer.text
    assert "checked" not in answer.text
    assert stored(case) == (None, None)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_number_in_the_link_only_preselects(web, case, method):
    answer = web.request(method, path(case["id"]) + "?score=4")

    assert ('value="4" required checked' in answer.text) == (method == "GET")
    assert stored(case) == (None, None)


def test_a_sent_answer_is_stored_with_its_comment(web, case):
    answer = web.post(path(case["id"]), data={"score": "5", "note": "Quick <b>help</b>"})

    assert answer.status_code == 200
    assert "Thank you" in answer.text
    assert stored(case) == (5, "Quick <b>help</b>")


@pytest.mark.parametrize("score", ["", "0", "6", "4.5", "-1", "five", "٤", "1e0", "9" * 400])
def test_a_number_that_is_none_of_the_five_is_refused_and_the_comment_kept(web, case, score):
    answer = web.post(path(case["id"]), data={"score": score, "note": "<i>kept</i>"})

    assert answer.status_code == 422
    assert "Choose a number from 1 to 5." in answer.text
    assert "&lt;i&gt;kept&lt;/i&gt;" in answer.text
    assert stored(case) == (None, None)


def test_a_comment_that_is_too_long_is_refused(web, case):
    answer = web.post(path(case["id"]), data={"score": "5", "note": "x" * 2001})

    assert answer.status_code == 422
    assert stored(case) == (None, None)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_forged_link_rates_nothing(web, case, method):
    for link in (path(case["id"], "out"), f"/rate/rate.{case['id']}.{'0' * 32}", path(987_654)):
        answer = web.request(method, link, data={"score": "1"} if method == "POST" else None)

        assert answer.status_code == 404
    assert stored(case) == (None, None)
