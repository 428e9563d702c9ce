"""Products in categories, and dated exchange rates."""

from __future__ import annotations

from datetime import date

from sqlalchemy import UniqueConstraint

from db.models.base import Base, Business, ForeignKey, Mapped, Versioned, about, listed, mapped_column, text
from db.types import Money


class Category(Versioned, Base):
    """A node of the product tree."""

    __tablename__ = "categories"
    __guard__ = "open"
    __entity__ = "category"
    __about__ = {
        "label": "Category",
        "plural": "Categories",
        "icon": ":material/category:",
        "title": "name",
        "keys": ("name",),
        "aliases": ("series", "product line"),
    }

    name: Mapped[str] = mapped_column(
        text(),
        unique=True,
        info=about(
            "Name",
            "text",
            required=True,
            search=True,
            sort=True,
            aliases=("category", "series", "product line", "sub-category"),
        ),
    )
    name_key: Mapped[str] = mapped_column(text(), index=True, default="")
    parent_id: Mapped[int | None] = mapped_column(
        ForeignKey("categories.id"), info=about("Parent category", "link", link="category")
    )
    import_id: Mapped[int | None] = mapped_column(ForeignKey("imports.id"), index=True)


class Product(Business, Base):
    """Something we sell."""

    __tablename__ = "products"
    __guard__ = "open"
    __entity__ = "product"
    __about__ = {
        "label": "Product",
        "plural": "Products",
        "icon": ":material/coffee_maker:",
        "title": "name",
        "keys": ("code", "name"),
        "aliases": ("items", "articles", "goods"),
    }
    __table_args__ = listed("products", "name")

    name: Mapped[str] = mapped_column(
        text(),
        info=about(
            "Name",
            "text",
            required=True,
            search=True,
            sort=True,
            aliases=("product", "product name", "item", "article", "description"),
        ),
    )
    name_key: Mapped[str] = mapped_column(text(), index=True, default="")
    code: Mapped[str | None] = mapped_column(
        text(60),
        index=True,
        info=about(
            "Code",
            "text",
            search=True,
            aliases=("sku", "product id", "item number", "article number", "id"),
        ),
    )
    category_id: Mapped[int | None] = mapped_column(
        ForeignKey("categories.id"),
        index=True,
        info=about(
            "Category",
            "link",
            link="category",
            filter=True,
            aliases=("series", "product line", "sub-category", "group"),
        ),
    )
    list_price_minor: Mapped[int | None] = mapped_column(
        Money,
        info=about(
            "List price",
            "money",
            sort=True,
            currency="currency",
            minimum=0,
            aliases=("price", "sales_price", "sales price", "unit price", "retail price"),
        ),
    )
    cost_minor: Mapped[int | None] = mapped_column(
        Money,
        info=about(
            "Cost",
            "money",
            currency="currency",
            minimum=0,
            aliases=("unit cost", "purchase price"),
        ),
    )
    currency: Mapped[str | None] = mapped_column(text(3), info=about("Currency", "currency"))
    is_active: Mapped[bool] = mapped_column(
        default=True, server_default="1", info=about("Active", "boolean", filter=True)
    )


class Rate(Base):
    """What one major unit of a currency cost on a day, in ``base``: empty is the firm's currency of now."""

    __tablename__ = "rates"
    __guard__ = "open"
    __entity__ = "setting"
    __table_args__ = (UniqueConstraint("currency", "day", "base", name="uq_rates_currency_day"),)

    currency: Mapped[str] = mapped_column(text(3))
    day: Mapped[date]
    base: Mapped[str] = mapped_column(text(3), default="", server_default="")
    rate: Mapped[float]
