"""What a web form must be before it is stored, and its questions."""

import pytest
from sqlalchemy import select

from crm.campaigns.forms import forms
from crm.campaigns.forms.rules import save_fields
from crm.errors import Conflict, NotAllowed, NotFound, Refused
from crm.exchange.storing.plan import Step
from crm.work import SYSTEM, reading, unit_of_work
from db.models import WebForm
from tests.factories import make
from tests.service.exchange.import_scene import bring, counts


@pytest.fixture
def lead_form(people):
    return make(people["stan"], "web_form", purposes=["newsletter", "offers"])


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"slug": "Über uns"}, "slug", "small letters"),
        ({"slug": "-a"}, "slug", "small letters"),
        ({"slug": "ask-us"}, "slug", "Another form"),
        ({"slug": "b", "purposes": ["spam"]}, "purposes", "no purpose"),
    ],
)
def test_a_form_that_cannot_be_is_refused(people, lead_form, dump, values, field, words):
    before = dump()

    with pytest.raises(Refused) as refused:
        make(people["sue"], "web_form", **{"name": "B"} | values)

    assert [p.field for p in refused.value.problems] == [field]
    assert words in refused.value.message
    assert dump() == before


def test_an_address_stands_once_in_a_file_whatever_its_capitals(people):
    step = Step("f.csv", "web_form", {"name": "name", "slug": "address"})

    report = bring(people["mona"], step, b"name,address\nBeans,beans\nMore beans, Beans\n")

    assert counts(report) == (1, 0, 0, 1)
    assert "Another form has the address “beans”" in report.steps[0].examples[0]["reason"]


QUESTION = {"name": "email", "label": "E-mail", "kind": "email", "required": True, "choices": []}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ([], "asks nothing yet"),
        ([QUESTION, QUESTION], "Two fields are named"),
        ([QUESTION | {"name": "E Mail"}], "no name for a field"),
        ([QUESTION, QUESTION | {"name": "size", "kind": "choice", "choices": ["L"]}], "2 to 50 choices"),
        ([QUESTION, QUESTION | {"name": "size", "kind": "choice", "choices": ["L", "L"]}], "have to differ"),
        ([QUESTION, QUESTION | {"name": "x", "kind": "file"}], "no known kind"),
        ([QUESTION | {"kind": "text"}], "of the kind E-mail"),
        ([QUESTION | {"label": " "}], "needs a question"),
        ([QUESTION | {"name": f"f{n}"} for n in range(31)], "At most 30 fields"),
        ([QUESTION | {"name": "other", "kind": "text"}], "nobody knows who asked"),
    ],
)
def test_questions_that_cannot_be_asked_are_refused(people, lead_form, dump, fields, words):
    before = dump()

    with pytest.raises(Refused, match=words), unit_of_work(people["stan"]) as work:
        save_fields(work, lead_form["id"], fields, seen_version=1)

    assert dump() == before


def test_questions_are_stored_in_their_order_by_who_may(people, lead_form, dump):
    fields = [
        QUESTION,
        QUESTION | {"name": "cups", "label": "Cups a day", "kind": "choice", "choices": ["1", "2"]},
    ]

    with unit_of_work(people["stan"]) as work:
        version = save_fields(work, lead_form["id"], fields, seen_version=1)

    assert version == 2
    assert [f.name for f in forms.public_form("ask-us").fields] == ["email", "cups"]
    before = dump()
    for who, refusal in (("vic", NotAllowed), ("sue", NotFound), ("stan", Conflict)):
        with pytest.raises(refusal), unit_of_work(people[who]) as work:
            save_fields(work, lead_form["id"], fields, seen_version=1)
    assert dump() == before


def test_a_stored_form_asks_what_its_kind_needs(people, lead_form):
    make(people["stan"], "web_form", name="Repair", slug="repair", kind="service")

    with reading(SYSTEM) as session:
        asked = {f.slug: [q["name"] for q in f.fields] for f in session.scalars(select(WebForm))}

    assert asked["ask-us"] == ["name", "email", "phone", "company", "message"]
    assert "serial" in asked["repair"]


def test_other_consents_are_asked_for_with_the_questions(people, lead_form):
    with unit_of_work(people["stan"]) as work:
        save_fields(work, lead_form["id"], [QUESTION], purposes=["events"], seen_version=1)

    assert forms.public_form("ask-us").purposes == ("events",)


def test_consent_needs_an_address_to_consent_for(people, lead_form):
    name = {"name": "name", "label": "Name", "kind": "text", "required": True, "choices": []}

    with pytest.raises(Refused, match="needs a field named “email”"), unit_of_work(people["stan"]) as work:
        save_fields(work, lead_form["id"], [name], seen_version=1)
