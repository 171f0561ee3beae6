"""Every change of what somebody can see is an event, whoever makes it."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.tests.exports.owned import a_full_account
from core.tests.make import a_reminder, a_task, a_user, make_due
from taskbell.events.triggers import WATCHED
from taskbell.models import METADATA
from taskbell.notifications.models import NotificationPreference
from taskbell.reminders.firing import fire_due
from taskbell.tasks import trash

UNWATCHED = {
    "account_export": "made and fetched by a mailed link",
    "account_export_part": "a part of an export",
    "api_token": "seen in the settings only, by who made it",
    "auth_session": "as API tokens; what ends it ends the stream",
    "digest": "nobody can look at it",
    "event": "itself",
    "idempotency_key": "nobody can look at it",
    "identity": "nobody can look at it",
    "installation_secret": "nobody can look at it",
    "job": "administrators ask",
    "mailed_link": "nobody can look at it",
    "notification_test": "who had it sent waits for it",
    "refresh_token": "nobody can look at it",
    "reminder_occurrence": "seen as deliveries",
    "task_activity": "its task gets a new version",
    "task_completion": "its task gets a new version",
    "task_import_row": "its import counts it",
}
HIDDEN = {
    "task": {"trash_id", "due_sort", "search"},
    "task_list": set[str](),
    "label": {"name_key"},
    "saved_filter": {"name_key"},
    "reminder": {"owed_at", "served_at"},
    "delivery": {"job_id"},
    "notification": set[str](),
    "notification_preference": {"digest_next_at", "digest_last_day", "updated_at"},
    "user_account": {"email_key", "password_hash"},
    "webhook": {"secret", "previous_secret"},
    "webhook_message": {
        "body", "reminder_id", "fire_at", "planned_at", "job_id", "next_attempt_at", "created_at"
    },
    "push_subscription": {"endpoint", "p256dh", "auth", "failures", "last_used_at"},
    "calendar_feed": {"secret_hash", "last_used_at"},
    "task_import": {"file"},
}  # fmt: skip
"""What nobody is told of when it changes: it cannot be seen, or tells only of use."""


def test_every_table_is_watched_or_named_as_not() -> None:
    assert WATCHED.keys() | UNWATCHED.keys() == METADATA.tables.keys()
    assert not WATCHED.keys() & UNWATCHED.keys()


@pytest.mark.parametrize("table", WATCHED)
def test_every_column_is_shown_or_named_as_hidden(table: str) -> None:
    columns = set(METADATA.tables[table].columns.keys())
    assert set(WATCHED[table].columns) | HIDDEN[table] == columns
    assert not set(WATCHED[table].columns) & HIDDEN[table]


SEEN_AND_HIDDEN = {
    "task": ("reminders_count = 7", "trash_id = NULL"),
    "task_list": ("color = '#2ca02c'", None),
    "label": ("color = '#2ca02c'", "name_key = 'x'"),
    "saved_filter": ("query = '{}'", "name_key = 'x'"),
    "reminder": ("offset_minutes = NULL, at = now()", "owed_at = now()"),
    "delivery": ("response = 'ok'", "job_id = gen_random_uuid()"),
    "notification": ("read_at = now()", None),
    "notification_preference": ("quiet_start = '22:00', quiet_end = '06:00'", "updated_at = now()"),
    "user_account": ("locale = 'de'", "password_hash = 'x'"),
    "webhook": ("name = 'x'", "secret = 'x'"),
    "webhook_message": ("response = 'ok'", "next_attempt_at = now()"),
    "push_subscription": ("name = 'x'", "failures = 9"),
    "calendar_feed": ("alarms = false", "last_used_at = now()"),
    "task_import": ("total = 9", "file = 'x'"),
}
LAST_STEPS = {
    "delivery": "UPDATE delivery SET state = 'sent'",
    "webhook_message": "UPDATE webhook_message SET state = 'failed', finished_at = now()",
}
"""Only what is over counts there."""


async def told(session: AsyncSession) -> list[Any]:
    """Return all events since the last call: kind, action, id, version, owner."""
    await session.flush()
    gone = "WITH gone AS (DELETE FROM event RETURNING *) SELECT * FROM gone ORDER BY id"
    return [
        (row.kind, row.action, row.object_id, row.version, row.owner_id)
        for row in await session.execute(text(gone))
    ]


async def run(session: AsyncSession, statement: str, **values: Any) -> Any:
    return await session.execute(text(statement), values)


@pytest.mark.parametrize("table", WATCHED)
async def test_what_is_seen_counts_and_what_is_hidden_does_not(
    session: AsyncSession, table: str
) -> None:
    """By plain SQL, which no service knows of."""
    owner = await a_full_account(session, email="ada@example.com")
    if table in LAST_STEPS:
        await run(session, LAST_STEPS[table])
    watched = WATCHED[table]
    seen, hidden = SEEN_AND_HIDDEN[table]
    rows = [dict(row) for row in (await run(session, f"SELECT * FROM {table}")).mappings()]  # noqa: S608
    assert rows
    await told(session)
    await run(session, f"UPDATE {table} SET {seen}")  # noqa: S608
    expected = {
        (watched.kind, "updated", row[watched.object_id], row.get("version"), owner.id)
        for row in rows
    }
    assert set(await told(session)) == expected
    await run(session, f"UPDATE {table} SET {seen}")  # noqa: S608
    assert await told(session) == [], "it is so already"
    if hidden is not None:
        await run(session, f"UPDATE {table} SET {hidden}")  # noqa: S608
        assert await told(session) == []


async def test_rows_that_come_and_go(session: AsyncSession) -> None:
    user = await a_user(session)
    assert await told(session) == [], "nobody can be listening yet"
    task = await a_task(session, user)
    reminder = await a_reminder(session, task)
    found = await told(session)
    assert ("task", "created", task.id, 1, user.id) in found
    assert ("reminder", "created", reminder.id, 1, user.id) in found
    await run(session, "DELETE FROM task WHERE id = :id", id=task.id)
    found = await told(session)
    assert ("task", "deleted", task.id, task.version, user.id) in found
    assert ("reminder", "deleted", reminder.id, reminder.version, user.id) in found


async def test_what_goes_to_the_trash_is_still_there(session: AsyncSession) -> None:
    task = await a_task(session, await a_user(session))
    await told(session)
    await trash.trash_task(session, owner_id=task.owner_id, task_id=task.id)
    assert {one[:3] for one in await told(session)} == {("task", "updated", task.id)}


async def test_one_statement_for_many_rows(session: AsyncSession) -> None:
    ada, bob = await a_user(session), await a_user(session)
    tasks = [await a_task(session, user) for user in (ada, bob, ada)]
    await told(session)
    await run(session, "UPDATE task SET title = 'x', version = version + 1")
    expected = {("task", "updated", one.id, one.version + 1, one.owner_id) for one in tasks}
    assert set(await told(session)) == expected


async def test_what_changes_nothing_is_no_event(session: AsyncSession) -> None:
    await a_task(session, await a_user(session))
    await told(session)
    await run(session, "UPDATE task SET title = title")
    await run(session, "UPDATE task SET title = 'x' WHERE false")
    await run(session, "DELETE FROM task WHERE false")
    assert await told(session) == []


async def test_preferences_are_there_before_their_row(session: AsyncSession) -> None:
    user = await a_user(session)
    session.add(NotificationPreference(user_id=user.id))
    assert await told(session) == [("preferences", "updated", user.id, 1, user.id)]


async def test_deliveries_count_once_they_are_over(session: AsyncSession) -> None:
    user = await a_user(session)
    reminder = await a_reminder(session, await a_task(session, user))
    await make_due(session, reminder)
    await fire_due(session)
    assert "delivery" not in {one[0] for one in await told(session)}
    await run(session, "UPDATE delivery SET state = 'sending', started_at = now()")
    assert await told(session) == []
    (delivery,) = (await run(session, "SELECT id FROM delivery")).scalars()
    await run(session, "UPDATE delivery SET state = 'sent', finished_at = now()")
    assert await told(session) == [("delivery", "updated", delivery, None, user.id)]
    await run(session, "DELETE FROM reminder")
    assert {one[0] for one in await told(session)} == {"reminder"}


async def test_an_account_can_be_deleted_with_all_it_has(session: AsyncSession) -> None:
    user = await a_full_account(session, email="ada@example.com")
    await run(session, "DELETE FROM user_account WHERE id = :id", id=user.id)
    assert {one[4] for one in await told(session)} == {user.id}
    assert (await run(session, "SELECT count(*) FROM task")).scalar_one() == 0
