"""Pipelines, deals, leads, targets."""

import sqlalchemy as sa
from alembic import op

import db.types

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "loss_reasons",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("id", db.types.Id, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_loss_reasons")),
        sa.UniqueConstraint("name", name=op.f("uq_loss_reasons_name")),
    )
    op.create_table(
        "pipelines",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("id", db.types.Id, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pipelines")),
        sa.UniqueConstraint("name", name=op.f("uq_pipelines_name")),
    )
    op.create_table(
        "stages",
        sa.Column("pipeline_id", db.types.Id, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("probability", sa.Float(), nullable=False),
        sa.Column("stale_after_days", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("id", db.types.Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["pipeline_id"], ["pipelines.id"], name=op.f("fk_stages_pipeline_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stages")),
        sa.UniqueConstraint("pipeline_id", "name", name=op.f("uq_stages_pipeline_id_name")),
    )
    op.create_index(op.f("ix_stages_pipeline_id"), "stages", ["pipeline_id"], unique=False)
    op.create_table(
        "targets",
        sa.Column("user_id", db.types.Id, nullable=True),
        sa.Column("team_id", db.types.Id, nullable=True),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("amount_minor", db.types.Money(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("import_id", db.types.Id, nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("id", db.types.Id, nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_targets_import_id")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_targets_team_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_targets_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_targets")),
        sa.UniqueConstraint("user_id", "team_id", "month", name=op.f("uq_targets_user_id_team_id_month")),
    )
    op.create_index(op.f("ix_targets_import_id"), "targets", ["import_id"], unique=False)
    op.create_index(op.f("ix_targets_month"), "targets", ["month"], unique=False)
    op.create_index(op.f("ix_targets_team_id"), "targets", ["team_id"], unique=False)
    op.create_index(op.f("ix_targets_user_id"), "targets", ["user_id"], unique=False)
    op.create_table(
        "deals",
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=True),
        sa.Column("pipeline_id", db.types.Id, nullable=False),
        sa.Column("stage_id", db.types.Id, nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("organisation_id", db.types.Id, nullable=True),
        sa.Column("contact_id", db.types.Id, nullable=True),
        sa.Column("product_id", db.types.Id, nullable=True),
        sa.Column("amount_minor", db.types.Money(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=True),
        sa.Column("expected_close_on", sa.Date(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("source", sa.String(length=200), nullable=True),
        sa.Column("loss_reason_id", db.types.Id, nullable=True),
        sa.Column("competitors", db.types.Json, server_default="[]", nullable=False),
        sa.Column("next_step", sa.String(length=200), nullable=True),
        sa.Column("next_step_on", sa.Date(), nullable=True),
        sa.Column("stage_since", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("rank", sa.Float(), server_default="0", nullable=False),
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
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_deals_contact_id")),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_deals_import_id")),
        sa.ForeignKeyConstraint(
            ["loss_reason_id"], ["loss_reasons.id"], name=op.f("fk_deals_loss_reason_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_deals_organisation_id")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_deals_owner_id")),
        sa.ForeignKeyConstraint(["pipeline_id"], ["pipelines.id"], name=op.f("fk_deals_pipeline_id")),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_deals_product_id")),
        sa.ForeignKeyConstraint(["stage_id"], ["stages.id"], name=op.f("fk_deals_stage_id")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_deals_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deals")),
    )
    op.create_index(
        "ix_deals_board", "deals", ["pipeline_id", "stage_id", "archived_at", "rank", "id"], unique=False
    )
    op.create_index("ix_deals_changed", "deals", ["changed_at", "id"], unique=False)
    op.create_index("ix_deals_closed", "deals", ["status", "closed_on"], unique=False)
    op.create_index(op.f("ix_deals_contact_id"), "deals", ["contact_id"], unique=False)
    op.create_index(op.f("ix_deals_expected_close_on"), "deals", ["expected_close_on"], unique=False)
    op.create_index(op.f("ix_deals_import_id"), "deals", ["import_id"], unique=False)
    op.create_index("ix_deals_list", "deals", ["archived_at", "title", "id"], unique=False)
    op.create_index(op.f("ix_deals_number"), "deals", ["number"], unique=False)
    op.create_index(op.f("ix_deals_organisation_id"), "deals", ["organisation_id"], unique=False)
    op.create_index(op.f("ix_deals_owner_id"), "deals", ["owner_id"], unique=False)
    op.create_index(op.f("ix_deals_product_id"), "deals", ["product_id"], unique=False)
    op.create_index(op.f("ix_deals_stage_id"), "deals", ["stage_id"], unique=False)
    op.create_index(op.f("ix_deals_team_id"), "deals", ["team_id"], unique=False)
    op.create_table(
        "deal_lines",
        sa.Column("deal_id", db.types.Id, nullable=False),
        sa.Column("product_id", db.types.Id, nullable=True),
        sa.Column("description", sa.String(length=500), nullable=True),
        sa.Column("quantity", sa.Float(), nullable=False),
        sa.Column("unit_price_minor", db.types.Money(), nullable=True),
        sa.Column("discount", sa.Float(), server_default="0", nullable=False),
        sa.Column("amount_minor", db.types.Money(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
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
            ["deal_id"], ["deals.id"], name=op.f("fk_deal_lines_deal_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_deal_lines_import_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_deal_lines_owner_id")),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_deal_lines_product_id")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_deal_lines_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deal_lines")),
    )
    op.create_index(op.f("ix_deal_lines_deal_id"), "deal_lines", ["deal_id"], unique=False)
    op.create_index(op.f("ix_deal_lines_import_id"), "deal_lines", ["import_id"], unique=False)
    op.create_index(op.f("ix_deal_lines_owner_id"), "deal_lines", ["owner_id"], unique=False)
    op.create_index(op.f("ix_deal_lines_product_id"), "deal_lines", ["product_id"], unique=False)
    op.create_index(op.f("ix_deal_lines_team_id"), "deal_lines", ["team_id"], unique=False)
    op.create_table(
        "leads",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=True),
        sa.Column("company", sa.String(length=200), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("phone", sa.String(length=40), nullable=True),
        sa.Column("source", sa.String(length=200), nullable=True),
        sa.Column("status", sa.String(length=20), server_default="new", nullable=False),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("interest", sa.String(length=2000), nullable=True),
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
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_leads_contact_id")),
        sa.ForeignKeyConstraint(["deal_id"], ["deals.id"], name=op.f("fk_leads_deal_id")),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_leads_import_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_leads_organisation_id")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_leads_owner_id")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_leads_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leads")),
    )
    op.create_index(op.f("ix_leads_contact_id"), "leads", ["contact_id"], unique=False)
    op.create_index(op.f("ix_leads_deal_id"), "leads", ["deal_id"], unique=False)
    op.create_index(op.f("ix_leads_import_id"), "leads", ["import_id"], unique=False)
    op.create_index("ix_leads_list", "leads", ["archived_at", "name", "id"], unique=False)
    op.create_index(op.f("ix_leads_number"), "leads", ["number"], unique=False)
    op.create_index(op.f("ix_leads_organisation_id"), "leads", ["organisation_id"], unique=False)
    op.create_index(op.f("ix_leads_owner_id"), "leads", ["owner_id"], unique=False)
    op.create_index(op.f("ix_leads_team_id"), "leads", ["team_id"], unique=False)
    op.create_table(
        "stage_changes",
        sa.Column("deal_id", db.types.Id, nullable=False),
        sa.Column("from_stage_id", db.types.Id, nullable=True),
        sa.Column("to_stage_id", db.types.Id, nullable=False),
        sa.Column("at", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("user_id", db.types.Id, nullable=True),
        sa.Column("import_id", db.types.Id, nullable=True),
        sa.Column("id", db.types.Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["deal_id"], ["deals.id"], name=op.f("fk_stage_changes_deal_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["from_stage_id"], ["stages.id"], name=op.f("fk_stage_changes_from_stage_id")
        ),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_stage_changes_import_id")),
        sa.ForeignKeyConstraint(["to_stage_id"], ["stages.id"], name=op.f("fk_stage_changes_to_stage_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_stage_changes_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stage_changes")),
    )
    op.create_index(op.f("ix_stage_changes_deal_id"), "stage_changes", ["deal_id"], unique=False)
    op.create_index(op.f("ix_stage_changes_import_id"), "stage_changes", ["import_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_stage_changes_import_id"), table_name="stage_changes")
    op.drop_index(op.f("ix_stage_changes_deal_id"), table_name="stage_changes")
    op.drop_table("stage_changes")
    op.drop_index(op.f("ix_leads_team_id"), table_name="leads")
    op.drop_index(op.f("ix_leads_owner_id"), table_name="leads")
    op.drop_index(op.f("ix_leads_organisation_id"), table_name="leads")
    op.drop_index(op.f("ix_leads_number"), table_name="leads")
    op.drop_index("ix_leads_list", table_name="leads")
    op.drop_index(op.f("ix_leads_import_id"), table_name="leads")
    op.drop_index(op.f("ix_leads_deal_id"), table_name="leads")
    op.drop_index(op.f("ix_leads_contact_id"), table_name="leads")
    op.drop_table("leads")
    op.drop_index(op.f("ix_deal_lines_team_id"), table_name="deal_lines")
    op.drop_index(op.f("ix_deal_lines_product_id"), table_name="deal_lines")
    op.drop_index(op.f("ix_deal_lines_owner_id"), table_name="deal_lines")
    op.drop_index(op.f("ix_deal_lines_import_id"), table_name="deal_lines")
    op.drop_index(op.f("ix_deal_lines_deal_id"), table_name="deal_lines")
    op.drop_table("deal_lines")
    op.drop_index(op.f("ix_deals_team_id"), table_name="deals")
    op.drop_index(op.f("ix_deals_stage_id"), table_name="deals")
    op.drop_index(op.f("ix_deals_product_id"), table_name="deals")
    op.drop_index(op.f("ix_deals_owner_id"), table_name="deals")
    op.drop_index(op.f("ix_deals_organisation_id"), table_name="deals")
    op.drop_index(op.f("ix_deals_number"), table_name="deals")
    op.drop_index("ix_deals_list", table_name="deals")
    op.drop_index(op.f("ix_deals_import_id"), table_name="deals")
    op.drop_index(op.f("ix_deals_expected_close_on"), table_name="deals")
    op.drop_index(op.f("ix_deals_contact_id"), table_name="deals")
    op.drop_index("ix_deals_closed", table_name="deals")
    op.drop_index("ix_deals_changed", table_name="deals")
    op.drop_index("ix_deals_board", table_name="deals")
    op.drop_table("deals")
    op.drop_index(op.f("ix_targets_user_id"), table_name="targets")
    op.drop_index(op.f("ix_targets_team_id"), table_name="targets")
    op.drop_index(op.f("ix_targets_month"), table_name="targets")
    op.drop_index(op.f("ix_targets_import_id"), table_name="targets")
    op.drop_table("targets")
    op.drop_index(op.f("ix_stages_pipeline_id"), table_name="stages")
    op.drop_table("stages")
    op.drop_table("pipelines")
    op.drop_table("loss_reasons")
