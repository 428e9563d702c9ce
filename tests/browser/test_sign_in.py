"""Getting in and out, in a real browser on a server of its own."""

import re
from contextlib import closing
from http.client import HTTPConnection
from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect

from tests.browser.hands import stands, told

PASSWORD = "blue teapot sings"


@pytest.fixture(scope="module")
def fresh(app_server):
    """A server with an empty database, started as people start it."""
    return app_server(env={"CRM_SETUP_TOKEN": ""}, by_command=True)


@pytest.fixture(scope="module")
def house(app_server):
    """A server with one administrator, set up through the form."""
    server = app_server()
    form = {
        "choice": "empty", "firm": "Kavarna", "currency": "EUR", "name": "Ana Kos", "email": "ana@kavarna.si",
        "password": PASSWORD, "password_again": PASSWORD,
    }  # fmt: skip
    connection = HTTPConnection(server.url.removeprefix("http://"), timeout=20)
    with closing(connection):
        connection.request(
            "POST", "/setup", urlencode(form), {"Content-Type": "application/x-www-form-urlencoded"}
        )
        assert connection.getresponse().status == 303
    return server


def sign_in(page, server, *, path="/people", email="ana@kavarna.si", password=PASSWORD):
    page.goto(server.url + path)
    page.get_by_label("E-mail").fill(email)
    page.get_by_role("textbox", name="Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_the_first_visit_makes_the_first_administrator(fresh, page):
    page.goto(fresh.url + "/people")

    for field, value in {"firm": "Kavarna", "name": "Ana Kos", "email": "ana@kavarna.si"}.items():
        page.locator(f"#{field}").fill(value)
    page.locator("#password").fill(PASSWORD)
    page.locator("#password_again").fill(PASSWORD)
    page.locator("form").filter(has=page.locator("#firm")).get_by_role("button").click()

    stands(page.get_by_text("Ana Kos").first)
    page.goto(fresh.url + "/setup")
    expect(page).to_have_url(re.compile("/$|/sign-in|/my_day"))


def test_a_deep_link_on_a_fresh_server_shows_sign_in_and_nothing_else(house, page):
    sockets = []
    page.on("websocket", lambda socket: sockets.append(socket))

    page.goto(house.url + "/people?people_view=teams")

    expect(page).to_have_url(f"{house.url}/sign-in?next=/people%3Fpeople_view%3Dteams")
    stands(page.get_by_role("button", name="Sign in", exact=True))
    assert not sockets
    assert "Ana Kos" not in page.content()


def test_sign_in_leads_to_the_page_asked_for_and_survives_a_refresh(house, page):
    sign_in(page, house)

    stands(page.get_by_role("heading", name="People"))
    page.reload()
    stands(page.get_by_role("heading", name="People"))
    assert "rapport_session" not in page.evaluate("document.cookie")
    (cookie,) = [c for c in page.context.cookies() if c["name"] == "rapport_session"]
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, "Lax", "/")


def test_signing_out_in_one_tab_signs_out_the_other(house, page):
    sign_in(page, house)
    stands(page.get_by_role("heading", name="People"))
    other = page.context.new_page()
    other.goto(house.url + "/people")
    stands(other.get_by_role("heading", name="People"))

    other.get_by_role("button", name="Sign out").click()

    expect(other).to_have_url(re.compile("/sign-in"))
    page.bring_to_front()
    expect(page).to_have_url(re.compile("/sign-in"))
    expect(page.get_by_text("Ana Kos")).to_have_count(0)


def test_an_administrator_adds_somebody_who_then_signs_in(house, page):
    sign_in(page, house)
    page.get_by_role("button", name="Add user").click()
    drawer = page.get_by_role("dialog")
    drawer.get_by_label("Name").fill("Bo Dahl")
    drawer.get_by_label("E-mail").fill("bo@kavarna.si")
    drawer.get_by_role("textbox", name="First password").fill("short")
    drawer.get_by_role("button", name="Save").click()
    stands(drawer.get_by_text("at least 10 characters"))
    expect(drawer.get_by_label("Name")).to_have_value("Bo Dahl")
    drawer.get_by_role("textbox", name="First password").fill("grey lantern walks")
    drawer.get_by_role("button", name="Save").click()
    told(page, "Bo Dahl is stored.")

    page.context.clear_cookies()
    sign_in(page, house, email="bo@kavarna.si", password="grey lantern walks")
    page.get_by_label("New password").fill("seven green umbrellas")
    page.get_by_label("Password again").fill("seven green umbrellas")
    page.get_by_role("button", name="Use this password").click()
    page.wait_for_url(house.url + "/")
    page.goto(house.url + "/people")

    stands(page.get_by_text("Your role does not open this screen."))
    expect(page.get_by_role("link", name="People")).to_have_count(0)


def test_people_change_their_own_password(house, window):
    house.crm("user", "add", "--email", "cy@kavarna.si", "--name", "Cy Lund", "--role", "administrator")
    page = window(house, "cy@kavarna.si")
    page.goto(house.url + "/people")

    page.get_by_role("button", name="Cy Lund").click()
    drawer = page.get_by_role("dialog")
    drawer.get_by_role("textbox", name="Present password").fill("not mine at all")
    drawer.get_by_role("textbox", name="New password").fill("seven green umbrellas")
    drawer.get_by_role("button", name="Change password").click()

    stands(drawer.get_by_text("The present password is not right."))


def test_the_sample_company_is_one_click_away(app_server, page):
    server = app_server()
    page.goto(server.url)
    page.locator("form").filter(has=page.locator("input[value=sample]")).get_by_role("button").click()
    page.get_by_role("button", name=re.compile("Sales rep")).first.click()

    stands(page.get_by_role("button", name="Sign out"))
    expect(page.get_by_role("link", name="People")).to_have_count(0)


def test_a_wrong_password_keeps_the_address_and_says_what_to_do(house, page):
    page.goto(house.url + "/sign-in")
    page.get_by_label("E-mail").fill("ana@kavarna.si")
    page.get_by_role("textbox", name="Password").fill("wrong password 1")
    page.get_by_role("button", name="Sign in", exact=True).click()

    stands(page.get_by_text("do not belong together"))
    expect(page.get_by_label("E-mail")).to_have_value("ana@kavarna.si")


def test_a_plain_script_asks_in_the_tab(app_server, page):
    from tests.browser.conftest import ROOT

    server = app_server(script=ROOT / "crm" / "ui" / "shell.py")
    page.goto(server.url)
    page.get_by_label("Your name").fill("Ana Kos")
    page.get_by_label("E-mail").fill("ana@kavarna.si")
    page.get_by_role("textbox", name="Password").fill(PASSWORD)
    page.get_by_role("button", name="Start empty").click()

    stands(page.get_by_role("button", name="Sign out"))
    page.get_by_role("button", name="Sign out").click()
    stands(page.get_by_role("heading", name="Sign in"))
    expect(page.get_by_role("button", name="Sign out")).to_have_count(0)
