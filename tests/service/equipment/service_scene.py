"""Several hundred cases of every kind, seeded, for recounting the reports on service."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from crm.service.defaults import ensure_service_defaults
from crm.work import SYSTEM, unit_of_work
from db.models import Case, CaseMessage, Import, Product, Queue, ServicePolicy, WorkOrder

NOW = datetime.now(UTC).replace(microsecond=0)
STATUSES = ("new", "open", "waiting", "resolved", "closed", "merged")


def fill_service(people: dict[str, Any], *, cases: int = 240, seed: int = 7) -> None:
    """Cases of the last 200 days: answered, late, waiting, reopened, rated, merged, archived, imported."""
    dice = random.Random(seed)
    with unit_of_work(SYSTEM) as work:
        ensure_service_defaults(work)
        policies = list(work.session.scalars(select(ServicePolicy.id)))
        queues = [None, *work.session.scalars(select(Queue.id))]
        product = Product(name="Duo 3", name_key="duo 3")
        batch = Import(name="tickets.csv", state="done")
        work.session.add_all([product, batch])
        work.session.flush()
        owners = [people["stan"], people["mona"], people["sue"]]
        for number in range(cases):
            owner = dice.choice(owners)
            row = _case(dice, number, policies)
            row.owner_id, row.team_id = (
                (owner.user_id, owner.teams[0]) if dice.random() < 0.9 else (None, None)
            )
            row.queue_id = dice.choice(queues)
            row.product_id = product.id if dice.random() < 0.3 else None
            row.import_id = batch.id if dice.random() < 0.2 else None
            work.session.add(row)
            work.session.flush()
            for step in range(dice.choice((0, 1, 2, 3))):
                kind = dice.choice(("reply", "reply", "customer", "note"))
                at = row.opened_at + timedelta(hours=step)
                work.session.add(CaseMessage(case_id=row.id, kind=kind, body="…", at=at))
        for number in range(12):
            owner = dice.choice(owners)
            status = dice.choice(("planned", "under_way", "done", "cancelled")) if number else "planned"
            day = (NOW + timedelta(days=dice.randint(-20, 20))).date() if number else None
            work.session.add(
                WorkOrder(
                    number=f"W-{number}", title="Change the burrs", planned_on=day, owner_id=owner.user_id,
                    team_id=owner.teams[0], status=status,
                )
            )  # fmt: skip


def _case(dice: random.Random, number: int, policies: list[int]) -> Case:
    status = dice.choice(STATUSES)
    opened = NOW - timedelta(minutes=dice.randint(10, 200 * 1440))
    row = Case(
        number=f"C-{number}",
        subject=f"Case {number}",
        status=status,
        priority=dice.choice(("critical", "high", "normal", "low")),
        opened_at=opened,
        reopened=dice.choice((0, 0, 0, 1, 2)),
        fault_code=dice.choice((None, "E12", "E40")),
        archived_at=NOW if dice.random() < 0.05 else None,
    )
    if dice.random() < 0.8:
        row.policy_id = dice.choice(policies)
        row.response_due_at = opened + timedelta(hours=dice.randint(1, 400))
        row.resolution_due_at = row.response_due_at + timedelta(hours=dice.randint(1, 800))
    if dice.random() < 0.6:
        row.first_response_at = min(NOW, opened + timedelta(hours=dice.randint(1, 500)))
    if status in ("resolved", "closed"):
        row.resolved_at = min(NOW, opened + timedelta(hours=dice.randint(1, 1500)))
        row.closed_at = row.resolved_at if status == "closed" else None
        if dice.random() < 0.5:
            row.satisfaction = dice.randint(1, 5)
            row.satisfaction_at = row.resolved_at if dice.random() < 0.5 else None
    if status == "waiting":
        row.waiting_since = min(NOW, opened + timedelta(hours=dice.randint(1, 700)))
    return row
