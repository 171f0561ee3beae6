"""Completing: once, with subtasks, and from one occurrence to the next."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from core.tests.make import a_reminder, a_task, a_user
from core.tests.tasks.whole import check_whole
from taskbell.accounts.models import User
from taskbell.clock import now
from taskbell.paging import InvalidCursorError
from taskbell.recurrence.errors import InvalidRecurrenceError
from taskbell.tasks import completion
from taskbell.tasks import service as tasks
from taskbell.tasks.errors import NotRepeatingError, OccurrenceGoneError, TaskNotFoundError
from taskbell.tasks.models import Task
from taskbell.tasks.schemas import TaskPatch

DAY = timedelta(days=1)
NINE = datetime(2030, 1, 31, 9, tzinfo=UTC)


@pytest.fixture
async def ada(session: AsyncSession) -> User:
    return await a_user(session)


async def complete(session: AsyncSession, task: Task, **how: Any) -> Task:
    who: dict[str, Any] = {"owner_id": task.owner_id, "task_id": task.id}
    return await completion.set_completed(session, **who, **({"completed": True} | how))


async def skip(session: AsyncSession, task: Task, **how: Any) -> Task:
    who: dict[str, Any] = {"owner_id": task.owner_id, "task_id": task.id}
    return await completion.skip_occurrence(session, **who, **how)


async def patch(session: AsyncSession, task: Task, **fields: Any) -> Task:
    who: dict[str, Any] = {"owner_id": task.owner_id, "task_id": task.id}
    return await tasks.update_task(session, **who, patch=TaskPatch(**fields))


async def done(session: AsyncSession, task: Task) -> list[tuple[str, str]]:
    """The history of a task, the newest first."""
    who: dict[str, Any] = {"owner_id": task.owner_id, "task_id": task.id}
    found = await completion.list_completions(session, **who, per_page=100)
    assert found.total == len(found.items)
    return [(one.occurrence, one.outcome) for one in found.items]


async def test_a_series_goes_on_from_its_schedule(session: AsyncSession, ada: User) -> None:
    task = await a_task(session, ada, due_at=NINE, rrule="FREQ=WEEKLY")
    assert (task.occurrence, task.completed) == ("2030-01-31T09:00:00", False)
    await complete(session, task)
    assert (task.due_at, task.occurrence) == (NINE + 7 * DAY, "2030-02-07T09:00:00")
    assert (task.completed, task.version) == (False, 2)
    (found,) = (await completion.list_completions(session, owner_id=ada.id, task_id=task.id)).items
    assert (found.occurrence, found.outcome) == ("2030-01-31T09:00:00", "completed")
    assert (found.due_at, found.due_date) == (NINE, None)


async def test_a_series_goes_on_from_the_day_it_was_done(session: AsyncSession, ada: User) -> None:
    rule: dict[str, Any] = {"rrule": "FREQ=DAILY;INTERVAL=3", "anchor": "completion"}
    today = now().date()
    early = await a_task(session, ada, due_date=today + 30 * DAY, **rule)
    late = await a_task(session, ada, due_date=today - 30 * DAY, **rule)
    for task in (early, late):
        await complete(session, task)
        assert task.due_date == today + 3 * DAY


async def test_what_was_done_ahead_does_not_come_once_more(
    session: AsyncSession, ada: User
) -> None:
    today = now().date()
    rule: dict[str, Any] = {"rrule": "FREQ=DAILY", "anchor": "completion"}
    task = await a_task(session, ada, due_date=today + 2 * DAY, **rule)
    days = []
    for _ in range(4):
        days.append(task.due_date)
        await complete(session, task)
    assert days == [today + number * DAY for number in (2, 1, 3, 4)]
    assert len(await done(session, task)) == 4


async def test_missed_ones_are_skipped(session: AsyncSession, ada: User) -> None:
    long_ago = now() - timedelta(days=9, hours=1)
    timed = await a_task(session, ada, due_at=long_ago, rrule="FREQ=DAILY")
    await complete(session, timed)
    assert timed.due_at is not None
    assert timed.due_at == (long_ago + 10 * DAY).replace(microsecond=0)
    daily = await a_task(session, ada, due_date=now().date() - 5 * DAY, rrule="FREQ=DAILY")
    await complete(session, daily)
    assert daily.due_date == now().date(), "today's is not missed yet"
    assert len(await done(session, daily)) == 1


@pytest.mark.parametrize("anchor", ["schedule", "completion"])
async def test_the_last_one_completes_it_for_good(
    session: AsyncSession, ada: User, anchor: str
) -> None:
    rule: dict[str, Any] = {"rrule": "FREQ=DAILY;COUNT=3", "anchor": anchor}
    task = await a_task(session, ada, due_date=date(2030, 1, 31), **rule)
    for number in range(3):
        assert not task.completed
        await complete(session, task)
        assert (task.occurrence_number, len(await done(session, task))) == (
            min(number + 2, 3),
            number + 1,
        )
    assert task.completed
    version = task.version
    await complete(session, task)
    assert (task.version, len(await done(session, task))) == (version, 3)


async def test_until_is_the_last_day(session: AsyncSession, ada: User) -> None:
    rule = "FREQ=DAILY;UNTIL=20300202"
    task = await a_task(session, ada, due_date=date(2030, 1, 31), rrule=rule)
    for _ in range(3):
        assert not task.completed
        await complete(session, task)
    assert (task.completed, task.due_date) == (True, date(2030, 2, 2))


async def test_the_last_one_is_reopened(session: AsyncSession, ada: User) -> None:
    rule = "FREQ=DAILY;COUNT=2"
    task = await a_task(session, ada, due_date=date(2030, 1, 31), rrule=rule)
    await complete(session, task)
    last = await complete(session, task, occurrence="2030-02-01")
    assert last.completed
    await complete(session, task, completed=False)
    assert (task.completed, task.occurrence) == (False, "2030-02-01")
    assert await done(session, task) == [("2030-01-31", "completed")]
    await complete(session, task, completed=None)
    assert (task.completed, len(await done(session, task))) == (True, 2)


async def test_one_is_skipped(session: AsyncSession, ada: User) -> None:
    rule = "FREQ=DAILY;COUNT=2"
    task = await a_task(session, ada, due_date=date(2030, 1, 31), rrule=rule)
    await skip(session, task, occurrence="2030-01-31")
    assert (task.due_date, task.completed) == (date(2030, 2, 1), False)
    await skip(session, task)
    assert task.completed, "nothing comes after it"
    assert await done(session, task) == [("2030-02-01", "skipped"), ("2030-01-31", "skipped")]
    with pytest.raises(NotRepeatingError):
        await skip(session, task)
    with pytest.raises(NotRepeatingError):
        await skip(session, await a_task(session, ada))


async def test_the_occurrence_that_is_meant(session: AsyncSession, ada: User) -> None:
    task = await a_task(session, ada, due_date=date(2030, 1, 31), rrule="FREQ=DAILY")
    await complete(session, task, occurrence="2030-01-31")
    for act in (complete, skip):  # a late repeat of it
        await act(session, task, occurrence="2030-01-31")
    assert (task.version, task.occurrence) == (2, "2030-02-01")
    assert await done(session, task) == [("2030-01-31", "completed")]
    for gone in ("2030-02-02", "2030-01-30", "2030-02-01T09:00:00"):
        for act in (complete, skip):
            with pytest.raises(OccurrenceGoneError):
                await act(session, task, occurrence=gone)
    with pytest.raises(OccurrenceGoneError):
        await complete(session, await a_task(session, ada), occurrence="2030-01-31")


async def test_a_series_that_begins_anew_may_pass_what_was_done(
    session: AsyncSession, ada: User
) -> None:
    task = await a_task(session, ada, due_date=date(2030, 1, 31), rrule="FREQ=DAILY")
    for _ in range(3):
        await complete(session, task)
    again = {"rrule": "FREQ=DAILY", "anchor": "schedule"}
    await patch(session, task, due_date=date(2030, 1, 31), recurrence=again)
    assert (task.occurrence, task.occurrence_number) == ("2030-01-31", 1)
    await skip(session, task, occurrence="2030-01-31")
    await complete(session, task)
    assert task.occurrence == "2030-02-02"
    assert await done(session, task) == [
        ("2030-02-01", "completed"), ("2030-01-31", "skipped"), ("2030-02-02", "completed"),
    ]  # fmt: skip


async def test_the_history_is_paged(session: AsyncSession, ada: User) -> None:
    task = await a_task(session, ada, due_date=date(2030, 1, 31), rrule="FREQ=DAILY")
    for _ in range(5):
        await complete(session, task)
    who: dict[str, Any] = {"owner_id": ada.id, "task_id": task.id, "per_page": 2}
    page = await completion.list_completions(session, **who)
    seen = [one.occurrence for one in page.items]
    while page.next_cursor:
        page = await completion.list_completions(session, **who, cursor=page.next_cursor)
        seen += [one.occurrence for one in page.items]
    assert seen == ["2030-02-04", "2030-02-03", "2030-02-02", "2030-02-01", "2030-01-31"]
    last = await completion.list_completions(session, **who, page=3)
    assert [one.occurrence for one in last.items] == seen[4:]
    with pytest.raises(InvalidCursorError):
        await completion.list_completions(session, **who, cursor="x")
    with pytest.raises(TaskNotFoundError):
        await completion.list_completions(
            session, owner_id=(await a_user(session)).id, task_id=task.id
        )


# --- subtasks and reminders -----------------------------------------------------------------------


async def test_subtasks_are_kept_or_completed_too(session: AsyncSession, ada: User) -> None:
    top = await a_task(session, ada)
    child = await a_task(session, ada, parent_id=top.id)
    below = await a_task(session, ada, parent_id=child.id)
    trashed = await a_task(session, ada, parent_id=child.id, deleted_at=now())
    await session.refresh(child)
    await complete(session, top)
    assert (top.completed, child.completed, below.completed) == (True, False, False)
    await complete(session, top, completed=False)
    await complete(session, below)
    before = below.completed_at
    await complete(session, top, subtasks="complete")
    assert (child.completed, below.completed_at, trashed.completed) == (True, before, False)
    assert (child.version, below.version) == (2, 2)
    await complete(session, top, completed=False, subtasks="complete")
    assert (top.completed, child.completed) == (False, True)
    for one in (top, child):
        await complete(session, one, completed=one is top)
    await complete(session, top, subtasks="complete")
    assert child.completed, "though its parent was done already"


@pytest.mark.parametrize("subtasks", ["keep", "complete"])
async def test_subtasks_are_there_anew_for_the_next_occurrence(
    session: AsyncSession, ada: User, subtasks: str
) -> None:
    top = await a_task(session, ada, due_at=NINE, rrule="FREQ=WEEKLY;COUNT=2")
    child = await a_task(session, ada, parent_id=top.id)
    below = await a_task(session, ada, parent_id=child.id)
    for one in (child, below):
        await complete(session, one)
    await complete(session, top, subtasks=subtasks)
    assert [one.completed for one in (top, child, below)] == [False, False, False]
    await complete(session, top, subtasks=subtasks)
    assert [one.completed for one in (top, child)] == [True, subtasks == "complete"]
    await check_whole(session)


async def test_reminders_move_to_the_next_occurrence(session: AsyncSession, ada: User) -> None:
    task = await a_task(session, ada, due_at=NINE, rrule="FREQ=DAILY;COUNT=2")
    before = await a_reminder(session, task, offset_minutes=30)
    fixed = await a_reminder(session, task, at=NINE)
    await complete(session, task)
    await session.refresh(before)
    await session.refresh(fixed)
    assert (before.state, before.next_fire_at) == (
        "scheduled",
        NINE + DAY - timedelta(minutes=30),
    )
    assert fixed.next_fire_at == NINE
    await complete(session, task)
    await session.refresh(before)
    assert (before.state, before.next_fire_at) == ("cancelled", None)


async def test_a_rule_that_is_none_changes_nothing(session: AsyncSession, ada: User) -> None:
    task = await a_task(session, ada, due_at=NINE, rrule="FREQ=DAILY")
    with pytest.raises(InvalidRecurrenceError) as refused:
        await patch(session, task, recurrence={"rrule": "FREQ=NEVER"})
    assert refused.value.errors[0]["field"] == "body.recurrence.rrule"
    assert (task.rrule, task.version) == ("FREQ=DAILY", 1)
