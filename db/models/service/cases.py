"""Cases with their thread and their way through the statuses."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import UniqueConstraint

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

CASE_STATUS = (
    ("new", "New"),
    ("open", "In progress"),
    ("waiting", "Waiting for customer"),
    ("resolved", "Resolved"),
    ("closed", "Closed"),
    ("merged", "Merged"),
)
CASE_PRIORITIES = (("critical", "Critical"), ("high", "High"), ("normal", "Normal"), ("low", "Low"))
CASE_KINDS = (
    ("question", "Question"),
    ("fault", "Fault"),
    ("complaint", "Complaint"),
    ("request", "Request"),
)
CASE_ORIGINS = (
    ("phone", "Phone"),
    ("email", "E-mail"),
    ("form", "Web form"),
    ("visit", "Visit"),
    ("chat", "Chat"),
    ("letter", "Letter"),
    ("social", "Social message"),
)
DEGREES = (("high", "High"), ("medium", "Medium"), ("low", "Low"))
MESSAGE_KINDS = (("customer", "From the customer"), ("reply", "Reply"), ("note", "Internal note"))


class Case(Business, Base):
    """A customer's question or complaint. ``priority`` follows impact × urgency; the due times follow the policy."""

    __tablename__ = "cases"
    __guard__ = "self"
    __entity__ = "case"
    __about__ = {
        "label": "Case",
        "plural": "Cases",
        "icon": ":material/support_agent:",
        "title": "subject",
        "keys": ("number",),
        "aliases": (
            "tickets",
            "ticket",
            "support cases",
            "incidents",
            "issues",
            "complaints",
            "service requests",
        ),
    }
    __table_args__ = (
        UniqueConstraint("number"),
        *listed("cases", "subject"),
        Index("ix_cases_open", "status", "queue_id", "resolution_due_at"),
        Index("ix_cases_opened", "opened_at", "id"),
        Index("ix_cases_due", "resolution_due_at", "id"),
        Index("ix_cases_mine", "owner_id", "status", "resolution_due_at"),
        Index("ix_cases_changed", "changed_at", "id"),
    )

    number: Mapped[str] = mapped_column(
        text(60),
        info=about(
            "Number",
            "text",
            search=True,
            sort=True,
            aliases=("case id", "case number", "ticket id", "ticket number", "id", "incident", "reference"),
        ),
    )
    subject: Mapped[str] = mapped_column(
        text(500),
        info=about(
            "Subject",
            "text",
            required=True,
            search=True,
            sort=True,
            aliases=("title", "summary", "ticket subject", "short description", "topic"),
        ),
    )
    description: Mapped[str | None] = mapped_column(
        text(20000),
        info=about("Description", "longtext", aliases=("ticket description", "details", "text", "body")),
    )
    status: Mapped[str] = mapped_column(
        text(10),
        default="new",
        server_default="new",
        info=about(
            "Status",
            "choice",
            choices=CASE_STATUS,
            filter=True,
            aliases=("ticket status", "state", "case status"),
        ),
    )
    kind: Mapped[str | None] = mapped_column(
        text(20),
        info=about(
            "Kind",
            "choice",
            choices=CASE_KINDS,
            filter=True,
            aliases=("ticket type", "type", "case type", "category"),
        ),
    )
    origin: Mapped[str | None] = mapped_column(
        text(20),
        info=about(
            "Came by",
            "choice",
            choices=CASE_ORIGINS,
            filter=True,
            aliases=("ticket channel", "channel", "origin", "source", "case origin"),
        ),
    )
    impact: Mapped[str] = mapped_column(
        text(10),
        default="medium",
        server_default="medium",
        info=about(
            "Impact",
            "choice",
            choices=DEGREES,
            filter=True,
            help="How much of the customer's work stands still",
        ),
    )
    urgency: Mapped[str] = mapped_column(
        text(10),
        default="medium",
        server_default="medium",
        info=about("Urgency", "choice", choices=DEGREES, help="How soon it hurts"),
    )
    priority: Mapped[str] = mapped_column(
        text(10),
        default="normal",
        server_default="normal",
        info=about(
            "Priority",
            "choice",
            choices=CASE_PRIORITIES,
            filter=True,
            aliases=("ticket priority", "severity", "case priority"),
        ),
    )
    queue_id: Mapped[int | None] = mapped_column(
        ForeignKey("queues.id"),
        info=about(
            "Queue",
            "link",
            link="queue",
            filter=True,
            aliases=("group", "assignment group", "support group"),
        ),
    )
    contact_id: Mapped[int | None] = mapped_column(
        ForeignKey("contacts.id"),
        index=True,
        info=about(
            "Contact",
            "link",
            link="contact",
            filter=True,
            aliases=("customer name", "customer email", "reported by", "requester", "caller", "customer"),
        ),
    )
    organisation_id: Mapped[int | None] = mapped_column(
        ForeignKey("organisations.id"),
        index=True,
        info=about(
            "Organisation",
            "link",
            link="organisation",
            filter=True,
            aliases=("account", "company", "account name", "organization"),
        ),
    )
    product_id: Mapped[int | None] = mapped_column(
        ForeignKey("products.id"),
        index=True,
        info=about("Product", "link", link="product", filter=True, aliases=("product purchased", "item")),
    )
    equipment_id: Mapped[int | None] = mapped_column(
        ForeignKey("equipment.id"),
        index=True,
        info=about(
            "Equipment",
            "link",
            link="equipment",
            filter=True,
            aliases=("machine", "asset", "serial", "serial number", "unit"),
        ),
    )
    fault_code: Mapped[str | None] = mapped_column(
        text(60),
        info=about("Fault code", "text", filter=True, aliases=("error code", "error", "fault")),
    )
    opened_at: Mapped[datetime] = mapped_column(
        default=utc_now,
        info=about(
            "Opened",
            "datetime",
            sort=True,
            filter=True,
            aliases=(
                "opened at",
                "created",
                "created at",
                "date opened",
                "open date",
                "reported at",
                "created date",
            ),
        ),
    )
    first_response_at: Mapped[datetime | None] = mapped_column(
        info=about(
            "First answer",
            "datetime",
            sort=True,
            aliases=("first response time", "first response", "responded at"),
        ),
    )
    resolved_at: Mapped[datetime | None] = mapped_column(
        info=about(
            "Resolved",
            "datetime",
            sort=True,
            filter=True,
            aliases=("resolved at", "time to resolution", "resolution date", "solved at"),
        ),
    )
    closed_at: Mapped[datetime | None] = mapped_column(
        info=about(
            "Closed", "datetime", sort=True, aliases=("closed at", "closed date", "date closed", "close date")
        ),
    )
    resolution: Mapped[str | None] = mapped_column(
        text(10000),
        info=about("Resolution", "longtext", aliases=("solution", "resolution notes", "answer")),
    )
    #: How often it came back after it was resolved.
    reopened: Mapped[int] = mapped_column(
        default=0,
        server_default="0",
        info=about("Reopened", "integer", sort=True, minimum=0, aliases=("reopen count", "reopened count")),
    )
    policy_id: Mapped[int | None] = mapped_column(ForeignKey("service_policies.id"))
    response_due_at: Mapped[datetime | None] = mapped_column(
        info={"label": "Answer due", "kind": "datetime", "sort": True, "import": False}
    )
    resolution_due_at: Mapped[datetime | None] = mapped_column(
        info={"label": "Solve by", "kind": "datetime", "sort": True, "import": False}
    )
    #: When the case began to wait for the customer; None while the clock runs.
    waiting_since: Mapped[datetime | None]
    #: Working minutes of all ended waits, by the policy's calendar.
    paused_minutes: Mapped[int] = mapped_column(default=0, server_default="0")
    warned_at: Mapped[datetime | None]
    response_breached_at: Mapped[datetime | None]
    resolution_breached_at: Mapped[datetime | None] = mapped_column(
        info={"label": "Late since", "kind": "datetime", "import": False}
    )
    satisfaction: Mapped[int | None] = mapped_column(
        info=about(
            "Satisfaction",
            "integer",
            minimum=1,
            maximum=5,
            filter=True,
            aliases=("customer satisfaction rating", "csat", "rating", "satisfaction score"),
        ),
    )
    satisfaction_note: Mapped[str | None] = mapped_column(
        text(2000), info=about("Comment of the customer", "longtext")
    )
    satisfaction_at: Mapped[datetime | None]
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)
