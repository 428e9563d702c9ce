"""Our accounts on social networks, and posts with what became of them."""

from __future__ import annotations

from datetime import datetime

from db.models.base import Base, Business, ForeignKey, Index, Mapped, about, listed, mapped_column, text
from db.types import Money

NETWORKS = (
    ("facebook", "Facebook"),
    ("instagram", "Instagram"),
    ("x", "X"),
    ("linkedin", "LinkedIn"),
    ("web", "Web"),
)
POST_KINDS = (
    ("text", "Text"),
    ("photo", "Photo"),
    ("video", "Video"),
    ("link", "Link"),
    ("status", "Status"),
    ("story", "Story"),
)
POST_STATUS = (("draft", "Draft"), ("planned", "Planned"), ("published", "Published"))


class SocialAccount(Business, Base):
    """A page or profile of ours."""

    __tablename__ = "social_accounts"
    __guard__ = "self"
    __entity__ = "social"
    __about__ = {"label": "Social account", "plural": "Social accounts", "icon": ":material/account_circle:",
                 "title": "name", "keys": ("name",),
                 "aliases": ("social accounts", "pages", "profiles")}  # fmt: skip

    name: Mapped[str] = mapped_column(
        text(),
        info=about(
            "Name",
            "text",
            required=True,
            search=True,
            sort=True,
            aliases=("page", "account"),
        ),
    )
    name_key: Mapped[str] = mapped_column(text(), index=True, default="")
    network: Mapped[str] = mapped_column(
        text(20),
        default="facebook",
        info=about("Network", "choice", choices=NETWORKS, required=True, filter=True),
    )
    url: Mapped[str | None] = mapped_column(text(500), info=about("Address", "url"))


class SocialPost(Business, Base):
    """A post: a draft, planned for a moment, or published with what it reached."""

    __tablename__ = "social_posts"
    __guard__ = "self"
    __entity__ = "social"
    __about__ = {"label": "Post", "plural": "Posts", "icon": ":material/post_add:", "title": "title",
                 "keys": ("number",), "number_within": "account_id",
                 "aliases": ("posts", "social posts", "page metrics", "dataset_facebook")}  # fmt: skip
    __table_args__ = (
        *listed("social_posts", "title"),
        Index("ix_social_posts_when", "published_at", "id"),
    )

    title: Mapped[str] = mapped_column(
        text(), info=about("Title", "text", required=True, search=True, sort=True)
    )
    number: Mapped[str | None] = mapped_column(
        text(120),
        index=True,
        info=about("Number", "text", search=True, aliases=("post id", "id", "permalink")),
    )
    account_id: Mapped[int | None] = mapped_column(
        ForeignKey("social_accounts.id"),
        index=True,
        info=about(
            "Account",
            "link",
            link="social_account",
            filter=True,
            aliases=("page", "profile"),
        ),
    )
    kind: Mapped[str] = mapped_column(
        text(20),
        default="text",
        info=about(
            "Kind",
            "choice",
            choices=POST_KINDS,
            filter=True,
            aliases=("type", "post type", "media type"),
        ),
    )
    status: Mapped[str] = mapped_column(
        text(20),
        default="draft",
        server_default="draft",
        info=about("Status", "choice", choices=POST_STATUS, filter=True),
    )
    is_paid: Mapped[bool | None] = mapped_column(
        info=about("Paid", "boolean", filter=True, aliases=("paid", "boosted", "is paid"))
    )
    body: Mapped[str | None] = mapped_column(
        text(10000), info=about("Text", "longtext", aliases=("message", "caption", "post message"))
    )
    link: Mapped[str | None] = mapped_column(text(2000), info=about("Link", "url"))
    campaign_id: Mapped[int | None] = mapped_column(
        ForeignKey("campaigns.id"),
        index=True,
        info=about("Campaign", "link", link="campaign", filter=True),
    )
    planned_at: Mapped[datetime | None] = mapped_column(
        index=True, info=about("Planned for", "datetime", sort=True)
    )
    published_at: Mapped[datetime | None] = mapped_column(
        info=about(
            "Published",
            "datetime",
            sort=True,
            filter=True,
            aliases=("posted", "post time", "created time", "date", "publish time"),
        )
    )
    #: 1 Monday to 7 Sunday, and 0 to 23, in the firm's time; from ``published_at`` unless a file gives them.
    weekday: Mapped[int | None] = mapped_column(
        info=about("Weekday", "integer", minimum=1, maximum=7, filter=True, aliases=("post weekday",))
    )
    hour: Mapped[int | None] = mapped_column(
        info=about("Hour", "integer", minimum=0, maximum=23, filter=True, aliases=("post hour",))
    )
    reach: Mapped[int | None] = mapped_column(
        info=about(
            "Reach",
            "integer",
            sort=True,
            minimum=0,
            aliases=("lifetime post total reach", "people reached"),
        )
    )
    impressions: Mapped[int | None] = mapped_column(
        info=about(
            "Impressions",
            "integer",
            sort=True,
            minimum=0,
            aliases=("lifetime post total impressions", "views"),
        )
    )
    engaged: Mapped[int | None] = mapped_column(
        info=about(
            "Engaged people",
            "integer",
            sort=True,
            minimum=0,
            aliases=("lifetime engaged users", "engaged users"),
        )
    )
    clicks: Mapped[int | None] = mapped_column(
        info=about(
            "Clicks", "integer", sort=True, minimum=0, aliases=("lifetime post consumptions", "link clicks")
        )
    )
    likes: Mapped[int | None] = mapped_column(
        info=about("Likes", "integer", sort=True, minimum=0, aliases=("like", "reactions"))
    )
    comments: Mapped[int | None] = mapped_column(
        info=about("Comments", "integer", sort=True, minimum=0, aliases=("comment",))
    )
    shares: Mapped[int | None] = mapped_column(
        info=about("Shares", "integer", sort=True, minimum=0, aliases=("share", "reposts"))
    )
    interactions: Mapped[int | None] = mapped_column(
        info=about(
            "Interactions",
            "integer",
            sort=True,
            minimum=0,
            aliases=("total interactions", "engagements"),
        )
    )
    cost_minor: Mapped[int | None] = mapped_column(
        Money, info=about("Cost", "money", currency="currency", minimum=0)
    )
    currency: Mapped[str | None] = mapped_column(text(3), info=about("Currency", "currency"))
