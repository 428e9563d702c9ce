"""Service as one story each: from a stranger's form to the stars of the answer."""

import json
import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from crm.clock import now, today
from crm.jobs.queue import DONE, enqueue, get_job
from crm.service.defaults import ensure_service_defaults
from crm.work import SYSTEM, reading, unit_of_work
from db.models import Case, Failure, PartChange
from tests.browser.hands import fill, fits, in_process, set_day, settled, stands, told, until
from tests.browser.journeys.journey_scene import address_in, letters, mailing_house
from tests.factories import make
from tests.service.mail.mail_letters import answer


@pytest.fixture(scope="module")
def scene(app_server):
    """The server, its inbox and its people."""
    with mailing_house(app_server) as made:
        yield made


@pytest.fixture
def stranger(window):
    """A phone without an account and without scripts."""
    tab = window(width=390, height=844, java_script_enabled=False)
    yield tab
    assert tab.context.cookies() == []


def test_from_the_form_to_the_stars(scene, window, stranger, tmp_path):
    house, inbox, people = scene
    with in_process(house):
        with unit_of_work(SYSTEM) as work:
            ensure_service_defaults(work)
        make(
            people["stan"],
            "equipment",
            serial="V3-118842",
            installed_on=today() - timedelta(days=100),
            warranty_until=today() + timedelta(days=265),
        )
        make(people["mona"], "web_form", name="Repair", slug="repair", kind="service", queue_id=1)

    # Somebody whom nobody knows asks for help, and names the machine.
    stranger.goto(house.url + "/forms/repair")
    stranger.get_by_label("Your name").fill("Jan Berg")
    stranger.get_by_label("E-mail", exact=True).fill("jan@example.com")
    stranger.get_by_label("What is it about?").fill("No steam")
    stranger.get_by_label("What happened?").fill("Since this morning")
    stranger.get_by_label("Serial number").fill("v3-118842")
    stranger.wait_for_timeout(2_100)  # People need a moment, robots do not.
    stranger.get_by_role("button", name="Send").click()
    said = stranger.get_by_text("The number of your request is").text_content()
    number = re.search(r"C-\d+", said)[0]
    (received,) = until(lambda: letters(inbox, "jan@example.com", f"[{number}]"))
    assert received["auto-submitted"] == "auto-replied"

    # The agent finds it in the queue and takes it; the screen says that the machine is covered.
    agent = window(house, "stan@example.com")
    agent.goto(f"{house.url}/cases?cases_view=My+queue")
    stands(agent.get_by_text("No steam"))
    # By keys alone: J opens the next case beside the list, R goes to the answer.
    settled(agent)
    agent.keyboard.press("j")
    expect(agent).to_have_url(re.compile("cases_queue_case="))
    stands(agent.locator(".st-key-case_box textarea"))
    settled(agent)
    agent.keyboard.press("r")
    expect(agent.locator(".st-key-case_box textarea")).to_be_focused()
    agent.locator(".st-key-queue_case").get_by_role("link", name="No steam").click()
    expect(agent.locator("h1")).to_contain_text("No steam")
    expect(agent.get_by_test_id("stChatMessage").filter(has_text="Since this morning")).to_have_count(1)
    stands(agent.get_by_text("covers parts, labour and travel").first)
    agent.get_by_role("button", name="Take").click()
    stands(agent.get_by_text("Owner Stan"))

    # The reply reaches the customer's address.
    box = agent.get_by_role("textbox", name="Text")
    box.fill("Is the tank full?")
    box.blur()
    agent.get_by_role("button", name="Send", exact=True).click()
    stands(agent.get_by_test_id("stChatMessage").filter(has_text="Is the tank full?"))
    (reply,) = until(lambda: letters(inbox, "jan@example.com", f"[{number}] No steam"))
    assert "Is the tank full?" in reply.get_body(("plain",)).get_content()
    assert reply["auto-submitted"] == "no"

    # The customer answers by mail, and it stands in the thread.
    dropped = tmp_path / "answer.eml"
    dropped.write_bytes(
        answer(
            sender="jan@example.com",
            text="It is, and still no steam.",
            subject=f"Re: {reply['subject']}",
            to_message=reply["message-id"],
        )
    )
    assert "answers to cases" in house.crm("mail", "bounces", str(tmp_path))
    agent.reload()
    expect(agent.get_by_test_id("stChatMessage").filter(has_text="and still no steam.")).to_have_count(1)

    # Solved; the question how it went goes out once.
    settled(agent)
    agent.get_by_role("button", name="Status", exact=True).click()
    agent.get_by_text("Solved", exact=True).last.click()
    ask = agent.get_by_role("dialog")
    ask.get_by_label("Resolution").fill("New heater")
    ask.get_by_role("button", name="Mark as solved").click()
    expect(agent.locator("h1")).to_contain_text("Resolved")
    question = until(lambda: [m for m in letters(inbox, "jan@example.com") if "/rate/" in str(m)])[0]

    # Looking at the page rates nothing; sending does.
    address = address_in(question, f"{house.url}/rate/")
    stranger.goto(address)
    stands(stranger.get_by_text(f"Your request {number}"))
    with in_process(house), reading(SYSTEM) as session:
        assert session.scalar(select(Case.satisfaction).where(Case.number == number)) is None
    stranger.get_by_label("Very good").check()
    stranger.get_by_label("What should we know?").fill("Quick & kind")
    stranger.get_by_role("button", name="Send").click()
    stands(stranger.get_by_role("heading", name="Thank you"))

    # The stars stand on the case and in the report; then it is closed.
    agent.reload()
    stands(agent.get_by_text("★★★★★"))
    stands(agent.get_by_text("Quick & kind"))
    settled(agent)
    agent.get_by_role("button", name="Status", exact=True).click()
    agent.get_by_text("Close", exact=True).last.click()
    expect(agent.locator("h1")).to_contain_text("Closed")
    report = json.loads(house.crm("report", "satisfaction", "--json"))
    assert report["n"] == 1
    assert [row for row in report["rows"] if 5 in row.values()]
    assert len([m for m in letters(inbox, "jan@example.com") if "/rate/" in str(m)]) == 1


def make_fleet(people):
    """Twelve machines of Stan's whose pumps failed after about 200 days; ten got new ones thirty days ago, two did not."""
    begun = now() - timedelta(days=410)
    product = make(people["ada"], "product", name="Duo 3")["id"]
    for n in range(12):
        unit = make(
            people["stan"], "equipment", serial=f"D-{n}", product_id=product, installed_on=begun.date()
        )["id"]
        failed = begun + timedelta(days=170 + 7 * n)
        with unit_of_work(SYSTEM) as work:
            work.session.add(Failure(equipment_id=unit, failed_at=failed, part="Pump"))
            if n < 10:
                work.session.add(PartChange(equipment_id=unit, at=begun + timedelta(days=380), part="Pump"))


def test_from_the_risk_to_the_next_visit(scene, window):
    house, _inbox, people = scene
    with in_process(house):
        make_fleet(people)
        job = enqueue(SYSTEM, "wear", {})
        until(lambda: get_job(SYSTEM, job).state == DONE)
    desk = window(house, "stan@example.com")
    phone = window(house, "stan@example.com", width=390, height=844)

    # The units that are likely to fail are proposed to whom they belong; one is taken up.
    desk.goto(house.url + "/")
    proposals = desk.get_by_text(re.compile("^Pump: .* such units fail within 90 days.*failures among"))
    expect(proposals).to_have_count(2)
    desk.get_by_role("button", name="Plan visit").first.click()
    told(desk, r"Visit W-\d+ is planned for")
    expect(proposals).to_have_count(1)

    # On the phone it stands in the list of the day it is planned for; the technician notes what to do.
    phone.goto(house.url + "/work_orders")
    stands(phone.get_by_text("Check Pump").first)
    fits(phone)
    phone.get_by_role("button", name="Open", exact=True).click()
    expect(phone.locator("h1")).to_contain_text("Check Pump")
    settled(phone)
    phone.get_by_role("button", name="More").click()
    phone.get_by_text("Change steps", exact=True).click()
    fill(phone.get_by_role("dialog"), "Steps, one a line", "Measure the pressure\nListen to the pump")
    phone.get_by_role("button", name="Save").click()
    stands(phone.get_by_text("0 of 2 ticked"))
    phone.get_by_role("button", name="Start", exact=True).click()
    stands(phone.get_by_text("Under way").first)
    for place, step in enumerate(("Measure the pressure", "Listen to the pump"), 1):
        phone.get_by_text(step).click()
        stands(phone.get_by_text(f"{place} of 2 ticked"))

    # The pump has failed already; a new one goes in.
    phone.get_by_role("button", name="Add a part").click()
    phone.get_by_label("Part", exact=True).fill("Pump")
    phone.get_by_role("option").first.click()
    phone.get_by_text("The old one had failed").click()
    phone.get_by_role("button", name="Add", exact=True).last.click()
    stands(phone.get_by_text("1 piece · had failed"))
    phone.get_by_label("Meter shows", exact=True).fill("51200")
    phone.get_by_label("Report").fill("No pressure.")
    set_day(phone, phone, "Next visit on", "2031-02-03")
    fits(phone)
    phone.get_by_role("button", name=re.compile("^Done")).click()
    stands(phone.get_by_text("What was done"))

    # The unit tells of it, and nothing is proposed for it any more, not even after the next computation.
    phone.get_by_role("link", name="Duo 3 D-10").first.click()
    expect(phone).to_have_url(re.compile(r"/equipment\?id=\d+"))
    unit = phone.url
    desk.goto(unit + "&tab=history")
    stands(desk.get_by_text("Failed: Pump. Changed: Pump. No pressure."))
    stands(desk.get_by_text("Meter 51,200"))
    desk.goto(unit + "&tab=visits")
    stands(desk.get_by_text("3 Feb 2031 Check Pump"))
    with in_process(house):
        job = enqueue(SYSTEM, "wear", {})
        until(lambda: get_job(SYSTEM, job).state == DONE)
    desk.goto(house.url + "/")
    expect(proposals).to_have_count(1)
    stands(desk.get_by_text("Duo 3 D-11"))
    expect(desk.get_by_text("Duo 3 D-10")).to_have_count(0)
