"""Links in reminders' mails: about one occurrence, good once, for whoever reads that mailbox."""

import asyncio
import hashlib
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from core.tests.make import HOUR, a_reminder, a_task, a_user, make_due
from taskbell.accounts.errors import LinkExpiredError
from taskbell.accounts.links import TTL
from taskbell.accounts.links import use as use_link
from taskbell.accounts.models import MailedLink, User
from taskbell.clock import now
from taskbell.db import Database
from taskbell.mail.jobs import ReminderPayload
from taskbell.reminders import links
from taskbell.reminders.delivering import DueReminder
from taskbell.reminders.errors import OccurrencePassedError, TaskDoneError, TaskGoneError
from taskbell.reminders.firing import fire_due
from taskbell.reminders.links import NewReminderLink
from taskbell.reminders.models import Reminder
from taskbell.reminders.service import delete_reminder
from taskbell.tasks.completion import set_completed, skip_occurrence
from taskbell.tasks.models import Task, TaskActivity
from taskbell.tasks.schemas import Recurrence, TaskPatch
from taskbell.tasks.service import update_task
from taskbell.tasks.trash import trash_task

DAY = timedelta(days=1)
DAILY = Recurrence(rrule="FREQ=DAILY", anchor="schedule")


@pytest.fixture
async def ada(session: AsyncSession) -> User:
    return await a_user(session, email="ada@example.com")


async def mailed(session: AsyncSession, task: Task, user: User) -> tuple[Reminder, str]:
    """Let a reminder of a task fire and its mail leave; return it, and the token of the link."""
    reminder = await a_reminder(session, task)
    await make_due(session, reminder)
    await fire_due(session)
    await session.refresh(reminder)
    assert reminder.last_fire_at is not None
    payload = ReminderPayload(
        reminder_id=reminder.id, fire_at=reminder.last_fire_at, planned_at=reminder.last_fire_at
    )
    link = NewReminderLink.make(DueReminder(user, task, task.due_at), payload)
    await links.keep(session, link)
    return reminder, link.token


async def a_repeating_task(session: AsyncSession, owner: User) -> Task:
    return await a_task(session, owner, due_at=now() + HOUR, rrule="FREQ=DAILY")


# --- what is kept -------------------------------------------------------------------------


async def test_many_links_are_kept_at_once_as_hashes(session: AsyncSession, ada: User) -> None:
    task = await a_task(session, ada)
    reminder = await a_reminder(session, task)
    payload = ReminderPayload(reminder_id=reminder.id, fire_at=now(), planned_at=now())
    due = DueReminder(ada, task, None)
    made = [NewReminderLink.make(due, payload) for _ in range(50)]
    assert len({link.token for link in made}) == 50
    assert all(len(link.token) == 43 for link in made), "256 bits in base64"
    await links.keep_many(session, [])
    await links.keep_many(session, made)
    stored = (await session.scalars(select(MailedLink))).all()
    assert {row.token_hash for row in stored} == {
        hashlib.sha256(link.token.encode()).digest() for link in made
    }
    assert {row.expires_at - row.created_at for row in stored} == {timedelta(days=7)}
    assert not any(link.token in repr(row.model_dump()) for link in made for row in stored)
    assert made[0].url("https://x.example") == f"https://x.example/reminder#token={made[0].token}"


async def test_a_link_of_a_deleted_reminder_is_gone(session: AsyncSession, ada: User) -> None:
    reminder, token = await mailed(session, await a_task(session, ada), ada)
    await delete_reminder(session, owner_id=ada.id, reminder_id=reminder.id)
    assert (await session.scalars(select(MailedLink))).all() == []
    with pytest.raises(LinkExpiredError):
        await links.look(session, token=token)


# --- looking ------------------------------------------------------------------------------


async def test_looking_changes_nothing(session: AsyncSession, ada: User) -> None:
    task = await a_task(session, ada, due_at=now() + HOUR, title="Call Zoë")
    reminder, token = await mailed(session, task, ada)
    for _ in range(3):
        shown = await links.look(session, token=token)
    assert (shown.title, shown.state, shown.due_at) == ("Call Zoë", "open", task.due_at)
    assert (shown.time_zone, shown.fire_at) == (task.time_zone, reminder.last_fire_at)
    assert (await links.complete(session, token=token)).outcome == "done"


async def test_what_has_become_of_it_is_shown(session: AsyncSession, ada: User) -> None:
    done, skipped = await a_repeating_task(session, ada), await a_repeating_task(session, ada)
    plain, gone = await a_task(session, ada), await a_task(session, ada)
    tokens = [(await mailed(session, one, ada))[1] for one in (done, skipped, plain, gone)]
    await set_completed(session, owner_id=ada.id, task_id=done.id, completed=True)
    await skip_occurrence(session, owner_id=ada.id, task_id=skipped.id)
    await set_completed(session, owner_id=ada.id, task_id=plain.id, completed=True)
    await trash_task(session, owner_id=ada.id, task_id=gone.id)
    states = [(await links.look(session, token=token)).state for token in tokens]
    assert states == ["done", "moved_on", "done", "gone"]


# --- done ---------------------------------------------------------------------------------


async def test_done_completes_the_task_once(session: AsyncSession, ada: User) -> None:
    task = await a_task(session, ada, due_at=now() + HOUR)
    _, token = await mailed(session, task, ada)
    used = await links.complete(session, token=token)
    assert (used.outcome, used.title) == ("done", task.title)
    await session.refresh(task)
    assert task.completed_at is not None
    (activity,) = await session.scalars(select(TaskActivity))
    assert (activity.action, activity.via, activity.actor_id) == ("completed", "mail_link", ada.id)
    for again in (links.look, links.complete):
        with pytest.raises(LinkExpiredError):
            await again(session, token=token)


async def test_done_moves_a_repeating_task_to_its_next_occurrence(
    session: AsyncSession, ada: User
) -> None:
    task = await a_repeating_task(session, ada)
    before = task.due_at
    _, token = await mailed(session, task, ada)
    assert (await links.complete(session, token=token)).outcome == "done"
    await session.refresh(task)
    assert before is not None
    assert (task.due_at, task.completed_at) == (before.replace(microsecond=0) + DAY, None)


async def test_done_never_completes_a_later_occurrence(session: AsyncSession, ada: User) -> None:
    """Two mails of one occurrence, say: the second Done must leave tomorrow's alone."""
    task = await a_repeating_task(session, ada)
    tokens = [(await mailed(session, task, ada))[1] for _ in range(2)]
    await links.complete(session, token=tokens[0])
    await session.refresh(task)
    tomorrow = task.occurrence
    assert (await links.complete(session, token=tokens[1])).outcome == "already_done"
    await session.refresh(task)
    assert (task.occurrence, task.completed_at) == (tomorrow, None)


async def test_done_after_the_task_moved_on_says_so(session: AsyncSession, ada: User) -> None:
    skipped, begun = await a_repeating_task(session, ada), await a_task(session, ada)
    tokens = [(await mailed(session, one, ada))[1] for one in (skipped, begun)]
    await skip_occurrence(session, owner_id=ada.id, task_id=skipped.id)
    patch = TaskPatch(due_at=now() + HOUR, recurrence=DAILY)
    await update_task(session, owner_id=ada.id, task_id=begun.id, patch=patch)
    for task, token in zip((skipped, begun), tokens, strict=True):
        with pytest.raises(OccurrencePassedError):
            await links.complete(session, token=token)
        with pytest.raises(OccurrencePassedError):
            await links.snooze(session, token=token, minutes=10)
        await session.refresh(task)
        assert task.completed_at is None
        assert (await links.look(session, token=token)).state == "moved_on", "and is not spent"


async def test_done_of_what_is_done_or_gone(session: AsyncSession, ada: User) -> None:
    done, gone = await a_task(session, ada), await a_task(session, ada)
    tokens = [(await mailed(session, one, ada))[1] for one in (done, gone)]
    await set_completed(session, owner_id=ada.id, task_id=done.id, completed=True)
    version = done.version
    await trash_task(session, owner_id=ada.id, task_id=gone.id)
    assert (await links.complete(session, token=tokens[0])).outcome == "already_done"
    await session.refresh(done)
    assert done.version == version
    with pytest.raises(TaskGoneError):
        await links.complete(session, token=tokens[1])


# --- later --------------------------------------------------------------------------------


async def test_snoozing_reminds_again(session: AsyncSession, ada: User) -> None:
    reminder, token = await mailed(session, await a_task(session, ada, due_at=now() + HOUR), ada)
    used = await links.snooze(session, token=token, minutes=30)
    await session.refresh(reminder)
    assert (used.outcome, used.snoozed_until) == ("snoozed", reminder.snoozed_until)
    assert reminder.state == "snoozed"
    assert used.snoozed_until is not None
    assert timedelta(minutes=29) < used.snoozed_until - now() <= timedelta(minutes=30)
    with pytest.raises(LinkExpiredError):
        await links.snooze(session, token=token, minutes=30)


async def test_what_is_done_cannot_be_snoozed(session: AsyncSession, ada: User) -> None:
    task = await a_task(session, ada)
    _, token = await mailed(session, task, ada)
    await set_completed(session, owner_id=ada.id, task_id=task.id, completed=True)
    with pytest.raises(TaskDoneError):
        await links.snooze(session, token=token, minutes=30)


# --- who, and for how long ----------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"is_active": False},
        {"deletion_at": now() + DAY},
        {"email": "new@example.com"},
    ],
    ids=["disabled", "leaving", "at another address"],
)
async def test_links_end_with_the_account_and_the_address(
    session: AsyncSession, ada: User, change: dict[str, object]
) -> None:
    task = await a_task(session, ada)
    _, token = await mailed(session, task, ada)
    for field, value in change.items():
        setattr(ada, field, value)
    await session.flush()
    with pytest.raises(LinkExpiredError):
        await links.look(session, token=token)
    with pytest.raises(LinkExpiredError):
        await links.complete(session, token=token)
    await session.refresh(task)
    assert task.completed_at is None


async def test_a_link_works_for_a_week(session: AsyncSession, ada: User) -> None:
    _, token = await mailed(session, await a_task(session, ada), ada)

    async def pass_by(time: timedelta) -> None:
        await session.execute(
            update(MailedLink)
            .values(expires_at=MailedLink.expires_at - time)
            .execution_options(synchronize_session=False)
        )
        session.expunge_all()

    await pass_by(TTL["reminder_action"] - timedelta(minutes=1))
    assert (await links.look(session, token=token)).state == "open"
    await pass_by(timedelta(minutes=1))
    with pytest.raises(LinkExpiredError):
        await links.complete(session, token=token)


async def test_a_link_is_good_for_nothing_else(session: AsyncSession, ada: User) -> None:
    _, token = await mailed(session, await a_task(session, ada), ada)
    for purpose in TTL:
        if purpose != "reminder_action":
            with pytest.raises(LinkExpiredError):
                await use_link(session, token=token, purposes=(purpose,))
    for wrong in ("", "x", token[:-1], token + "x"):
        with pytest.raises(LinkExpiredError):
            await links.complete(session, token=wrong)


async def test_of_many_at_once_one_gets_it(empty_database: Database) -> None:
    async with empty_database.transaction() as session:
        user = await a_user(session)
        task = await a_repeating_task(session, user)
        _, token = await mailed(session, task, user)

    async def done() -> str:
        async with empty_database.transaction() as session:
            return (await links.complete(session, token=token)).outcome

    outcomes = await asyncio.gather(*(done() for _ in range(6)), return_exceptions=True)
    assert [one for one in outcomes if not isinstance(one, LinkExpiredError)] == ["done"]
    async with empty_database.transaction() as session:
        stored = await session.scalar(select(Task).where(col(Task.id) == task.id))
    assert stored is not None
    assert (stored.occurrence_number, stored.completed_at) == (2, None)


async def test_using_a_link_and_deleting_its_reminder_do_not_wait_for_each_other(
    empty_database: Database,
) -> None:
    for _ in range(5):
        async with empty_database.transaction() as session:
            user = await a_user(session)
            reminder, token = await mailed(session, await a_task(session, user), user)

        async def done(token: str = token) -> None:
            async with empty_database.transaction() as session:
                await links.complete(session, token=token)

        async def delete(user: User = user, reminder: Reminder = reminder) -> None:
            async with empty_database.transaction() as session:
                await delete_reminder(session, owner_id=user.id, reminder_id=reminder.id)

        outcomes = await asyncio.gather(done(), delete(), return_exceptions=True)
        assert all(one is None or isinstance(one, LinkExpiredError) for one in outcomes), outcomes
