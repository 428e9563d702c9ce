"""Of what a member of a campaign bought, all currencies without a rate."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("campaign_members", sa.Column("beside", sa.String(length=1000), nullable=True))


def downgrade() -> None:
    """Without again."""
    op.drop_column("campaign_members", "beside")
