"""Phone lists and letter files: consent is asked anew, outcomes are kept, and files are safe to open."""

import csv
import io
import zipfile
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from crm.campaigns.consent.consent import consents_of, set_consent
from crm.campaigns.runs import queries as campaign_queries
from crm.campaigns.runs import service
from crm.campaigns.runs.arms import ArmPlan
from crm.campaigns.runs.lists_out import list_file, list_members, mark_posted, record_outcome
from crm.errors import NotAllowed, NotFound, Refused
from crm.work import SYSTEM, reading, unit_of_work
from db.models import Address, Campaign, CampaignMember, Consent, Contact
from tests.service.equipment.planning_scene import act, make_campaign, make_contacts, members

ONE = (ArmPlan("Letter", 1.0),)


def say(ids, channel, state="given"):
    with unit_of_work(SYSTEM) as work:
        work.session.add_all(
            Consent(contact_id=i, purpose="offers", channel=channel, state=state, at=work.now) for i in ids
        )


def running(actor, channel):
    campaign = make_campaign(actor, arms=ONE, channel=channel)
    act(actor, service.plan_campaign, campaign)
    act(actor, service.start_campaign, campaign)
    return campaign


def listed(actor, campaign):
    with reading(actor) as session:
        return list_members(session, session.get(Campaign, campaign), now=datetime.now(UTC))


@pytest.fixture
def calls(people):
    """A running phone campaign over four contacts; its id and theirs."""
    with unit_of_work(SYSTEM) as work:
        stan = people["stan"]
        rows = [
            Contact(name=f"C{n}", phone=f"+4930123450{n}", owner_id=stan.user_id, team_id=stan.teams[0])
            for n in range(4)
        ]
        work.session.add_all(rows)
        work.session.flush()
        ids = [row.id for row in rows]
    say(ids, "phone")
    return running(people["stan"], "phone"), ids


class TestCalls:
    def test_whoever_withdrew_since_the_draw_is_not_called(self, people, calls):
        campaign, ids = calls
        with unit_of_work(people["stan"]) as work:
            set_consent(work, ids[1], purpose="offers", channel="phone", state="withdrawn", source="Letter")

        assert list(listed(people["stan"], campaign)["contact_id"]) == [ids[0], *ids[2:]]

    def test_an_outcome_is_kept_and_takes_the_member_off_the_list(self, people, calls):
        campaign, ids = calls
        by_contact = members(campaign)

        for contact, outcome in zip(ids, ("reached", "responded", "refused"), strict=False):
            act(people["stan"], record_outcome, by_contact[contact].id, outcome=outcome)

        after = members(campaign)
        assert [after[i].state for i in ids] == ["sent", "sent", "unsubscribed", "planned"]
        assert [after[i].responded for i in ids] == [False, True, False, False]
        assert all(after[i].sent_at is not None for i in ids[:3])
        assert list(listed(people["stan"], campaign)["contact_id"]) == [ids[3]]
        with reading(people["stan"]) as session:
            (phone,) = consents_of(session, ids[2])
            assert (phone.latest.state, phone.latest.source) == (
                "withdrawn",
                "Campaign Filter subscription, autumn",
            )

    def test_a_second_outcome_an_unknown_one_and_other_people_change_nothing(self, people, calls, dump):
        campaign, ids = calls
        by_contact = members(campaign)
        act(people["stan"], record_outcome, by_contact[ids[0]].id, outcome="reached")
        before = dump()

        for member, outcome in ((ids[0], "refused"), (ids[1], "married")):
            with pytest.raises(Refused):
                act(people["stan"], record_outcome, by_contact[member].id, outcome=outcome)
        with pytest.raises(NotFound):
            act(people["sue"], record_outcome, by_contact[ids[1]].id, outcome="reached")
        with pytest.raises(NotAllowed):
            act(people["vic"], record_outcome, by_contact[ids[1]].id, outcome="reached")

        assert dump() == before

    def test_a_paused_campaign_takes_no_outcome(self, people, calls):
        campaign, ids = calls
        act(people["stan"], service.pause_campaign, campaign)

        with pytest.raises(Refused, match="not running"):
            act(people["stan"], record_outcome, members(campaign)[ids[0]].id, outcome="reached")


class TestLetters:
    @pytest.fixture
    def letters(self, people):
        ids = make_contacts(people["stan"], 3)
        say(ids, "post")
        with unit_of_work(SYSTEM) as work:
            work.session.get(Contact, ids[0]).name = "=HYPERLINK(1)"
            for i in ids[:2]:
                work.session.add(Address(contact_id=i, street="Am Ufer 3", postal_code="10997", city="Köln"))
        return running(people["stan"], "letter"), ids

    def test_the_file_holds_the_addresses_and_no_formulas(self, people, letters):
        campaign, _ids = letters

        with reading(people["mona"]) as session:
            text = list_file(session, campaign, kind="csv", now=datetime.now(UTC)).decode("utf-8-sig")
            sheet = list_file(session, campaign, kind="xlsx", now=datetime.now(UTC))

        rows = list(csv.DictReader(io.StringIO(text)))
        assert [(r["Name"], r["Street"], r["City"]) for r in rows] == [
            ("'=HYPERLINK(1)", "Am Ufer 3", "Köln"),
            ("C1", "Am Ufer 3", "Köln"),
        ]
        assert "Köln" in zipfile.ZipFile(io.BytesIO(sheet)).read("xl/sharedStrings.xml").decode()

    def test_two_people_at_one_address_both_get_their_letter(self, people, letters):
        campaign, ids = letters

        assert sorted(members(campaign)) == ids[:2]

    def test_staff_without_the_right_to_export_get_no_file(self, people, letters):
        campaign, _ids = letters

        with pytest.raises(NotAllowed), reading(people["stan"]) as session:
            list_file(session, campaign, kind="csv", now=datetime.now(UTC))
        with pytest.raises(NotFound), reading(people["sue"]) as session:
            list_file(session, campaign, kind="csv", now=datetime.now(UTC))

    def test_posting_counts_whoever_stands_on_the_list(self, people, letters):
        campaign, ids = letters
        say(ids[1:2], "post", "withdrawn")

        posted = act(people["stan"], mark_posted, campaign)

        assert posted == 1
        assert [members(campaign)[i].state for i in ids[:2]] == ["sent", "planned"]

    def test_another_person_without_the_right_marks_nothing(self, people, letters, dump):
        campaign, _ids = letters
        before = dump()

        with pytest.raises(NotAllowed):
            act(people["vic"], mark_posted, campaign)

        assert dump() == before


class TestReading:
    def test_a_campaign_is_read_with_its_arms_and_their_members(self, people, calls):
        campaign, _ids = calls

        with reading(people["stan"]) as session:
            view = campaign_queries.campaign_view(session, campaign)
            rows, total = campaign_queries.member_rows(session, campaign, state="planned", search="c2")

        assert [(a.name, a.members, a.states) for a in view.arms] == [("Letter", 4, {"planned": 4})]
        assert (total, list(rows["name"])) == (1, ["C2"])

    def test_another_teams_campaign_is_not_there(self, people, calls):
        campaign, ids = calls

        with reading(people["sue"]) as session:
            with pytest.raises(NotFound):
                campaign_queries.campaign_view(session, campaign)
            assert campaign_queries.member_rows(session, campaign)[1] == 0
            assert campaign_queries.campaigns_of_contact(session, ids[0]) == []

    def test_the_calendar_and_a_contact_know_their_campaigns(self, people, calls):
        campaign, ids = calls

        with reading(people["stan"]) as session:
            row = session.get(Campaign, campaign)
            inside = campaign_queries.campaigns_between(session, row.ends_on, row.ends_on)
            outside = campaign_queries.campaigns_between(session, date(2020, 1, 1), date(2020, 2, 1))
            took = campaign_queries.campaigns_of_contact(session, ids[0])
            stored = session.scalars(select(CampaignMember.id)).all()

        assert [p.id for p in inside] == [campaign]
        assert outside == []
        assert [(t.campaign_id, t.state) for t in took] == [(campaign, "planned")]
        assert len(stored) == 4
