"""The list of products walks an index."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

PARTS = {"list": "archived_at IS NULL", "archived": "archived_at IS NOT NULL"}


def upgrade() -> None:
    """Two partial indexes, as the other lists have."""
    for name, where in PARTS.items():
        part = sa.text(where)
        op.create_index(
            f"ix_products_{name}", "products", ["name", "id"], sqlite_where=part, postgresql_where=part
        )


def downgrade() -> None:
    """Without them."""
    for name in PARTS:
        op.drop_index(f"ix_products_{name}", "products")
