"""Find contacts, organisations and deals by any part of their words."""

from db.migrations import search_tables

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

FIELDS = {
    "contacts": ("name", "email", "phone", "number", "city"),
    "organisations": ("name", "number", "email", "phone", "city"),
    "deals": ("title", "number"),
}


def upgrade() -> None:
    """Make the search structures."""
    for table, fields in FIELDS.items():
        search_tables.make(table, fields)


def downgrade() -> None:
    """Remove the search structures; the records stay."""
    for table in FIELDS:
        search_tables.remove(table)
