"""Canned replies: whose they are, who may write them, what stands in them for a case."""

import pytest

from crm.errors import Conflict, NotAllowed, NotFound, Refused
from crm.firm.firm import set_firm
from crm.service.cases.canned import Canned, canned_replies, filled, save_canned
from crm.work import SYSTEM, reading, unit_of_work
from tests.factories import make
from tests.service.cases.case_scene import do

WORDS = (
    "Dear {{ contact.first_name | default('customer') }}, about {{ case.number }} “{{ case.subject }}”.\n"
    "{{ sender.name }}, {{ firm.name }}"
)


def names(actor, **more):
    with reading(actor) as session:
        return [one.name for one in canned_replies(session, **more)]


def kept(actor, name, **more):
    return do(actor, save_canned, Canned(None, name, more.pop("body", "Hello"), **more))


def test_own_the_teams_and_everybodys_are_offered(people):
    kept(people["stan"], "Stan's")
    kept(people["stan"], "North", reach="team")
    kept(people["ada"], "All", reach="all")

    assert names(people["stan"]) == ["All", "North", "Stan's"]
    assert names(people["mona"]) == ["All", "North"]
    assert names(people["sue"]) == ["All"]


def test_a_case_fills_the_places_and_values_are_only_words(people):
    with unit_of_work(SYSTEM) as work:
        set_firm(work, name="Kavarna", currency="EUR")
    ana = make(people["stan"], "contact", first_name="{{ firm.name }}", last_name="Olivares")
    one = kept(people["stan"], "Hello", body=WORDS)
    known, bare = (make(people["stan"], "case", contact_id=c, subject="It stops") for c in (ana["id"], None))

    with reading(people["stan"]) as session:
        said = [filled(session, one, case["id"]) for case in (known, bare)]

    assert said == [
        f"Dear {who}, about {case['number']} “It stops”.\nStan, Kavarna"
        for who, case in (("{{ firm.name }}", known), ("customer", bare))
    ]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("{{ case.owner }}", "no field “case.owner”"),
        ("{{ campaign.name }}", "not known"),
        ("{{ contact.name.upper() }}", "calls nothing"),
        ("", "Write a text"),
    ],
)
def test_what_cannot_be_filled_in_is_refused_at_once(people, dump, body, said):
    before = dump()

    with pytest.raises(Refused, match=said):
        kept(people["stan"], "X", body=body)

    assert dump() == before


def test_nobody_writes_what_is_not_theirs(people, dump):
    own = kept(people["stan"], "Stan's")
    everybodys = kept(people["ada"], "All", reach="all")
    north = people["stan"].teams[0]
    before = dump()

    for actor, form, error in (
        (people["stan"], Canned(None, "All", "Hello", reach="all"), NotAllowed),
        (people["sue"], Canned(None, "North", "Hello", reach="team", team_id=north), NotAllowed),
        (people["vic"], Canned(None, "Vic's", "Hello"), NotAllowed),
        (people["mona"], Canned(own, "Mona's", "Hello", version=1), NotFound),
        (people["stan"], Canned(everybodys, "Mine", "Hello", version=1), NotAllowed),
        (people["stan"], Canned(own, "Old", "Hello", version=7), Conflict),
    ):
        with pytest.raises(error):
            do(actor, save_canned, form)

    assert dump() == before
    do(people["stan"], save_canned, Canned(own, "Stan's", "Bye", is_active=False, version=1))
    assert (names(people["stan"]), names(people["stan"], also_unused=True)) == (["All"], ["All", "Stan's"])


def test_a_case_out_of_reach_is_not_filled_in(people):
    one, case = kept(people["ada"], "All", reach="all"), make(people["stan"], "case")

    with reading(people["sue"]) as session, pytest.raises(NotFound):
        filled(session, one, case["id"])
