"""The API beyond single records: put away, in bulk, with the version as ETag, and how many rows come at once."""

import pytest

from crm.access.cli import issue_session
from crm.access.users import add_user
from crm.work import SYSTEM, unit_of_work
from tests.rows import all_rows


@pytest.fixture
def asked(web, token):
    """The API as a manager."""
    with unit_of_work(SYSTEM) as work:
        for role in ("manager", "staff"):
            add_user(work, email=f"{role}@kavarna.si", name=role, role=role)
    web.cookies.set("rapport_session", issue_session("manager@kavarna.si"))
    return web


def test_a_record_is_put_away_by_the_version_that_was_seen(asked):
    made = asked.post("/api/contact", json={"name": "Ana"})
    place, tag = f"/api/contact/{made.json()['id']}", made.headers["etag"]

    assert asked.delete(place).status_code == 422
    assert asked.delete(place, headers={"If-Match": '"9"'}).status_code == 409
    gone = asked.delete(place, headers={"If-Match": tag})

    assert (gone.status_code, gone.json()["archived_at"] is not None) == (200, True)
    assert asked.get("/api/contact").json()["total"] == 0
    assert asked.get(place).headers["etag"] == gone.headers["etag"] != tag


def test_what_only_hangs_on_another_record_is_gone_for_good(asked):
    unit = asked.post("/api/equipment", json={"serial": "V3-1"}).json()
    made = asked.post(
        "/api/failure", json={"equipment_id": unit["id"], "failed_at": "2026-01-05T10:00:00Z", "part": "Pump"}
    )
    place = f"/api/failure/{made.json()['id']}"

    assert asked.delete(f"{place}?version=1").json()["deleted"] is True
    assert asked.get(place).status_code == 404


def test_a_stale_change_shows_both_values(asked):
    made = asked.post("/api/contact", json={"name": "Ana", "city": "Bled"})
    place = f"/api/contact/{made.json()['id']}"
    first = asked.patch(place, json={"values": {"city": "Piran"}}, headers={"If-Match": made.headers["etag"]})
    stale = asked.patch(place, json={"values": {"city": "Koper"}, "version": 1})

    assert first.status_code == 200
    assert (stale.status_code, stale.json()["version"]) == (409, 2)
    assert (stale.json()["mine"], stale.json()["theirs"]) == ({"city": "Koper"}, {"city": "Piran"})


def test_many_rows_are_stored_together_or_not_at_all(asked):
    stored = asked.post(
        "/api/contact/bulk", json={"rows": [{"name": f"Person {n}"} for n in range(30)]}
    ).json()["rows"]
    before = all_rows(without={"login_sessions"})
    change = {"id": stored[0]["id"], "version": stored[0]["version"], "city": "Bled"}

    wrong = asked.post(
        "/api/contact/bulk", json={"rows": [change, {"name": "New"}, {"name": "X", "email": "none"}]}
    )

    assert wrong.status_code == 422
    assert [one["field"] for one in wrong.json()["problems"]] == ["rows.2.email"]
    assert all_rows(without={"login_sessions"}) == before
    right = asked.post("/api/contact/bulk", json={"rows": [change, {"name": "New"}]})
    assert [row["city"] for row in right.json()["rows"]] == ["Bled", None]
    assert asked.post("/api/contact/bulk", json={"rows": [{}] * 1_001}).status_code == 422


def test_more_than_a_screenful_needs_the_right_to_export(asked):
    assert asked.get("/api/contact?limit=500").status_code == 200
    asked.cookies.set("rapport_session", issue_session("staff@kavarna.si"))

    assert asked.get("/api/contact?limit=50").status_code == 200
    assert asked.get("/api/contact?limit=51").status_code == 403
