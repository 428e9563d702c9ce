"""Maintenance that returns by the months of the calendar."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One column."""
    op.add_column("maintenance_plans", sa.Column("every_months", sa.Integer()))


def downgrade() -> None:
    """Without it."""
    op.drop_column("maintenance_plans", "every_months")
