"""Maintenance plans, work orders, and what happens to units."""

import sqlalchemy as sa
from alembic import op

import db.types

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "equipment_events",
        sa.Column("equipment_id", db.types.Id, nullable=False),
        sa.Column("at", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("detail", sa.String(length=500), nullable=True),
        sa.Column("import_id", db.types.Id, nullable=True),
        sa.Column("id", db.types.Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["equipment_id"],
            ["equipment.id"],
            name=op.f("fk_equipment_events_equipment_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_equipment_events_import_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_equipment_events")),
    )
    op.create_index(op.f("ix_equipment_events_import_id"), "equipment_events", ["import_id"], unique=False)
    op.create_index("ix_equipment_events_unit", "equipment_events", ["equipment_id", "at"], unique=False)
    op.create_table(
        "maintenance_plans",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("equipment_id", db.types.Id, nullable=False),
        sa.Column("every_days", sa.Integer(), nullable=True),
        sa.Column("every_usage", sa.Float(), nullable=True),
        sa.Column("lead_days", sa.Integer(), server_default="14", nullable=False),
        sa.Column("checklist", db.types.Json, server_default="[]", nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("last_done_on", sa.Date(), nullable=True),
        sa.Column("last_done_meter", sa.Float(), nullable=True),
        sa.Column("next_due_on", sa.Date(), nullable=True),
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
        sa.ForeignKeyConstraint(
            ["equipment_id"], ["equipment.id"], name=op.f("fk_maintenance_plans_equipment_id")
        ),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_maintenance_plans_import_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_maintenance_plans_owner_id")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_maintenance_plans_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_maintenance_plans")),
    )
    op.create_index(
        op.f("ix_maintenance_plans_equipment_id"), "maintenance_plans", ["equipment_id"], unique=False
    )
    op.create_index(op.f("ix_maintenance_plans_import_id"), "maintenance_plans", ["import_id"], unique=False)
    op.create_index(
        "ix_maintenance_plans_list", "maintenance_plans", ["archived_at", "name", "id"], unique=False
    )
    op.create_index(
        op.f("ix_maintenance_plans_next_due_on"), "maintenance_plans", ["next_due_on"], unique=False
    )
    op.create_index(op.f("ix_maintenance_plans_owner_id"), "maintenance_plans", ["owner_id"], unique=False)
    op.create_index(op.f("ix_maintenance_plans_team_id"), "maintenance_plans", ["team_id"], unique=False)
    op.create_table(
        "meter_readings",
        sa.Column("equipment_id", db.types.Id, nullable=False),
        sa.Column("at", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=True),
        sa.Column("user_id", db.types.Id, nullable=True),
        sa.Column("import_id", db.types.Id, nullable=True),
        sa.Column("id", db.types.Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["equipment_id"],
            ["equipment.id"],
            name=op.f("fk_meter_readings_equipment_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_meter_readings_import_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_meter_readings_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meter_readings")),
    )
    op.create_index(op.f("ix_meter_readings_import_id"), "meter_readings", ["import_id"], unique=False)
    op.create_index("ix_meter_readings_unit", "meter_readings", ["equipment_id", "at"], unique=False)
    op.create_table(
        "unit_risks",
        sa.Column("equipment_id", db.types.Id, nullable=False),
        sa.Column("part", sa.String(length=80), nullable=False),
        sa.Column("computed_at", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("age_days", sa.Float(), nullable=False),
        sa.Column("risk_30", sa.Float(), nullable=False),
        sa.Column("risk_90", sa.Float(), nullable=False),
        sa.Column("risk_365", sa.Float(), nullable=False),
        sa.Column("median_days", sa.Float(), nullable=True),
        sa.Column("low_days", sa.Float(), nullable=True),
        sa.Column("high_days", sa.Float(), nullable=True),
        sa.Column("basis", db.types.Json, nullable=False),
        sa.Column("dismissed_until", sa.Date(), nullable=True),
        sa.Column("id", db.types.Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["equipment_id"], ["equipment.id"], name=op.f("fk_unit_risks_equipment_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit_risks")),
        sa.UniqueConstraint("equipment_id", "part", name=op.f("uq_unit_risks_equipment_id_part")),
    )
    op.create_index("ix_unit_risks_next", "unit_risks", ["risk_90"], unique=False)
    op.create_table(
        "work_orders",
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("title", sa.String(length=500), nullable=False),
        sa.Column("kind", sa.String(length=20), server_default="repair", nullable=False),
        sa.Column("status", sa.String(length=20), server_default="planned", nullable=False),
        sa.Column("equipment_id", db.types.Id, nullable=True),
        sa.Column("organisation_id", db.types.Id, nullable=True),
        sa.Column("contact_id", db.types.Id, nullable=True),
        sa.Column("case_id", db.types.Id, nullable=True),
        sa.Column("plan_id", db.types.Id, nullable=True),
        sa.Column("planned_on", sa.Date(), nullable=True),
        sa.Column("planned_at", sa.Time(), nullable=True),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("checklist", db.types.Json, server_default="[]", nullable=False),
        sa.Column("report", sa.String(length=10000), nullable=True),
        sa.Column("fault_code", sa.String(length=60), nullable=True),
        sa.Column("meter_value", sa.Float(), nullable=True),
        sa.Column("hours", sa.Float(), nullable=True),
        sa.Column("labour_minor", db.types.Money(), nullable=True),
        sa.Column("parts_minor", db.types.Money(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("covered", sa.String(length=10), nullable=True),
        sa.Column("next_on", sa.Date(), nullable=True),
        sa.Column("created_at", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("changed_at", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("archived_at", db.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("custom", db.types.Json, server_default="{}", nullable=False),
        sa.Column("owner_id", db.types.Id, nullable=True),
        sa.Column("team_id", db.types.Id, nullable=True),
        sa.Column("import_id", db.types.Id, nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("id", db.types.Id, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_work_orders_case_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_work_orders_contact_id")),
        sa.ForeignKeyConstraint(["equipment_id"], ["equipment.id"], name=op.f("fk_work_orders_equipment_id")),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_work_orders_import_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_work_orders_organisation_id")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_work_orders_owner_id")),
        sa.ForeignKeyConstraint(["plan_id"], ["maintenance_plans.id"], name=op.f("fk_work_orders_plan_id")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_work_orders_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_orders")),
        sa.UniqueConstraint("number", name=op.f("uq_work_orders_number")),
    )
    op.create_index(op.f("ix_work_orders_case_id"), "work_orders", ["case_id"], unique=False)
    op.create_index("ix_work_orders_changed", "work_orders", ["changed_at", "id"], unique=False)
    op.create_index(op.f("ix_work_orders_contact_id"), "work_orders", ["contact_id"], unique=False)
    op.create_index("ix_work_orders_day", "work_orders", ["owner_id", "planned_on", "status"], unique=False)
    op.create_index("ix_work_orders_due", "work_orders", ["status", "planned_on"], unique=False)
    op.create_index(op.f("ix_work_orders_equipment_id"), "work_orders", ["equipment_id"], unique=False)
    op.create_index(op.f("ix_work_orders_import_id"), "work_orders", ["import_id"], unique=False)
    op.create_index("ix_work_orders_list", "work_orders", ["archived_at", "title", "id"], unique=False)
    op.create_index(op.f("ix_work_orders_organisation_id"), "work_orders", ["organisation_id"], unique=False)
    op.create_index(op.f("ix_work_orders_owner_id"), "work_orders", ["owner_id"], unique=False)
    op.create_index(op.f("ix_work_orders_plan_id"), "work_orders", ["plan_id"], unique=False)
    op.create_index("ix_work_orders_planned", "work_orders", ["planned_on", "id"], unique=False)
    op.create_index(op.f("ix_work_orders_team_id"), "work_orders", ["team_id"], unique=False)
    op.create_table(
        "failures",
        sa.Column("equipment_id", db.types.Id, nullable=False),
        sa.Column("failed_at", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("part", sa.String(length=80), nullable=True),
        sa.Column("code", sa.String(length=60), nullable=True),
        sa.Column("case_id", db.types.Id, nullable=True),
        sa.Column("work_order_id", db.types.Id, nullable=True),
        sa.Column("note", sa.String(length=2000), nullable=True),
        sa.Column("import_id", db.types.Id, nullable=True),
        sa.Column("id", db.types.Id, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_failures_case_id")),
        sa.ForeignKeyConstraint(
            ["equipment_id"], ["equipment.id"], name=op.f("fk_failures_equipment_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_failures_import_id")),
        sa.ForeignKeyConstraint(
            ["work_order_id"], ["work_orders.id"], name=op.f("fk_failures_work_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_failures")),
    )
    op.create_index(op.f("ix_failures_case_id"), "failures", ["case_id"], unique=False)
    op.create_index(op.f("ix_failures_failed_at"), "failures", ["failed_at"], unique=False)
    op.create_index(op.f("ix_failures_import_id"), "failures", ["import_id"], unique=False)
    op.create_index("ix_failures_unit", "failures", ["equipment_id", "part", "failed_at"], unique=False)
    op.create_index(op.f("ix_failures_work_order_id"), "failures", ["work_order_id"], unique=False)
    op.create_table(
        "part_changes",
        sa.Column("equipment_id", db.types.Id, nullable=False),
        sa.Column("at", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("part", sa.String(length=80), nullable=False),
        sa.Column("work_order_id", db.types.Id, nullable=True),
        sa.Column("import_id", db.types.Id, nullable=True),
        sa.Column("id", db.types.Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["equipment_id"], ["equipment.id"], name=op.f("fk_part_changes_equipment_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_part_changes_import_id")),
        sa.ForeignKeyConstraint(
            ["work_order_id"], ["work_orders.id"], name=op.f("fk_part_changes_work_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_part_changes")),
    )
    op.create_index(op.f("ix_part_changes_import_id"), "part_changes", ["import_id"], unique=False)
    op.create_index("ix_part_changes_unit", "part_changes", ["equipment_id", "part", "at"], unique=False)
    op.create_index(op.f("ix_part_changes_work_order_id"), "part_changes", ["work_order_id"], unique=False)
    op.create_table(
        "work_order_parts",
        sa.Column("work_order_id", db.types.Id, nullable=False),
        sa.Column("product_id", db.types.Id, nullable=True),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("quantity", sa.Float(), nullable=False),
        sa.Column("unit_cost_minor", db.types.Money(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("after_failure", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("id", db.types.Id, nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_work_order_parts_product_id")),
        sa.ForeignKeyConstraint(
            ["work_order_id"],
            ["work_orders.id"],
            name=op.f("fk_work_order_parts_work_order_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_order_parts")),
    )
    op.create_index("ix_work_order_parts_order", "work_order_parts", ["work_order_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_work_order_parts_order", table_name="work_order_parts")
    op.drop_table("work_order_parts")
    op.drop_index(op.f("ix_part_changes_work_order_id"), table_name="part_changes")
    op.drop_index("ix_part_changes_unit", table_name="part_changes")
    op.drop_index(op.f("ix_part_changes_import_id"), table_name="part_changes")
    op.drop_table("part_changes")
    op.drop_index(op.f("ix_failures_work_order_id"), table_name="failures")
    op.drop_index("ix_failures_unit", table_name="failures")
    op.drop_index(op.f("ix_failures_import_id"), table_name="failures")
    op.drop_index(op.f("ix_failures_failed_at"), table_name="failures")
    op.drop_index(op.f("ix_failures_case_id"), table_name="failures")
    op.drop_table("failures")
    op.drop_index(op.f("ix_work_orders_team_id"), table_name="work_orders")
    op.drop_index("ix_work_orders_planned", table_name="work_orders")
    op.drop_index(op.f("ix_work_orders_plan_id"), table_name="work_orders")
    op.drop_index(op.f("ix_work_orders_owner_id"), table_name="work_orders")
    op.drop_index(op.f("ix_work_orders_organisation_id"), table_name="work_orders")
    op.drop_index("ix_work_orders_list", table_name="work_orders")
    op.drop_index(op.f("ix_work_orders_import_id"), table_name="work_orders")
    op.drop_index(op.f("ix_work_orders_equipment_id"), table_name="work_orders")
    op.drop_index("ix_work_orders_due", table_name="work_orders")
    op.drop_index("ix_work_orders_day", table_name="work_orders")
    op.drop_index(op.f("ix_work_orders_contact_id"), table_name="work_orders")
    op.drop_index("ix_work_orders_changed", table_name="work_orders")
    op.drop_index(op.f("ix_work_orders_case_id"), table_name="work_orders")
    op.drop_table("work_orders")
    op.drop_index("ix_unit_risks_next", table_name="unit_risks")
    op.drop_table("unit_risks")
    op.drop_index("ix_meter_readings_unit", table_name="meter_readings")
    op.drop_index(op.f("ix_meter_readings_import_id"), table_name="meter_readings")
    op.drop_table("meter_readings")
    op.drop_index(op.f("ix_maintenance_plans_team_id"), table_name="maintenance_plans")
    op.drop_index(op.f("ix_maintenance_plans_owner_id"), table_name="maintenance_plans")
    op.drop_index(op.f("ix_maintenance_plans_next_due_on"), table_name="maintenance_plans")
    op.drop_index("ix_maintenance_plans_list", table_name="maintenance_plans")
    op.drop_index(op.f("ix_maintenance_plans_import_id"), table_name="maintenance_plans")
    op.drop_index(op.f("ix_maintenance_plans_equipment_id"), table_name="maintenance_plans")
    op.drop_table("maintenance_plans")
    op.drop_index("ix_equipment_events_unit", table_name="equipment_events")
    op.drop_index(op.f("ix_equipment_events_import_id"), table_name="equipment_events")
    op.drop_table("equipment_events")
