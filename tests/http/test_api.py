"""The API: records with the rights of the signed-in person, problems as JSON."""

import json

import pytest

from crm.access.cli import issue_session
from crm.access.users import add_user
from crm.firm.firm import set_firm
from crm.work import SYSTEM, unit_of_work
from db.models import Team


class TestApi:
    @pytest.fixture
    def as_(self, web, token):
        """Give the client the session of somebody with a role, in none of the firm's teams."""
        with unit_of_work(SYSTEM) as work:
            work.session.add(Team(name="North", name_key="north"))

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

    def test_a_case_is_answered_by_who_read_it_and_may(self, web, as_):
        as_("staff", "stan@kavarna.si")
        case = web.post("/api/case", json={"subject": "Grinder stops", "description": "It stops."}).json()
        thread = web.get(f"/api/case/{case['id']}/thread").json()
        assert [m["text"] for m in thread["messages"]] == ["It stops."]
        replies, first = f"/api/case/{case['id']}/replies", {"text": "Since when?", "key": "a"}
        read = {"newest": thread["newest"], "count": thread["count"]}

        made = [web.post(replies, json={**first, **read}) for _twice in range(2)]
        crossed = web.post(replies, json={"text": "Hello", "key": "b", **read})

        assert [a.status_code for a in (*made, crossed)] == [201, 201, 409]
        assert made[0].json() == made[1].json()
        assert "read it before you send" in crossed.json()["detail"]
        as_("staff", "sue@kavarna.si")
        assert web.get(f"/api/case/{case['id']}/thread").status_code == 404
        assert web.post(replies, json=first | {"key": "c"}).status_code == 404
        as_("viewer", "vic@kavarna.si")
        assert web.post(replies, json=first | {"key": "d"}).status_code == 404
        web.cookies.clear()
        assert web.post(replies, json=first).status_code == 401

    def test_files_are_added_listed_fetched_removed_and_put_back_by_who_may(self, web, as_):
        as_("staff", "stan@kavarna.si")
        firm = web.post("/api/organisation", json={"name": "Acme"}).json()
        files = f"/api/organisation/{firm['id']}/files"
        made = [web.post(files, json={"name": "plan.txt", "content": "aGVsbG8="}) for _twice in range(2)]
        assert [a.status_code for a in made] == [201, 201]
        file = made[0].json()["id"]
        assert [(f["id"], f["name"], f["kind"], f["size"], f["who"]) for f in web.get(files).json()] == [
            (file, "plan.txt", "text/plain", 5, "staff")
        ]
        assert web.get(f"/files/{file}").content == b"hello"
        assert web.post(files, json={"name": "x", "content": "no!"}).status_code == 422
        assert web.get(f"/api/product/{firm['id']}/files").status_code == 404

        as_("staff", "sue@kavarna.si")
        assert web.get(files).status_code == 404
        assert web.get(f"/files/{file}").status_code == 404
        assert web.delete(f"/api/file/{file}").status_code == 404
        as_("manager", "mona@kavarna.si")
        assert web.delete(f"/api/file/{file}").status_code == 200
        assert (web.get(f"/files/{file}").status_code, web.get(files).json()) == (404, [])
        assert web.post(f"/api/file/{file}/restore").status_code == 200
        assert web.get(f"/files/{file}").content == b"hello"
        web.cookies.clear()
        assert web.get(files).status_code == web.get(f"/files/{file}").status_code == 401

    def test_wrong_fields_are_named(self, web, as_):
        as_("manager", "mona@kavarna.si")

        answer = web.post("/api/contact", json={"first_name": "Ana", "email": "nonsense"})

        assert answer.status_code == 422
        assert [p["field"] for p in answer.json()["problems"]] == ["email"]

    @pytest.mark.parametrize(
        ("path", "status"),
        [("/api/credential", 404), ("/api/login_session", 404), ("/api/stage", 404), ("/api/contact/999", 404),
         ("/api/contact?filters=[", 422), ("/api/contact?filters={%22password%22:1}", 422), ("/api/contact?limit=0", 422),
         ("/api/contact?sort=custom", 422), ("/api/contact/abc", 422), (f"/api/contact/{10**24}", 422),
         ("/api/deal?filters={%22amount_minor%22:[%22x%22]}", 422), ("/api/deal?filters={%22stage_id%22:[{}]}", 422),
         ("/api/deal?filters={%22amount_minor%22:{%22from%22:[1]}}", 422), ("/api/deal?filters={%22amount_minor%22:{}}", 422),
         ("/api/deal?filters={%22opened_on%22:[%222020-99-99%22]}", 422)],
    )  # fmt: skip
    def test_what_is_not_there_is_told_as_json(self, web, as_, path, status):
        as_("manager", "mona@kavarna.si")

        answer = web.get(path)

        assert answer.status_code == status
        assert answer.json()["error"]

    def test_a_kind_that_is_not_there_is_named(self, web, as_):
        as_("manager", "mona@kavarna.si")

        assert "called “credential”" in web.get("/api/credential").json()["detail"]

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("title", "\\ud83d"),
            ("title", ["x"]),
            ("title", {"a": 1}),
            ("stage_id", [1]),
            ("currency", 5),
            ("source", {}),
        ],
    )
    def test_values_of_another_shape_are_refused_and_named(self, web, as_, field, value):
        as_("manager", "mona@kavarna.si")
        sent = json.dumps({"title": "Grinder"} | {field: value}).replace("\\\\", "\\")

        answer = web.post("/api/deal", content=sent, headers={"Content-Type": "application/json"})

        assert answer.status_code == 422
        assert [p["field"] for p in answer.json()["problems"]] == [field]

    def test_lists_are_filtered_by_choice_and_interval(self, web, as_):
        as_("manager", "mona@kavarna.si")
        for amount in (100, 200, 300, None):
            web.post("/api/deal", json={"title": f"Deal {amount}", "amount_minor": amount})

        def titles(filters):
            rows = web.get("/api/deal", params={"filters": json.dumps(filters)}).json()["rows"]
            return [row["title"] for row in rows]

        assert titles({"amount_minor": {"from": 150}}) == ["Deal 200", "Deal 300"]
        assert titles({"amount_minor": {"from": 150, "to": 250}}) == ["Deal 200"]
        assert titles({"amount_minor": [100, "(blank)"]}) == ["Deal 100", "Deal None"]

    def test_a_deal_without_currency_is_in_the_firms(self, web, as_):
        with unit_of_work(SYSTEM) as work:
            set_firm(work, name="Kavarna", currency="USD")
        as_("staff", "stan@kavarna.si")

        assert web.post("/api/deal", json={"title": "Grinder"}).json()["currency"] == "USD"

    def test_users_are_not_written_here(self, web, as_):
        as_("administrator", "ada@kavarna.si")

        assert (
            web.patch("/api/user/1", json={"values": {"is_active": False}, "version": 1}).status_code == 403
        )
        assert web.post("/api/user", json={"name": "X"}).status_code == 403
        assert "password" not in web.get("/api/user").text
