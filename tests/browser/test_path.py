"""A server under a path of its host: in, a list, a record, out; and nothing is asked for beside the path."""

import re
from contextlib import closing
from http.client import HTTPConnection
from urllib.parse import urlencode, urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.hands import stands

PASSWORD = "blue teapot sings"


@pytest.fixture(scope="module")
def house(app_server):
    """One administrator, set up through the form, and one organisation."""
    server = app_server(env={"STREAMLIT_SERVER_BASE_URL_PATH": "crm"})
    form = {
        "choice": "empty", "firm": "Kavarna", "currency": "EUR", "name": "Ana Kos", "email": "ana@kavarna.si",
        "password": PASSWORD, "password_again": PASSWORD,
    }  # fmt: skip
    with closing(HTTPConnection(server.url.removeprefix("http://"), timeout=20)) as connection:
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", "/crm/setup", urlencode(form), kind)
        answer = connection.getresponse()
        answer.read()
        assert (answer.status, answer.headers["location"]) == (303, "/crm/")
        cookie = {
            "Content-Type": "application/json",
            "Cookie": answer.headers["set-cookie"].partition(";")[0],
        }
        connection.request("POST", "/crm/api/organisation", '{"name": "Espresso Nord"}', cookie)
        answer = connection.getresponse()
        assert answer.status == 201, answer.read()
    return server


def test_in_to_a_list_to_a_record_and_out(house, page):
    asked, failed = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("response", lambda answer: failed.append(answer.url) if answer.status >= 404 else None)

    page.goto(house.url + "/crm/organisations")
    expect(page).to_have_url(f"{house.url}/crm/sign-in?next=/crm/organisations")
    page.get_by_label("E-mail").fill("ana@kavarna.si")
    page.get_by_role("textbox", name="Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()

    stands(page.get_by_role("heading", name="Organisations"))
    expect(page).to_have_url(f"{house.url}/crm/organisations")
    page.goto(house.url + "/crm/organisation?id=1")
    stands(page.get_by_role("heading", name="Espresso Nord"))
    page.get_by_role("link", name="Organisations").first.click()
    stands(page.get_by_role("heading", name="Organisations"))
    expect(page).to_have_url(re.compile(f"^{house.url}/crm/organisations"))
    page.goto(house.url + "/crm")
    stands(page.get_by_role("button", name="Sign out"))
    page.get_by_role("button", name="Sign out").click()

    expect(page).to_have_url(re.compile(f"^{house.url}/crm/sign-in"))
    beside = [url for url in asked if url.startswith("http") and not urlsplit(url).path.startswith("/crm")]
    assert not beside
    # Streamlit's page tries one folder after the other until it finds its server.
    assert not [url for url in failed if not url.endswith(("/_stcore/health", "/_stcore/host-config"))]
