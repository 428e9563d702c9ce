"""Find cases and equipment by any part of their words."""

from db.migrations import search_tables

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

FIELDS = {"cases": ("subject", "number"), "equipment": ("name", "serial", "place")}


def upgrade() -> None:
    """Make the search structures."""
    for table, fields in FIELDS.items():
        search_tables.make(table, fields)


def downgrade() -> None:
    """Remove the search structures; the records stay."""
    for table in FIELDS:
        search_tables.remove(table)
