"""Orders, interactions, tasks."""

import sqlalchemy as sa
from alembic import op

import db.types

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "interactions",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("direction", sa.String(length=10), server_default="none", nullable=False),
        sa.Column("subject", sa.String(length=500), nullable=False),
        sa.Column("body", sa.String(length=20000), nullable=True),
        sa.Column("happened_at", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("duration_minutes", sa.Integer(), nullable=True),
        sa.Column("number", sa.String(length=60), nullable=True),
        sa.Column("contact_id", db.types.Id, nullable=True),
        sa.Column("organisation_id", db.types.Id, nullable=True),
        sa.Column("deal_id", db.types.Id, nullable=True),
        sa.Column("created_at", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("changed_at", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("archived_at", db.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("custom", db.types.Json, server_default="{}", nullable=False),
        sa.Column("owner_id", db.types.Id, nullable=True),
        sa.Column("team_id", db.types.Id, nullable=True),
        sa.Column("import_id", db.types.Id, nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("id", db.types.Id, nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_interactions_contact_id")),
        sa.ForeignKeyConstraint(["deal_id"], ["deals.id"], name=op.f("fk_interactions_deal_id")),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_interactions_import_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_interactions_organisation_id")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_interactions_owner_id")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_interactions_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interactions")),
    )
    op.create_index("ix_interactions_contact", "interactions", ["contact_id", "happened_at"], unique=False)
    op.create_index("ix_interactions_deal", "interactions", ["deal_id", "happened_at"], unique=False)
    op.create_index(op.f("ix_interactions_happened_at"), "interactions", ["happened_at"], unique=False)
    op.create_index(op.f("ix_interactions_import_id"), "interactions", ["import_id"], unique=False)
    op.create_index(op.f("ix_interactions_number"), "interactions", ["number"], unique=False)
    op.create_index(
        "ix_interactions_organisation", "interactions", ["organisation_id", "happened_at"], unique=False
    )
    op.create_index(op.f("ix_interactions_owner_id"), "interactions", ["owner_id"], unique=False)
    op.create_index(op.f("ix_interactions_team_id"), "interactions", ["team_id"], unique=False)
    op.create_table(
        "orders",
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("ordered_on", sa.Date(), nullable=False),
        sa.Column("shipped_on", sa.Date(), nullable=True),
        sa.Column("organisation_id", db.types.Id, nullable=True),
        sa.Column("contact_id", db.types.Id, nullable=True),
        sa.Column("deal_id", db.types.Id, nullable=True),
        sa.Column("channel", sa.String(length=200), nullable=True),
        sa.Column("ship_mode", sa.String(length=200), nullable=True),
        sa.Column("segment", sa.String(length=200), nullable=True),
        sa.Column("city", sa.String(length=200), nullable=True),
        sa.Column("region", sa.String(length=200), nullable=True),
        sa.Column("country", sa.String(length=200), nullable=True),
        sa.Column("created_at", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("changed_at", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("archived_at", db.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("custom", db.types.Json, server_default="{}", nullable=False),
        sa.Column("owner_id", db.types.Id, nullable=True),
        sa.Column("team_id", db.types.Id, nullable=True),
        sa.Column("import_id", db.types.Id, nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("id", db.types.Id, nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_orders_contact_id")),
        sa.ForeignKeyConstraint(["deal_id"], ["deals.id"], name=op.f("fk_orders_deal_id")),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_orders_import_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_orders_organisation_id")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_orders_owner_id")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_orders_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
    )
    op.create_index(op.f("ix_orders_contact_id"), "orders", ["contact_id"], unique=False)
    op.create_index(op.f("ix_orders_deal_id"), "orders", ["deal_id"], unique=False)
    op.create_index(op.f("ix_orders_import_id"), "orders", ["import_id"], unique=False)
    op.create_index(op.f("ix_orders_number"), "orders", ["number"], unique=False)
    op.create_index(op.f("ix_orders_ordered_on"), "orders", ["ordered_on"], unique=False)
    op.create_index(op.f("ix_orders_organisation_id"), "orders", ["organisation_id"], unique=False)
    op.create_index(op.f("ix_orders_owner_id"), "orders", ["owner_id"], unique=False)
    op.create_index(op.f("ix_orders_team_id"), "orders", ["team_id"], unique=False)
    op.create_table(
        "tasks",
        sa.Column("title", sa.String(length=500), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("priority", sa.String(length=10), server_default="normal", nullable=False),
        sa.Column("done_at", db.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("number", sa.String(length=60), nullable=True),
        sa.Column("contact_id", db.types.Id, nullable=True),
        sa.Column("organisation_id", db.types.Id, nullable=True),
        sa.Column("deal_id", db.types.Id, nullable=True),
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
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_tasks_contact_id")),
        sa.ForeignKeyConstraint(["deal_id"], ["deals.id"], name=op.f("fk_tasks_deal_id")),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_tasks_import_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_tasks_organisation_id")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_tasks_owner_id")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_tasks_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
    )
    op.create_index(op.f("ix_tasks_contact_id"), "tasks", ["contact_id"], unique=False)
    op.create_index(op.f("ix_tasks_deal_id"), "tasks", ["deal_id"], unique=False)
    op.create_index(op.f("ix_tasks_import_id"), "tasks", ["import_id"], unique=False)
    op.create_index("ix_tasks_list", "tasks", ["archived_at", "title", "id"], unique=False)
    op.create_index(op.f("ix_tasks_number"), "tasks", ["number"], unique=False)
    op.create_index("ix_tasks_open", "tasks", ["owner_id", "done_at", "due_on"], unique=False)
    op.create_index(op.f("ix_tasks_organisation_id"), "tasks", ["organisation_id"], unique=False)
    op.create_index(op.f("ix_tasks_owner_id"), "tasks", ["owner_id"], unique=False)
    op.create_index(op.f("ix_tasks_team_id"), "tasks", ["team_id"], unique=False)
    op.create_table(
        "order_lines",
        sa.Column("number", sa.String(length=60), nullable=True),
        sa.Column("order_id", db.types.Id, nullable=True),
        sa.Column("sold_on", sa.Date(), nullable=False),
        sa.Column("product_id", db.types.Id, nullable=True),
        sa.Column("organisation_id", db.types.Id, nullable=True),
        sa.Column("contact_id", db.types.Id, nullable=True),
        sa.Column("quantity", sa.Float(), server_default="1", nullable=False),
        sa.Column("amount_minor", db.types.Money(), nullable=False),
        sa.Column("discount", sa.Float(), nullable=True),
        sa.Column("profit_minor", db.types.Money(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("channel", sa.String(length=200), nullable=True),
        sa.Column("region", sa.String(length=200), nullable=True),
        sa.Column("created_at", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("changed_at", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("archived_at", db.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("custom", db.types.Json, server_default="{}", nullable=False),
        sa.Column("owner_id", db.types.Id, nullable=True),
        sa.Column("team_id", db.types.Id, nullable=True),
        sa.Column("import_id", db.types.Id, nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("id", db.types.Id, nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_order_lines_contact_id")),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_order_lines_import_id")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_order_lines_order_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_order_lines_organisation_id")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_order_lines_owner_id")),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_order_lines_product_id")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_order_lines_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_lines")),
    )
    op.create_index(op.f("ix_order_lines_contact_id"), "order_lines", ["contact_id"], unique=False)
    op.create_index(op.f("ix_order_lines_import_id"), "order_lines", ["import_id"], unique=False)
    op.create_index(
        "ix_order_lines_month", "order_lines", ["sold_on", "currency", "amount_minor"], unique=False
    )
    op.create_index(op.f("ix_order_lines_number"), "order_lines", ["number"], unique=False)
    op.create_index(op.f("ix_order_lines_order_id"), "order_lines", ["order_id"], unique=False)
    op.create_index(op.f("ix_order_lines_organisation_id"), "order_lines", ["organisation_id"], unique=False)
    op.create_index(op.f("ix_order_lines_owner_id"), "order_lines", ["owner_id"], unique=False)
    op.create_index(
        "ix_order_lines_product",
        "order_lines",
        ["product_id", "sold_on", "currency", "archived_at", "amount_minor"],
        unique=False,
    )
    op.create_index(op.f("ix_order_lines_team_id"), "order_lines", ["team_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_order_lines_team_id"), table_name="order_lines")
    op.drop_index("ix_order_lines_product", table_name="order_lines")
    op.drop_index(op.f("ix_order_lines_owner_id"), table_name="order_lines")
    op.drop_index(op.f("ix_order_lines_organisation_id"), table_name="order_lines")
    op.drop_index(op.f("ix_order_lines_order_id"), table_name="order_lines")
    op.drop_index(op.f("ix_order_lines_number"), table_name="order_lines")
    op.drop_index("ix_order_lines_month", table_name="order_lines")
    op.drop_index(op.f("ix_order_lines_import_id"), table_name="order_lines")
    op.drop_index(op.f("ix_order_lines_contact_id"), table_name="order_lines")
    op.drop_table("order_lines")
    op.drop_index(op.f("ix_tasks_team_id"), table_name="tasks")
    op.drop_index(op.f("ix_tasks_owner_id"), table_name="tasks")
    op.drop_index(op.f("ix_tasks_organisation_id"), table_name="tasks")
    op.drop_index("ix_tasks_open", table_name="tasks")
    op.drop_index(op.f("ix_tasks_number"), table_name="tasks")
    op.drop_index("ix_tasks_list", table_name="tasks")
    op.drop_index(op.f("ix_tasks_import_id"), table_name="tasks")
    op.drop_index(op.f("ix_tasks_deal_id"), table_name="tasks")
    op.drop_index(op.f("ix_tasks_contact_id"), table_name="tasks")
    op.drop_table("tasks")
    op.drop_index(op.f("ix_orders_team_id"), table_name="orders")
    op.drop_index(op.f("ix_orders_owner_id"), table_name="orders")
    op.drop_index(op.f("ix_orders_organisation_id"), table_name="orders")
    op.drop_index(op.f("ix_orders_ordered_on"), table_name="orders")
    op.drop_index(op.f("ix_orders_number"), table_name="orders")
    op.drop_index(op.f("ix_orders_import_id"), table_name="orders")
    op.drop_index(op.f("ix_orders_deal_id"), table_name="orders")
    op.drop_index(op.f("ix_orders_contact_id"), table_name="orders")
    op.drop_table("orders")
    op.drop_index(op.f("ix_interactions_team_id"), table_name="interactions")
    op.drop_index(op.f("ix_interactions_owner_id"), table_name="interactions")
    op.drop_index("ix_interactions_organisation", table_name="interactions")
    op.drop_index(op.f("ix_interactions_number"), table_name="interactions")
    op.drop_index(op.f("ix_interactions_import_id"), table_name="interactions")
    op.drop_index(op.f("ix_interactions_happened_at"), table_name="interactions")
    op.drop_index("ix_interactions_deal", table_name="interactions")
    op.drop_index("ix_interactions_contact", table_name="interactions")
    op.drop_table("interactions")
