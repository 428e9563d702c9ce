"""Role × action × channel: what each person reaches of their own team's records and of another team's, on every road.

Roads: the session's lists, search, records and timelines, the API, the CSV export, reports; screens by deep link stand in
``tests/pages/test_deep_links.py``. Every refused write leaves the database byte for byte as it was.
"""

import json
from copy import deepcopy
from functools import cache

import pytest

from crm.access.actors import find_actor
from crm.access.cli import issue_session
from crm.access.tokens.tokens import make_token
from crm.errors import CrmError
from crm.exchange.export import export_csv
from crm.interactions.timeline import timeline
from crm.records import records
from crm.records.lists import list_rows
from crm.records.search import find_anything
from crm.reporting.catalogue import run_report
from crm.reporting.report import SalesFilter
from crm.work import reading, unit_of_work
from tests.factories import make, make_people
from tests.rows import all_rows, stored_once

#: Kinds of record by the field that tells them apart here.
NUMBERED = {
    "organisation": "number", "contact": "number", "deal": "number", "case": "number", "work_order": "number",
    "equipment": "serial", "contract": "number", "segment": "name", "campaign": "name", "message_template": "name",
    "web_form": "slug", "social_post": "title",
}  # fmt: skip
ENTITIES = tuple(NUMBERED)
#: A change of each kind; where none is named, the source.
CHANGED = {
    "case": {"impact": "high"}, "work_order": {"report": "Done"}, "equipment": {"place": "Cellar"},
    "contract": {"notes": "Renewed"}, "segment": {"description": "Whoever buys"}, "campaign": {"goal": "Sell"},
    "message_template": {"preheader": "News"}, "web_form": {"intro": "Ask us"}, "social_post": {"body": "New"},
}  # fmt: skip
#: What "Find" looks through.
FOUND = ("organisation", "contact", "deal", "case", "equipment")
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
def scene(web, request):
    """Records of Mona's in North and of Sue's in South; Stan, Vic, Ada and Mona are in North."""
    # Only what the test is about, and organisations, which contracts hang on: there are hundreds of these tests.
    return deepcopy(stored_once(furnish(request.node.callspec.params.get("entity", "deal"))))


@cache
def furnish(asked):
    """How an empty house is furnished with records of the kind asked for."""

    def made():
        actors = {name: find_actor(user_id) for name, user_id in make_people().items()}
        return actors, rows_of(actors["mona"], "N", asked), rows_of(actors["sue"], "S", asked)

    return made


def rows_of(actor, side, asked):
    """An organisation and a record of the kind asked for; a contract is with the organisation."""
    rows = {}
    for entity in dict.fromkeys(("organisation", asked)):
        more = {"organisation_id": rows["organisation"]["id"]} if entity == "contract" else {}
        rows[entity] = make(actor, entity, **{NUMBERED[entity]: named(side, entity)}, **more)
    return rows


def named(side, entity):
    """What tells a record apart; an address takes no underscore and no capital."""
    return f"{side}-{entity}" if entity != "web_form" else f"{side.lower()}-web-form"


def dump():
    """Every row of every table but the sessions and tokens that the test itself opens."""
    return all_rows(without={"login_sessions", "api_tokens"})


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
            listed = set(list_rows(session, entity, columns=[NUMBERED[entity]]).rows[NUMBERED[entity]])
            found = {
                hit.id
                for side in ("N", "S")
                for hit in find_anything(session, named(side, entity))
                if hit.entity == entity
            }

        seen = {r["id"] for r, may in ((north[entity], own), (south[entity], other)) if may}
        assert listed == expected(entity, own, other)
        assert found == (seen if entity in FOUND else set())
        for record, may in ((north[entity], own), (south[entity], other)):
            assert passes(lambda r=record: read_one(actors[name], entity, r["id"])) is may
            assert passes(lambda r=record: read_timeline(actors[name], entity, r["id"])) is may

    def test_the_api(self, web, scene, name, entity):
        _actors, north, south = scene
        own, other = REACH[name]["read"]
        asked = api(web, name)

        listed = asked.get(f"/api/{entity}").json()
        filtered = asked.get(
            f"/api/{entity}", params={"filters": json.dumps({NUMBERED[entity]: [named("S", entity)]})}
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
                return b"".join(export_csv(session, entity, columns=[NUMBERED[entity]])).decode()

        if not own:
            assert passes(export) is False
        else:
            assert (named("N", entity) in export(), named("S", entity) in export()) == (own, other)


def expected(entity, own, other):
    return {named(side, entity) for side, may in (("N", own), ("S", other)) if may}


def changed(entity):
    return CHANGED.get(entity, {"source": "Fair"})


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
                    work, entity, record["id"], changed(entity), seen_version=record["version"]
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
            f"/api/{entity}/{record['id']}", json={"values": changed(entity), "version": record["version"]}
        )

        allowed = REACH[name]["update"][side]
        assert (answer.status_code == 200) is allowed
        assert allowed or dump() == before


@pytest.mark.parametrize("name", PEOPLE)
@pytest.mark.parametrize("entity", ENTITIES)
class TestTokens:
    def test_a_token_reaches_as_far_as_its_person_or_less(self, web, scene, name, entity):
        actors, *sides = scene
        reads, writes = (given(actors[name], may_write=may) for may in (False, True))
        other = given(actors[name], may_write=True, entities=["task"])
        for record, may_read, may_change in zip(
            (side[entity] for side in sides), REACH[name]["read"], REACH[name]["update"], strict=True
        ):
            place = f"/api/{entity}/{record['id']}"
            change = {"json": {"values": changed(entity), "version": record["version"]}}
            assert (web.get(place, headers=reads).status_code == 200) is may_read
            assert web.get(place, headers=other).status_code == 403
            before = dump()
            assert web.patch(place, headers=reads, **change).status_code == 403
            assert web.patch(place, headers=other, **change).status_code == 403
            assert dump() == before
            assert (web.patch(place, headers=writes, **change).status_code == 200) is may_change


def given(actor, **more):
    """The header of a token."""
    with unit_of_work(actor) as work:
        return {"Authorization": f"Bearer {make_token(work, name='x', **more)[1]}"}


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
