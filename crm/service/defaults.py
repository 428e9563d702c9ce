"""What service starts with: a calendar, two queues and a promise per priority."""

from __future__ import annotations

from sqlalchemy import select

from crm import clock
from crm.clock import zones
from crm.i18n import _
from crm.service.levels.working_time_rules import known_countries
from crm.work import Work
from db.models import Queue, ServicePolicy, WorkCalendar

OFFICE = {str(day): [["08:00", "17:00"]] for day in range(5)}
#: Name, priority, working minutes to the first answer and to the solution.
POLICIES = (
    ("Critical", "critical", 30, 4 * 60),
    ("High", "high", 60, 8 * 60),
    ("Normal", "normal", 4 * 60, 24 * 60),
    ("Low", "low", 8 * 60, 40 * 60),
)
QUEUES = ("Support", "Field service")


def ensure_service_defaults(work: Work) -> None:
    """Put in what a firm without calendars, queues or policies starts with; what there is stays as it is."""
    calendar = work.session.scalars(
        select(WorkCalendar).order_by(WorkCalendar.is_default.desc(), WorkCalendar.id).limit(1)
    ).first()
    if calendar is None:
        zone, country = clock.time_zone(), clock.country()
        calendar = WorkCalendar(
            name=_("Office hours"),
            time_zone=zone if zone in zones() else "UTC",
            hours=OFFICE,
            country=country if country in known_countries() else None,
            is_default=True,
        )
        work.session.add(calendar)
        work.session.flush()
    if work.session.scalars(select(Queue.id).limit(1)).first() is None:
        work.session.add_all(Queue(name=_(name), position=at) for at, name in enumerate(QUEUES))
    if work.session.scalars(select(ServicePolicy.id).limit(1)).first() is None:
        work.session.add_all(
            ServicePolicy(
                name=_(name),
                priority=priority,
                calendar_id=calendar.id,
                response_minutes=response,
                resolution_minutes=resolution,
                position=at,
            )
            for at, (name, priority, response, resolution) in enumerate(POLICIES)
        )
    work.session.flush()
