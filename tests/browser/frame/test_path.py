"""A server under a path of its host: in, a list, a record, out; and nothing is asked for beside the path."""

import re
import socket
import socketserver
from contextlib import closing, suppress
from http.client import HTTPConnection
from threading import Thread
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


class TakesThePathAway(socketserver.BaseRequestHandler):
    """A proxy that hands ``/crm/people`` on as ``/people``."""

    def handle(self):
        with socket.create_connection(("127.0.0.1", self.server.behind)) as behind:
            back = Thread(target=self.hand_on, args=(behind, self.request), daemon=True)
            back.start()
            self.hand_on(self.request, behind)
            back.join()

    def hand_on(self, one, other):
        with suppress(OSError):
            while said := one.recv(65_536):
                other.sendall(re.sub(rb"^([A-Z]+ )/crm/", rb"\1/", said))
        for end in (one, other):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@pytest.fixture(params=["kept", "taken away"])
def url(request, house):
    """Where the browser finds the server: itself, or through the proxy."""
    if request.param == "kept":
        yield house.url
        return
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), TakesThePathAway) as proxy:
        proxy.daemon_threads, proxy.behind = True, urlsplit(house.url).port
        Thread(target=proxy.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{proxy.server_address[1]}"
        proxy.shutdown()


def test_in_to_a_list_to_a_record_and_out(url, page):
    asked, failed = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("response", lambda answer: failed.append(answer.url) if answer.status >= 404 else None)

    page.goto(url + "/crm/organisations")
    expect(page).to_have_url(f"{url}/crm/sign-in?next=/crm/organisations")
    page.get_by_label("E-mail").fill("ana@kavarna.si")
    page.get_by_role("textbox", name="Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()

    stands(page.get_by_role("heading", name="Organisations"))
    expect(page).to_have_url(f"{url}/crm/organisations")
    with page.expect_download() as downloading:
        page.get_by_role("button", name=re.compile("CSV|Export|Download")).first.click()
    assert "Espresso Nord" in downloading.value.path().read_text("utf-8-sig")
    page.goto(url + "/crm/organisation?id=1")
    stands(page.get_by_role("heading", name="Espresso Nord"))
    page.get_by_role("link", name="Organisations").first.click()
    stands(page.get_by_role("heading", name="Organisations"))
    expect(page).to_have_url(re.compile(f"^{url}/crm/organisations"))
    page.goto(url + "/crm")
    stands(page.get_by_role("button", name="Sign out"))
    page.get_by_role("button", name="Sign out").click()

    expect(page).to_have_url(re.compile(f"^{url}/crm/sign-in"))
    beside = [url for url in asked if url.startswith("http") and not urlsplit(url).path.startswith("/crm")]
    assert not beside
    # Streamlit's page tries one folder after the other until it finds its server.
    assert not [url for url in failed if not url.endswith(("/_stcore/health", "/_stcore/host-config"))]


def test_a_start_says_that_messages_would_lead_elsewhere(house):
    assert "CRM_PUBLIC_URL has another path" in house.output.read_text()
