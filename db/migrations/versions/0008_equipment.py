"""Installed equipment and service contracts."""

import sqlalchemy as sa
from alembic import op

import db.types

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "equipment",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("serial", sa.String(length=80), nullable=False),
        sa.Column("product_id", db.types.Id, nullable=True),
        sa.Column("organisation_id", db.types.Id, nullable=True),
        sa.Column("contact_id", db.types.Id, nullable=True),
        sa.Column("place", sa.String(length=200), nullable=True),
        sa.Column("status", sa.String(length=10), server_default="in_use", nullable=False),
        sa.Column("installed_on", sa.Date(), nullable=True),
        sa.Column("observed_since", sa.Date(), nullable=True),
        sa.Column("age_years", sa.Float(), nullable=True),
        sa.Column("retired_on", sa.Date(), nullable=True),
        sa.Column("warranty_until", sa.Date(), nullable=True),
        sa.Column("warranty_covers", db.types.Json, server_default="[]", nullable=False),
        sa.Column("meter_unit", sa.String(length=20), nullable=True),
        sa.Column("meter_value", sa.Float(), nullable=True),
        sa.Column("meter_at", db.types.UtcDateTime(timezone=True), nullable=True),
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
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_equipment_contact_id")),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_equipment_import_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_equipment_organisation_id")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_equipment_owner_id")),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_equipment_product_id")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_equipment_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_equipment")),
        sa.UniqueConstraint("product_id", "serial", name=op.f("uq_equipment_product_id_serial")),
    )
    op.create_index("ix_equipment_changed", "equipment", ["changed_at", "id"], unique=False)
    op.create_index(op.f("ix_equipment_contact_id"), "equipment", ["contact_id"], unique=False)
    op.create_index(op.f("ix_equipment_import_id"), "equipment", ["import_id"], unique=False)
    op.create_index(op.f("ix_equipment_installed_on"), "equipment", ["installed_on"], unique=False)
    op.create_index("ix_equipment_list", "equipment", ["archived_at", "name", "id"], unique=False)
    op.create_index(op.f("ix_equipment_organisation_id"), "equipment", ["organisation_id"], unique=False)
    op.create_index(op.f("ix_equipment_owner_id"), "equipment", ["owner_id"], unique=False)
    op.create_index(op.f("ix_equipment_product_id"), "equipment", ["product_id"], unique=False)
    op.create_index(op.f("ix_equipment_serial"), "equipment", ["serial"], unique=False)
    op.create_index(op.f("ix_equipment_team_id"), "equipment", ["team_id"], unique=False)
    op.create_index(op.f("ix_equipment_warranty_until"), "equipment", ["warranty_until"], unique=False)
    op.create_table(
        "contracts",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=True),
        sa.Column("organisation_id", db.types.Id, nullable=True),
        sa.Column("equipment_id", db.types.Id, nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("covers", db.types.Json, server_default="[]", nullable=False),
        sa.Column("price_minor", db.types.Money(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
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
        sa.ForeignKeyConstraint(["equipment_id"], ["equipment.id"], name=op.f("fk_contracts_equipment_id")),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_contracts_import_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_contracts_organisation_id")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_contracts_owner_id")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_contracts_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contracts")),
    )
    op.create_index(op.f("ix_contracts_ends_on"), "contracts", ["ends_on"], unique=False)
    op.create_index(op.f("ix_contracts_equipment_id"), "contracts", ["equipment_id"], unique=False)
    op.create_index(op.f("ix_contracts_import_id"), "contracts", ["import_id"], unique=False)
    op.create_index("ix_contracts_list", "contracts", ["archived_at", "name", "id"], unique=False)
    op.create_index(op.f("ix_contracts_number"), "contracts", ["number"], unique=False)
    op.create_index(op.f("ix_contracts_organisation_id"), "contracts", ["organisation_id"], unique=False)
    op.create_index(op.f("ix_contracts_owner_id"), "contracts", ["owner_id"], unique=False)
    op.create_index(op.f("ix_contracts_team_id"), "contracts", ["team_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_contracts_team_id"), table_name="contracts")
    op.drop_index(op.f("ix_contracts_owner_id"), table_name="contracts")
    op.drop_index(op.f("ix_contracts_organisation_id"), table_name="contracts")
    op.drop_index(op.f("ix_contracts_number"), table_name="contracts")
    op.drop_index("ix_contracts_list", table_name="contracts")
    op.drop_index(op.f("ix_contracts_import_id"), table_name="contracts")
    op.drop_index(op.f("ix_contracts_equipment_id"), table_name="contracts")
    op.drop_index(op.f("ix_contracts_ends_on"), table_name="contracts")
    op.drop_table("contracts")
    op.drop_index(op.f("ix_equipment_warranty_until"), table_name="equipment")
    op.drop_index(op.f("ix_equipment_team_id"), table_name="equipment")
    op.drop_index(op.f("ix_equipment_serial"), table_name="equipment")
    op.drop_index(op.f("ix_equipment_product_id"), table_name="equipment")
    op.drop_index(op.f("ix_equipment_owner_id"), table_name="equipment")
    op.drop_index(op.f("ix_equipment_organisation_id"), table_name="equipment")
    op.drop_index("ix_equipment_list", table_name="equipment")
    op.drop_index(op.f("ix_equipment_installed_on"), table_name="equipment")
    op.drop_index(op.f("ix_equipment_import_id"), table_name="equipment")
    op.drop_index(op.f("ix_equipment_contact_id"), table_name="equipment")
    op.drop_index("ix_equipment_changed", table_name="equipment")
    op.drop_table("equipment")
