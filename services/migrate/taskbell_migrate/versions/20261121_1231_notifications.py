"""Notifications: preferences, in-app list, push, webhooks, digest, snooze, the log of events.

Revision ID: 20261121_1231
Revises: 20261121_0927
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261121_1231"
down_revision: str | None = "20261121_0927"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    # first: it commits what came before it
    with op.get_context().autocommit_block():
        still = "state IN ('planned', 'sending')"
        for name, column, only in (
            ("ix_delivery_open", "planned_at", still),
            (
                "ix_delivery_retried",
                "fire_at",
                f"{still} AND attempt > 1 AND channel IN ('email', 'push')",
            ),
        ):
            if _is_broken(name):  # a time-out left it behind
                op.execute(f"DROP INDEX CONCURRENTLY {name}")
            op.create_index(
                name,
                "delivery",
                [column],
                unique=False,
                postgresql_where=sa.text(only),
                postgresql_concurrently=True,
                if_not_exists=True,
            )
    _lanes()
    op.create_table(
        "event",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column(
            "tx",
            sa.BigInteger(),
            server_default=sa.text("(pg_current_xact_id()::text)::bigint"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("object_id", sa.Uuid(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column(
            "at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("owner_id", "tx", "id", name=op.f("pk_event")),
    )
    op.create_index("ix_event_at", "event", ["at"], unique=False, postgresql_using="brin")
    op.create_table(
        "installation_secret",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_installation_secret")),
    )
    op.create_table(
        "digest",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'planned') = (finished_at IS NULL)", name=op.f("ck_digest_finish")
        ),
        sa.CheckConstraint(
            "state IN ('planned', 'sent', 'empty', 'failed', 'skipped')",
            name=op.f("ck_digest_state"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_digest_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "day", name=op.f("pk_digest")),
    )
    op.create_index(
        "ix_digest_planned",
        "digest",
        ["job_id"],
        unique=False,
        postgresql_where=sa.text("state = 'planned'"),
    )
    op.create_table(
        "notification_preference",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("default_channels", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("default_reminder_minutes", sa.Integer(), nullable=True),
        sa.Column("all_day_time", sa.Time(), nullable=False),
        sa.Column("quiet_start", sa.Time(), nullable=True),
        sa.Column("quiet_end", sa.Time(), nullable=True),
        sa.Column("digest_enabled", sa.Boolean(), nullable=False),
        sa.Column("digest_time", sa.Time(), nullable=False),
        sa.Column("digest_next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("digest_last_day", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(quiet_start IS NULL) = (quiet_end IS NULL) AND quiet_start <> quiet_end",
            name=op.f("ck_notification_preference_quiet"),
        ),
        sa.CheckConstraint(
            "default_reminder_minutes BETWEEN 0 AND 527040",
            name=op.f("ck_notification_preference_default_reminder"),
        ),
        sa.CheckConstraint(
            "digest_enabled = (digest_next_at IS NOT NULL)",
            name=op.f("ck_notification_preference_digest"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user_account.id"],
            name=op.f("fk_notification_preference_user_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_notification_preference")),
    )
    op.create_index(
        "ix_notification_preference_digest",
        "notification_preference",
        ["digest_next_at"],
        unique=False,
        postgresql_where=sa.text("digest_next_at IS NOT NULL"),
    )
    op.create_table(
        "notification_test",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("target_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("summary", sa.String(), nullable=True),
        sa.Column("transcript", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'pending') = (finished_at IS NULL)", name=op.f("ck_notification_test_finish")
        ),
        sa.CheckConstraint(
            "state IN ('pending', 'accepted', 'failed')", name=op.f("ck_notification_test_state")
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"],
            ["user_account.id"],
            name=op.f("fk_notification_test_owner_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification_test")),
    )
    op.create_index(
        "ix_notification_test_owner", "notification_test", ["owner_id", "created_at"], unique=False
    )
    op.create_table(
        "webhook",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("secret", sa.String(), nullable=False),
        sa.Column("previous_secret", sa.String(), nullable=True),
        sa.Column("previous_secret_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_reason", sa.String(), nullable=True),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(previous_secret IS NULL) = (previous_secret_until IS NULL)",
            name=op.f("ck_webhook_previous_secret"),
        ),
        sa.CheckConstraint("char_length(name) BETWEEN 1 AND 100", name=op.f("ck_webhook_name")),
        sa.CheckConstraint("is_active = (disabled_at IS NULL)", name=op.f("ck_webhook_active")),
        sa.CheckConstraint("octet_length(url) <= 2000", name=op.f("ck_webhook_url")),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["user_account.id"], name=op.f("fk_webhook_owner_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
    )
    op.create_index(op.f("ix_webhook_owner_id"), "webhook", ["owner_id"], unique=False)
    op.create_table(
        "push_subscription",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("endpoint", sa.String(), nullable=False),
        sa.Column("p256dh", sa.String(), nullable=False),
        sa.Column("auth", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("char_length(name) <= 100", name=op.f("ck_push_subscription_name")),
        sa.CheckConstraint(
            "octet_length(endpoint) <= 2000", name=op.f("ck_push_subscription_endpoint")
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"],
            ["user_account.id"],
            name=op.f("fk_push_subscription_owner_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["auth_session.id"],
            name=op.f("fk_push_subscription_session_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_subscription")),
        sa.UniqueConstraint("endpoint", name=op.f("uq_push_subscription_endpoint")),
    )
    op.create_index(
        op.f("ix_push_subscription_owner_id"), "push_subscription", ["owner_id"], unique=False
    )
    op.create_index(
        op.f("ix_push_subscription_session_id"), "push_subscription", ["session_id"], unique=False
    )
    op.create_table(
        "webhook_message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=True),
        sa.Column("reminder_id", sa.Uuid(), nullable=True),
        sa.Column("fire_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("response_status", sa.Integer(), nullable=True),
        sa.Column("response", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'pending') = (finished_at IS NULL)", name=op.f("ck_webhook_message_finish")
        ),
        sa.CheckConstraint(
            "kind IN ('reminder.due', 'test')", name=op.f("ck_webhook_message_kind")
        ),
        sa.CheckConstraint(
            "state IN ('pending', 'delivered', 'failed', 'suppressed')",
            name=op.f("ck_webhook_message_state"),
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"],
            ["user_account.id"],
            name=op.f("fk_webhook_message_owner_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["webhook_id"],
            ["webhook.id"],
            name=op.f("fk_webhook_message_webhook_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_message")),
    )
    op.create_index(
        "ix_webhook_message_finished",
        "webhook_message",
        ["finished_at"],
        unique=False,
        postgresql_where=sa.text("finished_at IS NOT NULL"),
    )
    op.create_index("ix_webhook_message_job", "webhook_message", ["job_id"], unique=True)
    op.create_index(
        op.f("ix_webhook_message_owner_id"), "webhook_message", ["owner_id"], unique=False
    )
    op.create_index(
        "ix_webhook_message_webhook", "webhook_message", ["webhook_id", "id"], unique=False
    )
    op.create_table(
        "notification",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=True),
        sa.Column("reminder_id", sa.Uuid(), nullable=True),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("fire_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("late_seconds", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('reminder', 'test', 'push_gone', 'webhook_disabled')",
            name=op.f("ck_notification_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"],
            ["user_account.id"],
            name=op.f("fk_notification_owner_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["reminder_id"],
            ["reminder.id"],
            name=op.f("fk_notification_reminder_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["task_id"], ["task.id"], name=op.f("fk_notification_task_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification")),
    )
    op.create_index("ix_notification_created_at", "notification", ["created_at"], unique=False)
    op.create_index("ix_notification_owner", "notification", ["owner_id", "id"], unique=False)
    op.create_index(
        "ix_notification_reminder",
        "notification",
        ["reminder_id"],
        unique=False,
        postgresql_where=sa.text("reminder_id IS NOT NULL"),
    )
    op.create_index(
        "ix_notification_task",
        "notification",
        ["task_id"],
        unique=False,
        postgresql_where=sa.text("task_id IS NOT NULL"),
    )
    op.create_index(
        "ix_notification_unread",
        "notification",
        ["owner_id"],
        unique=False,
        postgresql_where=sa.text("read_at IS NULL"),
    )
    op.add_column("delivery", sa.Column("target", sa.String(), nullable=True))
    op.add_column("mailed_link", sa.Column("reminder_id", sa.Uuid(), nullable=True))
    op.add_column("mailed_link", sa.Column("fire_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("mailed_link", sa.Column("occurrence", sa.String(), nullable=True))
    op.create_index(
        op.f("ix_mailed_link_reminder_id"), "mailed_link", ["reminder_id"], unique=False
    )
    op.create_index(op.f("ix_mailed_link_expires_at"), "mailed_link", ["expires_at"], unique=False)
    op.create_foreign_key(
        op.f("fk_mailed_link_reminder_id"),
        "mailed_link",
        "reminder",
        ["reminder_id"],
        ["id"],
        ondelete="CASCADE",
    )
    op.add_column("reminder", sa.Column("served_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("reminder", sa.Column("snoozed_until", sa.DateTime(timezone=True), nullable=True))
    check = "state <> 'snoozed' OR snoozed_until IS NOT NULL"
    op.execute(f"ALTER TABLE reminder ADD CONSTRAINT ck_reminder_snoozed CHECK ({check}) NOT VALID")
    op.execute("ALTER TABLE reminder VALIDATE CONSTRAINT ck_reminder_snoozed")


def _is_broken(index: str) -> bool:
    if op.get_context().as_sql:  # written down, not run
        return False
    query = sa.text("SELECT NOT indisvalid FROM pg_index WHERE indexrelid = to_regclass(:name)")
    return bool(op.get_bind().execute(query, {"name": index}).scalar())


def _lanes() -> None:
    # the table holds a week of jobs at most: indexes are made anew within a second
    op.add_column("job", sa.Column("lane", sa.String(), server_default="main", nullable=False))
    ready = "state = 'ready'"
    op.drop_index("ix_job_ready", table_name="job")
    op.drop_index("ix_job_due", table_name="job")
    indexes: tuple[tuple[str, list[str | sa.TextClause], str], ...] = (
        ("ix_job_ready", ["lane", "ticket_at"], ready),
        ("ix_job_due", ["lane", sa.text("priority DESC"), "run_at"], ready),
        ("ix_job_last_chance", ["run_at"], f"{ready} AND crashes >= 2"),
        ("ix_job_dead", ["kind", "finished_at"], "state = 'dead'"),
        ("ix_job_expires", ["expires_at"], f"{ready} AND expires_at IS NOT NULL"),
    )
    for name, columns, only in indexes:
        op.create_index(name, "job", columns, unique=False, postgresql_where=sa.text(only))


def downgrade() -> None:
    op.drop_constraint(op.f("ck_reminder_snoozed"), "reminder", type_="check")
    op.drop_column("reminder", "snoozed_until")
    op.drop_column("reminder", "served_at")
    op.drop_constraint(op.f("fk_mailed_link_reminder_id"), "mailed_link", type_="foreignkey")
    op.drop_index(op.f("ix_mailed_link_expires_at"), table_name="mailed_link")
    op.drop_index(op.f("ix_mailed_link_reminder_id"), table_name="mailed_link")
    op.drop_column("mailed_link", "occurrence")
    op.drop_column("mailed_link", "fire_at")
    op.drop_column("mailed_link", "reminder_id")
    op.drop_index(
        "ix_delivery_retried",
        table_name="delivery",
        postgresql_where=sa.text(
            "state IN ('planned', 'sending') AND attempt > 1 AND channel IN ('email', 'push')"
        ),
    )
    op.drop_index(
        "ix_delivery_open",
        table_name="delivery",
        postgresql_where=sa.text("state IN ('planned', 'sending')"),
    )
    op.drop_column("delivery", "target")
    for name in ("expires", "dead", "last_chance", "due", "ready"):
        op.drop_index(f"ix_job_{name}", table_name="job")
    op.drop_column("job", "lane")
    ready = sa.text("state = 'ready'")
    op.create_index("ix_job_ready", "job", ["ticket_at"], unique=False, postgresql_where=ready)
    op.create_index(
        "ix_job_due",
        "job",
        [sa.text("priority DESC"), "run_at"],
        unique=False,
        postgresql_where=ready,
    )
    op.drop_index(
        "ix_notification_unread",
        table_name="notification",
        postgresql_where=sa.text("read_at IS NULL"),
    )
    op.drop_index(
        "ix_notification_task",
        table_name="notification",
        postgresql_where=sa.text("task_id IS NOT NULL"),
    )
    op.drop_index(
        "ix_notification_reminder",
        table_name="notification",
        postgresql_where=sa.text("reminder_id IS NOT NULL"),
    )
    op.drop_index("ix_notification_owner", table_name="notification")
    op.drop_index("ix_notification_created_at", table_name="notification")
    op.drop_table("notification")
    op.drop_index("ix_webhook_message_webhook", table_name="webhook_message")
    op.drop_index(op.f("ix_webhook_message_owner_id"), table_name="webhook_message")
    op.drop_index("ix_webhook_message_job", table_name="webhook_message")
    op.drop_index(
        "ix_webhook_message_finished",
        table_name="webhook_message",
        postgresql_where=sa.text("finished_at IS NOT NULL"),
    )
    op.drop_table("webhook_message")
    op.drop_index(op.f("ix_push_subscription_session_id"), table_name="push_subscription")
    op.drop_index(op.f("ix_push_subscription_owner_id"), table_name="push_subscription")
    op.drop_table("push_subscription")
    op.drop_index(op.f("ix_webhook_owner_id"), table_name="webhook")
    op.drop_table("webhook")
    op.drop_index("ix_notification_test_owner", table_name="notification_test")
    op.drop_table("notification_test")
    op.drop_index(
        "ix_notification_preference_digest",
        table_name="notification_preference",
        postgresql_where=sa.text("digest_next_at IS NOT NULL"),
    )
    op.drop_table("notification_preference")
    op.drop_table("digest")
    op.drop_table("installation_secret")
    op.drop_index("ix_event_at", table_name="event", postgresql_using="brin")
    op.drop_table("event")
