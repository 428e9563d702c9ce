"""The list of tasks walks an index in its own order, by the day they are due."""

from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One index."""
    op.create_index("ix_tasks_due", "tasks", ["due_on", "id"])


def downgrade() -> None:
    """Without it."""
    op.drop_index("ix_tasks_due", "tasks")
