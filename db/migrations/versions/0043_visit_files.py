"""Files of visits, such as photos."""

import sqlalchemy as sa
from alembic import op

import db.types

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One column with its index; a copy of the table would lose the triggers of its search."""
    key = sa.ForeignKey("work_orders.id", name=op.f("fk_files_work_order_id"))
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "ALTER TABLE files ADD COLUMN work_order_id INTEGER "
            "CONSTRAINT fk_files_work_order_id REFERENCES work_orders (id)"
        )
    else:
        op.add_column("files", sa.Column("work_order_id", db.types.Id, key))
    op.create_index(op.f("ix_files_work_order_id"), "files", ["work_order_id"])


def downgrade() -> None:
    """Without it."""
    op.drop_index(op.f("ix_files_work_order_id"), "files")
    op.drop_column("files", "work_order_id")
