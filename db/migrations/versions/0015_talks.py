"""What a talk or task was about, beyond a deal, and the hour by which a task is due."""

import sqlalchemy as sa
from alembic import op

import db.types

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

#: Table, column, the table it points to, and the columns of its index.
LINKS = (
    ("interactions", "case_id", "cases", "ix_interactions_case", ("case_id", "happened_at")),
    ("interactions", "campaign_id", "campaigns", "ix_interactions_campaign", ("campaign_id", "happened_at")),
    ("tasks", "campaign_id", "campaigns", "ix_tasks_campaign_id", ("campaign_id",)),
)


def upgrade() -> None:
    """Add the columns in place: rebuilding a table would drop the triggers that feed its search."""
    for table, column, target, index, columns in LINKS:
        name = f"fk_{table}_{column}"
        if op.get_bind().dialect.name == "sqlite":
            op.execute(
                f"ALTER TABLE {table} ADD COLUMN {column} INTEGER CONSTRAINT {name} REFERENCES {target} (id)"
            )
        else:
            op.add_column(table, sa.Column(column, db.types.Id, sa.ForeignKey(f"{target}.id", name=name)))
        op.create_index(index, table, list(columns))
    op.add_column("tasks", sa.Column("due_time", sa.String(5)))


def downgrade() -> None:
    """Take them away again."""
    op.drop_column("tasks", "due_time")
    for table, column, _target, index, _columns in reversed(LINKS):
        op.drop_index(index, table)
        op.drop_column(table, column)
