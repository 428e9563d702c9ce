"""Received mail takes effect once: bad addresses, replies to cases and campaigns; forged bounces have none."""

import mailbox

import pytest
from sqlalchemy import select, update

from crm.clock import today
from crm.errors import NotAllowed, NotFound, Refused
from crm.mail.receiving.intake import read_folder, take_in
from crm.mail.receiving.reachable import problem_of, write_again
from crm.mail.sending.outbox import queue_campaign, queue_mail
from crm.mail.sending.postman import Postman, send_all
from crm.work import SYSTEM, reading, unit_of_work
from db.models import AddressProblem, CampaignMember, CaseMessage, Channel, Contact, Interaction, Task
from db.session import engine
from tests.factories import make
from tests.service.mail import mail_letters as letters
from tests.service.mail.mail_scene import inbox, plan, states

__all__ = ["inbox"]


@pytest.fixture
def sent(people, inbox):
    """A campaign whose two members got their message; returns its id and the marks of the messages."""
    campaign_id = plan(people["mona"], members=3)
    with unit_of_work(people["mona"]) as work:
        queue_campaign(work, campaign_id)
    send_all(Postman())
    return campaign_id, [message["x-rapport-key"] for _to, message in inbox.taken]


def problems():
    with reading(SYSTEM) as session:
        columns = AddressProblem.address, AddressProblem.kind
        return [tuple(row) for row in session.execute(select(*columns).order_by(AddressProblem.address))]


def test_a_bounce_with_our_mark_makes_the_address_invalid_and_the_member_bounced(sent):
    campaign_id, marks = sent
    with unit_of_work(SYSTEM) as work:
        first = work.session.scalars(select(Contact).where(Contact.email == "m1@example.com")).one()
        work.session.add(Channel(contact_id=first.id, kind="email", value="m1@example.com"))

    # The address in the bounce is one the mail was passed on to; the mark says whom we wrote to.
    assert (
        take_in(letters.postfix(mark=marks[0], to="private@elsewhere.example"), source="x.eml") == "bounced"
    )

    assert problems() == [("m1@example.com", "bounce")]
    assert states(campaign_id) == ["planned", "bounced", "sent"]
    with reading(SYSTEM) as session:
        assert session.scalars(select(Channel.valid_until)).one() < today()


def test_a_bounce_without_a_mark_is_kept_and_believed_of_nobody(sent):
    campaign_id, _marks = sent

    assert take_in(letters.postfix(to="M2@example.com"), source="x.eml") == "foreign"

    assert problems() == []
    assert states(campaign_id) == ["planned", "sent", "sent"]


def test_a_refusal_for_spam_leaves_the_address_alone(sent):
    campaign_id, marks = sent
    content = letters.postfix(mark=marks[0], status="5.0.0", said="550 message rejected as spam")

    assert take_in(content, source="x.eml") == "bounced"

    assert problems() == []
    assert states(campaign_id) == ["planned", "bounced", "sent"]


def test_write_again_takes_a_bounce_back_and_no_complaint(sent, people):
    _campaign_id, marks = sent
    with unit_of_work(SYSTEM) as work:
        first, second = (
            work.session.scalars(select(Contact).where(Contact.email == f"m{n}@example.com")).one()
            for n in (1, 2)
        )
        work.session.add(Channel(contact_id=first.id, kind="email", value="m1@example.com"))
    take_in(letters.postfix(mark=marks[0]), source="x.eml")
    take_in(letters.complaint(mark=marks[1]), source="y.eml")
    with reading(SYSTEM) as session:
        assert "does not take mail" in problem_of(session, "M1@example.com")

    for who, contact, error in (
        ("vic", first, NotAllowed),
        ("sue", first, NotFound),
        ("mona", second, Refused),
    ):
        with pytest.raises(error), unit_of_work(people[who]) as work:
            write_again(work, contact.id)
    with unit_of_work(people["mona"]) as work:
        write_again(work, first.id)

    assert problems() == [("m2@example.com", "complaint")]
    with reading(SYSTEM) as session:
        assert session.scalars(select(Channel.valid_until)).one() is None


def effects(dump):
    """Every row but those that keep what came in."""
    kept = ("incoming_messages", "file_contents")
    return {table: rows for table, rows in dump().items() if table not in kept}


def test_a_forged_bounce_changes_nothing_and_is_kept(sent, dump):
    make(SYSTEM, "contact", email="boss@example.com")
    before = effects(dump)

    assert take_in(letters.postfix(to="boss@example.com"), source="x.eml") == "foreign"
    assert (
        take_in(letters.postfix(to="boss@example.com", mark="mail.1." + "0" * 32), source="x.eml")
        == "foreign"
    )

    assert effects(dump) == before
    assert len(dump()["incoming_messages"]) == 2


def test_a_full_mailbox_is_no_bad_address(sent):
    campaign_id, marks = sent

    take_in(letters.postfix(mark=marks[0], status="5.2.2", said="552 5.2.2 mailbox full"), source="x.eml")

    assert problems() == []
    assert states(campaign_id) == ["planned", "bounced", "sent"]


def test_a_complaint_stops_all_further_mail_and_the_message_counts_as_sent(sent):
    campaign_id, marks = sent

    assert take_in(letters.complaint(mark=marks[1]), source="x.eml") == "complained"

    assert problems() == [("m2@example.com", "complaint")]
    assert states(campaign_id) == ["planned", "sent", "sent"]


def test_a_folder_of_files_is_read_and_reading_it_again_changes_nothing(sent, tmp_path, dump):
    _campaign_id, marks = sent
    (tmp_path / "one.eml").write_bytes(letters.postfix(mark=marks[0]))
    (tmp_path / "notes.txt").write_text("not mail")
    box = mailbox.mbox(tmp_path / "more.mbox")
    box.add(letters.qmail(to="m2@example.com", mark=marks[1]))
    box.add(letters.answer(subject="Out of office"))
    box.close()

    tally = read_folder(tmp_path)
    before = dump()
    again = read_folder(tmp_path)

    assert tally.as_dict() == {"bounces": 2, "automatic answers, kept": 1}
    assert again.counted == tally.counted
    assert dump() == before
    assert [address for address, _kind in problems()] == ["m1@example.com", "m2@example.com"]


def test_a_reply_to_a_campaign_is_the_members_response(sent, inbox):
    _campaign_id, _marks = sent
    message_id = inbox.taken[0][1]["message-id"]

    assert take_in(letters.answer(to_message=message_id), source="x.eml") == "responded"
    assert take_in(letters.answer(to_message=message_id, sender="other@example.com"), source="y") == "waits"

    with reading(SYSTEM) as session:
        talk = session.scalars(select(Interaction)).one()
        task = session.scalars(select(Task)).one()
        assert (talk.body, talk.direction, talk.campaign_id) == ("Yes please", "in", _campaign_id)
        assert (task.contact_id, task.owner_id, task.notes) == (talk.contact_id, talk.owner_id, "Yes please")
        assert task.owner_id is not None
        columns = CampaignMember.responded, CampaignMember.response_by
        found = session.execute(select(*columns).order_by(CampaignMember.id)).all()
    assert [tuple(row) for row in found] == [(False, None), (True, "reply"), (False, None)]


def test_an_away_note_to_a_campaign_is_no_response(sent, inbox):
    message_id = inbox.taken[0][1]["message-id"]

    assert (
        take_in(letters.answer(to_message=message_id, Auto_Submitted="auto-replied"), source="x") == "passed"
    )

    with reading(SYSTEM) as session:
        assert not any(session.scalars(select(CampaignMember.responded)))
        assert not session.scalars(select(Task)).all()


def test_a_reply_after_the_days_that_count_is_no_response(sent, inbox):
    with engine().execution_options(system=True).begin() as connection:
        from datetime import UTC, datetime

        connection.execute(update(CampaignMember).values(sent_at=datetime(2020, 1, 1, tzinfo=UTC)))

    take_in(letters.answer(to_message=inbox.taken[0][1]["message-id"]), source="x.eml")

    with reading(SYSTEM) as session:
        assert not any(session.scalars(select(CampaignMember.responded)))


@pytest.fixture
def case(people, inbox):
    """A case of Ana's with our answer sent to her."""
    ana = make(people["stan"], "contact", email="Ana@example.com")
    made = make(people["stan"], "case", contact_id=ana["id"])
    with unit_of_work(people["stan"]) as work:
        mail = {"key": "r", "to": "Ana@example.com", "subject": "Your case", "text": "What does it say?"}
        queue_mail(work, **mail, case_id=made["id"])
    send_all(Postman())
    return made


def words(case):
    with reading(SYSTEM) as session:
        asked = select(CaseMessage.body).where(
            CaseMessage.case_id == case["id"], CaseMessage.kind == "customer"
        )
        return list(session.scalars(asked.order_by(CaseMessage.id)))


def test_an_answer_of_the_customer_stands_in_the_case_once(case, inbox):
    content = letters.answer(
        sender="ana@example.com", to_message=inbox.taken[0][1]["message-id"], text="It says E5"
    )

    assert take_in(content, source="x.eml") == "answered"
    assert take_in(content, source="x.eml") == "answered"

    assert words(case) == ["It says E5"]


def test_the_number_in_the_subject_finds_the_case_of_the_customer_and_of_nobody_else(case):
    subject = f"Re: Your case [{case['number']}]"

    assert take_in(letters.answer(sender="ana@example.com", subject=subject), source="x") == "answered"
    stranger = letters.answer(sender="eve@elsewhere.example", subject=subject, message_id="<2@x>")
    assert take_in(stranger, source="x") == "waits"

    assert words(case) == ["Yes please"]


def test_an_answer_by_the_thread_alone_finds_the_case(case, inbox):
    root = inbox.taken[0][1]["references"]

    assert take_in(letters.answer(sender="ana@example.com", References=root), source="x") == "answered"
