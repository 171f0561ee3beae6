"""Tasks complete: lists, labels, subtasks, order, repeats, filters, feeds, imports, activity.

Revision ID: 20261121_0927
Revises: 20261121_0611
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261121_0927"
down_revision: str | None = "20261121_0611"
branch_labels: str | None = None
depends_on: str | None = None

_MARKS = r"[\u0300-\u036f]+"
_UNSPACED = r"([\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uac00-\ud7a3])"


_SIGNS = "!\"#$%&'()*+,-./:;<=>?@[\\]^`{|}~"


def _searchable(text: str) -> str:
    signs = _SIGNS.replace("'", "''")
    text = f"translate({text}, '{signs}', '{' ' * len(_SIGNS)}')"
    plain = f"regexp_replace(normalize({text}, NFKD), '{_MARKS}', '', 'g')"
    cut = f"regexp_replace(normalize({plain}, NFKC), '{_UNSPACED}', ' \\1 ', 'g')"
    return f"CASE WHEN octet_length({text}) = char_length({text}) THEN {text} ELSE {cut} END"


def _words(*columns: str) -> str:
    return " || ".join(
        f"setweight(to_tsvector('simple', {_searchable(column)}), '{weight}')"
        for column, weight in zip(columns, "ABC", strict=False)
    )


# those that were there keep the order in which they were made, before all that come
_POSITIONS = (
    "UPDATE {} SET position ="
    " '0' || lpad(greatest(0, extract(epoch FROM created_at)::bigint - 1600000000)::text, 9, '0')"
    " || to_char(created_at, 'US') || '1'"
)


_TASK_CHECKS = {
    "parent": "parent_id <> id",
    "trash": "trash_id IS NULL OR deleted_at IS NOT NULL",
    "repeat": "num_nonnulls(rrule, repeat_anchor, repeat_start, occurrence, occurrence_number)"
    " IN (0, 5)",
    "repeat_due": "rrule IS NULL OR num_nonnulls(due_date, due_at) = 1",
    "repeat_anchor": "repeat_anchor IN ('schedule', 'completion')",
}
_LIST_CHECKS = {
    "name": "char_length(name) BETWEEN 1 AND 100",
    "color": "color ~ '^#[0-9a-f]{6}$'",
    "inbox": "NOT is_inbox OR (archived_at IS NULL AND deleted_at IS NULL)",
}


def upgrade() -> None:
    op.create_table(
        "idempotency_key",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("location", sa.String(), nullable=True),
        sa.Column("etag", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"],
            ["user_account.id"],
            name=op.f("fk_idempotency_key_owner_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("owner_id", "key", name=op.f("pk_idempotency_key")),
    )
    op.create_index(
        op.f("ix_idempotency_key_created_at"), "idempotency_key", ["created_at"], unique=False
    )
    op.create_table(
        "label",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_key", sa.String(), nullable=False),
        sa.Column("color", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("color ~ '^#[0-9a-f]{6}$'", name=op.f("ck_label_color")),
        sa.CheckConstraint("char_length(name) BETWEEN 1 AND 60", name=op.f("ck_label_name")),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["user_account.id"], name=op.f("fk_label_owner_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_label")),
        sa.UniqueConstraint("owner_id", "name_key", name=op.f("uq_label_owner_id_name_key")),
    )
    op.create_table(
        "saved_filter",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_key", sa.String(), nullable=False),
        sa.Column("color", sa.String(), nullable=True),
        sa.Column("query", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("position", sa.String(collation="C"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("color ~ '^#[0-9a-f]{6}$'", name=op.f("ck_saved_filter_color")),
        sa.CheckConstraint(
            "char_length(name) BETWEEN 1 AND 100", name=op.f("ck_saved_filter_name")
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"],
            ["user_account.id"],
            name=op.f("fk_saved_filter_owner_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_filter")),
        sa.UniqueConstraint("owner_id", "name_key", name=op.f("uq_saved_filter_owner_id_name_key")),
    )
    op.create_table(
        "task_import",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("filename", sa.String(), nullable=False),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("list_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("created", sa.Integer(), nullable=False),
        sa.Column("duplicates", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("file", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state IN ('done', 'failed')) = (finished_at IS NOT NULL)",
            name=op.f("ck_task_import_finish"),
        ),
        sa.CheckConstraint(
            "source IN ('todoist', 'trello', 'vikunja', 'google_tasks', 'taskbell')",
            name=op.f("ck_task_import_source"),
        ),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'done', 'failed')", name=op.f("ck_task_import_state")
        ),
        sa.CheckConstraint(
            "(file IS NULL) = (finished_at IS NOT NULL)", name=op.f("ck_task_import_file")
        ),
        sa.CheckConstraint(
            "done = created + duplicates + skipped + failed", name=op.f("ck_task_import_counts")
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"],
            ["user_account.id"],
            name=op.f("fk_task_import_owner_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_import")),
    )
    op.create_index("ix_task_import_finished", "task_import", ["finished_at"], unique=False)
    op.create_index("ix_task_import_owner", "task_import", ["owner_id", "id"], unique=False)
    op.create_index(
        "ix_task_import_unfinished",
        "task_import",
        ["owner_id"],
        unique=False,
        postgresql_where=sa.text("state IN ('queued', 'running')"),
    )
    op.create_table(
        "calendar_feed",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("list_id", sa.Uuid(), nullable=True),
        sa.Column("filter_id", sa.Uuid(), nullable=True),
        sa.Column("alarms", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "char_length(name) BETWEEN 1 AND 100", name=op.f("ck_calendar_feed_name")
        ),
        sa.CheckConstraint(
            "list_id IS NULL OR filter_id IS NULL", name=op.f("ck_calendar_feed_one_source")
        ),
        sa.ForeignKeyConstraint(
            ["filter_id"],
            ["saved_filter.id"],
            name=op.f("fk_calendar_feed_filter_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["list_id"], ["task_list.id"], name=op.f("fk_calendar_feed_list_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"],
            ["user_account.id"],
            name=op.f("fk_calendar_feed_owner_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_feed")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_calendar_feed_secret_hash")),
    )
    op.create_index(
        op.f("ix_calendar_feed_filter_id"), "calendar_feed", ["filter_id"], unique=False
    )
    op.create_index(op.f("ix_calendar_feed_list_id"), "calendar_feed", ["list_id"], unique=False)
    op.create_index(op.f("ix_calendar_feed_owner_id"), "calendar_feed", ["owner_id"], unique=False)
    op.create_table(
        "task_import_row",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=True),
        sa.Column("messages", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('created', 'duplicate', 'skipped', 'failed')",
            name=op.f("ck_task_import_row_outcome"),
        ),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["task_import.id"],
            name=op.f("fk_task_import_row_import_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("import_id", "number", name=op.f("pk_task_import_row")),
    )
    op.create_table(
        "task_activity",
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("operation_id", sa.Uuid(), nullable=True),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("via", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["task_id"], ["task.id"], name=op.f("fk_task_activity_task_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("task_id", "version", name=op.f("pk_task_activity")),
    )
    op.create_index("ix_task_activity_at", "task_activity", ["at"], unique=False)
    op.create_index(
        "ix_task_activity_operation",
        "task_activity",
        ["operation_id"],
        unique=False,
        postgresql_where=sa.text("operation_id IS NOT NULL"),
    )
    op.create_table(
        "task_completion",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("occurrence", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("due_date", sa.Date(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('completed', 'skipped')", name=op.f("ck_task_completion_outcome")
        ),
        sa.ForeignKeyConstraint(
            ["task_id"], ["task.id"], name=op.f("fk_task_completion_task_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_completion")),
        sa.UniqueConstraint(
            "task_id", "occurrence", name=op.f("uq_task_completion_task_id_occurrence")
        ),
    )
    op.add_column("task", sa.Column("parent_id", sa.Uuid(), nullable=True))
    op.add_column("task", sa.Column("label_names", sa.String(), server_default="", nullable=False))
    op.add_column(
        "task",
        sa.Column("position", sa.String(collation="C"), server_default="", nullable=False),
    )
    op.add_column("task", sa.Column("rrule", sa.String(), nullable=True))
    op.add_column("task", sa.Column("repeat_anchor", sa.String(), nullable=True))
    op.add_column("task", sa.Column("repeat_start", sa.String(), nullable=True))
    op.add_column("task", sa.Column("occurrence", sa.String(), nullable=True))
    op.add_column("task", sa.Column("occurrence_number", sa.Integer(), nullable=True))
    op.add_column(
        "task", sa.Column("subtasks_count", sa.Integer(), server_default="0", nullable=False)
    )
    op.add_column("task", sa.Column("trash_id", sa.Uuid(), nullable=True))
    op.execute(_POSITIONS.format("task"))
    op.execute("UPDATE task SET trash_id = id WHERE deleted_at IS NOT NULL")
    op.drop_index("ix_task_search", table_name="task")
    op.drop_column("task", "search")
    op.add_column(
        "task",
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed(_words("title", "label_names", "description"), persisted=True),
            nullable=True,
        ),
    )
    op.create_index("ix_task_search", "task", ["search"], postgresql_using="gin")
    for name, condition in _TASK_CHECKS.items():
        op.create_check_constraint(op.f(f"ck_task_{name}"), "task", condition)
    op.drop_index("ix_task_owner_created", table_name="task")
    op.create_index(
        "ix_task_owner_created",
        "task",
        ["owner_id", "created_at", "id"],
        postgresql_include=["list_id"],
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(op.f("ix_task_list_id"), table_name="task")
    op.create_index(
        "ix_task_labels",
        "task",
        [sa.literal_column("string_to_array(label_names, chr(10))")],
        unique=False,
        postgresql_using="gin",
        postgresql_where=sa.text("label_names <> ''"),
    )
    op.create_index("ix_task_list_position", "task", ["list_id", "position", "id"], unique=False)
    op.create_index(
        "ix_task_owner_priority",
        "task",
        ["owner_id", "priority", "id"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_task_owner_title",
        "task",
        ["owner_id", sa.literal_column("lower(title)"), "id"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_task_parent",
        "task",
        ["parent_id"],
        unique=False,
        postgresql_where=sa.text("parent_id IS NOT NULL"),
    )
    op.create_index(
        "ix_task_trashed",
        "task",
        ["owner_id", "trash_id"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.create_foreign_key(
        op.f("fk_task_parent_id"), "task", "task", ["parent_id"], ["id"], ondelete="CASCADE"
    )
    op.add_column("task_list", sa.Column("color", sa.String(), nullable=True))
    op.add_column(
        "task_list",
        sa.Column("position", sa.String(collation="C"), server_default="", nullable=False),
    )
    op.add_column("task_list", sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("task_list", sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(_POSITIONS.format("task_list"))
    for name, condition in _LIST_CHECKS.items():
        op.create_check_constraint(op.f(f"ck_task_list_{name}"), "task_list", condition)
    op.drop_index(op.f("ix_task_list_owner_id"), table_name="task_list")
    op.create_index(
        "ix_task_list_owner_position", "task_list", ["owner_id", "position", "id"], unique=False
    )
    op.create_index(
        "ix_task_list_trash",
        "task_list",
        ["deleted_at"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index(
        "ix_task_list_trash",
        table_name="task_list",
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.drop_index("ix_task_list_owner_position", table_name="task_list")
    op.create_index(op.f("ix_task_list_owner_id"), "task_list", ["owner_id"], unique=False)
    for name in _LIST_CHECKS:
        op.drop_constraint(op.f(f"ck_task_list_{name}"), "task_list")
    op.drop_column("task_list", "deleted_at")
    op.drop_column("task_list", "archived_at")
    op.drop_column("task_list", "position")
    op.drop_column("task_list", "color")
    op.drop_constraint(op.f("fk_task_parent_id"), "task", type_="foreignkey")
    op.drop_index(
        "ix_task_trashed", table_name="task", postgresql_where=sa.text("deleted_at IS NOT NULL")
    )
    op.drop_index(
        "ix_task_parent", table_name="task", postgresql_where=sa.text("parent_id IS NOT NULL")
    )
    op.drop_index(
        "ix_task_owner_title", table_name="task", postgresql_where=sa.text("deleted_at IS NULL")
    )
    op.drop_index(
        "ix_task_owner_priority", table_name="task", postgresql_where=sa.text("deleted_at IS NULL")
    )
    op.drop_index("ix_task_list_position", table_name="task")
    op.drop_index(
        "ix_task_labels",
        table_name="task",
        postgresql_using="gin",
        postgresql_where=sa.text("label_names <> ''"),
    )
    op.create_index(op.f("ix_task_list_id"), "task", ["list_id"], unique=False)
    op.drop_index("ix_task_owner_created", table_name="task")
    op.create_index(
        "ix_task_owner_created",
        "task",
        ["owner_id", "created_at", "id"],
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    for name in _TASK_CHECKS:
        op.drop_constraint(op.f(f"ck_task_{name}"), "task")
    op.drop_index("ix_task_search", table_name="task")
    op.drop_column("task", "search")
    op.drop_column("task", "trash_id")
    op.drop_column("task", "subtasks_count")
    op.drop_column("task", "occurrence_number")
    op.drop_column("task", "occurrence")
    op.drop_column("task", "repeat_start")
    op.drop_column("task", "repeat_anchor")
    op.drop_column("task", "rrule")
    op.drop_column("task", "position")
    op.drop_column("task", "label_names")
    op.add_column(
        "task",
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
    )
    op.create_index("ix_task_search", "task", ["search"], postgresql_using="gin")
    op.drop_column("task", "parent_id")
    op.drop_table("task_completion")
    op.drop_index(
        "ix_task_activity_operation",
        table_name="task_activity",
        postgresql_where=sa.text("operation_id IS NOT NULL"),
    )
    op.drop_index("ix_task_activity_at", table_name="task_activity")
    op.drop_table("task_activity")
    op.drop_table("task_import_row")
    op.drop_index(op.f("ix_calendar_feed_owner_id"), table_name="calendar_feed")
    op.drop_index(op.f("ix_calendar_feed_list_id"), table_name="calendar_feed")
    op.drop_index(op.f("ix_calendar_feed_filter_id"), table_name="calendar_feed")
    op.drop_table("calendar_feed")
    op.drop_index(
        "ix_task_import_unfinished",
        table_name="task_import",
        postgresql_where=sa.text("state IN ('queued', 'running')"),
    )
    op.drop_index("ix_task_import_owner", table_name="task_import")
    op.drop_index("ix_task_import_finished", table_name="task_import")
    op.drop_table("task_import")
    op.drop_table("saved_filter")
    op.drop_table("label")
    op.drop_index(op.f("ix_idempotency_key_created_at"), table_name="idempotency_key")
    op.drop_table("idempotency_key")
