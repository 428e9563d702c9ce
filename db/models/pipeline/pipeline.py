"""Leads, pipelines with their stages, deals with lines and stage history, loss reasons, targets."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Float, UniqueConstraint

from db.models.base import (
    Base,
    Business,
    ForeignKey,
    Mapped,
    Versioned,
    about,
    listed,
    mapped_column,
    text,
)
from db.types import Money

LEAD_STATUS = (
    ("new", "New"),
    ("working", "Working"),
    ("qualified", "Qualified"),
    ("converted", "Converted"),
    ("dropped", "Dropped"),
)


class Lead(Business, Base):
    """An unqualified interest."""

    __tablename__ = "leads"
    __guard__ = "self"
    __entity__ = "lead"
    __about__ = {
        "label": "Lead",
        "plural": "Leads",
        "icon": ":material/person_search:",
        "title": "name",
        "keys": ("number", "email"),
        "aliases": ("enquiries", "prospects"),
    }
    __table_args__ = (*listed("leads", "name"),)

    name: Mapped[str] = mapped_column(
        text(),
        info=about(
            "Name",
            "text",
            required=True,
            search=True,
            sort=True,
            personal=True,
            aliases=("lead", "full name", "contact name"),
        ),
    )
    number: Mapped[str | None] = mapped_column(
        text(60),
        index=True,
        info=about("Number", "text", aliases=("lead id", "id", "prospect id")),
    )
    company: Mapped[str | None] = mapped_column(
        text(),
        info=about("Company", "text", search=True, aliases=("organisation", "account")),
    )
    email: Mapped[str | None] = mapped_column(
        text(254),
        info=about("E-mail", "email", search=True, personal=True, aliases=("email",)),
    )
    phone: Mapped[str | None] = mapped_column(
        text(40), info=about("Phone", "phone", personal=True, aliases=("telephone", "mobile"))
    )
    source: Mapped[str | None] = mapped_column(
        text(),
        info=about("Source", "text", filter=True, aliases=("lead source", "lead origin")),
    )
    status: Mapped[str] = mapped_column(
        text(20),
        default="new",
        server_default="new",
        info=about("Status", "choice", choices=LEAD_STATUS, filter=True),
    )
    score: Mapped[int | None] = mapped_column(
        info=about("Score", "integer", sort=True, minimum=0, maximum=100)
    )
    interest: Mapped[str | None] = mapped_column(
        text(2000), info=about("Interest", "longtext", aliases=("description", "message", "notes"))
    )
    campaign_id: Mapped[int | None] = mapped_column(
        ForeignKey("campaigns.id"),
        index=True,
        info=about("Campaign", "link", link="campaign", filter=True),
    )
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    deal_id: Mapped[int | None] = mapped_column(ForeignKey("deals.id"), index=True)


class Pipeline(Versioned, Base):
    """A way of selling with its own stages."""

    __tablename__ = "pipelines"
    __guard__ = "open"
    __entity__ = "setting"

    name: Mapped[str] = mapped_column(text(), unique=True)
    position: Mapped[int] = mapped_column(default=0)
    is_active: Mapped[bool] = mapped_column(default=True)


class Stage(Versioned, Base):
    """A step of a pipeline: its order, its chance of winning, and after how many days a deal in it is stale."""

    __tablename__ = "stages"
    __guard__ = "open"
    __entity__ = "setting"
    __table_args__ = (UniqueConstraint("pipeline_id", "name"),)

    pipeline_id: Mapped[int] = mapped_column(ForeignKey("pipelines.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(text())
    position: Mapped[int] = mapped_column(default=0)
    kind: Mapped[str] = mapped_column(text(10), default="open")  # open, won, lost
    probability: Mapped[float] = mapped_column(Float, default=0.0)
    stale_after_days: Mapped[int | None]


class LossReason(Versioned, Base):
    """Why a deal was lost."""

    __tablename__ = "loss_reasons"
    __guard__ = "open"
    __entity__ = "setting"

    name: Mapped[str] = mapped_column(text(), unique=True)
    position: Mapped[int] = mapped_column(default=0)


class Target(Versioned, Base):
    """What a user or a team should win in a month."""

    __tablename__ = "targets"
    __guard__ = "open"
    __entity__ = "target"
    __table_args__ = (UniqueConstraint("user_id", "team_id", "month"),)

    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"), index=True)
    month: Mapped[date] = mapped_column(index=True)
    amount_minor: Mapped[int] = mapped_column(Money)
    currency: Mapped[str] = mapped_column(text(3))
    import_id: Mapped[int | None] = mapped_column(ForeignKey("imports.id"), index=True)
