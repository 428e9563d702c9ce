"""A unit's visit: planned at the desk, ticked off and finished on a phone, seen in the unit's history."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.hands import choose, fill, fits, set_day, settled, stands

PEOPLE = {"dora@kavarna.si": "manager", "tone@kavarna.si": "manager"}


@pytest.fixture(scope="module")
def house(app_server):
    """A server with a dispatcher and a technician."""
    return app_server(
        *(
            ["user", "add", "--email", e, "--name", e[:4].title(), "--role", role]
            for e, role in PEOPLE.items()
        )
    )


def test_a_visit_from_the_desk_to_the_phone_and_back(house, window):
    dora = window(house, "dora@kavarna.si")
    tone = window(house, "tone@kavarna.si", width=390, height=844)

    # A unit whose warranty ends before it begins is refused at its field; put right, its page opens.
    dora.goto(house.url + "/equipment")
    expect(dora).to_have_url(house.url + "/equipment_list")
    dora.get_by_role("button", name="New equipment").first.click()
    drawer = dora.get_by_role("dialog")
    fill(drawer, "Serial", "V3-118842")
    set_day(dora, drawer, "Installed", "2026-03-12")
    set_day(dora, drawer, "Warranty until", "2026-03-11")
    drawer.get_by_role("button", name="Save").click()
    stands(drawer.get_by_text("The warranty ends before the installation on 12 Mar 2026."))
    set_day(dora, drawer, "Warranty until", "2030-03-11")
    drawer.get_by_role("button", name="Save").click()
    expect(dora).to_have_url(re.compile(r"/equipment\?id=\d+"))
    stands(dora.get_by_role("heading", name="V3-118842").first)
    stands(dora.get_by_text("Warranty until 11 Mar 2030 covers parts, labour and travel.").first)
    unit = dora.url
    dora.goto(unit.replace("/equipment?", "/unit?"))  # the address of former days
    stands(dora.get_by_role("heading", name="V3-118842").first)
    assert dora.url == unit

    # The visit is planned for the technician.
    dora.get_by_role("button", name="Plan visit").click()
    drawer = dora.get_by_role("dialog")
    drawer.get_by_label("What is to be done?").fill("Change the burrs")
    choose(dora, drawer, "Technician", "Tone")
    drawer.get_by_label("Steps, one a line").fill("Look at the seals\nClean the group")
    drawer.get_by_role("button", name="Plan visit").click()
    expect(dora).to_have_url(re.compile(r"/work_order\?id=\d+"))

    # The technician finds it on the phone, starts it and ticks a step.
    tone.goto(house.url + "/work_orders")
    stands(tone.get_by_text("Change the burrs").first)
    fits(tone)
    tone.get_by_role("button", name="Start", exact=True).click()
    expect(tone).to_have_url(re.compile(r"/work_order\?id=\d+"))
    stands(tone.get_by_text("Under way").first)
    tone.get_by_text("Look at the seals").click()
    stands(tone.get_by_text("1 of 2 ticked"))
    fits(tone)

    # A part goes in because the old one had failed.
    tone.get_by_role("button", name="Add a part").click()
    part = tone.get_by_label("Part", exact=True)
    part.fill("Burrs")
    tone.get_by_role("option").first.click()
    tone.get_by_text("The old one had failed").click()
    tone.get_by_role("button", name="Add", exact=True).last.click()
    stands(tone.get_by_text("1 piece · had failed"))

    # Done with a next day: all of it stands on the page, and in the unit's history.
    tone.get_by_label("Hours", exact=True).fill("1.5")
    tone.get_by_label("Meter shows", exact=True).fill("1200")
    tone.get_by_label("Report").fill("Burrs were worn.")
    set_day(tone, tone, "Next visit on", "2031-02-03")
    done = tone.get_by_role("button", name=re.compile("Done.* 1 of 2 steps"))
    # It stays in reach of a thumb wherever the page stands; an open step is asked about.
    assert done.bounding_box()["height"] >= 44
    assert done.bounding_box()["y"] < 844
    done.click()
    stands(tone.get_by_text("1 step is open: Clean the group."))
    settled(tone)
    done.click()
    stands(tone.get_by_text("What was done"))
    stands(tone.get_by_text("Burrs were worn.").first)
    fits(tone)

    dora.goto(unit + "&tab=history")
    stands(dora.get_by_text("Changed: Burrs. Burrs were worn."))
    stands(dora.get_by_text("Meter 1,200"))
    dora.goto(unit + "&tab=visits")
    stands(dora.get_by_text("3 Feb 2031 Change the burrs"))
    expect(dora.get_by_text("Change the burrs")).to_have_count(2)

    # The page of the visit takes all of it back.
    settled(tone)
    tone.get_by_role("button", name="More").click()
    tone.get_by_text("Reopen", exact=True).click()
    stands(tone.get_by_text("Finish the visit"))
    dora.goto(unit + "&tab=visits")
    expect(dora.get_by_text("Change the burrs")).to_have_count(1)
    dora.goto(unit + "&tab=parts")
    stands(dora.get_by_text("No part was changed or has failed yet"))
