"""Photos and other files of a visit: with whom they stand, and who sees them."""

from datetime import timedelta

import pytest

from crm.clock import today
from crm.errors import Conflict, NotFound, Refused
from crm.mail.record_files import attach, list_files
from crm.service.visits.visits import reopen_visit
from crm.work import reading, unit_of_work
from tests.factories import make
from tests.service.equipment.visit_scene import covered_unit, finish, planned


def keep(actor, order, name="seal.jpg"):
    with unit_of_work(actor) as work:
        return attach(work, "work_order", order["id"], name, b"\xff\xd8\xff\xe0picture", "image/jpeg")


def names(actor, entity, record_id):
    with reading(actor) as session:
        return [file.name for file in list_files(session, entity, record_id)]


def test_a_photo_stands_with_the_visit_its_case_and_its_customer_once(people):
    unit = covered_unit(people)
    case = make(people["stan"], "case", equipment_id=unit["id"])
    order = planned(people, case_id=case["id"])

    assert keep(people["stan"], order) == keep(people["stan"], order)

    for entity, record_id in (
        ("work_order", order["id"]),
        ("case", case["id"]),
        ("organisation", unit["organisation_id"]),
    ):
        assert names(people["mona"], entity, record_id) == ["seal.jpg"]
    with pytest.raises(NotFound):
        names(people["sue"], "work_order", order["id"])


def test_a_visit_to_nobody_keeps_no_photo(people, dump):
    order = planned(people, title="Advice")
    before = dump()

    with pytest.raises(Refused, match="belongs to a customer or case"):
        keep(people["stan"], order)

    assert dump() == before
    with pytest.raises(NotFound):
        keep(people["sue"], order)


def test_a_next_visit_with_a_photo_is_not_taken_away(people):
    unit = covered_unit(people)
    order = planned(people, equipment_id=unit["id"])
    made = finish(people, order, next_on=today() + timedelta(days=9))
    keep(people["stan"], {"id": made})

    with pytest.raises(Conflict, match="was changed since"), unit_of_work(people["stan"]) as work:
        reopen_visit(work, order["id"])
