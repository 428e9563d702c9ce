"""The API: records with the rights of the signed-in person, problems as JSON."""

import pytest

from crm.access.cli import issue_session
from crm.access.users import add_user
from crm.work import SYSTEM, unit_of_work


class TestApi:
    @pytest.fixture
    def as_(self, web, token):
        """Give the client the session of somebody with a role, in a team or in none."""

        def become(role, email):
            with unit_of_work(SYSTEM) as work:
                add_user(work, email=email, name=role, role=role)
            web.cookies.clear()
            web.cookies.set("rapport_session", issue_session(email))

        return become

    def test_records_are_made_read_and_changed_with_the_rights_of_the_person(self, web, as_):
        as_("staff", "stan@kavarna.si")
        made = web.post("/api/organisation", json={"name": "Acme", "website": "acme.example"}).json()
        assert (made["name"], made["website"]) == ("Acme", "https://acme.example")

        changed = web.patch(
            f"/api/organisation/{made['id']}", json={"values": {"city": "Bled"}, "version": made["version"]}
        )
        stale = web.patch(
            f"/api/organisation/{made['id']}", json={"values": {"city": "Piran"}, "version": made["version"]}
        )

        assert (changed.status_code, stale.status_code) == (200, 409)
        assert web.get(f"/api/organisation/{made['id']}").json()["city"] == "Bled"
        assert [row["name"] for row in web.get("/api/organisation?search=Acm").json()["rows"]] == ["Acme"]

        as_("staff", "sue@kavarna.si")
        assert web.get(f"/api/organisation/{made['id']}").status_code == 404
        assert web.get("/api/organisation").json()["total"] == 0
        assert (
            web.patch(
                f"/api/organisation/{made['id']}", json={"values": {"city": "X"}, "version": 2}
            ).status_code
            == 404
        )

    def test_viewers_write_nothing(self, web, as_):
        as_("viewer", "vic@kavarna.si")

        assert web.post("/api/organisation", json={"name": "Acme"}).status_code == 403

    def test_wrong_fields_are_named(self, web, as_):
        as_("manager", "mona@kavarna.si")

        answer = web.post("/api/contact", json={"first_name": "Ana", "email": "nonsense"})

        assert answer.status_code == 422
        assert [p["field"] for p in answer.json()["problems"]] == ["email"]

    @pytest.mark.parametrize(
        ("path", "status"),
        [("/api/credential", 404), ("/api/login_session", 404), ("/api/stage", 404), ("/api/contact/999", 404),
         ("/api/contact?filters=[", 422), ("/api/contact?filters={%22password%22:1}", 422), ("/api/contact?limit=0", 422),
         ("/api/contact?sort=custom", 422), ("/api/contact/abc", 422)],
    )  # fmt: skip
    def test_what_is_not_there_is_told_as_json(self, web, as_, path, status):
        as_("manager", "mona@kavarna.si")

        answer = web.get(path)

        assert answer.status_code == status
        assert answer.json()["error"]

    def test_users_are_not_written_here(self, web, as_):
        as_("administrator", "ada@kavarna.si")

        assert (
            web.patch("/api/user/1", json={"values": {"is_active": False}, "version": 1}).status_code == 403
        )
        assert web.post("/api/user", json={"name": "X"}).status_code == 403
        assert "password" not in web.get("/api/user").text
