"""Figures of the whole installation, for those who run it."""

from datetime import timedelta
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from taskbell import lateness
from taskbell.accounts.models import ApiToken, AuthSession, User
from taskbell.clock import now
from taskbell.jobs import administration
from taskbell.jobs.models import STATES
from taskbell.reminders.models import DELIVERY_STATES, REMINDER_STATES, Delivery, Reminder
from taskbell.tasks.models import Task


async def collect(session: AsyncSession) -> dict[str, Any]:
    """Return all figures, in nine statements; see `AdminStats` of the API for their names."""
    usable = and_(col(User.is_active), col(User.deletion_at).is_(None))
    users = await _counts(
        session,
        User,
        active=usable,
        admins=and_(usable, col(User.role) == "admin"),
        disabled=col(User.is_active).is_(False),
        leaving=col(User.deletion_at).is_not(None),
    )
    live, done = col(Task.deleted_at).is_(None), col(Task.completed_at)
    tasks = await _counts(
        session,
        Task,
        pending=and_(live, done.is_(None)),
        completed=and_(live, done.is_not(None)),
        trashed=col(Task.deleted_at).is_not(None),
    )
    going_on = and_(col(AuthSession.ended_at).is_(None), col(AuthSession.expires_at) > now())
    lately = col(Delivery.planned_at) > now() - timedelta(days=1)
    jobs = await administration.count_by_state(session)
    late = await lateness.measure(session)
    return {
        "users": users,
        "sessions": (await _counts(session, AuthSession, open=going_on))["open"],
        "api_tokens": (await _counts(session, ApiToken))["total"],
        "tasks": tasks,
        "reminders": await _by(session, Reminder.state, REMINDER_STATES),
        "deliveries_24h": await _by(session, Delivery.state, DELIVERY_STATES, lately),
        "jobs": {state: jobs.get(state, 0) for state in STATES},
        "dead_jobs": await administration.count_dead(session),
        "oldest_due_job_seconds": late.job,
        "oldest_undelivered_seconds": late.reminder,
    }


async def _counts(session: AsyncSession, model: type[Any], **of: Any) -> dict[str, int]:
    figures = [func.count().filter(condition).label(name) for name, condition in of.items()]
    row = (
        await session.execute(select(func.count().label("total"), *figures).select_from(model))
    ).one()
    return dict(row._mapping)  # noqa: SLF001 (public, really)


async def _by(
    session: AsyncSession, column: Any, names: tuple[str, ...], *conditions: Any
) -> dict[str, int]:
    rows = await session.execute(
        select(col(column), func.count()).where(*conditions).group_by(col(column))
    )
    found = {row[0]: row[1] for row in rows}
    return {name: found.get(name, 0) for name in names}
