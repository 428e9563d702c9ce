"""Segments at work: rules as a condition on contacts, counting, keeping a living segment as it is today."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Float, and_, delete, func, or_, select, true, type_coerce
from sqlalchemy import case as sql_case

from crm.campaigns.segments.conditions import MANY, SINGLE, Fields, Tree, check_rules, span
from crm.clock import today as this_day
from crm.clock import zone
from crm.errors import NotFound
from crm.firm.firm import firm, rates
from crm.i18n import N_, _
from crm.money import exponent, rate_used
from crm.records import registry
from crm.records.fields import Field, Kind
from crm.records.lists import FurtherFilter
from crm.records.records import demand_version
from crm.records.search import holds_tag, no_tag
from crm.records.writing.bulk import insert_rows
from crm.work import Work
from db.audit import SYSTEM_OPTIONS
from db.models import Campaign, Contact, Organisation, Segment, SegmentMember
from db.scope import ScopedSession


@cache
def segment_fields() -> Fields:
    """The fields that rules can be about, by entity; from the registry."""
    return {name: registry.entity(name).by_name for name in (*SINGLE, *MANY)}


def get_segment(session: ScopedSession, segment_id: int) -> Segment:
    """The segment's row.

    Raises
    ------
    NotFound
        It is not there, or not this actor's to see.
    """
    row = session.get(Segment, segment_id)
    if row is None:
        raise NotFound(_("There is no segment {id}, or it is not yours to see.").format(id=segment_id))
    return row


def segment_condition(
    session: ScopedSession, segment: Segment | int, *, archived: bool = False
) -> ColumnElement[bool]:
    """The condition on ``Contact`` that a contact belongs to a segment now; the session limits all it reads to its actor.

    ``archived`` keeps members of a fixed segment that were put away since.

    Raises
    ------
    NotFound
        The segment is not this actor's to see.
    Refused
        A rule names a field that is no more.
    """
    row = get_segment(session, segment) if isinstance(segment, int) else segment
    if row.kind == "fixed":
        members = select(SegmentMember.contact_id).where(SegmentMember.segment_id == row.id)
        inside = Contact.id.in_(members)
        return inside if archived else and_(Contact.archived_at.is_(None), inside)
    return and_(Contact.archived_at.is_(None), compile_rules(session, row.rules))


#: Contacts by the segments they belong to now.
IN_SEGMENT = FurtherFilter(
    Field("in_segment", N_("In segment"), Kind.LINK, link="segment"), segment_condition
)


def count_segment(session: ScopedSession, segment: Segment | int) -> int:
    """How many contacts belong to a segment now, within the actor's scope."""
    return _count(session, segment_condition(session, segment))


def count_rules(session: ScopedSession, rules: Tree) -> int:
    """How many contacts fit rules that are not stored yet."""
    return _count(session, and_(Contact.archived_at.is_(None), compile_rules(session, rules)))


def first_contacts(
    session: ScopedSession, condition: ColumnElement[bool], *, limit: int = 20
) -> list[tuple[int, str, str, str, str]]:
    """Id, name, organisation, e-mail and city of the first contacts under a condition, by name; blanks are empty."""
    statement = (
        select(Contact.id, Contact.name, Organisation.name, Contact.email, Contact.city)
        .outerjoin(Organisation, Organisation.id == Contact.organisation_id)
        .where(condition, Contact.archived_at.is_(None))
        .order_by(Contact.name, Contact.id)
        .limit(limit)
    )
    rows = session.execute(statement)
    return [(row[0], row[1], row[2] or "", row[3] or "", row[4] or "") for row in rows]


def _count(session: ScopedSession, condition: ColumnElement[bool]) -> int:
    return int(session.scalar(select(func.count(Contact.id)).where(condition)) or 0)


def compile_rules(session: ScopedSession, rules: Tree, *, on: date | None = None) -> ColumnElement[bool]:
    """Rules as a condition on ``Contact``; ``on`` is the day that relative dates count from, today when left out.

    Each condition is true or false, never unknown: what is blank does not fit, and "not" of it does.
    """
    checked = check_rules(rules, segment_fields())
    return _Compiler(session, on or this_day()).group(checked, None)


class _Compiler:
    """Turns a checked tree into SQL for one session and day."""

    def __init__(self, session: ScopedSession, on: date) -> None:
        self.session, self.on = session, on
        self.calendar = firm(session).calendar
        self.is_sqlite = session.get_bind().dialect.name == "sqlite"

    def group(self, node: Tree, inside: Any) -> ColumnElement[bool]:
        """``inside`` is the class whose records the conditions are about, None for contacts."""
        if "all" in node:
            return and_(true(), *(self.group(part, inside) for part in node["all"]))
        if "any" in node:
            return or_(*(self.group(part, inside) for part in node["any"]))
        if "not" in node:
            return ~self.group(node["not"], inside)
        if "has" in node:
            return self._has(node)
        cls = registry.model(node["of"])
        field = segment_fields()[node["of"]][node["field"]]
        condition = self._leaf(cls, field, node["is"], node.get("value"))
        if inside is None and node["of"] == "organisation":
            firms = select(cls.id).where(condition)
            return and_(Contact.organisation_id.is_not(None), Contact.organisation_id.in_(firms))
        return condition

    def _has(self, node: Tree) -> ColumnElement[bool]:
        cls = registry.model(node["of"])
        by_firm = node["through"] == "organisation"
        theirs, mine = (
            (cls.organisation_id, Contact.organisation_id) if by_firm else (cls.contact_id, Contact.id)
        )
        found = select(theirs).where(theirs.is_not(None), self.group(node["where"], cls))
        if hasattr(cls, "archived_at"):
            found = found.where(cls.archived_at.is_(None))
        if node["has"] == "at_least":
            found = found.group_by(theirs).having(func.count() >= node["n"])
        elif node["has"] == "sum":
            field = segment_fields()[node["of"]][node["field"]]
            found = found.group_by(theirs).having(func.sum(self._number(cls, field)) >= node["value"])
        inside: ColumnElement[bool] = and_(mine.is_not(None), mine.in_(found))
        return ~inside if node["has"] == "none" else inside

    def _number(self, cls: Any, field: Field) -> Any:
        """The column, amounts in the firm's currency at today's rates; without a rate an amount is unknown."""
        column = getattr(cls, field.name)
        if field.kind is not Kind.MONEY or not field.currency_field:
            return column
        column = type_coerce(column, Float)
        currency, home = getattr(cls, field.currency_field), firm(self.session).currency
        known = rates(self.session)
        foreign = [
            (
                currency == code,
                column * (rate_used(known[code], self.on)[1] * 10 ** (exponent(home) - exponent(code))),
            )
            for code in sorted(known)
            if code != home
        ]
        return sql_case((or_(currency.is_(None), currency == home), column), *foreign, else_=None)

    def _leaf(self, cls: Any, field: Field, wanted: str, value: Any) -> ColumnElement[bool]:
        column = self._number(cls, field) if field.kind is Kind.MONEY else getattr(cls, field.name)
        blank: ColumnElement[bool] = getattr(cls, field.name).is_(None)
        if field.kind is Kind.TAGS:
            return self._tags(column, wanted, value)
        if field.kind in (Kind.TEXT, Kind.LONGTEXT, Kind.EMAIL, Kind.PHONE, Kind.URL):
            blank = or_(blank, column == "")
        if wanted in ("blank", "filled"):
            return blank if wanted == "blank" else ~blank
        if field.kind in (Kind.DATE, Kind.DATETIME):
            return and_(
                column.is_not(None), self._when(column, field, *span(wanted, value, self.on, self.calendar))
            )
        no = {"differs": "equals", "none_of": "one_of", "lacks": "contains"}
        if wanted in no:
            return ~self._leaf(cls, field, no[wanted], value)
        compared: ColumnElement[bool] = {
            "equals": lambda: column == value,
            "one_of": lambda: column.in_(value),
            "contains": lambda: column.icontains(value, autoescape=True),
            "starts": lambda: column.istartswith(value, autoescape=True),
            "more": lambda: column > value,
            "less": lambda: column < value,
            "at_least": lambda: column >= value,
            "at_most": lambda: column <= value,
            "between": lambda: column.between(*value),
        }[wanted]()
        return and_(column.is_not(None), compared)

    def _when(self, column: Any, field: Field, first: date | None, last: date | None) -> ColumnElement[bool]:
        parts: list[ColumnElement[bool]] = []
        if field.kind is Kind.DATE:
            parts += [column >= first] if first else []
            parts += [column <= last] if last else []
        else:
            # A day begins at midnight where the firm is, whatever the clock of the database says.
            parts += [column >= _midnight(first)] if first else []
            parts += [column < _midnight(last + timedelta(days=1))] if last else []
        return and_(true(), *parts)

    def _tags(self, column: Any, wanted: str, value: Any) -> ColumnElement[bool]:
        if wanted in ("blank", "filled"):
            empty = no_tag(column)
            return empty if wanted == "blank" else ~empty
        holds = and_(column.is_not(None), holds_tag(self.session, column, value))
        return holds if wanted == "contains" else ~holds


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=zone())


def save_rules(work: Work, segment_id: int, rules: Tree, *, seen_version: int) -> Segment:
    """Store checked rules and the count they give; the segment becomes a living one.

    Raises
    ------
    Refused
        A wrong rule; nothing is stored.
    Conflict
        Somebody changed the segment meanwhile.
    """
    row = get_segment(work.session, segment_id)
    checked = check_rules(rules, segment_fields())
    demand_version(row, seen_version, {"rules": checked}, label=_("segment"))
    if row.kind == "fixed":
        _forget_members(work, row)
    row.rules, row.kind = checked, "living"
    work.session.flush()
    return _recounted(work, row)


def freeze_segment(work: Work, segment_id: int) -> int:
    """Keep a living segment as it is now: its contacts of this moment become its members.

    Returns
    -------
    int
        How many members it has.
    """
    row = get_segment(work.session, segment_id)
    found = work.session.scalars(select(Contact.id).where(segment_condition(work.session, row))).all()
    # The flush demands the right to change the segment; only then its members are written in bulk.
    row.kind, row.counted, row.counted_at = "fixed", len(found), work.now
    work.session.flush()
    _forget_members(work, row)
    if found:
        insert_rows(
            work.session.connection(),
            SegmentMember.__table__,  # type: ignore[arg-type]
            [{"segment_id": row.id, "contact_id": contact_id, "added_at": work.now} for contact_id in found],
        )
    return len(found)


def thaw_segment(work: Work, segment_id: int) -> int:
    """Let a fixed segment follow its rules again; gives how many contacts fit them now."""
    row = get_segment(work.session, segment_id)
    row.kind = "living"
    work.session.flush()
    _forget_members(work, row)
    return _recounted(work, row).counted or 0


def recount(work: Work, segment_id: int) -> int:
    """Count anew and keep the number with its time for the list."""
    return _recounted(work, get_segment(work.session, segment_id)).counted or 0


def _recounted(work: Work, row: Segment) -> Segment:
    row.counted, row.counted_at = count_segment(work.session, row), work.now
    work.session.flush()
    return row


def _forget_members(work: Work, row: Segment) -> None:
    work.session.flush()
    statement = delete(SegmentMember).where(SegmentMember.segment_id == row.id)
    work.session.connection().execute(statement, execution_options=SYSTEM_OPTIONS)


def used_by(session: ScopedSession, segment_id: int) -> list[tuple[int, str, str]]:
    """Id, name and status of the campaigns that take this segment, newest first."""
    statement = (
        select(Campaign.id, Campaign.name, Campaign.status)
        .where(Campaign.segment_id == segment_id, Campaign.archived_at.is_(None))
        .order_by(Campaign.id.desc())
    )
    return [(row.id, row.name, row.status) for row in session.execute(statement)]
