"""Stays in a stage add up: an open deal that came back counts from as long ago as it was there before."""

from datetime import timedelta
from itertools import pairwise
from typing import Any

import sqlalchemy as sa
from alembic import op

from db.types import UtcDateTime

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

DEALS = sa.table(
    "deals",
    sa.column("id"),
    sa.column("stage_id"),
    sa.column("status"),
    sa.column("stage_since", UtcDateTime()),
)
STEPS = sa.table(
    "stage_changes",
    sa.column("id"),
    sa.column("deal_id"),
    sa.column("to_stage_id"),
    sa.column("at", UtcDateTime()),
)


def _came_back() -> dict[int, list[tuple[int, Any]]]:
    """The ways of open deals that were more than once in the stage where they are now."""
    again = (
        sa.select(DEALS.c.id)
        .join(STEPS, sa.and_(STEPS.c.deal_id == DEALS.c.id, STEPS.c.to_stage_id == DEALS.c.stage_id))
        .where(DEALS.c.status == "open")
        .group_by(DEALS.c.id)
        .having(sa.func.count() > 1)
    )
    asked = sa.select(STEPS.c.deal_id, STEPS.c.to_stage_id, STEPS.c.at)
    ways: dict[int, list[tuple[int, Any]]] = {}
    for deal, stage, at in op.get_bind().execute(
        asked.where(STEPS.c.deal_id.in_(again)).order_by(STEPS.c.id)
    ):
        ways.setdefault(deal, []).append((stage, at))
    return ways


def upgrade() -> None:
    """Count earlier stays in."""
    for deal, way in _came_back().items():
        here, since = way[-1]
        stays = (max(end - at, timedelta()) for (stage, at), (_next, end) in pairwise(way) if stage == here)
        op.execute(
            DEALS.update()
            .where(DEALS.c.id == deal, DEALS.c.stage_id == here)
            .values(stage_since=since - sum(stays, timedelta()))
        )


def downgrade() -> None:
    """The clock starts at the last move again."""
    for deal, way in _came_back().items():
        op.execute(
            DEALS.update()
            .where(DEALS.c.id == deal, DEALS.c.stage_id == way[-1][0])
            .values(stage_since=way[-1][1])
        )
