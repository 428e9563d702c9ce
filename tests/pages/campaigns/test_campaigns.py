"""Campaigns on screen: list, calendar, the steps with their questions, members, calls, and the consent card."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from crm.campaigns.consent.consent import consents_of, set_consent
from crm.campaigns.runs import service
from crm.clock import today
from crm.work import SYSTEM, reading, unit_of_work
from db.models import Campaign, CampaignArm, CampaignMember, Contact
from tests.factories import make
from tests.pages.grids import listed
from tests.service.equipment.planning_scene import act, campaign_row, make_campaign, make_contacts, members


@pytest.fixture
def stan(actor_of):
    return actor_of("stan")


@pytest.fixture
def draft(stan):
    """A draft over ten contacts, one of whom withdrew; its id."""
    ids = make_contacts(stan, 10)
    with unit_of_work(stan) as work:
        set_consent(work, ids[0], purpose="offers", channel="email", state="withdrawn", source=None)
    return make_campaign(stan)


def texts(page):
    parts = [*page.title, *page.markdown, *page.caption, *page.error, *page.warning, *page.info]
    return "\n".join(str(p.value) for p in parts)


def press(page, label):
    return next(b for b in page.button if b.label == label).click().run()


def inside(page, opener, *acts):
    """Act in a drawer that is open. AppTest reruns the whole page where a browser reruns the drawer alone, so the drawer is
    opened once more in the same run."""
    next(b for b in page.button if b.label == opener).click()
    for act_in in acts:
        act_in(page)
    return page.run()


def test_the_plan_shows_the_arms_and_what_an_answer_needs(open_page, draft):
    page = open_page("campaign", as_="stan", id=draft)

    assert not page.exception
    said = texts(page)
    assert "Of 10 in the segment" in said
    assert "Autumn offer" in said
    assert "each of 3 groups needs" in said
    assert "too few" in said


def test_planning_asks_first_and_then_draws(open_page, draft):
    page = press(open_page("campaign", as_="stan", id=draft), "Plan")
    asked = texts(page)
    inside(page, "Plan", lambda p: p.button(key="campaign_plan_yes").click())

    assert "9 contacts will be drawn" in asked
    assert "1 contact falls out: No consent" in asked
    assert not page.exception
    assert campaign_row(draft).status == "planned"
    assert len(members(draft)) == 9


def test_starting_asks_how_many_get_it_and_then_queues(open_page, draft, stan):
    act(stan, service.plan_campaign, draft)

    page = press(open_page("campaign", as_="stan", id=draft), "Start")
    asked = texts(page)
    inside(page, "Start", lambda p: p.button(key="campaign_start_yes").click())

    assert "get a message by e-mail" in asked
    assert "in the control group" in asked
    assert not page.exception
    assert campaign_row(draft).status == "running"


def test_what_is_missing_is_said_in_the_question(open_page, stan):
    made = make(stan, "campaign")

    page = press(open_page("campaign", as_="stan", id=made["id"]), "Plan")
    inside(page, "Plan", lambda p: p.button(key="campaign_plan_yes").click())

    assert "Choose a segment" in texts(page)
    assert campaign_row(made["id"]).status == "draft"


def test_arms_and_draw_are_changed_in_drawers(open_page, draft):
    page = press(open_page("campaign", as_="stan", id=draft), "Change arms")
    inside(
        page,
        "Change arms",
        lambda p: p.slider(key="arms_control").set_value(20),
        lambda p: p.text_input(key="arm_name_0").input("Ten per cent off"),
        lambda p: p.button(key="arms_save").click(),
    )
    arms = not page.exception and _arms(draft)
    page = press(open_page("campaign", as_="stan", id=draft), "Change draw")
    inside(
        page,
        "Change draw",
        lambda p: p.multiselect(key="draw_strata").select("city"),
        lambda p: p.button(key="draw_save").click(),
    )

    assert arms == [("Ten per cent off", 0.4), ("B", 0.4), ("Control", 0.2)]
    assert campaign_row(draft).strata == ["city"]


def _arms(campaign_id):
    with reading(SYSTEM) as session:
        statement = select(CampaignArm.name, CampaignArm.share).where(CampaignArm.campaign_id == campaign_id)
        return [tuple(row) for row in session.execute(statement.order_by(CampaignArm.position))]


def test_members_are_listed_by_state_and_arm(open_page, draft, stan):
    empty = open_page("campaign", as_="stan", id=draft, tab="members")
    act(stan, service.plan_campaign, draft)
    page = open_page("campaign", as_="stan", id=draft, tab="members")
    page.selectbox(key="members_state").select("control").run()

    assert "No members yet" in texts(empty)
    assert not page.exception
    assert list(page.dataframe[0].value["Arm"]) == ["Control"]


@pytest.mark.parametrize("tab", ["plan", "members", "result", "log"])
@pytest.mark.parametrize("status", ["draft", "planned", "running", "paused", "closed"])
def test_every_tab_is_shown_in_every_status(open_page, draft, stan, tab, status):
    for step in ("plan", "start", "pause", "close")[
        : ["draft", "planned", "running", "paused", "closed"].index(status)
    ]:
        act(stan, getattr(service, f"{step}_campaign"), draft)

    page = open_page("campaign", as_="stan", id=draft, tab=tab)

    assert not page.exception
    assert not page.error
    assert campaign_row(draft).status == status


def test_a_call_is_taken_down_with_one_click(open_page, stan):
    ids = make_contacts(stan, 3, phone="+493012345678")
    with unit_of_work(SYSTEM) as work:
        for n, i in enumerate(ids):
            work.session.get(Contact, i).phone = f"+49301234567{n}"
            set_consent(work, i, purpose="offers", channel="phone", state="given", source="Fair")
    campaign = make_campaign(stan, channel="phone")
    for step in (service.plan_campaign, service.start_campaign):
        act(stan, step, campaign)
    called = next(m for m in members(campaign).values() if m.state == "planned")

    page = open_page("campaign", as_="stan", id=campaign, tab="members")
    page.button(key=f"call_{called.id}_refused").click().run()

    assert not page.exception
    with reading(SYSTEM) as session:
        assert session.get(CampaignMember, called.id).state == "unsubscribed"
        states = {(c.channel, c.latest.state) for c in consents_of(session, called.contact_id)}
    assert states == {("email", "given"), ("phone", "withdrawn")}


def test_a_viewer_sees_the_plan_without_a_step_to_take(open_page, draft):
    page = open_page("campaign", as_="vic", id=draft)

    assert not page.exception
    assert not {b.label for b in page.button} & {"Plan", "Edit", "Change arms", "Change draw"}


def test_another_teams_campaign_looks_like_none(open_page, draft):
    page = open_page("campaign", as_="sue", id=draft)

    assert "There is no campaign" in page.error[0].value
    assert not page.metric


def test_list_and_calendar_show_campaigns_and_say_when_there_are_none(open_page, draft, stan):
    with unit_of_work(SYSTEM) as work:
        work.session.get(Campaign, draft).ends_on = today() + timedelta(days=40)

    found = open_page("campaigns", as_="stan")
    months = open_page("campaigns", as_="stan", campaigns_view="Calendar")
    none = open_page("campaigns", as_="sue", campaigns_view="Calendar")

    assert list(listed(found)[0]["name"]) == ["Filter subscription, autumn"]
    assert not months.exception
    assert "1 campaign," in texts(months)
    assert "Nothing planned." in texts(none)


def test_the_contact_page_takes_down_consent(open_page, stan):
    contact = make(stan, "contact", email="ana@example.com")

    page = press(open_page("contact", as_="stan", id=contact["id"]), "Take down")
    inside(
        page,
        "Take down",
        lambda p: p.text_input(key="consent_source").input("Fair in Berlin"),
        lambda p: p.button(key="consent_save").click(),
    )

    assert not page.exception
    with reading(stan) as session:
        (now,) = consents_of(session, contact["id"])
    assert (now.purpose, now.channel, now.latest.state, now.latest.source) == (
        "offers",
        "email",
        "given",
        "Fair in Berlin",
    )


def test_consent_without_a_source_is_refused_in_place(open_page, stan):
    contact = make(stan, "contact", email="ana@example.com")

    page = press(open_page("contact", as_="stan", id=contact["id"]), "Take down")
    inside(page, "Take down", lambda p: p.button(key="consent_save").click())

    assert "Say where consent was given" in page.error[0].value
    with reading(stan) as session:
        assert consents_of(session, contact["id"]) == []
