"""How long a visit takes."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One column."""
    op.add_column("work_orders", sa.Column("minutes", sa.Integer()))


def downgrade() -> None:
    """Without it."""
    op.drop_column("work_orders", "minutes")
