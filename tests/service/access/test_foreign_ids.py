"""A write that names what is not the actor's answers exactly as for an id that nobody has, whatever else is wrong with it."""

import re

import pytest
from sqlalchemy import inspect
from starlette.testclient import TestClient

from crm.access.roles import effective_grants
from crm.errors import CrmError
from crm.http.api import api
from crm.http.calls.once import asking
from crm.pipeline.defaults import ensure_defaults
from crm.records import records, registry
from crm.records.fields import Kind
from crm.work import SYSTEM, unit_of_work
from db.scope import Actor, guarded
from tests.rows import all_rows
from tests.service.access.scope_scene import make_scene
from tests.service.parity.roads import by_file, plain, strangers

MISSING = 987_654
LINKS = [
    (entity.name, field.name, field.link)
    for entity in registry.entities()
    for field in entity.fields
    if field.kind is Kind.LINK and registry.model(field.link) in guarded().values()
]


@pytest.fixture(scope="module")
def house(sqlite_template):
    """The rows of three people, and Ann of staff behind the API."""
    from db import session as sessions
    from tests.conftest import _copied, _in_force

    with pytest.MonkeyPatch.context() as patch:
        for _url in _in_force(_copied(sqlite_template), patch):
            with unit_of_work(SYSTEM) as work:
                ensure_defaults(work)
                scene = make_scene(work.session)
            every = {(e, "create", "team") for e, *_ in effective_grants("staff", ())}
            ann = Actor(scene.ann, "Ann", "staff", (scene.team,), effective_grants("staff", ()) | every)
            app = api()
            app.dependency_overrides[asking] = asked_by(ann)
            with TestClient(app) as client:
                yield scene, ann, client
    assert sessions


def asked_by(actor):
    return lambda: actor


def values_of(scene, entity, whose="mine"):
    """The values of a stored row of an entity, as somebody could send them."""
    about, cls = registry.entity(entity), registry.model(entity)
    with unit_of_work(SYSTEM) as work:
        row = work.session.get(cls, scene.ids[cls][whose])
        stored = {a.key: getattr(row, a.key) for a in inspect(cls).column_attrs}
    kept = {"created_at", "changed_at", "archived_at", "number", "serial", "slug", "name"}
    return {n: plain(stored[n]) for n in about.by_name if stored[n] is not None and n not in kept}


def said(answer, record_id):
    """What an answer tells, without the id that was asked for."""
    return answer.status_code, re.sub(rf"(There is no [\w ]+ ){record_id}\b", r"\1#", answer.text)


def wrong_values(entity):
    """Nothing else wrong; everything else wrong; what only a look at other rows finds."""
    rows = [{}, *(row for row, _fields in strangers(entity))]
    return [
        *rows,
        {"number": "mine"},
        {"serial": "theirs"},
        {"starts_on": "2026-01-01", "ends_on": "2025-01-01"},
    ]


@pytest.mark.parametrize(("entity", "link", "target"), LINKS, ids=lambda one: one)
def test_a_link_beyond_reach_is_one_to_nothing(house, entity, link, target):
    scene, _ann, client = house
    good, theirs = values_of(scene, entity), scene.ids[registry.model(target)]["theirs"]
    mine = scene.ids[registry.model(entity)]["mine"]
    before = all_rows()
    for wrong in wrong_values(entity):
        wrong = {name: value for name, value in wrong.items() if name in registry.entity(entity).by_name}
        answers = []
        for given in (theirs, MISSING):
            sent = {**good, **wrong, link: given}
            made = client.post(f"/{entity}", json=sent)
            changed = client.patch(f"/{entity}/{mine}", json={"values": {**wrong, link: given}, "version": 1})
            assert made.status_code in (403, 422), (wrong, made.text)
            assert changed.status_code in (403, 422), (wrong, changed.text)
            answers.append((said(made, given), said(changed, given)))
        assert answers[0] == answers[1], wrong
    assert all_rows() == before


@pytest.mark.parametrize(("entity", "link", "name"), [
    ("contact", "organisation_id", "theirs"), ("contract", "equipment_id", "S-theirs"), ("case", "contact_id", "theirs"),
    ("deal_line", "deal_id", "theirs"), ("consent", "contact_id", "theirs"), ("task", "deal_id", "theirs"),
])  # fmt: skip
def test_a_name_beyond_reach_in_a_file_is_one_of_nothing(house, entity, link, name):
    scene, ann, _client = house
    every = {(e, a, "team") for e, a in registry_rights() for a in (a, "import")}
    ann = Actor(ann.user_id, "Ann", "staff", ann.teams, frozenset(every))
    good = {
        n: v for n, v in values_of(scene, entity).items() if registry.entity(entity)[n].kind is not Kind.LINK
    }
    told = []
    for given in (name, name.replace("theirs", "nobody")):
        named = {"name": "X"} if "name" in registry.entity(entity).by_name else {}
        came = by_file(ann, entity, {**good, **named, link: given})
        told.append({(field, text.replace(given, "#")) for field, text in came.problems})
    assert told[0] == told[1] != set()


def registry_rights():
    return {(card.rights, action) for card in registry.cards() for action in ("read", "create", "update")}


@pytest.mark.parametrize("entity", [e for e in registry.names() if registry.model(e) in guarded().values()])
def test_a_record_beyond_reach_is_none(house, entity):
    scene, ann, client = house
    cls = registry.model(entity)
    theirs, before = scene.ids[cls]["theirs"], all_rows()
    for wrong in wrong_values(entity):
        for version in (1, 99):
            answers = [
                said(client.patch(f"/{entity}/{record}", json={"values": wrong, "version": version}), record)
                for record in (theirs, MISSING)
            ]
            assert answers[0] == answers[1], (wrong, version)
            assert answers[0][0] == 404
    for act in (records.archive_record, records.restore_record, records.delete_record):
        told = []
        for record in (theirs, MISSING):
            with pytest.raises(CrmError) as refused, unit_of_work(ann) as work:
                act(work, entity, record, seen_version=1)
            told.append((type(refused.value), refused.value.message.replace(str(record), "#")))
        assert told[0] == told[1], act
    assert all_rows() == before
