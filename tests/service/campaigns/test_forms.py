"""What an answer to a web form becomes, on a database of each kind."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from crm.campaigns.forms import forms
from crm.work import SYSTEM, reading, unit_of_work
from db.models import (
    Case,
    CaseMessage,
    Consent,
    Contact,
    FormAnswer,
    Interaction,
    Lead,
    Outbox,
    Queue,
)  # fmt: skip
from tests.factories import change, make

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
EVA = {"name": "Eva Novak", "email": "eva@example.com", "company": "Kavarna", "message": "Two grinders"}


@pytest.fixture
def clock(people):
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def lead_form(clock, people):
    return make(people["stan"], "web_form", purposes=["newsletter", "offers"])


@pytest.fixture
def service_form(clock, people):
    with unit_of_work(SYSTEM) as work:
        queue = Queue(name="Workshop")
        work.session.add(queue)
        work.session.flush()
        queue_id = queue.id
    return make(people["stan"], "web_form", name="Repair", slug="repair", kind="service", queue_id=queue_id)


def answer(clock, slug, *, ticked=(), address="1.2.3.4", token=None, **sent):
    form = forms.public_form(slug)
    token = token or forms.new_token(form)
    clock.shift(timedelta(seconds=20))
    return forms.receive(form, token=token, sent=EVA | sent, ticked=set(ticked), trap="", address=address)


def rows(cls):
    with reading(SYSTEM) as session:
        return list(session.scalars(select(cls).order_by(cls.id)))


def test_a_new_lead_belongs_to_the_owner_and_team_of_the_form(clock, people, lead_form):
    campaign = make(people["stan"], "campaign")
    change(people["stan"], "web_form", lead_form, campaign_id=campaign["id"])

    answer(clock, "ask-us", company="Kavarna Novak d.o.o.")

    (lead,) = rows(Lead)
    assert (lead.owner_id, lead.team_id) == (people["stan"].user_id, people["stan"].teams[0])
    assert (lead.campaign_id, lead.source, lead.status) == (campaign["id"], "Ask us", "new")
    assert (lead.company, lead.contact_id) == ("Kavarna Novak d.o.o.", None)


@pytest.mark.parametrize(
    "known", [{"email": "EVA@example.com"}, {"name": "eva novak", "company": "KAVARNA"}], ids=["mail", "name"]
)
def test_a_second_interest_is_added_to_the_open_lead(clock, people, lead_form, known):
    make(people["stan"], "lead", interest="Beans", **known)

    answer(clock, "ask-us", phone="+49 30 123456")

    (lead,) = rows(Lead)
    assert lead.interest == "Beans\n\nAsk us: Two grinders"
    assert lead.phone == "+4930123456"


@pytest.mark.parametrize(
    "other",
    [
        {"email": "eva@example.com", "status": "dropped"},
        {"email": "other@example.com", "name": "Eva Novak", "company": "Kavarna"},
        {"name": "Eva Novak", "company": "Another"},
    ],
    ids=["dropped", "another address", "another company"],
)
def test_somebody_else_and_a_dropped_lead_stay_as_they_are(clock, people, lead_form, other):
    before = make(people["stan"], "lead", interest="Beans", **other)

    answer(clock, "ask-us")

    old, new = rows(Lead)
    assert (old.id, old.interest, old.version) == (before["id"], "Beans", before["version"])
    assert (new.email, new.interest) == ("eva@example.com", "Two grinders")


def test_records_of_another_team_are_matched_so_that_there_are_no_doubles(clock, people, lead_form):
    south = people["sue"].teams[0]
    make(people["sue"], "lead", email="eva@example.com")
    eva = make(people["sue"], "contact", name="Eva Novak", email="eva@example.com")

    received = answer(clock, "ask-us", ticked=["offers"])

    assert received == forms.Received("")
    assert [(lead.team_id, lead.interest) for lead in rows(Lead)] == [(south, "Two grinders")]
    assert [contact.id for contact in rows(Contact)] == [eva["id"]]
    (talk,) = rows(Interaction)
    assert (talk.contact_id, talk.owner_id, talk.team_id) == (eva["id"], people["sue"].user_id, south)
    assert [consent.contact_id for consent in rows(Consent)] == [eva["id"]]


def test_of_two_teams_records_that_of_the_form_goes_first(clock, people, lead_form):
    make(people["sue"], "contact", name="Eva Novak", email="eva@example.com")
    ours = make(people["stan"], "contact", name="Eva Novak", email="eva@example.com")

    answer(clock, "ask-us")

    assert [talk.contact_id for talk in rows(Interaction)] == [ours["id"]]


def test_a_known_contact_gets_the_answer_into_the_history_and_a_lead(clock, people, lead_form):
    house = make(people["stan"], "organisation", name="Kavarna")
    eva = make(
        people["stan"], "contact", name="Eva Novak", email="eva@example.com", organisation_id=house["id"]
    )

    answer(clock, "ask-us", phone="+49 30 999999")

    (talk,) = rows(Interaction)
    assert (talk.kind, talk.direction, talk.contact_id, talk.organisation_id) == (
        "form", "in", eva["id"], house["id"],
    )  # fmt: skip
    assert "Two grinders" in talk.body
    assert talk.team_id == people["stan"].teams[0]
    (contact,) = rows(Contact)
    assert (contact.version, contact.phone) == (eva["version"], None)
    (kept,) = rows(FormAnswer)
    assert (kept.contact_id, kept.lead_id) == (eva["id"], rows(Lead)[0].id)


def test_a_further_address_and_name_with_company_also_match(clock, people, lead_form):
    from crm.contacts.service import add_channel

    house = make(people["stan"], "organisation", name="Kavarna GmbH")
    first = make(people["stan"], "contact", name="Anna Berg", email="anna@example.com")
    second = make(people["stan"], "contact", name="EVA NOVÁK", organisation_id=house["id"])
    with unit_of_work(people["stan"]) as work:
        add_channel(work, entity="contact", record_id=first["id"], kind="email", value="a.berg@example.com")

    answer(clock, "ask-us", name="A. Berg", email="a.berg@example.com", company="")
    answer(clock, "ask-us", company="Kavarna GmbH")

    assert [talk.contact_id for talk in rows(Interaction)] == [first["id"], second["id"]]


def test_ticked_boxes_are_consents_with_their_source_and_others_are_not(clock, people, lead_form):
    answer(clock, "ask-us", ticked={"offers", "surveys"})

    (eva,) = rows(Contact)
    assert (eva.name, eva.email, eva.source, eva.team_id) == (
        "Eva Novak", "eva@example.com", "Ask us", people["stan"].teams[0],
    )  # fmt: skip
    (consent,) = rows(Consent)
    assert (consent.contact_id, consent.purpose, consent.channel, consent.state) == (
        eva.id, "offers", "email", "given",
    )  # fmt: skip
    assert (consent.basis, consent.source) == ("consent", "Ask us")
    assert rows(FormAnswer)[0].answers["consents"] == ["offers"]


def test_nobody_consents_for_a_contact_with_another_address(clock, people, lead_form):
    house = make(people["stan"], "organisation", name="Kavarna")
    same_name = make(people["stan"], "contact", name="Eva Novak", organisation_id=house["id"])

    answer(clock, "ask-us", ticked={"offers"})

    (consent,) = rows(Consent)
    assert consent.contact_id != same_name["id"]
    assert {c.email for c in rows(Contact)} == {None, "eva@example.com"}


def test_without_a_ticked_box_no_contact_is_made(clock, people, lead_form):
    answer(clock, "ask-us")

    assert (rows(Contact), rows(Consent)) == ([], [])


def test_a_service_request_becomes_a_case_with_machine_and_message(clock, people, service_form):
    eva = make(people["stan"], "contact", name="Eva Novak", email="eva@example.com")
    unit = make(people["stan"], "equipment", serial="V3-118842")

    received = answer(clock, "repair", subject="No steam", serial="v3-118842")

    (case,) = rows(Case)
    assert received.case_number == case.number
    assert (case.subject, case.origin, case.queue_id) == ("No steam", "form", service_form["queue_id"])
    assert (case.contact_id, case.equipment_id, case.team_id, case.owner_id) == (
        eva["id"], unit["id"], people["stan"].teams[0], None,
    )  # fmt: skip
    assert case.description.startswith("Two grinders")
    # The thread shows the description as the customer's first words; they must not stand there twice.
    assert rows(CaseMessage) == []
    (mail,) = rows(Outbox)
    assert (mail.case_id, mail.payload["to"]) == (case.id, "eva@example.com")
    assert case.number in mail.payload["subject"]


def test_a_serial_that_two_machines_share_or_none_has_stays_in_the_text(clock, people, service_form):
    for name in ("Duo 3", "Vario"):
        product = make(SYSTEM, "product", name=name)
        make(people["stan"], "equipment", serial="77", product_id=product["id"])

    answer(clock, "repair", subject="No steam", serial="77")
    answer(clock, "repair", subject="No steam", serial="78")

    assert [case.equipment_id for case in rows(Case)] == [None, None]
    assert ["77" in case.description or "78" in case.description for case in rows(Case)] == [True, True]


def test_an_unknown_customer_becomes_a_contact_that_can_be_answered(clock, people, service_form):
    answer(clock, "repair", subject="No steam")
    answer(clock, "repair", subject="Still no steam")

    (eva,) = rows(Contact)
    assert (eva.email, eva.team_id) == ("eva@example.com", people["stan"].teams[0])
    assert [case.contact_id for case in rows(Case)] == [eva.id, eva.id]


def test_a_repeated_request_answers_with_the_same_number(clock, people, service_form):
    form = forms.public_form("repair")
    token = forms.new_token(form)

    first = answer(clock, "repair", token=token, subject="No steam")
    again = answer(clock, "repair", token=token, subject="No steam")

    assert again == first
    assert (len(rows(Case)), len(rows(Outbox))) == (1, 1)


def test_the_same_answer_from_many_at_once_counts_once(clock, people, lead_form):
    form = forms.public_form("ask-us")
    token = forms.new_token(form)
    clock.shift(timedelta(seconds=20))

    def post(_n):
        return forms.receive(form, token=token, sent=EVA, ticked=set(), trap="", address="1.2.3.4")

    with ThreadPoolExecutor(8) as pool:
        received = list(pool.map(post, range(16)))

    assert len(set(received)) == 1
    assert (len(rows(FormAnswer)), len(rows(Lead))) == (1, 1)


def test_many_at_once_do_not_slip_past_the_limit(clock, people, lead_form):
    form = forms.public_form("ask-us")
    tokens = [forms.new_token(form) for _n in range(20)]
    clock.shift(timedelta(seconds=20))

    def post(token):
        try:
            return forms.receive(form, token=token, sent=EVA, ticked=set(), trap="", address="1.2.3.4")
        except forms.TooManyAnswers:
            return None

    with ThreadPoolExecutor(8) as pool:
        taken = [r for r in pool.map(post, tokens) if r]

    assert len(taken) == len(rows(FormAnswer)) == 20
    assert sum(not row.is_held for row in rows(FormAnswer)) == forms.PER_MINUTE


def test_the_confirmation_carries_nothing_that_was_typed(clock, people, lead_form):
    make(people["stan"], "contact", name="Eva Novak", email="eva@example.com")
    change(people["stan"], "web_form", lead_form, review="nothing")

    answer(clock, "ask-us", name="BUY NOW https://evil.example", message="https://evil.example")

    (mail,) = rows(Outbox)
    assert "evil" not in str(mail.payload)
    assert "/preferences/out." in mail.payload["text"]


def test_who_only_shares_name_and_company_gets_no_link_to_the_others_preferences(clock, people, lead_form):
    house = make(people["stan"], "organisation", name="Kavarna")
    make(people["stan"], "contact", name="Eva Novak", organisation_id=house["id"])

    answer(clock, "ask-us")

    assert "/preferences/" not in rows(Outbox)[0].payload["text"]
