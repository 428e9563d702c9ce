"""Organisations and contacts, the roles between them, how to reach them and where they are."""

from __future__ import annotations

from datetime import date

from db.models.base import Base, Business, ForeignKey, Index, Mapped, about, listed, mapped_column, text
from db.types import Money

LIFECYCLE = (
    ("prospect", "Prospect"),
    ("lead", "Lead"),
    ("customer", "Customer"),
    ("past", "Past customer"),
    ("partner", "Partner"),
    ("supplier", "Supplier"),
)
CHANNEL_KINDS = (("email", "E-mail"), ("phone", "Phone"), ("social", "Social"), ("web", "Web"))


class Organisation(Business, Base):
    """A company or body."""

    __tablename__ = "organisations"
    __guard__ = "self"
    __entity__ = "organisation"
    __about__ = {
        "label": "Organisation",
        "plural": "Organisations",
        "icon": ":material/apartment:",
        "title": "name",
        "keys": ("number", "name"),
        "aliases": ("accounts", "companies", "customers", "clients", "suppliers"),
    }
    __table_args__ = (
        *listed("organisations", "name"),
        Index("ix_organisations_changed", "changed_at", "id"),
    )

    name: Mapped[str] = mapped_column(
        text(),
        info=about(
            "Name",
            "text",
            required=True,
            search=True,
            sort=True,
            aliases=(
                "account",
                "account name",
                "company",
                "company name",
                "organisation",
                "organization",
                "customer",
                "client",
            ),
        ),
    )
    name_key: Mapped[str] = mapped_column(text(), index=True, default="")
    number: Mapped[str | None] = mapped_column(
        text(60),
        index=True,
        info=about(
            "Number",
            "text",
            search=True,
            filter=True,
            aliases=("id", "account id", "company id", "customer id", "external id", "customer number"),
        ),
    )
    sector: Mapped[str | None] = mapped_column(
        text(),
        info=about(
            "Sector",
            "text",
            filter=True,
            sort=True,
            aliases=("industry", "branch", "vertical"),
        ),
    )
    lifecycle: Mapped[str] = mapped_column(
        text(20),
        default="prospect",
        server_default="prospect",
        info=about(
            "Lifecycle",
            "choice",
            choices=LIFECYCLE,
            filter=True,
            aliases=("status", "type", "stage", "account type"),
        ),
    )
    source: Mapped[str | None] = mapped_column(
        text(), info=about("Source", "text", filter=True, aliases=("lead source", "channel"))
    )
    website: Mapped[str | None] = mapped_column(
        text(500), info=about("Website", "url", aliases=("url", "web", "homepage", "domain"))
    )
    email: Mapped[str | None] = mapped_column(
        text(254), info=about("E-mail", "email", search=True, aliases=("email", "mail"))
    )
    phone: Mapped[str | None] = mapped_column(
        text(40),
        info=about("Phone", "phone", search=True, aliases=("telephone", "tel", "phone number")),
    )
    employees: Mapped[int | None] = mapped_column(
        info=about(
            "Employees",
            "integer",
            sort=True,
            minimum=0,
            aliases=("number of employees", "headcount", "staff", "company size"),
        )
    )
    revenue_minor: Mapped[int | None] = mapped_column(
        Money,
        info=about(
            "Annual revenue",
            "money",
            sort=True,
            currency="currency",
            aliases=("revenue", "turnover", "sales", "annual revenue (in millions)"),
        ),
    )
    currency: Mapped[str | None] = mapped_column(text(3), info=about("Currency", "currency"))
    founded: Mapped[int | None] = mapped_column(
        info=about(
            "Founded",
            "integer",
            minimum=1000,
            maximum=2100,
            aliases=("year established", "year_established", "established", "year founded"),
        )
    )
    city: Mapped[str | None] = mapped_column(
        text(),
        info=about("City", "text", filter=True, search=True, aliases=("town", "billing city")),
    )
    region: Mapped[str | None] = mapped_column(
        text(), info=about("Region", "text", filter=True, aliases=("state", "province", "county"))
    )
    country: Mapped[str | None] = mapped_column(
        text(),
        info=about(
            "Country",
            "text",
            filter=True,
            aliases=("office location", "office_location", "location", "billing country"),
        ),
    )
    parent_id: Mapped[int | None] = mapped_column(
        ForeignKey("organisations.id"),
        index=True,
        info=about(
            "Parent organisation",
            "link",
            link="organisation",
            filter=True,
            aliases=("subsidiary_of", "parent", "parent account", "parent company", "headquarters"),
        ),
    )
    tags: Mapped[list[str]] = mapped_column(default=list, server_default="[]", info=about("Tags", "tags"))
    notes: Mapped[str | None] = mapped_column(
        text(10000),
        info=about("Notes", "longtext", aliases=("description", "comment", "comments")),
    )


class Contact(Business, Base):
    """A person."""

    __tablename__ = "contacts"
    __guard__ = "self"
    __entity__ = "contact"
    __about__ = {
        "label": "Contact",
        "plural": "Contacts",
        "icon": ":material/person:",
        "title": "name",
        "keys": ("email", "number", "name"),
        "aliases": ("people", "persons", "customers", "individuals"),
    }
    __table_args__ = (
        *listed("contacts", "name"),
        Index("ix_contacts_changed", "changed_at", "id"),
    )

    name: Mapped[str] = mapped_column(
        text(),
        info=about(
            "Name",
            "text",
            required=True,
            search=True,
            sort=True,
            personal=True,
            aliases=("full name", "contact", "contact name", "customer name", "person", "customer"),
        ),
    )
    name_key: Mapped[str] = mapped_column(text(), index=True, default="")
    first_name: Mapped[str | None] = mapped_column(
        text(),
        info=about("First name", "text", personal=True, aliases=("given name", "forename", "firstname")),
    )
    last_name: Mapped[str | None] = mapped_column(
        text(),
        info=about("Last name", "text", personal=True, aliases=("surname", "family name", "lastname")),
    )
    number: Mapped[str | None] = mapped_column(
        text(60),
        index=True,
        info=about(
            "Number",
            "text",
            search=True,
            aliases=("id", "contact id", "customer id", "external id", "person id"),
        ),
    )
    email: Mapped[str | None] = mapped_column(
        text(254),
        index=True,
        info=about(
            "E-mail",
            "email",
            search=True,
            personal=True,
            aliases=("email", "mail", "e-mail address", "email address"),
        ),
    )
    phone: Mapped[str | None] = mapped_column(
        text(40),
        info=about(
            "Phone",
            "phone",
            search=True,
            personal=True,
            aliases=("telephone", "tel", "mobile", "phone number", "cell"),
        ),
    )
    job_title: Mapped[str | None] = mapped_column(
        text(), info=about("Job title", "text", aliases=("title", "position", "role"))
    )
    organisation_id: Mapped[int | None] = mapped_column(
        ForeignKey("organisations.id"),
        index=True,
        info=about(
            "Organisation",
            "link",
            link="organisation",
            filter=True,
            aliases=("company", "account", "account name", "employer", "company name", "organization"),
        ),
    )
    lifecycle: Mapped[str] = mapped_column(
        text(20),
        default="prospect",
        server_default="prospect",
        info=about(
            "Lifecycle",
            "choice",
            choices=LIFECYCLE,
            filter=True,
            aliases=("status", "type", "lead status", "lifecycle stage"),
        ),
    )
    source: Mapped[str | None] = mapped_column(
        text(), info=about("Source", "text", filter=True, aliases=("lead source", "channel"))
    )
    segment: Mapped[str | None] = mapped_column(
        text(), info=about("Segment", "text", filter=True, aliases=("customer segment",))
    )
    birth_date: Mapped[date | None] = mapped_column(
        info=about("Birth date", "date", personal=True, aliases=("birthday", "date of birth", "dob"))
    )
    gender: Mapped[str | None] = mapped_column(
        text(20),
        info=about(
            "Gender",
            "choice",
            personal=True,
            choices=(("female", "Female"), ("male", "Male"), ("other", "Other")),
            aliases=("sex",),
        ),
    )
    city: Mapped[str | None] = mapped_column(
        text(), info=about("City", "text", filter=True, search=True, aliases=("town",))
    )
    region: Mapped[str | None] = mapped_column(
        text(), info=about("Region", "text", filter=True, aliases=("state", "province"))
    )
    country: Mapped[str | None] = mapped_column(
        text(), info=about("Country", "text", filter=True, aliases=("country/region",))
    )
    tags: Mapped[list[str]] = mapped_column(default=list, server_default="[]", info=about("Tags", "tags"))
    notes: Mapped[str | None] = mapped_column(
        text(10000),
        info=about("Notes", "longtext", aliases=("description", "comment", "comments")),
    )
