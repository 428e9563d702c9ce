"""Whose numbers and dates a person reads is a choice beside the language."""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One column."""
    with op.batch_alter_table("users") as table:
        table.add_column(sa.Column("formats", sa.String(length=20), nullable=True))


def downgrade() -> None:
    """Without it."""
    with op.batch_alter_table("users") as table:
        table.drop_column("formats")
