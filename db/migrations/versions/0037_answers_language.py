"""In which language somebody answered a web form."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One column."""
    op.add_column(
        "form_answers", sa.Column("language", sa.String(length=8), nullable=False, server_default="en")
    )


def downgrade() -> None:
    """Without it."""
    with op.batch_alter_table("form_answers") as batch:
        batch.drop_column("language")
