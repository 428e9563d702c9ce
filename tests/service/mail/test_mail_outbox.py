"""The outbox: written with what causes it, once per key, and for a whole campaign at once."""

import time

import pytest
from sqlalchemy import select

from crm.errors import NotAllowed, Refused
from crm.mail.sending.outbox import cancel_queued, queue_campaign, queue_mail
from crm.work import SYSTEM, unit_of_work
from db.models import CampaignArm, Outbox
from tests.service.mail.mail_scene import plan, rows, states

COLUMNS = (Outbox.unique_key, Outbox.state, Outbox.payload, Outbox.kind)


def write(work, **more):
    mail = {"key": "case:1:reply:1", "to": "ana@example.com", "subject": "Your case", "text": "Hello"}
    return queue_mail(work, **(mail | more))


def write_two(work):
    write(work)
    write(work, key="case:1:reply:2", to="nobody")


def test_a_message_is_written_once_per_key(people):
    with unit_of_work(people["stan"]) as work:
        assert write(work) is True
        assert write(work, text="again") is False

    ((key, state, payload, kind),) = rows(*COLUMNS)
    assert (key, state, kind) == ("case:1:reply:1", "queued", "mail")
    assert payload == {"to": "ana@example.com", "subject": "Your case", "text": "Hello"}


def test_a_message_goes_with_the_work_that_is_rolled_back(people):
    with pytest.raises(Refused), unit_of_work(people["stan"]) as work:
        write_two(work)

    assert rows(*COLUMNS) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"to": "ana"},
        {"to": "ana@example.com\nBcc: all@example.com"},
        {"subject": "Hello\r\nBcc: all@example.com"},
        {"headers": {"X-Case": "C-1\nBcc: all@example.com"}},
    ],
)
def test_no_header_is_smuggled_into_a_message(people, dump, wrong):
    before = dump()

    with pytest.raises(Refused), unit_of_work(people["stan"]) as work:
        write(work, **wrong)

    assert dump() == before


@pytest.fixture
def planned(people):
    """A campaign of mona's with five members, one of them in the control group; returns its id."""
    return plan(people["mona"], members=5)


def test_a_campaign_queues_every_planned_member_but_the_control_group_once(people, planned):
    with unit_of_work(people["mona"]) as work:
        first, second = queue_campaign(work, planned), queue_campaign(work, planned)

    assert (first, second) == (4, 0)
    assert {(row.kind, row.state) for row in rows(*COLUMNS)} == {("campaign", "queued")}
    assert len(rows(*COLUMNS)) == 4
    assert states(planned) == ["planned", *["queued"] * 4]


def test_a_cancelled_campaign_can_be_started_again_without_doubling(people, planned):
    with unit_of_work(people["mona"]) as work:
        queue_campaign(work, planned)
        cancelled = cancel_queued(work, planned)
    assert (cancelled, set(states(planned))) == (4, {"planned"})

    with unit_of_work(people["mona"]) as work:
        assert queue_campaign(work, planned) == 4

    assert [row.state for row in rows(*COLUMNS)] == ["queued"] * 4


def test_a_campaign_of_another_is_refused_and_nothing_is_queued(people, planned, dump):
    before = dump()

    with pytest.raises(NotAllowed), unit_of_work(people["vic"]) as work:
        queue_campaign(work, planned)

    assert dump() == before


def test_an_arm_without_a_template_is_named(people):
    campaign_id = plan(people["mona"], members=2)
    with unit_of_work(SYSTEM) as work:
        for arm in work.session.scalars(select(CampaignArm)):
            arm.template_id = None

    with pytest.raises(Refused, match="Arm “A” has no template"), unit_of_work(people["mona"]) as work:
        queue_campaign(work, campaign_id)


def test_twenty_thousand_members_are_queued_in_a_moment(people):
    campaign_id = plan(people["mona"], members=20_001)
    began = time.process_time()

    with unit_of_work(people["mona"]) as work:
        assert queue_campaign(work, campaign_id) == 20_000

    assert time.process_time() - began < 5
