"""Queues, service levels, cases with their threads."""

import sqlalchemy as sa
from alembic import op

import db.types

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "work_calendars",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("time_zone", sa.String(length=60), nullable=False),
        sa.Column("hours", db.types.Json, nullable=False),
        sa.Column("country", sa.String(length=2), nullable=True),
        sa.Column("subdivision", sa.String(length=10), nullable=True),
        sa.Column("closed", db.types.Json, server_default="[]", nullable=False),
        sa.Column("is_default", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("id", db.types.Id, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_calendars")),
        sa.UniqueConstraint("name", name=op.f("uq_work_calendars_name")),
    )
    op.create_table(
        "queues",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("team_id", db.types.Id, nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default="1", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("id", db.types.Id, nullable=False),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_queues_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_queues")),
        sa.UniqueConstraint("name", name=op.f("uq_queues_name")),
    )
    op.create_table(
        "service_policies",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("priority", sa.String(length=10), nullable=True),
        sa.Column("organisation_id", db.types.Id, nullable=True),
        sa.Column("calendar_id", db.types.Id, nullable=False),
        sa.Column("response_minutes", sa.Integer(), nullable=True),
        sa.Column("resolution_minutes", sa.Integer(), nullable=True),
        sa.Column("warn_share", sa.Float(), server_default="0.8", nullable=False),
        sa.Column("escalate_to_id", db.types.Id, nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default="1", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("id", db.types.Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["calendar_id"], ["work_calendars.id"], name=op.f("fk_service_policies_calendar_id")
        ),
        sa.ForeignKeyConstraint(
            ["escalate_to_id"], ["users.id"], name=op.f("fk_service_policies_escalate_to_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_service_policies_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_policies")),
        sa.UniqueConstraint("name", name=op.f("uq_service_policies_name")),
    )
    op.create_index(
        op.f("ix_service_policies_organisation_id"), "service_policies", ["organisation_id"], unique=False
    )
    op.create_table(
        "cases",
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=500), nullable=False),
        sa.Column("description", sa.String(length=20000), nullable=True),
        sa.Column("status", sa.String(length=10), server_default="new", nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=True),
        sa.Column("origin", sa.String(length=20), nullable=True),
        sa.Column("impact", sa.String(length=10), server_default="medium", nullable=False),
        sa.Column("urgency", sa.String(length=10), server_default="medium", nullable=False),
        sa.Column("priority", sa.String(length=10), server_default="normal", nullable=False),
        sa.Column("queue_id", db.types.Id, nullable=True),
        sa.Column("contact_id", db.types.Id, nullable=True),
        sa.Column("organisation_id", db.types.Id, nullable=True),
        sa.Column("product_id", db.types.Id, nullable=True),
        sa.Column("equipment_id", db.types.Id, nullable=True),
        sa.Column("fault_code", sa.String(length=60), nullable=True),
        sa.Column("opened_at", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("first_response_at", db.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("resolved_at", db.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("closed_at", db.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("resolution", sa.String(length=10000), nullable=True),
        sa.Column("reopened", sa.Integer(), server_default="0", nullable=False),
        sa.Column("policy_id", db.types.Id, nullable=True),
        sa.Column("response_due_at", db.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("resolution_due_at", db.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("waiting_since", db.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("paused_minutes", sa.Integer(), server_default="0", nullable=False),
        sa.Column("warned_at", db.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("response_breached_at", db.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("resolution_breached_at", db.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("satisfaction", sa.Integer(), nullable=True),
        sa.Column("satisfaction_note", sa.String(length=2000), nullable=True),
        sa.Column("satisfaction_at", db.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("merged_into_id", db.types.Id, nullable=True),
        sa.Column("created_at", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("changed_at", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("archived_at", db.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("custom", db.types.Json, server_default="{}", nullable=False),
        sa.Column("owner_id", db.types.Id, nullable=True),
        sa.Column("team_id", db.types.Id, nullable=True),
        sa.Column("import_id", db.types.Id, nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("id", db.types.Id, nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_cases_contact_id")),
        sa.ForeignKeyConstraint(["equipment_id"], ["equipment.id"], name=op.f("fk_cases_equipment_id")),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_cases_import_id")),
        sa.ForeignKeyConstraint(["merged_into_id"], ["cases.id"], name=op.f("fk_cases_merged_into_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_cases_organisation_id")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_cases_owner_id")),
        sa.ForeignKeyConstraint(["policy_id"], ["service_policies.id"], name=op.f("fk_cases_policy_id")),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_cases_product_id")),
        sa.ForeignKeyConstraint(["queue_id"], ["queues.id"], name=op.f("fk_cases_queue_id")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_cases_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
        sa.UniqueConstraint("number", name=op.f("uq_cases_number")),
    )
    op.create_index("ix_cases_changed", "cases", ["changed_at", "id"], unique=False)
    op.create_index(op.f("ix_cases_contact_id"), "cases", ["contact_id"], unique=False)
    op.create_index("ix_cases_due", "cases", ["resolution_due_at", "id"], unique=False)
    op.create_index(op.f("ix_cases_equipment_id"), "cases", ["equipment_id"], unique=False)
    op.create_index(op.f("ix_cases_import_id"), "cases", ["import_id"], unique=False)
    op.create_index("ix_cases_list", "cases", ["archived_at", "subject", "id"], unique=False)
    op.create_index(op.f("ix_cases_merged_into_id"), "cases", ["merged_into_id"], unique=False)
    op.create_index("ix_cases_mine", "cases", ["owner_id", "status", "resolution_due_at"], unique=False)
    op.create_index("ix_cases_open", "cases", ["status", "queue_id", "resolution_due_at"], unique=False)
    op.create_index("ix_cases_opened", "cases", ["opened_at", "id"], unique=False)
    op.create_index(op.f("ix_cases_organisation_id"), "cases", ["organisation_id"], unique=False)
    op.create_index(op.f("ix_cases_owner_id"), "cases", ["owner_id"], unique=False)
    op.create_index(op.f("ix_cases_product_id"), "cases", ["product_id"], unique=False)
    op.create_index(op.f("ix_cases_team_id"), "cases", ["team_id"], unique=False)
    op.create_table(
        "case_messages",
        sa.Column("case_id", db.types.Id, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("body", sa.String(length=20000), nullable=False),
        sa.Column("at", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("user_id", db.types.Id, nullable=True),
        sa.Column("contact_id", db.types.Id, nullable=True),
        sa.Column("author", sa.String(length=200), nullable=True),
        sa.Column("merged_from_id", db.types.Id, nullable=True),
        sa.Column("key", sa.String(length=120), nullable=True),
        sa.Column("import_id", db.types.Id, nullable=True),
        sa.Column("id", db.types.Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_case_messages_case_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_case_messages_contact_id")),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_case_messages_import_id")),
        sa.ForeignKeyConstraint(
            ["merged_from_id"], ["cases.id"], name=op.f("fk_case_messages_merged_from_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_case_messages_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_messages")),
        sa.UniqueConstraint("key", name=op.f("uq_case_messages_key")),
    )
    op.create_index(op.f("ix_case_messages_contact_id"), "case_messages", ["contact_id"], unique=False)
    op.create_index(op.f("ix_case_messages_import_id"), "case_messages", ["import_id"], unique=False)
    op.create_index("ix_case_messages_thread", "case_messages", ["case_id", "at"], unique=False)
    op.create_table(
        "case_moves",
        sa.Column("case_id", db.types.Id, nullable=False),
        sa.Column("from_status", sa.String(length=10), nullable=True),
        sa.Column("to_status", sa.String(length=10), nullable=False),
        sa.Column("at", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("user_id", db.types.Id, nullable=True),
        sa.Column("import_id", db.types.Id, nullable=True),
        sa.Column("id", db.types.Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_case_moves_case_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_case_moves_import_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_case_moves_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_moves")),
    )
    op.create_index(op.f("ix_case_moves_case_id"), "case_moves", ["case_id"], unique=False)
    op.create_index(op.f("ix_case_moves_import_id"), "case_moves", ["import_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_case_moves_import_id"), table_name="case_moves")
    op.drop_index(op.f("ix_case_moves_case_id"), table_name="case_moves")
    op.drop_table("case_moves")
    op.drop_index("ix_case_messages_thread", table_name="case_messages")
    op.drop_index(op.f("ix_case_messages_import_id"), table_name="case_messages")
    op.drop_index(op.f("ix_case_messages_contact_id"), table_name="case_messages")
    op.drop_table("case_messages")
    op.drop_index(op.f("ix_cases_team_id"), table_name="cases")
    op.drop_index(op.f("ix_cases_product_id"), table_name="cases")
    op.drop_index(op.f("ix_cases_owner_id"), table_name="cases")
    op.drop_index(op.f("ix_cases_organisation_id"), table_name="cases")
    op.drop_index("ix_cases_opened", table_name="cases")
    op.drop_index("ix_cases_open", table_name="cases")
    op.drop_index("ix_cases_mine", table_name="cases")
    op.drop_index(op.f("ix_cases_merged_into_id"), table_name="cases")
    op.drop_index("ix_cases_list", table_name="cases")
    op.drop_index(op.f("ix_cases_import_id"), table_name="cases")
    op.drop_index(op.f("ix_cases_equipment_id"), table_name="cases")
    op.drop_index("ix_cases_due", table_name="cases")
    op.drop_index(op.f("ix_cases_contact_id"), table_name="cases")
    op.drop_index("ix_cases_changed", table_name="cases")
    op.drop_table("cases")
    op.drop_index(op.f("ix_service_policies_organisation_id"), table_name="service_policies")
    op.drop_table("service_policies")
    op.drop_table("queues")
    op.drop_table("work_calendars")
