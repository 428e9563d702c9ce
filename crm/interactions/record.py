"""The rules of talks and tasks, with what they look up, for a record that is about to be stored."""

from __future__ import annotations

from collections.abc import Set
from typing import Any

from sqlalchemy import inspect, select

from crm.errors import Refused
from crm.i18n import _
from crm.interactions.rules import CUSTOMER, Facts, Row, TalkRules, TaskRules
from crm.work import Work
from db.models import Case, Contact, Deal

#: Where the customer of a link is looked up; a person's own is the organisation.
_CUSTOMERS: dict[str, tuple[type[Any], tuple[str, ...]]] = {
    "deal_id": (Deal, CUSTOMER),
    "case_id": (Case, CUSTOMER),
    "contact_id": (Contact, ("organisation_id",)),
}


def facts(work: Work, rows: list[Row]) -> Facts:
    """The customers of all deals, cases and contacts that rows name; three statements at most, whatever their number."""
    found: dict[tuple[str, int], dict[str, int | None]] = {}
    seen = list(rows)
    for name, (cls, names) in _CUSTOMERS.items():
        if ids := {row[name] for row in seen if row.get(name)}:
            columns = [getattr(cls, n) for n in ("id", *names)]
            for row in work.session.execute(select(*columns).where(cls.id.in_(ids))).mappings():
                found[name, row["id"]] = {n: row[n] for n in names}
                seen.append({"contact_id": row.get("contact_id")})
    return Facts(work.now, found)


def prepare_talk(work: Work, row: Any, changed: Set[str]) -> None:
    """Complete and check a talk.

    Raises
    ------
    Refused
        It lies ahead, says nothing, or belongs to nobody and nothing.
    """
    _apply(work, TalkRules(), row, changed, _("The talk was not stored. {why}"))


def prepare_task(work: Work, row: Any, changed: Set[str]) -> None:
    """Complete and check a task.

    Raises
    ------
    Refused
        Its hour is none or has no day, or it was done in the future.
    """
    _apply(work, TaskRules(), row, changed, _("The task was not stored. {why}"))


def _apply(work: Work, rules: TalkRules | TaskRules, row: Any, changed: Set[str], sentence: str) -> None:
    state = inspect(row)
    values = {a.key: getattr(row, a.key) for a in state.mapper.column_attrs}
    before = None
    if state.persistent:
        old = {n: state.attrs[n].load_history().deleted for n in changed}
        before = values | {n: gone[0] for n, gone in old.items() if gone}
    known = facts(work, [values, *([before] if before else [])])
    completed = dict(values)
    rules.complete(completed, before, known)
    if problems := rules.problems(completed, before, known):
        raise Refused(sentence.format(why=" ".join(p.message for p in problems)), problems=problems)
    for name, value in completed.items():
        if value != values[name]:
            setattr(row, name, value)
