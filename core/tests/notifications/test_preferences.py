"""How people wish to be told, and what moves with it."""

from datetime import time, timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from core.tests.make import HOUR, a_reminder, a_task, a_user
from taskbell.accounts.models import User
from taskbell.clock import now
from taskbell.notifications.errors import PreferencesChangedError, QuietHoursError
from taskbell.notifications.models import NotificationPreference
from taskbell.notifications.preferences import get_preferences, update_preferences
from taskbell.notifications.schemas import PreferencesOut, PreferencesPatch
from taskbell.reminders import service as reminders
from taskbell.reminders.schemas import ReminderCreate
from taskbell.tasks import service as tasks
from taskbell.tasks.schemas import TaskCreate


async def patch(
    session: AsyncSession, user: User, if_version: int | None = None, **fields: Any
) -> NotificationPreference:
    wanted = PreferencesPatch.model_validate(fields)
    return await update_preferences(session, user_id=user.id, patch=wanted, if_version=if_version)


async def test_who_has_set_none_has_the_defaults(session: AsyncSession) -> None:
    found = await get_preferences(session, user_id=(await a_user(session)).id)
    assert PreferencesOut.model_validate(found).model_dump() == {
        "default_channels": ["email", "in_app"],
        "default_reminder_minutes": None,
        "all_day_time": "09:00",
        "quiet_start": None,
        "quiet_end": None,
        "digest_enabled": False,
        "digest_time": "07:00",
        "version": 1,
    }


async def test_a_patch_merges_and_null_clears(session: AsyncSession) -> None:
    user = await a_user(session)
    await patch(session, user, quiet_start="22:00", quiet_end="07:00", default_channels=["push"])
    found = await patch(session, user, default_reminder_minutes=30)
    assert (found.quiet_start, found.default_reminder_minutes) == (time(22), 30)
    assert found.version == 3
    assert (await patch(session, user, default_reminder_minutes=30)).version == 3
    found = await patch(
        session, user, quiet_start=None, quiet_end=None, default_channels=None, all_day_time=None
    )
    assert found.default_channels == ["email", "in_app"]
    assert (found.quiet_end, found.all_day_time) == (None, time(9))


async def test_quiet_hours_need_both_ends(session: AsyncSession) -> None:
    user = await a_user(session)
    wrong: list[dict[str, Any]] = [
        {"quiet_start": "22:00"}, {"quiet_start": "22:00", "quiet_end": "22:00"},
    ]  # fmt: skip
    for fields in wrong:
        with pytest.raises(QuietHoursError):
            await patch(session, user, **fields)


async def test_a_version_that_is_gone_is_refused(session: AsyncSession) -> None:
    user = await a_user(session)
    await patch(session, user, if_version=1, digest_time="06:00")
    with pytest.raises(PreferencesChangedError):
        await patch(session, user, if_version=1, digest_time="05:00")


@pytest.mark.parametrize(
    "fields",
    [
        {"all_day_time": "9:00"}, {"all_day_time": "24:00"}, {"all_day_time": "09:00:30"},
        {"all_day_time": 540}, {"default_channels": []}, {"default_channels": ["email"] * 2},
        {"default_channels": ["pigeon"]}, {"default_reminder_minutes": -1},
        {"default_reminder_minutes": 527_041}, {"default_reminder_minutes": "30"},
        {"digest_enabled": 1}, {"quiet_start": "٢٢:٠٠"}, {"x": 1},
    ],
    ids=str,
)  # fmt: skip
def test_what_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        PreferencesPatch.model_validate(fields)


async def test_reminders_take_the_default_channels(session: AsyncSession) -> None:
    user = await a_user(session)
    await patch(session, user, default_channels=["in_app", "webhook"])
    task = await a_task(session, user, due_at=now() + HOUR)
    new = ReminderCreate(offset_minutes=5)
    made = await reminders.create_reminder(session, owner_id=user.id, task_id=task.id, new=new)
    assert made.channels == ["in_app", "webhook"]


async def test_another_time_for_days_moves_what_waits_for_one(session: AsyncSession) -> None:
    user, day = await a_user(session), now().date() + timedelta(days=3)
    of_day = await a_task(session, user, due_date=day)
    before = await a_reminder(session, of_day, offset_minutes=30)
    fixed = await a_reminder(session, of_day, at=now() + HOUR)
    timed = await a_task(session, user, due_at=now() + 3 * HOUR)
    other = await a_reminder(session, timed, offset_minutes=30)
    unmoved = (fixed.next_fire_at, other.next_fire_at)
    assert before.next_fire_at is not None
    assert before.next_fire_at.time() == time(8, 30)
    await patch(session, user, all_day_time="18:00")
    for one in (before, fixed, other):
        await session.refresh(one)
    assert before.next_fire_at.time() == time(17, 30)
    assert (fixed.next_fire_at, other.next_fire_at) == unmoved
    assert (await a_reminder(session, of_day, offset_minutes=0)).next_fire_at.time() == time(18)  # type: ignore[union-attr]


# --- the default reminder of new timed tasks --------------------------------------------------


async def made(session: AsyncSession, user: User, **fields: Any) -> list[int | None]:
    """Add a task as the API does; return the offsets of its reminders."""
    new = TaskCreate.model_validate({"title": "x"} | fields)
    task = await tasks.create_task(session, owner_id=user.id, new=new)
    found = await reminders.list_reminders(session, owner_id=user.id, task_id=task.id)
    assert task.reminders_count == len(found)
    return [one.offset_minutes for one in found]


async def test_a_new_timed_task_gets_the_default_reminder(session: AsyncSession) -> None:
    user = await a_user(session)
    await a_task(session, user)  # makes the inbox
    in_an_hour = now() + HOUR
    assert await made(session, user, due_at=in_an_hour) == []
    await patch(session, user, default_reminder_minutes=30)
    assert await made(session, user, due_at=in_an_hour) == [30]
    assert await made(session, user, due_at=in_an_hour, default_reminder=False) == []
    assert await made(session, user) == []
    assert await made(session, user, due_date=now().date() + timedelta(days=1)) == []
    # too late for that: then when it is due
    assert await made(session, user, due_at=now() + HOUR / 6) == [0]
    # the next occurrence has its time
    daily = {"rrule": "FREQ=DAILY"}
    assert await made(session, user, due_at=now() + HOUR / 6, recurrence=daily) == [30]
