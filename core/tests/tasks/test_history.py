"""What happened to a task, and taking it back."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from core.tests.make import a_list, a_reminder, a_task, a_user, some_id
from core.tests.tasks.whole import check_whole
from taskbell.accounts.models import User
from taskbell.clock import now
from taskbell.labels import service as labels
from taskbell.labels.models import Label
from taskbell.labels.schemas import LabelPatch
from taskbell.paging import InvalidCursorError
from taskbell.tasks import rows, service, trash
from taskbell.tasks.activity_schemas import ActivityOut
from taskbell.tasks.completion import list_completions, set_completed, skip_occurrence
from taskbell.tasks.errors import (
    NothingToUndoError,
    TaskChangedError,
    TaskNotFoundError,
)
from taskbell.tasks.history import list_activity, undo_last_change
from taskbell.tasks.models import Task, TaskActivity
from taskbell.tasks.moving import move_task
from taskbell.tasks.schemas import Move, TaskOut, TaskPatch, TaskPut

NINE = datetime(2030, 1, 31, 9, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
async def ada(session: AsyncSession) -> User:
    return await a_user(session)


Act = Callable[..., Awaitable[Any]]


async def do(session: AsyncSession, act: Act, task: Task, **how: Any) -> Any:
    return await act(session, owner_id=task.owner_id, task_id=task.id, **how)


async def patch(session: AsyncSession, task: Task, **fields: Any) -> None:
    await do(session, service.update_task, task, patch=TaskPatch(**fields))


async def undo(session: AsyncSession, task: Task, **how: Any) -> Task:
    undone: Task = await do(session, undo_last_change, task, **how)
    return undone


async def changes(session: AsyncSession, task: Task) -> list[ActivityOut]:
    """The newest first."""
    found = await do(session, list_activity, task, per_page=100)
    assert found.total == len(found.items)
    return list(found.items)


async def shown(session: AsyncSession, task: Task) -> dict[str, Any]:
    """The task as the API shows it, but for what rises with each change."""
    row = await rows.read(session, owner_id=task.owner_id, task_id=task.id)
    return TaskOut.of(row).model_dump(exclude={"version", "updated_at"})


async def test_every_change_is_noted(session: AsyncSession, ada: User) -> None:
    work = await a_list(session, ada)
    task = await a_task(session, ada, title="x", labels=["a"], due_at=NINE)
    home, place = task.list_id, task.position
    await patch(session, task, title="y", labels=["b", "a"], description="")
    await do(session, set_completed, task)
    await do(session, set_completed, task)
    await do(session, move_task, task, to=Move(list_id=work.id))
    await do(session, trash.trash_task, task)
    await do(session, trash.restore_task, task)
    await undo(session, task, via="api_token")
    found = await changes(session, task)
    assert [(one.action, one.version, one.undone) for one in reversed(found)] == [
        ("created", 1, False), ("updated", 2, False), ("completed", 3, False),
        ("reopened", 4, False), ("moved", 5, False), ("deleted", 6, False), ("restored", 7, True),
        ("undone", 8, False),
    ]  # fmt: skip
    updated, moved = found[-2], found[-5]
    assert updated.before == {"title": "x", "labels": ["a"]}
    assert updated.after == {"title": "y", "labels": ["b", "a"]}
    assert moved.before == {"list_id": str(home), "position": place}
    assert {found[0].by.via, found[1].by.via} == {"api_token", "system"}
    assert {one.by.user_id for one in found} == {ada.id}


async def test_a_change_that_changes_nothing_is_none(session: AsyncSession, ada: User) -> None:
    task = await a_task(session, ada, title="x", labels=["a"], due_at=NINE)
    await patch(session, task, title="x", labels=["A"], due_at=NINE, priority="medium")
    assert [one.action for one in await changes(session, task)] == ["created"]
    with pytest.raises(NothingToUndoError):
        await undo(session, task)


async def test_activity_is_paged(session: AsyncSession, ada: User) -> None:
    task = await a_task(session, ada)
    for number in range(5):
        await patch(session, task, title=f"{number}")
    for per_page in (1, 2, 3, 6, 7):
        how: dict[str, Any] = {"per_page": per_page}
        page = await do(session, list_activity, task, **how)
        assert page.total == 6
        seen = list(page.items)
        number = 1
        while page.next_cursor:
            number += 1
            by_number = await do(session, list_activity, task, **how, page=number)
            page = await do(session, list_activity, task, **how, cursor=page.next_cursor)
            assert page.items == by_number.items
            seen += page.items
        assert [one.version for one in seen] == [6, 5, 4, 3, 2, 1]
        assert not (await do(session, list_activity, task, **how, page=number + 1)).items
    for bad in ("x", "W10", "WzFd", "WyJ4Il0", "W3RydWVd"):
        with pytest.raises(InvalidCursorError):
            await do(session, list_activity, task, cursor=bad)
    with pytest.raises(TaskNotFoundError):
        await list_activity(session, owner_id=(await a_user(session)).id, task_id=task.id)


PUT = TaskPut(title="z", due_date=date(2030, 5, 5))
PATCHES: list[dict[str, Any]] = [
    {"title": "y"}, {"description": None, "priority": "low"}, {"labels": []}, {"labels": ["q"]},
    {"due_at": NINE + DAY}, {"due_date": date(2030, 3, 1)}, {"recurrence": None},
    {"due_at": None, "recurrence": None}, {"recurrence": {"rrule": "FREQ=YEARLY"}},
    {"time_zone": "Asia/Tokyo"}, {"list_id": None}, {"parent_id": None, "title": "y"},
]  # fmt: skip
ACTS: list[tuple[Act, dict[str, Any]]] = [
    *((service.update_task, {"patch": TaskPatch(**fields)}) for fields in PATCHES),
    (service.replace_task, {"new": PUT}),
    (set_completed, {}),
    (skip_occurrence, {}),
    (move_task, {"to": Move()}),
    (move_task, {"to": Move(parent_id=None)}),
    (trash.trash_task, {}),
]


@pytest.mark.parametrize(("act", "how"), ACTS)
async def test_every_change_can_be_taken_back(
    session: AsyncSession, ada: User, act: Act, how: dict[str, Any]
) -> None:
    home = await a_list(session, ada)
    above = await a_task(session, ada, list_id=home.id)
    task = await a_task(
        session, ada, description="x", priority="urgent", labels=["x", "y"], due_at=NINE,
        start_date=date(2030, 1, 1), parent_id=above.id, rrule="FREQ=DAILY",
    )  # fmt: skip
    below = await a_task(session, ada, parent_id=task.id, completed_at=now())
    await a_task(session, ada, parent_id=above.id)
    reminder = await a_reminder(session, task, offset_minutes=10)
    before = [await shown(session, one) for one in (above, task, below)]
    await do(session, act, task, **how)
    assert await shown(session, task) != before[1]
    await undo(session, task)
    assert [await shown(session, one) for one in (above, task, below)] == before
    await check_whole(session)
    await session.refresh(reminder)
    assert (reminder.state, reminder.next_fire_at) == ("scheduled", NINE - timedelta(minutes=10))
    assert not (await do(session, list_completions, task)).items
    with pytest.raises(NothingToUndoError):
        await undo(session, task)


async def test_changes_are_taken_back_one_after_the_other(session: AsyncSession, ada: User) -> None:
    task = await a_task(session, ada, due_date=date(2030, 1, 31), rrule="FREQ=DAILY;COUNT=2")
    states = []
    for act in (
        patch(session, task, title="y"), do(session, set_completed, task),
        patch(session, task, due_date=date(2030, 2, 9)), do(session, set_completed, task),
        do(session, set_completed, task), do(session, set_completed, task),
        patch(session, task, title="z"), do(session, trash.trash_task, task),
    ):  # fmt: skip
        states.append(await shown(session, task))
        await act
    assert task.completed
    for state in reversed(states):
        await undo(session, task)
        assert await shown(session, task) == state
    assert not (await do(session, list_completions, task)).items
    await patch(session, task, title="new")
    assert (await undo(session, task)).title == "Water the plants"


async def test_if_match_works(session: AsyncSession, ada: User) -> None:
    task = await a_task(session, ada)
    await patch(session, task, title="y")
    with pytest.raises(TaskChangedError):
        await undo(session, task, if_version=1)
    await undo(session, task, if_version=2)
    for owner_id, task_id in ((some_id(), task.id), (ada.id, some_id())):
        with pytest.raises(TaskNotFoundError):
            await undo_last_change(session, owner_id=owner_id, task_id=task_id)


async def test_the_series_is_undone_with_its_history(session: AsyncSession, ada: User) -> None:
    task = await a_task(session, ada, due_at=NINE, rrule="FREQ=DAILY")
    for _ in range(3):
        await do(session, set_completed, task)
    await undo(session, task)
    assert task.due_at == NINE + 2 * DAY
    history = await do(session, list_completions, task)
    assert [one.occurrence[:10] for one in history.items] == ["2030-02-01", "2030-01-31"]
    await do(session, set_completed, task, occurrence="2030-02-02T09:00:00")
    assert task.due_at == NINE + 3 * DAY


async def test_labels_come_back_even_if_they_are_gone(session: AsyncSession, ada: User) -> None:
    task = await a_task(session, ada, labels=["old", "other"])
    await patch(session, task, labels=[])
    (old,) = (await session.scalars(select(Label).where(col(Label.name) == "old"))).all()
    await labels.delete_label(session, owner_id=ada.id, label_id=old.id)
    await undo(session, task)
    assert (await shown(session, task))["labels"] == ["old", "other"]
    names = [one.name for one in await labels.list_labels(session, owner_id=ada.id)]
    assert names == ["old", "other"]


async def test_nothing_is_noted_of_a_label_in_the_stack(session: AsyncSession, ada: User) -> None:
    """Renaming one is no change of a task to take back; its version rises all the same."""
    task = await a_task(session, ada, labels=["old"])
    await patch(session, task, title="y")
    (old,) = await labels.list_labels(session, owner_id=ada.id)
    await labels.update_label(
        session, owner_id=ada.id, label_id=old.id,
        patch=LabelPatch(name="new"),
    )  # fmt: skip
    await session.refresh(task)
    assert task.version == 3
    undone = await undo(session, task)
    assert (undone.title, undone.label_names, undone.version) == ("Water the plants", "new", 4)


async def test_an_activity_row_names_the_version_it_led_to(
    session: AsyncSession, ada: User
) -> None:
    task = await a_task(session, ada)
    await patch(session, task, title="y")
    await undo(session, task)
    found = await session.scalars(select(TaskActivity).order_by(col(TaskActivity.version)))
    assert [(one.version, one.before, one.after) for one in found] == [
        (2, {"title": "Water the plants"}, {"title": "y"}),
        (3, {"title": "y"}, {"title": "Water the plants"}),
    ]
