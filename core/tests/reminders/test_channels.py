"""Firing on each channel: who is told at once, who after quiet hours, and who by mail instead."""

from datetime import time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from core.tests.make import HOUR, a_reminder, a_task, a_user, make_due
from taskbell.accounts.models import User
from taskbell.clock import now
from taskbell.ids import new_id
from taskbell.jobs.models import Job
from taskbell.mail.jobs import ReminderPayload
from taskbell.notifications.models import Notification, NotificationPreference
from taskbell.reminders.firing import NO_WEBHOOK, fall_back_to_email, fire_due
from taskbell.reminders.models import Delivery, Reminder, ReminderOccurrence
from taskbell.tasks.models import Task
from taskbell.webhooks.models import Webhook, WebhookMessage

ALL = ["email", "in_app", "push", "webhook"]


async def due(
    session: AsyncSession, user: User, *, late: float = 1, **fields: Any
) -> tuple[Task, Reminder]:
    task = await a_task(session, user, **({"due_at": now() + HOUR} | fields))
    reminder = await a_reminder(session, task, channels=ALL)
    await make_due(session, reminder, late=late)
    return task, reminder


async def a_webhook(session: AsyncSession, user: User, **fields: Any) -> Webhook:
    added = Webhook(
        owner_id=user.id, name="Home", url="https://hooks.example.com/x?key=1", secret="whsec_x",
        **fields,
    )  # fmt: skip
    session.add(added)
    await session.flush()
    return added


async def deliveries(session: AsyncSession) -> dict[str, Delivery]:
    return {one.channel: one for one in await session.scalars(select(Delivery))}


async def jobs(session: AsyncSession) -> dict[str, Job]:
    return {one.kind: one for one in await session.scalars(select(Job))}


async def test_each_channel_has_its_own_way(session: AsyncSession) -> None:
    user = await a_user(session)
    webhook = await a_webhook(session, user)
    await a_webhook(session, user, is_active=False, disabled_at=now())
    task, reminder = await due(session, user, late=90)
    moment = reminder.next_fire_at
    assert await fire_due(session) == 1
    assert set(await jobs(session)) == {"mail.reminder", "push.reminder", "webhook.send"}
    found = await deliveries(session)
    assert {name: one.state for name, one in found.items()} == {
        "email": "planned", "push": "planned", "webhook": "planned", "in_app": "sent",
    }  # fmt: skip
    assert found["webhook"].target == "hooks.example.com"
    assert (found["in_app"].late_seconds or 0) >= 90
    shown = (await session.scalars(select(Notification))).one()
    assert (shown.title, shown.task_id, shown.reminder_id) == (task.title, task.id, reminder.id)
    assert (shown.fire_at, shown.read_at) == (moment, None)
    message = (await session.scalars(select(WebhookMessage))).one()
    assert (message.webhook_id, message.state) == (webhook.id, "pending")
    assert message.job_id == found["webhook"].job_id
    channels = await session.scalars(select(col(ReminderOccurrence.channel)))
    assert set(channels) == {"email", "in_app", "push", f"webhook:{webhook.id}"}


async def test_a_second_scan_of_the_same_moment_tells_nothing_twice(session: AsyncSession) -> None:
    user = await a_user(session)
    await a_webhook(session, user)
    _, reminder = await due(session, user)
    moment = reminder.next_fire_at
    assert await fire_due(session) == 1
    await session.refresh(reminder)
    reminder.state, reminder.next_fire_at = "scheduled", moment
    await session.flush()
    assert await fire_due(session) == 1
    for table, count in ((Job, 3), (Delivery, 4), (Notification, 1), (WebhookMessage, 1)):
        assert len((await session.scalars(select(table))).all()) == count


async def test_without_a_webhook_the_owner_reads_why(session: AsyncSession) -> None:
    await due(session, await a_user(session))
    await fire_due(session)
    found = (await deliveries(session))["webhook"]
    assert (found.state, found.response) == ("skipped", NO_WEBHOOK)


async def test_nothing_is_shown_to_who_has_no_access(session: AsyncSession) -> None:
    user = await a_user(session)
    await due(session, user)
    user.is_active = False
    await session.flush()
    await fire_due(session)
    assert (await deliveries(session))["in_app"].state == "skipped"
    assert (await session.scalars(select(Notification))).all() == []


@pytest.mark.parametrize("priority", ["medium", "urgent"])
async def test_quiet_hours_hold_what_makes_a_noise(session: AsyncSession, priority: str) -> None:
    user = await a_user(session, time_zone="Asia/Kolkata")
    local = now().astimezone(ZoneInfo(user.time_zone))
    start, end = ((local + timedelta(hours=h)).time().replace(microsecond=0) for h in (-2, 2))
    session.add(NotificationPreference(user_id=user.id, quiet_start=start, quiet_end=end))
    await a_webhook(session, user)
    await due(session, user, priority=priority)
    assert await fire_due(session) == 1
    held = now() + HOUR if priority != "urgent" else None
    work, found = await jobs(session), await deliveries(session)
    for kind, channel in (("mail.reminder", "email"), ("push.reminder", "push")):
        waits = held is not None
        assert (work[kind].run_at > now() + HOUR) == (work[kind].ticket_at > now() + HOUR) == waits
        assert (found[channel].planned_at > now() + HOUR) == waits
        payload = ReminderPayload.model_validate(work[kind].payload)
        assert payload.planned_at == found[channel].planned_at
    assert work["webhook.send"].run_at <= now()
    assert found["in_app"].state == "sent"


async def test_what_no_device_takes_goes_out_by_mail_once(session: AsyncSession) -> None:
    user = await a_user(session)
    task = await a_task(session, user)
    reminder = await a_reminder(session, task, channels=["push"])
    await make_due(session, reminder)
    moment = reminder.next_fire_at
    assert moment is not None
    await fire_due(session)
    payload = ReminderPayload(reminder_id=reminder.id, fire_at=moment, planned_at=moment)
    assert await fall_back_to_email(session, payload)
    assert not await fall_back_to_email(session, payload)
    assert set(await jobs(session)) == {"push.reminder", "mail.reminder"}
    assert (await deliveries(session))["email"].state == "planned"
    gone = payload.model_copy(update={"reminder_id": new_id()})
    assert not await fall_back_to_email(session, gone)


async def test_a_zone_that_this_build_does_not_know_stops_nobody(session: AsyncSession) -> None:
    user = await a_user(session, time_zone="Mars/Olympus")
    session.add(
        NotificationPreference(user_id=user.id, quiet_start=time(0), quiet_end=time(23, 59))
    )
    task, _ = await due(session, user)
    task.time_zone = "Mars/Olympus"
    await due(session, await a_user(session))
    assert await fire_due(session) == 2
