"""Postmen side by side, slow, dead and stopped: each row belongs to one of them, and the pace to all."""

from sqlalchemy import select

from crm.errors import Conflict
from crm.mail.sending import rounds
from crm.mail.sending.outbox import cancel_queued
from crm.mail.sending.postman import Postman, send_all
from crm.mail.sending.status import mail_status
from crm.work import SYSTEM, reading, unit_of_work
from db.models import AddressProblem, CampaignMember, Outbox
from tests.service.mail.mail_scene import due_now, inbox, plan, rows, start, states, write

__all__ = ["inbox"]


def test_a_database_that_is_busy_for_a_moment_costs_no_message(people, inbox, monkeypatch):
    def busy(session, row):
        raise Conflict("The database is busy.")

    campaign_id = plan(people["mona"], members=2)
    start(people["mona"], campaign_id)
    with monkeypatch.context() as patch:
        patch.setattr("crm.mail.sending.postman.compose", busy)
        send_all(Postman())
    assert states(campaign_id) == ["planned", "queued"]

    due_now()
    send_all(Postman())
    assert states(campaign_id) == ["planned", "sent"]


def test_the_pace_is_kept_across_postmen(people, inbox, monkeypatch):
    from crm.config import settings

    monkeypatch.setenv("CRM_MAIL_PER_MINUTE", "6000")
    settings.cache_clear()
    campaign_id = plan(people["mona"], members=30)
    start(people["mona"], campaign_id)
    monkeypatch.setattr("crm.mail.sending.rounds.handed_lately", lambda: 5995)

    postman = Postman()
    assert postman.send_due() == 5
    postman.hang_up()


def test_rows_of_a_dead_postman_are_taken_after_their_lease(people, inbox):
    write(people["stan"])
    (row,) = rounds.take("dead", 10)

    assert send_all(Postman()) == 0
    due_now()
    assert send_all(Postman()) == 1
    assert rounds.hand(row) is False
    assert len(inbox.taken) == 1


def test_a_postman_whose_lease_ran_out_changes_nothing_any_more(people, inbox):
    campaign_id = plan(people["mona"], members=2)
    start(people["mona"], campaign_id)
    (row,) = rounds.take("slow", 10)
    due_now()
    send_all(Postman())

    rounds.put_back([row], problem="late")
    rounds.try_again(row, "451 late")
    rounds.fail(row, "late")
    rounds.refuse(row, "m1@example.com", "550 5.1.1 late", is_address=True)

    assert rows(Outbox.state, Outbox.problem) == [("sent", None)]
    assert states(campaign_id) == ["planned", "sent"]
    with reading(SYSTEM) as session:
        assert session.scalars(select(AddressProblem)).all() == []


def test_a_campaign_that_is_stopped_takes_back_what_is_being_sent(people, inbox):
    campaign_id = plan(people["mona"], members=3)
    start(people["mona"], campaign_id)

    def stop(step, to):
        if step == "rcpt" and not stopped:
            with unit_of_work(people["mona"]) as work:
                stopped.append(cancel_queued(work, campaign_id))

    stopped = []
    inbox.on = stop
    send_all(Postman())

    assert stopped == [2]
    assert inbox.taken == []
    assert set(states(campaign_id)) == {"planned"}


def test_two_postmen_share_the_work(people, inbox):
    campaign_id = plan(people["mona"], members=61)
    start(people["mona"], campaign_id)
    one, other = Postman().start(), Postman().start()

    for _turn in range(600):
        if mail_status(campaign_id).sent == 60:
            break
        one._end.wait(0.05)
    one.stop()
    other.stop()

    assert sorted(inbox.addresses()) == sorted(f"m{n}@example.com" for n in range(1, 61))
    with reading(SYSTEM) as session:
        assert (
            len(session.scalars(select(CampaignMember.id).where(CampaignMember.state == "sent")).all()) == 60
        )


def test_without_a_server_everything_waits_and_it_is_said(people, monkeypatch):
    from crm.config import settings

    monkeypatch.delenv("CRM_SMTP_HOST", raising=False)
    settings.cache_clear()
    write(people["stan"])

    postman = Postman().start()
    postman.stop()

    assert rows(Outbox.state) == [("queued",)]
    assert "CRM_SMTP_HOST" in mail_status().missing
