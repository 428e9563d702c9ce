"""Received messages as they came in, the files that belong to records, and how far each mailbox was read."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, LargeBinary, Text, UniqueConstraint

from db.models.base import Base, ForeignKey, Index, Json, Mapped, Versioned, mapped_column, text, utc_now


class FileContent(Base):
    """The bytes of a file or of a received message, once however many rows name them."""

    __tablename__ = "file_contents"
    __logged__ = False

    hash: Mapped[str] = mapped_column(text(64), unique=True)  # SHA-256
    content: Mapped[bytes] = mapped_column(LargeBinary)


class IncomingMessage(Versioned, Base):
    """One received message, stored whole before anything is decided about it.

    ``original_hash`` names its bytes in ``file_contents``; where ``is_whole`` is false it was larger than the settings
    allow, and ``left_out`` lists by name, kind and size what is missing from them. ``body`` is everything that was
    written, quotes too.
    """

    __tablename__ = "incoming_messages"
    __guard__ = "self"
    __entity__ = "message"
    __logged__ = False
    __table_args__ = (
        Index("ix_incoming_messages_state", "state", "id"),
        Index("ix_incoming_messages_message_id", "message_id"),
    )

    #: By Message-ID and content: the same message is stored once, another one under its Message-ID is kept too.
    unique_key: Mapped[str] = mapped_column(text(64), unique=True)
    message_id: Mapped[str] = mapped_column(text(1000), default="")
    source: Mapped[str] = mapped_column(text(), default="")
    taken_at: Mapped[datetime] = mapped_column(default=utc_now)
    written_at: Mapped[datetime | None]
    sender: Mapped[str] = mapped_column(text(254), index=True, default="")
    sender_name: Mapped[str] = mapped_column(text(), default="")
    recipients: Mapped[str] = mapped_column(Text, default="")
    subject: Mapped[str] = mapped_column(text(1000), default="")
    thread: Mapped[str] = mapped_column(Text, default="")  # In-Reply-To and References
    body: Mapped[str] = mapped_column(Text, default="")
    html: Mapped[str | None] = mapped_column(Text)
    charset: Mapped[str] = mapped_column(text(60), default="")
    original_hash: Mapped[str] = mapped_column(text(64))
    size: Mapped[int]
    is_whole: Mapped[bool] = mapped_column(default=True)
    left_out: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    #: answer, question, automatic, bounce, complaint, unknown, form, copy
    kind: Mapped[str] = mapped_column(text(12), default="unknown")
    #: stored (nothing decided yet), waiting (for staff, in the inbox), filed, passed (nobody's words), ignored (not for us)
    state: Mapped[str] = mapped_column(text(10), default="stored")
    #: What became of it, in one word of ``crm.mail.receiving.outcomes``, and why in words.
    outcome: Mapped[str] = mapped_column(text(20), default="")
    reason: Mapped[str] = mapped_column(text(500), default="")
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)
    deal_id: Mapped[int | None] = mapped_column(ForeignKey("deals.id"), index=True)
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("leads.id"), index=True)
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaigns.id"), index=True)
    interaction_id: Mapped[int | None] = mapped_column(ForeignKey("interactions.id"), index=True)
    #: The answer to a web form that waits until somebody lets it in; of the kind "form".
    answer_id: Mapped[int | None] = mapped_column(
        ForeignKey("form_answers.id", ondelete="SET NULL"), index=True
    )
    #: The message of ours that it answers.
    outbox_id: Mapped[int | None] = mapped_column(ForeignKey("outbox.id"))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"), index=True)
    #: What filing it made or changed, so that it can be taken back; by whom and when.
    filing: Mapped[dict[str, Any]] = mapped_column(default=dict)
    filed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    filed_at: Mapped[datetime | None]


class StoredFile(Base):
    """A file that belongs to a record: it is seen by whoever sees one of those it names."""

    __tablename__ = "files"
    __guard__ = (
        "incoming_id",
        "case_id",
        "contact_id",
        "organisation_id",
        "deal_id",
        "lead_id",
        "interaction_id",
        "work_order_id",
    )
    __entity__ = "contact"
    __table_args__ = (
        CheckConstraint(
            "coalesce(incoming_id, case_id, contact_id, organisation_id, deal_id, lead_id, interaction_id) IS NOT NULL",
            name="has_record",
        ),
    )

    name: Mapped[str] = mapped_column(text(255))
    #: The kind that the sender told, and the one that the content shows.
    declared_kind: Mapped[str] = mapped_column(text(120), default="")
    kind: Mapped[str] = mapped_column(text(120), default="application/octet-stream")
    size: Mapped[int]
    hash: Mapped[str] = mapped_column(text(64), index=True)
    added_at: Mapped[datetime] = mapped_column(default=utc_now)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    #: Taken away by somebody, who may put it back.
    removed_at: Mapped[datetime | None]
    #: Stands inside the text of its message, as a picture in a signature does.
    is_inline: Mapped[bool] = mapped_column(default=False)
    incoming_id: Mapped[int | None] = mapped_column(
        ForeignKey("incoming_messages.id", ondelete="CASCADE"), index=True
    )
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"), index=True)
    #: The step of the case's thread that it came or goes with.
    case_message_id: Mapped[int | None] = mapped_column(ForeignKey("case_messages.id"), index=True)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(
        ForeignKey("organisations.id", ondelete="CASCADE"), index=True
    )
    deal_id: Mapped[int | None] = mapped_column(ForeignKey("deals.id", ondelete="CASCADE"), index=True)
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"), index=True)
    interaction_id: Mapped[int | None] = mapped_column(
        ForeignKey("interactions.id", ondelete="CASCADE"), index=True
    )
    #: The visit at which it was taken; it stands with the visit's case or customer, too.
    work_order_id: Mapped[int | None] = mapped_column(ForeignKey("work_orders.id"), index=True)


class MailboxPlace(Base):
    """How far a folder of a mailbox was read; the numbers count only while the server's ``validity`` stays the same."""

    __tablename__ = "mailbox_places"
    __logged__ = False
    __table_args__ = (UniqueConstraint("name"),)

    name: Mapped[str] = mapped_column(text(500))
    validity: Mapped[str] = mapped_column(text(20), default="")
    last_uid: Mapped[int] = mapped_column(default=0)
    read_at: Mapped[datetime] = mapped_column(default=utc_now)
    problem: Mapped[str] = mapped_column(text(500), default="")
