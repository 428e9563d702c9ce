"""Answers of the API that a repeated call gets again."""

import sqlalchemy as sa
from alembic import op

import db.types

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "api_answers",
        sa.Column("caller", sa.String(length=40), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("request_hash", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("etag", sa.String(length=20), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", db.types.UtcDateTime(), nullable=False),
        sa.Column("id", db.types.Id, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_api_answers"),
        sa.UniqueConstraint("caller", "key_hash", name="uq_api_answers_caller_key_hash"),
    )
    op.create_index("ix_api_answers_made_at", "api_answers", ["made_at"])


def downgrade() -> None:
    """Without again."""
    op.drop_table("api_answers")
