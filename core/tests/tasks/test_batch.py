"""Many operations at once: in order, all of them or none."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession

from core.tests.make import a_list, a_reminder, a_task, a_user, some_id
from core.tests.tasks.whole import check_whole
from taskbell.accounts.models import User
from taskbell.clock import now
from taskbell.db import Database
from taskbell.errors import TaskbellError
from taskbell.tasks import batch
from taskbell.tasks.batch import MOST_OPERATIONS, Batch, Result
from taskbell.tasks.errors import TaskNotFoundError
from taskbell.tasks.history import undo_last_change
from taskbell.tasks.models import Task

NINE = datetime(2030, 1, 31, 9, tzinfo=UTC)


@pytest.fixture
async def ada(session: AsyncSession) -> User:
    return await a_user(session)


async def run(session: AsyncSession, owner: User, *operations: dict[str, Any]) -> list[Result]:
    wanted = Batch.model_validate({"operations": operations}).operations
    return await batch.run(session, owner_id=owner.id, operations=wanted, via="session")


async def test_each_operation_in_order(session: AsyncSession, ada: User) -> None:
    task, other = await a_task(session, ada, title="a"), await a_task(session, ada, title="b")
    series = await a_task(session, ada, due_at=NINE, rrule="FREQ=DAILY")
    gone, trashed = await a_task(session, ada), await a_task(session, ada, deleted_at=now())
    found = await run(
        session, ada,
        {"op": "create", "task": {"title": "new"}},
        {"op": "update", "id": task.id, "patch": {"title": "y"}, "if_version": 1},
        {"op": "complete", "id": task.id, "if_version": 2},
        {"op": "complete", "id": series.id, "occurrence": "2030-01-31T09:00:00"},
        {"op": "skip", "id": series.id},
        {"op": "move", "id": task.id, "after_id": other.id},
        {"op": "delete", "id": other.id},
        {"op": "delete", "id": gone.id, "permanent": True},
        {"op": "restore", "id": trashed.id},
    )  # fmt: skip
    assert [(one.op, one.status) for one in found] == [
        ("create", 201), ("update", 200), ("complete", 200), ("complete", 200), ("skip", 200),
        ("move", 200), ("delete", 204), ("delete", 204), ("restore", 200),
    ]  # fmt: skip
    assert [one.id for one in found[1:]] == [
        one.id for one in (task, task, series, series, task, other, gone, trashed)
    ]
    shown = [one.task for one in found]
    assert (shown[6], shown[7]) == (None, None)
    assert shown[1] is not None
    assert shown[1] == shown[2] == shown[5], "as they are at the end"
    assert (shown[1].title, shown[1].completed, shown[1].version) == ("y", True, 4)
    assert shown[4] is not None
    assert shown[4].occurrence == "2030-02-02T09:00:00"
    await check_whole(session)


async def test_what_is_made_can_be_used_at_once(session: AsyncSession, ada: User) -> None:
    ids = [some_id() for _ in range(4)]
    home = await a_list(session, ada)
    found = await run(
        session, ada,
        {"op": "create", "task": {"id": ids[0], "title": "a", "list_id": home.id}},
        {"op": "create", "task": {"id": ids[1], "title": "b", "parent_id": ids[0]}},
        {"op": "create", "task": {"id": ids[2], "title": "c", "list_id": home.id}},
        {"op": "create", "task": {"id": ids[3], "title": "d", "labels": ["x"]}},
        {"op": "move", "id": ids[2], "parent_id": ids[0], "before_id": ids[1]},
        {"op": "complete", "id": ids[0], "subtasks": "complete"},
        {"op": "delete", "id": ids[3]},
        {"op": "restore", "id": ids[3]},
    )  # fmt: skip
    tasks = {one.id: one.task for one in found if one.task}
    assert [tasks[one].completed for one in ids] == [True, True, True, False]
    assert (tasks[ids[0]].subtasks_count, tasks[ids[2]].parent_id) == (2, ids[0])
    assert tasks[ids[2]].position < tasks[ids[1]].position
    assert len(await check_whole(session)) == 4


X = UUID("0198f2a4-c1d3-7d1b-8a55-c1c6c1f0a003")
ERRORS: list[tuple[dict[str, Any], str, str]] = [
    # an operation, the code of its error, and the place that it names
    (
        {"op": "create", "task": {"title": "x", "parent_id": X}},
        "parent_not_found",
        ".task.parent_id",
    ),
    (
        {"op": "create", "task": {"title": "x", "recurrence": {"rrule": "x"}}},
        "invalid_recurrence",
        ".task.recurrence.rrule",
    ),
    ({"op": "update", "id": X, "patch": {"title": "y"}}, "task_not_found", ""),
    ({"op": "update", "id": "mine", "patch": {}, "if_version": 7}, "version_mismatch", ""),
    (
        {"op": "update", "id": "mine", "patch": {"due_at": NINE, "due_date": "2030-01-01"}},
        "two_due_times",
        ".patch.due_at",
    ),
    (
        {"op": "update", "id": "mine", "patch": {"parent_id": "mine"}},
        "parent_cycle",
        ".patch.parent_id",
    ),
    ({"op": "complete", "id": "mine", "occurrence": "2030-01-01"}, "occurrence_gone", ""),
    ({"op": "skip", "id": "mine"}, "not_repeating", ""),
    ({"op": "move", "id": "mine", "after_id": X}, "not_a_sibling", ".after_id"),
    ({"op": "move", "id": "mine", "list_id": X}, "list_not_found", ""),
    ({"op": "delete", "id": X}, "task_not_found", ""),
    ({"op": "restore", "id": X, "if_version": 1}, "task_not_found", ""),
]


@pytest.mark.parametrize(("operation", "code", "place"), ERRORS)
async def test_the_one_that_fails_is_named(
    session: AsyncSession, ada: User, operation: dict[str, Any], code: str, place: str
) -> None:
    mine = str((await a_task(session, ada)).id)
    text = Batch.model_validate(
        {"operations": [{"op": "complete", "id": mine}] * 3 + [_with(operation, mine)]}
    )
    with pytest.raises(TaskbellError) as refused:
        await batch.run(session, owner_id=ada.id, operations=text.operations, via="session")
    error = refused.value
    assert error.code == code
    assert [one["field"] for one in error.errors] == [f"body.operations.3{place}"]
    assert error.errors[0]["message"]


def _with(operation: Any, mine: str) -> Any:
    if isinstance(operation, dict):
        return {name: _with(value, mine) for name, value in operation.items()}
    return mine if operation == "mine" else operation


async def test_nothing_happens_when_one_fails(empty_database: Database) -> None:
    async with empty_database.transaction() as session:
        ada = await a_user(session)
        task = await a_task(session, ada, title="a")
        await a_reminder(session, task)

    async def everything() -> list[dict[str, Any]]:
        async with empty_database.transaction() as session:
            return [one.model_dump() for one in await check_whole(session)]

    before = await everything()
    with pytest.raises(TaskNotFoundError):
        async with empty_database.transaction() as session:
            await run(
                session, ada,
                {"op": "create", "task": {"title": "new", "labels": ["x"], "parent_id": task.id}},
                {"op": "complete", "id": task.id, "subtasks": "complete"},
                {"op": "delete", "id": task.id},
                {"op": "update", "id": task.id, "patch": {"title": "y"}},
            )  # fmt: skip
    assert await everything() == before


@pytest.mark.parametrize(
    "operations",
    [
        [], [{"op": "create", "task": {"title": "x"}}] * (MOST_OPERATIONS + 1), [{"op": "explode"}],
        [{"op": "delete", "id": "x"}], [{"op": "delete", "id": str(X), "permanent": 1}],
        [{"op": "update", "id": str(X)}], [{"op": "complete", "id": str(X), "if_version": 0}],
        [{"op": "update", "id": str(X), "patch": {"title": None}}],
        [{"op": "move", "id": str(X), "after_id": str(X), "before_id": str(X)}],
        [{"op": "restore", "id": str(X), "title": "x"}],
    ],
)  # fmt: skip
def test_what_is_no_batch(operations: list[dict[str, Any]]) -> None:
    with pytest.raises(ValidationError):
        Batch.model_validate({"operations": operations})


async def test_each_operation_is_undone_for_itself(session: AsyncSession, ada: User) -> None:
    one, other = await a_task(session, ada), await a_task(session, ada)
    await run(session, ada, *({"op": "complete", "id": task.id} for task in (one, other)))
    await undo_last_change(session, owner_id=ada.id, task_id=one.id)
    assert (one.completed, other.completed) == (False, True)


@contextmanager
def statements(session: AsyncSession) -> Iterator[list[str]]:
    """What is sent to the database."""
    seen: list[str] = []
    engine = session.get_bind().engine

    def note(*given: Any) -> None:
        seen.append(given[2])

    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


MANY: dict[str, tuple[dict[str, Any], int]] = {
    # an operation, and how many statements each of a hundred takes at most
    "create": ({"op": "create", "task": {"title": "x", "labels": ["a", "b"]}}, 4),
    "update": ({"op": "update", "id": "mine", "patch": {"title": "y"}}, 3),
    "complete": ({"op": "complete", "id": "mine"}, 5),
    "series": ({"op": "complete", "id": "mine"}, 9),
    "move": ({"op": "move", "id": "mine", "after_id": "other"}, 6),
    "delete": ({"op": "delete", "id": "mine"}, 7),
}


@pytest.mark.parametrize("name", MANY)
async def test_a_hundred_operations(session: AsyncSession, ada: User, name: str) -> None:
    """Whatever they do, what each costs does not grow with their number."""
    operation, most = MANY[name]
    more = {"due_at": NINE, "rrule": "FREQ=DAILY"} if name == "series" else {}
    tasks = [await a_task(session, ada, **more) for _ in range(MOST_OPERATIONS)]
    filled = [_with(operation, str(task.id)) for task in tasks]
    for number, one in enumerate(filled):
        if "after_id" in one:
            one["after_id"] = str(tasks[number - 1].id)
    with statements(session) as seen:
        assert len(await run(session, ada, *filled)) == MOST_OPERATIONS
    assert len(seen) <= MOST_OPERATIONS * most + 3, len(seen)


async def test_two_batches_in_opposite_order_wait_for_each_other(empty_database: Database) -> None:
    async with empty_database.transaction() as session:
        ada = await a_user(session)
        tasks = [await a_task(session, ada) for _ in range(10)]

    async def rename(order: list[Task], title: str) -> None:
        async with empty_database.transaction() as session:
            patches = ({"op": "update", "id": one.id, "patch": {"title": title}} for one in order)
            await run(session, ada, *patches)

    async with asyncio.timeout(20):
        await asyncio.gather(rename(tasks, "x"), rename(tasks[::-1], "y"))
    async with empty_database.transaction() as session:
        assert len({task.title for task in await check_whole(session)}) == 1
