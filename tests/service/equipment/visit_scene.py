"""What the tests of visits share: a unit with a meter, a planned visit, the steps of its life."""

from datetime import timedelta

from sqlalchemy import select

from crm.clock import today
from crm.firm.firm import set_firm
from crm.records import records
from crm.service.equipment.labour import set_labour_rate
from crm.service.visits.visits import PartUsed, finish_visit, plan_visit
from crm.work import SYSTEM, reading, unit_of_work
from tests.factories import make

BURRS = PartUsed("Burrs", quantity=2, unit_cost_minor=45_50, after_failure=True)
GASKET = PartUsed("Gasket", unit_cost_minor=3_20)


def covered_unit(people):
    """A unit of Stan's under warranty for parts, with a meter."""
    with unit_of_work(SYSTEM) as work:
        set_firm(work, name="Kavarna", currency="EUR")
        set_labour_rate(work, 80_00)
    firm = make(people["stan"], "organisation", name="Lumen")
    return make(
        people["stan"],
        "equipment",
        organisation_id=firm["id"],
        installed_on=today() - timedelta(days=400),
        warranty_until=today() + timedelta(days=100),
        warranty_covers=["parts"],
        meter_unit="shots",
        meter_value=1000.0,
    )


def planned(people, who="stan", **values):
    with unit_of_work(people[who]) as work:
        return plan_visit(work, **values)


def finish(people, order, *, who="stan", **options):
    with unit_of_work(people[who]) as work:
        return finish_visit(
            work, order["id"], **({"seen_version": order["version"], "done_on": today()} | options)
        )


def stored(order, entity="work_order"):
    with reading(SYSTEM) as session:
        return records.get_record(session, entity, order["id"] if isinstance(order, dict) else order)


def rows(cls):
    with reading(SYSTEM) as session:
        return list(session.scalars(select(cls).order_by(cls.id)))


def facts(dump):
    """All rows without what counts changes and without the log of them."""
    with reading(SYSTEM) as session:
        return {
            cls.__tablename__: [
                {
                    c.key: getattr(row, c.key)
                    for c in cls.__table__.c
                    if c.key not in ("version", "changed_at")
                }
                for row in session.scalars(select(cls).order_by(cls.id))
            ]
            for cls in dump
        }
