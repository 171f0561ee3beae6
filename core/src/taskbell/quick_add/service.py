"""Adding a task, with its reminders, from one line of text."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from taskbell.accounts import service as accounts
from taskbell.clock import now
from taskbell.errors import InvalidError
from taskbell.lists.models import TaskList
from taskbell.notifications.preferences import get_preferences
from taskbell.quick_add.model import Context, Parsed
from taskbell.quick_add.parser import parse
from taskbell.quick_add.schemas import ParsedOut, QuickAdd
from taskbell.reminders import service as reminders
from taskbell.reminders.schemas import ReminderCreate
from taskbell.tasks import service as tasks
from taskbell.tasks.rows import TaskRow, read
from taskbell.tasks.schemas import Recurrence, TaskCreate


class TitleTooLongError(InvalidError):
    code = "title_too_long"
    title = "What is left for the title is longer than 200 characters"


@dataclass(frozen=True)
class Made:
    """The task, None when none was wanted, and what was understood."""

    task: TaskRow | None
    parsed: ParsedOut


async def add(session: AsyncSession, *, owner_id: UUID, wanted: QuickAdd) -> Made:
    """Understand a text and add what it says; for a `dry_run`, say only what that would be.

    Raises what `tasks.service.create_task` and `reminders.service.create_reminder` raise, and
    `TitleTooLongError`.
    """
    user = await accounts.get_user(session, user_id=owner_id)
    preference = await get_preferences(session, user_id=owner_id)
    context = Context(
        at=now(),
        zone=user.time_zone,
        week_start=user.week_start,  # type: ignore[arg-type]  # the table has a check for it
        locale=user.locale,
        lists=await _lists(session, owner_id),
        all_day_at=preference.all_day_time,
    )
    parsed = parse(wanted.text, context, ignore=wanted.ignore)
    shown = ParsedOut.of(parsed, zone=user.time_zone)
    if wanted.dry_run:
        return Made(None, shown)
    task = await tasks.create_task(
        session, owner_id=owner_id, new=_new(parsed, wanted, user.time_zone)
    )
    for one in parsed.reminders:
        await reminders.create_reminder(
            session, owner_id=owner_id, task_id=task.id, new=_reminder(one)
        )
    return Made(await read(session, owner_id=owner_id, task_id=task.id), shown)


async def _lists(session: AsyncSession, owner_id: UUID) -> dict[str, UUID]:
    found = await session.execute(
        select(col(TaskList.name), col(TaskList.id))
        .where(
            col(TaskList.owner_id) == owner_id,
            col(TaskList.archived_at).is_(None),
            col(TaskList.deleted_at).is_(None),
        )
        # of two with the same name the first one is meant
        .order_by(col(TaskList.position).desc(), col(TaskList.id).desc())
    )
    return {row.name: row.id for row in found}


def _new(parsed: Parsed, wanted: QuickAdd, zone: str) -> TaskCreate:
    if len(parsed.title) > 200:
        raise TitleTooLongError(field="body.text")
    # where the text names a list, it is not below the task that the page shows
    elsewhere = parsed.list_id is not None
    return TaskCreate(
        title=parsed.title,
        priority=parsed.priority or "medium",
        list_id=parsed.list_id or wanted.list_id,
        parent_id=None if elsewhere else wanted.parent_id,
        labels=list(parsed.labels),
        due_date=parsed.due_date,
        due_at=parsed.due_at,
        start_date=parsed.start_date,
        time_zone=zone,
        default_reminder=not parsed.reminders,
        recurrence=None
        if parsed.rrule is None
        else Recurrence(rrule=parsed.rrule, anchor=parsed.anchor),
    )


def _reminder(when: int | datetime) -> ReminderCreate:
    if isinstance(when, datetime):
        return ReminderCreate(at=when)
    return ReminderCreate(offset_minutes=when)
