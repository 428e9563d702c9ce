"""What an order says of its total, tax, shipping and discount."""

import sqlalchemy as sa
from alembic import op

import db.types

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

_AMOUNTS = ("total_minor", "tax_minor", "shipping_minor", "discount_minor")


def upgrade() -> None:
    """Add the amounts and their currency; no order that is there says any."""
    for name in _AMOUNTS:
        op.add_column("orders", sa.Column(name, db.types.Money, nullable=True))
    op.add_column("orders", sa.Column("currency", sa.String(3), nullable=True))


def downgrade() -> None:
    """Without again."""
    with op.batch_alter_table("orders") as orders:
        for name in (*_AMOUNTS, "currency"):
            orders.drop_column(name)
