"""Users: by hand on the screen People, by file without rights, by the API not at all."""

from sqlalchemy import update

from crm.access.rules import ON_PEOPLE
from crm.exchange.storing.plan import Step
from crm.work import SYSTEM, unit_of_work
from db.models import User
from tests.service.exchange.import_scene import bring, counts, stored

STEP = Step("u.csv", "user", {"name": "name", "email": "mail", "team_id": "team"}, key=("name",))


def test_a_file_brings_people_without_rights_and_says_so(people):
    report = bring(people["ada"], STEP, b"name,mail,team\nNell,nell@kavarna.si,North\n")

    assert counts(report) == (1, 0, 0, 0)
    assert report.steps[0].history == {"without role and password, which People gives": 1}
    assert stored(people["ada"], User, "name", "role_id")[-1] == ("Nell", None)


def test_a_file_does_not_change_who_signs_in_and_what_they_see(people, dump):
    before = dump()["users"]

    report = bring(people["ada"], STEP, b"name,mail,team\nStan,thief@example.com,South\n")

    assert counts(report) == (0, 0, 0, 1)
    assert {(e["column"], e["reason"]) for e in report.steps[0].examples} == {
        ("mail", ON_PEOPLE), ("team", ON_PEOPLE),
    }  # fmt: skip
    assert dump()["users"] == before


def test_a_file_keeps_the_list_of_people_who_cannot_sign_in(people):
    bring(people["ada"], STEP, b"name,mail,team\nNell,nell@kavarna.si,North\n")

    report = bring(people["ada"], STEP, b"name,mail,team\nNell,nell@kavarna.si,South\n")

    assert counts(report) == (0, 1, 0, 0)


def test_an_address_is_taken_whatever_its_capitals(people):
    with unit_of_work(SYSTEM) as work:
        work.session.execute(update(User).where(User.name == "Stan").values(email="Stan@kavarna.si"))

    report = bring(people["ada"], STEP, b"name,mail,team\nNell,stan@kavarna.si,North\n")

    assert [(e["column"], e["reason"]) for e in report.steps[0].examples] == [
        ("mail", "Somebody else has this e-mail address.")
    ]
