"""What changed after the fact: deals that count otherwise in days that are over than when those had ended."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, false, literal, or_, select

from crm.clock import zone
from crm.i18n import _, ngettext
from crm.money import to_major
from crm.periods import Period, add_months, month_end, month_start, months_between
from crm.records import registry
from crm.reporting.book import Book
from crm.reporting.grouped import grouped
from crm.reporting.measures import amounts, of_products, worth
from crm.reporting.report import Names, SalesFilter, names
from db.models import Change, ChangeBatch, Deal, Product
from db.scope import ScopedSession

#: So many changes are looked at, the first ones.
MOST = 2000
#: and of a period that still runs so many months that are over.
MONTHS = 12
#: What a won or lost deal is counted by, besides its value.
MARKS = ("status", "owner_id", "team_id", "source", "product_id", "pipeline_id", "campaign_id")
#: What else decides whether and for how much it counts.
WORTH = ("closed_on", "archived_at", "amount_minor", "currency")


@dataclass(frozen=True, slots=True)
class ChangedAfter:
    """A deal that counts otherwise than when its days had ended: for ``minor`` more in the won value, in the book's
    currency, or at nought by other ``fields``; ``priced`` where it counts at a list price that changed."""

    deal_id: int
    title: str
    minor: int
    fields: tuple[str, ...] = ()
    priced: bool = False


Stretch = tuple[date, date]


def _over(period: Period, today: date) -> list[Stretch]:
    """The days of a period that are over: all of one that has ended, of another the months before the running one."""
    if period.end is not None and period.end < today:
        return [(period.start, period.end)] if period.start is not None else []
    last = month_start(today) - timedelta(days=1)
    first = max(period.start or date.min, add_months(today, -MONTHS))
    return [(max(month, first), month_end(month)) for month in months_between(first, last)]


def _ended(stretch: Stretch) -> datetime:
    return datetime.combine(stretch[1] + timedelta(days=1), time.min, zone())


def changed_after(
    session: ScopedSession, book: Book, chosen: SalesFilter, period: Period, *, today: date
) -> tuple[ChangedAfter, ...]:
    """Deals that were changed by hand after the days of a period were over in which they count or counted.

    Those at a list price are found however that was changed: price lists come by file, deals of the past do so too.
    With products the part counts that lies in them. Two statements, nine at most.
    """
    if not (over := _over(period, today)):
        return ()
    log, priced = _log(session, over), _newly_priced(session, over)
    if not log and not priced:
        return ()
    book = book.fresh()  # what only the past had is nothing that the report's own sums leave out
    known, own = names(session) if chosen.teams else Names(), worth(book)
    columns = [getattr(Deal, name) for name in MARKS]
    held = of_products(chosen.products) if chosen.products else false()
    statement = select(
        Deal.id, Deal.title, Deal.closed_on, Deal.archived_at, own.minor.label("amount_minor"),
        own.currency.label("currency"), case((held, 1), else_=0).label("held"), *columns,
        or_(false(), *priced).label("priced") if priced else literal(False).label("priced"),
    ).where(or_(Deal.id.in_(log), *priced))  # fmt: skip
    rows, found = session.execute(statement).all(), []
    parts = _parts(session, book, [row.id for row in rows], chosen.products) if chosen.products else {}
    for row in rows:
        now = {**row._mapping, "part": (parts.get(row.id), int(row.amount_minor or 0))}
        minor, fields = 0, set[str]()
        for stretch in over:
            was = _before(now, log.get(row.id, []), _ended(stretch))
            before, after = (_counted(book, chosen, known, stretch, state) for state in (was, now))
            minor += after[0] - before[0]
            fields |= _changed(was, now) if before != after else set()
        if fields or row.priced:
            found.append(ChangedAfter(row.id, row.title, minor, tuple(sorted(fields)), bool(row.priced)))
    return tuple(sorted(found, key=lambda one: -abs(one.minor)))


def _parts(
    session: ScopedSession, book: Book, deals: list[int], products: Sequence[int | None]
) -> dict[int, int]:
    """What of each deal's worth lies in some products, as its lines are now: what they were nobody kept with it."""
    where = [Deal.id.in_(deals)]
    told = amounts(book, where, literal(book.today), products=products)
    frame = grouped(session, {"deal": Deal.id}, {"minor": told.minor}, joins=told.joins, where=where)
    return {int(deal): int(minor) for deal, minor in frame.itertuples(index=False)}


def _log(session: ScopedSession, over: list[Stretch]) -> dict[int, list[Any]]:
    """By deal what was changed of it after the end of days in which it is or was closed, oldest first."""
    first, last = over[0][0], over[-1][1]
    was = Change.old["closed_on"].as_string()

    def later(day: Any, told: Callable[[date], Any]) -> ColumnElement[bool]:
        ends = [(day <= told(one[1]), literal(_ended(one), ChangeBatch.at.type)) for one in over]
        return and_(day.between(told(first), told(last)), ChangeBatch.at >= case(*ends))

    since = [
        Change.entity == Deal.__tablename__,
        ChangeBatch.at >= _ended(over[0]),
        ChangeBatch.import_id.is_(None),
    ]
    asked = (
        select(Change.id, Change.record_id, Change.op, Change.old, ChangeBatch.at)
        .join(ChangeBatch, ChangeBatch.id == Change.batch_id)
        .where(*since)
        .order_by(Change.id)
        .limit(MOST)
    )
    # The log is the program's; what it names is shown only where the deal itself lies within scope.
    system = {"system": True}
    touched = or_(later(Deal.closed_on, lambda day: day), later(was, date.isoformat))
    moved = asked.outerjoin(Deal, Deal.id == Change.record_id).where(Change.op.in_(("C", "U")), touched)
    known = {change.id: change for change in session.execute(moved, execution_options=system)}
    if known:
        # What was reopened may have changed in more than its day afterwards.
        deals = {change.record_id for change in known.values()}
        more = asked.where(Change.op == "U", Change.record_id.in_(deals))
        known |= {change.id: change for change in session.execute(more, execution_options=system)}
    found: dict[int, list[Any]] = {}
    for _id, change in sorted(known.items()):
        found.setdefault(change.record_id, []).append(change)
    return found


def _newly_priced(session: ScopedSession, over: list[Stretch]) -> list[Any]:
    """Conditions of won deals that count at a list price which was changed after their days were over."""
    statement = (
        select(Change.record_id, Change.old, ChangeBatch.at)
        .join(ChangeBatch, ChangeBatch.id == Change.batch_id)
        .where(Change.entity == Product.__tablename__, Change.op == "U", ChangeBatch.at >= _ended(over[0]))
        .order_by(Change.id)
        .limit(MOST)
    )
    rows = session.execute(statement, execution_options={"system": True})
    newest = {r.record_id: r.at for r in rows if {"list_price_minor", "currency"} & set(r.old or ())}
    bare = and_(Deal.status == "won", Deal.archived_at.is_(None), Deal.amount_minor.is_(None))
    later = {one: [product for product, at in newest.items() if at >= _ended(one)] for one in over}
    return [
        and_(bare, of_products(products), Deal.closed_on.between(*one))
        for one, products in later.items()
        if products
    ]


def _before(now: dict[str, Any], changes: list[Any], moment: datetime) -> dict[str, Any] | None:
    """A deal as it was at a moment; None before it was entered."""
    was: dict[str, Any] = {}
    for change in reversed([one for one in changes if one.at >= moment]):
        if change.op == "C":
            return None
        was |= change.old or {}
    if isinstance(day := was.get("closed_on"), str):
        was["closed_on"] = date.fromisoformat(day)
    return now | was | ({"held": None} if "product_id" in was else {})


def _changed(was: dict[str, Any] | None, now: dict[str, Any]) -> set[str]:
    """The fields in which a deal differs from what it was."""
    if was is None:
        return {"created_at"}
    return {name for name in MARKS + WORTH if (was[name] or None) != (now[name] or None)}


def _counted(
    book: Book, chosen: SalesFilter, known: Names, stretch: Stretch, deal: dict[str, Any] | None
) -> tuple[int, tuple[Any, ...]]:
    """What a deal adds to the won value of these days, and by what else they count it; nothing where they do not."""
    if deal is None or deal["status"] == "open" or deal["archived_at"] or not _fits(chosen, known, deal):
        return 0, ()
    if deal["closed_on"] is None or not stretch[0] <= deal["closed_on"] <= stretch[1]:
        return 0, ()
    minor = int(deal["amount_minor"] or 0) if deal["status"] == "won" else 0
    part, whole = deal["part"]
    if part is not None and whole:
        minor = round(minor * part / whole)
    return book.worth(minor, deal["currency"], deal["closed_on"]), tuple(deal[name] or None for name in MARKS)


def _fits(chosen: SalesFilter, known: Names, deal: dict[str, Any]) -> bool:
    """Whether a deal, as it is or was, passes the filter."""
    held = deal["product_id"] in chosen.products if deal["held"] is None else deal["held"]
    return (
        (not chosen.products or bool(held))
        and (not chosen.sources or (deal["source"] or "") in chosen.sources)
        and (not chosen.teams or known.team_of(deal["team_id"], deal["owner_id"]) in chosen.teams)
        and (not chosen.owners or deal["owner_id"] in chosen.owners)
        and (not chosen.pipelines or deal["pipeline_id"] in chosen.pipelines)
        and (not chosen.campaigns or deal["campaign_id"] in chosen.campaigns)
    )


def changed_text(found: tuple[ChangedAfter, ...], book: Book) -> str:
    """What changed after the fact, in one sentence or two; empty when nothing did."""
    more, other = [one for one in found if one.minor], [one for one in found if not one.minor]
    value = f"{to_major(sum(one.minor for one in more), book.currency):+,} {book.currency}"
    deal = registry.entity("deal")
    words = {_(deal[name].label) for one in other for name in one.fields}
    fields = ", ".join(sorted(words | {_("List price") for one in other if one.priced}))
    said = []
    for deals, text in (
        (
            more,
            ngettext(
                "Since these days ended, their won value changed by {value}, with {n} deal: {titles}.",
                "Since these days ended, their won value changed by {value}, with {n} deals: {titles}.",
                len(more),
            ),
        ),
        (
            other,
            ngettext(
                "Since these days ended, {n} deal changed ({fields}): {titles}.",
                "Since these days ended, {n} deals changed ({fields}): {titles}.",
                len(other),
            ),
        ),
    ):
        if deals:
            titles = ", ".join(one.title for one in deals[:3]) + (_(" and others") if len(deals) > 3 else "")
            said.append(text.format(value=value, n=len(deals), fields=fields, titles=titles))
    return " ".join(said)


def changed_notes(session: ScopedSession, book: Book, chosen: SalesFilter) -> tuple[str, ...]:
    """What a report of these days says about later changes."""
    period = Period("custom", chosen.start, chosen.end)
    text = changed_text(changed_after(session, book, chosen, period, today=book.today), book)
    return (text,) if text else ()
