"""Sending through a real SMTP server: what arrives, what must not, and what misbehaving servers cause."""

import pytest
from sqlalchemy import select

from crm.clock import today
from crm.mail.sending.postman import Postman, send_all
from crm.mail.sending.smtp import Trouble
from crm.mail.sending.status import mail_status
from crm.work import SYSTEM, reading, unit_of_work
from db.models import AddressProblem, Channel, Contact, Outbox, TrackedLink
from tests.factories import change, make
from tests.service.mail.mail_scene import due_now, inbox, plan, rows, set_status, start, states, write

__all__ = ["inbox"]


def test_every_member_but_the_control_group_gets_one_message(people, inbox):
    campaign_id = plan(people["mona"], members=6)
    start(people["mona"], campaign_id)

    assert send_all(Postman()) == 5
    assert send_all(Postman()) == 0

    assert sorted(inbox.addresses()) == [f"m{n}@example.com" for n in range(1, 6)]
    assert states(campaign_id) == ["planned", *["sent"] * 5]
    assert mail_status(campaign_id).sent == 5
    assert all(row.handed_at and row.sent_at for row in rows(Outbox.handed_at, Outbox.sent_at))


def test_a_message_is_personal_and_brings_its_way_out(people, inbox):
    body = "Dear {{ contact.first_name }},\n\n[Order](https://shop.example/a?b=1&c=2) or [again](https://shop.example/a?b=1&c=2)"
    campaign_id = plan(people["mona"], members=3, body=body)
    start(people["mona"], campaign_id)

    send_all(Postman())

    (_first, message), (_second, other) = inbox.taken
    html, text = message.get_body(("html",)).get_content(), message.get_body(("plain",)).get_content()
    assert message["subject"] == "A filter for M1"
    assert message["from"] == "Brew & Berg <hello@kavarna.example>"
    assert "Dear M1," in text
    assert "Dear M1," in html
    assert "shop.example" not in text + html
    assert text.count("https://crm.kavarna.example/go/go.") == 2
    leave = message["list-unsubscribe"].strip("<>")
    assert leave.startswith("https://crm.kavarna.example/unsubscribe/out.")
    assert leave in text
    assert leave in html
    assert message["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    assert message["message-id"] != other["message-id"]
    with reading(SYSTEM) as session:
        assert session.execute(select(TrackedLink.arm, TrackedLink.url)).all() == [
            ("A", "https://shop.example/a?b=1&c=2")
        ]


def test_who_withdrew_is_archived_or_unreachable_since_the_start_is_left_out(people, inbox):
    campaign_id = plan(people["mona"], members=5)
    start(people["mona"], campaign_id)
    with unit_of_work(SYSTEM) as work:
        from crm.campaigns.consent.consent import set_consent

        ids = work.session.scalars(select(Contact.id).order_by(Contact.id)).all()
        set_consent(work, ids[1], purpose="offers", channel="email", state="withdrawn", source="call")
        work.session.add(AddressProblem(address="m2@example.com"))
        work.session.get(Contact, ids[3]).archived_at = work.now

    send_all(Postman())

    assert inbox.addresses() == ["m4@example.com"]
    assert states(campaign_id) == ["planned", "skipped", "skipped", "skipped", "sent"]
    assert [row.problem for row in rows(Outbox.problem)] == [
        "No consent",
        "Address cannot be reached",
        "Archived",
        None,
    ]


def test_a_line_of_a_single_dot_arrives_whole(people, inbox):
    write(people["stan"])

    send_all(Postman())

    ((to, message),) = inbox.taken
    assert to == "ana@example.com"
    assert message.get_content().splitlines() == ["One", ".", "Two"]


def test_messages_of_a_case_are_one_talk_and_say_that_a_program_wrote_them(people, inbox):
    case = make(people["stan"], "case")
    write(people["stan"], case_id=case["id"])
    write(people["stan"], case_id=case["id"], key="second", subject=f"Re [{case['number']}]")

    send_all(Postman())

    (_a, first), (_b, second) = inbox.taken
    assert first["subject"] == f"Hello [{case['number']}]"
    assert second["subject"] == f"Re [{case['number']}]"
    assert first["references"] == second["references"]
    assert first["auto-submitted"] == "auto-generated"


def test_a_paused_campaign_waits_and_goes_on(people, inbox):
    campaign_id = plan(people["mona"], members=4)
    start(people["mona"], campaign_id)
    set_status(campaign_id, "paused")
    write(people["stan"])

    send_all(Postman())
    assert inbox.addresses() == ["ana@example.com"]

    set_status(campaign_id, "running")
    send_all(Postman())
    assert len(inbox.taken) == 4


def test_a_campaign_that_is_paused_between_body_and_dot_sends_nothing(people, inbox):
    campaign_id = plan(people["mona"], members=2)
    start(people["mona"], campaign_id)
    inbox.on = lambda step, to: set_status(campaign_id, "paused") if step == "rcpt" else None

    send_all(Postman())

    assert inbox.taken == []
    assert states(campaign_id) == ["planned", "queued"]


def test_a_server_that_says_later_gets_it_later_once(people, inbox):
    answers = iter(["451 4.2.0 try again", None])
    inbox.on = lambda step, to: next(answers) if step == "dot" else None
    campaign_id = plan(people["mona"], members=2)
    start(people["mona"], campaign_id)

    send_all(Postman())
    ((state, tries, problem, due),) = rows(Outbox.state, Outbox.tries, Outbox.problem, Outbox.handed_at)
    assert (state, tries, problem, due) == ("queued", 1, "451 4.2.0 try again", None)
    assert states(campaign_id) == ["planned", "queued"]

    due_now()
    send_all(Postman())
    assert len(inbox.taken) == 1
    assert states(campaign_id) == ["planned", "sent"]


def test_it_is_given_up_after_five_tries(people, inbox):
    inbox.on = lambda step, to: "451 busy" if step == "rcpt" else None
    campaign_id = plan(people["mona"], members=2)
    start(people["mona"], campaign_id)

    for _turn in range(6):
        send_all(Postman())
        due_now()

    assert rows(Outbox.state, Outbox.tries, Outbox.problem) == [("failed", 5, "451 busy")]
    assert states(campaign_id) == ["planned", "failed"]


def test_an_address_that_is_not_there_is_never_written_to_again(people, inbox):
    inbox.on = lambda step, to: "550 5.1.1 nobody here" if step == "rcpt" and to == "m1@example.com" else None
    campaign_id = plan(people["mona"], members=3)
    with unit_of_work(SYSTEM) as work:
        first = work.session.scalars(select(Contact).where(Contact.email == "m1@example.com")).one()
        work.session.add(Channel(contact_id=first.id, kind="email", value="M1@example.com"))
    start(people["mona"], campaign_id)

    send_all(Postman())

    assert inbox.addresses() == ["m2@example.com"]
    assert states(campaign_id) == ["planned", "bounced", "sent"]
    with reading(SYSTEM) as session:
        problem = session.scalars(select(AddressProblem)).one()
        assert (problem.address, problem.kind, problem.reason) == (
            "m1@example.com",
            "bounce",
            "550 5.1.1 nobody here",
        )
        assert session.scalars(select(Channel.valid_until)).one() < today()


def test_a_refusal_for_policy_says_nothing_about_the_address(people, inbox):
    inbox.on = lambda step, to: "550 5.7.1 relay denied" if step == "rcpt" else None
    campaign_id = plan(people["mona"], members=2)
    start(people["mona"], campaign_id)

    send_all(Postman())

    assert states(campaign_id) == ["planned", "failed"]
    with reading(SYSTEM) as session:
        assert session.scalars(select(AddressProblem)).all() == []


def test_a_server_that_drops_the_line_before_the_dot_gets_it_again(people, inbox):
    drops = iter(["drop"])
    inbox.on = lambda step, to: next(drops, None) if step == "rcpt" else None
    write(people["stan"])

    with pytest.raises(Trouble):
        send_all(Postman())
    assert rows(Outbox.state, Outbox.tries) == [("queued", 0)]

    send_all(Postman())
    assert inbox.addresses() == ["ana@example.com"]


def test_a_server_that_drops_the_line_after_the_dot_does_not_get_it_twice(people, inbox):
    drops = iter(["drop"])
    inbox.on = lambda step, to: next(drops, None) if step == "dot" else None
    campaign_id = plan(people["mona"], members=3)
    start(people["mona"], campaign_id)

    send_all(Postman())
    due_now()
    send_all(Postman())

    assert inbox.addresses() == ["m1@example.com", "m2@example.com"]
    stands = mail_status(campaign_id)
    assert (stands.unconfirmed, stands.sent) == (1, 1)
    assert stands.problems[0][0].startswith("Sent, not confirmed")


def test_a_server_that_refuses_our_sender_loses_no_message(people, inbox):
    inbox.on = lambda step, to: "550 5.7.1 who are you" if step == "mail" else None
    campaign_id = plan(people["mona"], members=30)
    start(people["mona"], campaign_id)

    with pytest.raises(Trouble, match="refuses our sender"):
        send_all(Postman())

    assert mail_status(campaign_id).waiting == 29
    assert set(states(campaign_id)) == {"planned", "queued"}


def test_a_server_that_refuses_everything_does_not_cost_the_whole_campaign(people, inbox):
    inbox.on = lambda step, to: "550 5.7.1 relay denied" if step == "rcpt" else None
    campaign_id = plan(people["mona"], members=31)
    start(people["mona"], campaign_id)

    with pytest.raises(Trouble, match="one message after another"):
        send_all(Postman())

    stands = mail_status(campaign_id)
    assert (stands.failed, stands.waiting) == (10, 20)


def test_a_template_that_went_wrong_meanwhile_fails_by_name_and_the_rest_goes_on(people, inbox):
    campaign_id = plan(people["mona"], members=3, subject="{{ contact.first_name }}")
    with unit_of_work(SYSTEM) as work:
        first = work.session.scalars(select(Contact).where(Contact.email == "m1@example.com")).one()
        first.first_name = None
    start(people["mona"], campaign_id)

    send_all(Postman())

    assert inbox.addresses() == ["m2@example.com"]
    assert states(campaign_id) == ["planned", "failed", "sent"]


def test_a_template_changed_after_the_start_is_what_goes_out(people, inbox):
    template = make(people["mona"], "message_template", name="Other")
    change(people["mona"], "message_template", template, subject="New words")
    campaign_id = plan(people["mona"], members=2)
    start(people["mona"], campaign_id)
    with unit_of_work(SYSTEM) as work:
        from db.models import CampaignArm

        arm = work.session.scalars(select(CampaignArm).where(CampaignArm.is_control.is_(False))).one()
        arm.template_id = template["id"]

    send_all(Postman())

    assert inbox.taken[0][1]["subject"] == "New words"
