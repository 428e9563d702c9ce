"""Segments, consent, campaigns."""

import sqlalchemy as sa
from alembic import op

import db.types

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "message_templates",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_key", sa.String(length=200), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("preheader", sa.String(length=300), nullable=True),
        sa.Column("body", sa.String(length=50000), nullable=False),
        sa.Column("language", sa.String(length=8), server_default="en", nullable=False),
        sa.Column("created_at", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("changed_at", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("archived_at", db.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("custom", db.types.Json, server_default="{}", nullable=False),
        sa.Column("owner_id", db.types.Id, nullable=True),
        sa.Column("team_id", db.types.Id, nullable=True),
        sa.Column("import_id", db.types.Id, nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("id", db.types.Id, nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_message_templates_import_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_message_templates_owner_id")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_message_templates_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_templates")),
    )
    op.create_index(op.f("ix_message_templates_import_id"), "message_templates", ["import_id"], unique=False)
    op.create_index(
        "ix_message_templates_list", "message_templates", ["archived_at", "name", "id"], unique=False
    )
    op.create_index(op.f("ix_message_templates_name_key"), "message_templates", ["name_key"], unique=False)
    op.create_index(op.f("ix_message_templates_owner_id"), "message_templates", ["owner_id"], unique=False)
    op.create_index(op.f("ix_message_templates_team_id"), "message_templates", ["team_id"], unique=False)
    op.create_table(
        "segments",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_key", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=10), server_default="living", nullable=False),
        sa.Column("description", sa.String(length=2000), nullable=True),
        sa.Column("rules", db.types.Json, server_default="{}", nullable=False),
        sa.Column("counted", sa.Integer(), nullable=True),
        sa.Column("counted_at", db.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("created_at", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("changed_at", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("archived_at", db.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("custom", db.types.Json, server_default="{}", nullable=False),
        sa.Column("owner_id", db.types.Id, nullable=True),
        sa.Column("team_id", db.types.Id, nullable=True),
        sa.Column("import_id", db.types.Id, nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("id", db.types.Id, nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_segments_import_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_segments_owner_id")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_segments_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_segments")),
    )
    op.create_index(op.f("ix_segments_import_id"), "segments", ["import_id"], unique=False)
    op.create_index("ix_segments_list", "segments", ["archived_at", "name", "id"], unique=False)
    op.create_index(op.f("ix_segments_name_key"), "segments", ["name_key"], unique=False)
    op.create_index(op.f("ix_segments_owner_id"), "segments", ["owner_id"], unique=False)
    op.create_index(op.f("ix_segments_team_id"), "segments", ["team_id"], unique=False)
    op.create_table(
        "campaigns",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_key", sa.String(length=200), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=True),
        sa.Column("status", sa.String(length=10), server_default="draft", nullable=False),
        sa.Column("channel", sa.String(length=10), server_default="email", nullable=False),
        sa.Column("purpose", sa.String(length=20), server_default="offers", nullable=False),
        sa.Column("goal", sa.String(length=500), nullable=True),
        sa.Column("offer", sa.String(length=2000), nullable=True),
        sa.Column("segment_id", db.types.Id, nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("response_days", sa.Integer(), server_default="28", nullable=False),
        sa.Column("budget_minor", db.types.Money(), nullable=True),
        sa.Column("cost_minor", db.types.Money(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("expected_response", sa.Float(), nullable=True),
        sa.Column("cap_messages", sa.Integer(), server_default="4", nullable=False),
        sa.Column("cap_days", sa.Integer(), server_default="30", nullable=False),
        sa.Column("strata", db.types.Json, server_default="[]", nullable=False),
        sa.Column("seed", sa.Integer(), server_default="1", nullable=False),
        sa.Column("drawn_at", db.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("left_out", db.types.Json, server_default="{}", nullable=False),
        sa.Column("started_at", db.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("closed_at", db.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("copied_from_id", db.types.Id, nullable=True),
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
        sa.ForeignKeyConstraint(
            ["copied_from_id"], ["campaigns.id"], name=op.f("fk_campaigns_copied_from_id")
        ),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_campaigns_import_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_campaigns_owner_id")),
        sa.ForeignKeyConstraint(["segment_id"], ["segments.id"], name=op.f("fk_campaigns_segment_id")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_campaigns_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaigns")),
    )
    op.create_index(op.f("ix_campaigns_import_id"), "campaigns", ["import_id"], unique=False)
    op.create_index("ix_campaigns_list", "campaigns", ["archived_at", "name", "id"], unique=False)
    op.create_index(op.f("ix_campaigns_name_key"), "campaigns", ["name_key"], unique=False)
    op.create_index(op.f("ix_campaigns_number"), "campaigns", ["number"], unique=False)
    op.create_index(op.f("ix_campaigns_owner_id"), "campaigns", ["owner_id"], unique=False)
    op.create_index("ix_campaigns_period", "campaigns", ["status", "starts_on"], unique=False)
    op.create_index(op.f("ix_campaigns_segment_id"), "campaigns", ["segment_id"], unique=False)
    op.create_index(op.f("ix_campaigns_team_id"), "campaigns", ["team_id"], unique=False)
    op.create_table(
        "campaign_arms",
        sa.Column("campaign_id", db.types.Id, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("is_control", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("share", sa.Float(), nullable=False),
        sa.Column("template_id", db.types.Id, nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("import_id", db.types.Id, nullable=True),
        sa.Column("id", db.types.Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_campaign_arms_campaign_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_campaign_arms_import_id")),
        sa.ForeignKeyConstraint(
            ["template_id"], ["message_templates.id"], name=op.f("fk_campaign_arms_template_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_arms")),
        sa.UniqueConstraint("campaign_id", "name", name=op.f("uq_campaign_arms_campaign_id_name")),
    )
    op.create_index(op.f("ix_campaign_arms_import_id"), "campaign_arms", ["import_id"], unique=False)
    op.create_table(
        "campaign_members",
        sa.Column("campaign_id", db.types.Id, nullable=False),
        sa.Column("contact_id", db.types.Id, nullable=False),
        sa.Column("arm", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=20), server_default="planned", nullable=False),
        sa.Column("stratum", sa.String(length=200), server_default="", nullable=False),
        sa.Column("sent_at", db.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("responded_at", db.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("response_by", sa.String(length=20), nullable=True),
        sa.Column("responded", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("converted", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("revenue_minor", db.types.Money(), server_default="0", nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("import_id", db.types.Id, nullable=True),
        sa.Column("id", db.types.Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"],
            ["campaigns.id"],
            name=op.f("fk_campaign_members_campaign_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_campaign_members_contact_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_campaign_members_import_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_members")),
        sa.UniqueConstraint(
            "campaign_id", "contact_id", name=op.f("uq_campaign_members_campaign_id_contact_id")
        ),
    )
    op.create_index(op.f("ix_campaign_members_import_id"), "campaign_members", ["import_id"], unique=False)
    op.create_index("ix_campaign_members_sent", "campaign_members", ["contact_id", "sent_at"], unique=False)
    op.create_index(
        "ix_campaign_members_state", "campaign_members", ["campaign_id", "state", "id"], unique=False
    )
    op.create_table(
        "consents",
        sa.Column("contact_id", db.types.Id, nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("basis", sa.String(length=30), nullable=False),
        sa.Column("at", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=True),
        sa.Column("user_id", db.types.Id, nullable=True),
        sa.Column("import_id", db.types.Id, nullable=True),
        sa.Column("id", db.types.Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_consents_contact_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_consents_import_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_consents_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    op.create_index(
        "ix_consents_contact", "consents", ["contact_id", "purpose", "channel", "at"], unique=False
    )
    op.create_index(op.f("ix_consents_import_id"), "consents", ["import_id"], unique=False)
    op.create_index(
        "ix_consents_wanted", "consents", ["purpose", "channel", "contact_id", "at"], unique=False
    )
    op.create_table(
        "segment_members",
        sa.Column("segment_id", db.types.Id, nullable=False),
        sa.Column("contact_id", db.types.Id, nullable=False),
        sa.Column("added_at", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("import_id", db.types.Id, nullable=True),
        sa.Column("id", db.types.Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_segment_members_contact_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_segment_members_import_id")),
        sa.ForeignKeyConstraint(
            ["segment_id"], ["segments.id"], name=op.f("fk_segment_members_segment_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_segment_members")),
        sa.UniqueConstraint(
            "segment_id", "contact_id", name=op.f("uq_segment_members_segment_id_contact_id")
        ),
    )
    op.create_index(op.f("ix_segment_members_contact_id"), "segment_members", ["contact_id"], unique=False)
    op.create_index(op.f("ix_segment_members_import_id"), "segment_members", ["import_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_segment_members_import_id"), table_name="segment_members")
    op.drop_index(op.f("ix_segment_members_contact_id"), table_name="segment_members")
    op.drop_table("segment_members")
    op.drop_index("ix_consents_wanted", table_name="consents")
    op.drop_index(op.f("ix_consents_import_id"), table_name="consents")
    op.drop_index("ix_consents_contact", table_name="consents")
    op.drop_table("consents")
    op.drop_index("ix_campaign_members_state", table_name="campaign_members")
    op.drop_index("ix_campaign_members_sent", table_name="campaign_members")
    op.drop_index(op.f("ix_campaign_members_import_id"), table_name="campaign_members")
    op.drop_table("campaign_members")
    op.drop_index(op.f("ix_campaign_arms_import_id"), table_name="campaign_arms")
    op.drop_table("campaign_arms")
    op.drop_index(op.f("ix_campaigns_team_id"), table_name="campaigns")
    op.drop_index(op.f("ix_campaigns_segment_id"), table_name="campaigns")
    op.drop_index("ix_campaigns_period", table_name="campaigns")
    op.drop_index(op.f("ix_campaigns_owner_id"), table_name="campaigns")
    op.drop_index(op.f("ix_campaigns_number"), table_name="campaigns")
    op.drop_index(op.f("ix_campaigns_name_key"), table_name="campaigns")
    op.drop_index("ix_campaigns_list", table_name="campaigns")
    op.drop_index(op.f("ix_campaigns_import_id"), table_name="campaigns")
    op.drop_table("campaigns")
    op.drop_index(op.f("ix_segments_team_id"), table_name="segments")
    op.drop_index(op.f("ix_segments_owner_id"), table_name="segments")
    op.drop_index(op.f("ix_segments_name_key"), table_name="segments")
    op.drop_index("ix_segments_list", table_name="segments")
    op.drop_index(op.f("ix_segments_import_id"), table_name="segments")
    op.drop_table("segments")
    op.drop_index(op.f("ix_message_templates_team_id"), table_name="message_templates")
    op.drop_index(op.f("ix_message_templates_owner_id"), table_name="message_templates")
    op.drop_index(op.f("ix_message_templates_name_key"), table_name="message_templates")
    op.drop_index("ix_message_templates_list", table_name="message_templates")
    op.drop_index(op.f("ix_message_templates_import_id"), table_name="message_templates")
    op.drop_table("message_templates")
