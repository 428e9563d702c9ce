"""No id is given twice: on SQLite too a table counts on from the highest one that it ever gave.

``db.migrate`` sees to it after each upgrade (``db/ids.py``), because a table that a batch migration rebuilds forgets it.
"""

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing of its own; see above."""


def downgrade() -> None:
    """An older program lets it be."""
