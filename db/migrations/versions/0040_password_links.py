"""Links to choose a password by, a first password that must change, and what browser a session is."""

import sqlalchemy as sa
from alembic import op

import db.types

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One table and two columns."""
    op.create_table(
        "password_links",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", db.types.Id, nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("made_at", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("used_at", db.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("id", db.types.Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_password_links_user_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_password_links"),
        sa.UniqueConstraint("token_hash", name="uq_password_links_token_hash"),
    )
    op.create_index("ix_password_links_user_id", "password_links", ["user_id"])
    with op.batch_alter_table("credentials") as table:
        table.add_column(sa.Column("must_change", sa.Boolean(), server_default=sa.false(), nullable=False))
    with op.batch_alter_table("login_sessions") as table:
        table.add_column(sa.Column("device", sa.String(length=200), nullable=True))


def downgrade() -> None:
    """Without them."""
    with op.batch_alter_table("login_sessions") as table:
        table.drop_column("device")
    with op.batch_alter_table("credentials") as table:
        table.drop_column("must_change")
    op.drop_table("password_links")
