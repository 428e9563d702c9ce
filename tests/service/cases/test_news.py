"""What customers did since somebody looked, for each person by themselves."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from crm.records import records
from crm.service.cases import cases
from crm.service.cases.news import FRESH, mark_read, unread
from crm.work import SYSTEM, reading, unit_of_work
from db.models import CaseRead, Queue
from tests.factories import change, make
from tests.service.cases.case_scene import do, move


@pytest.fixture
def case(people):
    return make(people["stan"], "case")


def news(actor, *, later=timedelta(0), **more):
    with unit_of_work(SYSTEM) as work, reading(actor) as session:
        return [(one.number, one.what) for one in unread(session, work.now + later, **more)]


def wrote(case, key="c"):
    do(SYSTEM, cases.customer_message, case["id"], "Hello?", key=key)


def test_what_the_customer_wrote_is_news_until_it_is_opened_by_each(people, case):
    stan, mona = people["stan"], people["mona"]
    assert news(stan) == []
    wrote(case)
    assert news(stan) == [(case["number"], "wrote")]
    assert news(mona) == []

    do(mona, mark_read, [case["id"]])
    assert news(stan) == [(case["number"], "wrote")]
    do(stan, mark_read, [case["id"]])
    assert news(stan) == []

    wrote(case, "again")
    assert news(stan) == [(case["number"], "wrote")]
    assert news(stan, case_id=case["id"] + 1) == []


def test_a_case_that_comes_back_and_a_low_rating_are_news(people):
    stan = people["stan"]
    back, bad, good = (move(stan, make(stan, "case"), "resolved") for _n in range(3))
    move(people["mona"], back, "open")
    with unit_of_work(SYSTEM) as work:
        cases.rate_case(work, bad["id"], 2, "Slow", now=work.now)
        cases.rate_case(work, good["id"], 3, None, now=work.now)

    assert sorted(news(stan)) == [(back["number"], "reopened"), (bad["number"], "rated")]
    move(stan, good, "open")
    assert (good["number"], "reopened") not in news(stan)


def test_a_case_that_nobody_has_is_news_to_its_team_and_goes_with_its_owner(people, case):
    with unit_of_work(SYSTEM) as work:
        queue = Queue(name="Repairs", team_id=people["stan"].teams[0])
        work.session.add(queue)
    free = make(people["stan"], "case", queue_id=queue.id)
    wrote(free)

    assert news(people["stan"]) == news(people["mona"]) == [(free["number"], "wrote")]
    assert news(people["sue"]) == []
    do(people["mona"], cases.take_case, free["id"])
    assert (news(people["stan"]), news(people["mona"])) == ([], [(free["number"], "wrote")])


def test_old_archived_and_foreign_cases_are_none(people, case):
    wrote(case)
    assert news(people["stan"], later=FRESH + timedelta(hours=1)) == []
    do(people["sue"], mark_read, [case["id"]])
    with reading(SYSTEM) as session:
        assert session.scalars(select(CaseRead.user_id)).all() == []
    stored = change(people["stan"], "case", case, subject="Put away")
    do(people["stan"], records.archive_record, "case", case["id"], seen_version=stored["version"])
    assert news(people["stan"]) == []
