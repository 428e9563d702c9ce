"""A fleet whose pumps wear out at about the same age, for tests of wear and of proposals."""

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import select

from crm.work import SYSTEM, reading, unit_of_work
from db.models import Failure, PartChange, UnitRisk
from tests.factories import make

START = datetime(2024, 1, 1, 8, tzinfo=UTC)


def at(day):
    """So many days after the machines were installed."""
    return START + timedelta(days=day)


def unit(owner, serial, **values):
    return make(owner, "equipment", serial=serial, installed_on=date(2024, 1, 1), **values)["id"]


def store(*rows):
    with unit_of_work(SYSTEM) as work:
        work.session.add_all(rows)


def failed(equipment_id, day, part="pump"):
    return Failure(equipment_id=equipment_id, failed_at=at(day), part=part)


def changed(equipment_id, day, part="pump"):
    return PartChange(equipment_id=equipment_id, at=at(day), part=part)


def make_fleet(people):
    """Twelve machines of Stan's, whose pumps failed at around 200 days; all but two are new again, at day 380."""
    product = make(people["ada"], "product", name="Duo 3")["id"]
    ids = [unit(people["stan"], f"D-{n}", product_id=product) for n in range(12)]
    store(*(failed(id_, 170 + 7 * n) for n, id_ in enumerate(ids)))
    store(*(changed(id_, 380) for id_ in ids[:10]))
    return ids


def figures(part="pump"):
    with reading(SYSTEM) as session:
        rows = session.scalars(select(UnitRisk).where(UnitRisk.part == part)).all()
        return {row.equipment_id: row for row in rows}
