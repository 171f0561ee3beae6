"""First schema.

Revision ID: 20261120_0001
Revises:
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261120_0001"
down_revision: str | None = None
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Make every table."""
    _create_job()
    _create_user_account()
    _create_sessions()
    _create_task_list()
    _create_task()
    _create_reminder()
    _create_reminder_history()


def downgrade() -> None:
    """Drop every table, those that point at others first."""
    for table in (
        "delivery",
        "reminder_occurrence",
        "reminder",
        "task",
        "task_list",
        "refresh_token",
        "auth_session",
        "user_account",
        "job",
    ):
        op.drop_table(table)


def _create_job() -> None:
    op.create_table(
        "job",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("dedupe_key", sa.String(), nullable=True),
        sa.Column("group_key", sa.String(), nullable=True),
        sa.Column("payload", postgresql.JSONB(), nullable=False),
        sa.Column("payload_version", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("run_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ticket_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("max_attempts", sa.SmallInteger(), nullable=False),
        sa.Column("crashes", sa.SmallInteger(), nullable=False),
        sa.Column("ambiguous", sa.SmallInteger(), nullable=False),
        sa.Column("lease_token", sa.Uuid(), nullable=True),
        sa.Column("lease_owner", sa.String(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("effect_started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.String(), nullable=True),
        sa.Column("request_id", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_job"),
        sa.CheckConstraint(
            "state IN ('ready', 'running', 'done', 'dead', 'cancelled')", name=op.f("ck_job_state")
        ),
        sa.CheckConstraint(
            "(state = 'running') = (lease_token IS NOT NULL)"
            " AND (lease_token IS NULL) = (lease_until IS NULL)"
            " AND (lease_token IS NULL) = (lease_owner IS NULL)",
            name=op.f("ck_job_lease"),
        ),
        sa.CheckConstraint(
            "(state IN ('done', 'dead', 'cancelled')) = (finished_at IS NOT NULL)",
            name=op.f("ck_job_finish"),
        ),
        sa.CheckConstraint(
            "octet_length(payload::text) <= 16384", name=op.f("ck_job_payload_size")
        ),
        # rows change state in place: leave room for HOT updates, vacuum and analyse early
        postgresql_with={
            "fillfactor": 70,
            "autovacuum_vacuum_scale_factor": 0.02,
            "autovacuum_analyze_scale_factor": 0.05,
            "autovacuum_vacuum_cost_delay": 0,
        },
    )
    op.create_index("uq_job_dedupe", "job", ["kind", "dedupe_key"], unique=True)
    op.create_index(
        "ix_job_ready", "job", ["ticket_at"], postgresql_where=sa.text("state = 'ready'")
    )
    op.create_index(
        "ix_job_due",
        "job",
        [sa.text("priority DESC"), "run_at"],
        postgresql_where=sa.text("state = 'ready'"),
    )
    op.create_index(
        "ix_job_running", "job", ["lease_until"], postgresql_where=sa.text("state = 'running'")
    )
    op.create_index(
        "ix_job_finished",
        "job",
        ["finished_at"],
        postgresql_where=sa.text("state IN ('done', 'dead', 'cancelled')"),
    )
    op.create_index(
        "ix_job_group",
        "job",
        ["group_key"],
        postgresql_where=sa.text("state = 'ready' AND group_key IS NOT NULL"),
    )


def _create_user_account() -> None:
    op.create_table(
        "user_account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("email_key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("email_verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("time_zone", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_user_account"),
        sa.UniqueConstraint("email_key", name="uq_user_account_email_key"),
        sa.CheckConstraint("role IN ('user', 'admin')", name=op.f("ck_user_account_role")),
    )


def _create_sessions() -> None:
    op.create_table(
        "auth_session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("user_agent", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_reason", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_auth_session"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name="fk_auth_session_user_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_auth_session_user_id", "auth_session", ["user_id"])
    op.create_table(
        "refresh_token",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("spent_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("token_hash", name="pk_refresh_token"),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["auth_session.id"],
            name="fk_refresh_token_session_id",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_refresh_token_session_id", "refresh_token", ["session_id"])
    op.create_index(
        "ix_refresh_token_unspent",
        "refresh_token",
        ["session_id"],
        postgresql_where=sa.text("spent_at IS NULL"),
    )


def _create_task_list() -> None:
    op.create_table(
        "task_list",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("is_inbox", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_task_list"),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["user_account.id"], name="fk_task_list_owner_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_task_list_owner_id", "task_list", ["owner_id"])
    op.create_index(
        "uq_task_list_inbox",
        "task_list",
        ["owner_id"],
        unique=True,
        postgresql_where=sa.text("is_inbox"),
    )


def _create_task() -> None:
    op.create_table(
        "task",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_date", sa.Date(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("time_zone", sa.String(), nullable=False),
        sa.Column("start_date", sa.Date(), nullable=True),
        sa.Column("reminders_count", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "due_sort",
            sa.DateTime(timezone=True),
            sa.Computed(
                "coalesce(due_at, (due_date::timestamp) AT TIME ZONE 'UTC')", persisted=True
            ),
            nullable=True,
        ),
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed(
                "setweight(to_tsvector('simple', title), 'A')"
                " || setweight(to_tsvector('simple', description), 'B')",
                persisted=True,
            ),
            nullable=True,
        ),
        sa.PrimaryKeyConstraint("id", name="pk_task"),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["user_account.id"], name="fk_task_owner_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["list_id"], ["task_list.id"], name="fk_task_list_id", ondelete="CASCADE"
        ),
        sa.CheckConstraint("due_date IS NULL OR due_at IS NULL", name=op.f("ck_task_one_due")),
        sa.CheckConstraint("priority BETWEEN 1 AND 4", name=op.f("ck_task_priority")),
        sa.CheckConstraint("char_length(title) BETWEEN 1 AND 200", name=op.f("ck_task_title")),
        sa.CheckConstraint("char_length(description) <= 10000", name=op.f("ck_task_description")),
    )
    live = sa.text("deleted_at IS NULL")
    op.create_index("ix_task_list_id", "task", ["list_id"])
    op.create_index(
        "ix_task_owner_created", "task", ["owner_id", "created_at", "id"], postgresql_where=live
    )
    op.create_index(
        "ix_task_owner_due", "task", ["owner_id", "due_sort", "id"], postgresql_where=live
    )
    op.create_index(
        "ix_task_trash", "task", ["deleted_at"], postgresql_where=sa.text("deleted_at IS NOT NULL")
    )
    op.create_index("ix_task_search", "task", ["search"], postgresql_using="gin")


def _create_reminder() -> None:
    op.create_table(
        "reminder",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("offset_minutes", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("channels", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("next_fire_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_fire_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("owed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_reminder"),
        sa.ForeignKeyConstraint(
            ["task_id"], ["task.id"], name="fk_reminder_task_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["user_account.id"], name="fk_reminder_owner_id", ondelete="CASCADE"
        ),
        sa.CheckConstraint(
            "(offset_minutes IS NULL) <> (at IS NULL)", name=op.f("ck_reminder_one_time")
        ),
        sa.CheckConstraint(
            "state IN ('scheduled', 'fired', 'snoozed', 'cancelled')",
            name=op.f("ck_reminder_state"),
        ),
        sa.CheckConstraint(
            "(state IN ('scheduled', 'snoozed')) = (next_fire_at IS NOT NULL)",
            name=op.f("ck_reminder_next_fire"),
        ),
    )
    op.create_index("ix_reminder_task_id", "reminder", ["task_id"])
    op.create_index("ix_reminder_owner_id", "reminder", ["owner_id"])
    op.create_index(
        "ix_reminder_due",
        "reminder",
        ["next_fire_at"],
        postgresql_where=sa.text("next_fire_at IS NOT NULL"),
    )


def _create_reminder_history() -> None:
    op.create_table(
        "reminder_occurrence",
        sa.Column("reminder_id", sa.Uuid(), nullable=False),
        sa.Column("fire_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("reminder_id", "fire_at", "channel", name="pk_reminder_occurrence"),
        sa.ForeignKeyConstraint(
            ["reminder_id"],
            ["reminder.id"],
            name="fk_reminder_occurrence_reminder_id",
            ondelete="CASCADE",
        ),
    )
    op.create_table(
        "delivery",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reminder_id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("fire_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("late_seconds", sa.Integer(), nullable=True),
        sa.Column("response", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_delivery"),
        sa.ForeignKeyConstraint(
            ["reminder_id"], ["reminder.id"], name="fk_delivery_reminder_id", ondelete="CASCADE"
        ),
        sa.CheckConstraint(
            "state IN ('planned', 'sending', 'sent', 'failed', 'unknown', 'skipped')",
            name=op.f("ck_delivery_state"),
        ),
    )
    op.create_index("uq_delivery_attempt", "delivery", ["job_id", "attempt"], unique=True)
    op.create_index("ix_delivery_reminder", "delivery", ["reminder_id", "id"])
