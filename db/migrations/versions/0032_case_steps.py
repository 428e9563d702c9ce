"""The steps that cases took in other programs."""

import sqlalchemy as sa
from alembic import op

import db.types

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "case_steps",
        sa.Column("case_id", db.types.Id, nullable=False),
        sa.Column("at", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("activity", sa.String(length=200), nullable=False),
        sa.Column("resource", sa.String(length=200), nullable=True),
        sa.Column("import_id", db.types.Id, nullable=True),
        sa.Column("id", db.types.Id, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_case_steps_case_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name="fk_case_steps_import_id"),
        sa.PrimaryKeyConstraint("id", name="pk_case_steps"),
        sa.UniqueConstraint("case_id", "at", "activity", name="uq_case_steps_case_id_at_activity"),
    )
    op.create_index("ix_case_steps_import_id", "case_steps", ["import_id"])


def downgrade() -> None:
    """Without again."""
    op.drop_table("case_steps")
