"""No road reads or writes past the scope: every road × role × kind of record, on both databases.

The oracle is written here by hand and asks the database without any scope; a refused write leaves the database byte
for byte as it was.
"""

from copy import deepcopy

import pytest
from sqlalchemy import exists, func, insert, inspect, select, union
from sqlalchemy.exc import IntegrityError, InvalidRequestError
from sqlalchemy.orm import Session, aliased, make_transient_to_detached

from crm.access.roles import effective_grants
from crm.pipeline.defaults import ensure_defaults
from crm.work import SYSTEM, unit_of_work
from db import models as m
from db import walls
from db.models import Base
from db.scope import ACTIONS, Actor, OutOfScope, ScopedSession, guarded
from tests.rows import all_rows, stored_once
from tests.service.access import scope_rows
from tests.service.access.scope_scene import CHILDREN, OWNED, REFUSED_READS, WRITES, Scene, make_scene

ROLES = ("administrator", "manager", "staff", "viewer", "own", "nobody")
#: Whose rows each role sees: mine = Ann's (team 1), mate's = Bob's (team 1), theirs = Cid's (team 2), lost = nobody's.
SEES = {
    "administrator": {"mine", "mate", "theirs", "lost"},
    "manager": {"mine", "mate", "theirs", "lost"},
    "staff": {"mine", "mate"},
    "viewer": {"mine", "mate"},
    "own": {"mine"},
    "nobody": set(),
}


@pytest.fixture
def scene(engine) -> Scene:
    """Four rows of every kind: Ann's and Bob's of team 1, Cid's of team 2, and one without owner and team."""
    return deepcopy(stored_once(_scene))


def _scene() -> Scene:
    with unit_of_work(SYSTEM) as work:
        ensure_defaults(work)
        return make_scene(work.session)


def actor(scene: Scene, role: str) -> Actor:
    """Ann with a role; ``own`` is a firm's own role that reaches only one's own rows, ``nobody`` has no role."""
    entities = {cls.__entity__ for cls in OWNED}
    grants = (
        frozenset((e, a, "own") for e in entities for a in ACTIONS)
        if role == "own"
        else effective_grants(role, ())
    )
    return Actor(user_id=scene.ann, name="Ann", role=role, teams=(scene.team,), grants=grants)


def classes(engine):
    """Every class; on PostgreSQL, to which the same statements go, a few with each kind of guard."""
    if engine.dialect.name == "sqlite":
        return (*OWNED, *CHILDREN)
    return (*OWNED[:8], *CHILDREN[:5], m.Case, m.CaseMessage, m.Consent, m.FormAnswer)


def roles(cls):
    """Every role; for the classes of service and campaigns, which the same rules guard, one that sees a team, one that
    sees its own, and one without rights."""
    return ("staff", "own", "nobody") if cls in scope_rows.OWNED or cls in scope_rows.CHILDREN else ROLES


def _all(session, cls, target=None):
    return session.scalars(select((target or cls).id)).all()


def _by_get(session, cls, scene):
    return [key for key in scene.ids[cls].values() if session.get(cls, key) is not None]


def _by_subquery(session, cls):
    inner = select(cls).subquery()
    return session.scalars(select(inner.c.id)).all()


def _by_cte(session, cls):
    inner = select(cls.id).cte()
    return session.scalars(select(inner.c.id)).all()


def _by_exists(session, cls, scene):
    return [key for key in scene.ids[cls].values() if session.scalar(select(exists().where(cls.id == key)))]


def _by_entity_of_subquery(session, cls):
    return session.scalars(select(aliased(cls, select(cls).subquery()).id)).all()


def _by_recursion(session, cls):
    base = select(cls.id, func.length("x").label("depth")).cte("walk", recursive=True)
    other = aliased(cls)
    walk = base.union_all(select(other.id, base.c.depth + 1).where(other.id == base.c.id, base.c.depth < 2))
    return session.scalars(select(walk.c.id).distinct()).all()


def _by_refresh(session, cls, scene):
    rows = session.scalars(select(cls)).all()
    for row in rows:
        session.refresh(row)
    return [row.id for row in rows]


def _by_expiry(session, cls, scene):
    """A row that is only claimed to be stored gives nothing away when it is loaded."""
    found = []
    for key in scene.ids[cls].values():
        row = cls(id=key)
        make_transient_to_detached(row)
        session.add(row)
        try:
            session.refresh(row)
            found.append(row.id)
        except InvalidRequestError:  # "could not refresh": the row is not there for this actor
            session.expunge_all()
    return found


READS = {
    "entity": lambda s, c, _: [row.id for row in s.scalars(select(c))],
    "column": lambda s, c, _: _all(s, c),
    "query": lambda s, c, _: [row.id for row in s.query(c)],
    "query column": lambda s, c, _: [row.id for row in s.query(c.id)],
    "get": _by_get,
    "alias": lambda s, c, _: _all(s, c, aliased(c)),
    "two aliases": lambda s, c, _: (
        lambda a, b: s.scalars(select(b.id).join_from(a, b, a.id == b.id)).all()
    )(aliased(c), aliased(c)),
    "alias beside the class": lambda s, c, _: (
        lambda a: s.scalars(select(a.id).join_from(c, a, a.id == c.id)).all()
    )(aliased(c)),
    "subquery": lambda s, c, _: _by_subquery(s, c),
    "entity of a subquery": lambda s, c, _: _by_entity_of_subquery(s, c),
    "cte": lambda s, c, _: _by_cte(s, c),
    "recursive cte": lambda s, c, _: _by_recursion(s, c),
    "union": lambda s, c, _: s.scalars(union(select(c.id), select(c.id).where(c.id > 0))).all(),
    "union as subquery": lambda s, c, _: s.scalars(
        select(union(select(c.id), select(aliased(c).id)).subquery().c.id)
    ).all(),
    "in": lambda s, c, _: s.scalars(select(c.id).where(c.id.in_(select(aliased(c).id)))).all(),
    "exists": _by_exists,
    "window": lambda s, c, _: [r[0] for r in s.execute(select(c.id, func.row_number().over(order_by=c.id)))],
    "group": lambda s, c, _: [r[0] for r in s.execute(select(c.id, func.count()).group_by(c.id).having(func.count() > 0))],
    "scalar subquery": lambda s, c, scene: [
        key for key in scene.ids[c].values() if s.scalar(select(select(c.id).where(c.id == key).scalar_subquery()))
    ],
    "outer join": lambda s, c, _: [
        r[0] for r in s.execute(select(c.id, m.User.name).outerjoin(m.User, m.User.id > 0)) if r[0]
    ],
    "outer join from an open table": lambda s, c, _: [
        r[0] for r in s.execute(select(c.id).select_from(m.Team).outerjoin(c, c.id > 0)) if r[0]
    ],
    "named in where only": lambda s, c, scene: [
        key for key in scene.ids[c].values()
        if s.scalar(select(func.count(m.Team.id)).where(c.id == key, m.Team.id < c.id + 1_000))
    ],
    "max": lambda s, c, scene: [
        key for key in scene.ids[c].values() if s.scalar(select(func.max(c.id)).where(c.id == key)) is not None
    ],
    "yield per": lambda s, c, _: [row.id for row in s.scalars(select(c).execution_options(yield_per=2))],
    "for update": lambda s, c, _: [row.id for row in s.scalars(select(c).with_for_update(of=c))],
    "refresh": _by_refresh,
    "claimed to be stored": _by_expiry,
}  # fmt: skip


@pytest.mark.parametrize("road", READS)
def test_a_road_shows_exactly_what_the_role_sees(engine, scene, road):
    wrong = []
    for cls in classes(engine):
        for role in roles(cls):
            expected = sorted(scene.ids[cls][whose] for whose in SEES[role])

            with ScopedSession(engine, actor(scene, role)) as session:
                found = sorted(set(READS[road](session, cls, scene)))

            if found != expected:
                wrong.append((cls.__name__, role, found, expected))
    assert not wrong


@pytest.mark.parametrize("road", ["count of ids", "count of rows", "count of a subquery", "query count"])
def test_counts_stop_at_the_scope(engine, scene, road):
    counts = {
        "count of ids": lambda s, c: s.scalar(select(func.count(c.id))),
        "count of rows": lambda s, c: s.scalar(select(func.count()).select_from(c)),
        "count of a subquery": lambda s, c: s.scalar(select(func.count()).select_from(select(c).subquery())),
        "query count": lambda s, c: s.query(c).count(),
    }
    for cls in classes(engine):
        for role in roles(cls):
            with ScopedSession(engine, actor(scene, role)) as session:
                assert counts[road](session, cls) == len(SEES[role]), (cls, role)


def test_people_take_turns_on_one_cached_statement(engine, scene):
    statement = select(m.Deal.id).join(m.Organisation, m.Organisation.id == m.Deal.organisation_id)

    for _turn in range(3):
        for role in ROLES:
            with ScopedSession(engine, actor(scene, role)) as session:
                assert len(session.scalars(statement).all()) == len(SEES[role]), role


def test_a_statement_is_surveyed_once_for_all_its_values(engine, scene, monkeypatch):
    seen, plain = [], walls._survey
    monkeypatch.setattr(walls, "_survey", lambda statement: seen.append(statement) or plain(statement))
    walls._surveyed.clear()
    bare = m.Contact.__table__.c

    with ScopedSession(engine, actor(scene, "staff")) as session:
        for name in ("Ana", "Bea"):
            session.scalars(select(m.Contact.id).where(m.Contact.name == name)).all()
            # The same words to the database, and another statement: it names the table without its class.
            with pytest.raises(OutOfScope):
                session.execute(select(bare.id).where(bare.name == name))

    assert len(seen) == 2


@pytest.mark.parametrize("road", REFUSED_READS)
def test_a_road_that_scope_cannot_follow_is_refused(engine, scene, road):
    with ScopedSession(engine, actor(scene, "staff")) as session, pytest.raises(OutOfScope):
        REFUSED_READS[road](session, scene).all()


def test_the_engine_itself_is_walled(engine, scene):
    for sql in ("SELECT name FROM contacts", "select NAME from Contacts", 'SELECT name FROM "contacts"'):
        with engine.connect() as connection, pytest.raises(OutOfScope):
            connection.exec_driver_sql(sql)
    with Session(engine) as session, pytest.raises(OutOfScope):
        session.scalars(select(m.Contact)).all()


def test_system_tables_are_closed_to_everybody(engine, scene):
    closed = [cls for cls in guarded().values() if cls.__guard__ == "system"]
    assert closed
    for cls in closed:
        with ScopedSession(engine, actor(scene, "administrator")) as session:
            assert session.scalars(select(cls.id)).all() == [], cls


def test_every_table_says_who_sees_it():
    declared = {
        cls.__tablename__: cls.__guard__ for mapper in Base.registry.mappers for cls in [mapper.class_]
    }

    assert {t.name for t in Base.metadata.tables.values()} == set(declared)
    assert {name for name, guard in declared.items() if guard == "open"} == {
        "categories", "grants", "loss_reasons", "memberships", "pipelines", "products", "rates", "roles", "settings",
        "queues", "service_policies", "stages", "targets", "teams", "users", "work_calendars",
    }  # fmt: skip
    for cls in guarded().values():
        if cls.__guard__ == "self":
            assert {"owner_id", "team_id"} <= set(cls.__table__.c.keys()), cls
            assert cls in OWNED, f"{cls} is missing in this matrix"
        elif isinstance(cls.__guard__, tuple):
            assert all(inspect(cls).local_table.c[name].foreign_keys for name in cls.__guard__), cls
            assert cls in CHILDREN, f"{cls} is missing in this matrix"


@pytest.mark.parametrize("role", ["staff", "viewer", "own", "nobody"])
def test_a_refused_write_leaves_the_database_as_it_was(engine, scene, role):
    before = all_rows()
    passed = []
    for road, write in WRITES.items():
        try:
            with ScopedSession(engine, actor(scene, role)) as session, session.begin():
                write(session, scene)
            passed.append(road)
        except OutOfScope:
            pass
        except IntegrityError:
            # A merge finds no row in reach, so it adds one, and the key is taken.
            assert road == "merge"

        assert all_rows() == before, road
    assert not passed


@pytest.mark.parametrize("cls", [*OWNED, *CHILDREN], ids=lambda cls: cls.__name__)
def test_what_is_allowed_is_written(engine, scene, cls):
    """The other side of the refusals: they would also pass if nothing could be written at all."""
    with ScopedSession(engine, actor(scene, "staff")) as session, session.begin():
        session.add(scene.new(cls, "mine"))
        row = session.get(cls, scene.ids[cls]["mate"])
        name, value = scene.change(cls)
        setattr(row, name, value)

    with ScopedSession(engine, actor(scene, "staff")) as session:
        assert len(session.scalars(select(cls.id)).all()) == 3
        assert getattr(session.get(cls, scene.ids[cls]["mate"]), name) == value


@pytest.mark.parametrize("cls", [c for c in OWNED if hasattr(c, "archived_at")], ids=lambda cls: cls.__name__)
def test_staff_archive_only_what_is_theirs(engine, scene, cls):
    for whose, allowed in (("mine", True), ("mate", False)):
        with ScopedSession(engine, actor(scene, "staff")) as session:
            row = session.get(cls, scene.ids[cls][whose])
            row.archived_at = scene.now
            if allowed:
                session.flush()
            else:
                with pytest.raises(OutOfScope):
                    session.flush()


def test_a_role_that_sees_all_but_changes_its_own_does_not_reach_others_lines(engine, scene):
    grants = frozenset({("deal", "read", "all"), ("deal", "update", "own"), ("deal", "create", "own")})
    ann = Actor(user_id=scene.ann, name="Ann", role="own_1", teams=(scene.team,), grants=grants)
    with ScopedSession(engine, ann) as session:
        session.get(m.DealLine, scene.ids[m.DealLine]["mine"]).quantity = 7
        session.flush()
        session.get(m.DealLine, scene.ids[m.DealLine]["theirs"]).quantity = 7

        with pytest.raises(OutOfScope):
            session.flush()


def test_archiving_does_not_smuggle_other_changes(engine, scene):
    grants = frozenset({("task", "read", "all"), ("task", "delete", "all")})
    ann = Actor(user_id=scene.ann, name="Ann", role="own_1", teams=(), grants=grants)
    with ScopedSession(engine, ann) as session:
        row = session.get(m.Task, scene.ids[m.Task]["mine"])
        row.archived_at, row.title = scene.now, "Smuggled"

        with pytest.raises(OutOfScope):
            session.flush()


def test_copying_guarded_rows_into_an_open_table_is_refused(engine, scene):
    grants = frozenset({("product", "create", "all"), ("deal", "read", "own")})
    ann = Actor(user_id=scene.ann, name="Ann", role="own_1", teams=(), grants=grants)
    before = all_rows()

    copied = insert(m.Product).from_select(["name"], select(m.Deal.title))
    with pytest.raises(OutOfScope), ScopedSession(engine, ann) as session, session.begin():
        session.execute(copied)

    assert all_rows() == before
