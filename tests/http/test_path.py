"""Rapport under a path of its host: every address that is asked for, and every one that is told."""

import ast
import re

import pytest
from starlette.routing import Mount

from crm.access import setup
from crm.config import settings
from crm.http import html
from crm.http.routes import routes
from crm.links import live_under, local, make_token, public_url
from crm.mail.links import leave_address
from crm.ui.frame.routes import address
from crm.work import SYSTEM
from tests.factories import make
from tests.http.conftest import PASSWORD, client

PAGE = {"Accept": "text/html"}
TOLD = re.compile(r"""(?:href|src|action)="(/[^"]*)"|url\("?(/[^")]*)""")
#: What is called to lead somewhere.
LEADS = {"RedirectResponse", "link", "link_button", "markdown", "set_cookie"}
ROOT = html.TEMPLATES.parents[2]
COOKIE = "rapport_session_path"


@pytest.fixture(autouse=True)
def under_crm(monkeypatch):
    monkeypatch.setenv("RAPPORT_BASE_PATH", "")
    live_under("/crm/")


def asked():
    """A method and a path of every route; what is only posted comes last, because that signs out too."""
    found = []
    for route in routes():
        path = re.sub(r"\{\w+:int\}", "1", re.sub(r"\{\w+:path\}", "x", route.path)).removeprefix("/crm")
        if isinstance(route, Mount):
            path += "/openapi.json" if path == "/api" else "/logo.svg"
        found.append(("GET" if isinstance(route, Mount) or "GET" in route.methods else "POST", path))
    return sorted(found)


def told_by(answer):
    found = [one or other for one, other in TOLD.findall(answer.text)]
    found += re.findall(r"url=(/\S*)", answer.headers.get("refresh", ""))
    return [*found, *([answer.headers["location"]] if "location" in answer.headers else [])]


@pytest.mark.parametrize("is_taken_away", [False, True], ids=["kept", "taken away by the proxy"])
@pytest.mark.parametrize("who", ["nobody", "first visitor", "ana"])
def test_every_address_answers_under_the_path_and_tells_none_beside_it(sqlite_database, who, is_taken_away):
    with client() as web:
        if who != "first visitor":
            person = setup.FirstPerson(name="Ana Kos", email="ana@kavarna.si", password=PASSWORD)
            token = setup.start_empty(person)
            if who == "ana":
                web.cookies.set(COOKIE, token)
        wrong = {}
        for method, path in asked():
            answer = web.request(method, path if is_taken_away else local(path), headers=PAGE)
            beside = [one for one in told_by(answer) if not one.startswith("/crm/")]
            # What stands behind our routes answers with whom it was told of.
            fell_through = (
                answer.headers.get("content-type", "").startswith("text/plain") and path != "/metrics"
            )
            if beside or fell_through:
                wrong[path] = beside or answer.text

    assert not wrong


def test_no_page_of_ours_writes_an_address_of_its_own():
    found = {p.name: TOLD.findall(p.read_text("utf-8")) for p in html.TEMPLATES.glob("*.html")}

    assert len(found) > 5
    assert not {name: told for name, told in found.items() if told}


def test_no_link_or_redirect_is_written_without_asking_for_the_path():
    written = []
    for path in (*(ROOT / "crm").rglob("*.py"), *(ROOT / "pages").glob("*.py")):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(call, ast.Call) and ast.unparse(call.func).rpartition(".")[2] in LEADS:
                given = [ast.unparse(one) for one in (*call.args, *(more.value for more in call.keywords))]
                written += [f"{path.name}: {one}" for one in given if re.match("f?['\"]/", one)]

    assert not written


@pytest.mark.parametrize("path", ["/health", "/crm/health"])
def test_health_is_told_with_and_without_the_path(web, path):
    assert web.get(path).json() == {"status": "ok"}


def test_sign_in_leads_back_to_the_page_asked_for_and_sign_out_forgets(web, token):
    location = web.get("/crm/deal?id=3", headers=PAGE).headers["location"]
    assert location == "/crm/sign-in?next=/crm/deal%3Fid%3D3"
    assert 'value="/crm/deal?id=3"' in web.get(location).text

    sent = {"email": "ana@kavarna.si", "password": PASSWORD, "next": "/crm/deal?id=3"}
    answer = web.post("/crm/sign-in", data=sent)

    assert (answer.status_code, answer.headers["location"]) == (303, "/crm/deal?id=3")
    assert "Path=/crm;" in answer.headers["set-cookie"]
    assert web.get("/crm/auth/me").json()["name"] == "Ana Kos"
    left = web.post("/crm/sign-out")
    assert left.headers["location"] == "/crm/sign-in"
    assert "Path=/crm;" in left.headers["set-cookie"]
    assert web.get("/crm/auth/me").status_code == 401


@pytest.mark.parametrize("path", ["/crm", "/crm/"])
def test_the_path_alone_leads_home(web, token, path):
    assert web.get(path, headers=PAGE).headers["location"] == "/crm/sign-in"


@pytest.mark.parametrize(
    "target", ["//evil.example", "/other", "/crmx", "/crm/sign-in", "/crm/setup", "/", ""]
)
def test_sign_in_leads_to_nothing_beside_the_path(web, token, target):
    sent = {"email": "ana@kavarna.si", "password": PASSWORD, "next": target}

    assert web.post("/crm/sign-in", data=sent).headers["location"] == "/crm/"


def test_another_rapport_at_the_root_of_the_host_does_not_stand_in_the_way(web, token):
    web.cookies.set("rapport_session", "of another", path="/")
    web.cookies.set(COOKIE, token, path="/crm")

    assert web.get("/crm/auth/me").status_code == 200


def test_under_https_the_cookie_takes_a_name_that_allows_a_path(sqlite_database):
    with client("https://testserver") as web:
        setup.start_empty(setup.FirstPerson(name="Ana Kos", email="ana@kavarna.si", password=PASSWORD))
        answer = web.post("/crm/sign-in", data={"email": "ana@kavarna.si", "password": PASSWORD})

        assert answer.headers["set-cookie"].startswith(f"__Secure-{COOKIE}=")
        assert "Secure" in answer.headers["set-cookie"].split("; ")
        assert web.get("/crm/auth/me").status_code == 200


def test_the_api_keeps_its_rules_under_the_path(web, token):
    assert web.get("/crm/api/contact", headers=PAGE).status_code == 401
    web.cookies.set(COOKIE, token)

    answer = web.get("/crm/api/contact")

    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert "sandbox" in answer.headers["content-security-policy"]
    assert web.get("/crm/api/openapi.json").json()["servers"] == [{"url": "/crm/api"}]


def test_the_style_of_our_pages_is_the_one_that_their_policy_allows(web, token):
    page = web.get("/crm/sign-in")

    assert page.headers["content-security-policy"] == html.content_security_policy()
    assert 'url("/crm/app/static/fonts/' in page.text


def test_links_in_messages_take_the_path_from_the_public_address(web, token, monkeypatch):
    monkeypatch.setenv("CRM_PUBLIC_URL", "https://firm.example/crm/")
    settings.cache_clear()
    eva = make(SYSTEM, "contact", name="Eva Novak", email="eva.novak@example.com")

    for link in (leave_address(eva["id"], 0), public_url("/preferences/" + make_token("out", eva["id"], 0))):
        assert link.startswith("https://firm.example/crm/")
        page = web.get(link.removeprefix("https://firm.example"))
        (form,) = re.findall(r'action="([^"]*)"', page.text)
        assert f"https://firm.example{form}" == link
        assert web.post(form, data={}).status_code == 200


def test_links_on_screens_begin_with_the_path():
    assert address("deal", id=5) == "/crm/deal?id=5"
    live_under("")
    assert address("deal", id=5) == "/deal?id=5"
