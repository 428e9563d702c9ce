"""What somebody began to write in a case stays, files too."""

import sqlalchemy as sa
from alembic import op

import db.types

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two tables."""
    op.create_table(
        "reply_drafts",
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("cc", db.types.Json, nullable=False),
        sa.Column("seen_newest", sa.Integer(), nullable=False),
        sa.Column("seen_count", sa.Integer(), nullable=False),
        sa.Column("changed_at", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("id", db.types.Id, nullable=False),
        sa.Column("case_id", db.types.Id, nullable=False),
        sa.Column("user_id", db.types.Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name="fk_reply_drafts_case_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_reply_drafts_user_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_reply_drafts"),
        sa.UniqueConstraint("case_id", "user_id", name="uq_reply_drafts_case_id_user_id"),
    )
    op.create_index("ix_reply_drafts_changed_at", "reply_drafts", ["changed_at"])
    op.create_index("ix_reply_drafts_user_id", "reply_drafts", ["user_id"])
    op.create_table(
        "draft_files",
        sa.Column("draft_id", db.types.Id, nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("declared_kind", sa.String(length=120), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("id", db.types.Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["draft_id"], ["reply_drafts.id"], name="fk_draft_files_draft_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_draft_files"),
    )
    op.create_index("ix_draft_files_draft_id", "draft_files", ["draft_id"])


def downgrade() -> None:
    """Without them."""
    op.drop_table("draft_files")
    op.drop_table("reply_drafts")
