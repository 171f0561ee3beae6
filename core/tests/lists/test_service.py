import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from core.tests.make import a_list, a_task, a_user, some_id
from taskbell.accounts.models import User
from taskbell.clock import now
from taskbell.db import Database
from taskbell.lists import changes
from taskbell.lists import service as lists
from taskbell.lists.changes import Event, follows_lists
from taskbell.lists.errors import (
    InboxProtectedError,
    ListArchivedError,
    ListChangedError,
    ListIdTakenError,
    ListNotFoundError,
    TooManyListsError,
)
from taskbell.lists.models import TaskList
from taskbell.lists.schemas import ListCreate, ListPatch
from taskbell.lists.service import MOST_LISTS, TRASH_TTL
from taskbell.tasks.models import Task

SECOND = timedelta(seconds=1)


async def inbox_of(session: AsyncSession, user: User) -> TaskList:
    inbox_id = await lists.resolve(session, owner_id=user.id, list_id=None)
    return await lists.get_list(session, owner_id=user.id, list_id=inbox_id)


async def names(session: AsyncSession, user: User, **wanted: Any) -> list[str]:
    return [one.name for one in await lists.list_lists(session, owner_id=user.id, **wanted)]


async def archive(session: AsyncSession, found: TaskList) -> None:
    patch = ListPatch(archived=True)
    await lists.update_list(session, owner_id=found.owner_id, list_id=found.id, patch=patch)


# --- the inbox, and where tasks can be added ------------------------------------------------------


async def test_an_inbox_is_made_once(session: AsyncSession) -> None:
    user = await a_user(session)
    await lists.create_inbox(session, owner_id=user.id)
    await lists.create_inbox(session, owner_id=user.id)
    (inbox,) = await session.scalars(select(TaskList).where(col(TaskList.owner_id) == user.id))
    assert (inbox.is_inbox, inbox.version, inbox.name) == (True, 1, "Inbox")
    assert await lists.resolve(session, owner_id=user.id, list_id=None) == inbox.id
    assert await lists.resolve(session, owner_id=user.id, list_id=inbox.id) == inbox.id


async def test_an_account_without_an_inbox_gets_one(empty_database: Database) -> None:
    """However many of its first requests come at once."""
    async with empty_database.transaction() as session:
        user = await a_user(session)

    async def resolve() -> object:
        async with empty_database.transaction() as session:
            return await lists.resolve(session, owner_id=user.id, list_id=None)

    assert len(set(await asyncio.gather(*(resolve() for _ in range(10))))) == 1


async def test_only_ones_own_lists(session: AsyncSession) -> None:
    ada, bob = await a_user(session), await a_user(session)
    hers = await a_list(session, ada)
    assert await lists.resolve(session, owner_id=ada.id, list_id=hers.id) == hers.id
    for owner, list_id in ((bob, hers.id), (ada, some_id())):
        with pytest.raises(ListNotFoundError):
            await lists.resolve(session, owner_id=owner.id, list_id=list_id)
        with pytest.raises(ListNotFoundError):
            await lists.get_list(session, owner_id=owner.id, list_id=list_id)


async def test_tasks_go_to_lists_in_use_only(session: AsyncSession) -> None:
    ada = await a_user(session)
    archived, trashed = await a_list(session, ada), await a_list(session, ada)
    await archive(session, archived)
    await lists.trash_list(session, owner_id=ada.id, list_id=trashed.id)
    with pytest.raises(ListArchivedError):
        await lists.resolve(session, owner_id=ada.id, list_id=archived.id)
    with pytest.raises(ListNotFoundError):
        await lists.resolve(session, owner_id=ada.id, list_id=trashed.id)


@pytest.mark.parametrize(
    ("how", "told"), [("trash", ListNotFoundError), ("archive", ListArchivedError)]
)
async def test_whoever_adds_a_task_sees_that_its_list_is_just_going(
    empty_database: Database, how: str, told: type[Exception]
) -> None:
    """Else a live task would be left in a list that lies in the trash."""
    async with empty_database.transaction() as session:
        user = await a_user(session)
        home = await a_list(session, user)

    async def add() -> None:
        async with empty_database.transaction() as session:
            await a_task(session, user, list_id=home.id)

    async with empty_database.transaction() as session:
        if how == "trash":
            await lists.trash_list(session, owner_id=user.id, list_id=home.id)
        else:
            await archive(session, home)
        adding = asyncio.create_task(add())
        await asyncio.wait([adding], timeout=0.2)
        assert not adding.done(), "it waits"
    with pytest.raises(told):
        await adding


async def test_whoever_trashes_a_list_waits_for_the_tasks_that_are_being_added(
    empty_database: Database,
) -> None:
    async with empty_database.transaction() as session:
        user = await a_user(session)
        home = await a_list(session, user)

    async def trash() -> None:
        async with empty_database.transaction() as session:
            await lists.trash_list(session, owner_id=user.id, list_id=home.id)

    async with empty_database.transaction() as session:
        await a_task(session, user, list_id=home.id)
        trashing = asyncio.create_task(trash())
        await asyncio.wait([trashing], timeout=0.2)
        assert not trashing.done(), "it waits"
    await trashing
    async with empty_database.transaction() as session:
        (task,) = await session.scalars(select(Task).where(col(Task.list_id) == home.id))
    assert task.trash_id == home.id


# --- making and changing --------------------------------------------------------------------------


async def test_a_new_list_comes_last(session: AsyncSession) -> None:
    user = await a_user(session)
    await inbox_of(session, user)
    for name in ("One", "Two", "Three"):
        made = await lists.create_list(session, owner_id=user.id, new=ListCreate(name=name))
        assert (made.version, made.is_inbox, made.color) == (1, False, None)
    assert await names(session, user) == ["Inbox", "One", "Two", "Three"]


async def test_an_id_is_taken_once(session: AsyncSession) -> None:
    ada, bob = await a_user(session), await a_user(session)
    new = ListCreate(id=some_id(), name="Home")
    await lists.create_list(session, owner_id=ada.id, new=new)
    for owner in (ada, bob):
        with pytest.raises(ListIdTakenError):
            async with session.begin_nested():
                await lists.create_list(session, owner_id=owner.id, new=new)


async def test_there_are_so_many_lists_at_most(empty_database: Database) -> None:
    """Also when several are made at once; those in the trash count."""
    async with empty_database.transaction() as session:
        user = await a_user(session)
        moment = now()
        await session.execute(
            insert(TaskList),
            [
                {"owner_id": user.id, "name": "x", "deleted_at": moment}
                for _ in range(MOST_LISTS - 2)
            ],
        )

    async def add() -> bool:
        try:
            async with empty_database.transaction() as session:
                await lists.create_list(session, owner_id=user.id, new=ListCreate(name="y"))
        except TooManyListsError:
            return False
        return True

    made = await asyncio.gather(*(add() for _ in range(6)))
    assert made.count(True) == 2


async def test_only_what_differs_is_a_change(session: AsyncSession) -> None:
    user = await a_user(session)
    home = await a_list(session, user)
    for patch, version in (
        (ListPatch(), 1),
        (ListPatch(name="Home"), 1),
        (ListPatch(color=None, archived=False), 1),
        (ListPatch(name="House", color="#AABBCC"), 2),
        (ListPatch(color="#aabbcc"), 2),
        (ListPatch(archived=True), 3),
        (ListPatch(archived=True), 3),
        (ListPatch(archived=False, color=None), 4),
    ):
        before = home.updated_at
        changed = await lists.update_list(
            session, owner_id=user.id, list_id=home.id, patch=patch, if_version=home.version
        )
        assert changed.version == version
        assert (changed.updated_at > before) or changed.version == version
    assert (changed.name, changed.color, changed.archived_at) == ("House", None, None)


async def test_lists_are_shown_by_whether_they_are_archived_or_trashed(
    session: AsyncSession,
) -> None:
    user = await a_user(session)
    await inbox_of(session, user)
    made = {name: await a_list(session, user, name) for name in ("live", "old", "bin", "old bin")}
    for name in ("old", "old bin"):
        await archive(session, made[name])
    for name in ("bin", "old bin"):
        await lists.trash_list(session, owner_id=user.id, list_id=made[name].id)
    assert await names(session, user) == ["Inbox", "live"]
    assert await names(session, user, archived=True) == ["old"]
    assert await names(session, user, archived=None) == ["Inbox", "live", "old"]
    assert await names(session, user, archived=None, trashed=True) == ["bin", "old bin"]
    assert await names(session, user, trashed=True) == ["bin"]


async def test_a_stale_version_changes_nothing(session: AsyncSession) -> None:
    user = await a_user(session)
    home = await a_list(session, user)
    which: dict[str, Any] = {"owner_id": user.id, "list_id": home.id, "if_version": 2}
    for stale in (
        lists.update_list(session, **which, patch=ListPatch(name="x")),
        lists.trash_list(session, **which),
        lists.restore_list(session, **which),
        lists.delete_list(session, **which),
    ):
        with pytest.raises(ListChangedError):
            await stale
    assert (home.version, home.name, home.deleted_at) == (1, "Home", None)


async def test_of_changes_of_the_same_version_one_wins(empty_database: Database) -> None:
    async with empty_database.transaction() as session:
        user = await a_user(session)
        home = await a_list(session, user)

    async def change(number: int) -> bool:
        try:
            async with empty_database.transaction() as session:
                await lists.update_list(
                    session, owner_id=user.id, list_id=home.id,
                    patch=ListPatch(name=f"name {number}"), if_version=1,
                )  # fmt: skip
        except ListChangedError:
            return False
        return True

    won = await asyncio.gather(*(change(number) for number in range(6)))
    assert won.count(True) == 1


async def test_the_inbox_is_protected(session: AsyncSession) -> None:
    user = await a_user(session)
    inbox = await inbox_of(session, user)
    which: dict[str, Any] = {"owner_id": user.id, "list_id": inbox.id}
    changed = await lists.update_list(
        session, **which, patch=ListPatch(name="Eingang", color="#112233", archived=False)
    )
    assert (changed.name, changed.version) == ("Eingang", 2)
    for forbidden in (
        lists.update_list(session, **which, patch=ListPatch(name="x", archived=True)),
        lists.trash_list(session, **which),
        lists.delete_list(session, **which),
    ):
        with pytest.raises(InboxProtectedError):
            await forbidden
    assert (inbox.name, inbox.version, inbox.archived_at) == ("Eingang", 2, None)
    assert (await lists.restore_list(session, **which)).version == 2, "it never was there"


# --- the trash ------------------------------------------------------------------------------------


async def state(session: AsyncSession, *tasks: Task) -> list[tuple[str, UUID | None]]:
    found = await session.execute(
        select(col(Task.title), col(Task.trash_id))
        .where(col(Task.id).in_([task.id for task in tasks]))
        .order_by(col(Task.title))
    )
    return [(title, trash_id) for title, trash_id in found]


async def test_tasks_go_to_the_trash_and_come_back_with_their_list(session: AsyncSession) -> None:
    user = await a_user(session)
    home, other = await a_list(session, user), await a_list(session, user)
    one = await a_task(session, user, title="1", list_id=home.id)
    two = await a_task(session, user, title="2", list_id=home.id, parent_id=one.id)
    gone = await a_task(session, user, title="3", list_id=home.id, deleted_at=now())
    else_where = await a_task(session, user, title="4", list_id=other.id)
    every = (one, two, gone, else_where)
    before = await state(session, *every)
    await lists.trash_list(session, owner_id=user.id, list_id=home.id, via="session")
    await lists.trash_list(session, owner_id=user.id, list_id=home.id)  # again changes nothing
    assert home.version == 2
    assert await state(session, *every) == [
        ("1", home.id), ("2", home.id), ("3", gone.trash_id), ("4", None)
    ]  # fmt: skip
    await lists.restore_list(session, owner_id=user.id, list_id=home.id)
    await lists.restore_list(session, owner_id=user.id, list_id=home.id)
    assert (home.version, home.deleted_at) == (3, None)
    assert await state(session, *every) == before


async def test_tasks_go_for_good_with_their_list(session: AsyncSession) -> None:
    user = await a_user(session)
    home, trashed = await a_list(session, user), await a_list(session, user)
    for one in (home, trashed):
        await a_task(session, user, list_id=one.id)
    kept = await a_task(session, user)
    await lists.trash_list(session, owner_id=user.id, list_id=trashed.id)
    for one in (home, trashed):
        await lists.delete_list(session, owner_id=user.id, list_id=one.id)
    assert list(await session.scalars(select(col(Task.id)))) == [kept.id]
    assert await names(session, user, archived=None) == ["Inbox"]


async def test_what_lies_in_the_trash_is_restored_first(session: AsyncSession) -> None:
    user = await a_user(session)
    home = await a_list(session, user)
    await lists.trash_list(session, owner_id=user.id, list_id=home.id)
    with pytest.raises(ListNotFoundError, match="restore it first"):
        await archive(session, home)
    assert (await lists.get_list(session, owner_id=user.id, list_id=home.id)).deleted_at


async def test_lists_are_purged_when_they_lie_in_the_trash_long_enough(
    session: AsyncSession,
) -> None:
    user = await a_user(session)
    ages: list[timedelta | None] = [None, TRASH_TTL - SECOND, TRASH_TTL + SECOND, 2 * TRASH_TTL]
    for age in ages:
        one = await a_list(session, user, str(age))
        one.deleted_at = None if age is None else now() - age
    await session.flush()
    assert await lists.purge_trash(session, most=1) == 1
    left = await names(session, user, trashed=True)
    assert left == [str(ages[1]), str(ages[2])], "the oldest goes first"
    assert await lists.purge_trash(session, most=10) == 1
    assert await lists.purge_trash(session, most=10) == 0
    assert len(await names(session, user)) == 1


async def test_followers_are_told_in_the_transaction(
    session: AsyncSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[Event, datetime | None, str]] = []
    monkeypatch.setattr(changes, "_followers", [])

    @follows_lists
    async def follow(session: AsyncSession, task_list: TaskList, event: Event, *, via: str) -> None:
        stored = select(col(TaskList.deleted_at)).where(col(TaskList.id) == task_list.id)
        told.append((event, (await session.execute(stored)).scalar_one(), via))

    user = await a_user(session)
    home = await a_list(session, user)
    which: dict[str, Any] = {"owner_id": user.id, "list_id": home.id, "via": "api_token"}
    await lists.restore_list(session, **which)
    await lists.trash_list(session, **which)
    trashed_at = home.deleted_at
    await lists.trash_list(session, **which)
    await lists.restore_list(session, **which)
    await lists.delete_list(session, **which)
    assert told == [
        ("trashed", trashed_at, "api_token"),
        ("restored", None, "api_token"),
        ("deleted", None, "api_token"),
    ]
