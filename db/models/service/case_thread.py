"""What is said in a case, and its way through the statuses."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import LargeBinary, Text, UniqueConstraint, true

from db.models.base import (
    Base,
    ForeignKey,
    Index,
    Mapped,
    Versioned,
    about,
    mapped_column,
    text,
    utc_now,
)


class CaseMessage(Base):
    """One step of a case's thread: what the customer wrote (``customer``), what their machine answered (``automatic``), a
    public reply, or an internal note."""

    __tablename__ = "case_messages"
    __guard__ = ("case_id",)
    __entity__ = "case"
    __table_args__ = (
        Index("ix_case_messages_thread", "case_id", "at"),
        Index("ix_case_messages_news", "kind", "at"),
    )

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(text(10), default="note")
    body: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(default=utc_now)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id"), index=True)
    author: Mapped[str | None] = mapped_column(text())
    #: Who got a copy of a reply, separated by commas.
    cc: Mapped[str | None] = mapped_column(text(2000))
    #: The message it came as.
    incoming_id: Mapped[int | None] = mapped_column(ForeignKey("incoming_messages.id"), index=True)
    #: The case it stood in before a merge.
    merged_from_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)
    #: Sent once per key, so that a second click or a repeated job adds nothing.
    key: Mapped[str | None] = mapped_column(text(120), unique=True)
    import_id: Mapped[int | None] = mapped_column(ForeignKey("imports.id"), index=True)


class CannedReply(Versioned, Base):
    """A text to answer with: of one person, of a team, or of everybody when it names neither."""

    __tablename__ = "canned_replies"

    name: Mapped[str] = mapped_column(text())
    body: Mapped[str] = mapped_column(text(20000))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"), index=True)
    is_active: Mapped[bool] = mapped_column(default=True, server_default=true())


class _AtCase:
    """Somebody at a case: a row each, no news to the change log."""

    __logged__ = False

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)


class CaseWriter(_AtCase, Base):
    """Somebody is writing in a case right now; believed until ``until``, and renewed as long as their box holds words."""

    __tablename__ = "case_writers"
    __table_args__ = (UniqueConstraint("case_id", "user_id"),)

    until: Mapped[datetime]


class ReplyDraft(_AtCase, Base):
    """What somebody began to write in a case, for themself alone: words, copies, and how far the thread was read."""

    __tablename__ = "reply_drafts"
    __table_args__ = (UniqueConstraint("case_id", "user_id"),)

    body: Mapped[str] = mapped_column(Text, default="")
    cc: Mapped[list[str]] = mapped_column(default=list)
    seen_newest: Mapped[int] = mapped_column(default=0)
    seen_count: Mapped[int] = mapped_column(default=0)
    changed_at: Mapped[datetime] = mapped_column(default=utc_now, index=True)


class DraftFile(Base):
    """A file that will go with a draft; its bytes are its own, so that they go when it goes."""

    __tablename__ = "draft_files"
    __logged__ = False

    draft_id: Mapped[int] = mapped_column(ForeignKey("reply_drafts.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(text(255))
    declared_kind: Mapped[str] = mapped_column(text(120), default="")
    size: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary)


class CaseRead(_AtCase, Base):
    """When somebody last opened a case: what its customer did after it is marked for them."""

    __tablename__ = "case_reads"
    __guard__ = ("case_id",)
    __entity__ = "case"
    __table_args__ = (UniqueConstraint("case_id", "user_id"),)

    read_at: Mapped[datetime]


class CaseMove(Base):
    """A case's change of status: from, to, when, by whom."""

    __tablename__ = "case_moves"
    __guard__ = ("case_id",)
    __entity__ = "case"
    __logged__ = False
    __table_args__ = (Index("ix_case_moves_news", "to_status", "at"),)

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"), index=True)
    from_status: Mapped[str | None] = mapped_column(text(10))
    to_status: Mapped[str] = mapped_column(text(10))
    at: Mapped[datetime] = mapped_column(default=utc_now)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    import_id: Mapped[int | None] = mapped_column(ForeignKey("imports.id"), index=True)


class CaseStep(Base):
    """What was done in a case in another program, as its event log tells it: each row one step, in the order of their times."""

    __tablename__ = "case_steps"
    __guard__ = ("case_id",)
    __entity__ = "case"
    __about__ = {
        "label": "Case step",
        "plural": "Case steps",
        "icon": ":material/footprint:",
        "title": "activity",
        "keys": (),
        "aliases": ("event log", "case history", "ticket history", "helpdesk log", "activity log"),
    }
    __table_args__ = (UniqueConstraint("case_id", "at", "activity"),)

    case_id: Mapped[int] = mapped_column(
        ForeignKey("cases.id", ondelete="CASCADE"),
        info=about(
            "Case",
            "link",
            link="case",
            required=True,
            aliases=("case id", "ticket", "ticket id", "incident", "case number"),
        ),
    )
    at: Mapped[datetime] = mapped_column(
        info=about(
            "When", "datetime", required=True, sort=True, filter=True,
            aliases=("time", "timestamp", "complete timestamp", "time:timestamp", "end time", "event time", "start timestamp"),
        )
    )  # fmt: skip
    activity: Mapped[str] = mapped_column(
        text(200),
        info=about(
            "Activity",
            "text",
            required=True,
            filter=True,
            aliases=("event", "step", "action", "concept:name", "task"),
        ),
    )
    resource: Mapped[str | None] = mapped_column(
        text(),
        info=about(
            "By", "text", aliases=("resource", "org:resource", "performed by", "user", "agent", "originator")
        ),
    )
    import_id: Mapped[int | None] = mapped_column(ForeignKey("imports.id"), index=True)
