"""A campaign as one story: from the rules of a segment to what can be said of the result, and who is left out next."""

import json
import re
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from crm.campaigns.consent.consent import set_consent
from crm.clock import today
from crm.jobs.queue import DONE, enqueue, get_job
from crm.work import SYSTEM, reading, unit_of_work
from db.models import CampaignMember, Consent, Contact
from tests.browser.hands import choose, fill, in_process, set_day, settled, stands, told, until
from tests.browser.journeys.journey_scene import PERSON, address_in, letters, mailing_house
from tests.factories import make

FITTING, SILENT = 12, 4


class _Shop(BaseHTTPRequestHandler):
    """Where the links in the messages lead to."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<h1>Filters for everybody</h1>")

    def log_message(self, *_arguments):
        """Tests print nothing."""


@pytest.fixture(scope="module")
def shop():
    """The address of a shop on loopback."""
    with HTTPServer(("127.0.0.1", 0), _Shop) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def scene(app_server):
    """The server, its inbox and its people; contacts in Berlin of whom most consented, and one elsewhere."""
    with mailing_house(app_server) as (house, inbox, people):
        with in_process(house):
            for n in range(FITTING):
                given = {"name": f"Member {n}", "email": f"m{n}@example.com", "city": "Berlin"}
                contact = make(people["mona"], "contact", **given)["id"]
                if n < FITTING - SILENT:
                    agree(people["mona"], contact)
            agree(
                people["mona"],
                make(people["mona"], "contact", name="Far", email="far@example.com", city="Oslo")["id"],
            )
        yield house, inbox, people


def agree(actor, contact_id):
    with unit_of_work(actor) as work:
        set_consent(work, contact_id, purpose="offers", channel="email", state="given", source="fair")


@pytest.fixture
def reader(window):
    """The browser of somebody who reads our mail."""
    return window(user_agent=PERSON)


def make_template(mona, house, *, name, text):
    mona.goto(house.url + "/templates")
    mona.get_by_role("button", name="New template").first.click()
    drawer = mona.get_by_role("dialog")
    fill(drawer, "Name", name)
    fill(drawer, "Subject", f"{name} for {{{{ contact.name }}}}")
    fill(drawer, "Text", text)
    drawer.get_by_role("button", name="Save").click()
    expect(mona.locator("h1")).to_contain_text(name)


def members(house):
    """Addresses of the members by arm."""
    with in_process(house), reading(SYSTEM) as session:
        found = session.execute(
            select(CampaignMember.arm, Contact.email)
            .join(Contact, Contact.id == CampaignMember.contact_id)
            .order_by(CampaignMember.id)
        ).all()
    return {arm: [address for of, address in found if of == arm] for arm, _address in found}


def bars(mona, *, get):
    """The bars of who gets the message and who falls out, once so many get it."""
    return mona.get_by_role("figure", name=f"{get} of {FITTING} get a message; the others fall out by reason")


def withdrawn(house):
    """Addresses of those who took their consent back."""
    with in_process(house), reading(SYSTEM) as session:
        asked = select(Contact.email).join(Consent, Consent.contact_id == Contact.id)
        return list(session.scalars(asked.where(Consent.state == "withdrawn")))


def test_from_the_segment_to_the_next_plan(scene, window, shop, reader):
    house, inbox, _people = scene
    mona = window(house, "mona@example.com")

    # A segment by rules: contacts in Berlin.
    mona.goto(house.url + "/segments")
    mona.get_by_role("button", name="New segment").first.click()
    fill(mona.get_by_role("dialog"), "Name", "Berlin")
    mona.get_by_role("dialog").get_by_role("button", name="Save").click()
    stands(mona.get_by_text("13 contacts fit").first)
    mona.get_by_role("button", name="Condition", exact=True).click()
    choose(mona, mona, "Field", "City")
    choose(mona, mona, "Value", "Berlin")
    stands(mona.get_by_text("12 contacts fit"))
    mona.get_by_role("button", name="Save rules").click()
    told(mona, "The rules are stored.")

    # Two messages with a link.
    link = f"{shop}/filters?from=mail&n=1"
    for letter in "AB":
        make_template(
            mona, house, name=f"Filters {letter}", text=f"Dear {{{{ contact.name }}}},\n\n[Look]({link})"
        )

    # The campaign: two versions and a control group; the planner says who falls out and why.
    mona.goto(house.url + "/campaigns")
    mona.get_by_role("button", name="New campaign").first.click()
    drawer = mona.get_by_role("dialog")
    fill(drawer, "Name", "Filters, spring")
    choose(mona, drawer, "Segment", "Berlin")
    set_day(mona, drawer, "Starts", today().isoformat())
    set_day(mona, drawer, "Ends", (today() + timedelta(days=14)).isoformat())
    drawer.get_by_role("button", name="Save").click()
    expect(mona).to_have_url(re.compile(r"/campaign\?id=\d+"))
    campaign = mona.url
    mona.get_by_role("button", name="Change arms").click()
    drawer = mona.get_by_role("dialog")
    drawer.get_by_role("radio", name="2", exact=True).click()
    expect(drawer.get_by_label("Message")).to_have_count(2)
    for place, letter in enumerate("AB"):
        settled(mona)
        drawer.get_by_label("Message").nth(place).click()
        mona.get_by_role("option", name=f"Filters {letter}").click()
    settled(mona)
    slider = drawer.get_by_role("slider")
    slider.focus()
    for _ in range(3):
        slider.press("ArrowRight")
    drawer.get_by_role("button", name="Save").click()
    told(mona, "The arms are stored.")
    stands(bars(mona, get=6).get_by_text("4 · 33%"))
    mona.get_by_role("button", name="Plan", exact=True).click()
    drawer = mona.get_by_role("dialog")
    stands(drawer.get_by_text("8 contacts will be drawn into the arms by lot."))
    stands(drawer.get_by_text("4 contacts fall out: No consent"))
    drawer.get_by_role("button", name="Draw the members").click()
    expect(mona.locator("h1")).to_contain_text("Planned")
    arms = members(house)
    assert sorted(map(len, arms.values())) == [2, 3, 3]
    assert inbox.taken == []

    # Asked before anything goes out; then each member of a version gets one message, and nobody else any.
    mona.get_by_role("button", name="Start", exact=True).click()
    drawer = mona.get_by_role("dialog")
    stands(drawer.get_by_text("6 contacts get a message by e-mail."))
    stands(drawer.get_by_text("2 contacts in the control group get nothing."))
    drawer.get_by_role("button", name="Start now").click()
    expect(mona.locator("h1")).to_contain_text("Running")
    until(lambda: len(inbox.taken) == 6)
    for arm in "AB":
        for address in arms[arm]:
            (message,) = letters(inbox, address)
            assert message["subject"].startswith(f"Filters {arm} for Member ")
    assert sorted(inbox.addresses()) == sorted(arms["A"] + arms["B"])
    clicker, leaver, one_click = arms["A"][0], arms["A"][1], arms["B"][0]

    # One opens the way out: looking changes nothing, confirming does.
    (message,) = letters(inbox, leaver)
    reader.goto(address_in(message, f"{house.url}/unsubscribe/"))
    stands(reader.get_by_role("heading", name="Unsubscribe?"))
    assert withdrawn(house) == []
    reader.get_by_role("button", name="Unsubscribe").click()
    stands(reader.get_by_role("heading", name="You are unsubscribed"))
    assert withdrawn(house) == [leaver]

    # The mail program of another does it by itself (RFC 8058).
    (message,) = letters(inbox, one_click)
    assert message["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    answer = reader.request.post(
        message["list-unsubscribe"].strip("<>"), form={"List-Unsubscribe": "One-Click"}, max_redirects=0
    )
    assert answer.status == 200
    assert sorted(withdrawn(house)) == sorted([leaver, one_click])

    # A third follows the link.
    reader.wait_for_timeout(3_000)  # Nobody reads and clicks sooner; scanners do.
    (message,) = letters(inbox, clicker)
    reader.goto(address_in(message, f"{house.url}/go/"))
    stands(reader.get_by_role("heading", name="Filters for everybody"))
    assert reader.url == link

    # The job counts it; the result shows each arm with its members and claims nothing.
    with in_process(house):
        job = enqueue(SYSTEM, "responses", {})
        until(lambda: get_job(SYSTEM, job).state == DONE)
    mona.goto(f"{campaign}&tab=result")
    stands(mona.get_by_text(re.compile("Too early to say: responses count until")))
    stands(mona.get_by_text("So far: “A” 33.3% of 3; “B” 0.0% of 3; “Control” 0.0% of 2."))
    stands(mona.get_by_text("A – B").first)
    stands(mona.get_by_text("too few to tell").first)
    report = json.loads(house.crm("report", "campaign-result", "--campaign", "Filters, spring", "--json"))
    assert {row["arm"]: (row["members"], row["responded"]) for row in report["rows"]} == {
        "A": (3, 1),
        "B": (3, 0),
        "Control": (2, 0),
    }

    # Whoever left falls out of the next campaign.
    mona.goto(campaign)
    settled(mona)
    mona.get_by_role("button", name="More").click()
    mona.get_by_text("Copy", exact=True).click()
    expect(mona.locator("h1")).to_contain_text("Filters, spring (copy)")
    stands(bars(mona, get=4).get_by_text("6 · 50%"))
    mona.get_by_role("button", name="Plan", exact=True).click()
    drawer = mona.get_by_role("dialog")
    stands(drawer.get_by_text("6 contacts will be drawn into the arms by lot."))
    stands(drawer.get_by_text("6 contacts fall out: No consent"))
    assert len(inbox.taken) == 6
