"""Cases, units, contracts, plans, visits and what happens to units: the same values end alike by form, API and file."""

from datetime import UTC, date, datetime

from sqlalchemy import select

from crm.firm.firm import set_firm
from crm.records import records
from crm.service.defaults import ensure_service_defaults
from crm.work import unit_of_work
from db.models import Queue, Team
from tests.service.parity.roads import NOW, At, EntityRoads

JAN = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
FEB = datetime(2026, 2, 5, 9, 0, tzinfo=UTC)


def serving(actor):
    """Two customers with units, contracts, readings, plans and a visit; service levels and a queue of a team."""
    with unit_of_work(actor) as work:
        set_firm(work, name="Kavarna", currency="CZK")
        ensure_service_defaults(work)
        north = work.session.scalars(select(Team.id).where(Team.name == "North")).one()
        queue = Queue(name="Repairs", team_id=north)
        work.session.add(queue)
        work.session.flush()

        def make(entity, **values):
            return int(records.create_record(work, entity, values)["id"])

        lumen = make("organisation", name="Lumen", number="O1")
        harbour = make("organisation", name="Harbour", number="O2")
        ana = make("contact", name="Ana Olivares", email="ana@lumen.example", organisation_id=lumen)
        volta = make("product", name="Volta 3", code="V3")
        unit = make(
            "equipment", serial="TW 9", product_id=volta, organisation_id=lumen, contact_id=ana,
            installed_on=date(2024, 3, 1), warranty_until=date(2026, 3, 1), meter_unit="shots",
        )  # fmt: skip
        far = make("equipment", serial="HB 1", product_id=volta, organisation_id=harbour)
        gone = make(
            "equipment", serial="OLD 1", product_id=volta, organisation_id=lumen, retired_on=date(2025, 1, 1)
        )
        for at, value in ((JAN, 1000.0), (FEB, 2000.0)):
            make("meter_reading", equipment_id=unit, at=at, value=value)
        make("maintenance_plan", name="Burrs", equipment_id=unit, every_usage=5000.0)
        plan = make("maintenance_plan", name="Oil", equipment_id=unit, every_days=90)
        contract = {"starts_on": date(2026, 1, 1), "ends_on": date(2026, 12, 31)}
        make("contract", name="Gold", number="K1", equipment_id=unit, **contract)
        make("contract", name="Wide", number="K2", organisation_id=harbour, **contract)
        case = make("case", subject="No steam", equipment_id=unit, number="C1")
        return {
            "queue": queue.id, "lumen": lumen, "harbour": harbour, "ana": ana, "volta": volta, "unit": unit, "far": far,
            "gone": gone, "case": case, "plan": plan,
        }  # fmt: skip


class Serving(EntityRoads):
    """What all of these are about."""

    def scene(self, actor):
        return serving(actor)


class TestCase(Serving):
    entity = "case"
    good = (
        {"subject": "Grinder stops"},
        {"subject": "Grinder stops", "impact": "high", "urgency": "high"},
        {"subject": "Grinder stops", "impact": "low"},
        {"subject": "Grinder stops", "priority": "low"},
        {"subject": "Grinder stops", "priority": "high", "impact": "low"},
        {"subject": "Grinder stops", "equipment_id": At("unit")},
        {"subject": "Grinder stops", "contact_id": At("ana")},
        {"subject": "Grinder stops", "contact_id": At("ana"), "organisation_id": At("harbour")},
        {"subject": "Grinder stops", "equipment_id": At("unit"), "organisation_id": At("harbour")},
        {"subject": "Grinder stops", "queue_id": At("queue")},
        {"subject": "Grinder stops", "status": "open", "opened_at": JAN},
        {"subject": "Grinder stops", "status": "waiting", "opened_at": JAN, "first_response_at": FEB},
        {"subject": "Grinder stops", "first_response_at": FEB},
        {"subject": "Grinder stops", "first_response_at": FEB, "satisfaction": 4},
        {"subject": "Grinder stops", "number": "T-77", "opened_at": JAN, "priority": "critical"},
    )
    bad = (
        ({"description": "It stops."}, "subject"),
        ({"subject": "x", "status": "merged"}, "status"),
        ({"subject": "x", "status": "no such word"}, "status"),
        ({"subject": "x", "impact": "huge"}, "impact"),
        ({"subject": "x", "satisfaction": 6}, "satisfaction"),
        ({"subject": "x", "opened_at": FEB, "first_response_at": JAN}, "first_response_at"),
        ({"subject": "x", "status": "open", "opened_at": JAN, "resolved_at": FEB}, "resolved_at"),
        ({"subject": "x", "status": "waiting", "opened_at": JAN, "closed_at": FEB}, "closed_at"),
        ({"subject": "x", "status": "closed", "opened_at": FEB, "closed_at": JAN}, "resolved_at"),
        (
            {"subject": "x", "status": "closed", "opened_at": JAN, "resolved_at": NOW, "closed_at": FEB},
            "closed_at",
        ),
    )
    changes = (
        ({"subject": "x", "number": "T1"}, {"impact": "high"}),
        ({"subject": "x", "number": "T1"}, {"priority": "critical"}),
        ({"subject": "x", "number": "T1"}, {"equipment_id": At("unit")}),
        ({"subject": "x", "number": "T1"}, {"queue_id": At("queue")}),
        ({"subject": "x", "number": "T1"}, {"opened_at": JAN}),
    )
    bad_changes = (
        ({"subject": "x", "number": "T1", "opened_at": JAN}, {"status": "merged"}, "status"),
        ({"subject": "x", "number": "T1"}, {"satisfaction": 9}, "satisfaction"),
    )
    history = (
        (
            {"subject": "x", "opened_at": JAN, "closed_at": FEB},
            "closed_at",
            "solved before it came in",
        ),
        (
            {"subject": "x", "status": "closed", "opened_at": JAN, "resolved_at": FEB},
            "",
            "solved before it came in",
        ),
        ({"subject": "x", "status": "resolved"}, "", "solved, the day unknown"),
    )


class TestUnit(Serving):
    entity = "equipment"
    key = "serial"
    good = (
        {"serial": "N 1"},
        {"serial": " N   1 ", "product_id": At("volta")},
        {"serial": "N1", "name": "The one at the bar", "contact_id": At("ana")},
        {"serial": "N1", "meter_value": 1200.5, "meter_unit": "shots"},
        {"serial": "N1", "meter_value": 0.0},
        {"serial": "N1", "retired_on": date(2025, 1, 1), "installed_on": date(2025, 1, 1)},
        {"serial": "N1", "retired_on": date(2027, 1, 1)},
        {"serial": "N1", "warranty_covers": ["Part", "labor"], "warranty_until": date(2027, 1, 1)},
        {"serial": "N1", "status": "stored", "observed_since": date(2026, 11, 30)},
    )
    bad = (
        ({"name": "No serial"}, "serial"),
        ({"serial": "TW   9", "product_id": At("volta")}, "serial"),
        ({"serial": "tw 9", "product_id": At("volta")}, "serial"),
        ({"serial": "x" * 81}, "serial"),
        ({"serial": "N1", "meter_value": -1.0}, "meter_value"),
        ({"serial": "N1", "warranty_covers": ["coffee"]}, "warranty_covers"),
        (
            {"serial": "N1", "installed_on": date(2026, 1, 2), "warranty_until": date(2026, 1, 1)},
            "warranty_until",
        ),
        ({"serial": "N1", "installed_on": date(2026, 1, 2), "retired_on": date(2026, 1, 1)}, "retired_on"),
        ({"serial": "N1", "observed_since": date(2026, 12, 1)}, "observed_since"),
        ({"serial": "N1", "status": "sold"}, "status"),
    )
    changes = (
        ({"serial": "N1", "meter_value": 10.0}, {"meter_value": 11.0}),
        ({"serial": "N1"}, {"meter_value": 11.0}),
        ({"serial": "N1"}, {"product_id": At("volta")}),
        ({"serial": "N1"}, {"contact_id": At("ana")}),
        ({"serial": "N1"}, {"retired_on": date(2026, 1, 1)}),
        ({"serial": "N1", "retired_on": date(2026, 1, 1)}, {"status": "in_use"}),
        ({"serial": "N1"}, {"warranty_covers": ["labor", "spares"]}),
    )
    bad_changes = (
        ({"serial": "N1", "meter_value": 10.0}, {"meter_value": 9.0}, "meter_value"),
        ({"serial": "N1", "installed_on": date(2026, 1, 2)}, {"retired_on": date(2026, 1, 1)}, "retired_on"),
        ({"serial": "tw 9"}, {"product_id": At("volta")}, "serial"),
    )  # fmt: skip
    history = (({"serial": "N1", "status": "retired"}, "", "the day unknown"),)


class TestContract(Serving):
    entity = "contract"
    good = (
        {"name": "Next", "equipment_id": At("unit"), "starts_on": date(2027, 1, 1)},
        {"name": "Wide", "organisation_id": At("lumen"), "starts_on": date(2026, 1, 1)},
        {
            "name": "Paid", "equipment_id": At("far"), "starts_on": date(2026, 1, 1), "price_minor": 129_00,
            "covers": ["Travel", "part"],
        },
        {"name": "Dollars", "equipment_id": At("far"), "starts_on": date(2026, 1, 1), "price_minor": 5, "currency": "USD"},
    )  # fmt: skip
    bad = (
        ({"equipment_id": At("far"), "starts_on": date(2026, 1, 1)}, "name"),
        ({"name": "x", "equipment_id": At("far")}, "starts_on"),
        ({"name": "x", "starts_on": date(2026, 1, 1)}, "equipment_id"),
        (
            {
                "name": "x", "equipment_id": At("unit"), "organisation_id": At("harbour"), "starts_on": date(2027, 1, 1),
            },
            "organisation_id",
        ),
        ({"name": "x", "equipment_id": At("unit"), "starts_on": date(2026, 12, 31)}, "starts_on"),
        ({"name": "x", "equipment_id": At("unit"), "starts_on": date(2020, 1, 1)}, "starts_on"),
        ({"name": "x", "organisation_id": At("harbour"), "starts_on": date(2026, 6, 1)}, "starts_on"),
        (
            {
                "name": "x", "equipment_id": At("far"), "starts_on": date(2026, 2, 1), "ends_on": date(2026, 1, 1),
            },
            "ends_on",
        ),
        ({"name": "x", "equipment_id": At("far"), "starts_on": date(2026, 1, 1), "covers": ["sugar"]}, "covers"),
        ({"name": "x", "equipment_id": At("far"), "starts_on": date(2026, 1, 1), "price_minor": -5}, "price_minor"),
        ({"ends_on": date(2025, 1, 1), "covers": ["sugar"], "price_minor": -5}, "name starts_on covers price_minor"),
    )  # fmt: skip
    changes = (
        (
            {"name": "x", "number": "K9", "equipment_id": At("far"), "starts_on": date(2026, 1, 1)},
            {"ends_on": date(2026, 6, 30), "price_minor": 100},
        ),
    )
    bad_changes = (
        (
            {"name": "x", "number": "K9", "equipment_id": At("unit"), "starts_on": date(2027, 1, 1)},
            {"starts_on": date(2026, 12, 1)},
            "starts_on",
        ),
        (
            {"name": "x", "number": "K9", "equipment_id": At("far"), "starts_on": date(2026, 1, 1)},
            {"organisation_id": At("lumen")},
            "organisation_id",
        ),
        (
            {"name": "x", "number": "K9", "equipment_id": At("far"), "starts_on": date(2026, 1, 1)},
            {"ends_on": date(2025, 1, 1)},
            "ends_on",
        ),
    )


class TestPlan(Serving):
    entity = "maintenance_plan"
    key = "name"
    good = (
        {"name": "x", "equipment_id": At("unit"), "every_days": 30, "last_done_on": date(2025, 11, 1)},
        {"name": "x", "equipment_id": At("unit"), "every_days": 30},
        {"name": "x", "equipment_id": At("unit"), "every_months": 6},
        {"name": "x", "equipment_id": At("unit"), "every_usage": 500.0},
        {"name": "x", "equipment_id": At("unit"), "every_usage": 5000.0, "every_days": 3000},
        {"name": "x", "equipment_id": At("far"), "every_days": 30},
        {"name": "x", "equipment_id": At("unit"), "every_days": 30, "next_due_on": date(2027, 1, 1)},
        {"name": "x", "equipment_id": At("gone"), "every_days": 30, "is_active": False},
        {"name": "x", "equipment_id": At("unit"), "every_days": 30, "checklist": ["Drain", "Descale"]},
    )
    bad = (
        ({"name": "x", "equipment_id": At("unit")}, "every_days"),
        ({"name": "x", "equipment_id": At("unit"), "every_days": 0}, "every_days"),
        ({"name": "x", "equipment_id": At("unit"), "every_usage": 0.0}, "every_usage"),
        ({"name": "x", "equipment_id": At("unit"), "every_usage": -1.0}, "every_usage"),
        ({"name": "x", "every_days": 30}, "equipment_id"),
        ({"equipment_id": At("unit"), "every_days": 30}, "name"),
        ({"name": "x", "equipment_id": At("gone"), "every_days": 30}, "equipment_id"),
        (
            {"name": "x", "equipment_id": At("unit"), "every_days": 30, "last_done_on": date(2026, 12, 1)},
            "last_done_on",
        ),
    )
    changes = (
        (
            {"name": "x", "equipment_id": At("unit"), "every_days": 30, "last_done_on": date(2025, 11, 1)},
            {"last_done_on": date(2026, 11, 20)},
        ),
        ({"name": "x", "equipment_id": At("unit"), "every_days": 30}, {"every_days": 60}),
        ({"name": "x", "equipment_id": At("unit"), "every_days": 30}, {"next_due_on": date(2027, 5, 5)}),
        ({"name": "x", "equipment_id": At("unit"), "every_days": 30}, {"every_usage": 1500.0}),
    )
    bad_changes = (
        (
            {"name": "x", "equipment_id": At("unit"), "every_days": 30},
            {"last_done_on": date(2027, 1, 1)},
            "last_done_on",
        ),
        ({"name": "x", "equipment_id": At("unit"), "every_days": 30}, {"equipment_id": At("gone")}, "equipment_id"),
    )  # fmt: skip
