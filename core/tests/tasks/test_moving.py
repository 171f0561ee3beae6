"""The order of tasks: where a task goes, and that nothing is lost when several move at once."""

import asyncio
import random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from core.tests.make import a_list, a_task, a_user, some_id
from core.tests.tasks.whole import check_whole
from taskbell.accounts.models import User
from taskbell.clock import now
from taskbell.db import Database
from taskbell.lists.errors import ListArchivedError, ListNotFoundError
from taskbell.positions import LONGEST
from taskbell.tasks.errors import (
    NotASiblingError,
    ParentCycleError,
    ParentInOtherListError,
    TaskChangedError,
    TaskNotFoundError,
)
from taskbell.tasks.models import Task
from taskbell.tasks.moving import move_task
from taskbell.tasks.queries import TaskFilter, list_tasks
from taskbell.tasks.schemas import Move, TaskPatch
from taskbell.tasks.service import update_task


@pytest.fixture
async def ada(session: AsyncSession) -> User:
    return await a_user(session)


async def row_of(session: AsyncSession, owner: User, titles: str, **fields: Any) -> dict[str, Task]:
    """Tasks in this order, by their titles of one letter."""
    return {title: await a_task(session, owner, title=title, **fields) for title in titles}


async def move(session: AsyncSession, task: Task, **to: Any) -> Task:
    return await move_task(session, owner_id=task.owner_id, task_id=task.id, to=Move(**to))


async def order(session: AsyncSession, owner: User, **wanted: Any) -> str:
    """The titles, as a list in manual order shows them."""
    found = await list_tasks(
        session, owner_id=owner.id, wanted=TaskFilter(**wanted), sort="position", per_page=100
    )
    return "".join(task.title for task in found.items)


MOVES: list[tuple[str, dict[str, str], str]] = [
    # of "abcd" … goes …, which makes …
    ("a", {}, "bcda"),
    ("d", {}, "abcd"),
    ("a", {"after_id": "d"}, "bcda"),
    ("a", {"after_id": "b"}, "bacd"),
    ("d", {"before_id": "a"}, "dabc"),
    ("d", {"before_id": "b"}, "adbc"),
    ("d", {"after_id": "a"}, "adbc"),
    ("b", {"after_id": "a"}, "abcd"),
    ("b", {"before_id": "c"}, "abcd"),
]
KEYS = {
    "good": None,
    "equal": dict.fromkeys("abcd", "0000000005abcd"),
    "none": dict.fromkeys("abcd", ""),
    "garbage": {"a": " ", "b": "!!", "c": "0", "d": "zzzé"},
    "too long": {title: "5" * 10 + "V" * LONGEST + title for title in "abcd"},
    "adjacent": {title: f"000000000{number}" for number, title in enumerate("abcd")},
    "at the ends": {"a": "0" * 10, "b": "0" * 10 + "1", "c": "y" * 10, "d": "y" * 10 + "z"},
}


@pytest.mark.parametrize("keys", KEYS.values(), ids=KEYS)
@pytest.mark.parametrize(("title", "to", "expected"), MOVES)
async def test_where_a_task_goes(
    session: AsyncSession,
    ada: User,
    keys: dict[str, str] | None,
    title: str,
    to: dict[str, str],
    expected: str,
) -> None:
    made = await row_of(session, ada, "abcd")
    for one, key in (keys or {}).items():
        await session.execute(update(Task).where(col(Task.id) == made[one].id).values(position=key))
    assert await order(session, ada) == "abcd"
    moved = await move(session, made[title], **{name: made[one].id for name, one in to.items()})
    assert await order(session, ada) == expected
    assert moved.list_id == made["a"].list_id
    if expected != "abcd":
        assert moved.version == 2
    elif keys is None:
        assert moved.version == 1, "it was there already"
    await session.refresh(made["c"])
    assert made["c"].version == 1, "new keys are no change of a task"


async def test_new_tasks_come_last_also_after_moves(session: AsyncSession, ada: User) -> None:
    made = await row_of(session, ada, "abc")
    for _ in range(30):
        await move(session, made["a"], after_id=made["c"].id)
        await move(session, made["c"], after_id=made["a"].id)
    await row_of(session, ada, "d")
    assert await order(session, ada) == "bacd"


async def test_only_siblings_are_neighbours(session: AsyncSession, ada: User) -> None:
    home, work = await a_list(session, ada), await a_list(session, ada)
    made = await row_of(session, ada, "ab", list_id=home.id)
    far = await a_task(session, ada, list_id=work.id)
    child = await a_task(session, ada, parent_id=made["b"].id)
    trashed = await a_task(session, ada, list_id=home.id, deleted_at=now())
    theirs = await a_task(session, await a_user(session))
    for other in (made["a"].id, far.id, child.id, trashed.id, theirs.id, some_id()):
        for name in ("after_id", "before_id"):
            with pytest.raises(NotASiblingError) as refused:
                await move(session, made["a"], **{name: other})
            assert refused.value.errors[0]["field"] == f"body.{name}"
    assert made["a"].version == 1


async def test_to_another_place_and_next_to_somebody_there(
    session: AsyncSession, ada: User
) -> None:
    home, work = await a_list(session, ada), await a_list(session, ada)
    await row_of(session, ada, "abc", list_id=home.id)
    there = await row_of(session, ada, "xyz", list_id=work.id)
    d = await a_task(session, ada, title="d", list_id=home.id)
    below = await a_task(session, ada, title="below", parent_id=d.id)
    await move(session, d, list_id=work.id, before_id=there["y"].id)
    assert await order(session, ada, list_id=work.id, parent_id="none") == "xdyz"
    assert await order(session, ada, list_id=home.id) == "abc"
    assert below.list_id == work.id
    children = await row_of(session, ada, "123", parent_id=there["z"].id)
    await move(session, d, parent_id=there["z"].id, after_id=children["1"].id)
    assert await order(session, ada, parent_id=there["z"].id) == "1d23"
    await move(session, d, parent_id=None, after_id=there["x"].id)
    assert await order(session, ada, list_id=work.id, parent_id="none") == "xdyz"
    await check_whole(session)


async def test_a_subtask_without_a_word_of_its_parent_stays_below_it(
    session: AsyncSession, ada: User
) -> None:
    parent = await a_task(session, ada)
    made = await row_of(session, ada, "abc", parent_id=parent.id)
    await move(session, made["a"])
    await move(session, made["c"], before_id=made["b"].id, list_id=parent.list_id)
    assert await order(session, ada, parent_id=parent.id) == "cba"
    await move(session, made["b"], parent_id=None)
    assert made["b"].parent_id is None
    await check_whole(session)


async def test_what_cannot_be_moved(session: AsyncSession, ada: User) -> None:
    task, trashed = await a_task(session, ada), await a_task(session, ada, deleted_at=now())
    child = await a_task(session, ada, parent_id=task.id)
    work = await a_list(session, ada)
    old = await a_list(session, ada, archived_at=now())
    gone = await a_list(session, ada, deleted_at=now())
    cases: list[tuple[Task, dict[str, Any], type[Exception]]] = [
        (trashed, {}, TaskNotFoundError),
        (task, {"parent_id": child.id}, ParentCycleError),
        (task, {"parent_id": task.id}, ParentCycleError),
        (child, {"parent_id": task.id, "list_id": work.id}, ParentInOtherListError),
        (task, {"list_id": old.id}, ListArchivedError),
        (task, {"list_id": gone.id}, ListNotFoundError),
    ]
    for one, to, error in cases:
        with pytest.raises(error):
            await move(session, one, **to)
    with pytest.raises(TaskChangedError):
        await move_task(session, owner_id=ada.id, task_id=task.id, to=Move(), if_version=2)
    stranger = await a_user(session)
    with pytest.raises(TaskNotFoundError):
        await move_task(session, owner_id=stranger.id, task_id=task.id, to=Move())


@settings(
    deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 2**32))
async def test_any_moves_make_the_order_that_they_say(session: AsyncSession, seed: int) -> None:
    chance, owner = random.Random(seed), await a_user(session)
    made = await row_of(session, owner, "abcdef")
    model = list("abcdef")
    for _ in range(25):
        one, other = chance.sample(model, 2)
        where = chance.choice(["after_id", "before_id", "end"])
        model.remove(one)
        index = len(model) if where == "end" else model.index(other) + (where == "after_id")
        model.insert(index, one)
        await move(session, made[one], **({} if where == "end" else {where: made[other].id}))
    assert await order(session, owner) == "".join(model)


# --- at the same time -----------------------------------------------------------------------------


@pytest.fixture
async def bob(empty_database: Database) -> User:
    async with empty_database.transaction() as session:
        return await a_user(session)


async def attempt(database: Database, task: Task, **to: Any) -> bool:
    try:
        async with database.transaction() as session:
            await move(session, task, **to)
    except (NotASiblingError, ParentCycleError, TaskNotFoundError):
        return False
    return True


@pytest.mark.parametrize("keys", ["good", "equal"])
async def test_moves_at_once_lose_nothing(database: Database, bob: User, keys: str) -> None:
    async with database.transaction() as session:
        made = await row_of(session, bob, "abcdefgh")
        if keys == "equal":
            await session.execute(update(Task).values(position=""))
    chance = random.Random(7)
    pairs = [chance.sample(list(made.values()), 2) for _ in range(24)]
    assert all(
        await asyncio.gather(*(attempt(database, one, after_id=other.id) for one, other in pairs))
    )
    async with database.transaction() as session:
        assert sorted(await order(session, bob)) == list("abcdefgh")
        places = {task.position for task in await check_whole(session)}
    assert len(places) == 8


async def test_two_that_go_below_each_other_at_once(database: Database, bob: User) -> None:
    for _ in range(5):
        async with database.transaction() as session:
            made = await row_of(session, bob, "ab")
        a, b = made.values()
        won = await asyncio.gather(
            attempt(database, a, parent_id=b.id), attempt(database, b, parent_id=a.id)
        )
        assert sorted(won) == [False, True]
        async with database.transaction() as session:
            await check_whole(session)


async def test_a_circle_of_five_at_once(database: Database, bob: User) -> None:
    """By PATCH and by move, among changes of other fields."""
    async with database.transaction() as session:
        five = list((await row_of(session, bob, "abcde")).values())

    async def below(task: Task, parent_id: UUID) -> bool:
        try:
            async with database.transaction() as session:
                patch = TaskPatch(parent_id=parent_id)
                await update_task(session, owner_id=bob.id, task_id=task.id, patch=patch)
        except ParentCycleError:
            return False
        return True

    async def rename(task: Task) -> bool:
        async with database.transaction() as session:
            patch = TaskPatch(description="y")
            await update_task(session, owner_id=bob.id, task_id=task.id, patch=patch)
        return True

    acts = [
        act
        for number, task in enumerate(five)
        for act in (below(task, five[(number + 1) % 5].id), rename(task))
    ]
    assert (await asyncio.gather(*acts)).count(False) == 1
    async with database.transaction() as session:
        every = await check_whole(session)
    assert {task.description for task in every} == {"y"}
