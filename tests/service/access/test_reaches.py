"""What the table of rights offers is what a rule holds: every kind of record × action × reach, row by row."""

from datetime import date
from functools import partial

import pytest
from sqlalchemy import inspect, select
from sqlalchemy.exc import IntegrityError

from crm.access.roles import default_grants, entities, label, reaches
from crm.errors import NotAllowed, NotFound
from crm.exchange.export import export_csv
from crm.exchange.storing.store import Target
from crm.pipeline.defaults import ensure_defaults
from crm.records import records, registry
from crm.records.lists import list_rows
from crm.records.rules import Draft
from crm.records.search import find_anything
from crm.work import SYSTEM, unit_of_work
from db.criteria import target_class
from db.models import Base, Grant, Role
from db.scope import ACTIONS, Actor, OutOfScope, ScopedSession
from db.writes import KEPT
from tests.factories import make
from tests.service.access.scope_scene import OWNED, WHOSE, make_scene

#: Whose rows each reach holds, for Ann of team One.
HOLDS = {"none": set(), "own": {"mine"}, "team": {"mine", "mate"}, "all": set(WHOSE)}


@pytest.fixture
def scene(sqlite_database):
    with unit_of_work(SYSTEM) as work:
        ensure_defaults(work)
        return make_scene(work.session)


def ann(scene, entity, action, reach):
    """Ann, who may do everything but the action on the entity, which reaches as far as said."""
    grants = {(e, a): "all" for e in entities() for a in ACTIONS} | {(entity, action): reach}
    held = frozenset((e, a, scope) for (e, a), scope in grants.items() if scope != "none")
    return Actor(user_id=scene.ann, name="Ann", role="own_1", teams=(scene.team,), grants=held)


def passes(engine, actor, write):
    """Whether a write gets past the session; nothing of it stays."""
    try:
        with ScopedSession(engine, actor) as session:
            write(session)
            session.flush()
        return True
    except IntegrityError:
        return True  # allowed; something else of the row was already there
    except OutOfScope:
        return False


def read(engine, scene, actor, cls):
    with ScopedSession(engine, actor) as session:
        return {whose for whose in WHOSE if session.get(cls, scene.ids[cls][whose]) is not None}


def created(engine, scene, actor, cls):
    return {w for w in WHOSE if passes(engine, actor, lambda s, w=w: s.add(scene.new(cls, w)))}


def changed(engine, scene, actor, cls):
    name, value = scene.change(cls)

    def change(session, whose):
        setattr(session.get(cls, scene.ids[cls][whose]), name, value)

    return {w for w in WHOSE if passes(engine, actor, lambda s, w=w: change(s, w))}


def archived(engine, scene, actor, cls):
    def archive(session, whose):
        session.get(cls, scene.ids[cls][whose]).archived_at = scene.now

    return {w for w in WHOSE if passes(engine, actor, lambda s, w=w: archive(s, w))}


def entity_of(cls):
    return next(card.name for card in registry.cards() if card.model is cls)


def exported(engine, scene, actor, cls):
    try:
        with ScopedSession(engine, actor) as session:
            lines = b"".join(export_csv(session, entity_of(cls))).decode("utf-8-sig").splitlines()
    except NotAllowed:
        return set()
    ids = {line.split(",")[0].strip('"') for line in lines[1:]}
    return {whose for whose in WHOSE if str(scene.ids[cls][whose]) in ids}


def imported(engine, scene, actor, cls):
    """Rows of a file pass the demand that stands before every write of an import."""
    target = Target(registry.entity(entity_of(cls)), key=(), mode="both", overwrite=True)
    with unit_of_work(SYSTEM) as work:
        stored = {w: work.session.get(cls, scene.ids[cls][w]) for w in WHOSE}
        rows = {w: {a.key: getattr(r, a.key) for a in inspect(cls).column_attrs} for w, r in stored.items()}
    with unit_of_work(actor) as work:
        drafts = {w: Draft(dict(row), row, {"owner_id"}) for w, row in rows.items()}
        target._demand(work, list(drafts.values()))
    return {whose for whose, draft in drafts.items() if not draft.problems}


ROADS = {
    "read": read, "create": created, "update": changed, "delete": archived, "export": exported, "import": imported,
}  # fmt: skip


@pytest.mark.parametrize("action", ACTIONS)
def test_every_offered_reach_over_rows_with_an_owner_holds_exactly_its_rows(scene, action):
    from db.session import engine

    wrong = []
    for cls in OWNED:
        offered = reaches(cls.__entity__, action)
        # Received messages have no card and are never archived: there is no road, and no right to choose.
        for reach in offered if len(offered) > 1 else ():
            found = ROADS[action](engine(), scene, ann(scene, cls.__entity__, action, reach), cls)
            if found != HOLDS[reach]:
                wrong.append((cls.__name__, reach, sorted(found)))
    assert not wrong
    assert {a: reaches("message", a) for a in ("delete", "export", "import")} == dict.fromkeys(
        ("delete", "export", "import"), ("none",)
    )
    assert {cls.__entity__ for cls in OWNED} == {e for e in entities() if len(reaches(e, "read")) == 4}


def test_what_has_no_owner_offers_all_or_nothing_and_holds_it(scene):
    from db.session import engine

    offered = {e: {a: reaches(e, a) for a in ACTIONS} for e in entities() if len(reaches(e, "read")) < 4}
    assert {e for e, one in offered.items() if one["read"] == ("all",)} == {"target", "setting"}
    wrong = []
    # Parents first, which their children need.
    place = {table.name: at for at, table in enumerate(Base.metadata.sorted_tables)}
    shared = [m.class_ for m in Base.registry.mappers if m.class_.__guard__ == "open"]
    for cls in sorted(shared, key=lambda cls: place[cls.__tablename__]):
        stored = some_row(cls)
        for action in ("create", "update", "delete"):
            assert offered[cls.__entity__][action] == ("none", "all"), cls
            for reach in ("none", "all"):
                actor = ann(scene, cls.__entity__, action, reach)
                write = partial(write_open, cls=cls, row_id=stored, action=action)
                if passes(engine(), actor, write) is not (reach == "all"):
                    wrong.append((cls.__name__, action, reach))
    assert not wrong


#: A value of each type of column, and another one.
VALUES = {
    int: (1, 2),
    str: ("x", "y"),
    bool: (False, True),
    dict: ({}, {"a": 1}),
    date: (date(2026, 1, 1), date(2026, 2, 1)),
}


def needed(session, cls):
    """A value for every column that must have one."""
    row = {}
    for column in cls.__table__.c:
        if column.primary_key or column.nullable or column.default is not None:
            continue
        if column.foreign_keys:
            row[column.name] = session.scalars(select(target_class(cls, column.name).id)).first()
        else:
            row[column.name] = VALUES.get(column.type.python_type, (1, 2))[0]
    return row


def some_row(cls):
    """The id of a row of an open table, made by the program where there is none yet."""
    with unit_of_work(SYSTEM) as work:
        stored = work.session.scalars(select(cls.id)).first()
        if stored is not None:
            return stored
        if cls is Grant:
            work.session.add(Role(key="own_2", name="Partner"))
            work.session.flush()
        row = cls(**needed(work.session, cls))
        work.session.add(row)
        work.session.flush()
        return row.id


def write_open(session, cls, row_id, action):
    if action == "create":
        session.add(cls(**needed(session, cls)))
    elif action == "delete":
        session.delete(session.get(cls, row_id))
    else:
        row = session.get(cls, row_id)
        free = [c for c in cls.__table__.c if not c.primary_key and c.name not in KEPT and not c.foreign_keys]
        column = next((c for c in free if c.type.python_type in VALUES), None)
        if column is None:  # what only tells of two others
            row.team_id = None
        else:
            one, other = VALUES[column.type.python_type]
            setattr(row, column.name, other if getattr(row, column.name) == one else one)


@pytest.mark.parametrize("entity", ["product", "category", "user", "team"])
def test_what_has_no_owner_is_seen_by_its_right_on_every_road(scene, entity):
    from db.session import engine

    name = "Ann" if entity == "user" else "One" if entity == "team" else make(SYSTEM, entity)["name"]
    for reach in reaches(entity, "read"):
        with ScopedSession(engine(), ann(scene, entity, "read", reach)) as session:
            listed = list(list_rows(session, entity, columns=["name"]).rows["name"])
            found = {hit.title for hit in find_anything(session, name) if hit.entity == entity}
            given = b"".join(export_csv(session, entity)).decode("utf-8-sig").splitlines()
            try:
                seen = records.get_record(session, entity, 1)["name"]
            except NotFound:
                seen = None

        sees = reach == "all"
        assert (name in listed, len(given) > 1, seen is not None) == (sees, sees, sees)
        assert not found or sees


def test_files_are_offered_where_there_are_files(sqlite_database):
    with_cards = {card.rights for card in registry.cards()}
    for entity in entities():
        for action in ("export", "import"):
            assert (len(reaches(entity, action)) > 1) is (entity in with_cards)


def test_a_row_of_a_file_needs_the_right_to_import_it_beside_that_to_make_it(sqlite_database):
    from tests.factories import make_people
    from tests.service.parity.roads import by_file

    people = make_people()
    grants = {("contact", a, "all") for a in ("read", "create", "update")} | {("contact", "import", "own")}
    stan = Actor(people["stan"], "Stan", "own_1", (1,), frozenset(grants))
    mine = make(SYSTEM, "contact", name="Mine", number="N-1", owner_id=people["stan"])
    other = make(SYSTEM, "contact", name="Other", number="N-2", owner_id=people["sue"])

    assert not by_file(stan, "contact", {"city": "Bled"}, mine, key="number").problems
    assert by_file(stan, "contact", {"city": "Bled"}, other, key="number").problems

    with unit_of_work(SYSTEM) as work:
        cities = [records.get_record(work.session, "contact", r["id"])["city"] for r in (mine, other)]
    assert cities == ["Bled", None]


def test_what_has_an_owner_is_daily_work_and_whoever_has_a_role_sees_the_rest():
    owned = {cls.__entity__ for cls in OWNED}
    for role in ("staff", "viewer"):
        seen = {entity: default_grants(role).get((entity, "read")) for entity in entities()}
        assert seen == {entity: "team" if entity in owned else "all" for entity in entities()}
    assert all(label(entity) != entity for entity in entities())
