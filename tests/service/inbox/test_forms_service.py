"""Requests for service by a public form: whose they are, in which queue they wait, which unit and firm they mean."""

from sqlalchemy import select

from crm.campaigns.forms import forms
from crm.service.cases.board import my_queue
from crm.work import SYSTEM, reading, unit_of_work
from db.models import Case, Contact, Outbox, Queue
from tests.factories import make
from tests.service.campaigns.test_forms import NOW, answer, clock, rows, service_form  # noqa: F401


def a_queue(people, who=None, **values):
    with unit_of_work(SYSTEM) as work:
        queue = Queue(name="Repairs", team_id=people[who].teams[0] if who else None, **values)
        work.session.add(queue)
        work.session.flush()
        return queue.id


def test_a_request_waits_in_the_queue_for_its_team_with_the_unit_and_the_firm(clock, people):  # noqa: F811
    south, queue = people["sue"].teams[0], a_queue(people, "sue")
    make(people["stan"], "web_form", name="Repair", slug="repair", kind="service", queue_id=queue)
    house = make(people["mona"], "organisation", name="Kavarna, s.r.o.", owner_id=people["mona"].user_id)
    unit = make(people["mona"], "equipment", serial="V3-118842", organisation_id=house["id"])

    received = answer(clock, "repair", subject="No steam", serial="v3 118 842")

    (case,), (eva,) = rows(Case), rows(Contact)
    assert received == forms.Received("", case.number)
    assert (case.queue_id, case.owner_id, case.team_id) == (queue, None, south)
    assert (case.equipment_id, case.organisation_id, case.contact_id) == (unit["id"], house["id"], eva.id)
    assert (eva.organisation_id, eva.owner_id, eva.team_id) == (house["id"], None, south)
    with reading(people["sue"]) as session:
        assert [card.id for card in my_queue(session, NOW)] == [case.id]
    assert not any(word in str(rows(Outbox)[0].payload) for word in ("s.r.o.", "V3-118842", "Duo"))


def test_a_service_form_without_queue_works_for_the_first_that_a_team_looks_after(clock, people):  # noqa: F811
    a_queue(people, "sue", is_active=False, position=0)
    with unit_of_work(SYSTEM) as work:
        work.session.add(Queue(name="Nobody's", position=1))
    make(people["stan"], "web_form", name="Repair", slug="repair", kind="service")
    answer(clock, "repair", subject="No steam")
    with unit_of_work(SYSTEM) as work:
        work.session.scalars(select(Queue).where(Queue.team_id.is_not(None))).one().is_active = True
    answer(clock, "repair", subject="Still no steam")

    first, second = rows(Case)
    assert (first.queue_id, first.owner_id) == (None, people["stan"].user_id)
    assert (second.team_id, second.owner_id) == (people["sue"].teams[0], None)


def test_of_units_with_one_serial_that_of_the_customer_is_meant(clock, people, service_form):  # noqa: F811
    house = make(people["sue"], "organisation", name="Kavarna")
    other = make(SYSTEM, "product", name="Vario")
    make(people["sue"], "equipment", serial="77", product_id=other["id"])
    theirs = make(people["sue"], "equipment", serial="77", organisation_id=house["id"])

    answer(clock, "repair", subject="No steam", serial="77")

    (case,) = rows(Case)
    # Nobody looks after this queue, so whoever looks after the machine does.
    assert (case.equipment_id, case.team_id) == (theirs["id"], people["sue"].teams[0])
