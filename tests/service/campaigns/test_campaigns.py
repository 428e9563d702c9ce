"""Planning: who is drawn and who falls out, and the draw stays."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from crm.campaigns.consent.consent import set_consent
from crm.campaigns.runs import service
from crm.campaigns.runs.arms import set_draw
from crm.campaigns.runs.audience import read_audience
from crm.campaigns.runs.job import run_plan
from crm.campaigns.segments.segments import freeze_segment
from crm.errors import Refused
from crm.jobs.queue import cancel_job, enqueue, get_job
from crm.jobs.worker import Worker
from crm.work import SYSTEM, reading, unit_of_work
from db.models import AddressProblem, Campaign, CampaignMember, Contact
from tests.factories import change, make
from tests.service.equipment.planning_scene import act, campaign_row, make_campaign, make_contacts, members


class TestPlanning:
    def test_everybody_who_may_be_addressed_is_drawn_into_the_arms_by_their_shares(self, people):
        contacts = make_contacts(people["stan"])
        campaign = make_campaign(people["stan"])

        draw = act(people["stan"], service.plan_campaign, campaign)

        assert draw.by_arm == {"A": 18, "B": 18, "Control": 4}
        drawn = members(campaign)
        assert sorted(drawn) == contacts
        assert {m.state for m in drawn.values() if m.arm == "Control"} == {"control"}
        assert {m.state for m in drawn.values() if m.arm != "Control"} == {"planned"}
        row = campaign_row(campaign)
        assert (row.status, row.left_out) == ("planned", {})
        assert row.drawn_at is not None

    def test_each_reason_to_leave_somebody_out_is_counted_once(self, people):
        ids = make_contacts(people["stan"], 12)
        segment = make(people["stan"], "segment")
        with unit_of_work(people["stan"]) as work:
            freeze_segment(work, segment["id"])
        earlier = make(SYSTEM, "campaign")["id"]
        with unit_of_work(SYSTEM) as work:
            rows = [work.session.get(Contact, i) for i in ids]
            rows[0].archived_at = work.now
            rows[2].email = None
            rows[2].archived_at = work.now  # archived is asked first
            rows[3].email = " "
            rows[5].email = "C6@Example.com"  # as the seventh
            work.session.add(AddressProblem(address="c4@example.com"))
            work.session.add(
                CampaignMember(
                    campaign_id=earlier, contact_id=ids[7], arm="A", state="sent", sent_at=work.now
                )
            )
            work.session.add(
                CampaignMember(
                    campaign_id=earlier,
                    contact_id=ids[8],
                    arm="A",
                    sent_at=work.now - timedelta(days=31),
                    state="sent",
                )
            )
        with unit_of_work(people["stan"]) as work:
            set_consent(work, ids[1], purpose="offers", channel="email", state="withdrawn", source=None)
        campaign = make_campaign(people["stan"], cap_messages=1, cap_days=30)
        change(
            people["stan"],
            "campaign",
            {"id": campaign, "version": campaign_row(campaign).version},
            segment_id=segment["id"],
        )

        draw = act(people["stan"], service.plan_campaign, campaign)

        assert draw.left_out == {
            "archived": 2,
            "no_consent": 1,
            "no_address": 1,
            "invalid_address": 1,
            "capped": 1,
            "duplicate": 1,
        }
        assert set(members(campaign)) == {ids[5], *ids[8:]}

    def test_the_cap_counts_messages_of_campaigns_that_nobody_here_may_see_and_those_about_to_go(
        self, people
    ):
        (contact,) = make_contacts(people["stan"], 1)
        foreign = make(people["sue"], "campaign")["id"]
        with unit_of_work(SYSTEM) as work:
            work.session.get(Campaign, foreign).status = "planned"
            work.session.add(
                CampaignMember(campaign_id=foreign, contact_id=contact, arm="A", state="planned")
            )
        campaign = make_campaign(people["stan"], cap_messages=1)

        with pytest.raises(Refused, match="Nobody"):
            act(people["stan"], service.plan_campaign, campaign)

    def test_no_cap_means_no_cap(self, people):
        (contact,) = make_contacts(people["stan"], 1)
        before = make(people["stan"], "campaign")["id"]
        with unit_of_work(SYSTEM) as work:
            work.session.add(
                CampaignMember(campaign_id=before, contact_id=contact, arm="A", sent_at=work.now)
            )
        campaign = make_campaign(people["stan"], cap_messages=0)

        assert act(people["stan"], service.plan_campaign, campaign).members == 1

    def test_the_same_seed_draws_the_same_and_another_seed_another(self, people):
        make_contacts(people["stan"])
        campaign = make_campaign(people["stan"])

        def arms_of_draw(seed):
            act(people["stan"], set_draw, campaign, strata=["city"], seed=seed)
            act(people["stan"], service.plan_campaign, campaign)
            drawn = {contact: m.arm for contact, m in members(campaign).items()}
            act(people["stan"], service.undraw, campaign)
            return drawn

        first = arms_of_draw(7)

        assert arms_of_draw(7) == first
        assert arms_of_draw(8) != first
        assert members(campaign) == {}
        assert campaign_row(campaign).status == "draft"

    def test_the_shares_hold_in_every_stratum(self, people):
        make_contacts(people["stan"])
        campaign = make_campaign(people["stan"])
        act(people["stan"], set_draw, campaign, strata=["city"], seed=1)

        act(people["stan"], service.plan_campaign, campaign)

        drawn = Counter((m.stratum, m.arm) for m in members(campaign).values())
        assert drawn == {
            (city, arm): n for city in ("Berlin", "Oslo") for arm, n in (("A", 9), ("B", 9), ("Control", 2))
        }

    def test_a_draw_stays_although_contacts_arms_and_consent_change(self, people):
        ids = make_contacts(people["stan"])
        campaign = make_campaign(people["stan"])
        act(people["stan"], service.plan_campaign, campaign)
        before = {contact: m.arm for contact, m in members(campaign).items()}

        make_contacts(people["stan"], 3)
        with unit_of_work(people["stan"]) as work:
            set_consent(work, ids[0], purpose="offers", channel="email", state="withdrawn", source=None)

        assert {contact: m.arm for contact, m in members(campaign).items()} == before

    def test_staff_draw_only_from_their_own_teams_contacts(self, people):
        mine = make_contacts(people["stan"], 5)
        make_contacts(people["sue"], 5)
        campaign = make_campaign(people["stan"])

        act(people["stan"], service.plan_campaign, campaign)

        assert sorted(members(campaign)) == mine


def test_the_audience_is_what_the_draw_takes(people):
    make_contacts(people["stan"], 6)
    campaign = make_campaign(people["stan"])

    with reading(people["stan"]) as session:
        audience = read_audience(session, session.get(Campaign, campaign), now=datetime.now(UTC))
    draw = act(people["stan"], service.plan_campaign, campaign)

    assert (audience.found, audience.n) == (6, draw.members)


def test_a_large_draw_runs_as_a_job_with_the_rights_of_whoever_asked(people):
    make_contacts(people["stan"], 6)
    campaign = make_campaign(people["stan"])
    refused = enqueue(people["sue"], "plan_campaign", {"campaign_id": campaign})
    done = enqueue(people["stan"], "plan_campaign", {"campaign_id": campaign})

    while Worker().run_one():
        pass

    assert get_job(people["sue"], refused).state == "failed"
    assert sum(get_job(people["stan"], done).result["by_arm"].values()) == 6
    assert len(members(campaign)) == 6


def test_a_waiting_draw_is_cancelled_and_one_that_was_made_says_so_whatever_was_asked_meanwhile(people):
    make_contacts(people["stan"], 6)
    campaign = make_campaign(people["stan"])
    waiting = enqueue(people["stan"], "plan_campaign", {"campaign_id": campaign})
    cancel_job(people["stan"], waiting)

    Worker().run_one()
    told = []
    result = run_plan(
        people["stan"], {"campaign_id": campaign}, lambda *step: told.append((step, len(members(campaign))))
    )

    assert get_job(people["stan"], waiting).state == "cancelled"
    assert [drawn for _step, drawn in told] == [0]
    assert sum(result["by_arm"].values()) == len(members(campaign)) == 6
