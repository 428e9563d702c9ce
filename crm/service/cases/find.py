"""Small reads that every use case of cases begins with."""

from __future__ import annotations

from sqlalchemy import select

from crm.errors import Refused
from crm.i18n import _
from crm.records import records, registry
from crm.records.search import Hit, around, search_condition
from db.models import Case, CaseMessage
from db.scope import READ, ScopedSession


def by_key(session: ScopedSession, key: str) -> int | None:
    """The message that was stored under a key."""
    if not key or len(key) > 120:
        raise ValueError("a key has 1 to 120 characters")
    return session.scalar(select(CaseMessage.id).where(CaseMessage.key == key))


def demand_unmerged(case: Case) -> None:
    """Refuse to work on a case that lives on in another one."""
    if case.status == "merged":
        raise Refused(
            _("{number} was merged into another case. Open that one, or take the merge back first.").format(
                number=case.number
            )
        )


def last_of_merge(session: ScopedSession, case: Case) -> Case:
    """The case in which a merged one lives on; itself when it was not merged."""
    seen = {case.id}
    while case.status == "merged" and case.merged_into_id and case.merged_into_id not in seen:
        seen.add(case.merged_into_id)
        case = records.find(session, Case, case.merged_into_id)
    return case


def status_word(status: str) -> str:
    """A status as people read it."""
    return registry.word("case", "status", status)


def find_messages(session: ScopedSession, query: str, limit: int) -> list[Hit]:
    """Cases in whose thread one message holds every word, the newest message first, with the words around the first."""
    condition = search_condition(session, CaseMessage, query)
    if condition is None or not session.actor.may("case", READ):
        return []
    rows = session.execute(
        select(Case.id, Case.number, Case.subject, CaseMessage.body)
        .join(CaseMessage, CaseMessage.case_id == Case.id)
        .where(condition, Case.archived_at.is_(None))
        .order_by(CaseMessage.at.desc(), CaseMessage.id.desc())
        .limit(3 * limit)
    )
    hits: dict[int, Hit] = {}
    for case_id, number, subject, body in rows:
        hits.setdefault(case_id, Hit("case", case_id, f"{number} {subject}", f"“{around(body, query)}”"))
    return list(hits.values())[:limit]
