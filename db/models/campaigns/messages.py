"""Templates, tracked links with their clicks, addresses that cannot be reached, web forms and their answers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from db.models.base import (
    Base,
    Business,
    ForeignKey,
    Index,
    Json,
    Mapped,
    about,
    listed,
    mapped_column,
    text,
    utc_now,
)

FORM_KINDS = (("lead", "Interest"), ("service", "Service request"))

FORM_REVIEWS = (
    ("suspicious", "What is suspicious"),
    ("everything", "Every answer"),
    ("nothing", "Nothing but robots"),
)


class MessageTemplate(Business, Base):
    """A message with places to fill in: subject and Markdown body in sandboxed Jinja."""

    __tablename__ = "message_templates"
    __guard__ = "self"
    __entity__ = "campaign"
    __about__ = {
        "label": "Template",
        "plural": "Templates",
        "icon": ":material/drafts:",
        "title": "name",
        "keys": ("name",),
        "aliases": ("e-mail templates", "templates"),
    }
    __table_args__ = (*listed("message_templates", "name"),)

    name: Mapped[str] = mapped_column(
        text(), info=about("Name", "text", required=True, search=True, sort=True)
    )
    name_key: Mapped[str] = mapped_column(text(), index=True, default="")
    subject: Mapped[str] = mapped_column(text(300), info=about("Subject", "text", required=True, search=True))
    preheader: Mapped[str | None] = mapped_column(
        text(300), info=about("Preview line", "text", help="Shown after the subject in the inbox")
    )
    body: Mapped[str] = mapped_column(text(50000), info=about("Text", "longtext", required=True))
    language: Mapped[str] = mapped_column(text(8), default="en", server_default="en")


class TrackedLink(Base):
    """An address in a campaign's messages whose clicks are counted; members go there by a signed token."""

    __tablename__ = "tracked_links"
    __guard__ = ("campaign_id",)
    __entity__ = "campaign"
    __logged__ = False
    __table_args__ = (Index("ix_tracked_links_campaign", "campaign_id"),)

    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id", ondelete="CASCADE"))
    arm: Mapped[str] = mapped_column(text(80), default="")
    url: Mapped[str] = mapped_column(text(2000))


class LinkClick(Base):
    """A member followed a link; ``by_machine`` where a mail scanner did it, which counts for nothing."""

    __tablename__ = "link_clicks"
    __guard__ = ("campaign_id",)
    __entity__ = "campaign"
    __logged__ = False
    __table_args__ = (Index("ix_link_clicks_campaign", "campaign_id", "at"),)

    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id", ondelete="CASCADE"))
    link_id: Mapped[int] = mapped_column(ForeignKey("tracked_links.id", ondelete="CASCADE"), index=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("campaign_members.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime] = mapped_column(default=utc_now)
    by_machine: Mapped[bool] = mapped_column(default=False)


class AddressProblem(Base):
    """An e-mail address (lower case) that cannot be reached or whose owner complained; nothing is sent to it."""

    __tablename__ = "address_problems"
    __logged__ = False

    address: Mapped[str] = mapped_column(text(254), unique=True)
    kind: Mapped[str] = mapped_column(text(20), default="bounce")  # bounce, complaint
    reason: Mapped[str | None] = mapped_column(text(500))
    at: Mapped[datetime] = mapped_column(default=utc_now)
    source: Mapped[str | None] = mapped_column(text())


class Secret(Base):
    """A key that signs links; made by the program, never shown, logged or exported."""

    __tablename__ = "secrets"
    __logged__ = False

    name: Mapped[str] = mapped_column(text(40), unique=True)
    value: Mapped[str] = mapped_column(text(200))
    made_at: Mapped[datetime] = mapped_column(default=utc_now)


class WebForm(Business, Base):
    """A public form at ``/forms/<slug>``: captures leads or takes service requests.

    ``fields`` lists ``{"name", "label", "kind", "required", "choices"}``; ``purposes`` those for which consent is asked.
    Rows it makes belong to the form's owner and team.
    """

    __tablename__ = "web_forms"
    __guard__ = "self"
    __entity__ = "campaign"
    __about__ = {
        "label": "Web form",
        "plural": "Web forms",
        "icon": ":material/dynamic_form:",
        "title": "name",
        "keys": ("slug",),
        "aliases": ("forms", "landing pages"),
    }
    __table_args__ = (*listed("web_forms", "name"),)

    name: Mapped[str] = mapped_column(
        text(), info=about("Name", "text", required=True, search=True, sort=True)
    )
    slug: Mapped[str] = mapped_column(
        text(80),
        unique=True,
        info=about("Address", "text", required=True, search=True, help="Last part of /forms/…"),
    )
    kind: Mapped[str] = mapped_column(
        text(10),
        default="lead",
        info=about("Kind", "choice", choices=FORM_KINDS, filter=True),
    )
    title: Mapped[str | None] = mapped_column(text(), info=about("Headline", "text"))
    intro: Mapped[str | None] = mapped_column(text(2000), info=about("Introduction", "longtext"))
    thanks: Mapped[str | None] = mapped_column(text(2000), info=about("Thanks", "longtext"))
    fields: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list, server_default="[]")
    purposes: Mapped[list[str]] = mapped_column(
        default=list, server_default="[]", info=about("Asks consent for", "tags")
    )
    campaign_id: Mapped[int | None] = mapped_column(
        ForeignKey("campaigns.id"),
        index=True,
        info=about("Campaign", "link", link="campaign"),
    )
    queue_id: Mapped[int | None] = mapped_column(
        ForeignKey("queues.id"), info=about("Queue", "link", link="queue")
    )
    is_active: Mapped[bool] = mapped_column(
        default=True, server_default="1", info=about("Active", "boolean", filter=True)
    )
    review: Mapped[str] = mapped_column(
        text(12),
        default="suspicious",
        server_default="suspicious",
        info=about("Waits in the inbox", "choice", choices=FORM_REVIEWS, help="Until somebody lets it in"),
    )


class FormAnswer(Base):
    """One answer to a web form; ``key`` makes a repeated post count once."""

    __tablename__ = "form_answers"
    __guard__ = ("form_id",)
    __entity__ = "campaign"
    __logged__ = False
    __table_args__ = (Index("ix_form_answers_form", "form_id", "at"),)

    form_id: Mapped[int] = mapped_column(ForeignKey("web_forms.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(text(80), unique=True)
    at: Mapped[datetime] = mapped_column(default=utc_now)
    answers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id"), index=True)
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("leads.id"), index=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)
    #: Waits in the inbox, or was refused there: nothing came of it.
    is_held: Mapped[bool] = mapped_column(default=False, server_default="0")
    #: The language that its page spoke: what follows later is written in it.
    language: Mapped[str] = mapped_column(text(8), default="en", server_default="en")
    #: Keyed hash of the sender's network address, for the rate limit.
    sender: Mapped[str | None] = mapped_column(text(64), index=True)
