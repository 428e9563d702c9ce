"""Deals with their lines and their way through the stages."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Float

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
from db.types import Money

DEAL_STATUS = (("open", "Open"), ("won", "Won"), ("lost", "Lost"))


class Deal(Business, Base):
    """A qualified chance of a sale in a pipeline stage. ``status`` follows the stage's kind."""

    __tablename__ = "deals"
    __guard__ = "self"
    __entity__ = "deal"
    __about__ = {
        "label": "Deal",
        "plural": "Deals",
        "icon": ":material/handshake:",
        "title": "title",
        "keys": ("number",),
        "aliases": ("opportunities", "sales pipeline", "sales_pipeline", "pipeline", "chances"),
    }
    __table_args__ = (
        Index("ix_deals_board", "pipeline_id", "stage_id", "archived_at", "rank", "id"),
        Index("ix_deals_closed", "status", "closed_on"),
        *listed("deals", "title"),
        Index("ix_deals_changed", "changed_at", "id"),
        Index("ix_deals_currency", "currency"),  # whether there is one alone
    )

    title: Mapped[str] = mapped_column(
        text(),
        info=about(
            "Title",
            "text",
            required=True,
            search=True,
            sort=True,
            aliases=("deal", "deal name", "opportunity", "opportunity name", "subject", "name"),
        ),
    )
    number: Mapped[str | None] = mapped_column(
        text(60),
        index=True,
        info=about(
            "Number",
            "text",
            search=True,
            aliases=("opportunity_id", "opportunity id", "deal id", "id", "external id", "reference"),
        ),
    )
    pipeline_id: Mapped[int] = mapped_column(
        ForeignKey("pipelines.id"),
        info=about("Pipeline", "link", link="pipeline", required=True, filter=True),
    )
    stage_id: Mapped[int] = mapped_column(
        ForeignKey("stages.id"),
        index=True,
        info=about(
            "Stage",
            "link",
            link="stage",
            required=True,
            filter=True,
            aliases=("deal stage", "deal_stage", "sales stage", "phase", "status"),
        ),
    )
    status: Mapped[str] = mapped_column(
        text(10),
        default="open",
        info=about(
            "Status",
            "choice",
            choices=DEAL_STATUS,
            filter=True,
            aliases=("deal status", "outcome", "won/lost"),
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
            aliases=("account", "account name", "company", "customer", "client", "organization"),
        ),
    )
    contact_id: Mapped[int | None] = mapped_column(
        ForeignKey("contacts.id"),
        index=True,
        info=about("Contact", "link", link="contact", filter=True, aliases=("contact name", "person")),
    )
    product_id: Mapped[int | None] = mapped_column(
        ForeignKey("products.id"),
        index=True,
        info=about(
            "Main product",
            "link",
            link="product",
            filter=True,
            aliases=("product", "product name", "item"),
        ),
    )
    amount_minor: Mapped[int | None] = mapped_column(
        Money,
        info=about(
            "Amount",
            "money",
            sort=True,
            currency="currency",
            aliases=(
                "close_value",
                "close value",
                "value",
                "deal value",
                "price",
                "revenue",
                "expected revenue",
                "deal amount",
            ),
        ),
    )
    currency: Mapped[str] = mapped_column(text(3), info=about("Currency", "currency"))
    opened_on: Mapped[date | None] = mapped_column(
        info=about(
            "Opened",
            "date",
            sort=True,
            aliases=("engage_date", "engage date", "created date", "open date", "start date", "create date"),
        )
    )
    expected_close_on: Mapped[date | None] = mapped_column(
        index=True,
        info=about(
            "Expected close",
            "date",
            sort=True,
            filter=True,
            aliases=("expected close date", "expected closing", "forecast date"),
        ),
    )
    closed_on: Mapped[date | None] = mapped_column(
        info=about(
            "Closed",
            "date",
            sort=True,
            filter=True,
            aliases=("close_date", "close date", "closed date", "actual close"),
        )
    )
    source: Mapped[str | None] = mapped_column(
        text(), info=about("Source", "text", filter=True, aliases=("lead source", "channel"))
    )
    campaign_id: Mapped[int | None] = mapped_column(
        ForeignKey("campaigns.id"),
        index=True,
        info=about("Campaign", "link", link="campaign", filter=True),
    )
    loss_reason_id: Mapped[int | None] = mapped_column(
        ForeignKey("loss_reasons.id"),
        info=about(
            "Loss reason",
            "link",
            link="loss_reason",
            filter=True,
            aliases=("reason lost", "lost reason", "closed lost reason"),
        ),
    )
    competitors: Mapped[list[str]] = mapped_column(
        default=list, server_default="[]", info=about("Competitors", "tags")
    )
    next_step: Mapped[str | None] = mapped_column(text(), info=about("Next step", "text"))
    next_step_on: Mapped[date | None] = mapped_column(info=about("Next step on", "date", sort=True))
    #: Stays add up: less what earlier stays in the same stage took, so that now less this is the time in the stage.
    stage_since: Mapped[datetime] = mapped_column(
        default=utc_now,
        info={
            "label": "In stage since",
            "kind": "datetime",
            "sort": True,
            "import": False,
            "help": "Earlier stays in the same stage are counted in",
        },
    )
    rank: Mapped[float] = mapped_column(Float, default=0.0, server_default="0")
    notes: Mapped[str | None] = mapped_column(
        text(10000), info=about("Notes", "longtext", aliases=("description", "comment"))
    )


class DealLine(Business, Base):
    """One product in a deal."""

    __tablename__ = "deal_lines"
    __guard__ = ("deal_id",)
    __entity__ = "deal"
    __about__ = {
        "label": "Deal line",
        "plural": "Deal lines",
        "icon": ":material/list:",
        "title": "description",
        "keys": (),
        "aliases": ("opportunity lines", "line items"),
    }

    deal_id: Mapped[int] = mapped_column(
        ForeignKey("deals.id", ondelete="CASCADE"),
        index=True,
        info=about("Deal", "link", link="deal", required=True),
    )
    product_id: Mapped[int | None] = mapped_column(
        ForeignKey("products.id"),
        index=True,
        info=about("Product", "link", link="product"),
    )
    description: Mapped[str | None] = mapped_column(text(500), info=about("Description", "text"))
    quantity: Mapped[float] = mapped_column(
        Float,
        default=1.0,
        info=about("Quantity", "number", minimum=0, aliases=("qty", "units")),
    )
    unit_price_minor: Mapped[int | None] = mapped_column(
        Money, info=about("Unit price", "money", currency="currency")
    )
    discount: Mapped[float] = mapped_column(
        Float,
        default=0.0,
        server_default="0",
        info=about("Discount", "percent", minimum=0, maximum=1),
    )
    amount_minor: Mapped[int | None] = mapped_column(
        Money, info=about("Amount", "money", currency="currency")
    )
    currency: Mapped[str] = mapped_column(text(3), info=about("Currency", "currency"))


class StageChange(Base):
    """A deal's stay in a stage: entered, left, by whom."""

    __tablename__ = "stage_changes"
    __guard__ = ("deal_id",)
    __entity__ = "deal"
    __logged__ = False

    deal_id: Mapped[int] = mapped_column(ForeignKey("deals.id", ondelete="CASCADE"), index=True)
    from_stage_id: Mapped[int | None] = mapped_column(ForeignKey("stages.id"))
    to_stage_id: Mapped[int] = mapped_column(ForeignKey("stages.id"))
    at: Mapped[datetime] = mapped_column(default=utc_now)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    import_id: Mapped[int | None] = mapped_column(ForeignKey("imports.id"), index=True)
