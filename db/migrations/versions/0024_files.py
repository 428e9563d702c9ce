"""Files that were taken away can be put back; files by their name and messages of cases by their words are found."""

import sqlalchemy as sa
from alembic import op

import db.types
from db.migrations import search_tables

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

FIELDS = {"files": ("name",), "case_messages": ("body",)}


def upgrade() -> None:
    """Add the moment, and make the search structures."""
    op.add_column("files", sa.Column("removed_at", db.types.UtcDateTime(timezone=True), nullable=True))
    for table, fields in FIELDS.items():
        search_tables.make(table, fields)


def downgrade() -> None:
    """Without again."""
    for table in FIELDS:
        search_tables.remove(table)
    op.drop_column("files", "removed_at")
