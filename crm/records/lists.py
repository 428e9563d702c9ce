"""Any list of records: search, filters, sort, keyset pages, capped count. Two statements whatever the length."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Select, and_, false, func, literal, or_, select, tuple_
from sqlalchemy.sql.expression import UnaryExpression
from sqlalchemy.sql.operators import custom_op

from crm.errors import Refused
from crm.i18n import _
from crm.records import registry
from crm.records.fields import Field, Kind
from crm.records.listing.quick import QUICK, counted, quick_filters
from crm.records.search import any_tag, search_condition
from crm.register import Register
from db.models import User
from db.scope import READ, ScopedSession

#: Counting stops here: "1,000+" says enough and costs the same on any length.
COUNT_CAP = 1000
MOST_ROWS = 500
#: Filter value for "nothing entered".
BLANK = "(blank)"


@dataclass(frozen=True, slots=True)
class FurtherFilter:
    """A filter that is no field of its entity: what is chosen are records of the entity that ``field`` links to."""

    field: Field
    condition: Callable[[ScopedSession, int], ColumnElement[bool]]


#: By ``entity.name``.
FILTERS: Register[FurtherFilter] = Register("filter")


def further_filters(entity: str) -> dict[str, FurtherFilter]:
    """The filters of an entity that are no fields of it, by name."""
    names = (name.partition(".") for name in FILTERS)
    return {name: FILTERS[f"{of}.{name}"] for of, _dot, name in names if of == entity}


@dataclass(frozen=True)
class ListPage:
    """One page of a list.

    ``rows`` has ``id``, ``version`` and one column per field; a link field adds ``<name>__title``. ``total`` counts up to
    ``COUNT_CAP``; ``capped`` says that there are more. ``next_cursor`` asks for the page after this one.
    """

    rows: pd.DataFrame
    total: int
    capped: bool
    next_cursor: str | None


def list_rows(
    session: ScopedSession,
    entity: str,
    *,
    search: str = "",
    filters: Mapping[str, Any] | None = None,
    sort: str | None = None,
    descending: bool = False,
    after: str | None = None,
    limit: int = 50,
    columns: Sequence[str] | None = None,
    archived: bool = False,
    count: bool = True,
) -> ListPage:
    """One page of an entity's rows within the actor's scope.

    Parameters
    ----------
    filters : mapping of field name to condition
        A list means "one of" (``BLANK`` for nothing entered), of tags "holds one of"; a pair ``(from, to)`` of dates or
        numbers an interval, either end may be None; anything else equality. Unknown names are refused.
    sort : str, optional
        A sortable field; default is the title field.
    after : str, optional
        The ``next_cursor`` of the page before.

    Raises
    ------
    Refused
        An unknown filter, sort or a broken cursor; the message names it.
    """
    about, cls = registry.entity(entity), registry.model(entity)
    names = [n for n in (columns or _shown(entity)) if n in about.by_name]
    other = bool(sort) and sort != about.title_field
    conditions = list_conditions(
        session, entity, search=search, filters=filters, archived=archived, by_other_order=other
    )
    order = _order_column(cls, sort or about.title_field)
    statement = _projection(entity, tuple(names)).add_columns(order.label("_sort")).where(*conditions)
    if after:
        statement = statement.where(_beyond(cls, order, *_read_cursor(after, order), descending=descending))
    limit = max(1, min(limit, MOST_ROWS))
    statement = _ordered(cls, statement, order, descending=descending).limit(limit + 1)
    result = session.execute(statement)
    # The value that the rows are sorted by comes last, for the cursor alone.
    keys = list(result.keys())[:-1]
    found = result.all()
    more, found = len(found) > limit, found[:limit]
    rows = pd.DataFrame([row[:-1] for row in found], columns=keys, dtype=object)
    cursor = _cursor(found[-1][-1], int(found[-1].id)) if more else None
    total, capped = _count(session, cls, conditions) if count else (len(rows), more)
    return ListPage(rows, total, capped, cursor)


def _shown(entity: str) -> list[str]:
    """What stands in the list or form of an entity, long texts left out."""
    fields = registry.entity(entity).by_name
    named = registry.card(entity).names("list", "form", "more")
    return [n for n in named if fields[n].kind is not Kind.LONGTEXT]


def list_conditions(
    session: ScopedSession,
    entity: str,
    *,
    search: str = "",
    filters: Mapping[str, Any] | None = None,
    archived: bool | None = False,
    by_other_order: bool = False,
) -> list[ColumnElement[bool]]:
    """The conditions of a list, for the list itself, its export and its count.

    ``archived`` None asks for all, in use or not.
    ``by_other_order`` says that the rows are wanted in another order than by title.
    """
    about, cls = registry.entity(entity), registry.model(entity)
    # What has no owner is not limited by the session: names of it stand where records point to it.
    may = session.actor.may(registry.rights_name(entity), READ)
    conditions: list[ColumnElement[bool]] = [] if may else [false()]
    if archived is not None and hasattr(cls, "archived_at"):
        put_away: Any = cls.archived_at
        if by_other_order and session.get_bind().dialect.name == "sqlite":
            # SQLite would take the index of the list by title for this condition alone and sort all rows by hand;
            # a plus sign keeps it to the index of the order asked for.
            put_away = UnaryExpression(cls.archived_at, operator=custom_op("+"))
        conditions.append(put_away.is_not(None) if archived else put_away.is_(None))
    further = further_filters(entity)
    for name, wanted in (filters or {}).items():
        if name in further:
            ids = wanted if isinstance(wanted, (list, tuple, set, frozenset)) else [wanted]
            conditions.append(or_(*(further[name].condition(session, int(i)) for i in ids)))
            continue
        if name == QUICK:
            asked = quick_filters(entity)
            conditions += [asked[one].condition(session, entity) for one in wanted if one in asked]
            continue
        if name not in about.by_name and name != "id":
            raise Refused(
                _("{entity} cannot be filtered by “{name}”.").format(entity=_(about.plural), name=name)
            )
        tagged = name in about.by_name and about[name].kind is Kind.TAGS
        column = getattr(cls, name)
        conditions.append(any_tag(session, column, wanted, BLANK) if tagged else _filter(column, wanted))
    if (condition := search_condition(session, cls, search)) is not None:
        conditions.append(condition)
    return conditions


def _filter(attribute: Any, wanted: Any) -> ColumnElement[bool]:
    if isinstance(wanted, tuple):
        low, high = wanted
        parts = [attribute >= low] if low is not None else []
        parts += [attribute <= high] if high is not None else []
        return and_(True, *parts)
    if isinstance(wanted, (list, set, frozenset)):
        values = [v for v in wanted if v != BLANK]
        inside = attribute.in_(values)
        return or_(inside, attribute.is_(None)) if BLANK in wanted else inside
    return attribute.is_(None) if wanted is None or wanted == BLANK else attribute == wanted  # type: ignore[no-any-return]


@lru_cache(maxsize=256)
def _projection(entity: str, names: tuple[str, ...]) -> Select[Any]:
    """id, version and the fields; links joined for their titles, which stay empty outside the actor's scope."""
    cls = registry.model(entity)
    picked: list[Any] = [cls.id]
    if hasattr(cls, "version"):
        picked.append(cls.version)
    joins: list[tuple[Any, Any]] = []
    for field in (registry.entity(entity)[n] for n in names):
        attribute = getattr(cls, field.name)
        picked.append(attribute)
        if field.currency_field and all(p.key != field.currency_field for p in picked):
            picked.append(getattr(cls, field.currency_field))
        if field.kind is Kind.LINK:
            target = registry.alias(field.link, field.name)
            picked.append(getattr(target, registry.title_field(field.link)).label(f"{field.name}__title"))
            joins.append((target, target.id == attribute))
    statement = select(*{p.key: p for p in picked}.values()).select_from(cls)
    for target, condition in joins:
        statement = statement.outerjoin(target, condition)
    return statement


def _order_column(cls: type[Any], name: str) -> Any:
    about = registry.entity(next(card.name for card in registry.cards() if card.model is cls))
    known = about.by_name.get(name)
    if name != "id" and not (known and (known.sortable or name == about.title_field)):
        raise Refused(_("{entity} cannot be sorted by “{name}”.").format(entity=_(about.plural), name=name))
    return getattr(cls, name)


def _nullable(order: Any) -> bool:
    return bool(order.property.columns[0].nullable)


def _ordered(cls: type[Any], statement: Select[Any], order: Any, *, descending: bool) -> Select[Any]:
    # Blanks stand last in both directions; said this way the database can still walk an index.
    first, second = (order.desc(), cls.id.desc()) if descending else (order.asc(), cls.id.asc())
    return statement.order_by(first.nulls_last() if _nullable(order) else first, second)


def _beyond(cls: type[Any], order: Any, value: Any, row_id: int, *, descending: bool) -> ColumnElement[bool]:
    further = cls.id < row_id if descending else cls.id > row_id
    if value is None:
        return and_(order.is_(None), further)
    if not _nullable(order):
        # A row value: both databases go to its place in the index, wherever the page begins.
        here, there = tuple_(order, cls.id), tuple_(literal(value, order.type), literal(row_id, cls.id.type))
        return here < there if descending else here > there
    past = order < value if descending else order > value
    return or_(past, and_(order == value, further), order.is_(None))


def _cursor(value: Any, row_id: int) -> str:
    kind, plain = "v", value
    if value is None or (not isinstance(value, str) and pd.isna(value)):
        kind, plain = "n", None
    elif isinstance(value, datetime):
        kind, plain = "t", value.isoformat()
    elif isinstance(value, date):
        kind, plain = "d", value.isoformat()
    return base64.urlsafe_b64encode(json.dumps([kind, plain, row_id]).encode()).decode()


_READ: dict[str, Callable[[Any], Any]] = {
    "v": lambda v: v,
    "n": lambda v: None,
    "t": datetime.fromisoformat,
    "d": date.fromisoformat,
}


def _read_cursor(text: str, order: Any) -> tuple[Any, int]:
    """Where a page begins: a value of the column that the rows are sorted by, and an id."""
    try:
        kind, plain, row_id = json.loads(base64.urlsafe_b64decode(text.encode()))
        value = _READ[kind](plain)
        wanted = getattr(order.type, "impl", order.type).python_type
        right = value is None or isinstance(value, (int, float) if wanted is float else wanted)
        if not right or isinstance(value, bool) is not (wanted is bool and value is not None):
            raise ValueError("A sort value is one of its column.")
        if isinstance(value, datetime) and (wanted is not datetime or value.tzinfo is None):
            raise ValueError("A moment has a zone.")
        numbers = [row_id, *([value] if isinstance(value, (int, float)) else ())]
        if type(row_id) is not int or any(not abs(number) < 2**62 for number in numbers):
            raise ValueError("No database counts so far.")
        if isinstance(value, str):
            value.encode()
            if "\0" in value:
                raise ValueError("No database keeps this.")
        return value, row_id
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Refused(_("This page link is broken. Start again at the first page.")) from error


def _count(
    session: ScopedSession, cls: type[Any], conditions: Sequence[ColumnElement[bool]]
) -> tuple[int, bool]:
    some = select(cls.id).where(*conditions).limit(COUNT_CAP + 1).subquery()
    found = int(session.scalar(select(func.count()).select_from(some)) or 0)
    return min(found, COUNT_CAP), found > COUNT_CAP


def quick_counts(
    session: ScopedSession, entity: str, *, search: str, filters: Mapping[str, Any], archived: bool
) -> dict[str, int]:
    """How many rows of a list each quick filter would leave beside what is asked already."""
    conditions = list_conditions(session, entity, search=search, filters=filters, archived=archived)
    chosen = filters.get(QUICK) or ()
    wanted = {
        name: [*conditions, *([] if name in chosen else [quick.condition(session, entity)])]
        for name, quick in quick_filters(entity).items()
    }
    return counted(session, entity, wanted, COUNT_CAP)


def link_options(
    session: ScopedSession, entity: str, *, search: str = "", limit: int = 50, everybody: bool = False
) -> dict[int, str]:
    """Ids and titles of an entity's rows for a choice, by title; within scope, archived ones left out.

    People who left are left out too, except where records are looked for by who had them (``everybody``).

    ``search`` finds them as Find does, accents and order of words aside.
    """
    cls = registry.model(entity)
    title = getattr(cls, registry.title_field(entity))
    statement = select(cls.id, title).order_by(title, cls.id).limit(limit)
    if hasattr(cls, "archived_at"):
        statement = statement.where(cls.archived_at.is_(None))
    if cls is User and not everybody:
        statement = statement.where(User.is_active)
    if search:
        part = title.icontains(search, autoescape=True)
        whole = search_condition(session, cls, search)
        statement = statement.where(part if whole is None else or_(part, whole))
    return {row[0]: row[1] for row in session.execute(statement)}


def has_any(session: ScopedSession, entity: str) -> bool:
    """Whether there is any row of a kind at all, also beyond the actor's reach."""
    cls = registry.model(entity)
    statement = select(cls.id).limit(1)
    if hasattr(cls, "archived_at"):
        statement = statement.where(cls.archived_at.is_(None))
    return session.execute(statement, execution_options={"system": True}).first() is not None


def distinct_values(session: ScopedSession, entity: str, field: str, *, limit: int = 200) -> list[Any]:
    """The values that occur in a text field, most frequent first; for filters."""
    cls = registry.model(entity)
    attribute = getattr(cls, field)
    statement = (
        select(attribute)
        .where(attribute.is_not(None))
        .group_by(attribute)
        .order_by(func.count().desc(), attribute)
        .limit(limit)
    )
    return list(session.scalars(statement))
