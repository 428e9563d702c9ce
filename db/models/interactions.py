"""The one history of talks, and tasks."""

from __future__ import annotations

from datetime import date, datetime

from db.models.base import (
    Base,
    Business,
    ForeignKey,
    Index,
    Mapped,
    about,
    listed,
    mapped_column,
    text,
    utc_now,
)

INTERACTION_KINDS = (
    ("note", "Note"),
    ("call", "Call"),
    ("meeting", "Meeting"),
    ("email", "E-mail"),
    ("visit", "Visit"),
    ("letter", "Letter"),
    ("chat", "Chat"),
    ("social", "Social message"),
    ("questionnaire", "Questionnaire"),
    ("form", "Web form"),
)
DIRECTIONS = (("in", "Incoming"), ("out", "Outgoing"), ("none", "No direction"))
PRIORITIES = (("high", "High"), ("normal", "Normal"), ("low", "Low"))


class Interaction(Business, Base):
    """Any contact between us and a stakeholder."""

    __tablename__ = "interactions"
    __guard__ = "self"
    __entity__ = "interaction"
    __about__ = {
        "long": True,
        "label": "Interaction",
        "plural": "Interactions",
        "icon": ":material/forum:",
        "title": "subject",
        "keys": ("number",),
        "number_within": "",  # those of the programs it comes from
        "aliases": ("activities", "activity", "calls", "notes", "meetings", "touchpoints"),
    }
    __table_args__ = (
        Index("ix_interactions_contact", "contact_id", "happened_at"),
        Index("ix_interactions_organisation", "organisation_id", "happened_at"),
        Index("ix_interactions_deal", "deal_id", "happened_at"),
        Index("ix_interactions_case", "case_id", "happened_at"),
        Index("ix_interactions_campaign", "campaign_id", "happened_at"),
    )

    kind: Mapped[str] = mapped_column(
        text(20),
        default="note",
        info=about(
            "Kind",
            "choice",
            choices=INTERACTION_KINDS,
            required=True,
            filter=True,
            aliases=("type", "activity type", "channel"),
        ),
    )
    direction: Mapped[str] = mapped_column(
        text(10),
        default="none",
        server_default="none",
        info=about("Direction", "choice", choices=DIRECTIONS),
    )
    subject: Mapped[str] = mapped_column(
        text(500),
        info=about("Subject", "text", required=True, search=True, aliases=("title", "summary")),
    )
    body: Mapped[str | None] = mapped_column(
        text(20000),
        info=about(
            "What happened",
            "longtext",
            search=True,
            aliases=("text", "body", "notes", "description", "content"),
        ),
    )
    happened_at: Mapped[datetime] = mapped_column(
        default=utc_now,
        index=True,
        info=about(
            "When",
            "datetime",
            sort=True,
            filter=True,
            aliases=("date", "time", "timestamp", "created"),
        ),
    )
    duration_minutes: Mapped[int | None] = mapped_column(
        info=about("Duration", "integer", unit="min", minimum=0)
    )
    number: Mapped[str | None] = mapped_column(
        text(60), index=True, info=about("Number", "text", aliases=("id", "activity id"))
    )
    contact_id: Mapped[int | None] = mapped_column(
        ForeignKey("contacts.id"),
        info=about("Contact", "link", link="contact", filter=True),
    )
    organisation_id: Mapped[int | None] = mapped_column(
        ForeignKey("organisations.id"),
        info=about(
            "Organisation",
            "link",
            link="organisation",
            filter=True,
            aliases=("company", "account"),
        ),
    )
    deal_id: Mapped[int | None] = mapped_column(
        ForeignKey("deals.id"), info=about("Deal", "link", link="deal", filter=True)
    )
    case_id: Mapped[int | None] = mapped_column(
        ForeignKey("cases.id"), info=about("Case", "link", link="case", filter=True)
    )
    campaign_id: Mapped[int | None] = mapped_column(
        ForeignKey("campaigns.id"), info=about("Campaign", "link", link="campaign", filter=True)
    )


class Task(Business, Base):
    """Something one person has to do by a day."""

    __tablename__ = "tasks"
    __guard__ = "self"
    __entity__ = "task"
    __about__ = {
        "label": "Task",
        "plural": "Tasks",
        "icon": ":material/task_alt:",
        "title": "title",
        "keys": ("number",),
        "number_within": "",  # those of the programs it comes from
        "aliases": ("to-dos", "todos", "follow-ups"),
    }
    __table_args__ = (
        Index("ix_tasks_open", "owner_id", "done_at", "due_on"),
        Index("ix_tasks_due", "due_on", "id"),
        *listed("tasks", "title"),
    )

    title: Mapped[str] = mapped_column(
        text(500),
        info=about(
            "Title",
            "text",
            required=True,
            search=True,
            sort=True,
            aliases=("task", "subject", "name"),
        ),
    )
    due_on: Mapped[date | None] = mapped_column(
        info=about("Due", "date", sort=True, filter=True, aliases=("due date", "deadline"))
    )
    due_time: Mapped[str | None] = mapped_column(
        text(5),
        info=about("Time", "text", aliases=("due time",), help="Hour and minutes of that day, as 14:30"),
    )
    priority: Mapped[str] = mapped_column(
        text(10),
        default="normal",
        server_default="normal",
        info=about("Priority", "choice", choices=PRIORITIES, filter=True),
    )
    done_at: Mapped[datetime | None] = mapped_column(
        info=about("Done", "datetime", sort=True, aliases=("completed", "completed at"))
    )
    number: Mapped[str | None] = mapped_column(
        text(60), index=True, info=about("Number", "text", aliases=("id", "task id"))
    )
    contact_id: Mapped[int | None] = mapped_column(
        ForeignKey("contacts.id"),
        index=True,
        info=about("Contact", "link", link="contact", filter=True),
    )
    organisation_id: Mapped[int | None] = mapped_column(
        ForeignKey("organisations.id"),
        index=True,
        info=about("Organisation", "link", link="organisation", filter=True),
    )
    deal_id: Mapped[int | None] = mapped_column(
        ForeignKey("deals.id"), index=True, info=about("Deal", "link", link="deal", filter=True)
    )
    case_id: Mapped[int | None] = mapped_column(
        ForeignKey("cases.id"), index=True, info=about("Case", "link", link="case", filter=True)
    )
    campaign_id: Mapped[int | None] = mapped_column(
        ForeignKey("campaigns.id"),
        index=True,
        info=about("Campaign", "link", link="campaign", filter=True),
    )
    notes: Mapped[str | None] = mapped_column(text(10000), info=about("Notes", "longtext"))
