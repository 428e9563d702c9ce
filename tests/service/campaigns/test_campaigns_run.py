"""From planned to closed, and what is refused on the way."""

from collections import Counter
from datetime import date

import pytest
from sqlalchemy import select

from crm.campaigns.runs import service
from crm.campaigns.runs.arms import ArmPlan, set_arms, set_draw
from crm.errors import NotAllowed, NotFound, Refused
from crm.mail.sending.outbox import queue_campaign
from crm.mail.sending.postman import Postman, send_all
from crm.records import records
from crm.work import SYSTEM, reading, unit_of_work
from db.models import Campaign, CampaignArm, CampaignMember, Contact, Outbox
from tests.factories import change, make
from tests.service.equipment.planning_scene import (
    ARMS,
    act,
    campaign_row,
    make_campaign,
    make_contacts,
    members,
)
from tests.service.mail.mail_scene import inbox, plan

__all__ = ["inbox"]


class TestRefused:
    def test_everything_that_is_missing_is_named_at_once(self, people, dump):
        campaign = make(people["stan"], "campaign")
        before = dump()

        with pytest.raises(Refused) as refused:
            act(people["stan"], service.plan_campaign, campaign["id"])

        assert {p.field for p in refused.value.problems} == {"segment_id", "starts_on", "ends_on", "arms"}
        assert dump() == before

    def test_an_email_arm_without_a_message_and_an_empty_audience(self, people, dump):
        campaign = make_campaign(people["stan"])
        with unit_of_work(SYSTEM) as work:
            arm = work.session.scalars(select(CampaignArm).where(CampaignArm.name == "B")).one()
            arm.template_id = None
        before = dump()

        with pytest.raises(Refused, match="Arm “B” has no message"):
            act(people["stan"], service.plan_campaign, campaign)
        with unit_of_work(SYSTEM) as work:
            work.session.get(Campaign, campaign).channel = "phone"
        with pytest.raises(Refused, match="Nobody in this segment"):
            act(people["stan"], service.plan_campaign, campaign)

        assert {k: v for k, v in dump().items() if k == "campaign_members"} == {
            "campaign_members": before["campaign_members"]
        }

    def test_a_campaign_that_ends_before_it_starts_is_not_stored(self, people, dump):
        before = dump()

        with pytest.raises(Refused, match="ends before it starts"):
            make(people["stan"], "campaign", starts_on=date(2026, 5, 2), ends_on=date(2026, 5, 1))

        assert dump() == before

    @pytest.mark.parametrize(
        ("arms", "said"),
        [
            ([ArmPlan("A", 0.5)], "add up to 50%"),
            ([ArmPlan("A", 0.5), ArmPlan("a ", 0.5)], "same name"),
            ([ArmPlan("", 1.0)], "a name"),
            ([ArmPlan("A", 1.0, template_id=999)], "template is gone"),
            ([ArmPlan("C", 0.5, is_control=True), ArmPlan("D", 0.5, is_control=True)], "at least one arm"),
            ([ArmPlan(f"{n}", 1 / 11) for n in range(11)], "At most 10"),
        ],
    )
    def test_arms_that_cannot_be_are_refused(self, people, dump, arms, said):
        campaign = make_campaign(people["stan"])
        before = dump()

        with pytest.raises(Refused) as refused:
            act(people["stan"], set_arms, campaign, arms=arms)

        assert any(said in p.message for p in refused.value.problems)
        assert dump() == before

    def test_what_the_draw_rests_on_stays_while_members_are_drawn(self, people, dump):
        make_contacts(people["stan"], 4)
        campaign = make_campaign(people["stan"])
        act(people["stan"], service.plan_campaign, campaign)
        other = make(people["stan"], "segment", name="Other")
        with reading(SYSTEM) as session:
            arm = records.get_record(session, "campaign_arm", session.scalars(select(CampaignArm.id)).first())
        seen = {"id": campaign, "version": campaign_row(campaign).version}
        before = dump()

        with pytest.raises(Refused, match="drawn already"):
            change(people["stan"], "campaign", seen, segment_id=other["id"])
        with pytest.raises(Refused, match="drawn already"):
            make(people["stan"], "campaign_arm", campaign_id=campaign, name="D")
        with pytest.raises(Refused, match="cannot be given other arms"):
            act(people["stan"], set_arms, campaign, arms=ARMS)
        with pytest.raises(Refused, match="cannot be drawn"):
            act(people["stan"], set_draw, campaign, strata=[], seed=3)
        with pytest.raises(Refused, match="buttons"):
            change(people["stan"], "campaign", seen, status="running")

        assert arm["name"] == "A"
        assert dump() == before

    def test_each_step_is_possible_only_after_the_one_before(self, people, dump):
        make_contacts(people["stan"], 4)
        campaign = make_campaign(people["stan"])
        before = dump()

        for step in (
            service.start_campaign,
            service.pause_campaign,
            service.resume_campaign,
            service.close_campaign,
        ):
            with pytest.raises(Refused, match="draft cannot be"):
                act(people["stan"], step, campaign)
        with pytest.raises(Refused, match="draft cannot be"):
            act(people["stan"], service.undraw, campaign)

        assert dump() == before

    def test_another_team_and_a_viewer_change_nothing(self, people, dump):
        make_contacts(people["stan"], 4)
        campaign = make_campaign(people["stan"])
        before = dump()

        for step in (service.plan_campaign, service.copy_campaign):
            with pytest.raises(NotFound):
                act(people["sue"], step, campaign)
            with pytest.raises(NotAllowed):
                act(people["vic"], step, campaign)
        with pytest.raises(NotAllowed):
            act(people["vic"], set_arms, campaign, arms=[ArmPlan("Z", 1.0)])

        assert dump() == before


class TestSending:
    def test_starting_queues_every_member_but_the_control_group(self, people):
        make_contacts(people["stan"], 20)
        campaign = make_campaign(people["stan"])
        act(people["stan"], service.plan_campaign, campaign)

        queued = act(people["stan"], service.start_campaign, campaign)

        assert queued == 18
        assert Counter(m.state for m in members(campaign).values()) == {"queued": 18, "control": 2}
        assert campaign_row(campaign).status == "running"

    def test_a_pause_holds_back_what_was_not_sent_and_resuming_goes_on(self, people):
        make_contacts(people["stan"], 10)
        campaign = make_campaign(people["stan"])
        act(people["stan"], service.plan_campaign, campaign)
        act(people["stan"], service.start_campaign, campaign)

        held = act(people["stan"], service.pause_campaign, campaign)
        paused = Counter(m.state for m in members(campaign).values())
        again = act(people["stan"], service.resume_campaign, campaign)

        assert held == again == paused["planned"] == 9
        with reading(SYSTEM) as session:
            assert len(session.scalars(select(Outbox.id)).all()) == 9

    def test_closing_leaves_out_whoever_waits_and_sends_nothing_more(self, people):
        make_contacts(people["stan"], 10)
        campaign = make_campaign(people["stan"])
        act(people["stan"], service.plan_campaign, campaign)
        act(people["stan"], service.start_campaign, campaign)

        act(people["stan"], service.close_campaign, campaign)

        assert Counter(m.state for m in members(campaign).values()) == {"skipped": 9, "control": 1}
        with reading(SYSTEM) as session:
            assert set(session.scalars(select(Outbox.state))) == {"cancelled"}
        assert campaign_row(campaign).closed_at is not None

    def test_a_campaign_whose_period_is_over_is_not_started(self, people):
        make_contacts(people["stan"], 4)
        campaign = make_campaign(people["stan"], starts_on=date(2020, 1, 1), ends_on=date(2020, 2, 1))
        act(people["stan"], service.plan_campaign, campaign)

        with pytest.raises(Refused, match="period is over"):
            act(people["stan"], service.start_campaign, campaign)

        assert campaign_row(campaign).status == "planned"

    def test_a_copy_is_a_draft_with_the_arms_and_without_members(self, people):
        make_contacts(people["stan"], 4)
        campaign = make_campaign(people["stan"], goal="Sell filters")
        act(people["stan"], set_draw, campaign, strata=["city"], seed=4)
        act(people["stan"], service.plan_campaign, campaign)

        copy = act(people["stan"], service.copy_campaign, campaign)

        row = campaign_row(copy)
        assert (row.status, row.goal, row.strata, row.seed) == ("draft", "Sell filters", ["city"], 5)
        assert (row.starts_on, row.drawn_at, row.copied_from_id) == (None, None, campaign)
        assert members(copy) == {}
        with reading(SYSTEM) as session:
            arms = session.execute(
                select(CampaignArm.name, CampaignArm.share).where(CampaignArm.campaign_id == copy)
            ).all()
        assert [tuple(a) for a in arms] == [("A", 0.45), ("B", 0.45), ("Control", 0.1)]

    def test_a_draw_is_not_taken_back_after_the_first_message(self, people):
        make_contacts(people["stan"], 4)
        campaign = make_campaign(people["stan"])
        act(people["stan"], service.plan_campaign, campaign)
        with unit_of_work(SYSTEM) as work:
            work.session.scalars(select(CampaignMember)).first().sent_at = work.now

        with pytest.raises(Refused, match="went out already"):
            act(people["stan"], service.undraw, campaign)

        assert len(members(campaign)) == 4


def test_whoever_got_enough_messages_since_the_draw_is_left_out_when_the_turn_comes(people, inbox):
    campaign = plan(people["mona"], members=3)
    other = make(people["mona"], "campaign", name="Other")["id"]
    act(people["mona"], queue_campaign, campaign)
    with unit_of_work(SYSTEM) as work:
        work.session.get(Campaign, campaign).cap_messages = 1
        second = work.session.scalars(select(Contact.id).where(Contact.email == "m1@example.com")).one()
        work.session.add(
            CampaignMember(campaign_id=other, contact_id=second, arm="A", state="sent", sent_at=work.now)
        )

    send_all(Postman())

    assert inbox.addresses() == ["m2@example.com"]
    assert members(campaign)[second].state == "skipped"
