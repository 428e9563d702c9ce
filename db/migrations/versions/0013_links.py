"""What leads, deals, tasks and outgoing messages belong to."""

import sqlalchemy as sa
from alembic import op

import db.types

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

#: Table, column, the table it points to, whether it has an index of its own.
LINKS = (
    ("leads", "campaign_id", "campaigns", True),
    ("deals", "campaign_id", "campaigns", True),
    ("tasks", "case_id", "cases", True),
    ("outbox", "campaign_id", "campaigns", False),
    ("outbox", "member_id", "campaign_members", False),
    ("outbox", "case_id", "cases", False),
)


def upgrade() -> None:
    """Add the columns in place: rebuilding a table would drop the triggers that feed its search."""
    for table, column, target, indexed in LINKS:
        name = f"fk_{table}_{column}"
        if op.get_bind().dialect.name == "sqlite":
            op.execute(
                f"ALTER TABLE {table} ADD COLUMN {column} INTEGER CONSTRAINT {name} REFERENCES {target} (id)"
            )
        else:
            op.add_column(table, sa.Column(column, db.types.Id, sa.ForeignKey(f"{target}.id", name=name)))
        if indexed:
            op.create_index(f"ix_{table}_{column}", table, [column])
    op.add_column("outbox", sa.Column("state", sa.String(10), server_default="queued", nullable=False))
    op.add_column("outbox", sa.Column("handed_at", db.types.UtcDateTime()))
    op.add_column("outbox", sa.Column("owner", sa.String(80)))
    op.create_index("ix_outbox_waiting", "outbox", ["state", "due_at", "id"])
    op.create_index("ix_outbox_campaign", "outbox", ["campaign_id", "state"])


def downgrade() -> None:
    """Take them away again."""
    op.drop_index("ix_outbox_campaign", "outbox")
    op.drop_index("ix_outbox_waiting", "outbox")
    for column in ("owner", "handed_at", "state"):
        op.drop_column("outbox", column)
    for table, column, _target, indexed in reversed(LINKS):
        if indexed:
            op.drop_index(f"ix_{table}_{column}", table)
        op.drop_column(table, column)
