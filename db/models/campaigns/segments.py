"""Groups of contacts, and what each contact agreed to."""

from __future__ import annotations

from datetime import datetime
from typing import Any

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

SEGMENT_KINDS = (("living", "Living"), ("fixed", "Fixed"))
PURPOSES = (
    ("newsletter", "News"),
    ("offers", "Offers"),
    ("events", "Events"),
    ("surveys", "Surveys"),
    ("service", "Service messages"),
)
CONSENT_CHANNELS = (("email", "E-mail"), ("phone", "Phone"), ("post", "Letter"), ("social", "Social"))
CONSENT_STATES = (("given", "Given"), ("refused", "Refused"), ("withdrawn", "Withdrawn"))
BASES = (
    ("consent", "Consent"),
    ("contract", "Contract"),
    ("legitimate_interest", "Legitimate interest"),
    ("legal_obligation", "Legal obligation"),
)


class Segment(Business, Base):
    """A group of contacts by rules (living) or as it was on a day (fixed). ``rules`` is the tree of
    ``crm.campaigns.segments.conditions``."""

    __tablename__ = "segments"
    __guard__ = "self"
    __entity__ = "segment"
    __about__ = {
        "label": "Segment",
        "plural": "Segments",
        "icon": ":material/filter_alt:",
        "title": "name",
        "keys": ("name",),
        "aliases": ("audiences", "target groups", "marketing lists"),
    }
    __table_args__ = (*listed("segments", "name"),)

    name: Mapped[str] = mapped_column(
        text(), info=about("Name", "text", required=True, search=True, sort=True)
    )
    name_key: Mapped[str] = mapped_column(text(), index=True, default="")
    kind: Mapped[str] = mapped_column(
        text(10),
        default="living",
        server_default="living",
        info=about("Kind", "choice", choices=SEGMENT_KINDS, filter=True),
    )
    description: Mapped[str | None] = mapped_column(text(2000), info=about("Description", "longtext"))
    rules: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    counted: Mapped[int | None] = mapped_column(
        info=about("Contacts", "integer", sort=True, **{"import": False})
    )
    counted_at: Mapped[datetime | None] = mapped_column(
        info=about("Counted", "datetime", **{"import": False})
    )


class SegmentMember(Base):
    """A contact of a fixed segment."""

    __tablename__ = "segment_members"
    __guard__ = ("segment_id",)
    __entity__ = "segment"
    __logged__ = False
    __table_args__ = (UniqueConstraint("segment_id", "contact_id"),)

    segment_id: Mapped[int] = mapped_column(ForeignKey("segments.id", ondelete="CASCADE"))
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"), index=True)
    added_at: Mapped[datetime] = mapped_column(default=utc_now)
    import_id: Mapped[int | None] = mapped_column(ForeignKey("imports.id"), index=True)


class Consent(Base):
    """A contact's word on one purpose and channel. Rows are added, never changed: the newest (``at``, then ``id``) holds."""

    __tablename__ = "consents"
    __guard__ = ("contact_id",)
    __entity__ = "contact"
    __about__ = {"label": "Consent", "plural": "Consents", "icon": ":material/verified_user:", "title": "purpose",
                 "keys": (), "aliases": ("consents", "opt-ins", "permissions", "subscriptions")}  # fmt: skip
    __table_args__ = (
        Index("ix_consents_contact", "contact_id", "purpose", "channel", "at"),
        Index("ix_consents_wanted", "purpose", "channel", "contact_id", "at"),
    )

    contact_id: Mapped[int] = mapped_column(
        ForeignKey("contacts.id", ondelete="CASCADE"),
        info=about(
            "Contact",
            "link",
            link="contact",
            required=True,
            aliases=("email", "contact email", "customer"),
        ),
    )
    purpose: Mapped[str] = mapped_column(
        text(20),
        info=about("Purpose", "choice", choices=PURPOSES, required=True, filter=True),
    )
    channel: Mapped[str] = mapped_column(
        text(10),
        default="email",
        info=about("Channel", "choice", choices=CONSENT_CHANNELS, required=True, filter=True),
    )
    state: Mapped[str] = mapped_column(
        text(10),
        default="given",
        info=about(
            "State",
            "choice",
            choices=CONSENT_STATES,
            required=True,
            filter=True,
            aliases=("status", "consent", "opt-in"),
        ),
    )
    basis: Mapped[str] = mapped_column(
        text(30), default="consent", info=about("Basis", "choice", choices=BASES)
    )
    at: Mapped[datetime] = mapped_column(
        default=utc_now,
        info=about("When", "datetime", sort=True, aliases=("date", "consent date")),
    )
    source: Mapped[str | None] = mapped_column(
        text(),
        info=about("Source", "text", help="For example the form, the fair, the call"),
    )
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    import_id: Mapped[int | None] = mapped_column(ForeignKey("imports.id"), index=True)
