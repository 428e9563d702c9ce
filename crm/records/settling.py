"""Drafts settled by the rule book: owner, currency, key, needed values, values that stand once, and the entity's own rules.

Every road makes its drafts here and hands them to ``settle``, so that the same values end alike wherever they come from.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Table, UniqueConstraint, select

from crm.firm.firm import firm
from crm.i18n import _
from crm.records import registry
from crm.records.checks import is_blank
from crm.records.fields import Kind
from crm.records.matching import name_key
from crm.records.numbers import prefix_of
from crm.records.rules import Draft, Road, rules_of
from crm.records.trees import circular
from crm.records.writing.bulk import among, known
from crm.work import Work
from db.audit import SYSTEM_OPTIONS
from db.models import User
from db.scope import ScopedSession


def road_of(
    work: Work, *, currency: str = "", import_id: int | None = None, comes: frozenset[str] = frozenset()
) -> Road:
    """How rows come in during this unit of work; amounts that name no currency count in the firm's, unless told."""
    return Road(work, currency or firm(work.session).currency, import_id, comes)


#: What only the program writes of a stored row.
KEPT = ("created_at", "changed_at", "archived_at")


def kept_words(label: str) -> str:
    """Why nobody gives what only the program writes."""
    return _("{label} is kept by the program. Leave it out.").format(label=label)


class Shape:
    """What the table of an entity asks of every row, read once from its columns."""

    def __init__(self, entity: str) -> None:
        self.entity, self.cls = entity, registry.model(entity)
        self.table: Table = self.cls.__table__
        fields = registry.entity(entity).fields if entity in registry.names() else ()
        self.labels = {f.name: f.label for f in fields}
        numbered = {"number"} if prefix_of(entity) else set()
        self.needed = [f.name for f in fields if f.required and f.name not in numbered]
        needed = {*self.needed, *numbered, "id", "name_key"}
        self.filled = [
            c.name for c in self.table.c
            if not c.nullable and c.name not in needed and c.name in self.labels
        ]  # fmt: skip
        amounts: dict[str, list[str]] = {f.name: [] for f in fields if f.kind is Kind.CURRENCY}
        for f in fields:
            if f.kind is Kind.MONEY and f.currency_field in amounts:
                amounts[f.currency_field].append(f.name)
        self.amounts = [(name, self.table.c[name].nullable, tuple(of)) for name, of in amounts.items()]
        self.links = [(f.name, f.link) for f in fields if f.kind is Kind.LINK]
        self.own_links = [f.name for f in fields if f.kind is Kind.LINK and f.link == entity]
        single = {tuple(c.columns.keys()) for c in self.table.constraints if isinstance(c, UniqueConstraint)}
        self.alone = [
            c.name for c in self.table.c if (c.unique or (c.name,) in single) and c.name in self.labels
        ]
        keys = registry.entity(entity).keys if entity in registry.names() else ()
        # By their number files and people find records. No constraint holds it: exports of other programs give one twice.
        self.means_one = [name for name in keys if name in ("number", "code") and name not in self.alone]
        # The model may say that its numbers repeat: freely, as other programs give them, or beneath another parent.
        self.within: str | None = self.cls.__about__.get("number_within")
        if self.within == "":
            self.means_one = []
        self.keyed, self.owned = "name_key" in self.table.c, "owner_id" in self.table.c

    def defaults(self, now: datetime) -> dict[str, Any]:
        """A value for every column but the key, as the model would fill it in."""
        row: dict[str, Any] = {}
        for column in self.table.c:
            if column.primary_key:
                continue
            # The type stubs know only the base of the two kinds of default that the models use.
            default: Any = column.default
            row[column.name] = (
                None if default is None else default.arg if default.is_scalar else default.arg(None)
            )
        for name in ("created_at", "changed_at", "stage_since"):
            if name in row:
                row[name] = now
        return row

    def label(self, name: str) -> str:
        """What a field is called to people."""
        return _(self.labels.get(name, name))


@cache
def shape_of(entity: str) -> Shape:
    """The shape of an entity's rows."""
    return Shape(entity)


def new_draft(values: Mapping[str, Any], base: Mapping[str, Any]) -> Draft:
    """A row to be made from what somebody gave; ``base`` holds the defaults of ``Shape.defaults``."""
    given = {name: value for name, value in values.items() if value is not None}
    return Draft({**base, **given}, None, set(given))


def changing_draft(values: Mapping[str, Any], before: Mapping[str, Any]) -> Draft:
    """A stored row to be changed; values that are stored already are nobody's wish."""
    wished = {name: value for name, value in values.items() if value != before[name]}
    return Draft({**before, **wished}, before, set(wished))


def settle(road: Road, entity: str, drafts: Sequence[Draft], *, apart: Collection[str] = ()) -> Any:
    """Complete the drafts in place and write down what keeps each from being stored.

    Parameters
    ----------
    apart : names of columns
        Values that may stand once and were compared by the caller already.

    Returns
    -------
    object
        The facts of the entity's rules, for ``Rules.after``.
    """
    shape, rules = shape_of(entity), rules_of(entity)
    facts, teams = rules.facts(road, drafts), TeamOf(road.work.session)
    if not road.is_file:
        _links(road, shape, drafts)  # before a rule puts another value in the place of a wrong one
    for draft in drafts:
        rules.complete(draft, facts)
        if shape.owned:
            _own(road, draft, teams)
        _complete(shape, road, draft)
        _judge(shape, draft)
        before = len(draft.problems)
        rules.problems(draft, facts)
        if before and len(draft.problems) > before:
            told = {problem.field for problem in draft.problems[:before]}
            draft.problems[before:] = [p for p in draft.problems[before:] if p.field not in told]
    demand_place(road, entity, drafts, apart=apart)
    for draft, problem in rules.together([d for d in drafts if not d.problems], facts):
        draft.problems.append(problem)
    return facts


def _complete(shape: Shape, road: Road, draft: Draft) -> None:
    row = draft.row
    for name, optional, amounts in shape.amounts:
        if row[name] is None and (not optional or any(row[amount] is not None for amount in amounts)):
            row[name] = road.currency
    if shape.keyed and row["name"] is not None and (draft.is_new or draft.moved("name")):
        row["name_key"] = name_key(row["name"])


def _judge(shape: Shape, draft: Draft) -> None:
    row, given = draft.row, draft.given
    # A name that follows from another field is complained of there.
    lacking = [n for n in shape.needed if row[n] is None or (n in given and is_blank(str(row[n])))]
    lacking += [name for name in shape.filled if row[name] is None and name in given]
    if lacking:
        told = {problem.field for problem in draft.problems}
        for name in lacking:
            if name not in told:
                draft.refuse(name, _("{label} is needed.").format(label=shape.label(name)))


def demand_place(road: Road, entity: str, drafts: Sequence[Draft], *, apart: Collection[str] = ()) -> None:
    """Refuse what would stand above itself, or take what another record has; also of rows known in part."""
    shape = shape_of(entity)
    _circles(road, shape, drafts)
    _alone(road, shape, drafts, apart)


def _links(road: Road, shape: Shape, drafts: Sequence[Draft]) -> None:
    """Refuse links to what is not there for the actor; those of a file were looked up by name within its reach."""
    for name, linked in shape.links:
        asked = [d for d in drafts if d.has(name) and d.row[name] is not None and not d.is_wrong(name)]
        cls = registry.model(linked)
        there = known(road.work.session, cls, (d.row[name] for d in asked))
        for draft in asked:
            if draft.row[name] not in there:
                draft.refuse(name, not_there(cls, draft.row[name]))
        if cls is User:
            _left(road, name, asked)


def _left(road: Road, name: str, drafts: Sequence[Draft]) -> None:
    """Refuse who left where somebody is chosen anew; what a job makes keeps its team and waits for an owner."""
    chosen = {int(d.row[name]) for d in drafts}
    gone = select(User.id, User.name).where(User.id.in_(chosen), User.is_active.is_(False))
    names = {row.id: row.name for row in road.work.session.execute(gone)} if chosen else {}
    for draft in drafts:
        if (left := names.get(draft.row[name])) is None:
            continue
        if road.work.actor.is_system and draft.is_new:
            draft.row[name] = None
        else:
            draft.refuse(
                name, _("{name} does not work here any more. Choose somebody else.").format(name=left)
            )


def still_here(session: ScopedSession, user_id: int | None) -> int | None:
    """The user where they work here now: for a new record that takes its owner from another one."""
    return session.scalar(select(User.id).where(User.id == user_id, User.is_active)) if user_id else None


def not_there(cls: type[Any], record_id: int) -> str:
    """Why a record cannot be used: there is none, or not for this actor."""
    text = _("There is no {label} {id}, or it is not yours to see.")
    return text.format(label=_(str(cls.__about__.get("label", cls.__name__))).lower(), id=record_id)


def _circles(road: Road, shape: Shape, drafts: Sequence[Draft]) -> None:
    """Refuse what would stand above itself."""
    for name in shape.own_links:
        moved = {d.row["id"]: d for d in drafts if not d.is_new and d.has(name) and d.row[name] is not None}
        pairs = [(record, draft.row[name]) for record, draft in moved.items()]
        for record in circular(road.work.session, shape.cls, name, pairs) if pairs else ():
            moved[record].refuse(name, own_link(shape.entity, name, moved[record].row[name] == record))


def own_link(entity: str, name: str, itself: bool = True) -> str:
    """Why a record cannot point to itself, or to one below it."""
    text = (
        _("A record cannot be its own {label}. Choose another one.")
        if itself
        else _("That record lies below this one already. Choose another {label}.")
    )
    return text.format(label=shape_of(entity).label(name).lower())


def _alone(road: Road, shape: Shape, drafts: Sequence[Draft], apart: Collection[str]) -> None:
    """Values that may stand only once in the table, or beneath their parent: in stored rows, and in earlier drafts."""
    for name in (*shape.alone, *shape.means_one):
        if name in apart:
            continue
        of = [shape.within] if shape.within and name in shape.means_one else []
        whole = (name, *of)
        asked = [
            d
            for d in drafts
            if d.row.get(name) is not None
            and (not of or d.row.get(of[0]) is not None)
            and (d.before is None or any(map(d.moved, whole)))
            and not (d.problems and d.is_wrong(*whole))
        ]
        if not asked:
            continue
        values = {d.row[name] for d in asked}
        taken = _takers(road, shape, whole, values)
        if not taken and len(values) == len(asked):
            continue
        seen: Collection[int] | None = None
        for draft in asked:
            value, mine = tuple(draft.row[n] for n in whole), draft.row.get("id")
            taker = taken.get(value)
            if taker is not None and (mine is None or taker["id"] != mine):
                if road.is_file and name in shape.means_one:
                    label = shape.label(name).lower()
                    draft.tell(_("with a {label} that another record has").format(label=label))
                    continue
                if seen is None:
                    seen = known(road.work.session, shape.cls, (t.get("id") for t in taken.values()))
                # An earlier draft is the actor's own.
                is_seen = isinstance(taker, _Earlier) or taker["id"] in seen
                draft.refuse(name, _taken(shape, name, taker, is_seen=is_seen))
            elif not draft.problems:
                taken[value] = _Earlier(draft.row, id=mine)


class _Earlier(dict[str, Any]):
    """The row of an earlier draft of the batch."""


def _takers(
    road: Road, shape: Shape, names: Sequence[str], wanted: Collection[Any]
) -> dict[tuple[Any, ...], dict[str, Any]]:
    """The stored row that has a value, by value and parent, also beyond the actor's reach; rather a living one."""
    session, table = road.work.session, shape.table
    columns = {*names, "id", "archived_at", registry.title_field(shape.entity)} & set(table.c.keys())
    stored = select(*(table.c[n] for n in columns)).where(among(session, table.c[names[0]], sorted(wanted)))
    found = session.connection().execute(stored, execution_options=SYSTEM_OPTIONS).mappings()
    rows = sorted(map(dict, found), key=lambda row: row.get("archived_at") is None)
    return {tuple(row[n] for n in names): row for row in rows}


def _taken(shape: Shape, name: str, taker: Mapping[str, Any], *, is_seen: bool) -> str:
    """That a value is taken; by which record only where the actor may see it."""
    if not is_seen:
        told = _("It is one of another team: ask an administrator, or check the {label}.")
    elif taker.get("archived_at") is not None:
        told = _("It is “{name}” and archived: restore it, or check the {label}.")
    else:
        told = _("It is “{name}”: open that record, or check the {label}.")
    label = shape.label(name).lower()
    known_as = taker.get(registry.title_field(shape.entity)) or taker[name]
    taken = _("Another record has this {label} already.").format(label=label)
    return f"{taken} {told.format(label=label, name=known_as)}"


def _own(road: Road, draft: Draft, teams: TeamOf) -> None:
    """A new record belongs to whoever it was given to, else to whoever makes it; its team is the owner's.

    A record given to somebody else goes to that person's team unless another team was chosen.
    """
    row, actor = draft.row, road.work.actor
    if draft.is_new:
        if row["owner_id"] is None and row["team_id"] is None and not draft.has("owner_id"):
            row["owner_id"] = actor.user_id
        if row["team_id"] is None and row["owner_id"] is not None and not draft.has("team_id"):
            mine = row["owner_id"] == actor.user_id and actor.teams
            row["team_id"] = actor.teams[0] if mine else teams[row["owner_id"]]
    elif draft.has("owner_id") and not draft.has("team_id") and row["owner_id"] is not None:
        row["team_id"] = teams[row["owner_id"]] or row["team_id"]


class TeamOf(dict[int, "int | None"]):
    """The team of each user, read once and only when somebody asks."""

    def __init__(self, session: ScopedSession) -> None:
        super().__init__()
        self._session, self._read = session, False

    def __missing__(self, user_id: int) -> int | None:
        if not self._read:
            self._read = True
            for found, team in self._session.execute(select(User.id, User.team_id)):
                self[found] = team
            if user_id in self:
                return self[user_id]
        return None
