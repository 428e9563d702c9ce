"""What waits is filed and taken back with all that came; the rules of the mailbox do it by themselves where a firm says so."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from crm.errors import Conflict, NotAllowed, NotFound, Refused
from crm.mail.inbox.chosen import MailboxRules, mailbox_rules, set_mailbox_rules
from crm.mail.inbox.filing import file_message, ignore, take_back
from crm.mail.inbox.queries import list_messages, read_message
from crm.mail.receiving.intake import take_in
from crm.work import SYSTEM, reading, unit_of_work
from db.models import Case, CaseMessage, Contact, IncomingMessage, Interaction, Lead, StoredFile
from db.session import engine
from tests.factories import make
from tests.service.mail import mail_letters as letters

STRANGER = "eve@far.example"


def do(actor, step, *args, **more):
    with unit_of_work(actor) as work:
        return step(work, *args, **more)


def came(sender=STRANGER, **more):
    take_in(letters.with_file(sender=sender, **more), source="x")
    with reading(SYSTEM) as session:
        return session.scalars(select(IncomingMessage.id).order_by(IncomingMessage.id.desc())).first()


def found(message_id):
    with reading(SYSTEM) as session:
        return session.get_one(IncomingMessage, message_id)


def file():
    with reading(SYSTEM) as session:
        return session.scalars(select(StoredFile)).one()


def alive(cls):
    with reading(SYSTEM) as session:
        return session.scalars(select(cls).where(cls.archived_at.is_(None))).all()


def test_a_stranger_becomes_a_case_with_words_and_files_and_back(people):
    message_id = came(text="It leaks")

    case_id = do(people["stan"], file_message, message_id, "case")

    with reading(people["stan"]) as session:
        step = session.scalars(select(CaseMessage)).one()
    asker = alive(Contact)[0]
    assert (step.case_id, step.body, step.contact_id) == (case_id, "It leaks", asker.id)
    assert (asker.email, alive(Case)[0].contact_id) == (STRANGER, asker.id)
    assert (file().case_id, file().case_message_id) == (case_id, step.id)
    assert alive(Case)[0].origin == "email"
    with pytest.raises(Refused):
        do(people["stan"], file_message, message_id, "lead")

    do(people["stan"], take_back, message_id)

    assert (found(message_id).state, found(message_id).case_id, file().case_id) == ("waiting", None, None)
    assert not alive(Case)
    assert not alive(Contact)
    do(people["stan"], file_message, message_id, "case")
    assert len(alive(Case)) == 1


def test_a_message_put_into_a_case_leaves_it_again_and_the_case_stays(people):
    case = make(people["stan"], "case")
    message_id = came()
    do(people["stan"], file_message, message_id, "case", case["id"])
    do(people["stan"], take_back, message_id)

    assert [row.id for row in alive(Case)] == [case["id"]]
    with reading(SYSTEM) as session:
        assert not session.scalars(select(CaseMessage)).all()


def test_a_stranger_becomes_a_lead_or_a_contact_with_a_talk(people):
    message_id = came(text="How much is it?")
    do(people["stan"], file_message, message_id, "lead")
    lead = alive(Lead)[0]
    assert (lead.email, lead.interest, file().lead_id) == (STRANGER, "A picture\n\nHow much is it?", lead.id)
    do(people["stan"], take_back, message_id)
    assert not alive(Lead)

    contact_id = do(people["stan"], file_message, message_id, "contact")
    assert (alive(Contact)[0].email, alive(Interaction)[0].contact_id) == (STRANGER, contact_id)
    assert (alive(Interaction)[0].direction, alive(Interaction)[0].body) == ("in", "How much is it?")
    do(people["stan"], take_back, message_id)
    assert not alive(Contact)
    assert not alive(Interaction)


def test_a_message_becomes_a_talk_about_a_deal(people, stages):
    deal = make(people["stan"], "deal")
    message_id = came()
    do(people["stan"], file_message, message_id, "deal", deal["id"])

    assert (alive(Interaction)[0].deal_id, found(message_id).deal_id) == (deal["id"], deal["id"])
    assert file().deal_id == deal["id"]


def test_what_is_put_aside_comes_back(people):
    message_id = came()
    do(people["stan"], ignore, message_id)
    assert found(message_id).state == "ignored"
    do(people["stan"], take_back, message_id)
    assert found(message_id).state == "waiting"
    with pytest.raises(Refused):
        do(people["stan"], take_back, message_id)


def test_two_people_at_once_and_another_team(people):
    message_id = came()
    version = found(message_id).version
    do(people["stan"], ignore, message_id, seen_version=version)
    with pytest.raises(Conflict):
        do(people["stan"], file_message, message_id, "case", seen_version=version)
    for step in (ignore, take_back):
        with pytest.raises(NotFound):
            do(people["sue"], step, message_id)
    with pytest.raises(NotAllowed):
        do(people["vic"], take_back, message_id)


def test_the_list_begins_with_what_waits_longest_and_guesses_where_it_belongs(people):
    ana = make(people["stan"], "contact", name="Ana", email="ana@kavarna.example")
    case = make(people["stan"], "case", contact_id=ana["id"], subject="Grinder")
    first = came(
        "ana@kavarna.example", text="Hello\n\nOn Mon, 9 Mar 2026 at 10:00, B <b@x.example> wrote:\n> old"
    )
    second = came(text="Who are you?")

    with reading(people["stan"]) as session:
        lines, total = list_messages(session, "waiting", limit=10)
        view, other = read_message(session, first), read_message(session, second)

    assert ([line.id for line in lines], total) == ([first, second], 2)
    assert (lines[0].words, lines[0].files) == ("Hello", 1)
    assert [(g.into, g.record_id) for g in view.guesses] == [
        ("case", case["id"]),
        ("interaction", None),
        ("case", None),
    ]
    assert [(g.into, g.record_id) for g in other.guesses] == [("case", None), ("lead", None)]
    assert [p.is_quoted for p in view.passages] == [False, True]


@pytest.mark.parametrize(("rule", "cls"), [("case", Case), ("lead", Lead)])
def test_a_rule_makes_of_a_strangers_question_what_it_says(people, rule, cls):
    do(people["ada"], set_mailbox_rules, MailboxRules(unknown=rule))

    message_id = came(text="It leaks")

    made = alive(cls)[0]
    assert found(message_id).state == "filed"
    assert made.team_id == found(message_id).team_id == people["stan"].teams[0]
    with reading(people["stan"]) as session:
        assert session.get(cls, made.id) is not None
    do(people["mona"], take_back, message_id)
    assert not alive(cls)


def test_a_rule_makes_a_talk_of_what_somebody_we_know_writes(people):
    ana = make(people["sue"], "contact", email="ana@kavarna.example")
    do(people["ada"], set_mailbox_rules, MailboxRules(known="talk"))

    came("ana@kavarna.example")

    talk = alive(Interaction)[0]
    assert (talk.contact_id, talk.owner_id) == (ana["id"], people["sue"].user_id)


def test_rules_are_an_administrators_and_must_make_sense(people):
    with pytest.raises(NotAllowed):
        do(people["mona"], set_mailbox_rules, MailboxRules())
    with pytest.raises(Refused):
        do(people["ada"], set_mailbox_rules, MailboxRules(unknown="talk"))
    with reading(SYSTEM) as session:
        assert mailbox_rules(session) == MailboxRules()


def test_a_reply_that_cannot_be_mailed_is_no_first_answer_to_a_mail(people):
    from crm.service.cases.cases import reply

    case = make(people["stan"], "case", origin="email")
    do(people["stan"], reply, case["id"], "Try this", key="a")
    with reading(SYSTEM) as session:
        assert session.get_one(Case, case["id"]).first_response_at is None

    ana = make(people["stan"], "contact", email="ana@kavarna.example")
    other = make(people["stan"], "case", origin="email", contact_id=ana["id"])
    do(people["stan"], reply, other["id"], "Try this", key="b")
    with reading(SYSTEM) as session:
        assert session.get_one(Case, other["id"]).first_response_at is not None


@pytest.mark.parametrize(("days", "state"), [(27, "filed"), (29, "waiting")])
def test_a_case_that_ended_long_ago_is_not_reopened(people, days, state):
    ana = make(people["stan"], "contact", name="Ana", email="ana@kavarna.example")
    case = make(people["stan"], "case", contact_id=ana["id"])
    ended = datetime.now(UTC) - timedelta(days=days)
    with engine().execution_options(system=True).begin() as connection:
        connection.execute(
            update(Case).values(status="closed", opened_at=ended, resolved_at=ended, closed_at=ended)
        )

    message_id = came("ana@kavarna.example", subject=f"Re: [{case['number']}]", text="It is back")

    assert found(message_id).state == state
    with reading(SYSTEM) as session:
        stored = session.get_one(Case, case["id"])
    assert (stored.status, stored.closed_at is not None) == (
        ("open", False) if state == "filed" else ("closed", True)
    )
    if state == "waiting":
        assert case["number"] in found(message_id).reason
        assert found(message_id).contact_id == ana["id"]


def test_who_became_a_contact_meanwhile_is_known_and_the_moment_is_that_of_the_mail(people):
    first, second = came(text="One"), came(text="Two")
    do(people["stan"], file_message, first, "contact")
    came_at = datetime.now(UTC) - timedelta(hours=5)
    with engine().execution_options(system=True).begin() as connection:
        connection.execute(update(IncomingMessage).values(taken_at=came_at))

    with reading(people["stan"]) as session:
        assert read_message(session, second).contact[1] == "Somebody"
    case_id = do(people["stan"], file_message, second, "case")

    with reading(SYSTEM) as session:
        case, step = session.get_one(Case, case_id), session.scalars(select(CaseMessage)).one()
    assert case.contact_id == found(first).contact_id
    assert case.opened_at == step.at == came_at
    assert len(alive(Contact)) == 1
