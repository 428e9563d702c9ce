"""Queues, calendars of working hours, and what is promised to whom."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Float

from db.models.base import Base, ForeignKey, Mapped, Versioned, mapped_column, text


class Queue(Versioned, Base):
    """Where cases wait for somebody to take them."""

    __tablename__ = "queues"
    __guard__ = "open"
    __entity__ = "setting"
    __about__ = {"label": "Queue", "title": "name"}

    name: Mapped[str] = mapped_column(text(), unique=True)
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"))
    position: Mapped[int] = mapped_column(default=0)
    is_active: Mapped[bool] = mapped_column(default=True, server_default="1")


class WorkCalendar(Versioned, Base):
    """Working hours by weekday in one time zone, with the holidays of a country and the firm's own closed days.

    ``hours`` maps a weekday (``"0"`` Monday to ``"6"``) to intervals ``["08:00", "17:00"]``; ``closed`` lists ISO dates.
    """

    __tablename__ = "work_calendars"
    __guard__ = "open"
    __entity__ = "setting"
    __about__ = {"label": "Calendar", "title": "name"}

    name: Mapped[str] = mapped_column(text(), unique=True)
    time_zone: Mapped[str] = mapped_column(text(60))
    hours: Mapped[dict[str, Any]] = mapped_column(default=dict)
    country: Mapped[str | None] = mapped_column(text(2))
    subdivision: Mapped[str | None] = mapped_column(text(10))
    closed: Mapped[list[str]] = mapped_column(default=list, server_default="[]")
    is_default: Mapped[bool] = mapped_column(default=False, server_default="0")


class ServicePolicy(Versioned, Base):
    """First answer and solution in working minutes. The most particular one applies: customer and priority, customer,
    priority, all."""

    __tablename__ = "service_policies"
    __guard__ = "open"
    __entity__ = "setting"
    __about__ = {"label": "Service level", "title": "name"}

    name: Mapped[str] = mapped_column(text(), unique=True)
    priority: Mapped[str | None] = mapped_column(text(10))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    calendar_id: Mapped[int] = mapped_column(ForeignKey("work_calendars.id"))
    response_minutes: Mapped[int | None]
    resolution_minutes: Mapped[int | None]
    #: The share of the time after which the owner is warned.
    warn_share: Mapped[float] = mapped_column(Float, default=0.8, server_default="0.8")
    #: Who gets a task when a promise is broken.
    escalate_to_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    position: Mapped[int] = mapped_column(default=0)
    is_active: Mapped[bool] = mapped_column(default=True, server_default="1")
