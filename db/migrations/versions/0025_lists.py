"""Lists by title walk an index on PostgreSQL too, and the currency in use is found by a step in one."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

LISTS = {
    "campaigns": "name",
    "cases": "subject",
    "contacts": "name",
    "contracts": "name",
    "deals": "title",
    "equipment": "name",
    "leads": "name",
    "maintenance_plans": "name",
    "message_templates": "name",
    "organisations": "name",
    "segments": "name",
    "social_posts": "title",
    "tasks": "title",
    "web_forms": "name",
    "work_orders": "title",
}
PARTS = {"list": "archived_at IS NULL", "archived": "archived_at IS NOT NULL"}


def upgrade() -> None:
    """Two partial indexes in the place of one that served SQLite alone."""
    for table, title in LISTS.items():
        op.drop_index(f"ix_{table}_list", table)
        for name, where in PARTS.items():
            part = sa.text(where)
            op.create_index(
                f"ix_{table}_{name}", table, [title, "id"], sqlite_where=part, postgresql_where=part
            )
    for table in ("deals", "order_lines"):
        op.create_index(f"ix_{table}_currency", table, ["currency"])


def downgrade() -> None:
    """The index of before."""
    for table in ("deals", "order_lines"):
        op.drop_index(f"ix_{table}_currency", table)
    for table, title in LISTS.items():
        for name in PARTS:
            op.drop_index(f"ix_{table}_{name}", table)
        op.create_index(f"ix_{table}_list", table, ["archived_at", title, "id"])
