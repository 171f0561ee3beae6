"""People with tasks and reminders that become due, straight into the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, text

from taskbell.accounts.models import User
from taskbell.clock import now
from taskbell.db import Database
from taskbell.ids import new_id
from taskbell.lists.models import TaskList
from taskbell.reminders.models import Reminder
from taskbell.tasks.models import Task

_REMINDERS = text("""
    SELECT r.id, r.state AS reminder_state, job.id AS job_id, job.state, job.attempts,
        job.ambiguous, job.crashes, job.last_error, user_account.email,
        (SELECT array_agg(d.state ORDER BY d.attempt) FROM delivery d WHERE d.reminder_id = r.id)
            AS deliveries,
        (SELECT count(*) FROM reminder_occurrence o WHERE o.reminder_id = r.id) AS occurrences
    FROM reminder r
    JOIN user_account ON user_account.id = r.owner_id
    LEFT JOIN job ON job.group_key = 'reminder:' || r.id
    WHERE r.id = ANY(:ids)
""")


@dataclass(frozen=True)
class Person:
    """An account with its inbox."""

    id: UUID
    inbox: UUID
    email: str


async def add_person(database: Database, name: str) -> Person:
    person = Person(new_id(), new_id(), f"{name}.{new_id().hex[-8:]}@example.com")
    async with database.transaction() as session:
        user = {"id": person.id, "email": person.email, "email_key": person.email, "name": name}
        await session.execute(insert(User).values(user))
        inbox = {"id": person.inbox, "owner_id": person.id, "name": "Inbox", "is_inbox": True}
        await session.execute(insert(TaskList).values(inbox))
    return person


async def add_reminders(
    database: Database,
    person: Person,
    count: int,
    *,
    at: datetime | None = None,
    channels: Sequence[str] = ("email",),
) -> list[UUID]:
    """Add so many tasks with a reminder each, all due at one moment: now, unless `at` says so."""
    moment = at or now()
    tasks: list[dict[str, Any]] = []
    reminders: list[dict[str, Any]] = []
    for number in range(count):
        task = {"id": new_id(), "owner_id": person.id, "list_id": person.inbox, "time_zone": "UTC"}
        due = {"title": f"Task {number}", "due_at": moment + timedelta(hours=1)}
        tasks.append({**task, **due, "reminders_count": 1})
        reminder = {"id": new_id(), "task_id": task["id"], "owner_id": person.id, "at": moment}
        reminders.append(
            {**reminder, "channels": list(channels), "state": "scheduled", "next_fire_at": moment}
        )
    async with database.transaction() as session:
        await session.execute(insert(Task), tasks)
        await session.execute(insert(Reminder), reminders)
    return [reminder["id"] for reminder in reminders]


async def look(database: Database, reminders: list[UUID]) -> list[Row[Any]]:
    """What became of reminders: their job, and the states of their deliveries."""
    async with database.connection() as connection:
        return list(await connection.execute(_REMINDERS, {"ids": reminders}))


async def all_ended(database: Database, reminders: list[UUID]) -> bool:
    rows = await look(database, reminders)
    return len(rows) == len(reminders) and all(row.state in {"done", "dead"} for row in rows)
