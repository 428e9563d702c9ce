"""When each person last opened each case, so that what came since is marked for them."""

import sqlalchemy as sa
from alembic import op

import db.types

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table, and what finds news by their day."""
    op.create_table(
        "case_reads",
        sa.Column("case_id", db.types.Id, nullable=False),
        sa.Column("user_id", db.types.Id, nullable=False),
        sa.Column("read_at", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("id", db.types.Id, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_case_reads_case_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_case_reads_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_case_reads"),
        sa.UniqueConstraint("case_id", "user_id", name="uq_case_reads_case_id_user_id"),
    )
    op.create_index("ix_case_reads_user_id", "case_reads", ["user_id"])
    op.create_index("ix_case_messages_news", "case_messages", ["kind", "at"])
    op.create_index("ix_case_moves_news", "case_moves", ["to_status", "at"])


def downgrade() -> None:
    """Without again."""
    op.drop_index("ix_case_moves_news", "case_moves")
    op.drop_index("ix_case_messages_news", "case_messages")
    op.drop_table("case_reads")
