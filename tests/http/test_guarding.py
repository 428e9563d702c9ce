"""Headers in both directions: what every answer tells the browser, and which forwarding headers are believed."""

import pytest
from starlette.testclient import TestClient
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from crm.access import setup
from crm.config import settings
from crm.http.edge import House
from crm.http.guarding import app_policy, guarded
from tests.http.conftest import PASSWORD, application, client


@pytest.mark.parametrize(
    "path", ["/", "/people", "/api/contact", "/media/x.csv", "/sign-in", "/health", "/nothing", "/setup"]
)
@pytest.mark.parametrize("signed_in", [False, True])
def test_every_answer_is_guarded(web, token, path, signed_in):
    if signed_in:
        web.cookies.set("rapport_session", token)
    for accept in ("text/html", "*/*"):
        told = web.get(path, headers={"Accept": accept}).headers

        assert told["x-content-type-options"] == "nosniff"
        assert told["x-frame-options"] == "SAMEORIGIN"
        assert told["referrer-policy"] == "same-origin"
        assert "frame-ancestors" in told["content-security-policy"]
        assert told["cache-control"] == "no-store"
        assert "strict-transport-security" not in told


def test_https_is_told_to_stay_https(sqlite_database):
    with client("https://testserver") as web:
        assert web.get("/sign-in").headers["strict-transport-security"].startswith("max-age=")


def test_pages_before_sign_in_run_no_script_and_screens_only_streamlits(web):
    assert "script-src" not in web.get("/sign-in").headers["content-security-policy"]
    assert "style-src 'sha256-" in web.get("/setup").headers["content-security-policy"]
    policy = app_policy(["sha256-abc"])
    assert "script-src 'self' blob: 'wasm-unsafe-eval' 'sha256-abc';" in policy
    assert "unsafe-eval'" not in policy.replace("wasm-unsafe-eval'", "")


def test_a_page_that_did_not_change_keeps_the_policy_that_the_browser_has():
    """A browser takes the headers of "not modified" for those of the page: a page without scripts would stay empty."""

    async def page(scope, receive, send):
        status = 304 if any(name == b"if-none-match" for name, _value in scope["headers"]) else 200
        kind = [(b"content-type", b"text/html")] if status == 200 else []
        await guarded(send, scope, secure=False, policy="default-src 'self'")(
            {"type": "http.response.start", "status": status, "headers": [(b"etag", b'"1"'), *kind]}
        )
        await send({"type": "http.response.body", "body": b""})

    web = TestClient(page)
    assert web.get("/people").headers["content-security-policy"] == "default-src 'self'"

    again = web.get("/people", headers={"If-None-Match": '"1"'})

    assert again.status_code == 304
    assert "content-security-policy" not in again.headers


def test_a_file_opens_for_the_sign_in_that_made_it(sqlite_database):
    asked = []
    with client(house=House(may_fetch=lambda path, who: bool(asked.append((path, who))))) as web:
        token = setup.start_empty(setup.FirstPerson(name="Ana", email="ana@kavarna.si", password=PASSWORD))
        web.cookies.set("rapport_session", token)

        answer = web.get("/media/abc.csv")

    assert answer.status_code == 404
    assert "not made for you" in answer.json()["detail"]
    assert asked[0][0] == "/media/abc.csv"


@pytest.fixture
def behind_uvicorn(sqlite_database):
    """As Uvicorn serves it: forwarding headers of whoever comes from the machine itself are believed before us."""
    app = ProxyHeadersMiddleware(application(), trusted_hosts="127.0.0.1")
    with TestClient(app, client=("127.0.0.1", 5000), follow_redirects=False) as web:
        setup.start_empty(setup.FirstPerson(name="Ana Kos", email="ana@kavarna.si", password=PASSWORD))
        yield web


def enter(web, password, **headers):
    return web.post("/sign-in", data={"email": "ana@kavarna.si", "password": password}, headers=headers)


@pytest.mark.parametrize(
    "form", ["192.0.2.{}", "192.0.2.{}:4711", "127.0.0.1, 192.0.2.{}", "[2001:db8::{}]:80"]
)
def test_without_trust_no_header_makes_somebody_another(behind_uvicorn, form):
    answers = [
        behind_uvicorn.post(
            "/sign-in", data={"email": f"nobody{n}@kavarna.si", "password": "wrong"},
            headers={"X-Forwarded-For": form.format(n)},
        ).status_code
        for n in range(40)
    ]  # fmt: skip
    assert answers.count(429) >= 25


def test_without_trust_no_header_makes_the_connection_safe(behind_uvicorn):
    cookie = enter(behind_uvicorn, PASSWORD, **{"X-Forwarded-Proto": "https"}).headers["set-cookie"]

    assert "Secure" not in cookie
    assert cookie.startswith("rapport_session=")


def test_with_trust_the_proxy_says_who_asks(behind_uvicorn, monkeypatch):
    monkeypatch.setenv("CRM_TRUST_PROXY", "true")
    settings.cache_clear()
    answers = [
        behind_uvicorn.post(
            "/sign-in", data={"email": f"nobody{n}@kavarna.si", "password": "wrong"},
            headers={"X-Forwarded-For": f"192.0.2.{n}"},
        ).status_code
        for n in range(15)
    ]  # fmt: skip
    assert 429 not in answers
    assert "Secure" in enter(behind_uvicorn, PASSWORD, **{"X-Forwarded-Proto": "https"}).headers["set-cookie"]
