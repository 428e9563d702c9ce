"""Installed units with their contracts, meters, parts, faults and what the survival analysis says of each."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Float, UniqueConstraint

from db.models.base import Base, Business, ForeignKey, Index, Mapped, about, listed, mapped_column, text
from db.types import Money

EQUIPMENT_STATUS = (("in_use", "In use"), ("stored", "Stored"), ("retired", "Retired"))
COVERS = (("parts", "Parts"), ("labour", "Labour"), ("travel", "Travel"))


class Equipment(Business, Base):
    """A product unit installed at a customer. ``name`` is product and serial unless somebody gave it another."""

    __tablename__ = "equipment"
    __guard__ = "self"
    __entity__ = "equipment"
    __about__ = {
        "label": "Equipment",
        "plural": "Equipment",
        "icon": ":material/precision_manufacturing:",
        "title": "name",
        "keys": ("serial", "name"),
        "aliases": ("machines", "machine", "assets", "installed base", "units", "devices"),
    }
    __table_args__ = (
        UniqueConstraint("product_id", "serial"),
        *listed("equipment", "name"),
        Index("ix_equipment_changed", "changed_at", "id"),
    )

    name: Mapped[str] = mapped_column(
        text(),
        info=about(
            "Name",
            "text",
            required=True,
            search=True,
            sort=True,
            aliases=("equipment", "machine name", "asset name"),
        ),
    )
    serial: Mapped[str] = mapped_column(
        text(80),
        index=True,
        info=about(
            "Serial",
            "text",
            required=True,
            search=True,
            sort=True,
            aliases=("serial number", "serial no", "machineid", "machine id", "asset id", "unit id", "id"),
        ),
    )
    product_id: Mapped[int | None] = mapped_column(
        ForeignKey("products.id"),
        index=True,
        info=about(
            "Product",
            "link",
            link="product",
            filter=True,
            aliases=("model", "machine model", "type"),
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
            aliases=("customer", "account", "company", "organization"),
        ),
    )
    contact_id: Mapped[int | None] = mapped_column(
        ForeignKey("contacts.id"),
        index=True,
        info=about("Contact", "link", link="contact", filter=True),
    )
    place: Mapped[str | None] = mapped_column(
        text(),
        info=about("Place", "text", search=True, aliases=("location", "site", "room")),
    )
    status: Mapped[str] = mapped_column(
        text(10),
        default="in_use",
        server_default="in_use",
        info=about("Status", "choice", choices=EQUIPMENT_STATUS, filter=True),
    )
    installed_on: Mapped[date | None] = mapped_column(
        index=True,
        info=about(
            "Installed",
            "date",
            sort=True,
            filter=True,
            aliases=("install date", "installation date", "installed on", "commissioned", "start date"),
        ),
    )
    #: Life data count from here when the installation day is unknown.
    observed_since: Mapped[date | None] = mapped_column(
        info=about("Observed since", "date", aliases=("observation start",)),
    )
    age_years: Mapped[float | None] = mapped_column(
        Float,
        info=about(
            "Age when taken on",
            "number",
            unit="years",
            minimum=0,
            sort=True,
            aliases=("age", "age years"),
        ),
    )
    retired_on: Mapped[date | None] = mapped_column(
        info=about("Retired", "date", sort=True, aliases=("retired on", "end date", "scrapped")),
    )
    warranty_until: Mapped[date | None] = mapped_column(
        index=True,
        info=about(
            "Warranty until",
            "date",
            sort=True,
            filter=True,
            aliases=("warranty end", "warranty expiry", "warranty"),
        ),
    )
    warranty_covers: Mapped[list[str]] = mapped_column(
        default=list,
        server_default="[]",
        info=about("Warranty covers", "tags", choices=COVERS, help="Blank covers all three"),
    )
    meter_unit: Mapped[str | None] = mapped_column(
        text(20),
        info=about("Meter counts", "text", help="For example shots, hours, km"),
    )
    meter_value: Mapped[float | None] = mapped_column(
        Float,
        info=about(
            "Meter",
            "number",
            minimum=0,
            sort=True,
            aliases=("usage", "hours", "mileage"),
        ),
    )
    meter_at: Mapped[datetime | None] = mapped_column(
        info=about("Meter read", "datetime", **{"import": False})
    )
    notes: Mapped[str | None] = mapped_column(text(10000), info=about("Notes", "longtext"))


class Contract(Business, Base):
    """A service contract for one unit, or for all units of an organisation."""

    __tablename__ = "contracts"
    __guard__ = "self"
    __entity__ = "equipment"
    __about__ = {
        "label": "Service contract",
        "plural": "Service contracts",
        "icon": ":material/contract:",
        "title": "name",
        "keys": ("number",),
        "aliases": ("contracts", "maintenance contracts", "agreements"),
    }
    __table_args__ = (*listed("contracts", "name"),)

    name: Mapped[str] = mapped_column(
        text(),
        info=about(
            "Name",
            "text",
            required=True,
            search=True,
            sort=True,
            aliases=("contract", "level", "contract name"),
        ),
    )
    number: Mapped[str | None] = mapped_column(
        text(60),
        index=True,
        info=about("Number", "text", search=True, aliases=("id", "contract id")),
    )
    organisation_id: Mapped[int | None] = mapped_column(
        ForeignKey("organisations.id"),
        index=True,
        info=about(
            "Organisation",
            "link",
            link="organisation",
            filter=True,
            aliases=("customer", "account", "company"),
        ),
    )
    equipment_id: Mapped[int | None] = mapped_column(
        ForeignKey("equipment.id"),
        index=True,
        info=about(
            "Equipment",
            "link",
            link="equipment",
            filter=True,
            help="Blank: all equipment of the organisation",
            aliases=("machine", "unit", "serial"),
        ),
    )
    starts_on: Mapped[date] = mapped_column(
        info=about(
            "Starts",
            "date",
            required=True,
            sort=True,
            aliases=("start", "start date", "from"),
        ),
    )
    ends_on: Mapped[date | None] = mapped_column(
        index=True,
        info=about(
            "Ends",
            "date",
            sort=True,
            filter=True,
            aliases=("end", "end date", "until", "to"),
        ),
    )
    covers: Mapped[list[str]] = mapped_column(
        default=list,
        server_default="[]",
        info=about("Covers", "tags", choices=COVERS, help="Blank covers all three"),
    )
    price_minor: Mapped[int | None] = mapped_column(
        Money,
        info=about("Price a month", "money", currency="currency", minimum=0, aliases=("price", "fee")),
    )
    currency: Mapped[str | None] = mapped_column(text(3), info=about("Currency", "currency"))
    notes: Mapped[str | None] = mapped_column(text(10000), info=about("Notes", "longtext"))
