"""Mail about visits: who is written to, when, and who never."""

from datetime import date, time

import pytest
from sqlalchemy import select

from crm.errors import NotAllowed
from crm.service.visits.mail import VisitMail, set_visit_mail
from crm.service.visits.visits import cancel_visit, replan_visit
from crm.work import SYSTEM, reading, unit_of_work
from db.models import Outbox
from tests.factories import make
from tests.service.equipment.visit_scene import planned

DAY = date(2027, 3, 2)


def mails():
    with reading(SYSTEM) as session:
        return [row.payload for row in session.scalars(select(Outbox).order_by(Outbox.id))]


@pytest.fixture
def visit(people):
    yara = make(people["mona"], "contact", name="Yara", email="yara@example.com")
    return planned(
        people, "mona", title="Change the burrs", contact_id=yara["id"], owner_id=people["stan"].user_id,
        planned_on=DAY, planned_at=time(9, 30), minutes=90,
    )  # fmt: skip


def move(people, visit, **changes):
    order = {"planned_on": DAY, "planned_at": time(9, 30), "minutes": 90, "owner_id": people["stan"].user_id}
    with unit_of_work(people["mona"]) as work:
        replan_visit(work, visit["id"], seen_version=visit["version"], **order | changes)


def test_a_technician_is_told_and_the_customer_only_where_the_firm_says_so(people, visit):
    (mail,) = mails()

    assert mail["to"] == "stan@example.com"
    assert mail["subject"] == f"Visit {visit['number']} is planned: Change the burrs"
    assert "2 Mar 2027, 09:30 to 11:00" in mail["text"]
    assert f"/work_order?id={visit['id']}" in mail["text"]
    with unit_of_work(people["ada"]) as work:
        set_visit_mail(work, VisitMail(technicians=False, customers=True))
    move(people, visit, planned_at=None)
    assert [m["to"] for m in mails()[1:]] == ["yara@example.com"]
    assert "/work_order" not in mails()[1]["text"]


def test_a_move_that_moves_nothing_and_a_visit_of_ones_own_write_no_mail(people, visit):
    move(people, visit)
    planned(people, "stan", owner_id=people["stan"].user_id, planned_on=DAY)
    planned(people, "mona", owner_id=people["stan"].user_id)

    assert len(mails()) == 1


def test_who_waited_for_a_visit_learns_that_it_is_cancelled(people, visit):
    with unit_of_work(people["mona"]) as work:
        cancel_visit(work, visit["id"], seen_version=visit["version"])

    assert "is cancelled" in mails()[1]["subject"]


def test_only_administrators_say_who_is_told(people, dump):
    before = dump()

    with pytest.raises(NotAllowed), unit_of_work(people["stan"]) as work:
        set_visit_mail(work, VisitMail(customers=True))

    assert dump() == before
