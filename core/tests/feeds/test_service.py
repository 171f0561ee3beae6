"""Calendar feeds are made, listed and revoked by their owner."""

import asyncio

import pytest
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from core.tests.make import a_list, a_user, some_id
from taskbell.accounts.callers import Caller
from taskbell.accounts.models import User
from taskbell.clock import now
from taskbell.db import Database
from taskbell.feeds import service as feeds
from taskbell.feeds.errors import FeedNotFoundError, TooManyFeedsError
from taskbell.feeds.models import CalendarFeed
from taskbell.feeds.schemas import FeedCreate
from taskbell.feeds.service import MOST_FEEDS, PREFIX, hash_secret
from taskbell.filters.errors import FilterNotFoundError
from taskbell.filters.models import SavedFilter
from taskbell.lists.errors import ListNotFoundError


@pytest.fixture
async def ada(session: AsyncSession) -> User:
    return await a_user(session)


async def make(session: AsyncSession, user: User, **fields: object) -> tuple[CalendarFeed, str]:
    new = FeedCreate.model_validate({"name": "Phone", **fields})
    return await feeds.make_feed(session, caller=Caller(user.id, None, user.role), new=new)


async def test_only_the_hash_of_a_secret_is_kept(session: AsyncSession, ada: User) -> None:
    made, secret = await make(session, ada)
    assert secret.startswith(PREFIX)
    assert len(secret) == len(PREFIX) + 43, "256 bits in base 64"
    assert made.secret_hash == hash_secret(secret)
    assert secret not in repr(made)
    assert (await make(session, ada))[1] != secret
    assert feeds.address("https://x.example", secret) == f"https://x.example/feeds/{secret}.ics"


async def test_ones_own_are_listed_and_revoked(session: AsyncSession, ada: User) -> None:
    bob = await a_user(session)
    theirs, _ = await make(session, bob)
    first, _ = await make(session, ada, name="Phone", alarms=False)
    second, _ = await make(session, ada, name="Laptop")
    assert list(await feeds.list_feeds(session, owner_id=ada.id)) == [second, first]
    for unknown in (theirs.id, some_id()):
        with pytest.raises(FeedNotFoundError):
            await feeds.revoke_feed(session, owner_id=ada.id, feed_id=unknown)
    await feeds.revoke_feed(session, owner_id=ada.id, feed_id=first.id)
    assert list(await feeds.list_feeds(session, owner_id=ada.id)) == [second]
    assert list(await feeds.list_feeds(session, owner_id=bob.id)) == [theirs]


async def test_it_is_of_ones_own_list_or_filter(session: AsyncSession, ada: User) -> None:
    bob = await a_user(session)
    mine, theirs, trashed = [await a_list(session, owner) for owner in (ada, bob, ada)]
    trashed.deleted_at = now()
    filters = [SavedFilter(owner_id=one.id, name="x", name_key="x", query={}) for one in (ada, bob)]
    session.add_all(filters)
    await session.flush()
    assert (await make(session, ada, list_id=mine.id))[0].list_id == mine.id
    assert (await make(session, ada, filter_id=filters[0].id))[0].filter_id == filters[0].id
    for unknown in (theirs.id, trashed.id, some_id()):
        with pytest.raises(ListNotFoundError):
            await make(session, ada, list_id=unknown)
    for unknown in (filters[1].id, some_id()):
        with pytest.raises(FilterNotFoundError):
            await make(session, ada, filter_id=unknown)


async def test_a_feed_goes_with_its_list_or_filter(session: AsyncSession, ada: User) -> None:
    home = await a_list(session, ada)
    soon = SavedFilter(owner_id=ada.id, name="Soon", name_key="soon", query={})
    session.add(soon)
    await session.flush()
    await make(session, ada, list_id=home.id)
    await make(session, ada, filter_id=soon.id)
    for gone in (home, soon):
        await session.delete(gone)
    await session.flush()
    assert not await feeds.list_feeds(session, owner_id=ada.id)


async def test_twenty_at_most_also_in_parallel(empty_database: Database) -> None:
    async with empty_database.transaction() as session:
        ada = await a_user(session)

    async def one() -> bool:
        try:
            async with empty_database.transaction() as session:
                await make(session, ada)
        except TooManyFeedsError:
            return False
        return True

    made = await asyncio.gather(*(one() for _ in range(MOST_FEEDS + 4)))
    assert sum(made) == MOST_FEEDS


@pytest.mark.parametrize(
    "fields",
    [
        {"name": ""},
        {"name": "x" * 101},
        {"name": "a\nb"},
        {"alarms": "yes"},
        {"alarms": None},
        {"list_id": str(some_id()), "filter_id": str(some_id())},
        {"secret": "x"},
    ],
)
def test_bad_feeds(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        FeedCreate.model_validate({"name": "Phone", **fields})
