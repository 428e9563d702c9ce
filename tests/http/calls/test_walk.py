"""The API as a stranger walks it: what is meant is done, what is not there or misspelt is said in a sentence."""

import json

import pytest
from sqlalchemy import select

from crm.access.actors import find_actor
from crm.access.tokens import tokens
from crm.http.api import api
from crm.records import registry
from crm.records.fields import Kind
from crm.work import SYSTEM, reading, unit_of_work
from db.models import ChangeBatch
from tests.factories import make, make_people
from tests.rows import all_rows


@pytest.fixture
def ada(web):
    return find_actor(make_people()["ada"])


@pytest.fixture
def call(web, ada):
    """``call("GET", "/contact")`` with Ada's token."""
    with unit_of_work(ada) as work:
        _id, token = tokens.make_token(work, name="Walk", may_write=True)

    def one(method, path, **more):
        headers = {"Authorization": f"Bearer {token}", **more.pop("headers", {})}
        return web.request(method, f"/api{path}", headers=headers, **more)

    return one


def told(answer, status):
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), (
        answer.text
    )
    assert answer.json()["detail"].endswith(".")
    return answer.json()


def test_head_is_get_without_the_body(call, ada):
    made = make(ada, "contact")
    for path in ("/contact", f"/contact/{made['id']}", "/contact/999"):
        head, get = call("HEAD", path), call("GET", path)
        assert (head.status_code, head.content) == (get.status_code, b"")
        assert head.headers.get("etag") == get.headers.get("etag")
        assert head.headers["content-length"] == str(len(get.content))


def test_a_slash_at_the_end_means_nothing(call):
    assert call("POST", "/contact/", json={"name": "Ana"}).status_code == 201
    assert call("GET", "/contact/").json()["total"] == 1
    told(call("GET", "/"), 404)
    told(call("GET", "/a/b/c/d"), 404)


def test_other_ways_of_an_address_are_named(call):
    answer = call("PUT", "/contact/1", json={})
    assert answer.headers["allow"] == "DELETE, GET, HEAD, PATCH"
    assert "Possible: DELETE, GET" in told(answer, 405)["detail"]
    assert call("DELETE", "/contact").headers["allow"] == "GET, HEAD, POST"


def test_other_sites_pages_are_not_let_in(call):
    asked = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "POST"}
    for answer in (call("OPTIONS", "/contact", headers=asked), call("GET", "/contact", headers=asked)):
        assert not [name for name in answer.headers if name.startswith("access-control")]
    told(call("OPTIONS", "/contact", headers=asked), 405)
    told(call("POST", "/contact", json={"name": "Ana"}, headers=asked), 403)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", None])
def test_a_body_that_is_no_json_by_its_name_is_415(call, kind):
    headers = {"Content-Type": kind} if kind else {}

    assert (
        "application/json"
        in told(call("POST", "/contact", content='{"name":"A"}', headers=headers), 415)["detail"]
    )


@pytest.mark.parametrize(
    ("accept", "status"),
    [("text/csv", 406), ("application/json;q=0", 406), ("text/html, application/xml", 406), ("text/html, */*;q=0.1", 200),
     ("application/*", 200), ("Application/JSON; charset=utf-8", 200), ("application/problem+json", 200), ("", 200)],
)  # fmt: skip
def test_whoever_takes_no_json_is_told_at_once(call, accept, status):
    answer = call("GET", "/contact", headers={"Accept": accept})

    assert answer.status_code == status
    assert status == 200 or told(answer, 406)


@pytest.mark.parametrize(
    ("method", "path", "body", "name"),
    [("GET", "/contact?filter={}", None, "filter"), ("GET", "/contact?limit=5&limit=6", None, "limit"),
     ("GET", "/contact/1?expand=all", None, "expand"), ("POST", "/contact?dry=1", {"name": "A"}, "dry"),
     ("POST", "/contact", {"name": "A", "colour": "red"}, "colour"), ("POST", "/contact", {"name": "A", "id": 7}, "id"),
     ("POST", "/contact/bulk", {"rows": [{"name": "A"}], "mode": "each"}, "body.mode"),
     ("PATCH", "/contact/1", {"values": {}, "version": 1, "city": "Bled"}, "body.city"),
     ("POST", "/case/1/replies", {"text": "A", "key": "k", "to": "x"}, "body.to")],
)  # fmt: skip
def test_what_is_unknown_is_named_and_nothing_stored(call, ada, method, path, body, name):
    make(ada, "contact")
    before = all_rows(without={"api_tokens"})

    said = told(call(method, path, **({} if body is None else {"json": body})), 422)

    assert name in [one["field"] for one in said["problems"]]
    assert all_rows(without={"api_tokens"}) == before


def test_pages_stay_whole_while_rows_are_added(call, ada):
    for n in range(0, 40, 2):
        make(ada, "contact", name=f"Person {n:02}")
    seen, after, added = [], None, iter(range(1, 40, 2))
    while True:
        page = call("GET", "/contact", params={"limit": 3, **({"after": after} if after else {})}).json()
        seen += [row["name"] for row in page["rows"]]
        if not (after := page["next"]):
            break
        make(ada, "contact", name=f"Person {next(added):02}")

    assert len(seen) == len(set(seen))
    assert [name for name in seen if int(name[-2:]) % 2 == 0] == [f"Person {n:02}" for n in range(0, 40, 2)]


def test_delete_puts_away_and_restore_takes_back(call, ada):
    made = make(ada, "contact", name="Ana")
    place = f"/contact/{made['id']}"
    gone = call("DELETE", place, headers={"If-Match": '"1"'})
    assert (
        call("GET", "/contact").json()["total"],
        call("GET", "/contact?archived=true").json()["total"],
    ) == (0, 1)
    told(call("POST", f"{place}/restore", headers={"If-Match": '"1"'}), 409)

    back = call("POST", f"{place}/restore", headers={"If-Match": gone.headers["etag"]})

    assert (back.status_code, back.json()["archived_at"]) == (200, None)
    assert call("GET", "/contact").json()["total"] == 1


@pytest.mark.parametrize("entity", [e for e in registry.names() if e in (
    "team", "organisation", "contact", "category", "product", "segment", "campaign", "lead", "message_template", "web_form",
    "social_account", "social_post", "deal", "order", "order_line", "equipment", "case", "work_order", "task",
)])  # fmt: skip
def test_every_kind_has_an_etag_that_guards_and_filters_by_each_field(call, ada, entity):
    made = make(ada, entity)
    place = f"/{entity}/{made['id']}"
    read = call("GET", place)
    assert read.headers["etag"] == f'"{made["version"]}"'
    told(call("PATCH", place, json={"values": {}}, headers={"If-Match": '"99"'}), 409)
    told(call("PATCH", place, json={"values": {}}), 422)
    for field in registry.entity(entity).fields:
        if field.kind is Kind.TAGS:
            continue
        value = read.json().get(field.name)
        wanted = {"filters": json.dumps({field.name: "(blank)" if value is None else [value]}), "limit": 500}
        found = call("GET", f"/{entity}", params=wanted)
        assert found.status_code == 200, found.text
        assert made["id"] in [row["id"] for row in found.json()["rows"]], field.name


def test_the_description_names_how_to_get_in_and_the_headers():
    found = api().openapi()

    assert found["security"] == [{"token": []}, {"session": []}]
    assert found["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    for path, operations in found["paths"].items():
        for method, operation in operations.items():
            headers = {one["name"] for one in operation.get("parameters", ()) if one["in"] == "header"}
            assert ("Idempotency-Key" in headers) is (method != "get"), path


@pytest.mark.parametrize(
    ("entity", "values", "change"),
    [("failure", {"failed_at": "2026-01-05T10:00:00+02:00", "part": "Pump"}, {"part": "Boiler"}),
     ("meter_reading", {"value": 120}, {"value": 130})],
)  # fmt: skip
def test_what_has_no_version_is_guarded_by_its_values(call, ada, entity, values, change):
    unit = make(ada, "equipment")
    made = call("POST", f"/{entity}", json={"equipment_id": unit["id"], **values})
    place = f"/{entity}/{made.json()['id']}"
    tag = made.headers["etag"]
    assert call("GET", place).headers["etag"] == tag

    first = call("PATCH", place, json={"values": change}, headers={"If-Match": tag})

    assert first.status_code == 200, first.text
    assert call("GET", place).headers["etag"] == first.headers["etag"] != tag
    told(call("PATCH", place, json={"values": change}, headers={"If-Match": tag}), 409)
    told(call("DELETE", place, headers={"If-Match": tag}), 409)
    assert call("DELETE", place, headers={"If-Match": first.headers["etag"]}).status_code == 200


def test_the_change_log_names_the_token_beside_its_person(call, ada):
    made = call("POST", "/contact", json={"name": "Ana"}).json()
    with reading(SYSTEM) as session:
        batch = session.scalars(select(ChangeBatch).order_by(ChangeBatch.id.desc())).first()
    assert (batch.cause, batch.actor_id, made["name"]) == ("API: Walk", ada.user_id, "Ana")
