"""The statements of the limit: one a request, written by hand, each its own transaction.

`pgbench` runs the same ones, to show what the database alone can do.
"""

from functools import cache

_LATE = (
    "completed_at IS NULL AND deleted_at IS NULL AND coalesce("
    "due_at < now(), due_date < (now() AT TIME ZONE"
    " (SELECT viewer.time_zone FROM user_account viewer WHERE viewer.id = owner_id))::date, false)"
)
TASK = (
    "id, list_id, parent_id, title, description,"
    " (ARRAY['low','medium','high','urgent'])[priority] AS priority,"
    " string_to_array(label_names, chr(10)) AS labels, position,"
    " completed_at IS NOT NULL AS completed, completed_at, due_date, due_at, time_zone,"
    " start_date, CASE WHEN rrule IS NOT NULL"
    " THEN json_build_object('rrule', rrule, 'anchor', repeat_anchor) END AS recurrence,"
    f" occurrence, reminders_count, subtasks_count, {_LATE} AS overdue, version, created_at,"
    " updated_at, deleted_at"
)

ME = (
    "SELECT id, email, email_verified_at IS NOT NULL AS email_verified, pending_email, name, role,"
    " time_zone, locale, week_start, password_hash IS NOT NULL AS has_password, version,"
    " created_at, updated_at"
    " FROM user_account WHERE id = $1"
)
GET = f"SELECT {TASK} FROM task WHERE id = $1 AND owner_id = $2"

CREATE = (
    "INSERT INTO task (id, owner_id, list_id, title, description, priority, due_date, due_at,"
    " time_zone, start_date, position, reminders_count, version, created_at, updated_at)"
    " SELECT $1, $2, task_list.id, $3, $4, $5, $6, $7, coalesce($8, user_account.time_zone), $9,"
    " '0' || (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, 0, 1, now(), now()"
    " FROM task_list JOIN user_account ON user_account.id = task_list.owner_id"
    f" WHERE task_list.owner_id = $2 AND task_list.is_inbox RETURNING {TASK}"
)


def _changes(action: str, columns: str, assignments: str) -> str:
    """Return a change of a live task that is noted with the columns as they were, and are."""
    names = columns.split(", ")
    before = ", ".join(f"'{name}', old.{name}" for name in names)
    after = ", ".join(f"'{name}', changed.{name}" for name in names)
    return (
        f"WITH old AS (SELECT id, {columns} FROM task"
        " WHERE id = $1 AND owner_id = $2 AND deleted_at IS NULL FOR NO KEY UPDATE),"
        f" changed AS (UPDATE task SET {assignments}, version = task.version + 1,"
        " updated_at = now() FROM old WHERE task.id = old.id RETURNING task.*),"
        " noted AS (INSERT INTO task_activity"
        " (task_id, version, actor_id, via, action, at, before, after)"
        f" SELECT changed.id, changed.version, changed.owner_id, 'session', '{action}', now(),"
        f" jsonb_build_object({before}), jsonb_build_object({after})"
        " FROM changed JOIN old ON old.id = changed.id)"
        f" SELECT {TASK} FROM changed"
    )


UPDATE = _changes(
    "updated",
    "title, priority",
    "title = coalesce($3, task.title), priority = coalesce($4, task.priority)",
)
COMPLETE = _changes(
    "completed",
    "completed_at",
    "completed_at = CASE WHEN task.completed_at IS NULL THEN now() END",
)

STATUS = {
    "all": "",
    "pending": " AND completed_at IS NULL",
    "completed": " AND completed_at IS NOT NULL",
}
_SHOWN = (
    "owner_id = $1 AND deleted_at IS NULL AND list_id NOT IN"
    " (SELECT id FROM task_list WHERE owner_id = $1 AND archived_at IS NOT NULL)"
)
# All-day tasks are compared with a date in the user's zone: looked up once, in the same statement.
_DUE = (
    " AND (due_at < $2 OR due_date <"
    " (SELECT ($2 AT TIME ZONE time_zone)::date FROM user_account WHERE id = $1))"
)


@cache
def list_by_number(status: str, due: bool) -> str:
    """Return the statement for owner, [due before,] limit, offset; with the total in each row."""
    where = f"{_SHOWN}{STATUS[status]}{_DUE if due else ''}"
    limit, offset = ("$3", "$4") if due else ("$2", "$3")
    return (
        f"SELECT {TASK}, (SELECT count(*) FROM task WHERE {where}) AS total FROM task"
        f" WHERE {where} ORDER BY created_at DESC, id DESC LIMIT {limit} OFFSET {offset}"
    )


@cache
def list_by_cursor(status: str, due: bool) -> str:
    """Return the statement for owner, [due before,] created_at, id, limit."""
    where = f"{_SHOWN}{STATUS[status]}{_DUE if due else ''}"
    at, after, limit = ("$3", "$4", "$5") if due else ("$2", "$3", "$4")
    return (
        f"SELECT {TASK} FROM task WHERE {where} AND (created_at, id) < ({at}, {after})"
        f" ORDER BY created_at DESC, id DESC LIMIT {limit}"
    )
