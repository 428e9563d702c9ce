"""Organisations and contacts."""

import sqlalchemy as sa
from alembic import op

import db.types

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "organisations",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_key", sa.String(length=200), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=True),
        sa.Column("sector", sa.String(length=200), nullable=True),
        sa.Column("lifecycle", sa.String(length=20), server_default="prospect", nullable=False),
        sa.Column("source", sa.String(length=200), nullable=True),
        sa.Column("website", sa.String(length=500), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("phone", sa.String(length=40), nullable=True),
        sa.Column("employees", sa.Integer(), nullable=True),
        sa.Column("revenue_minor", db.types.Money(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("founded", sa.Integer(), nullable=True),
        sa.Column("city", sa.String(length=200), nullable=True),
        sa.Column("region", sa.String(length=200), nullable=True),
        sa.Column("country", sa.String(length=200), nullable=True),
        sa.Column("parent_id", db.types.Id, nullable=True),
        sa.Column("tags", db.types.Json, server_default="[]", nullable=False),
        sa.Column("notes", sa.String(length=10000), nullable=True),
        sa.Column("created_at", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("changed_at", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("archived_at", db.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("custom", db.types.Json, server_default="{}", nullable=False),
        sa.Column("owner_id", db.types.Id, nullable=True),
        sa.Column("team_id", db.types.Id, nullable=True),
        sa.Column("import_id", db.types.Id, nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("id", db.types.Id, nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_organisations_import_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_organisations_owner_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["organisations.id"], name=op.f("fk_organisations_parent_id")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_organisations_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisations")),
    )
    op.create_index("ix_organisations_changed", "organisations", ["changed_at", "id"], unique=False)
    op.create_index(op.f("ix_organisations_import_id"), "organisations", ["import_id"], unique=False)
    op.create_index("ix_organisations_list", "organisations", ["archived_at", "name", "id"], unique=False)
    op.create_index(op.f("ix_organisations_name_key"), "organisations", ["name_key"], unique=False)
    op.create_index(op.f("ix_organisations_number"), "organisations", ["number"], unique=False)
    op.create_index(op.f("ix_organisations_owner_id"), "organisations", ["owner_id"], unique=False)
    op.create_index(op.f("ix_organisations_parent_id"), "organisations", ["parent_id"], unique=False)
    op.create_index(op.f("ix_organisations_team_id"), "organisations", ["team_id"], unique=False)
    op.create_table(
        "contacts",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_key", sa.String(length=200), nullable=False),
        sa.Column("first_name", sa.String(length=200), nullable=True),
        sa.Column("last_name", sa.String(length=200), nullable=True),
        sa.Column("number", sa.String(length=60), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("phone", sa.String(length=40), nullable=True),
        sa.Column("job_title", sa.String(length=200), nullable=True),
        sa.Column("organisation_id", db.types.Id, nullable=True),
        sa.Column("lifecycle", sa.String(length=20), server_default="prospect", nullable=False),
        sa.Column("source", sa.String(length=200), nullable=True),
        sa.Column("segment", sa.String(length=200), nullable=True),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("gender", sa.String(length=20), nullable=True),
        sa.Column("city", sa.String(length=200), nullable=True),
        sa.Column("region", sa.String(length=200), nullable=True),
        sa.Column("country", sa.String(length=200), nullable=True),
        sa.Column("tags", db.types.Json, server_default="[]", nullable=False),
        sa.Column("notes", sa.String(length=10000), nullable=True),
        sa.Column("created_at", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("changed_at", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("archived_at", db.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("custom", db.types.Json, server_default="{}", nullable=False),
        sa.Column("owner_id", db.types.Id, nullable=True),
        sa.Column("team_id", db.types.Id, nullable=True),
        sa.Column("import_id", db.types.Id, nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("id", db.types.Id, nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_contacts_import_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_contacts_organisation_id")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_contacts_owner_id")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_contacts_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contacts")),
    )
    op.create_index("ix_contacts_changed", "contacts", ["changed_at", "id"], unique=False)
    op.create_index(op.f("ix_contacts_email"), "contacts", ["email"], unique=False)
    op.create_index(op.f("ix_contacts_import_id"), "contacts", ["import_id"], unique=False)
    op.create_index("ix_contacts_list", "contacts", ["archived_at", "name", "id"], unique=False)
    op.create_index(op.f("ix_contacts_name_key"), "contacts", ["name_key"], unique=False)
    op.create_index(op.f("ix_contacts_number"), "contacts", ["number"], unique=False)
    op.create_index(op.f("ix_contacts_organisation_id"), "contacts", ["organisation_id"], unique=False)
    op.create_index(op.f("ix_contacts_owner_id"), "contacts", ["owner_id"], unique=False)
    op.create_index(op.f("ix_contacts_team_id"), "contacts", ["team_id"], unique=False)
    op.create_table(
        "addresses",
        sa.Column("contact_id", db.types.Id, nullable=True),
        sa.Column("organisation_id", db.types.Id, nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("street", sa.String(length=200), nullable=True),
        sa.Column("postal_code", sa.String(length=20), nullable=True),
        sa.Column("city", sa.String(length=200), nullable=True),
        sa.Column("region", sa.String(length=200), nullable=True),
        sa.Column("country", sa.String(length=200), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("id", db.types.Id, nullable=False),
        sa.CheckConstraint(
            "contact_id IS NOT NULL OR organisation_id IS NOT NULL", name=op.f("ck_addresses_has_party")
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_addresses_contact_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_addresses_organisation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_addresses")),
    )
    op.create_index(op.f("ix_addresses_contact_id"), "addresses", ["contact_id"], unique=False)
    op.create_index(op.f("ix_addresses_organisation_id"), "addresses", ["organisation_id"], unique=False)
    op.create_table(
        "channels",
        sa.Column("contact_id", db.types.Id, nullable=True),
        sa.Column("organisation_id", db.types.Id, nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("value", sa.String(length=254), nullable=False),
        sa.Column("label", sa.String(length=60), nullable=True),
        sa.Column("is_primary", sa.Boolean(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("id", db.types.Id, nullable=False),
        sa.CheckConstraint(
            "contact_id IS NOT NULL OR organisation_id IS NOT NULL", name=op.f("ck_channels_has_party")
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_channels_contact_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_channels_organisation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channels")),
    )
    op.create_index(op.f("ix_channels_contact_id"), "channels", ["contact_id"], unique=False)
    op.create_index(op.f("ix_channels_organisation_id"), "channels", ["organisation_id"], unique=False)
    op.create_index(op.f("ix_channels_value"), "channels", ["value"], unique=False)
    op.create_table(
        "contact_roles",
        sa.Column("contact_id", db.types.Id, nullable=False),
        sa.Column("organisation_id", db.types.Id, nullable=False),
        sa.Column("role", sa.String(length=80), nullable=False),
        sa.Column("since", sa.Date(), nullable=True),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("id", db.types.Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_contact_roles_contact_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_contact_roles_organisation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_roles")),
        sa.UniqueConstraint(
            "contact_id",
            "organisation_id",
            "role",
            name=op.f("uq_contact_roles_contact_id_organisation_id_role"),
        ),
    )
    op.create_index(op.f("ix_contact_roles_contact_id"), "contact_roles", ["contact_id"], unique=False)
    op.create_index(
        op.f("ix_contact_roles_organisation_id"), "contact_roles", ["organisation_id"], unique=False
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_contact_roles_organisation_id"), table_name="contact_roles")
    op.drop_index(op.f("ix_contact_roles_contact_id"), table_name="contact_roles")
    op.drop_table("contact_roles")
    op.drop_index(op.f("ix_channels_value"), table_name="channels")
    op.drop_index(op.f("ix_channels_organisation_id"), table_name="channels")
    op.drop_index(op.f("ix_channels_contact_id"), table_name="channels")
    op.drop_table("channels")
    op.drop_index(op.f("ix_addresses_organisation_id"), table_name="addresses")
    op.drop_index(op.f("ix_addresses_contact_id"), table_name="addresses")
    op.drop_table("addresses")
    op.drop_index(op.f("ix_contacts_team_id"), table_name="contacts")
    op.drop_index(op.f("ix_contacts_owner_id"), table_name="contacts")
    op.drop_index(op.f("ix_contacts_organisation_id"), table_name="contacts")
    op.drop_index(op.f("ix_contacts_number"), table_name="contacts")
    op.drop_index(op.f("ix_contacts_name_key"), table_name="contacts")
    op.drop_index("ix_contacts_list", table_name="contacts")
    op.drop_index(op.f("ix_contacts_import_id"), table_name="contacts")
    op.drop_index(op.f("ix_contacts_email"), table_name="contacts")
    op.drop_index("ix_contacts_changed", table_name="contacts")
    op.drop_table("contacts")
    op.drop_index(op.f("ix_organisations_team_id"), table_name="organisations")
    op.drop_index(op.f("ix_organisations_parent_id"), table_name="organisations")
    op.drop_index(op.f("ix_organisations_owner_id"), table_name="organisations")
    op.drop_index(op.f("ix_organisations_number"), table_name="organisations")
    op.drop_index(op.f("ix_organisations_name_key"), table_name="organisations")
    op.drop_index("ix_organisations_list", table_name="organisations")
    op.drop_index(op.f("ix_organisations_import_id"), table_name="organisations")
    op.drop_index("ix_organisations_changed", table_name="organisations")
    op.drop_table("organisations")
