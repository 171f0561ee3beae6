"""The log of events: triggers that write it, and an index by time for clearing it.

Revision ID: 20261121_1251
Revises: 20261121_1231
"""

from alembic import op

revision = "20261121_1251"
down_revision: str | None = "20261121_1231"
branch_labels: str | None = None
depends_on: str | None = None

_WATCHED = {
    "task": (
        "task",
        "id, owner_id, version, list_id, parent_id, title, description, priority, label_names,"
        " position, completed_at, due_date, due_at, time_zone, start_date, rrule, repeat_anchor,"
        " repeat_start, occurrence, occurrence_number, reminders_count, subtasks_count,"
        " deleted_at, created_at, updated_at",
    ),
    "task_list": (
        "list",
        "id, owner_id, version, name, color, is_inbox, position, archived_at, deleted_at,"
        " created_at, updated_at",
    ),
    "label": (
        "label",
        "id, owner_id, version, name, color, created_at, updated_at",
    ),
    "saved_filter": (
        "filter",
        "id, owner_id, version, name, color, query, position, created_at, updated_at",
    ),
    "reminder": (
        "reminder",
        "id, owner_id, version, task_id, offset_minutes, at, channels, state, next_fire_at,"
        " last_fire_at, snoozed_until, created_at, updated_at",
    ),
    "notification": (
        "notification",
        "id, owner_id, kind, task_id, reminder_id, title, body, fire_at, late_seconds,"
        " created_at, read_at",
    ),
    "webhook": (
        "webhook",
        "id, owner_id, version, name, url, is_active, disabled_at, disabled_reason,"
        " failing_since, previous_secret_until, created_at, updated_at",
    ),
    "push_subscription": (
        "push_subscription",
        "id, owner_id, name, session_id, created_at",
    ),
    "calendar_feed": (
        "feed",
        "id, owner_id, name, list_id, filter_id, alarms, created_at",
    ),
    "task_import": (
        "import",
        "id, owner_id, source, filename, dry_run, list_id, state, total, done, created,"
        " duplicates, skipped, failed, error, created_at, finished_at",
    ),
}
"""Kind and visible columns of the tables that are like each other."""

_DELIVERY = (
    "id, reminder_id, attempt, channel, target, fire_at, state, planned_at, started_at,"
    " finished_at, late_seconds, response"
)
_PREFERENCES = (
    "user_id, version, default_channels, default_reminder_minutes, all_day_time, quiet_start,"
    " quiet_end, digest_enabled, digest_time"
)
_ACCOUNT = (
    "id, version, email, email_verified_at, pending_email, name, role, is_active, time_zone,"
    " locale, week_start, deletion_at, created_at, updated_at"
)
_MESSAGE = "webhook_id, owner_id, id, kind, state, attempts, response_status, response, finished_at"

_NEW, _OLD = "NEW TABLE AS new_rows", "OLD TABLE AS old_rows"
_ROWS = {"INSERT": _NEW, "UPDATE": f"{_OLD} {_NEW}", "DELETE": _OLD}


def upgrade() -> None:
    # times are not in the order of the blocks once rows are deleted: BRIN would find all of them
    op.drop_index("ix_event_at", table_name="event")
    op.create_index("ix_event_at", "event", ["at"])
    for table, (kind, columns) in _WATCHED.items():
        version = "one.version" if " version," in columns else "NULL"
        _watch(
            table,
            INSERT=_insert(
                "one.owner_id", kind, "one.id", "created", version, "SELECT * FROM new_rows"
            ),
            UPDATE=_insert("one.owner_id", kind, "one.id", "updated", version, _changed(columns)),
            DELETE=_insert(
                "one.owner_id", kind, "one.id", "deleted", version, "SELECT * FROM old_rows"
            ),
        )
    _watch_others()


def _watch_others() -> None:
    final = (
        "\n        CROSS JOIN LATERAL"
        " (SELECT owner_id FROM reminder WHERE reminder.id = one.reminder_id LIMIT 1) AS owner"
        "\n        WHERE one.state IN ('sent', 'failed', 'unknown', 'skipped')"
    )
    delivery = ("owner.owner_id", "delivery", "one.id")
    _watch(
        "delivery",
        INSERT=_insert(*delivery, "created", "NULL", "SELECT * FROM new_rows", final),
        UPDATE=_insert(*delivery, "updated", "NULL", _changed(_DELIVERY), final),
    )
    preferences = ("one.user_id", "preferences", "one.user_id", "updated", "one.version")
    _watch(
        "notification_preference",
        INSERT=_insert(*preferences, "SELECT * FROM new_rows"),
        UPDATE=_insert(*preferences, _changed(_PREFERENCES)),
    )
    account = ("one.id", "account", "one.id", "updated", "one.version")
    _watch("user_account", UPDATE=_insert(*account, _changed(_ACCOUNT)))
    message = ("one.owner_id", "webhook", "one.webhook_id", "updated", "NULL")
    over = "\n        WHERE one.state <> 'pending'"
    _watch(
        "webhook_message",
        INSERT=_insert(*message, "SELECT * FROM new_rows", over),
        UPDATE=_insert(*message, _changed(_MESSAGE), over),
    )


def _watch(table: str, **inserts: str) -> None:
    body = "".join(
        f"    IF TG_OP = '{operation}' THEN\n{insert}    END IF;\n"
        for operation, insert in inserts.items()
    )
    op.execute(
        f"CREATE FUNCTION event_of_{table}() RETURNS trigger LANGUAGE plpgsql AS $$\n"
        f"BEGIN\n{body}    RETURN NULL;\nEND;\n$$"
    )
    for operation in inserts:
        op.execute(
            f"CREATE TRIGGER event_on_{operation.lower()} AFTER {operation} ON {table}"
            f" REFERENCING {_ROWS[operation]}"
            f" FOR EACH STATEMENT EXECUTE FUNCTION event_of_{table}()"
        )


def _insert(
    owner: str, kind: str, object_id: str, action: str, version: str, rows: str, rest: str = ""
) -> str:
    return (
        "        INSERT INTO event (owner_id, kind, object_id, action, version)\n"  # noqa: S608
        f"        SELECT {owner}, '{kind}', {object_id}, '{action}', {version}\n"
        f"        FROM ({rows}) AS one{rest};\n"
    )


def _changed(columns: str) -> str:
    return f"SELECT {columns} FROM new_rows EXCEPT SELECT {columns} FROM old_rows"  # noqa: S608


def downgrade() -> None:
    others = ("delivery", "notification_preference", "user_account", "webhook_message")
    for table in (*others, *_WATCHED):
        op.execute(f"DROP FUNCTION event_of_{table}() CASCADE")
    op.drop_index("ix_event_at", table_name="event")
    op.create_index("ix_event_at", "event", ["at"], postgresql_using="brin")
