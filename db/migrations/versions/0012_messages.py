"""Tracked links, web forms, social posts."""

import sqlalchemy as sa
from alembic import op

import db.types

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "address_problems",
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("at", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=True),
        sa.Column("id", db.types.Id, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address_problems")),
        sa.UniqueConstraint("address", name=op.f("uq_address_problems_address")),
    )
    op.create_table(
        "secrets",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.String(length=200), nullable=False),
        sa.Column("made_at", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("id", db.types.Id, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_secrets")),
        sa.UniqueConstraint("name", name=op.f("uq_secrets_name")),
    )
    op.create_table(
        "social_accounts",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_key", sa.String(length=200), nullable=False),
        sa.Column("network", sa.String(length=20), nullable=False),
        sa.Column("url", sa.String(length=500), nullable=True),
        sa.Column("created_at", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("changed_at", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("archived_at", db.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("custom", db.types.Json, server_default="{}", nullable=False),
        sa.Column("owner_id", db.types.Id, nullable=True),
        sa.Column("team_id", db.types.Id, nullable=True),
        sa.Column("import_id", db.types.Id, nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("id", db.types.Id, nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_social_accounts_import_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_social_accounts_owner_id")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_social_accounts_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_social_accounts")),
    )
    op.create_index(op.f("ix_social_accounts_import_id"), "social_accounts", ["import_id"], unique=False)
    op.create_index(op.f("ix_social_accounts_name_key"), "social_accounts", ["name_key"], unique=False)
    op.create_index(op.f("ix_social_accounts_owner_id"), "social_accounts", ["owner_id"], unique=False)
    op.create_index(op.f("ix_social_accounts_team_id"), "social_accounts", ["team_id"], unique=False)
    op.create_table(
        "social_posts",
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("number", sa.String(length=120), nullable=True),
        sa.Column("account_id", db.types.Id, nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=20), server_default="draft", nullable=False),
        sa.Column("is_paid", sa.Boolean(), nullable=True),
        sa.Column("body", sa.String(length=10000), nullable=True),
        sa.Column("link", sa.String(length=2000), nullable=True),
        sa.Column("campaign_id", db.types.Id, nullable=True),
        sa.Column("planned_at", db.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("published_at", db.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("weekday", sa.Integer(), nullable=True),
        sa.Column("hour", sa.Integer(), nullable=True),
        sa.Column("reach", sa.Integer(), nullable=True),
        sa.Column("impressions", sa.Integer(), nullable=True),
        sa.Column("engaged", sa.Integer(), nullable=True),
        sa.Column("clicks", sa.Integer(), nullable=True),
        sa.Column("likes", sa.Integer(), nullable=True),
        sa.Column("comments", sa.Integer(), nullable=True),
        sa.Column("shares", sa.Integer(), nullable=True),
        sa.Column("interactions", sa.Integer(), nullable=True),
        sa.Column("cost_minor", db.types.Money(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
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
            ["account_id"], ["social_accounts.id"], name=op.f("fk_social_posts_account_id")
        ),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name=op.f("fk_social_posts_campaign_id")),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_social_posts_import_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_social_posts_owner_id")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_social_posts_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_social_posts")),
    )
    op.create_index(op.f("ix_social_posts_account_id"), "social_posts", ["account_id"], unique=False)
    op.create_index(op.f("ix_social_posts_campaign_id"), "social_posts", ["campaign_id"], unique=False)
    op.create_index(op.f("ix_social_posts_import_id"), "social_posts", ["import_id"], unique=False)
    op.create_index("ix_social_posts_list", "social_posts", ["archived_at", "title", "id"], unique=False)
    op.create_index(op.f("ix_social_posts_number"), "social_posts", ["number"], unique=False)
    op.create_index(op.f("ix_social_posts_owner_id"), "social_posts", ["owner_id"], unique=False)
    op.create_index(op.f("ix_social_posts_planned_at"), "social_posts", ["planned_at"], unique=False)
    op.create_index(op.f("ix_social_posts_team_id"), "social_posts", ["team_id"], unique=False)
    op.create_index("ix_social_posts_when", "social_posts", ["published_at", "id"], unique=False)
    op.create_table(
        "tracked_links",
        sa.Column("campaign_id", db.types.Id, nullable=False),
        sa.Column("arm", sa.String(length=80), nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("id", db.types.Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_tracked_links_campaign_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tracked_links")),
    )
    op.create_index("ix_tracked_links_campaign", "tracked_links", ["campaign_id"], unique=False)
    op.create_table(
        "web_forms",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=True),
        sa.Column("intro", sa.String(length=2000), nullable=True),
        sa.Column("thanks", sa.String(length=2000), nullable=True),
        sa.Column("fields", db.types.Json, server_default="[]", nullable=False),
        sa.Column("purposes", db.types.Json, server_default="[]", nullable=False),
        sa.Column("campaign_id", db.types.Id, nullable=True),
        sa.Column("queue_id", db.types.Id, nullable=True),
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
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name=op.f("fk_web_forms_campaign_id")),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_web_forms_import_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_web_forms_owner_id")),
        sa.ForeignKeyConstraint(["queue_id"], ["queues.id"], name=op.f("fk_web_forms_queue_id")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_web_forms_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_web_forms")),
        sa.UniqueConstraint("slug", name=op.f("uq_web_forms_slug")),
    )
    op.create_index(op.f("ix_web_forms_campaign_id"), "web_forms", ["campaign_id"], unique=False)
    op.create_index(op.f("ix_web_forms_import_id"), "web_forms", ["import_id"], unique=False)
    op.create_index("ix_web_forms_list", "web_forms", ["archived_at", "name", "id"], unique=False)
    op.create_index(op.f("ix_web_forms_owner_id"), "web_forms", ["owner_id"], unique=False)
    op.create_index(op.f("ix_web_forms_team_id"), "web_forms", ["team_id"], unique=False)
    op.create_table(
        "link_clicks",
        sa.Column("campaign_id", db.types.Id, nullable=False),
        sa.Column("link_id", db.types.Id, nullable=False),
        sa.Column("member_id", db.types.Id, nullable=False),
        sa.Column("at", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("by_machine", sa.Boolean(), nullable=False),
        sa.Column("id", db.types.Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_link_clicks_campaign_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["link_id"], ["tracked_links.id"], name=op.f("fk_link_clicks_link_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["campaign_members.id"], name=op.f("fk_link_clicks_member_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link_clicks")),
    )
    op.create_index("ix_link_clicks_campaign", "link_clicks", ["campaign_id", "at"], unique=False)
    op.create_index(op.f("ix_link_clicks_link_id"), "link_clicks", ["link_id"], unique=False)
    op.create_index(op.f("ix_link_clicks_member_id"), "link_clicks", ["member_id"], unique=False)
    op.create_table(
        "form_answers",
        sa.Column("form_id", db.types.Id, nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("at", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("answers", db.types.Json, nullable=False),
        sa.Column("contact_id", db.types.Id, nullable=True),
        sa.Column("lead_id", db.types.Id, nullable=True),
        sa.Column("case_id", db.types.Id, nullable=True),
        sa.Column("sender", sa.String(length=64), nullable=True),
        sa.Column("id", db.types.Id, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_form_answers_case_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_form_answers_contact_id")),
        sa.ForeignKeyConstraint(
            ["form_id"], ["web_forms.id"], name=op.f("fk_form_answers_form_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_form_answers_lead_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_form_answers")),
        sa.UniqueConstraint("key", name=op.f("uq_form_answers_key")),
    )
    op.create_index(op.f("ix_form_answers_case_id"), "form_answers", ["case_id"], unique=False)
    op.create_index(op.f("ix_form_answers_contact_id"), "form_answers", ["contact_id"], unique=False)
    op.create_index("ix_form_answers_form", "form_answers", ["form_id", "at"], unique=False)
    op.create_index(op.f("ix_form_answers_lead_id"), "form_answers", ["lead_id"], unique=False)
    op.create_index(op.f("ix_form_answers_sender"), "form_answers", ["sender"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_form_answers_sender"), table_name="form_answers")
    op.drop_index(op.f("ix_form_answers_lead_id"), table_name="form_answers")
    op.drop_index("ix_form_answers_form", table_name="form_answers")
    op.drop_index(op.f("ix_form_answers_contact_id"), table_name="form_answers")
    op.drop_index(op.f("ix_form_answers_case_id"), table_name="form_answers")
    op.drop_table("form_answers")
    op.drop_index(op.f("ix_link_clicks_member_id"), table_name="link_clicks")
    op.drop_index(op.f("ix_link_clicks_link_id"), table_name="link_clicks")
    op.drop_index("ix_link_clicks_campaign", table_name="link_clicks")
    op.drop_table("link_clicks")
    op.drop_index(op.f("ix_web_forms_team_id"), table_name="web_forms")
    op.drop_index(op.f("ix_web_forms_owner_id"), table_name="web_forms")
    op.drop_index("ix_web_forms_list", table_name="web_forms")
    op.drop_index(op.f("ix_web_forms_import_id"), table_name="web_forms")
    op.drop_index(op.f("ix_web_forms_campaign_id"), table_name="web_forms")
    op.drop_table("web_forms")
    op.drop_index("ix_tracked_links_campaign", table_name="tracked_links")
    op.drop_table("tracked_links")
    op.drop_index("ix_social_posts_when", table_name="social_posts")
    op.drop_index(op.f("ix_social_posts_team_id"), table_name="social_posts")
    op.drop_index(op.f("ix_social_posts_planned_at"), table_name="social_posts")
    op.drop_index(op.f("ix_social_posts_owner_id"), table_name="social_posts")
    op.drop_index(op.f("ix_social_posts_number"), table_name="social_posts")
    op.drop_index("ix_social_posts_list", table_name="social_posts")
    op.drop_index(op.f("ix_social_posts_import_id"), table_name="social_posts")
    op.drop_index(op.f("ix_social_posts_campaign_id"), table_name="social_posts")
    op.drop_index(op.f("ix_social_posts_account_id"), table_name="social_posts")
    op.drop_table("social_posts")
    op.drop_index(op.f("ix_social_accounts_team_id"), table_name="social_accounts")
    op.drop_index(op.f("ix_social_accounts_owner_id"), table_name="social_accounts")
    op.drop_index(op.f("ix_social_accounts_name_key"), table_name="social_accounts")
    op.drop_index(op.f("ix_social_accounts_import_id"), table_name="social_accounts")
    op.drop_table("social_accounts")
    op.drop_table("secrets")
    op.drop_table("address_problems")
