"""Talks and received messages are found by their words."""

from db.migrations import search_tables

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

FIELDS = {"interactions": ("subject", "body"), "incoming_messages": ("subject", "sender", "body")}


def upgrade() -> None:
    """Make the search structures."""
    for table, fields in FIELDS.items():
        search_tables.make(table, fields)


def downgrade() -> None:
    """Without again."""
    for table in FIELDS:
        search_tables.remove(table)
