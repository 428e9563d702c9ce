"""Views of lists under a name, and what a person keeps of a list without one.

A view says how a list is asked for, never which records it shows: whoever opens it sees what lies within their own scope.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import delete, insert, select, update

from crm.errors import Conflict, NotAllowed, NotFound, Refused
from crm.i18n import _
from crm.records import registry
from crm.records.listing.reach import ALL, OWN, TEAM, placed, reach_of, shared_by, within
from crm.work import Actor, Work
from db.audit import SYSTEM_OPTIONS
from db.models import ListHabit, SavedView
from db.scope import READ, ScopedSession

MOST_NAME, _MOST_STATE, _MOST_PINNED = 60, 20_000, 12


@dataclass(frozen=True, slots=True)
class View:
    """A view as it is read and entered; ``id`` None makes a new one. ``state`` has what the list's inputs hold."""

    id: int | None
    entity: str
    name: str
    state: Mapping[str, Any]
    reach: str = OWN
    team_id: int | None = None
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Habit:
    """What a person keeps of a list: columns in their order, rows of a page, the view it begins with, those in the menu."""

    columns: tuple[str, ...] = ()
    rows: int | None = None
    default: int | None = None
    pinned: tuple[int, ...] = field(default=())


def reaches(actor: Actor, entity: str) -> list[str]:
    """For whom the actor may make views of a list."""
    rights = registry.rights_name(entity)
    if actor.user_id is None or not actor.may(rights, READ):
        return []
    return [OWN, *shared_by(actor, rights)]


def may_write(actor: Actor, view: View) -> bool:
    """True when the actor may change this view, or make it."""
    return view.reach in reaches(actor, view.entity) and (view.reach != TEAM or view.team_id in actor.teams)


def views(session: ScopedSession, entity: str = "") -> list[View]:
    """The views that the actor may open, own ones first; of one list, or of all."""
    actor = session.actor
    asked = select(SavedView).where(within(SavedView, actor)).order_by(SavedView.name, SavedView.id)
    if entity:
        asked = asked.where(SavedView.entity == entity)
    rows = session.scalars(asked, execution_options=SYSTEM_OPTIONS)
    # A kind of record may have gone, and a right to it, since the view was made.
    found = [
        _read(row)
        for row in rows
        if registry.is_known(row.entity) and actor.may(registry.rights_name(row.entity), READ)
    ]
    return sorted(found, key=lambda view: (OWN, TEAM, ALL).index(view.reach))


def _read(row: SavedView) -> View:
    return View(row.id, row.entity, row.name, row.state, reach_of(row), row.team_id, row.version)


def save_view(work: Work, form: View) -> int:
    """Make or change a view; its id.

    Raises
    ------
    NotFound, NotAllowed
        It is not there for the actor, or not theirs to change.
    Refused
        No name, too much in it, or another one of theirs has the name.
    Conflict
        Somebody else changed it meanwhile.
    """
    actor = work.actor
    stored = _written(work, form.id) if form.id is not None else None
    if form.reach == TEAM and form.team_id is None and actor.teams:
        form = replace(form, team_id=actor.teams[0])
    if not may_write(actor, form):
        raise NotAllowed(_("You may not save views for these people."))
    name = " ".join(form.name.split())
    if not name or len(name) > MOST_NAME or "\0" in name:
        raise Refused(_("Give the view a name of at most {n} characters.").format(n=MOST_NAME))
    if len(json.dumps(form.state)) > _MOST_STATE:
        raise Refused(_("These filters are too long to be kept. Choose fewer values."))
    whose = placed(actor, form.reach, form.team_id)
    for other in views(work.session, form.entity):
        same = other.reach == form.reach and other.team_id == whose["team_id"]
        if same and other.id != form.id and other.name.casefold() == name.casefold():
            raise Refused(
                _("There is a view called “{name}” already. Choose another name.").format(name=name)
            )
    values = {"entity": form.entity, "name": name, "state": dict(form.state), **whose}
    connection = work.session.connection()
    if stored is None:
        made = insert(SavedView).values(version=1, **values).returning(SavedView.id)
        return int(connection.execute(made, execution_options=SYSTEM_OPTIONS).scalar_one())
    changed = connection.execute(
        update(SavedView)
        .where(SavedView.id == stored.id, SavedView.version == form.version)
        .values(version=SavedView.version + 1, **values),
        execution_options=SYSTEM_OPTIONS,
    )
    if changed.rowcount == 0:
        raise Conflict(_("Someone else changed “{name}” meanwhile. Look again.").format(name=name))
    assert stored.id is not None
    return stored.id


def delete_view(work: Work, view_id: int) -> None:
    """Take a view away, from everybody who has it.

    Raises
    ------
    NotFound, NotAllowed
        It is not there for the actor, or not theirs to change.
    """
    stored = _written(work, view_id)
    work.session.connection().execute(
        delete(SavedView).where(SavedView.id == stored.id), execution_options=SYSTEM_OPTIONS
    )


def _written(work: Work, view_id: int) -> View:
    stored = next((view for view in views(work.session) if view.id == view_id), None)
    if stored is None:
        raise NotFound(_("This view is not there any more."))
    if not may_write(work.actor, stored):
        raise NotAllowed(_("This view is not yours to change."))
    return stored


def habit(session: ScopedSession, entity: str) -> Habit:
    """What the actor keeps of a list."""
    return _habits(session, entity).get(entity, Habit())


def pinned(session: ScopedSession) -> list[View]:
    """The views that the actor has in the menu, list by list."""
    habits = _habits(session)
    if not any(one.pinned for one in habits.values()):
        return []
    by_id = {view.id: view for view in views(session)}
    return [by_id[i] for one in habits.values() for i in one.pinned if i in by_id]


def _habits(session: ScopedSession, entity: str = "") -> dict[str, Habit]:
    asked = select(ListHabit.entity, ListHabit.kept).where(ListHabit.user_id == session.actor.user_id)
    if entity:
        asked = asked.where(ListHabit.entity == entity)
    rows = session.execute(asked.order_by(ListHabit.id), execution_options=SYSTEM_OPTIONS)
    return {name: _kept(kept) for name, kept in rows}


def _kept(kept: Mapping[str, Any]) -> Habit:
    return Habit(
        tuple(kept.get("columns") or ()),
        kept.get("rows"),
        kept.get("default"),
        tuple(kept.get("pinned") or ()),
    )


def keep(work: Work, entity: str, **changes: Any) -> None:
    """Keep something of a list for the actor: columns, rows, default or pinned of a :class:`Habit`.

    Raises
    ------
    Refused
        More views than the menu takes.
    """
    if work.actor.user_id is None:
        return
    now = replace(habit(work.session, entity), **changes)
    if len(now.pinned) > _MOST_PINNED:
        raise Refused(_("The menu takes {n} views of a list. Take one out first.").format(n=_MOST_PINNED))
    kept = {
        "columns": list(now.columns), "rows": now.rows, "default": now.default, "pinned": list(now.pinned),
    }  # fmt: skip
    connection, me = work.session.connection(), work.actor.user_id
    mine = (ListHabit.user_id == me, ListHabit.entity == entity)
    changed = connection.execute(
        update(ListHabit).where(*mine).values(kept=kept), execution_options=SYSTEM_OPTIONS
    )
    if changed.rowcount == 0:
        connection.execute(
            insert(ListHabit).values(user_id=me, entity=entity, kept=kept), execution_options=SYSTEM_OPTIONS
        )
