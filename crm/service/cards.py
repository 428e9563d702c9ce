"""The cards of service: equipment and what happened to it, contracts, cases, plans and visits."""

from crm.i18n import N_
from crm.records.card import Card
from db.models import (
    Case,
    CaseStep,
    Contract,
    Equipment,
    EquipmentEvent,
    Failure,
    MaintenancePlan,
    MeterReading,
    PartChange,
    Queue,
    WorkOrder,
)

CARDS = (
    Card(model=Queue, is_small=True),
    Card(
        model=Case,
        number="C",
        list="subject organisation_id status priority number opened_at queue_id owner_id",
        pill="status",
        over="resolved closed merged",
        due="resolution_due_at",
        sort="-opened_at",
        find="number status",
        add="subject description contact_id organisation_id equipment_id impact urgency queue_id",
        form="subject description contact_id organisation_id equipment_id impact urgency kind origin queue_id",
        more="product_id fault_code opened_at",
        later="owner_id team_id resolution",
        screen="cases",
        page="case",
        empty=N_("What customers ask, report and complain about stands here. Add one, or import a file."),
    ),
    Card(
        model=CaseStep,
        list="case_id at activity resource",
        sort="-at",
        form="case_id at activity resource",
        page="case",
    ),
    Card(
        model=Contract,
        list="name number organisation_id equipment_id starts_on ends_on covers",
        sort="-ends_on",
        form="name number equipment_id organisation_id starts_on ends_on covers price_minor",
        more="currency owner_id team_id notes",
        screen="contracts",
        page="contracts",
        empty=N_(
            "A contract says what you do for a unit, or for all units of an organisation, and until when. Cases and visits "
            "then say by themselves what is covered."
        ),
    ),
    Card(
        model=Equipment,
        list="name organisation_id status installed_on warranty_until meter_value owner_id",
        pill="status",
        find="serial place",
        add="serial product_id organisation_id contact_id place installed_on warranty_until",
        form="serial product_id organisation_id contact_id place installed_on warranty_until warranty_covers meter_unit "
        "status",
        more="name meter_value retired_on observed_since age_years owner_id team_id notes",
        screen="equipment_list",
        page="equipment",
        empty=N_(
            "What you sold and now look after stands here: with its serial, its place and what is covered. Add a unit, or "
            "import your list of machines."
        ),
    ),
    Card(
        model=MaintenancePlan,
        list="name equipment_id every_months every_days every_usage last_done_on next_due_on owner_id",
        sort="next_due_on",
        due="next_due_on",
        form="name equipment_id every_months every_days every_usage lead_days minutes checklist next_due_on",
        more="last_done_on last_done_meter is_active owner_id team_id",
        screen="maintenance_plans",
        page="maintenance_plans",
        empty=N_(
            "A plan makes the visits that return: every so many months or days, or whenever the meter has grown by so "
            "much, whichever comes first."
        ),
    ),
    Card(
        model=WorkOrder,
        number="W",
        list="title number status planned_on equipment_id organisation_id owner_id",
        pill="status",
        over="done cancelled",
        due="planned_on",
        sort="planned_on",
        form="title kind equipment_id organisation_id planned_on owner_id",
        more="minutes contact_id case_id plan_id fault_code team_id",
        later="report",
        screen="work_orders",
        page="work_order",
        empty=N_(
            "A visit is planned from a case, from a unit or here; maintenance plans make theirs by themselves."
        ),
    ),
    Card(
        model=Failure,
        list="equipment_id failed_at part code",
        form="equipment_id failed_at part code note",
        page="equipment",
    ),
    Card(model=PartChange, list="equipment_id at part", form="equipment_id at part", page="equipment"),
    Card(
        model=MeterReading,
        list="equipment_id at value source",
        form="equipment_id at value",
        page="equipment",
    ),
    Card(
        model=EquipmentEvent,
        list="equipment_id at code detail",
        form="equipment_id at code detail",
        page="equipment",
    ),
)
