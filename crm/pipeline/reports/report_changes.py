"""What changed in a period after it had ended: deals reopened, dated otherwise, archived, or with another amount."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import or_, select

from crm.clock import zone
from crm.i18n import _, ngettext
from crm.money import to_major
from crm.periods import Period
from crm.reporting.book import Book
from crm.reporting.measures import filter_conditions, worth
from crm.reporting.report import SalesFilter
from db.models import Change, ChangeBatch, Deal
from db.scope import ScopedSession

#: So many changes of a period are looked at, the first after its end.
MOST = 2000


@dataclass(frozen=True, slots=True)
class ChangedAfter:
    """A deal for which a period counts something else than at its end; ``minor`` more, in the book's currency."""

    deal_id: int
    title: str
    minor: int


def changed_after(
    session: ScopedSession, book: Book, chosen: SalesFilter, period: Period, *, today: date
) -> tuple[ChangedAfter, ...]:
    """Deals that changed the won value of a period after its end, by hand; at most two statements."""
    start, end = period.start, period.end
    if start is None or end is None or end >= today:
        return ()
    days = (start.isoformat(), end.isoformat())
    ended = datetime.combine(end + timedelta(days=1), time.min, zone())
    inside = select(Deal.id).where(Deal.closed_on.between(start, end))
    log = (
        select(Change.record_id, Change.op, Change.old)
        .join(ChangeBatch, ChangeBatch.id == Change.batch_id)
        .where(Change.entity == Deal.__tablename__, Change.op.in_(("C", "U")))
        .where(ChangeBatch.at >= ended, ChangeBatch.import_id.is_(None))
        .where(or_(Change.record_id.in_(inside), Change.old["closed_on"].as_string().between(*days)))
        .order_by(Change.id)
        .limit(MOST)
    )
    before: dict[int, dict[str, Any] | None] = {}
    # The log is the program's; what it names is shown only where the deal itself lies within scope.
    for record, op, old in session.execute(log, execution_options={"system": True}):
        known = before.setdefault(record, None if op == "C" else {})
        if known is not None:
            before[record] = (old or {}) | known
    if not before:
        return ()
    own = worth(book)
    columns = [Deal.id, Deal.title, Deal.status, Deal.closed_on, Deal.archived_at, own.minor, own.currency]
    rows = session.execute(select(*columns).where(Deal.id.in_(before), *filter_conditions(chosen)))
    found = []
    for key, title, status, closed, archived, minor, currency in rows:
        then = before[key]
        now = _counted(book, period, status, closed, archived, minor, currency)
        was = 0
        if then is not None:
            day = then.get("closed_on", closed)
            was = _counted(
                book,
                period,
                then.get("status", status),
                date.fromisoformat(day) if isinstance(day, str) else day,
                then.get("archived_at", archived),
                then.get("amount_minor", minor),
                then.get("currency", currency),
            )
        if now != was:
            found.append(ChangedAfter(key, title, now - was))
    return tuple(sorted(found, key=lambda one: -abs(one.minor)))


def _counted(
    book: Book, period: Period, status: str, closed: date | None, archived: Any, minor: Any, currency: str
) -> int:
    """What a deal adds to the won value of the period."""
    assert period.start is not None
    assert period.end is not None
    if status != "won" or archived or closed is None or not period.start <= closed <= period.end:
        return 0
    return book.worth(int(minor or 0), currency, closed)


def changed_text(found: tuple[ChangedAfter, ...], book: Book) -> str:
    """What changed after the fact, in a sentence; empty when nothing did."""
    if not found:
        return ""
    text = ngettext(
        "Since this period ended, its won value changed by {value}, with {n} deal: {titles}.",
        "Since this period ended, its won value changed by {value}, with {n} deals: {titles}.",
        len(found),
    )
    value = f"{to_major(sum(one.minor for one in found), book.currency):+,} {book.currency}"
    titles = ", ".join(one.title for one in found[:3]) + (_(" and others") if len(found) > 3 else "")
    return text.format(value=value, n=len(found), titles=titles)
