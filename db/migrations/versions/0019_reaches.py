"""Stored rights whose reach no rule holds, which gave more than they said, give nothing.

Rows without owner are nobody's own and no team's: "own" and "team" of them meant all. Seeing them so hid nothing and goes
on. What has no list has no file either, and is seen by everybody.
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

WITHOUT_OWNER = ("product", "category", "target", "user", "team", "setting")
WITHOUT_CARD = ("target", "setting")


def upgrade() -> None:
    """Deny what was not enforced; drop what is no choice."""
    grants = sa.table("grants", sa.column("entity"), sa.column("action"), sa.column("scope"))
    no_card = grants.c.entity.in_(WITHOUT_CARD) & grants.c.action.in_(("read", "export", "import"))
    op.execute(grants.delete().where(no_card))
    wrong = grants.c.entity.in_(WITHOUT_OWNER) & grants.c.scope.in_(("own", "team"))
    op.execute(grants.update().where(wrong, grants.c.action == "read").values(scope="all"))
    op.execute(grants.update().where(wrong).values(scope="none"))


def downgrade() -> None:
    """What gave too much is not given back."""
