"""What happened in a case since somebody last looked: its customer wrote, it came back, another case was merged into it by a
colleague, it got a low rating.

Nothing is kept but when each person opened each case; the rest stands in thread, way and rating already.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, literal, or_, select, union_all
from sqlalchemy.dialects import postgresql, sqlite

from crm.clock import now
from crm.i18n import N_
from crm.records.listing.quick import Quick
from crm.service.cases.moves import ENDED
from crm.work import Work
from db.audit import SYSTEM_OPTIONS
from db.models import Case, CaseMessage, CaseMove, CaseRead, Contact, Organisation, Queue
from db.scope import ScopedSession

#: What is older is no news any more.
FRESH = timedelta(days=30)
#: A rating up to this is told at once.
LOW = 2
#: So much is listed; beyond it "99+" says enough.
MOST = 100
WROTE, REOPENED, RATED, MERGED = "wrote", "reopened", "rated", "merged"


@dataclass(frozen=True, slots=True)
class News:
    """A case with news for the actor; ``what`` is the newest of wrote, reopened, rated, merged."""

    case_id: int
    number: str
    subject: str
    customer: str
    what: str
    at: datetime


def unread(session: ScopedSession, now: datetime, *, case_id: int | None = None) -> list[News]:
    """Cases of mine, and those that nobody has in my teams' queues, with news that I have not opened; the newest first.

    One statement.
    """
    actor = session.actor
    asked = _asked(actor.user_id, actor.teams, case_id is not None)
    found: dict[int, News] = {}
    for row in session.execute(asked, {"since": now - FRESH, "one_case": case_id}):
        found.setdefault(row[0], News(*row))
    return list(found.values())[:MOST]


def _unread(session: ScopedSession, _entity: str) -> ColumnElement[bool]:
    return Case.id.in_([one.case_id for one in unread(session, now())])


UNREAD = Quick(N_("Unread"), _unread)


@lru_cache(256)
def _asked(me: int | None, teams: tuple[int, ...], of_one_case: bool) -> Select[Any]:
    """The statement of ``unread``, put together once for each person: every page of theirs asks it."""
    since = bindparam("since", type_=CaseMessage.at.type)
    happened = union_all(
        select(
            CaseMessage.case_id.label("case_id"), CaseMessage.at.label("at"), literal(WROTE).label("what")
        ).where(CaseMessage.kind == "customer", CaseMessage.at > since),
        select(CaseMove.case_id, CaseMove.at, literal(REOPENED)).where(
            CaseMove.to_status == "open",
            CaseMove.from_status.in_(ENDED),
            CaseMove.at > since,
            CaseMove.user_id.is_distinct_from(me),
        ),
        select(Case.merged_into_id, CaseMove.at, literal(MERGED))
        .join(Case, Case.id == CaseMove.case_id)
        .where(
            Case.status == "merged",
            CaseMove.to_status == "merged",
            CaseMove.at > since,
            CaseMove.user_id.is_distinct_from(me),
        ),
        select(Case.id, Case.satisfaction_at, literal(RATED)).where(
            # A rating changes its case: by that the database finds the few without reading all.
            Case.changed_at > since,
            Case.satisfaction <= LOW,
            Case.satisfaction_at > since,
        ),
    ).subquery()
    queues = select(Queue.id).where(Queue.team_id.in_(teams))
    free = Case.owner_id.is_(None) & or_(Case.queue_id.in_(queues), Case.team_id.in_(teams))
    read = and_(CaseRead.case_id == Case.id, CaseRead.user_id == me)
    asked = (
        select(
            Case.id,
            Case.number,
            Case.subject,
            func.coalesce(Organisation.name, Contact.name, ""),
            happened.c.what,
            happened.c.at,
        )
        .join(happened, happened.c.case_id == Case.id)
        .outerjoin(CaseRead, read)
        .outerjoin(Organisation, Organisation.id == Case.organisation_id)
        .outerjoin(Contact, Contact.id == Case.contact_id)
        .where(
            or_(Case.owner_id == me, free),
            Case.archived_at.is_(None),
            Case.status != "merged",
            or_(CaseRead.read_at.is_(None), happened.c.at > CaseRead.read_at),
        )
        .order_by(happened.c.at.desc(), Case.id.desc(), happened.c.what)
        .limit(5 * MOST)
    )
    return asked.where(Case.id == bindparam("one_case")) if of_one_case else asked


def mark_read(work: Work, case_ids: Iterable[int]) -> None:
    """The actor has opened these cases now; a case out of reach stays as it is."""
    me = work.actor.user_id
    seen = work.session.scalars(select(Case.id).where(Case.id.in_(list(case_ids)))).all()
    if me is None or not seen:
        return
    connection = work.session.connection()
    make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    rows = [{"case_id": one, "user_id": me, "read_at": work.now} for one in seen]
    connection.execute(
        make(CaseRead)
        .values(rows)
        .on_conflict_do_update(index_elements=["case_id", "user_id"], set_={"read_at": work.now}),
        execution_options=SYSTEM_OPTIONS,
    )
