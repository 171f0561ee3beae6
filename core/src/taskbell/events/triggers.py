"""The triggers that write events: no code that changes rows can forget to.

One statement-level trigger each for INSERT, UPDATE and DELETE, each one `INSERT … SELECT`. An event
only refers to what changed. An UPDATE is one if it changes a column that is named here: what its
owner can see, but for times of use, which change with every message.

The models have them through `attach`, a database through its revisions; `check` compares the two.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, MetaData, event

_CREATE, _CHANGE, _DELETE = "INSERT", "UPDATE", "DELETE"
_ALWAYS = (_CREATE, _CHANGE, _DELETE)
_TIMES = "created_at updated_at"


@dataclass(frozen=True)
class Watched:
    """A table whose rows are events of `kind`.

    `shown`: the columns whose change is one. `owner`: a column, or the query that finds it by the
    columns of `one`. `only`: which rows count at all. `created`: what an INSERT is called.
    """

    kind: str
    shown: str
    owner: str = "owner_id"
    object_id: str = "id"
    versioned: bool = True
    operations: tuple[str, ...] = _ALWAYS
    only: str = ""
    created: str = "created"

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that are looked at."""
        version = ("version",) if self.versioned else ()
        owner = (self.owner,) if self.owner.isidentifier() else ()
        return tuple(dict.fromkeys((self.object_id, *owner, *version, *self.shown.split())))


WATCHED = {
    "task": Watched(
        "task",
        "list_id parent_id title description priority label_names position completed_at due_date"
        " due_at time_zone start_date rrule repeat_anchor repeat_start occurrence occurrence_number"
        f" reminders_count subtasks_count deleted_at {_TIMES}",
    ),
    "task_list": Watched("list", f"name color is_inbox position archived_at deleted_at {_TIMES}"),
    "label": Watched("label", f"name color {_TIMES}"),
    "saved_filter": Watched("filter", f"name color query position {_TIMES}"),
    "reminder": Watched(
        "reminder",
        "task_id offset_minutes at channels state next_fire_at last_fire_at snoozed_until"
        f" {_TIMES}",
    ),
    "delivery": Watched(
        "delivery",
        "reminder_id attempt channel target fire_at state planned_at started_at finished_at"
        " late_seconds response",
        # the reminder may be gone already: then there is nobody to tell
        owner="SELECT owner_id FROM reminder WHERE reminder.id = one.reminder_id",
        versioned=False,
        operations=(_CREATE, _CHANGE),
        only="state IN ('sent', 'failed', 'unknown', 'skipped')",
    ),
    "notification": Watched(
        "notification",
        "kind task_id reminder_id title body fire_at late_seconds created_at read_at",
        versioned=False,
    ),
    "notification_preference": Watched(
        "preferences",
        "default_channels default_reminder_minutes all_day_time quiet_start quiet_end"
        " digest_enabled digest_time",
        owner="user_id",
        object_id="user_id",
        operations=(_CREATE, _CHANGE),
        created="updated",  # there are always some
    ),
    "user_account": Watched(
        "account",
        "email email_verified_at pending_email name role is_active time_zone locale week_start"
        f" deletion_at {_TIMES}",
        owner="id",
        operations=(_CHANGE,),
    ),
    "webhook": Watched(
        "webhook",
        "name url is_active disabled_at disabled_reason failing_since previous_secret_until"
        f" {_TIMES}",
    ),
    # a message that is over is a change of its webhook: what was sent there is shown with it
    "webhook_message": Watched(
        "webhook",
        "id kind state attempts response_status response finished_at",
        object_id="webhook_id",
        versioned=False,
        operations=(_CREATE, _CHANGE),
        only="state <> 'pending'",
        created="updated",
    ),
    "push_subscription": Watched(
        "push_subscription", "name session_id created_at", versioned=False
    ),
    "calendar_feed": Watched("feed", "name list_id filter_id alarms created_at", versioned=False),
    "task_import": Watched(
        "import",
        "source filename dry_run list_id state total done created duplicates skipped failed error"
        " created_at finished_at",
        versioned=False,
    ),
}


def statements() -> Iterator[str]:
    """Return the SQL that makes functions and triggers, for a schema that has all tables."""
    for table, watched in WATCHED.items():
        yield _function(table, watched)
        for operation in watched.operations:
            yield _trigger(table, operation)


def attach(metadata: MetaData) -> None:
    """Let `metadata.create_all` make the triggers as well."""

    @event.listens_for(metadata, "after_create")
    def make(_target: MetaData, connection: Connection, **_: object) -> None:
        for statement in statements():
            connection.exec_driver_sql(statement)


def _function(table: str, watched: Watched) -> str:
    cases = {
        _CREATE: _insert(watched, "SELECT * FROM new_rows", watched.created),
        _CHANGE: _insert(watched, _changed(watched), "updated"),
        _DELETE: _insert(watched, "SELECT * FROM old_rows", "deleted"),
    }
    body = "".join(
        f"    IF TG_OP = '{operation}' THEN\n{cases[operation]}    END IF;\n"
        for operation in watched.operations
    )
    return (
        f"CREATE FUNCTION event_of_{table}() RETURNS trigger LANGUAGE plpgsql AS $$\n"
        f"BEGIN\n{body}    RETURN NULL;\nEND;\n$$"
    )


def _insert(watched: Watched, rows: str, action: str) -> str:
    version = "one.version" if watched.versioned else "NULL"
    what = f"'{watched.kind}', one.{watched.object_id}, '{action}', {version}"
    if watched.owner.isidentifier():
        owner, source = f"one.{watched.owner}", f"({rows}) AS one"
    else:
        # LIMIT: one look into the index a row, whatever the plan was made for
        found = f"LATERAL ({watched.owner} LIMIT 1) AS owner"
        owner, source = "owner.owner_id", f"({rows}) AS one\n        CROSS JOIN {found}"
    only = f"\n        WHERE one.{watched.only}" if watched.only else ""
    return (
        "        INSERT INTO event (owner_id, kind, object_id, action, version)\n"  # noqa: S608
        f"        SELECT {owner}, {what}\n"
        f"        FROM {source}{only};\n"
    )


def _changed(watched: Watched) -> str:
    # not a join of old and new: its plan is kept, and one for a single row is slow for a thousand
    columns = ", ".join(watched.columns)
    return f"SELECT {columns} FROM new_rows EXCEPT SELECT {columns} FROM old_rows"  # noqa: S608 (these are names of ours)


def _trigger(table: str, operation: str) -> str:
    names = {
        _CREATE: "NEW TABLE AS new_rows",
        _CHANGE: "OLD TABLE AS old_rows NEW TABLE AS new_rows",
        _DELETE: "OLD TABLE AS old_rows",
    }
    return (
        f"CREATE TRIGGER event_on_{operation.lower()} AFTER {operation} ON {table}"
        f" REFERENCING {names[operation]}"
        f" FOR EACH STATEMENT EXECUTE FUNCTION event_of_{table}()"
    )
