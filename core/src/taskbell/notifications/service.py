"""The list of what somebody was told inside Taskbell."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from taskbell.clock import now
from taskbell.notifications.errors import NotificationNotFoundError
from taskbell.notifications.models import Notification, NotificationTest
from taskbell.paging import Page, page_by_key

KEPT = timedelta(days=90)
TESTS_KEPT = timedelta(days=7)


async def list_notifications(
    session: AsyncSession,
    *,
    owner_id: UUID,
    unread: bool = False,
    page: int = 1,
    per_page: int = 20,
    cursor: str | None = None,
) -> Page[Notification]:
    """Return a page of a user's notifications, the newest first. Raises `InvalidCursorError`."""
    return await page_by_key(
        session,
        select(Notification),
        and_(col(Notification.owner_id) == owner_id, *([_UNREAD] if unread else [])),
        key=col(Notification.id),
        page=page,
        per_page=per_page,
        cursor=cursor,
    )


_UNREAD: ColumnElement[bool] = col(Notification.read_at).is_(None)


async def count_unread(session: AsyncSession, *, owner_id: UUID) -> int:
    """Return how many notifications a user has not read."""
    return (
        await session.scalar(
            select(func.count())
            .select_from(Notification)
            .where(col(Notification.owner_id) == owner_id, _UNREAD)
        )
        or 0
    )


async def mark_read(
    session: AsyncSession, *, owner_id: UUID, notification_id: UUID, read: bool = True
) -> Notification:
    """Mark a notification as read, or as unread again. Raises `NotificationNotFoundError`."""
    found: Notification | None = await session.scalar(
        select(Notification)
        .where(col(Notification.id) == notification_id, col(Notification.owner_id) == owner_id)
        .with_for_update()
    )
    if found is None:
        raise NotificationNotFoundError
    if (found.read_at is not None) != read:
        found.read_at = now() if read else None
        await session.flush()
    return found


async def mark_all_read(session: AsyncSession, *, owner_id: UUID) -> int:
    """Mark all of a user's notifications as read; return how many were not."""
    marked = await session.execute(
        update(Notification)
        .where(col(Notification.owner_id) == owner_id, _UNREAD)
        .values(read_at=now())
        .returning(col(Notification.id))
        .execution_options(synchronize_session=False)
    )
    return len(marked.all())


async def delete_notification(
    session: AsyncSession, *, owner_id: UUID, notification_id: UUID
) -> None:
    """Delete a notification. Raises `NotificationNotFoundError`."""
    gone = await session.scalar(
        delete(Notification)
        .where(col(Notification.id) == notification_id, col(Notification.owner_id) == owner_id)
        .returning(col(Notification.id))
    )
    if gone is None:
        raise NotificationNotFoundError


async def prune_notifications(session: AsyncSession, *, most: int) -> int:
    """Delete up to `most` notifications that are older than `KEPT`; return how many."""
    old = select(col(Notification.id)).where(col(Notification.created_at) < now() - KEPT)
    pruned = await session.execute(
        delete(Notification)
        .where(col(Notification.id).in_(old.limit(most)))
        .returning(col(Notification.id))
        .execution_options(synchronize_session=False)
    )
    return len(pruned.all())


async def prune_tests(session: AsyncSession) -> None:
    """Delete test messages' answers that are older than `TESTS_KEPT`."""
    await session.execute(
        delete(NotificationTest)
        .where(col(NotificationTest.created_at) < now() - TESTS_KEPT)
        .execution_options(synchronize_session=False)
    )
