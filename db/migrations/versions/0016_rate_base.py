"""The currency in which a rate is a price, so that it stays true when the firm counts in another."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Empty stands for the firm's currency of now."""
    with op.batch_alter_table("rates") as rates:
        rates.add_column(sa.Column("base", sa.String(3), nullable=False, server_default=""))
        rates.drop_constraint("uq_rates_currency_day", type_="unique")
        rates.create_unique_constraint("uq_rates_currency_day", ["currency", "day", "base"])


def downgrade() -> None:
    """Rates in another currency than the firm's are given up."""
    op.execute("DELETE FROM rates WHERE base <> ''")
    with op.batch_alter_table("rates") as rates:
        rates.drop_constraint("uq_rates_currency_day", type_="unique")
        rates.drop_column("base")
        rates.create_unique_constraint("uq_rates_currency_day", ["currency", "day"])
