"""Files with what lay in the trash: whatever they claim, all tasks stay whole, also later."""

import json
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from core.tests.make import a_user
from core.tests.tasks.whole import check_whole
from core.tests.transfer.importing import lists_of, rows_of, run, tasks_of
from taskbell.accounts.models import User
from taskbell.lists import service as lists
from taskbell.tasks import trash
from taskbell.transfer.identity import derived_id
from taskbell.transfer.writing import PART

pytestmark = pytest.mark.asyncio(loop_scope="session")

GONE = "2026-01-02T03:04:05Z"
LIVE_LIST = {"id": "l", "name": "Live"}
GONE_LIST = {"id": "g", "name": "Gone", "deleted_at": GONE}


def own(*tasks: dict[str, Any], listed: list[dict[str, Any]] | None = None) -> str:
    """Return a file of our own; the title of a task is its id in capitals."""
    titled = [{"title": task["id"].upper(), "list_id": "l"} | task for task in tasks]
    return json.dumps(
        {"format": "taskbell-tasks/1", "lists": listed or [LIVE_LIST, GONE_LIST], "tasks": titled}
    )


def gone(name: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "deleted_at": GONE} | more


async def restore_lists(session: AsyncSession, user: User) -> None:
    for one in (await lists_of(session, user)).values():
        if one.deleted_at is not None:
            await lists.restore_list(session, owner_id=user.id, list_id=one.id)
            await session.flush()
            await check_whole(session)


async def restore_all(session: AsyncSession, user: User) -> None:
    await restore_lists(session, user)
    for task in (await tasks_of(session, user)).values():
        await trash.restore_task(session, owner_id=user.id, task_id=task.id)
        await session.flush()
        await check_whole(session)


@pytest.mark.parametrize("dry_run", [False, True])
async def test_what_lives_is_never_put_into_a_list_in_the_trash(
    session: AsyncSession, dry_run: bool
) -> None:
    user = await a_user(session)
    file = own(
        {"id": "t", "list_id": "g"}, {"id": "s", "list_id": "g", "parent_id": "t"},
        gone("u", list_id="g", trash_id="g"),
    )  # fmt: skip
    done = await run(session, user, "taskbell", file, dry_run=dry_run)
    rows = {row.title: row.messages for row in await rows_of(session, done)}
    assert rows == {"T": ["Its list is in the trash: it goes to the inbox."], "S": [], "U": []}
    if not dry_run:
        await check_whole(session)
        tasks, made = await tasks_of(session, user), await lists_of(session, user)
        assert tasks["T"].list_id == tasks["S"].list_id == made["Inbox"].id
        assert tasks["U"].list_id == made["Gone"].id
        await restore_all(session, user)


async def test_later_parts_and_later_files_know_that_a_list_is_in_the_trash(
    session: AsyncSession,
) -> None:
    user = await a_user(session)
    many = [{"id": f"t{n}", "list_id": "g"} for n in range(PART + 1)]
    await run(session, user, "taskbell", own(*many))
    await run(session, user, "taskbell", own({"id": "later", "list_id": "g"}))
    await check_whole(session)
    made = await lists_of(session, user)
    found = {task.list_id for task in (await tasks_of(session, user)).values()}
    assert found == {made["Inbox"].id}


async def test_a_list_that_is_not_in_the_trash_took_nothing_along(session: AsyncSession) -> None:
    user = await a_user(session)
    file = own(gone("p"), gone("c", parent_id="p", trash_id="l"), gone("a", trash_id="l"))
    await run(session, user, "taskbell", file)
    await check_whole(session)
    tasks = await tasks_of(session, user)
    assert all(task.trash_id == task.id for task in tasks.values())
    listed = (await lists_of(session, user))["Live"]
    await lists.trash_list(session, owner_id=user.id, list_id=listed.id)
    await lists.restore_list(session, owner_id=user.id, list_id=listed.id)
    await check_whole(session)
    assert all(task.deleted_at for task in (await tasks_of(session, user)).values())
    await restore_all(session, user)


async def test_only_what_is_above_a_task_took_it_along(session: AsyncSession) -> None:
    user = await a_user(session)
    file = own(
        gone("p"), gone("c", parent_id="p", trash_id="p"), gone("d", parent_id="c", trash_id="p"),
        gone("x", trash_id="p"), gone("y", trash_id="nobody"), {"id": "q"},
        gone("z", parent_id="q", trash_id="q"), gone("w", parent_id="c", trash_id="c"),
    )  # fmt: skip
    await run(session, user, "taskbell", file)
    await check_whole(session)
    tasks = await tasks_of(session, user)
    with_p = {title for title, task in tasks.items() if task.trash_id == tasks["P"].id}
    assert with_p == {"P", "C", "D"}
    assert all(tasks[title].trash_id == tasks[title].id for title in "XYZW")
    await trash.restore_task(session, owner_id=user.id, task_id=tasks["P"].id)
    await check_whole(session)
    live = {title for title, one in (await tasks_of(session, user)).items() if not one.deleted_at}
    assert live == {"P", "C", "D", "Q"}
    await restore_all(session, user)


async def test_what_went_with_its_list_comes_back_with_it(session: AsyncSession) -> None:
    user = await a_user(session)
    with_it = {"list_id": "g", "trash_id": "g"}
    file = own(
        gone("p", **with_it), gone("c", parent_id="p", **with_it),
        gone("q", list_id="g"), gone("d", parent_id="q", **with_it),
    )  # fmt: skip
    await run(session, user, "taskbell", file)
    await check_whole(session)
    tasks = await tasks_of(session, user)
    list_id = derived_id(user.id, "taskbell", "list", "g", None)
    assert {title for title, one in tasks.items() if one.trash_id == list_id} == {"P", "C"}
    await restore_lists(session, user)
    live = {title for title, one in (await tasks_of(session, user)).items() if not one.deleted_at}
    assert live == {"P", "C"}
    await restore_all(session, user)


async def test_lists_that_share_a_key_are_one(session: AsyncSession) -> None:
    user = await a_user(session)
    both = [{"id": "l", "name": "First"}, {"id": "l", "name": "Second"}]
    done = await run(session, user, "taskbell", own({"id": "t"}, listed=both))
    assert (done.state, list(await lists_of(session, user))) == ("done", ["First"])
