"""What happens to a unit: readings, failures, changed parts, messages, and what the survival analysis says of it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Float, UniqueConstraint

from db.models.base import (
    Base,
    ForeignKey,
    Index,
    Mapped,
    about,
    mapped_column,
    text,
    utc_now,
)

_UNIT = about("Equipment", "link", link="equipment", required=True, filter=True,
              aliases=("machine", "machineid", "machine id", "asset", "unit", "serial", "serial number", "system"))  # fmt: skip


class MeterReading(Base):
    """What a unit's usage meter showed at a moment."""

    __tablename__ = "meter_readings"
    __guard__ = ("equipment_id",)
    __entity__ = "equipment"
    __about__ = {"label": "Meter reading", "plural": "Meter readings", "icon": ":material/speed:", "title": "source",
                 "keys": (), "aliases": ("meter readings", "telemetry", "counter readings")}  # fmt: skip
    __table_args__ = (Index("ix_meter_readings_unit", "equipment_id", "at"),)

    equipment_id: Mapped[int] = mapped_column(ForeignKey("equipment.id", ondelete="CASCADE"), info=_UNIT)
    at: Mapped[datetime] = mapped_column(
        default=utc_now,
        info=about("When", "datetime", sort=True, aliases=("datetime", "date", "time")),
    )
    value: Mapped[float] = mapped_column(
        Float,
        info=about("Value", "number", required=True, minimum=0, aliases=("meter", "reading", "counter")),
    )
    source: Mapped[str | None] = mapped_column(text(40), info=about("Source", "text"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    import_id: Mapped[int | None] = mapped_column(ForeignKey("imports.id"), index=True)


class Failure(Base):
    """A part of a unit failed. ``part`` blank: the unit as a whole."""

    __tablename__ = "failures"
    __guard__ = ("equipment_id",)
    __entity__ = "equipment"
    __about__ = {"label": "Failure", "plural": "Failures", "icon": ":material/report:", "title": "part",
                 "keys": (), "aliases": ("failures", "breakdowns", "faults", "pdm_failures")}  # fmt: skip
    __table_args__ = (Index("ix_failures_unit", "equipment_id", "part", "failed_at"),)

    equipment_id: Mapped[int] = mapped_column(ForeignKey("equipment.id", ondelete="CASCADE"), info=_UNIT)
    failed_at: Mapped[datetime] = mapped_column(
        default=utc_now,
        index=True,
        info=about(
            "Failed",
            "datetime",
            required=True,
            sort=True,
            filter=True,
            aliases=("datetime", "date", "time", "failure date", "failed at"),
        ),
    )
    part: Mapped[str | None] = mapped_column(
        text(80),
        info=about(
            "Part",
            "text",
            filter=True,
            sort=True,
            aliases=("failure", "component", "comp", "failed part"),
        ),
    )
    code: Mapped[str | None] = mapped_column(
        text(60),
        info=about("Fault code", "text", filter=True, aliases=("fault", "error code", "mode")),
    )
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)
    work_order_id: Mapped[int | None] = mapped_column(ForeignKey("work_orders.id"), index=True)
    note: Mapped[str | None] = mapped_column(text(2000), info=about("Note", "longtext"))
    import_id: Mapped[int | None] = mapped_column(ForeignKey("imports.id"), index=True)


class PartChange(Base):
    """A part of a unit was put in new, after a failure or planned."""

    __tablename__ = "part_changes"
    __guard__ = ("equipment_id",)
    __entity__ = "equipment"
    __about__ = {"label": "Part change", "plural": "Part changes", "icon": ":material/build:", "title": "part",
                 "keys": (),
                 "aliases": ("maintenance", "maintenance records", "replacements", "pdm_maint", "maint")}  # fmt: skip
    __table_args__ = (Index("ix_part_changes_unit", "equipment_id", "part", "at"),)

    equipment_id: Mapped[int] = mapped_column(ForeignKey("equipment.id", ondelete="CASCADE"), info=_UNIT)
    at: Mapped[datetime] = mapped_column(
        default=utc_now,
        info=about(
            "When",
            "datetime",
            required=True,
            sort=True,
            filter=True,
            aliases=("datetime", "date", "time", "replaced at"),
        ),
    )
    part: Mapped[str] = mapped_column(
        text(80),
        info=about("Part", "text", required=True, filter=True, aliases=("component", "comp")),
    )
    work_order_id: Mapped[int | None] = mapped_column(ForeignKey("work_orders.id"), index=True)
    import_id: Mapped[int | None] = mapped_column(ForeignKey("imports.id"), index=True)


class EquipmentEvent(Base):
    """An error or message that a unit reported by itself."""

    __tablename__ = "equipment_events"
    __guard__ = ("equipment_id",)
    __entity__ = "equipment"
    __about__ = {"label": "Equipment message", "plural": "Equipment messages", "icon": ":material/notifications:",
                 "title": "code", "keys": (), 
                 "aliases": ("errors", "alarms", "events", "pdm_errors")}  # fmt: skip
    __table_args__ = (Index("ix_equipment_events_unit", "equipment_id", "at"),)

    equipment_id: Mapped[int] = mapped_column(ForeignKey("equipment.id", ondelete="CASCADE"), info=_UNIT)
    at: Mapped[datetime] = mapped_column(
        default=utc_now,
        info=about(
            "When",
            "datetime",
            required=True,
            sort=True,
            filter=True,
            aliases=("datetime", "date", "time"),
        ),
    )
    code: Mapped[str] = mapped_column(
        text(60),
        info=about(
            "Code",
            "text",
            required=True,
            filter=True,
            aliases=("errorid", "error id", "error", "alarm"),
        ),
    )
    detail: Mapped[str | None] = mapped_column(text(500), info=about("Text", "text"))
    import_id: Mapped[int | None] = mapped_column(ForeignKey("imports.id"), index=True)


class UnitRisk(Base):
    """What the survival analysis says of a unit and part: chances of failure from the day it was computed, given
    survival so far, and the median time left in days with its interval. ``basis`` holds method, parameters, n, failures."""

    __tablename__ = "unit_risks"
    __guard__ = ("equipment_id",)
    __entity__ = "equipment"
    __logged__ = False
    __table_args__ = (UniqueConstraint("equipment_id", "part"), Index("ix_unit_risks_next", "risk_90"))

    equipment_id: Mapped[int] = mapped_column(ForeignKey("equipment.id", ondelete="CASCADE"))
    part: Mapped[str] = mapped_column(text(80), default="")
    computed_at: Mapped[datetime] = mapped_column(default=utc_now)
    age_days: Mapped[float] = mapped_column(Float)
    risk_30: Mapped[float] = mapped_column(Float)
    risk_90: Mapped[float] = mapped_column(Float)
    risk_365: Mapped[float] = mapped_column(Float)
    median_days: Mapped[float | None] = mapped_column(Float)
    low_days: Mapped[float | None] = mapped_column(Float)
    high_days: Mapped[float | None] = mapped_column(Float)
    basis: Mapped[dict[str, Any]] = mapped_column(default=dict)
    #: Until when the responsible person does not want to see the proposal.
    dismissed_until: Mapped[date | None]
