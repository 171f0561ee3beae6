import asyncio

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from core.tests.make import a_list, a_user, some_id
from taskbell.db import Database
from taskbell.lists import service as lists
from taskbell.lists.models import TaskList
from taskbell.lists.service import ListNotFoundError


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
