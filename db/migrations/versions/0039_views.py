"""Views of lists, and what people keep of a list."""

import sqlalchemy as sa
from alembic import op

import db.types

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both tables."""
    op.create_table(
        "saved_views",
        sa.Column("entity", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("state", db.types.Json, nullable=False),
        sa.Column("owner_id", db.types.Id, nullable=True),
        sa.Column("team_id", db.types.Id, nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("id", db.types.Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name="fk_saved_views_owner_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name="fk_saved_views_team_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_saved_views"),
    )
    for name in ("entity", "owner_id", "team_id"):
        op.create_index(f"ix_saved_views_{name}", "saved_views", [name])
    op.create_table(
        "list_habits",
        sa.Column("user_id", db.types.Id, nullable=False),
        sa.Column("entity", sa.String(length=60), nullable=False),
        sa.Column("kept", db.types.Json, nullable=False),
        sa.Column("id", db.types.Id, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_list_habits_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_list_habits"),
        sa.UniqueConstraint("user_id", "entity", name="uq_list_habits_user_id_entity"),
    )


def downgrade() -> None:
    """Without them."""
    op.drop_table("list_habits")
    op.drop_table("saved_views")
