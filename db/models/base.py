"""What every table shares: names of constraints, key, version, owner, dates, and what a column is for people."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, ClassVar

from sqlalchemy import Date, ForeignKey, Index, MetaData, String
from sqlalchemy import text as sql
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column

from db.types import Id, Json, UtcDateTime


def utc_now() -> datetime:
    """This moment, aware."""
    return datetime.now(UTC)


class Base(DeclarativeBase):
    """Declares for each table who may see it.

    ``__guard__`` is one of ``"self"`` (the row has owner and team), ``"open"`` (every signed-in person reads it),
    ``"system"`` (only the program reads it) or a tuple of foreign-key columns: visible where one parent is visible.
    ``__entity__`` is the name under which rights are granted; children share their parent's.
    """

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcDateTime(),
        date: Date(),
        dict[str, Any]: Json,
        list[str]: Json,
    }

    __guard__: ClassVar[str | tuple[str, ...]] = "system"
    __entity__: ClassVar[str] = ""
    #: Shown to people through the registry: label, plural, icon, title field, keys. A number among the keys stands once,
    #: unless ``number_within`` names the link to the parent beneath which it does, or is empty: then it may repeat.
    #: ``long`` says that its rows are too many to be ordered by what has no index.
    __about__: ClassVar[dict[str, Any]] = {}
    #: Written to the change log field by field.
    __logged__: ClassVar[bool] = True

    id: Mapped[int] = mapped_column(Id, primary_key=True)


def listed(table: str, title: str) -> tuple[Index, Index]:
    """The indexes of a list by title: of what is there, and of what was put away.

    Partial, because PostgreSQL takes no order out of ``archived_at IS NULL`` as the first column of an index.
    """
    parts = (("list", sql("archived_at IS NULL")), ("archived", sql("archived_at IS NOT NULL")))
    one, other = (
        Index(f"ix_{table}_{name}", title, "id", sqlite_where=where, postgresql_where=where)
        for name, where in parts
    )
    return one, other


class Versioned:
    """A version that a form carries along, so that a stale save is seen."""

    version: Mapped[int] = mapped_column(default=1, server_default="1")

    @declared_attr.directive
    @classmethod
    def __mapper_args__(cls) -> dict[str, Any]:
        return (
            {"version_id_col": cls.__table__.c.version}
            if hasattr(cls, "__table__")
            else {"version_id_col": cls.version}
        )


class Business(Versioned):
    """A business row: version, owner, team, dates, archive, own fields, the import that made it."""

    @declared_attr
    @classmethod
    def owner_id(cls) -> Mapped[int | None]:
        return mapped_column(
            ForeignKey("users.id"),
            index=True,
            info=about(
                "Owner",
                "link",
                link="user",
                filter=True,
                aliases=(
                    "owner",
                    "sales agent",
                    "sales rep",
                    "assigned to",
                    "account manager",
                    "responsible",
                    "agent",
                ),
            ),
        )

    @declared_attr
    @classmethod
    def team_id(cls) -> Mapped[int | None]:
        return mapped_column(
            ForeignKey("teams.id"),
            index=True,
            info=about(
                "Team",
                "link",
                link="team",
                filter=True,
                aliases=("team", "office", "regional office"),
            ),
        )

    created_at: Mapped[datetime] = mapped_column(
        default=utc_now, info={"label": "Created", "kind": "datetime", "sort": True, "import": False}
    )
    changed_at: Mapped[datetime] = mapped_column(
        default=utc_now, info={"label": "Changed", "kind": "datetime", "sort": True, "import": False}
    )
    archived_at: Mapped[datetime | None] = mapped_column(
        info={"label": "Archived", "kind": "datetime", "import": False}
    )
    custom: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")

    @declared_attr
    @classmethod
    def import_id(cls) -> Mapped[int | None]:
        return mapped_column(ForeignKey("imports.id"), index=True)


def about(label: str, kind: str, **more: Any) -> dict[str, Any]:
    """What a column is for people; ``crm.records.registry`` turns it into a ``Field``.

    Keys: required, unit, choices ((value, label), …), link (entity), currency (field), personal, search,
    filter, sort, import (default True), export (default True), minimum, maximum, aliases, help, group.
    """
    return {"label": label, "kind": kind, **more}


def text(length: int = 200) -> String:
    """A text column of at most this many characters."""
    return String(length)


__all__ = [
    "Base",
    "Business",
    "ForeignKey",
    "Id",
    "Index",
    "Json",
    "Mapped",
    "Versioned",
    "about",
    "mapped_column",
    "text",
    "utc_now",
]
