"""Everything a deal's screen shows, read in a constant number of statements."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import aliased

from crm.pipeline.board import deal_flag, stages_of
from crm.records.view import RecordView, record_view
from crm.reporting.book import Book, open_book
from crm.reporting.measures import beside, worth
from db.models import Contact, Deal, DealLine, LossReason, Product, Stage, StageChange, User
from db.scope import ScopedSession

MOST_LINES = 200
MOST_PEOPLE = 12


@dataclass(frozen=True, slots=True)
class StageView:
    """A step of the deal's pipeline."""

    id: int
    name: str
    kind: str
    probability: float


@dataclass(frozen=True, slots=True)
class Line:
    """A product in the deal; amounts in minor units of the deal's currency, discount from 0 to 1."""

    id: int
    version: int
    product_id: int | None
    product: str
    description: str
    quantity: float
    unit_price_minor: int | None
    discount: float
    amount_minor: int | None


@dataclass(frozen=True, slots=True)
class Stay:
    """A stay in a stage; ``days`` up to now when it has not ended."""

    stage: str
    since: datetime
    days: float
    who: str
    ended: bool


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody at the deal's organisation."""

    id: int
    name: str
    job_title: str
    email: str
    phone: str


@dataclass(frozen=True, slots=True)
class DealView:
    """A deal with all that stands around it; ``weighted_minor`` is in ``own_currency``."""

    view: RecordView
    stage: StageView
    stages: tuple[StageView, ...]
    days_in_stage: int
    flag: str
    own_currency: str
    worth_minor: int | None
    worth_currency: str
    weighted_minor: int
    lines: tuple[Line, ...] = field(default=())
    stays: tuple[Stay, ...] = field(default=())
    people: tuple[Person, ...] = field(default=())
    #: Currencies without a rate in which more of it is worth something.
    beside: tuple[str, ...] = ()
    #: What to know of the weighted worth.
    notes: tuple[str, ...] = ()

    @property
    def record(self) -> dict[str, Any]:
        """Its stored values."""
        return self.view.values

    def title_of(self, name: str) -> str:
        """What a field points to is called; empty where the actor may not see it."""
        return self.view.titles.get(name, "")


def loss_reasons(session: ScopedSession) -> dict[int, str]:
    """Reasons for losing by id, in their order."""
    rows = session.execute(
        select(LossReason.id, LossReason.name).order_by(LossReason.position, LossReason.id)
    )
    return {row.id: row.name for row in rows}


def read_deal(session: ScopedSession, deal_id: int, *, now: datetime, today: date) -> DealView:
    """One deal for its screen.

    Raises
    ------
    NotFound
        No such deal within the actor's scope.
    """
    view = record_view(session, "deal", deal_id)
    record, book = view.values, open_book(session)
    own = worth(book)
    of_deal = select(own.minor, own.currency, own.missing).select_from(Deal).where(Deal.id == deal_id)
    minor, currency, missing = session.execute(of_deal).one()
    stages = stages_of(session, record["pipeline_id"])
    stage = next(s for s in stages if s.id == record["stage_id"])
    days = max(0, (now - record["stage_since"]).days)
    return DealView(
        view=view,
        stage=_view(stage),
        stages=tuple(_view(s) for s in stages),
        days_in_stage=days,
        flag=deal_flag(session.get_one(Deal, deal_id), stage, days, today),
        own_currency=book.currency,
        worth_minor=minor,
        worth_currency=currency,
        beside=beside(missing, currency),
        weighted_minor=_weighted(record, stage, book, minor, currency, today),
        notes=book.notes,
        lines=deal_lines(session, deal_id),
        stays=stays(session, record, now),
        people=_people(session, record["organisation_id"]),
    )


def _view(stage: Stage) -> StageView:
    return StageView(stage.id, stage.name, stage.kind, stage.probability)


def _weighted(
    record: dict[str, Any], stage: Stage, book: Book, minor: int | None, currency: str, today: date
) -> int:
    """The deal's worth in the firm's currency times the chance of its stage, as the board counts it."""
    if stage.kind == "lost":
        return 0
    day = record["closed_on"] or today
    return round(book.worth(int(minor or 0), currency, day) * stage.probability)


def deal_lines(session: ScopedSession, deal_id: int) -> tuple[Line, ...]:
    """The products of a deal, in the order in which they were added."""
    rows = session.execute(
        select(
            DealLine.id,
            DealLine.version,
            DealLine.product_id,
            Product.name,
            DealLine.description,
            DealLine.quantity,
            DealLine.unit_price_minor,
            DealLine.discount,
            DealLine.amount_minor,
        )
        .outerjoin(Product, Product.id == DealLine.product_id)
        .where(DealLine.deal_id == deal_id, DealLine.archived_at.is_(None))
        .order_by(DealLine.id)
        .limit(MOST_LINES)
    )
    return tuple(Line(r[0], r[1], r[2], r[3] or "", r[4] or "", r[5], r[6], r[7], r[8]) for r in rows)


def stays(session: ScopedSession, record: dict[str, Any], now: datetime) -> tuple[Stay, ...]:
    """Where the deal has been and how long, oldest first; a closed deal's last stay counts no days."""
    who = aliased(User)
    rows = session.execute(
        select(Stage.name, Stage.kind, StageChange.at, who.name)
        .join(Stage, Stage.id == StageChange.to_stage_id)
        .outerjoin(who, who.id == StageChange.user_id)
        .where(StageChange.deal_id == record["id"])
        .order_by(StageChange.id)
    ).all()
    made = []
    for place, (stage, kind, at, name) in enumerate(rows):
        last = place == len(rows) - 1
        until = now if last else rows[place + 1][2]
        days = 0.0 if last and kind != "open" else max(0.0, (until - at).total_seconds() / 86400)
        made.append(Stay(stage, at, days, name or "", not last))
    return tuple(made)


def _people(session: ScopedSession, organisation_id: int | None) -> tuple[Person, ...]:
    if organisation_id is None:
        return ()
    rows = session.execute(
        select(Contact.id, Contact.name, Contact.job_title, Contact.email, Contact.phone)
        .where(Contact.organisation_id == organisation_id, Contact.archived_at.is_(None))
        .order_by(Contact.name, Contact.id)
        .limit(MOST_PEOPLE)
    )
    return tuple(Person(r[0], r[1], r[2] or "", r[3] or "", r[4] or "") for r in rows)


def list_prices(session: ScopedSession) -> dict[int, tuple[str, int | None, str | None]]:
    """Products that can be sold: name, list price in minor units and its currency, by id, in the order of names."""
    rows = session.execute(
        select(Product.id, Product.name, Product.list_price_minor, Product.currency)
        .where(Product.is_active, Product.archived_at.is_(None))
        .order_by(Product.name, Product.id)
        .limit(1000)
    )
    return {r[0]: (r[1], r[2], r[3]) for r in rows}
