"""Role × action × channel: what each person reaches of their own team's records and of another team's, on every road.

Roads: the session's lists, search, records and timelines, the API, the CSV export, reports; screens by deep link stand in
``tests/pages/test_deep_links.py``. Every refused write leaves the database byte for byte as it was.
"""

import json

import pytest
from sqlalchemy import select

from crm import records
from crm.access.actors import find_actor
from crm.access.cli import issue_session
from crm.errors import CrmError
from crm.exchange.export import export_csv
from crm.interactions.timeline import timeline
from crm.lists import list_rows
from crm.pipeline.report_basis import SalesFilter
from crm.reports import run_report
from crm.search import find_anything
from crm.work import reading, unit_of_work
from db.models import Base
from db.session import engine
from tests.factories import make, make_people

ENTITIES = ("organisation", "contact", "deal")
#: Who reaches what: (own team's records, the other team's) for each action.
REACH = {
    "ada": {"read": (True, True), "update": (True, True), "archive": (True, True), "export": (True, True)},
    "mona": {"read": (True, True), "update": (True, True), "archive": (True, True), "export": (True, True)},
    "stan": {
        "read": (True, False),
        "update": (True, False),
        "archive": (False, False),
        "export": (False, False),
    },
    "vic": {
        "read": (True, False),
        "update": (False, False),
        "archive": (False, False),
        "export": (False, False),
    },
}
PEOPLE = tuple(REACH)


@pytest.fixture
def scene(web):
    """Records of Mona's in North and of Sue's in South; Stan, Vic, Ada and Mona are in North."""
    actors = {name: find_actor(user_id) for name, user_id in make_people().items()}
    north = {e: make(actors["mona"], e, number=f"N-{e}") for e in ENTITIES}
    south = {e: make(actors["sue"], e, number=f"S-{e}") for e in ENTITIES}
    return actors, north, south


def dump():
    """Every row of every table but the sessions that the test itself opens."""
    tables = [t for t in Base.metadata.sorted_tables if t.name != "login_sessions"]
    with engine().connect().execution_options(system=True, reading=True) as connection:
        return {
            t.name: [tuple(map(str, r)) for r in connection.execute(select(t).order_by(t.c.id))]
            for t in tables
        }


def api(web, name):
    web.cookies.clear()
    web.cookies.set("rapport_session", issue_session(f"{name}@example.com"))
    return web


def passes(act):
    """True when the act is allowed; a refusal must come as a sentence and change nothing."""
    before = dump()
    try:
        act()
        return True
    except CrmError:
        changed = dump() != before
    assert not changed
    return False


@pytest.mark.parametrize("name", PEOPLE)
@pytest.mark.parametrize("entity", ENTITIES)
class TestReading:
    def test_lists_search_records_and_timelines(self, scene, name, entity):
        actors, north, south = scene
        own, other = REACH[name]["read"]

        with reading(actors[name]) as session:
            listed = set(list_rows(session, entity, columns=["number"]).rows["number"])
            found = {
                hit.id
                for hit in find_anything(session, f"N-{entity}") + find_anything(session, f"S-{entity}")
            }

        assert listed == expected(entity, own, other)
        assert found == {r["id"] for r, may in ((north[entity], own), (south[entity], other)) if may}
        for record, may in ((north[entity], own), (south[entity], other)):
            assert passes(lambda r=record: read_one(actors[name], entity, r["id"])) is may
            assert passes(lambda r=record: read_timeline(actors[name], entity, r["id"])) is may

    def test_the_api(self, web, scene, name, entity):
        _actors, north, south = scene
        own, other = REACH[name]["read"]
        asked = api(web, name)

        listed = asked.get(f"/api/{entity}").json()
        filtered = asked.get(
            f"/api/{entity}", params={"filters": json.dumps({"number": [f"S-{entity}"]})}
        ).json()

        assert listed["total"] == own + other
        assert filtered["total"] == int(other)
        for record, may in ((north[entity], own), (south[entity], other)):
            assert (asked.get(f"/api/{entity}/{record['id']}").status_code == 200) is may

    def test_the_export(self, scene, name, entity):
        actors, _north, _south = scene
        own, other = REACH[name]["export"]

        def export():
            with reading(actors[name]) as session:
                return b"".join(export_csv(session, entity, columns=["number"])).decode()

        if not own:
            assert passes(export) is False
        else:
            assert (f"N-{entity}" in export(), f"S-{entity}" in export()) == (own, other)


def expected(entity, own, other):
    return {number for number, may in ((f"N-{entity}", own), (f"S-{entity}", other)) if may}


def read_one(actor, entity, record_id):
    with reading(actor) as session:
        return records.get_record(session, entity, record_id)


def read_timeline(actor, entity, record_id):
    with reading(actor) as session:
        return timeline(session, entity, record_id)


@pytest.mark.parametrize("name", PEOPLE)
@pytest.mark.parametrize("entity", ENTITIES)
@pytest.mark.parametrize("side", [0, 1], ids=["own team", "other team"])
class TestWriting:
    def test_a_service_changes_only_what_lies_within_reach(self, scene, name, entity, side):
        actors, north, south = scene
        record = (north, south)[side][entity]

        def change():
            with unit_of_work(actors[name]) as work:
                records.update_record(
                    work, entity, record["id"], {"source": "Fair"}, seen_version=record["version"]
                )

        assert passes(change) is REACH[name]["update"][side]

    def test_a_service_archives_only_what_lies_within_reach(self, scene, name, entity, side):
        actors, north, south = scene
        record = (north, south)[side][entity]

        def archive():
            with unit_of_work(actors[name]) as work:
                records.archive_record(work, entity, record["id"], seen_version=record["version"])

        assert passes(archive) is REACH[name]["archive"][side]

    def test_the_api_changes_only_what_lies_within_reach(self, web, scene, name, entity, side):
        _actors, north, south = scene
        record = (north, south)[side][entity]
        asked, before = api(web, name), dump()

        answer = asked.patch(
            f"/api/{entity}/{record['id']}", json={"values": {"source": "Fair"}, "version": record["version"]}
        )

        allowed = REACH[name]["update"][side]
        assert (answer.status_code == 200) is allowed
        assert allowed or dump() == before


@pytest.mark.parametrize("name", PEOPLE)
def test_nobody_gives_a_record_away_beyond_their_reach(scene, name):
    actors, _north, _south = scene
    sue = actors["sue"]

    def give():
        make(actors[name], "contact", owner_id=sue.user_id, team_id=sue.teams[0])

    assert passes(give) is REACH[name]["update"][1]


@pytest.mark.parametrize("name", PEOPLE)
def test_nobody_links_to_a_record_they_cannot_see(scene, name):
    actors, _north, south = scene

    def link():
        make(actors[name], "contact", organisation_id=south["organisation"]["id"])

    assert passes(link) is (REACH[name]["read"][1] and REACH[name]["update"][0])


@pytest.mark.parametrize("name", PEOPLE)
@pytest.mark.parametrize("report", ["open-pipeline", "pipeline-by-stage"])
def test_reports_count_only_what_may_be_seen(scene, name, report):
    actors, _north, _south = scene

    with reading(actors[name]) as session:
        made = run_report(session, report, SalesFilter())

    assert made.n == sum(REACH[name]["read"])
