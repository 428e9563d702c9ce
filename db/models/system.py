"""What the program keeps for itself: change log, outbox, imports, forecasts, settings, jobs."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, LargeBinary, UniqueConstraint

from db.models.base import Base, ForeignKey, Index, Mapped, mapped_column, text, utc_now


class ChangeBatch(Base):
    """Everything one person changed in one transaction, and why."""

    __tablename__ = "change_batches"
    __logged__ = False

    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    cause: Mapped[str] = mapped_column(text(60), default="screen")
    at: Mapped[datetime] = mapped_column(default=utc_now, index=True)
    undoes: Mapped[int | None] = mapped_column(ForeignKey("change_batches.id"))
    import_id: Mapped[int | None] = mapped_column(ForeignKey("imports.id"), index=True)


class Change(Base):
    """One record made (C), updated (U) or deleted (D) in a batch; old and new values of the changed fields only."""

    __tablename__ = "changes"
    __logged__ = False
    __table_args__ = (Index("ix_changes_record", "entity", "record_id", "id"),)

    batch_id: Mapped[int] = mapped_column(ForeignKey("change_batches.id"), index=True)
    entity: Mapped[str] = mapped_column(text(40))
    record_id: Mapped[int] = mapped_column(BigInteger)
    op: Mapped[str] = mapped_column(text(1))
    old: Mapped[dict[str, Any] | None]
    new: Mapped[dict[str, Any] | None]


class Outbox(Base):
    """What must happen outside, written in the transaction that causes it and sent by the worker."""

    __tablename__ = "outbox"
    __logged__ = False
    __table_args__ = (
        Index("ix_outbox_waiting", "state", "due_at", "id"),
        Index("ix_outbox_campaign", "campaign_id", "state"),
    )

    kind: Mapped[str] = mapped_column(text(40))
    payload: Mapped[dict[str, Any]]
    unique_key: Mapped[str] = mapped_column(text(120), unique=True)
    made_at: Mapped[datetime] = mapped_column(default=utc_now)
    due_at: Mapped[datetime] = mapped_column(default=utc_now, index=True)
    sent_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    problem: Mapped[str | None] = mapped_column(text(1000))
    # queued, sending, handed (the server may have it, so it is never sent again), sent, failed, cancelled
    state: Mapped[str] = mapped_column(text(10), default="queued", server_default="queued")
    handed_at: Mapped[datetime | None]
    owner: Mapped[str | None] = mapped_column(text(80))
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaigns.id"))
    member_id: Mapped[int | None] = mapped_column(ForeignKey("campaign_members.id"), index=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)


class Import(Base):
    """The journal of one import: what came from where, how many rows, what failed, whether it was undone."""

    __tablename__ = "imports"
    __logged__ = False

    name: Mapped[str] = mapped_column(text())
    state: Mapped[str] = mapped_column(
        text(20), default="running"
    )  # running, done, cancelled, failed, undone
    # No foreign key: users point to the import that made them, and two tables cannot both come first.
    actor_id: Mapped[int | None]
    started_at: Mapped[datetime] = mapped_column(default=utc_now)
    ended_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]
    plan: Mapped[dict[str, Any]] = mapped_column(default=dict)
    report: Mapped[dict[str, Any]] = mapped_column(default=dict)


class ImportFailure(Base):
    """One row of an import that was not stored, and why."""

    __tablename__ = "import_failures"
    __logged__ = False

    import_id: Mapped[int] = mapped_column(ForeignKey("imports.id", ondelete="CASCADE"), index=True)
    step: Mapped[int] = mapped_column(default=0)
    row: Mapped[int]
    column: Mapped[str | None] = mapped_column(text())
    value: Mapped[str | None] = mapped_column(text(1000))
    reason: Mapped[str] = mapped_column(text(1000))
    line: Mapped[dict[str, Any]] = mapped_column(default=dict)


class ForecastRun(Base):
    """A stored forecast: which series, cut-off, method, parameters, seed, result with back-test."""

    __tablename__ = "forecast_runs"
    __logged__ = False
    __table_args__ = (Index("ix_forecast_runs_latest", "series", "scope_key", "id"),)

    series: Mapped[str] = mapped_column(text(120))
    scope_key: Mapped[str] = mapped_column(text(120), default="all")
    made_at: Mapped[datetime] = mapped_column(default=utc_now)
    cutoff: Mapped[date | None]
    horizon: Mapped[int]
    seed: Mapped[int]
    model: Mapped[str] = mapped_column(text(40))
    parameters: Mapped[dict[str, Any]] = mapped_column(default=dict)
    result: Mapped[dict[str, Any]] = mapped_column(default=dict)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class Setting(Base):
    """One setting of the firm, by name."""

    __tablename__ = "settings"
    __guard__ = "open"
    __entity__ = "setting"

    name: Mapped[str] = mapped_column(text(80), unique=True)
    value: Mapped[dict[str, Any]]


class Job(Base):
    """Long work in the background with progress; can be cancelled and taken up again."""

    __tablename__ = "jobs"
    __logged__ = False

    kind: Mapped[str] = mapped_column(text(40))
    args: Mapped[dict[str, Any]] = mapped_column(default=dict)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    state: Mapped[str] = mapped_column(
        text(20), default="queued", index=True
    )  # queued, running, done, failed, cancelled
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    note: Mapped[str] = mapped_column(text(500), default="")
    result: Mapped[dict[str, Any]] = mapped_column(default=dict)
    stop: Mapped[bool] = mapped_column(default=False)
    tries: Mapped[int] = mapped_column(default=0)
    owner: Mapped[str | None] = mapped_column(text(80))
    beat_at: Mapped[datetime | None]
    made_at: Mapped[datetime] = mapped_column(default=utc_now)
    ended_at: Mapped[datetime | None]
    unique_key: Mapped[str | None] = mapped_column(text(120), unique=True)


class ApiAnswer(Base):
    """What a call with an ``Idempotency-Key`` was answered, for its repeats of a day; ``body`` is packed."""

    __tablename__ = "api_answers"
    __logged__ = False
    __table_args__ = (UniqueConstraint("caller", "key_hash"),)

    caller: Mapped[str] = mapped_column(text(40))
    key_hash: Mapped[str] = mapped_column(text(64))
    request_hash: Mapped[str] = mapped_column(text(64))
    status: Mapped[int]
    etag: Mapped[str] = mapped_column(text(20), default="")
    body: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime] = mapped_column(default=utc_now, index=True)


class Lease(Base):
    """Which process leads a task that only one may do, and until when."""

    __tablename__ = "leases"
    __logged__ = False
    __table_args__ = (UniqueConstraint("name"),)

    name: Mapped[str] = mapped_column(text(40))
    owner: Mapped[str] = mapped_column(text(80))
    until: Mapped[datetime]
