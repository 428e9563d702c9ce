"""Change log, outbox, forecasts, settings, jobs."""

import sqlalchemy as sa
from alembic import op

import db.types

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "leases",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("owner", sa.String(length=80), nullable=False),
        sa.Column("until", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("id", db.types.Id, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leases")),
        sa.UniqueConstraint("name", name=op.f("uq_leases_name")),
    )
    op.create_table(
        "outbox",
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("payload", db.types.Json, nullable=False),
        sa.Column("unique_key", sa.String(length=120), nullable=False),
        sa.Column("made_at", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("due_at", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("sent_at", db.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("problem", sa.String(length=1000), nullable=True),
        sa.Column("id", db.types.Id, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("unique_key", name=op.f("uq_outbox_unique_key")),
    )
    op.create_index(op.f("ix_outbox_due_at"), "outbox", ["due_at"], unique=False)
    op.create_table(
        "settings",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("value", db.types.Json, nullable=False),
        sa.Column("id", db.types.Id, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settings")),
        sa.UniqueConstraint("name", name=op.f("uq_settings_name")),
    )
    op.create_table(
        "change_batches",
        sa.Column("actor_id", db.types.Id, nullable=True),
        sa.Column("cause", sa.String(length=60), nullable=False),
        sa.Column("at", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("undoes", db.types.Id, nullable=True),
        sa.Column("import_id", db.types.Id, nullable=True),
        sa.Column("id", db.types.Id, nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name=op.f("fk_change_batches_actor_id")),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_change_batches_import_id")),
        sa.ForeignKeyConstraint(["undoes"], ["change_batches.id"], name=op.f("fk_change_batches_undoes")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change_batches")),
    )
    op.create_index(op.f("ix_change_batches_actor_id"), "change_batches", ["actor_id"], unique=False)
    op.create_index(op.f("ix_change_batches_at"), "change_batches", ["at"], unique=False)
    op.create_index(op.f("ix_change_batches_import_id"), "change_batches", ["import_id"], unique=False)
    op.create_table(
        "forecast_runs",
        sa.Column("series", sa.String(length=120), nullable=False),
        sa.Column("scope_key", sa.String(length=120), nullable=False),
        sa.Column("made_at", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("cutoff", sa.Date(), nullable=True),
        sa.Column("horizon", sa.Integer(), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("model", sa.String(length=40), nullable=False),
        sa.Column("parameters", db.types.Json, nullable=False),
        sa.Column("result", db.types.Json, nullable=False),
        sa.Column("actor_id", db.types.Id, nullable=True),
        sa.Column("id", db.types.Id, nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name=op.f("fk_forecast_runs_actor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forecast_runs")),
    )
    op.create_index("ix_forecast_runs_latest", "forecast_runs", ["series", "scope_key", "id"], unique=False)
    op.create_table(
        "jobs",
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("args", db.types.Json, nullable=False),
        sa.Column("actor_id", db.types.Id, nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("result", db.types.Json, nullable=False),
        sa.Column("stop", sa.Boolean(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(length=80), nullable=True),
        sa.Column("beat_at", db.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("made_at", db.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", db.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("unique_key", sa.String(length=120), nullable=True),
        sa.Column("id", db.types.Id, nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name=op.f("fk_jobs_actor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
        sa.UniqueConstraint("unique_key", name=op.f("uq_jobs_unique_key")),
    )
    op.create_index(op.f("ix_jobs_state"), "jobs", ["state"], unique=False)
    op.create_table(
        "changes",
        sa.Column("batch_id", db.types.Id, nullable=False),
        sa.Column("entity", sa.String(length=40), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("op", sa.String(length=1), nullable=False),
        sa.Column("old", db.types.Json, nullable=True),
        sa.Column("new", db.types.Json, nullable=True),
        sa.Column("id", db.types.Id, nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["change_batches.id"], name=op.f("fk_changes_batch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_changes")),
    )
    op.create_index(op.f("ix_changes_batch_id"), "changes", ["batch_id"], unique=False)
    op.create_index("ix_changes_record", "changes", ["entity", "record_id", "id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_changes_record", table_name="changes")
    op.drop_index(op.f("ix_changes_batch_id"), table_name="changes")
    op.drop_table("changes")
    op.drop_index(op.f("ix_jobs_state"), table_name="jobs")
    op.drop_table("jobs")
    op.drop_index("ix_forecast_runs_latest", table_name="forecast_runs")
    op.drop_table("forecast_runs")
    op.drop_index(op.f("ix_change_batches_import_id"), table_name="change_batches")
    op.drop_index(op.f("ix_change_batches_at"), table_name="change_batches")
    op.drop_index(op.f("ix_change_batches_actor_id"), table_name="change_batches")
    op.drop_table("change_batches")
    op.drop_table("settings")
    op.drop_index(op.f("ix_outbox_due_at"), table_name="outbox")
    op.drop_table("outbox")
    op.drop_table("leases")
