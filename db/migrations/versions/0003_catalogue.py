"""Products in categories, exchange rates."""

import sqlalchemy as sa
from alembic import op

import db.types

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rates",
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("rate", sa.Double(), nullable=False),
        sa.Column("id", db.types.Id, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rates")),
        sa.UniqueConstraint("currency", "day", name=op.f("uq_rates_currency_day")),
    )
    op.create_table(
        "categories",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_key", sa.String(length=200), nullable=False),
        sa.Column("parent_id", db.types.Id, nullable=True),
        sa.Column("import_id", db.types.Id, nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("id", db.types.Id, nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_categories_import_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["categories.id"], name=op.f("fk_categories_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_categories")),
        sa.UniqueConstraint("name", name=op.f("uq_categories_name")),
    )
    op.create_index(op.f("ix_categories_import_id"), "categories", ["import_id"], unique=False)
    op.create_index(op.f("ix_categories_name_key"), "categories", ["name_key"], unique=False)
    op.create_table(
        "products",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_key", sa.String(length=200), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=True),
        sa.Column("category_id", db.types.Id, nullable=True),
        sa.Column("list_price_minor", db.types.Money(), nullable=True),
        sa.Column("cost_minor", db.types.Money(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("is_active", sa.Boolean(), server_default="1", nullable=False),
        sa.Column("created_at", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("changed_at", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("archived_at", db.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("custom", db.types.Json, server_default="{}", nullable=False),
        sa.Column("owner_id", db.types.Id, nullable=True),
        sa.Column("team_id", db.types.Id, nullable=True),
        sa.Column("import_id", db.types.Id, nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("id", db.types.Id, nullable=False),
        sa.ForeignKeyConstraint(["category_id"], ["categories.id"], name=op.f("fk_products_category_id")),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_products_import_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_products_owner_id")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_products_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_products")),
    )
    op.create_index(op.f("ix_products_category_id"), "products", ["category_id"], unique=False)
    op.create_index(op.f("ix_products_code"), "products", ["code"], unique=False)
    op.create_index(op.f("ix_products_import_id"), "products", ["import_id"], unique=False)
    op.create_index(op.f("ix_products_name_key"), "products", ["name_key"], unique=False)
    op.create_index(op.f("ix_products_owner_id"), "products", ["owner_id"], unique=False)
    op.create_index(op.f("ix_products_team_id"), "products", ["team_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_products_team_id"), table_name="products")
    op.drop_index(op.f("ix_products_owner_id"), table_name="products")
    op.drop_index(op.f("ix_products_name_key"), table_name="products")
    op.drop_index(op.f("ix_products_import_id"), table_name="products")
    op.drop_index(op.f("ix_products_code"), table_name="products")
    op.drop_index(op.f("ix_products_category_id"), table_name="products")
    op.drop_table("products")
    op.drop_index(op.f("ix_categories_name_key"), table_name="categories")
    op.drop_index(op.f("ix_categories_import_id"), table_name="categories")
    op.drop_table("categories")
    op.drop_table("rates")
