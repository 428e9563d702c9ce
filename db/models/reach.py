"""The roles between contacts and organisations, how to reach them and where they are."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, UniqueConstraint

from db.models.base import Base, ForeignKey, Mapped, mapped_column, text


class ContactRole(Base):
    """What a contact is at an organisation; the many-to-many between the two, with dates."""

    __tablename__ = "contact_roles"
    __guard__ = ("contact_id",)
    __entity__ = "contact"
    __table_args__ = (UniqueConstraint("contact_id", "organisation_id", "role"),)

    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"), index=True)
    organisation_id: Mapped[int] = mapped_column(
        ForeignKey("organisations.id", ondelete="CASCADE"), index=True
    )
    role: Mapped[str] = mapped_column(text(80), default="employee")
    since: Mapped[date | None]
    until: Mapped[date | None]


class Channel(Base):
    """One way to reach a contact or organisation, valid between two days."""

    __tablename__ = "channels"
    __guard__ = ("contact_id", "organisation_id")
    __entity__ = "contact"
    __table_args__ = (
        CheckConstraint("contact_id IS NOT NULL OR organisation_id IS NOT NULL", name="has_party"),
    )

    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(
        ForeignKey("organisations.id", ondelete="CASCADE"), index=True
    )
    kind: Mapped[str] = mapped_column(text(20))
    value: Mapped[str] = mapped_column(text(254), index=True)
    label: Mapped[str | None] = mapped_column(text(60))
    is_primary: Mapped[bool] = mapped_column(default=False)
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]


class Address(Base):
    """A postal address of a contact or organisation."""

    __tablename__ = "addresses"
    __guard__ = ("contact_id", "organisation_id")
    __entity__ = "contact"
    __table_args__ = (
        CheckConstraint("contact_id IS NOT NULL OR organisation_id IS NOT NULL", name="has_party"),
    )

    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(
        ForeignKey("organisations.id", ondelete="CASCADE"), index=True
    )
    kind: Mapped[str] = mapped_column(text(20), default="office")
    street: Mapped[str | None] = mapped_column(text())
    postal_code: Mapped[str | None] = mapped_column(text(20))
    city: Mapped[str | None] = mapped_column(text())
    region: Mapped[str | None] = mapped_column(text())
    country: Mapped[str | None] = mapped_column(text())
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]
