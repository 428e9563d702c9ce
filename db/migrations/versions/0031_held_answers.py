"""Answers to web forms that wait in the inbox until somebody lets them in."""

import sqlalchemy as sa
from alembic import op

import db.types

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what a form holds, which answers are held, and the message that one waits as."""
    op.add_column(
        "web_forms",
        sa.Column("review", sa.String(length=12), server_default="suspicious", nullable=False),
    )
    op.add_column(
        "form_answers", sa.Column("is_held", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    with op.batch_alter_table("incoming_messages") as batch:
        batch.add_column(sa.Column("answer_id", db.types.Id, nullable=True))
        batch.create_foreign_key(
            "fk_incoming_messages_answer_id", "form_answers", ["answer_id"], ["id"], ondelete="SET NULL"
        )
    op.create_index("ix_incoming_messages_answer_id", "incoming_messages", ["answer_id"])


def downgrade() -> None:
    """Without again; what waits of web forms goes."""
    op.execute("DELETE FROM incoming_messages WHERE kind = 'form'")
    op.drop_index("ix_incoming_messages_answer_id", "incoming_messages")
    with op.batch_alter_table("incoming_messages") as batch:
        batch.drop_constraint("fk_incoming_messages_answer_id", type_="foreignkey")
        batch.drop_column("answer_id")
    op.drop_column("form_answers", "is_held")
    op.drop_column("web_forms", "review")
