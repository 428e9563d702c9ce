"""Load the sample company into an empty database."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import chain

from sqlalchemy import Connection, Engine, select

from crm.access.people import ensure_roles
from crm.campaigns.segments.segments import recount
from crm.clock import today as this_day
from crm.errors import Refused
from crm.firm.firm import set_firm
from crm.i18n import _
from crm.pipeline.defaults import ensure_defaults
from crm.sample.marketing.marketing import consent_tables, marketing_tables, member_tables
from crm.sample.marketing.social import social_tables
from crm.sample.people.parties import contact_tables, draw_contacts, draw_organisations, organisation_tables
from crm.sample.people.staff import MANAGER, SERVICE, staff_tables, target_tables
from crm.sample.selling.deals import deal_tables, draw_deals, goods_tables
from crm.sample.selling.goods import FIRM
from crm.sample.selling.leads import lead_tables
from crm.sample.selling.sales import draw_sales, sales_tables
from crm.sample.selling.talks import talk_tables
from crm.sample.service.cases import case_tables, draw_cases
from crm.sample.service.units import draw_units, unit_tables
from crm.sample.service.visits import visit_tables
from crm.sample.store import continue_counting, store
from crm.sample.world import SCALES, Columns, ScaleName, World
from crm.service.defaults import ensure_service_defaults
from crm.work import SYSTEM, Work
from db.models import Base, LossReason, Queue, Segment, ServicePolicy, Stage
from db.scope import ScopedSession
from db.session import refresh_statistics

#: What has to be empty; roles, pipelines and settings may be there already.
_FILLED = (
    "teams",
    "users",
    "categories",
    "products",
    "organisations",
    "contacts",
    "deals",
    "orders",
    "order_lines",
    "interactions",
    "tasks",
    "leads",
    "equipment",
    "cases",
    "campaigns",
)
_TABLES_IN_ALL = 45


@dataclass(frozen=True, slots=True)
class SampleReport:
    """What was loaded: rows by table, and how long it took."""

    scale: ScaleName
    seed: int
    today: date
    rows: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0


def load_sample(
    engine: Engine,
    *,
    scale: ScaleName = "small",
    seed: int = 1,
    today: date | None = None,
    progress: Callable[[float, str], None] | None = None,
) -> SampleReport:
    """Fill a migrated database that has no records yet with a believable firm, in one transaction.

    Parameters
    ----------
    engine : Engine
    scale : "small" or "large"
        Small is for trying things, large is the company of the budgets (a million sales lines).
    seed : int
        The same seed on the same day gives the same company.
    today : date, optional
        The day at which the company's history ends; the firm's current day when not given.
    progress : callable, optional
        Is told the share done, 0 to 1, and the table just filled.

    Raises
    ------
    Refused
        The database holds records already.
    """
    begun = time.perf_counter()
    day = today or this_day()
    with ScopedSession(engine, SYSTEM, cause="sample") as session, session.begin():
        connection = session.connection(execution_options={"system": True})
        _demand_empty(connection)
        work = Work(session, SYSTEM, datetime.now(UTC))
        set_firm(work, name=FIRM, currency="EUR", is_sample=True)
        world = _world(work, scale, seed, day)
        rows: dict[str, int] = {}
        for at, (table, columns) in enumerate(_tables(world), start=1):
            rows[table] = rows.get(table, 0) + store(connection, table, columns)
            if progress is not None:
                progress(min(1.0, at / _TABLES_IN_ALL), table)
        # A broken promise goes to the manager, what nobody has to the service team; both exist only now.
        for queue in session.scalars(select(Queue)):
            queue.team_id = SERVICE + 1
        for policy in session.scalars(select(ServicePolicy)):
            policy.escalate_to_id = MANAGER + 1
        session.flush()
        continue_counting(connection, [Base.metadata.tables[name] for name in rows])
        refresh_statistics(connection)
        for segment_id in session.scalars(select(Segment.id)).all():
            recount(work, segment_id)
    return SampleReport(scale, seed, day, rows, time.perf_counter() - begun)


def _demand_empty(connection: Connection) -> None:
    for name in _FILLED:
        if connection.execute(select(Base.metadata.tables[name].c.id).limit(1)).first() is not None:
            raise Refused(_("This database holds records already. Load the sample company into a new one."))


def _world(work: Work, scale: ScaleName, seed: int, today: date) -> World:
    role_ids = ensure_roles(work)
    pipeline = ensure_defaults(work)
    ensure_service_defaults(work)
    stages = select(Stage.id).where(Stage.pipeline_id == pipeline.id).order_by(Stage.position)
    return World(
        today=today,
        seed=seed,
        scale=SCALES[scale],
        role_ids=role_ids,
        stage_ids=list(work.session.scalars(stages)),
        pipeline_id=pipeline.id,
        loss_reason_ids=list(work.session.scalars(select(LossReason.id).order_by(LossReason.position))),
        queue_ids=list(work.session.scalars(select(Queue.id).order_by(Queue.position))),
        policy_ids=list(work.session.scalars(select(ServicePolicy.id).order_by(ServicePolicy.position))),
        clock=work.now,
    )


def _tables(world: World) -> Iterator[tuple[str, Columns]]:
    """Every table with its rows, those that others point to first."""
    staff = list(staff_tables(world))
    draw_organisations(world)
    draw_contacts(world)
    draw_deals(world)
    draw_sales(world)
    draw_units(world)
    draw_cases(world)
    return chain(
        staff,
        target_tables(world),
        goods_tables(world),
        organisation_tables(world),
        contact_tables(world),
        consent_tables(world),
        marketing_tables(world),
        deal_tables(world),
        sales_tables(world),
        talk_tables(world),
        lead_tables(world),
        unit_tables(world),
        case_tables(world),
        visit_tables(world),
        member_tables(world),
        social_tables(world),
    )
