"""Who got a copy of a reply, and who is writing in a case right now."""

import sqlalchemy as sa
from alembic import op

import db.types

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both."""
    op.add_column("case_messages", sa.Column("cc", sa.String(length=2000), nullable=True))
    op.create_table(
        "case_writers",
        sa.Column("case_id", db.types.Id, nullable=False),
        sa.Column("user_id", db.types.Id, nullable=False),
        sa.Column("until", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("id", db.types.Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name="fk_case_writers_case_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_case_writers_user_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_case_writers"),
        sa.UniqueConstraint("case_id", "user_id", name="uq_case_writers_case_id_user_id"),
    )
    op.create_index("ix_case_writers_user_id", "case_writers", ["user_id"])


def downgrade() -> None:
    """Without again."""
    op.drop_table("case_writers")
    op.drop_column("case_messages", "cc")
