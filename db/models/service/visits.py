"""Maintenance plans and the work orders they and cases lead to."""

from __future__ import annotations

from datetime import date, time
from typing import Any

from sqlalchemy import Float, Time

from db.models.base import Base, Business, ForeignKey, Index, Json, Mapped, about, listed, mapped_column, text
from db.types import Money

WORK_KINDS = (
    ("repair", "Repair"),
    ("maintenance", "Maintenance"),
    ("installation", "Installation"),
    ("inspection", "Inspection"),
)
WORK_STATUS = (
    ("planned", "Planned"),
    ("under_way", "Under way"),
    ("done", "Done"),
    ("cancelled", "Cancelled"),
)


class MaintenancePlan(Business, Base):
    """Work that returns by time, by usage, or by whichever comes first; it makes work orders ahead."""

    __tablename__ = "maintenance_plans"
    __guard__ = "self"
    __entity__ = "work_order"
    __about__ = {
        "label": "Maintenance plan",
        "plural": "Maintenance plans",
        "icon": ":material/event_repeat:",
        "title": "name",
        "keys": (),
        "together": (("equipment_id", "name"),),
        "aliases": ("maintenance schedule", "preventive maintenance"),
    }
    __table_args__ = (*listed("maintenance_plans", "name"),)

    name: Mapped[str] = mapped_column(
        text(), info=about("Name", "text", required=True, search=True, sort=True)
    )
    equipment_id: Mapped[int] = mapped_column(
        ForeignKey("equipment.id"),
        index=True,
        info=about("Equipment", "link", link="equipment", required=True, filter=True),
    )
    every_days: Mapped[int | None] = mapped_column(
        info=about("Every", "integer", unit="days", minimum=1, maximum=3660)
    )
    every_months: Mapped[int | None] = mapped_column(
        info=about("Every (months)", "integer", unit="months", minimum=1, maximum=120)
    )
    every_usage: Mapped[float | None] = mapped_column(
        Float,
        info=about("Every (meter)", "number", minimum=0, help="In the unit of the meter"),
    )
    lead_days: Mapped[int] = mapped_column(
        default=14,
        server_default="14",
        info=about("Made ahead", "integer", unit="days", minimum=0, maximum=365),
    )
    #: Texts of the steps, copied into each work order.
    checklist: Mapped[list[str]] = mapped_column(
        default=list, server_default="[]", info=about("Checklist", "tags")
    )
    minutes: Mapped[int | None] = mapped_column(
        info=about("Takes", "integer", unit="min", minimum=0, maximum=10_000)
    )
    last_done_on: Mapped[date | None] = mapped_column(info=about("Last done", "date", sort=True))
    last_done_meter: Mapped[float | None] = mapped_column(
        Float, info=about("Meter when last done", "number", minimum=0)
    )
    next_due_on: Mapped[date | None] = mapped_column(
        index=True, info=about("Next due", "date", sort=True, filter=True)
    )
    is_active: Mapped[bool] = mapped_column(
        default=True, server_default="1", info=about("Active", "boolean", filter=True)
    )


class WorkOrder(Business, Base):
    """A planned or done visit; its owner is the technician."""

    __tablename__ = "work_orders"
    __guard__ = "self"
    __entity__ = "work_order"
    __about__ = {
        "label": "Work order",
        "plural": "Work orders",
        "icon": ":material/home_repair_service:",
        "title": "title",
        "keys": ("number",),
        "aliases": ("visits", "service visits", "jobs", "service orders", "field service"),
    }
    __table_args__ = (
        *listed("work_orders", "title"),
        Index("ix_work_orders_day", "owner_id", "planned_on", "status"),
        Index("ix_work_orders_due", "status", "planned_on"),
        Index("ix_work_orders_planned", "planned_on", "id"),
        Index("ix_work_orders_changed", "changed_at", "id"),
    )

    number: Mapped[str] = mapped_column(
        text(60),
        unique=True,
        info=about("Number", "text", search=True, aliases=("id", "work order number", "order number")),
    )
    title: Mapped[str] = mapped_column(
        text(500),
        info=about(
            "Title",
            "text",
            required=True,
            search=True,
            sort=True,
            aliases=("subject", "name", "work"),
        ),
    )
    kind: Mapped[str] = mapped_column(
        text(20),
        default="repair",
        server_default="repair",
        info=about("Kind", "choice", choices=WORK_KINDS, filter=True, aliases=("type",)),
    )
    status: Mapped[str] = mapped_column(
        text(20),
        default="planned",
        server_default="planned",
        info=about("Status", "choice", choices=WORK_STATUS, filter=True),
    )
    equipment_id: Mapped[int | None] = mapped_column(
        ForeignKey("equipment.id"),
        index=True,
        info=about(
            "Equipment",
            "link",
            link="equipment",
            filter=True,
            aliases=("machine", "unit", "serial", "asset"),
        ),
    )
    organisation_id: Mapped[int | None] = mapped_column(
        ForeignKey("organisations.id"),
        index=True,
        info=about(
            "Organisation",
            "link",
            link="organisation",
            filter=True,
            aliases=("customer", "account", "company"),
        ),
    )
    contact_id: Mapped[int | None] = mapped_column(
        ForeignKey("contacts.id"), index=True, info=about("Contact", "link", link="contact")
    )
    case_id: Mapped[int | None] = mapped_column(
        ForeignKey("cases.id"), index=True, info=about("Case", "link", link="case", filter=True)
    )
    plan_id: Mapped[int | None] = mapped_column(
        ForeignKey("maintenance_plans.id"),
        index=True,
        info=about("Maintenance plan", "link", link="maintenance_plan", aliases=("plan",)),
    )
    planned_on: Mapped[date | None] = mapped_column(
        info=about(
            "Planned",
            "date",
            sort=True,
            filter=True,
            aliases=("date", "planned date", "visit date", "scheduled"),
        ),
    )
    planned_at: Mapped[time | None] = mapped_column(Time)
    minutes: Mapped[int | None] = mapped_column(
        info=about(
            "Takes", "integer", unit="min", minimum=1, maximum=10_000, aliases=("duration", "planned minutes")
        )
    )
    done_on: Mapped[date | None] = mapped_column(
        info=about(
            "Done",
            "date",
            sort=True,
            filter=True,
            aliases=("done on", "completed", "completion date"),
        ),
    )
    #: Steps as ``{"text": …, "done": bool}``.
    checklist: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list, server_default="[]")
    report: Mapped[str | None] = mapped_column(
        text(10000),
        info=about("Report", "longtext", aliases=("work done", "notes", "description")),
    )
    fault_code: Mapped[str | None] = mapped_column(text(60), info=about("Fault code", "text", filter=True))
    meter_value: Mapped[float | None] = mapped_column(Float, info=about("Meter", "number", minimum=0))
    hours: Mapped[float | None] = mapped_column(
        Float,
        info=about("Hours", "number", minimum=0, maximum=1000, aliases=("labour hours", "time spent")),
    )
    labour_minor: Mapped[int | None] = mapped_column(
        Money, info=about("Labour cost", "money", currency="currency", minimum=0)
    )
    parts_minor: Mapped[int | None] = mapped_column(
        Money, info=about("Parts cost", "money", currency="currency", minimum=0)
    )
    currency: Mapped[str | None] = mapped_column(text(3), info=about("Currency", "currency"))
    #: ``warranty``, ``contract`` or ``none``, as it was on the day of the visit.
    covered: Mapped[str | None] = mapped_column(text(10))
    next_on: Mapped[date | None] = mapped_column(info=about("Next visit", "date", sort=True))


class WorkOrderPart(Base):
    """A part used in a visit."""

    __tablename__ = "work_order_parts"
    __guard__ = ("work_order_id",)
    __entity__ = "work_order"
    __table_args__ = (Index("ix_work_order_parts_order", "work_order_id"),)

    work_order_id: Mapped[int] = mapped_column(ForeignKey("work_orders.id", ondelete="CASCADE"))
    product_id: Mapped[int | None] = mapped_column(ForeignKey("products.id"), index=True)
    name: Mapped[str] = mapped_column(text(80))
    quantity: Mapped[float] = mapped_column(Float, default=1.0)
    unit_cost_minor: Mapped[int | None] = mapped_column(Money)
    currency: Mapped[str | None] = mapped_column(text(3))
    #: Put in because the old one had failed, not by plan.
    after_failure: Mapped[bool] = mapped_column(default=False, server_default="0")
