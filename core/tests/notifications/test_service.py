"""The list of what somebody was told."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from core.tests.make import a_reminder, a_task, a_user, some_id
from taskbell.accounts.models import User
from taskbell.clock import now
from taskbell.notifications import service as notifications
from taskbell.notifications.errors import NotificationNotFoundError
from taskbell.notifications.models import Notification, NotificationTest
from taskbell.tasks import trash


async def told(session: AsyncSession, user: User, **fields: Any) -> Notification:
    added = Notification(owner_id=user.id, **({"kind": "test", "title": "It works"} | fields))
    session.add(added)
    await session.flush()
    return added


async def test_the_newest_first_and_only_ones_own(session: AsyncSession) -> None:
    ada, bob = await a_user(session), await a_user(session)
    first, second = await told(session, ada), await told(session, ada)
    await told(session, bob)
    page = await notifications.list_notifications(session, owner_id=ada.id)
    assert (page.items, page.total) == ([second, first], 2)
    await notifications.mark_read(session, owner_id=ada.id, notification_id=second.id)
    page = await notifications.list_notifications(session, owner_id=ada.id, unread=True)
    assert (page.items, page.total) == ([first], 1)
    assert await notifications.count_unread(session, owner_id=ada.id) == 1
    page = await notifications.list_notifications(session, owner_id=ada.id, per_page=1)
    rest = await notifications.list_notifications(session, owner_id=ada.id, cursor=page.next_cursor)
    assert rest.items == [first]


async def test_reading_twice_keeps_the_first_time(session: AsyncSession) -> None:
    ada = await a_user(session)
    one = await told(session, ada)
    who: dict[str, Any] = {"owner_id": ada.id, "notification_id": one.id}
    at = (await notifications.mark_read(session, **who)).read_at
    assert at is not None
    assert (await notifications.mark_read(session, **who)).read_at == at


async def test_somebody_elses_is_not_there(session: AsyncSession) -> None:
    one = await told(session, await a_user(session))
    bob = await a_user(session)
    for notification_id in (one.id, some_id()):
        who: dict[str, Any] = {"owner_id": bob.id, "notification_id": notification_id}
        with pytest.raises(NotificationNotFoundError):
            await notifications.mark_read(session, **who)
        with pytest.raises(NotificationNotFoundError):
            await notifications.delete_notification(session, **who)


async def test_all_at_once(session: AsyncSession) -> None:
    ada, bob = await a_user(session), await a_user(session)
    for user in (ada, ada, bob):
        await told(session, user)
    assert await notifications.mark_all_read(session, owner_id=ada.id) == 2
    assert await notifications.mark_all_read(session, owner_id=ada.id) == 0
    assert await notifications.count_unread(session, owner_id=bob.id) == 1


async def test_it_stays_when_its_task_goes(session: AsyncSession) -> None:
    ada = await a_user(session)
    task = await a_task(session, ada)
    reminder = await a_reminder(session, task)
    one = await told(session, ada, task_id=task.id, reminder_id=reminder.id)
    await trash.delete_task(session, owner_id=ada.id, task_id=task.id)
    await session.refresh(one)
    assert (one.task_id, one.reminder_id) == (None, None)


async def test_old_ones_are_forgotten(session: AsyncSession) -> None:
    ada = await a_user(session)
    old = now() - notifications.KEPT - timedelta(minutes=1)
    await told(session, ada, created_at=old)
    kept = await told(session, ada)
    session.add(NotificationTest(owner_id=ada.id, channel="email", created_at=old))
    await session.flush()
    assert await notifications.prune_notifications(session, most=10) == 1
    await notifications.prune_tests(session)
    page = await notifications.list_notifications(session, owner_id=ada.id)
    assert page.items == [kept]
