"""What points to a record is found by an index when the record goes: without one each removal read a whole table."""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

#: Table and the column that points elsewhere.
LINKS = (
    ("case_messages", "merged_from_id"),
    ("outbox", "case_id"),
    ("outbox", "member_id"),
    ("work_order_parts", "product_id"),
)


def upgrade() -> None:
    """An index for each."""
    for table, column in LINKS:
        op.create_index(f"ix_{table}_{column}", table, [column])


def downgrade() -> None:
    """Without again."""
    for table, column in reversed(LINKS):
        op.drop_index(f"ix_{table}_{column}", table)
