"""Received messages as they came in, the files of records, and how far each mailbox was read."""

import sqlalchemy as sa
from alembic import op

import db.types

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "file_contents",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("id", db.types.Id, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file_contents")),
        sa.UniqueConstraint("hash", name=op.f("uq_file_contents_hash")),
    )
    op.create_table(
        "mailbox_places",
        sa.Column("name", sa.String(length=500), nullable=False),
        sa.Column("validity", sa.String(length=20), nullable=False),
        sa.Column("last_uid", sa.Integer(), nullable=False),
        sa.Column("read_at", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("problem", sa.String(length=500), nullable=False),
        sa.Column("id", db.types.Id, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailbox_places")),
        sa.UniqueConstraint("name", name=op.f("uq_mailbox_places_name")),
    )
    op.create_table(
        "incoming_messages",
        sa.Column("unique_key", sa.String(length=64), nullable=False),
        sa.Column("message_id", sa.String(length=1000), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("taken_at", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("written_at", db.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("sender", sa.String(length=254), nullable=False),
        sa.Column("sender_name", sa.String(length=200), nullable=False),
        sa.Column("recipients", sa.Text(), nullable=False),
        sa.Column("subject", sa.String(length=1000), nullable=False),
        sa.Column("thread", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=True),
        sa.Column("charset", sa.String(length=60), nullable=False),
        sa.Column("original_hash", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("is_whole", sa.Boolean(), nullable=False),
        sa.Column("left_out", db.types.Json, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("contact_id", db.types.Id, nullable=True),
        sa.Column("organisation_id", db.types.Id, nullable=True),
        sa.Column("case_id", db.types.Id, nullable=True),
        sa.Column("deal_id", db.types.Id, nullable=True),
        sa.Column("lead_id", db.types.Id, nullable=True),
        sa.Column("campaign_id", db.types.Id, nullable=True),
        sa.Column("interaction_id", db.types.Id, nullable=True),
        sa.Column("outbox_id", db.types.Id, nullable=True),
        sa.Column("owner_id", db.types.Id, nullable=True),
        sa.Column("team_id", db.types.Id, nullable=True),
        sa.Column("filing", db.types.Json, nullable=False),
        sa.Column("filed_by_id", db.types.Id, nullable=True),
        sa.Column("filed_at", db.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("id", db.types.Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_incoming_messages_campaign_id")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_incoming_messages_case_id")),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_incoming_messages_contact_id")
        ),
        sa.ForeignKeyConstraint(["deal_id"], ["deals.id"], name=op.f("fk_incoming_messages_deal_id")),
        sa.ForeignKeyConstraint(["filed_by_id"], ["users.id"], name=op.f("fk_incoming_messages_filed_by_id")),
        sa.ForeignKeyConstraint(
            ["interaction_id"], ["interactions.id"], name=op.f("fk_incoming_messages_interaction_id")
        ),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_incoming_messages_lead_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_incoming_messages_organisation_id")
        ),
        sa.ForeignKeyConstraint(["outbox_id"], ["outbox.id"], name=op.f("fk_incoming_messages_outbox_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_incoming_messages_owner_id")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_incoming_messages_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incoming_messages")),
        sa.UniqueConstraint("unique_key", name=op.f("uq_incoming_messages_unique_key")),
    )
    with op.batch_alter_table("incoming_messages") as batch_op:
        batch_op.create_index(batch_op.f("ix_incoming_messages_campaign_id"), ["campaign_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_incoming_messages_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_incoming_messages_contact_id"), ["contact_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_incoming_messages_deal_id"), ["deal_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_incoming_messages_interaction_id"), ["interaction_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_incoming_messages_lead_id"), ["lead_id"], unique=False)
        batch_op.create_index("ix_incoming_messages_message_id", ["message_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_incoming_messages_organisation_id"), ["organisation_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_incoming_messages_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_incoming_messages_sender"), ["sender"], unique=False)
        batch_op.create_index("ix_incoming_messages_state", ["state", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_incoming_messages_team_id"), ["team_id"], unique=False)

    op.create_table(
        "files",
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("declared_kind", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=120), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("added_at", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("user_id", db.types.Id, nullable=True),
        sa.Column("is_inline", sa.Boolean(), nullable=False),
        sa.Column("incoming_id", db.types.Id, nullable=True),
        sa.Column("case_id", db.types.Id, nullable=True),
        sa.Column("case_message_id", db.types.Id, nullable=True),
        sa.Column("contact_id", db.types.Id, nullable=True),
        sa.Column("organisation_id", db.types.Id, nullable=True),
        sa.Column("deal_id", db.types.Id, nullable=True),
        sa.Column("lead_id", db.types.Id, nullable=True),
        sa.Column("interaction_id", db.types.Id, nullable=True),
        sa.Column("id", db.types.Id, nullable=False),
        sa.CheckConstraint(
            "coalesce(incoming_id, case_id, contact_id, organisation_id, deal_id, lead_id, interaction_id) IS NOT NULL",
            name=op.f("ck_files_has_record"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_files_case_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["case_message_id"], ["case_messages.id"], name=op.f("fk_files_case_message_id")
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_files_contact_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["deal_id"], ["deals.id"], name=op.f("fk_files_deal_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["incoming_id"], ["incoming_messages.id"], name=op.f("fk_files_incoming_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["interaction_id"], ["interactions.id"], name=op.f("fk_files_interaction_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_files_lead_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_files_organisation_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_files_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_files")),
    )
    with op.batch_alter_table("files") as batch_op:
        batch_op.create_index(batch_op.f("ix_files_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_files_case_message_id"), ["case_message_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_files_contact_id"), ["contact_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_files_deal_id"), ["deal_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_files_hash"), ["hash"], unique=False)
        batch_op.create_index(batch_op.f("ix_files_incoming_id"), ["incoming_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_files_interaction_id"), ["interaction_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_files_lead_id"), ["lead_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_files_organisation_id"), ["organisation_id"], unique=False)

    with op.batch_alter_table("case_messages") as batch_op:
        batch_op.add_column(sa.Column("incoming_id", db.types.Id, nullable=True))
        batch_op.alter_column(
            "body", existing_type=sa.VARCHAR(length=20000), type_=sa.Text(), existing_nullable=False
        )
        batch_op.create_index(batch_op.f("ix_case_messages_incoming_id"), ["incoming_id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_case_messages_incoming_id"), "incoming_messages", ["incoming_id"], ["id"]
        )


def downgrade() -> None:
    with op.batch_alter_table("case_messages") as steps:
        steps.drop_constraint("fk_case_messages_incoming_id", type_="foreignkey")
        steps.drop_index("ix_case_messages_incoming_id")
        steps.alter_column(
            "body", existing_type=sa.Text(), type_=sa.String(20000), postgresql_using="left(body, 20000)"
        )
        steps.drop_column("incoming_id")
    for name in ("files", "incoming_messages", "mailbox_places", "file_contents"):
        op.drop_table(name)
