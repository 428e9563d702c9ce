"""Campaigns with their arms and members."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Float, UniqueConstraint

from db.models.base import Base, Business, ForeignKey, Index, Mapped, about, listed, mapped_column, text
from db.models.campaigns.segments import PURPOSES
from db.types import Money

CAMPAIGN_STATUS = (
    ("draft", "Draft"),
    ("planned", "Planned"),
    ("running", "Running"),
    ("paused", "Paused"),
    ("closed", "Closed"),
)
CAMPAIGN_CHANNELS = (
    ("email", "E-mail"),
    ("phone", "Phone list"),
    ("letter", "Letter file"),
    ("social", "Social"),
    ("event", "Event"),
)
MEMBER_STATES = (
    ("planned", "Planned"),
    ("queued", "Queued"),
    ("sent", "Sent"),
    ("failed", "Failed"),
    ("bounced", "Bounced"),
    ("skipped", "Left out"),
    ("control", "Control group"),
    ("unsubscribed", "Unsubscribed"),
)


class Campaign(Business, Base):
    """An offer to a segment over one channel in a period. Members and arms are fixed when it is planned."""

    __tablename__ = "campaigns"
    __guard__ = "self"
    __entity__ = "campaign"
    __about__ = {
        "label": "Campaign",
        "plural": "Campaigns",
        "icon": ":material/campaign:",
        "title": "name",
        "keys": ("number", "name"),
        "aliases": ("mailings", "marketing campaigns", "promotions"),
    }
    __table_args__ = (
        *listed("campaigns", "name"),
        Index("ix_campaigns_period", "status", "starts_on"),
    )

    name: Mapped[str] = mapped_column(
        text(),
        info=about(
            "Name",
            "text",
            required=True,
            search=True,
            sort=True,
            aliases=("campaign", "campaign name", "title"),
        ),
    )
    name_key: Mapped[str] = mapped_column(text(), index=True, default="")
    number: Mapped[str | None] = mapped_column(
        text(60), index=True, info=about("Number", "text", search=True, aliases=("id", "campaign id"))
    )
    status: Mapped[str] = mapped_column(
        text(10),
        default="draft",
        server_default="draft",
        info=about("Status", "choice", choices=CAMPAIGN_STATUS, filter=True),
    )
    channel: Mapped[str] = mapped_column(
        text(10),
        default="email",
        server_default="email",
        info=about(
            "Channel",
            "choice",
            choices=CAMPAIGN_CHANNELS,
            filter=True,
            aliases=("type", "medium"),
        ),
    )
    purpose: Mapped[str] = mapped_column(
        text(20),
        default="offers",
        server_default="offers",
        info=about(
            "Purpose",
            "choice",
            choices=PURPOSES,
            filter=True,
            help="Only who consented to it is contacted",
        ),
    )
    goal: Mapped[str | None] = mapped_column(text(500), info=about("Goal", "text", aliases=("objective",)))
    offer: Mapped[str | None] = mapped_column(text(2000), info=about("Offer", "longtext"))
    segment_id: Mapped[int | None] = mapped_column(
        ForeignKey("segments.id"),
        index=True,
        info=about("Segment", "link", link="segment", filter=True),
    )
    starts_on: Mapped[date | None] = mapped_column(
        info=about(
            "Starts",
            "date",
            sort=True,
            filter=True,
            aliases=("start", "start date", "launch"),
        )
    )
    ends_on: Mapped[date | None] = mapped_column(
        info=about("Ends", "date", sort=True, aliases=("end", "end date"))
    )
    #: Responses count for so many days after the message.
    response_days: Mapped[int] = mapped_column(
        default=28,
        server_default="28",
        info=about("Responses count for", "integer", unit="days", minimum=1, maximum=365),
    )
    budget_minor: Mapped[int | None] = mapped_column(
        Money, info=about("Budget", "money", currency="currency", minimum=0)
    )
    cost_minor: Mapped[int | None] = mapped_column(
        Money,
        info=about(
            "Cost",
            "money",
            currency="currency",
            minimum=0,
            aliases=("spend", "actual cost", "marketing spend"),
        ),
    )
    currency: Mapped[str | None] = mapped_column(text(3), info=about("Currency", "currency"))
    expected_response: Mapped[float | None] = mapped_column(
        Float, info=about("Expected response", "percent", minimum=0, maximum=1)
    )
    #: Whoever got so many campaign messages within so many days gets none; 0 means no cap.
    cap_messages: Mapped[int] = mapped_column(
        default=4,
        server_default="4",
        info=about("At most", "integer", unit="messages", minimum=0, maximum=100),
    )
    cap_days: Mapped[int] = mapped_column(
        default=30,
        server_default="30",
        info=about("Within", "integer", unit="days", minimum=1, maximum=365),
    )
    #: Names of contact fields whose values the arms hold in equal shares.
    strata: Mapped[list[str]] = mapped_column(default=list, server_default="[]")
    seed: Mapped[int] = mapped_column(default=1, server_default="1")
    #: When members and arms were drawn; from then on they stay.
    drawn_at: Mapped[datetime | None]
    #: Who fell out at the draw, by reason.
    left_out: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    started_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    copied_from_id: Mapped[int | None] = mapped_column(ForeignKey("campaigns.id"))
    notes: Mapped[str | None] = mapped_column(text(10000), info=about("Notes", "longtext"))


class CampaignArm(Base):
    """One version of a campaign, or its control group; ``name`` is unique within the campaign and stands on its members."""

    __tablename__ = "campaign_arms"
    __guard__ = ("campaign_id",)
    __entity__ = "campaign"
    __about__ = {"label": "Campaign arm", "plural": "Campaign arms", "icon": ":material/call_split:", "title": "name",
                 "keys": (), "aliases": ("arms", "variants", "versions")}  # fmt: skip
    __table_args__ = (UniqueConstraint("campaign_id", "name"),)

    campaign_id: Mapped[int] = mapped_column(
        ForeignKey("campaigns.id", ondelete="CASCADE"),
        info=about("Campaign", "link", link="campaign", required=True),
    )
    name: Mapped[str] = mapped_column(
        text(80),
        info=about("Name", "text", required=True, aliases=("arm", "variant", "version")),
    )
    is_control: Mapped[bool] = mapped_column(
        default=False, server_default="0", info=about("Control group", "boolean")
    )
    share: Mapped[float] = mapped_column(
        Float, default=0.5, info=about("Share", "percent", minimum=0, maximum=1)
    )
    template_id: Mapped[int | None] = mapped_column(ForeignKey("message_templates.id"))
    position: Mapped[int] = mapped_column(default=0)
    import_id: Mapped[int | None] = mapped_column(ForeignKey("imports.id"), index=True)


class CampaignMember(Base):
    """A contact in a campaign: arm, what happened to the message, and what the contact did within the counted days."""

    __tablename__ = "campaign_members"
    __guard__ = ("campaign_id",)
    __entity__ = "campaign"
    __logged__ = False
    __about__ = {"label": "Campaign member", "plural": "Campaign members", "icon": ":material/group:", "title": "arm",
                 "keys": (), "aliases": ("members", "recipients", "responses")}  # fmt: skip
    __table_args__ = (
        UniqueConstraint("campaign_id", "contact_id"),
        Index("ix_campaign_members_state", "campaign_id", "state", "id"),
        Index("ix_campaign_members_sent", "contact_id", "sent_at"),
    )

    campaign_id: Mapped[int] = mapped_column(
        ForeignKey("campaigns.id", ondelete="CASCADE"),
        info=about("Campaign", "link", link="campaign", required=True),
    )
    contact_id: Mapped[int] = mapped_column(
        ForeignKey("contacts.id", ondelete="CASCADE"),
        info=about(
            "Contact",
            "link",
            link="contact",
            required=True,
            aliases=("customer", "email", "recipient", "customer id"),
        ),
    )
    arm: Mapped[str] = mapped_column(
        text(80),
        info=about("Arm", "text", required=True, filter=True, aliases=("variant", "group", "treatment")),
    )
    state: Mapped[str] = mapped_column(
        text(20),
        default="planned",
        server_default="planned",
        info=about("State", "choice", choices=MEMBER_STATES, filter=True),
    )
    #: The values of the strata, joined, as they were at the draw.
    stratum: Mapped[str] = mapped_column(text(), default="", server_default="")
    sent_at: Mapped[datetime | None] = mapped_column(info=about("Sent", "datetime", sort=True))
    responded_at: Mapped[datetime | None] = mapped_column(info=about("Responded", "datetime", sort=True))
    #: link, reply, form, deal, order or file.
    response_by: Mapped[str | None] = mapped_column(text(20), info=about("Response by", "text", filter=True))
    responded: Mapped[bool] = mapped_column(
        default=False,
        server_default="0",
        info=about(
            "Responded (yes or no)",
            "boolean",
            filter=True,
            aliases=("visit", "response", "clicked", "visited"),
        ),
    )
    converted: Mapped[bool] = mapped_column(
        default=False,
        server_default="0",
        info=about("Converted", "boolean", filter=True, aliases=("conversion", "bought", "purchased")),
    )
    revenue_minor: Mapped[int] = mapped_column(
        Money,
        default=0,
        server_default="0",
        info=about("Revenue", "money", currency="currency", aliases=("spend", "sales", "amount")),
    )
    currency: Mapped[str | None] = mapped_column(text(3), info=about("Currency", "currency"))
    #: Further currencies without a rate in which they bought, told apart by commas.
    beside: Mapped[str | None] = mapped_column(text(1000))
    import_id: Mapped[int | None] = mapped_column(ForeignKey("imports.id"), index=True)
