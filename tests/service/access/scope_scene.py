"""Rows of every guarded kind for four owners, and the roads that must be refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import column, delete, func, insert, literal_column, select, table, text, update
from sqlalchemy.orm import aliased, make_transient_to_detached

from db import models as m
from tests.service.access import scope_rows

OWNED = (*scope_rows.SELLING, *scope_rows.OWNED)
CHILDREN = (m.ContactRole, m.Channel, m.Address, m.DealLine, m.StageChange, *scope_rows.CHILDREN)
WHOSE = ("mine", "mate", "theirs", "lost")


@dataclass
class Scene:
    """Ids by class and by whose row it is; Ann acts."""

    ann: int
    bob: int
    cid: int
    team: int
    other_team: int
    pipeline: int
    stage: int
    ids: dict[type[Any], dict[str, int]]
    now: datetime

    def owner(self, whose: str) -> dict[str, int | None]:
        """Owner and team of a row."""
        people = {"mine": self.ann, "mate": self.bob, "theirs": self.cid, "lost": None}
        teams = {"mine": self.team, "mate": self.team, "theirs": self.other_team, "lost": None}
        return {"owner_id": people[whose], "team_id": teams[whose]}

    def new(self, cls: type[Any], whose: str) -> Any:
        """A new row of a class; children hang on the parents of the same owner."""
        # A contact is a member once: a second row of mine takes the one of a team mate.
        again = "mate" if whose == "mine" and cls in self.ids else whose
        beside = {name: self.ids[other][again] for name, other in scope_rows.BESIDE.get(cls, {}).items()}
        if cls in scope_rows.OWNED:
            return cls(**scope_rows.filled(scope_rows.OWNED[cls], whose), **beside, **self.owner(whose))
        if cls in scope_rows.CHILDREN:
            column_, parent, values_ = scope_rows.CHILDREN[cls]
            if again != whose:
                values_ = {**values_, **scope_rows.AGAIN.get(cls, {})}
            return cls(**{column_: self.ids[parent][whose]}, **scope_rows.filled(values_, whose), **beside)
        deal = {"pipeline_id": self.pipeline, "stage_id": self.stage, "currency": "EUR"}
        needed: dict[type[Any], dict[str, Any]] = {
            m.Organisation: {"name": whose}, m.Contact: {"name": whose}, m.Lead: {"name": whose},
            m.Deal: {"title": whose, **deal}, m.Order: {"number": whose, "ordered_on": date(2026, 1, 2)},
            m.OrderLine: {"sold_on": date(2026, 1, 2), "amount_minor": 100, "currency": "EUR"},
            m.Interaction: {"subject": whose}, m.Task: {"title": whose},
            m.Channel: {"kind": "email", "value": f"{whose}@example.com"}, m.Address: {"city": whose},
            m.ContactRole: {"role": f"role {len(self.ids)}"}, m.DealLine: {"currency": "EUR"},
            m.StageChange: {"to_stage_id": self.stage},
        }  # fmt: skip
        values = dict(needed[cls])
        if cls in OWNED:
            return cls(**values, **self.owner(whose))
        if cls in (m.DealLine, m.StageChange):
            return cls(deal_id=self.ids[m.Deal][whose], **values)
        if cls is m.ContactRole:
            values["organisation_id"] = self.ids[m.Organisation][whose]
        return cls(contact_id=self.ids[m.Contact][whose], **values)

    def change(self, cls: type[Any]) -> tuple[str, Any]:
        """A field of a class and a new value for it."""
        fields: dict[type[Any], tuple[str, Any]] = scope_rows.CHANGES | {
            m.Organisation: ("city", "Bled"), m.Contact: ("city", "Bled"), m.Lead: ("name", "Changed"),
            m.Deal: ("title", "Changed"), m.Order: ("number", "Changed"), m.OrderLine: ("amount_minor", 7),
            m.Interaction: ("subject", "Changed"), m.Task: ("title", "Changed"), m.Channel: ("value", "x@example.com"),
            m.Address: ("city", "Bled"), m.ContactRole: ("role", "boss"), m.DealLine: ("quantity", 7),
            m.StageChange: ("at", self.now),
        }  # fmt: skip
        return fields[cls]


def make_scene(session: Any) -> Scene:
    """Two teams, three people, and every kind of row for Ann, Bob, Cid and nobody."""
    teams = [m.Team(name=name) for name in ("One", "Two")]
    session.add_all(teams)
    session.flush()
    people = [
        m.User(name=name, team_id=t.id)
        for name, t in zip(("Ann", "Bob", "Cid"), [*teams[:1] * 2, teams[1]], strict=True)
    ]
    session.add_all(people)
    session.flush()
    stage = session.scalars(select(m.Stage).order_by(m.Stage.id)).first()
    scene = Scene(
        ann=people[0].id, bob=people[1].id, cid=people[2].id, team=teams[0].id, other_team=teams[1].id,
        pipeline=stage.pipeline_id, stage=stage.id, ids={}, now=datetime(2026, 3, 10, 12, tzinfo=UTC),
    )  # fmt: skip
    for cls in (*OWNED, *CHILDREN):
        rows = {whose: scene.new(cls, whose) for whose in WHOSE}
        if cls is m.Deal:
            for whose, row in rows.items():
                row.organisation_id = scene.ids[m.Organisation][whose]
        session.add_all(rows.values())
        session.flush()
        scene.ids[cls] = {whose: row.id for whose, row in rows.items()}
    return scene


_deals = m.Deal.__table__
_lines = m.DealLine.__table__

#: What gives rows without the walls; each is a function of the session that gives a result.
REFUSED_READS = {
    "table": lambda s, _: s.execute(select(_deals)),
    "column of the table": lambda s, _: s.execute(select(_deals.c.title)),
    "count of the table": lambda s, _: s.execute(select(func.count()).select_from(_deals)),
    "alias of the table": lambda s, _: s.execute(select(_deals.alias())),
    "table beside a class": lambda s, _: s.execute(select(m.User.name, _deals.c.title)),
    "table joined to a class": lambda s, _: s.execute(select(m.User.name).join(_deals, _deals.c.id > 0)),
    "table joined to its child": lambda s, _: s.execute(
        select(m.DealLine.id, _deals.c.title).select_from(m.DealLine).join(_deals, _deals.c.id > 0)
    ),
    "table in where": lambda s, _: s.execute(select(m.User.name).where(_deals.c.id > 0)),
    "table in exists": lambda s, _: s.execute(select(m.User.name).where(select(_deals.c.id).exists())),
    "table in a subquery": lambda s, _: s.execute(select(select(_deals).subquery())),
    "table in a cte": lambda s, _: s.execute(select(select(_deals.c.id).cte())),
    "table in a union": lambda s, _: s.execute(select(m.Deal.id).union(select(_deals.c.id))),
    "table in a scalar subquery": lambda s, _: s.execute(
        select(m.User.name, select(func.max(_deals.c.title)).scalar_subquery())
    ),
    "table in order by": lambda s, _: s.execute(
        select(m.User.name).order_by(select(func.max(_deals.c.title)).scalar_subquery())
    ),
    "table in having": lambda s, _: s.execute(
        select(m.User.name).group_by(m.User.name).having(select(func.count(_deals.c.id)).scalar_subquery() > 0)
    ),
    "table in a function": lambda s, _: s.execute(select(func.coalesce(func.max(_deals.c.title), "")))
    ,
    "table in a window": lambda s, _: s.execute(select(func.row_number().over(order_by=_deals.c.id))),
    "class of a bare subquery": lambda s, _: s.execute(
        select(aliased(m.Deal, select(_deals.c.id, _deals.c.title).subquery()).title)
    ),
    "class of a bare subquery with all columns": lambda s, _: s.execute(
        select(aliased(m.User, select(_deals.c.id, _deals.c.title.label("name")).subquery(), adapt_on_names=True).name)
    ),
    "child's table": lambda s, _: s.execute(select(_lines)),
    "named table": lambda s, _: s.execute(select(column("title")).select_from(table("deals"))),
    "named table in capitals": lambda s, _: s.execute(select(column("title")).select_from(table("DEALS"))),
    "text": lambda s, _: s.execute(text("SELECT title FROM deals")),
    "text for a class": lambda s, _: s.execute(select(m.Deal).from_statement(text("SELECT * FROM deals"))),
    "table for a class": lambda s, _: s.execute(select(m.Deal).from_statement(select(_deals))),
    "query from text": lambda s, _: s.query(m.Deal).from_statement(text("SELECT * FROM deals")),
    "text as column": lambda s, _: s.execute(select(m.User.name, text("(SELECT max(title) FROM deals)"))),
    "text as condition": lambda s, _: s.execute(select(m.Deal).where(text("1=1 OR 1=1"))),
    "text as order": lambda s, _: s.execute(select(m.User.name).order_by(text("(SELECT max(title) FROM deals)"))),
    "literal column": lambda s, _: s.execute(select(m.User.name, literal_column("(SELECT max(title) FROM deals)"))),
    "suffix": lambda s, _: s.execute(select(m.User.name).suffix_with("UNION SELECT title FROM deals")),
    "prefix": lambda s, _: s.execute(select(m.User.name).prefix_with("(SELECT max(title) FROM deals),")),
    "connection": lambda s, _: s.connection().execute(select(m.Deal.title)),
    "driver": lambda s, _: s.connection().exec_driver_sql("SELECT title FROM deals"),
}  # fmt: skip


def _claimed(session: Any, scene: Scene, **values: Any) -> Any:
    """A row that only claims to be stored, with somebody else's id."""
    row = m.Task(id=scene.ids[m.Task]["theirs"], version=1)
    make_transient_to_detached(row)
    session.add(row)
    for name, value in values.items():
        setattr(row, name, value)
    session.flush()
    return row


def _found(session: Any, cls: type[Any], key: int) -> Any:
    """A row whoever owns it: how far it can be seen is not the question here."""
    return session.scalars(select(cls).where(cls.id == key), execution_options={"system": True}).one()


def _add(session: Any, row: Any) -> None:
    session.add(row)
    session.flush()


def _change(session: Any, cls: type[Any], key: int, **values: Any) -> None:
    row = _found(session, cls, key)
    for name, value in values.items():
        setattr(row, name, value)
    session.flush()


def _remove(session: Any, cls: type[Any], key: int) -> None:
    session.delete(_found(session, cls, key))
    session.flush()


def _merge(session: Any, scene: Scene) -> None:
    session.merge(m.Task(id=scene.ids[m.Task]["theirs"], title="Merged", owner_id=scene.ann, version=1))
    session.flush()


#: Writes on others' rows, for others, or past the objects; none of these roles may do any of them.
WRITES: dict[str, Any] = {
    **{
        f"add a {cls.__name__} for somebody else": lambda s, scene, cls=cls: _add(s, scene.new(cls, "theirs"))
        for cls in (*OWNED, *CHILDREN)
    },
    **{
        f"change somebody else's {cls.__name__}": lambda s, scene, cls=cls: _change(
            s, cls, scene.ids[cls]["theirs"], **dict([scene.change(cls)])
        )
        for cls in (*OWNED, *CHILDREN)
    },
    **{
        f"delete somebody else's {cls.__name__}": lambda s, scene, cls=cls: _remove(s, cls, scene.ids[cls]["theirs"])
        for cls in (m.ContactRole, m.Channel, m.Address, m.DealLine, m.StageChange, m.Task, m.Interaction)
    },
    "take somebody else's row": lambda s, scene: _change(
        s, m.Task, scene.ids[m.Task]["theirs"], owner_id=scene.ann, team_id=scene.team
    ),
    "give one's row to another team": lambda s, scene: _change(
        s, m.Task, scene.ids[m.Task]["mine"], owner_id=scene.cid, team_id=scene.other_team
    ),
    "link to somebody else's organisation": lambda s, scene: _change(
        s, m.Deal, scene.ids[m.Deal]["mine"], organisation_id=scene.ids[m.Organisation]["theirs"]
    ),
    "add a row linked to somebody else's deal": lambda s, scene: _add(
        s, m.Task(title="x", deal_id=scene.ids[m.Deal]["theirs"], **scene.owner("mine"))
    ),
    "move a line to somebody else's deal": lambda s, scene: _change(
        s, m.DealLine, scene.ids[m.DealLine]["mine"], deal_id=scene.ids[m.Deal]["theirs"]
    ),
    "take a line off somebody else's deal": lambda s, scene: _change(
        s, m.DealLine, scene.ids[m.DealLine]["theirs"], deal_id=scene.ids[m.Deal]["mine"]
    ),
    "merge": _merge,
    "claim a row and change it": lambda s, scene: _claimed(s, scene, title="Claimed"),
    "claim a row as one's own": lambda s, scene: _claimed(
        s, scene, title="Claimed", owner_id=scene.ann, team_id=scene.team, archived_at=None
    ),
    "update many": lambda s, _: s.execute(update(m.Task).values(title="x")),
    "update the table": lambda s, _: s.execute(update(m.Task.__table__).values(title="x")),
    "update by key": lambda s, scene: s.execute(
        update(m.Task), [{"id": scene.ids[m.Task]["theirs"], "title": "x"}]
    ),
    "delete many": lambda s, _: s.execute(delete(m.Task)),
    "delete from the table": lambda s, _: s.execute(delete(m.Task.__table__)),
    "query update": lambda s, _: s.query(m.Task).update({"title": "x"}, synchronize_session=False),
    "query delete": lambda s, _: s.query(m.Task).delete(synchronize_session=False),
    "insert many": lambda s, scene: s.execute(insert(m.Task), [{"title": "x", **scene.owner("theirs")}]),
    "insert from select": lambda s, _: s.execute(
        insert(m.Task).from_select(["title", "tags"], select(m.Deal.title, m.Deal.custom))
        if hasattr(m.Task, "tags")
        else insert(m.Task).from_select(["title"], select(m.Deal.title))
    ),
    "bulk save": lambda s, scene: s.bulk_save_objects([scene.new(m.Task, "theirs")]),
    "bulk insert": lambda s, scene: s.bulk_insert_mappings(m.Task, [{"title": "x", **scene.owner("theirs")}]),
    "bulk update": lambda s, scene: s.bulk_update_mappings(
        m.Task, [{"id": scene.ids[m.Task]["theirs"], "title": "x", "version": 1}]
    ),
    "text": lambda s, _: s.execute(text("UPDATE tasks SET title = 'x'")),
    "connection": lambda s, _: s.connection().execute(update(m.Task).values(title="x")),
    "driver": lambda s, _: s.connection().exec_driver_sql("DELETE FROM tasks"),
    "change log": lambda s, _: _add(s, m.ChangeBatch(cause="forged", at=datetime(2026, 1, 1, tzinfo=UTC))),
    "session of somebody": lambda s, scene: _add(s, m.LoginSession(token_hash="x" * 64, user_id=scene.ann)),
    "password of somebody": lambda s, scene: _add(s, m.Credential(user_id=scene.ann, password_hash="x")),
    "role": lambda s, _: _add(s, m.Role(key="x", name="x")),
    "right": lambda s, _: _add(s, m.Grant(role_id=1, entity="deal", action="read", scope="all")),
    "user": lambda s, _: _add(s, m.User(name="x")),
    "own team": lambda s, scene: _change(s, m.User, scene.ann, team_id=scene.other_team),
    "membership": lambda s, scene: _add(s, m.Membership(user_id=scene.ann, team_id=scene.other_team)),
    "setting": lambda s, _: _add(s, m.Setting(name="x", value={})),
    "settings at once": lambda s, _: s.execute(delete(m.Setting)),
    "pipeline": lambda s, _: _add(s, m.Pipeline(name="x")),
    "target": lambda s, scene: _add(
        s, m.Target(user_id=scene.ann, month=date(2026, 1, 1), amount_minor=1, currency="EUR")
    ),
}  # fmt: skip
