"""The edge and the addresses behind it: who gets what with which cookie, over HTTP and web sockets."""

import pytest
from starlette.websockets import WebSocketDisconnect

from crm import clock
from crm.access import sessions, setup, signing
from crm.access.cli import issue_session
from crm.config import settings
from crm.firm.firm import firm
from crm.http.edge import House
from crm.records.checks import check_phone
from crm.work import SYSTEM, reading
from tests.http.conftest import PASSWORD, client

PAGE = {"Accept": "text/html"}


def enter(web, *, email="ana@kavarna.si", password=PASSWORD, next="/", **headers):
    return web.post("/sign-in", data={"email": email, "password": password, "next": next}, headers=headers)


CLOSED = [
    "/", "/people", "/media/x.png", "/_stcore/upload_file/a/b", "/_stcore/host-config", "/_stcore/stream", "/api/contact",
    "/auth/me", "/component/x/index.html", "/_stcore/healthz", "/sign-inn", "/statics", "/app/staticx", "/SETUP",
    "/_stcore/metrics",
]  # fmt: skip


@pytest.mark.parametrize("path", CLOSED)
def test_without_a_session_everything_is_refused(web, token, path):
    for cookie in (None, "forged", token + "x"):
        web.cookies.clear()
        if cookie:
            web.cookies.set("rapport_session", cookie)

        assert web.get(path).status_code == 401
        if not path.startswith("/api/"):
            shown = web.get(path, headers=PAGE)
            assert (shown.status_code, shown.headers["location"].partition("?")[0]) == (307, "/sign-in")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_uploads_and_writes_need_a_session(web, token, method):
    assert web.request(method, "/_stcore/upload_file/a/b", content=b"x").status_code == 401


@pytest.mark.parametrize("path", ["/sign-in", "/health", "/app/static/logo.svg"])
def test_the_way_in_is_open(web, token, path):
    assert web.get(path).status_code == 200


def test_a_first_visit_leads_to_setup(web):
    answer = web.get("/people?id=3", headers=PAGE)

    assert (answer.status_code, answer.headers["location"]) == (307, "/setup")
    assert web.get("/setup").status_code == 200


def test_the_page_asked_for_comes_back_after_sign_in(web, token):
    location = web.get("/deal?id=3&tab=lines", headers=PAGE).headers["location"]
    assert location == "/sign-in?next=/deal%3Fid%3D3%26tab%3Dlines"

    answer = enter(web, next="/deal?id=3&tab=lines")

    assert (answer.status_code, answer.headers["location"]) == (303, "/deal?id=3&tab=lines")


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example", "/\r\nX: y"])
def test_sign_in_leads_to_no_other_server(web, token, target):
    assert enter(web, next=target).headers["location"] == "/"


def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(web, token):
    cookie = enter(web).headers["set-cookie"]

    assert cookie.startswith("rapport_session=")
    assert all(word in cookie for word in ("HttpOnly", "SameSite=lax", "Path=/", "Max-Age=1209600"))
    assert "Secure" not in cookie


def test_under_https_the_cookie_is_bound_to_the_host(sqlite_database):
    with client("https://testserver") as web:
        setup.start_empty(setup.FirstPerson(name="Ana Kos", email="ana@kavarna.si", password=PASSWORD))

        cookie = enter(web).headers["set-cookie"]

        assert cookie.startswith("__Host-rapport_session=")
        assert "Secure" in cookie
        assert web.get("/people").status_code == 200


def test_a_proxy_is_believed_only_where_it_is_trusted(web, token, monkeypatch):
    forwarded = {"X-Forwarded-Proto": "https"}
    assert enter(web, **forwarded).headers["set-cookie"].startswith("rapport_session=")

    monkeypatch.setenv("CRM_TRUST_PROXY", "true")
    settings.cache_clear()

    assert enter(web, **forwarded).headers["set-cookie"].startswith("__Host-rapport_session=")


def test_behind_the_edge_only_its_own_word_counts(web, token):
    web.cookies.set("rapport_session", token)
    told = web.get("/people", headers={"X-CRM-Session": "forged"}).text

    assert signing.verified(told) == sessions.hash_of(token)


def test_a_planted_session_is_dead_after_sign_in(web, token):
    planted = issue_session("ana@kavarna.si")
    web.cookies.set("rapport_session", planted)
    web.get("/people")

    answer = enter(web)

    assert planted not in answer.headers["set-cookie"]
    assert not sessions.is_live(sessions.hash_of(planted))


def test_sign_out_ends_the_session_and_forgets_the_cookie(web, token):
    web.cookies.set("rapport_session", token)

    answer = web.post("/sign-out")

    assert answer.status_code == 303
    assert 'rapport_session=""' in answer.headers["set-cookie"]
    assert not sessions.is_live(sessions.hash_of(token))


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 303), ({"Sec-Fetch-Site": "none"}, 303), ({}, 303),
        ({"Origin": "http://testserver"}, 303), ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403), ({"Origin": "http://evil.example"}, 403), ({"Origin": "null"}, 403),
        ({"Origin": "http://testserver.evil.example"}, 403),
    ],
)  # fmt: skip
def test_no_other_site_can_sign_somebody_in(web, token, headers, status):
    assert enter(web, **headers).status_code == status


def test_no_other_site_can_write_with_the_cookie(web, token):
    web.cookies.set("rapport_session", token)
    values = {"name": "Acme"}

    assert (
        web.post("/api/organisation", json=values, headers={"Origin": "http://evil.example"}).status_code
        == 403
    )
    assert web.post("/sign-out", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert web.post("/api/organisation", json=values).status_code == 201


def test_too_many_failures_ask_for_patience(web, token):
    for _ in range(10):
        assert enter(web, password="wrong one here").status_code == 422

    answer = enter(web)

    assert answer.status_code == 429
    assert 1 <= int(answer.headers["retry-after"]) <= 61
    assert "Too many attempts" in answer.text


def test_what_was_typed_is_shown_back_harmless_and_without_the_password(web, token):
    answer = enter(web, email='"><script>alert(1)</script>', password="wrong one here")

    assert "<script>" not in answer.text
    assert "wrong one here" not in answer.text
    assert "script-src" not in answer.headers["content-security-policy"]
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"


def test_a_web_socket_needs_a_session(web, token):
    for cookie in ({}, {"Cookie": "rapport_session=forged"}):
        with pytest.raises(WebSocketDisconnect), web.websocket_connect("/_stcore/stream", headers=cookie):
            pass
    crossed = {"Cookie": f"rapport_session={token}", "Origin": "http://evil.example"}
    with pytest.raises(WebSocketDisconnect), web.websocket_connect("/_stcore/stream", headers=crossed):
        pass


def test_an_open_web_socket_closes_with_its_session(web, token):
    with web.websocket_connect("/_stcore/stream", headers={"Cookie": f"rapport_session={token}"}) as socket:
        socket.send_text("hello")
        assert signing.verified(socket.receive_text().split()[0]) == sessions.hash_of(token)

        sessions.sign_out(sessions.hash_of(token))
        socket.send_text("more")

        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_text()
    assert closed.value.code == 4401


def test_who_am_i(web, token):
    web.cookies.set("rapport_session", token)

    assert web.get("/auth/me").json() == {"name": "Ana Kos", "role": "administrator"}


def test_the_setup_form_makes_the_first_administrator_once(web):
    form = {
        "choice": "empty", "firm": "Kavarna", "currency": "EUR", "name": "Ana Kos", "email": "ana@kavarna.si",
        "password": PASSWORD, "password_again": PASSWORD,
    }  # fmt: skip
    differing = web.post("/setup", data=form | {"password_again": "another one here"})
    assert (differing.status_code, "two passwords differ" in differing.text) == (422, True)
    assert PASSWORD not in differing.text

    made = web.post("/setup", data=form)

    assert (made.status_code, made.headers["location"]) == (303, "/")
    assert web.get("/auth/me").json()["role"] == "administrator"
    web.cookies.clear()
    assert web.post("/setup", data=form | {"email": "b@kavarna.si"}).headers["location"] == "/sign-in"


def test_currency_zone_numbers_and_weeks_follow_the_country(web):
    form = {
        "choice": "empty", "firm": "Kavarna", "country": "US", "name": "Ana Kos", "email": "ana@kavarna.si",
        "password": PASSWORD, "password_again": PASSWORD,
    }  # fmt: skip
    asked = web.post("/setup", data=form)  # clocks differ there, and nobody said whose
    assert (asked.status_code, "Clocks differ" in asked.text, "America/Denver" in asked.text) == (
        422,
        True,
        True,
    )

    made = web.post("/setup", data=form | {"time_zone": "America/Denver"})

    assert made.status_code == 303
    with reading(SYSTEM) as session:
        known = firm(session)
    assert (known.currency, known.country, known.time_zone) == ("USD", "US", "America/Denver")
    assert known.calendar.week_start == 6
    assert clock.zone().key == "America/Denver"
    assert check_phone("(303) 555-1234") == "+13035551234"


@pytest.mark.parametrize(
    ("languages", "country"),
    [
        ("cs,en;q=0.8", "CZ"),
        ("en-GB,en", "GB"),
        ("zh-Hant-TW", "TW"),
        ("en", "DE"),
        ("", "DE"),
        ("xx-QQ", "DE"),
    ],
)
def test_setup_begins_with_the_country_of_the_browser(web, languages, country):
    answer = web.get("/setup", headers={"Accept-Language": languages})

    assert f'<option value="{country}" selected>' in answer.text


def test_setup_asks_for_the_token_of_the_installation(web, monkeypatch):
    monkeypatch.setenv("CRM_SETUP_TOKEN", "open sesame")
    settings.cache_clear()

    assert "setup_token" in web.get("/setup").text
    for choice in ("empty", "sample"):
        assert web.post("/setup", data={"choice": choice, "setup_token": "wrong"}).status_code == 403
    assert setup.is_needed()


def test_nobody_becomes_somebody_by_a_click_outside_the_sample_company(web, token):
    answer = web.post("/sign-in/as", data={"user_id": "1"})

    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_a_newer_database_gets_a_plain_page(sqlite_database):
    with client(house=House(problem="This database stands at version 9999.")) as web:
        for path in ("/", "/sign-in", "/api/contact", "/health"):
            answer = web.get(path, headers=PAGE)
            assert answer.status_code == 503
            assert "stands at version 9999" in answer.text
        with pytest.raises(WebSocketDisconnect), web.websocket_connect("/_stcore/stream"):
            pass


def test_a_provider_signs_in_whom_we_know(sqlite_database):
    said = {"value": None}
    house = House(oidc_cookie="_streamlit_user")
    with client(
        house=house, oidc_login=lambda: "/auth/login?provider=x", claims=lambda _: said["value"]
    ) as web:
        setup.start_empty(setup.FirstPerson(name="Ana Kos", email="ana@kavarna.si", password=PASSWORD))
        assert "/sign-in/oidc" in web.get("/sign-in").text
        assert web.get("/sign-in/oidc").headers["location"] == "/auth/login?provider=x"

        said["value"] = {"email": "eve@evil.example", "email_verified": True}
        refused = web.get("/sign-in/oidc/done", headers={"Cookie": "_streamlit_user=abc"})
        assert (refused.status_code, "Nobody here has the address" in refused.text) == (403, True)
        assert '_streamlit_user=""' in refused.headers["set-cookie"]

        said["value"] = {"email": "ana@kavarna.si", "email_verified": True}
        back = web.get("/", headers=PAGE | {"Cookie": "_streamlit_user=abc"})
        assert back.headers["location"] == "/sign-in/oidc/done"
        web.get("/sign-in/oidc/done")
        assert web.get("/auth/me").json()["name"] == "Ana Kos"


@pytest.mark.parametrize("start", ["/forms", "/go", "/rate", "/unsubscribe", "/preferences", "/static", ""])
def test_no_web_socket_opens_without_a_session_under_an_open_address(web, token, start):
    with pytest.raises(WebSocketDisconnect), web.websocket_connect(f"{start}/_stcore/stream"):
        pass


@pytest.mark.parametrize("path", ["/forms", "/go", "/rate", "/unsubscribe", "/preferences"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_public_address_without_its_last_part_says_that_nothing_is_there(web, token, path, method):
    answer = web.request(method, path, headers=PAGE)

    assert answer.status_code in (404, 405)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("/unit?id=5&tab=parts", "/equipment?id=5&tab=parts"),
        ("/visits?visits_view=Week", "/work_orders?work_orders_view=Week"),
        (
            "/plans?plans_q=filter&plans_q=oil",
            "/maintenance_plans?maintenance_plans_q=filter&maintenance_plans_q=oil",
        ),
        ("/plans", "/maintenance_plans"),
    ],
)
def test_an_old_address_leads_to_where_the_screen_stands_now(web, token, old, new):
    assert web.get(old, headers=PAGE).headers["location"].startswith("/sign-in?next=")

    web.cookies.set("rapport_session", token)
    answer = web.get(old, headers=PAGE)

    assert (answer.status_code, answer.headers["location"]) == (308, new)
