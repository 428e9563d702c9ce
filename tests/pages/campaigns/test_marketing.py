"""The marketing dashboard and the result of a campaign."""

from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from crm.clock import now
from crm.work import SYSTEM, unit_of_work
from db.models import Campaign, CampaignArm, CampaignMember, Contact, Lead
from tests.pages.grids import listed


def numbers(page: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in page.metric}


def texts(page: AppTest) -> str:
    return " ".join(element.value for element in (*page.markdown, *page.caption))


@pytest.fixture
def campaign(house):
    """``campaign(A=(100, 30), Control=(100, 5))``: a closed campaign with so many members and responses by arm."""

    def make(*, by="order", closed=True, cost_minor=None, name="Spring", spend=0, **arms):
        started = now() - timedelta(days=60)
        with unit_of_work(SYSTEM) as work:
            session = work.session
            row = Campaign(
                name=name, name_key=name.lower(), status="closed" if closed else "running", started_at=started,
                drawn_at=started, starts_on=started.date(), cost_minor=cost_minor, currency="EUR", response_days=14,
            )  # fmt: skip
            session.add(row)
            session.flush()
            total = sum(n for n, _hits in arms.values())
            for place, (arm, (n, hits)) in enumerate(arms.items()):
                control = arm == "Control"
                session.add(
                    CampaignArm(
                        campaign_id=row.id,
                        name=arm,
                        is_control=control,
                        share=n / (total or 1),
                        position=place,
                    )
                )
                contacts = [
                    Contact(name=f"{arm} {at}", name_key="x", segment="Hotel" if at % 2 else "Office")
                    for at in range(n)
                ]
                session.add_all(contacts)
                session.flush()
                session.add_all(
                    CampaignMember(
                        campaign_id=row.id, contact_id=contact.id, arm=arm, state="control" if control else "sent",
                        sent_at=None if control else started, responded=at < hits, converted=at < hits,
                        response_by=by if at < hits else None, revenue_minor=spend if at < hits else 0, currency="EUR",
                    )
                    for at, contact in enumerate(contacts)
                )  # fmt: skip
            return row.id

    return make


class TestDashboard:
    def test_the_numbers_are_those_of_the_records(self, open_page, campaign):
        spring = campaign(cost_minor=500_00, A=(100, 30), Control=(50, 5))
        with unit_of_work(SYSTEM) as work:
            for at in range(4):
                work.session.add(Lead(name=f"Lead {at}", source="Web", campaign_id=spring))

        page = open_page("marketing")

        assert not page.exception
        assert numbers(page) == {
            "Leads": "4", "Cost per lead": "€125", "Cost per won deal": "–", "Response to messages": "30.0%",
        }  # fmt: skip
        assert "1 campaign, 4 leads" in texts(page)

    @pytest.mark.parametrize("what", ["Leads of the period", "Members who got a message", "Anything"])
    def test_a_number_opens_its_records(self, open_page, campaign, what):
        spring = campaign(cost_minor=500_00, A=(10, 3), Control=(5, 1))
        with unit_of_work(SYSTEM) as work:
            work.session.add(Lead(name="Lead of spring", source="Web", campaign_id=spring))

        page = open_page("marketing", marketing_show=what)

        assert not page.exception
        shown = [len(frame) for frame in listed(page) if "campaign" in frame.columns]
        assert shown == {"Leads of the period": [1], "Members who got a message": [10]}.get(what, [])

    def test_an_empty_company_is_told_what_fills_the_page(self, open_page):
        page = open_page("marketing", marketing_period="All")

        assert not page.exception
        assert not page.metric
        assert "Sources, campaigns and what they cost stand here" in texts(page)

    def test_a_filter_without_records_offers_to_clear(self, open_page, campaign):
        campaign(A=(10, 3))

        page = open_page("marketing", marketing_source="No source", marketing_owner="Vic", marketing_campaign="Autumn",
                         marketing_period="Quarter")  # fmt: skip

        assert not page.exception

    @pytest.mark.parametrize("period", ["Quarter", "Year", "12 months", "All", "Days", "Century"])
    def test_every_period_can_stand_in_the_address(self, open_page, campaign, period):
        campaign(A=(10, 3))

        page = open_page("marketing", marketing_period=period)

        assert not page.exception

    def test_staff_count_leads_of_their_team_only(self, open_page, house, actor_of):
        for name in ("stan", "sue"):
            with unit_of_work(SYSTEM) as work:
                work.session.add(Lead(name="L", owner_id=house[name], team_id=actor_of(name).teams[0]))

        page = open_page("marketing", as_="sue")

        assert numbers(page)["Leads"] == "1"

    def test_nobody_sees_it_without_signing_in(self, open_page, campaign):
        campaign(A=(10, 3))

        page = open_page("marketing", as_=None)

        assert not page.metric


class TestResult:
    @pytest.fixture
    def show(self, open_page):
        """The page of a campaign, where its result stands in a tab."""

        def open_result(campaign_id, **more):
            return open_page("campaign", id=campaign_id, **({"tab": "result"} | more))

        return open_result

    def test_a_clear_winner_is_told_in_one_sentence(self, show, campaign):
        page = show(campaign(A=(400, 40), B=(400, 100), Control=(200, 20), cost_minor=300_00, spend=10_00))

        assert not page.exception
        assert "“B” worked: about 60 more responded than without a message." in texts(page)
        found = numbers(page)
        assert (found["Extra responses"], found["Extra revenue"]) == ("60", "€600")
        assert (found["Cost of one extra"], found["Return on cost"]) == ("€5", "100%")

    def test_too_few_are_said_to_be_too_few(self, show, campaign):
        page = show(campaign(A=(10, 1), Control=(10, 0)))

        assert not page.exception
        assert "Too few to say whether the message changed anything." in texts(page)

    def test_without_a_control_group_the_effect_is_not_told(self, show, campaign):
        page = show(campaign(A=(100, 30)))

        assert not page.exception
        assert "What the message changed cannot be said: nobody was left without it." in texts(page)
        assert "Extra responses" not in numbers(page)

    def test_clicks_are_not_compared_with_those_who_had_no_link(self, show, campaign):
        page = show(
            campaign(by="link", A=(200, 60), B=(200, 20), Control=(100, 0)), result_measure="Response"
        )

        assert not page.exception
        assert "“A” is clearly the better one beside “B”." in texts(page)
        assert "Links need a message." in texts(page)

    def test_a_running_campaign_is_not_concluded(self, show, campaign):
        page = show(campaign(closed=False, A=(400, 100), Control=(400, 20)))

        assert not page.exception
        assert "Too early to say" in texts(page)

    @pytest.mark.parametrize("measure", ["Response", "Conversion", "Revenue", "Luck"])
    def test_every_measure_and_group_can_stand_in_the_address(self, show, campaign, measure):
        made = campaign(A=(100, 30), Control=(100, 5), spend=10_00)

        page = show(made, result_measure=measure, result_groups="Segment")

        assert not page.exception

    def test_a_choice_that_the_next_campaign_does_not_offer_is_no_error(self, show, campaign):
        rich = campaign(A=(100, 30), Control=(100, 5), spend=10_00)
        poor = campaign(name="Autumn", A=(100, 30), Control=(100, 5))
        page = show(rich)
        page.segmented_control(key="result_measure").set_value("revenue").run()
        assert not page.exception
        assert "it brought about" in texts(page)

        page.query_params["id"] = str(poor)
        page.run()

        assert not page.exception
        assert "more responded than without a message" in texts(page)

    def test_a_campaign_without_members_says_what_is_missing(self, show, campaign):
        page = show(campaign(A=(0, 0)))

        assert not page.exception
        assert "Nobody to count yet" in texts(page)
