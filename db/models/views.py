"""Lists as people keep them: views under a name, and what somebody chose for a list without one."""

from __future__ import annotations

from typing import Any

from sqlalchemy import UniqueConstraint

from db.models.base import Base, ForeignKey, Mapped, Versioned, mapped_column, text


class SavedView(Versioned, Base):
    """Filters, order and columns of a list under a name: of one person, of a team, or of everybody when it names neither."""

    __tablename__ = "saved_views"

    entity: Mapped[str] = mapped_column(text(60), index=True)
    name: Mapped[str] = mapped_column(text())
    state: Mapped[dict[str, Any]]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"), index=True)


class ListHabit(Base):
    """What one person keeps of one list: columns, rows of a page, the view it begins with, views in the menu."""

    __tablename__ = "list_habits"
    __logged__ = False
    __table_args__ = (UniqueConstraint("user_id", "entity"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    entity: Mapped[str] = mapped_column(text(60))
    kept: Mapped[dict[str, Any]]
