"""Lists and reports that leave by the API: rights first, exact as the screen's file, whole or not at all."""

import csv
import io
import json
import zipfile

import pytest

from crm.access.actors import find_actor
from crm.access.cli import issue_session
from crm.access.users import add_user
from crm.exchange.export import Asked, export_rows
from crm.work import SYSTEM, reading, unit_of_work
from tests.factories import make


@pytest.fixture
def asked(web, token):
    """The API as a manager; ``asked.become(role)`` changes who asks."""
    with unit_of_work(SYSTEM) as work:
        ids = {
            role: add_user(work, email=f"{role}@kavarna.si", name=role, role=role)
            for role in ("manager", "staff", "viewer")
        }

    def become(role):
        web.cookies.set("rapport_session", issue_session(f"{role}@kavarna.si"))
        found = ids[role]
        return find_actor(getattr(found, "id", found))

    web.become = become
    return web


def test_a_list_leaves_as_the_screens_file_does(asked):
    mona = asked.become("manager")
    for name, tags in (("Ana\t=1+1", ["vip", "Žofie"]), ("Bo", ["vip2"]), ("Cy", [])):
        make(mona, "contact", name=name, tags=tags)

    for kind in ("csv", "json"):
        answer = asked.get("/api/contact/export", params={"format": kind})
        with reading(mona) as session:
            assert answer.content == b"".join(export_rows(session, "contact", kind, Asked()))
    assert answer.headers["content-disposition"].startswith('attachment; filename="contact-')
    assert int(answer.headers["content-length"]) == len(answer.content)
    sheet = asked.get("/api/contact/export?format=xlsx")
    assert zipfile.ZipFile(io.BytesIO(sheet.content)).testzip() is None

    def names(filters):
        params = {"filters": json.dumps(filters), "columns": "name"}
        text = asked.get("/api/contact/export", params=params).content.decode("utf-8-sig")
        listed = asked.get("/api/contact", params={"filters": json.dumps(filters)}).json()["rows"]
        left = [row["name"] for row in csv.DictReader(io.StringIO(text))]
        assert len(listed) == len(left)
        return left

    assert [len(names({"tags": tag})) for tag in ("vip", ["vip", "vip2"], "Žofie", "none", "(blank)")] == [
        1,
        2,
        1,
        0,
        1,
    ]


def test_who_may_not_export_gets_nothing(asked):
    make(asked.become("manager"), "contact", name="Ana")
    asked.become("viewer")

    refused = asked.get("/api/contact/export")

    assert (refused.status_code, "does not export" in refused.json()["detail"]) == (403, True)
    assert asked.get("/api/nothing/export").status_code == 404


@pytest.mark.parametrize(
    "query",
    ["format=pdf", "columns=name,password", "filters={%22x%22:1}", "filters=[", "filters={%22tags%22:{}}",
     "filters={%22tags%22:[1]}", "filters={%22tags%22:%22a,b%22}", "colums=name"],
)  # fmt: skip
def test_what_is_not_there_is_refused_in_a_sentence(asked, query):
    asked.become("manager")

    answer = asked.get(f"/api/contact/export?{query}")

    assert (answer.status_code, bool(answer.json()["detail"])) == (422, True)


def test_reports_leave_as_the_command_tells_them(asked):
    mona = asked.become("manager")
    make(mona, "deal", title="A", amount_minor=100_00, currency="EUR")
    names = [one["report"] for one in asked.get("/api/report").json()["reports"]]
    assert "open-pipeline" in names

    told = asked.get("/api/report/open-pipeline").json()
    table = asked.get("/api/report/open-pipeline?format=csv").content.decode("utf-8-sig")

    assert told["n"] == 1
    rows = list(csv.DictReader(io.StringIO(table)))
    assert [{k: str(v) for k, v in row.items()} for row in told["rows"]] == [
        {k: v for k, v in row.items() if k != "currency"} for row in rows
    ]
    for query in ('{"team": ["Nobody"]}', '{"from": "x"}', '{"price": "1"}', '{"team": 3}', "["):
        assert asked.get("/api/report/open-pipeline", params={"filters": query}).status_code in (404, 422)
    assert asked.get("/api/report/none").status_code == 404
