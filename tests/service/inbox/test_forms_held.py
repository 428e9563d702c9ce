"""Answers that wait in the inbox: what is held, that nothing comes of it before, and that letting it in can be undone."""

import pytest
from sqlalchemy import select

from crm.campaigns.forms import forms, outcome
from crm.campaigns.forms.answers import answers_of
from crm.errors import NotAllowed, NotFound
from crm.i18n import language, speaking
from crm.mail.inbox.filing import file_message, ignore, take_back
from crm.mail.inbox.queries import answers_to_decide, count_waiting, read_message
from crm.mail.receiving.files import read_original
from crm.work import SYSTEM, reading, unit_of_work
from db.models import Case, Consent, Contact, FormAnswer, IncomingMessage, Interaction, Lead, Outbox, WebForm
from tests.factories import change, make
from tests.service.campaigns.test_forms import answer, clock, lead_form, rows, service_form  # noqa: F401


def alive(cls):
    return [row for row in rows(cls) if row.archived_at is None]


def held():
    (message,) = [row for row in rows(IncomingMessage) if row.kind == "form"]
    return message


def do(actor, step, *args):
    with unit_of_work(actor) as work:
        return step(work, *args)


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        ({"name": "Buy https://x.example"}, "links"),
        ({"company": "www.x.example"}, "links"),
        ({"message": "a http://a.example b http://b.example c http://c.example"}, "links"),
        ({"name": "Mallory"}, "the address is that of Eva Novak"),
    ],
)
def test_what_is_odd_waits_whole_and_changes_nothing(clock, people, lead_form, dump, sent, why):  # noqa: F811
    make(people["stan"], "contact", name="Eva Novak", email="eva@example.com")
    before = {
        name: found
        for name, found in dump().items()
        if name in ("contacts", "leads", "interactions", "consents")
    }

    received = answer(clock, "ask-us", ticked=["offers"], **sent)

    assert {name: dump()[name] for name in before} == before
    assert (received.case_number, rows(Outbox)) == ("", [])
    message = held()
    assert (message.state, message.sender, message.team_id) == (
        "waiting",
        "eva@example.com",
        lead_form["team_id"],
    )
    assert why in message.reason
    assert all(value in message.body for value in sent.values())
    with reading(people["stan"]) as session:
        assert count_waiting(session) == 1
        assert [guess.into for guess in read_message(session, message.id).guesses] == ["answer"]
        assert [one.is_held for one in answers_of(session, lead_form["id"])] == [True]
    assert b"offers" in read_original(people["stan"], message.id).content
    assert read_original(people["stan"], message.id).name.endswith(".json")


@pytest.mark.parametrize(
    "sent",
    [
        {"message": "See https://photos.example/1"},
        {"name": "Dr. NOVÁK"},
        {"name": "Eva", "email": "EVA@example.com"},
    ],
)
def test_what_people_write_goes_straight_in(clock, people, lead_form, sent):  # noqa: F811
    make(people["stan"], "contact", name="Eva Novak", email="eva@example.com")

    answer(clock, "ask-us", **sent)

    assert not rows(IncomingMessage)
    assert len(rows(Lead)) == 1


def test_a_form_may_hold_everything(clock, people, service_form):  # noqa: F811
    change(people["stan"], "web_form", service_form, review="everything")

    answer(clock, "repair", subject="Burrs")
    assert (rows(Case), held().reason) == ([], "Held: the form lets nothing in by itself")
    do(people["stan"], file_message, held().id, "answer", held().answer_id)

    (case,) = alive(Case)
    assert (case.description.split("\n")[0], held().case_id, held().state) == (
        "Two grinders",
        case.id,
        "filed",
    )
    assert f"[{case.number}]" in rows(Outbox)[0].payload["subject"]
    do(people["stan"], take_back, held().id)
    assert (alive(Case), alive(Contact), held().state, held().answer_id) == (
        [],
        [],
        "waiting",
        rows(FormAnswer)[0].id,
    )


def test_a_request_that_was_held_tells_its_number_once_in_the_senders_language(
    clock,  # noqa: F811
    people,
    service_form,  # noqa: F811
    monkeypatch,
):
    change(people["stan"], "web_form", service_form, review="everything")
    monkeypatch.setattr(outcome, "_", lambda text: f"{language()}: {text}")
    token = forms.new_token(forms.public_form("repair"))
    with speaking("cs"):
        received = answer(clock, "repair", token=token, subject="Burrs")
    assert (received.case_number, received.number_later, rows(Outbox)) == ("", "mail", [])
    assert answer(clock, "repair", token=token, subject="Burrs").number_later == "mail"

    for _again in range(2):
        do(people["stan"], file_message, held().id, "answer", held().answer_id)
        do(people["stan"], take_back, held().id)
    do(people["stan"], file_message, held().id, "answer", held().answer_id)

    (case,) = alive(Case)
    sent = [row for row in rows(Outbox) if row.state == "queued"]
    assert [(row.case_id, row.payload["to"]) for row in sent] == [(case.id, "eva@example.com")]
    assert sent[0].payload["subject"].startswith(f"cs: We received your request [{case.number}]")
    assert answer(clock, "repair", token=token, subject="Burrs").case_number == case.number
    assert len([row for row in rows(Outbox) if row.state == "queued"]) == 1


def test_without_an_address_no_number_is_promised(clock, people, service_form):  # noqa: F811
    change(people["stan"], "web_form", service_form, review="everything")
    with unit_of_work(SYSTEM) as work:
        form = work.session.get_one(WebForm, service_form["id"])
        form.fields = [
            {"name": "subject", "label": "What?"},
            {"name": "email", "label": "?", "kind": "email"},
        ]

    assert answer(clock, "repair", email="", subject="Burrs").number_later == "open"


def test_who_may_decide_is_told_what_waits(clock, people, lead_form):  # noqa: F811
    change(people["stan"], "web_form", lead_form, review="everything")
    for name in ("Eva", "Jan"):
        answer(clock, "ask-us", name=name)

    def told(name):
        with reading(people[name]) as session:
            lines, total = answers_to_decide(session, limit=1)
            return [line.sender for line in lines], total

    assert {name: told(name) for name in ("stan", "mona", "sue", "vic")} == {
        "stan": (["Eva"], 2),
        "mona": (["Eva"], 2),
        "sue": ([], 0),
        "vic": ([], 0),
    }


def test_letting_in_is_undone_to_the_last_word(clock, people, lead_form):  # noqa: F811
    change(people["stan"], "web_form", lead_form, review="everything")
    eva = make(people["stan"], "contact", name="Eva Novak", email="eva@example.com")
    lead = make(people["stan"], "lead", name="Eva Novak", email="eva@example.com", interest="One mill")
    answer(clock, "ask-us", ticked=["offers"])

    do(people["stan"], file_message, held().id, "answer", held().answer_id)
    assert [(one.id, one.interest) for one in alive(Lead)] == [
        (lead["id"], "One mill\n\nAsk us: Two grinders")
    ]
    assert ([one.contact_id for one in alive(Interaction)], len(rows(Consent))) == ([eva["id"]], 1)

    do(people["stan"], take_back, held().id)
    assert [(one.id, one.interest) for one in alive(Lead)] == [(lead["id"], "One mill")]
    assert (alive(Interaction), rows(Consent), len(alive(Contact))) == ([], [], 1)
    assert rows(FormAnswer)[0].is_held

    do(people["stan"], file_message, held().id, "answer", held().answer_id)
    assert (len(alive(Lead)), len(alive(Interaction)), len(rows(Consent))) == (1, 1, 1)


def test_refusing_keeps_it_and_is_undone(clock, people, lead_form):  # noqa: F811
    answer(clock, "ask-us", name="www.x.example")
    do(people["stan"], ignore, held().id)

    assert (held().state, rows(FormAnswer)[0].is_held, rows(Lead)) == ("ignored", True, [])
    do(people["stan"], take_back, held().id)
    assert held().state == "waiting"


def test_only_who_looks_after_the_team_decides(clock, people, lead_form):  # noqa: F811
    answer(clock, "ask-us", name="www.x.example")

    with pytest.raises(NotFound):
        do(people["sue"], file_message, held().id, "answer", held().answer_id)
    with pytest.raises((NotAllowed, NotFound)):
        do(people["vic"], file_message, held().id, "answer", held().answer_id)
    assert not rows(Lead)
    with reading(SYSTEM) as session:
        assert session.scalars(select(IncomingMessage.state)).all() == ["waiting"]
