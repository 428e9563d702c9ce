"""Orders and their lines: together the sales lines, the facts of all analysis."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Float

from db.models.base import Base, Business, ForeignKey, Index, Mapped, about, mapped_column, text
from db.types import Money


class Order(Business, Base):
    """An agreed sale. The customer may be unknown."""

    __tablename__ = "orders"
    __guard__ = "self"
    __entity__ = "order"
    __about__ = {
        "long": True,
        "label": "Order",
        "plural": "Orders",
        "icon": ":material/receipt_long:",
        "title": "number",
        "keys": ("number",),
        "aliases": ("sales", "purchases", "transactions", "invoices"),
    }

    number: Mapped[str] = mapped_column(
        text(60),
        index=True,
        info=about(
            "Number",
            "text",
            required=True,
            search=True,
            sort=True,
            aliases=("order id", "order number", "invoice", "invoiceno", "transaction id"),
        ),
    )
    ordered_on: Mapped[date] = mapped_column(
        index=True,
        info=about(
            "Ordered",
            "date",
            required=True,
            sort=True,
            filter=True,
            aliases=("order date", "date", "invoice date", "purchase date"),
        ),
    )
    shipped_on: Mapped[date | None] = mapped_column(
        info=about("Shipped", "date", aliases=("ship date", "shipped date"))
    )
    organisation_id: Mapped[int | None] = mapped_column(
        ForeignKey("organisations.id"),
        index=True,
        info=about(
            "Organisation",
            "link",
            link="organisation",
            filter=True,
            aliases=("customer", "company", "account"),
        ),
    )
    contact_id: Mapped[int | None] = mapped_column(
        ForeignKey("contacts.id"),
        index=True,
        info=about(
            "Contact",
            "link",
            link="contact",
            filter=True,
            aliases=("customer id", "customer name", "customer"),
        ),
    )
    deal_id: Mapped[int | None] = mapped_column(
        ForeignKey("deals.id"), index=True, info=about("Deal", "link", link="deal")
    )
    channel: Mapped[str | None] = mapped_column(
        text(), info=about("Channel", "text", filter=True, aliases=("sales channel",))
    )
    ship_mode: Mapped[str | None] = mapped_column(
        text(), info=about("Delivery", "text", aliases=("ship mode", "delivery"))
    )
    segment: Mapped[str | None] = mapped_column(text(), info=about("Segment", "text", filter=True))
    city: Mapped[str | None] = mapped_column(text(), info=about("City", "text", filter=True))
    region: Mapped[str | None] = mapped_column(
        text(), info=about("Region", "text", filter=True, aliases=("state", "state/province"))
    )
    country: Mapped[str | None] = mapped_column(
        text(), info=about("Country", "text", filter=True, aliases=("country/region",))
    )
    #: As the paper says: sales are counted by the lines, and these say whether all of them are there.
    total_minor: Mapped[int | None] = mapped_column(
        Money,
        info=about(
            "Total",
            "money",
            sort=True,
            currency="currency",
            aliases=("order total", "grand total", "gross", "amount"),
        ),
    )
    tax_minor: Mapped[int | None] = mapped_column(
        Money,
        info=about("Tax", "money", currency="currency", aliases=("taxes", "vat", "sales tax", "total tax")),
    )
    shipping_minor: Mapped[int | None] = mapped_column(
        Money,
        info=about(
            "Shipping",
            "money",
            currency="currency",
            aliases=("shipping cost", "freight", "postage", "delivery cost"),
        ),
    )
    discount_minor: Mapped[int | None] = mapped_column(
        Money,
        info=about(
            "Discount", "money", currency="currency", aliases=("discount amount", "cart discount", "rebate")
        ),
    )
    currency: Mapped[str | None] = mapped_column(text(3), info=about("Currency", "currency"))


class OrderLine(Business, Base):
    """One product in an order; carries day, customer and owner so that slices need no join."""

    __tablename__ = "order_lines"
    __guard__ = "self"
    __entity__ = "order"
    __about__ = {
        "long": True,
        "label": "Sales line",
        "plural": "Sales lines",
        "icon": ":material/point_of_sale:",
        "title": "number",
        "keys": ("number",),
        "number_within": "order_id",
        "aliases": (
            "order lines",
            "order items",
            "sales lines",
            "transactions",
            "order details",
            "superstore",
            "sales",
        ),
    }
    __table_args__ = (
        Index("ix_order_lines_currency", "currency"),
        Index("ix_order_lines_month", "sold_on", "currency", "amount_minor"),
        # All that a product's sums by day read: one product may have 100,000 lines.
        Index("ix_order_lines_product", "product_id", "sold_on", "currency", "archived_at", "amount_minor"),
    )

    number: Mapped[str | None] = mapped_column(
        text(60), index=True, info=about("Number", "text", aliases=("row id", "line id", "id"))
    )
    order_id: Mapped[int | None] = mapped_column(
        ForeignKey("orders.id", ondelete="CASCADE"),
        index=True,
        info=about("Order", "link", link="order", aliases=("order id", "order number")),
    )
    sold_on: Mapped[date] = mapped_column(
        info=about(
            "Sold",
            "date",
            required=True,
            sort=True,
            filter=True,
            aliases=("order date", "date", "invoice date", "purchase date"),
        )
    )
    product_id: Mapped[int | None] = mapped_column(
        ForeignKey("products.id"),
        info=about(
            "Product",
            "link",
            link="product",
            filter=True,
            aliases=("product name", "item", "product id", "stockcode"),
        ),
    )
    organisation_id: Mapped[int | None] = mapped_column(
        ForeignKey("organisations.id"),
        index=True,
        info=about("Organisation", "link", link="organisation", filter=True, aliases=("company", "account")),
    )
    contact_id: Mapped[int | None] = mapped_column(
        ForeignKey("contacts.id"),
        index=True,
        info=about(
            "Contact",
            "link",
            link="contact",
            filter=True,
            aliases=("customer id", "customer name", "customer"),
        ),
    )
    quantity: Mapped[float] = mapped_column(
        Float,
        default=1.0,
        server_default="1",
        info=about("Quantity", "number", aliases=("qty", "units", "number of units")),
    )
    amount_minor: Mapped[int] = mapped_column(
        Money,
        info=about(
            "Amount",
            "money",
            required=True,
            sort=True,
            currency="currency",
            aliases=("sales", "revenue", "total", "line total", "price", "value", "net amount"),
        ),
    )
    discount: Mapped[float | None] = mapped_column(
        Float, info=about("Discount", "percent", minimum=0, maximum=1, aliases=("rebate",))
    )
    profit_minor: Mapped[int | None] = mapped_column(
        Money, info=about("Profit", "money", currency="currency", aliases=("margin", "gain"))
    )
    currency: Mapped[str] = mapped_column(text(3), info=about("Currency", "currency"))
    channel: Mapped[str | None] = mapped_column(text(), info=about("Channel", "text", filter=True))
    region: Mapped[str | None] = mapped_column(text(), info=about("Region", "text", filter=True))
