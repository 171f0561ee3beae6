"""Rows for tests, made the short way: no password is hashed, nothing is committed."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from taskbell.accounts import api_tokens, links
from taskbell.accounts.callers import Caller
from taskbell.accounts.links import NewLink, Purpose
from taskbell.accounts.models import ApiToken, AuthSession, User
from taskbell.accounts.service import email_key
from taskbell.clock import now
from taskbell.ids import new_id
from taskbell.jobs.kinds import Kind, Payload, RetryPolicy
from taskbell.lists.models import TaskList
from taskbell.reminders import service as reminders
from taskbell.reminders.models import Reminder
from taskbell.reminders.schemas import ReminderCreate
from taskbell.tasks import repeats
from taskbell.tasks import service as tasks
from taskbell.tasks.models import Task
from taskbell.tasks.schemas import TaskCreate

HOUR = timedelta(hours=1)
PASSWORD = "correct horse battery"


class Note(Payload):
    """The payload of a job that does nothing."""

    text: str = ""


NOTE = Kind("test.note", Note, retry=RetryPolicy(max_attempts=3, base_seconds=10, jitter=0))


async def a_user(session: AsyncSession, **fields: Any) -> User:
    email = fields.pop("email", f"{new_id().hex}@example.com")
    user = User(email=email, email_key=email_key(email), **fields)
    session.add(user)
    await session.flush()
    return user


async def a_session(session: AsyncSession, user: User, **fields: Any) -> AuthSession:
    """Add a session that goes on, without its tokens."""
    added = AuthSession(user_id=user.id, **({"expires_at": now() + HOUR} | fields))
    session.add(added)
    await session.flush()
    return added


async def a_link(
    session: AsyncSession, user: User, purpose: Purpose, *, email: str | None = None
) -> NewLink:
    """Add a link that works, as if it had been mailed."""
    link = NewLink.make(purpose, user_id=user.id, email=email or user.email)
    await links.keep(session, link)
    return link


async def an_api_token(session: AsyncSession, user: User, **fields: Any) -> tuple[ApiToken, str]:
    """Make an API token as its user does; return it with its secret."""
    wanted: dict[str, Any] = {"name": "script", "scopes": ["tasks:read"], "expires_at": None}
    caller = Caller(user.id, None, user.role)
    return await api_tokens.make_token(session, caller=caller, **wanted | fields)


async def a_list(session: AsyncSession, owner: User, name: str = "Home", **fields: Any) -> TaskList:
    added = TaskList(owner_id=owner.id, name=name, **fields)
    session.add(added)
    await session.flush()
    return added


async def a_task(session: AsyncSession, owner: User, **fields: Any) -> Task:
    """Add a task as the API does; `due_at` may be in the past here, and other columns be set.

    `rrule` and `anchor`: it repeats, from its due time on.
    """
    columns = {name: fields.pop(name) for name in list(fields) if name in _COLUMNS}
    rrule, anchor = fields.pop("rrule", None), fields.pop("anchor", "schedule")
    task = await tasks.create_task(
        session, owner_id=owner.id, new=TaskCreate(**{"title": "Water the plants", **fields})
    )
    if columns.get("deleted_at"):
        columns["trash_id"] = task.id
    for name, value in columns.items():
        setattr(task, name, value)
    if rrule is not None:
        repeats.start(task, rule=repeats.parse_rule(rrule), anchor=anchor, at=now())
    await session.flush()
    return task


_COLUMNS = {"due_at", "completed_at", "deleted_at", "created_at", "updated_at", "position"}


async def a_reminder(session: AsyncSession, task: Task, **fields: Any) -> Reminder:
    when = fields.keys() & {"at", "offset_minutes"}
    by_mail = {"channels": ["email"]} | fields  # the others have tests of their own
    new = ReminderCreate(**(by_mail if when else by_mail | {"at": now() + HOUR}))
    return await reminders.create_reminder(
        session, owner_id=task.owner_id, task_id=task.id, new=new
    )


async def make_due(session: AsyncSession, reminder: Reminder, *, late: float = 1) -> None:
    """Let the moment of a waiting reminder pass: it was due `late` seconds ago."""
    reminder.next_fire_at = reminder.at = now() - timedelta(seconds=late)
    reminder.offset_minutes, reminder.state = None, "scheduled"
    reminder.updated_at = reminder.at - HOUR  # it was planned in time
    await session.flush()


def some_id() -> UUID:
    """An id that nothing has."""
    return new_id()
