import asyncio
import random
from itertools import pairwise

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from core.tests.make import a_list, a_user, some_id
from taskbell.accounts.models import User
from taskbell.db import Database
from taskbell.lists import service as lists
from taskbell.lists.errors import (
    InboxProtectedError,
    ListChangedError,
    ListNotFoundError,
    NotASiblingError,
)
from taskbell.lists.models import TaskList
from taskbell.lists.order import move_list
from taskbell.lists.schemas import ListMove
from taskbell.positions import LONGEST


@pytest.fixture
async def user(session: AsyncSession) -> User:
    return await a_user(session)


@pytest.fixture
async def made(session: AsyncSession, user: User) -> dict[str, TaskList]:
    """Return the lists a to e, in this order behind the inbox."""
    inbox_id = await lists.resolve(session, owner_id=user.id, list_id=None)
    inbox = await lists.get_list(session, owner_id=user.id, list_id=inbox_id)
    return {"inbox": inbox} | {name: await a_list(session, user, name) for name in "abcde"}


async def order(session: AsyncSession, user: User) -> str:
    found = await lists.list_lists(session, owner_id=user.id, archived=None)
    assert found[0].is_inbox
    return "".join(one.name for one in found[1:])


async def move(session: AsyncSession, moved: TaskList, to: ListMove) -> TaskList:
    return await move_list(session, owner_id=moved.owner_id, list_id=moved.id, move=to)


@pytest.mark.parametrize(
    ("moved", "after", "before", "expected"),
    [
        ("a", "c", None, "bcade"),
        ("a", None, "d", "bcade"),
        ("e", None, "a", "eabcd"),
        ("e", "inbox", None, "eabcd"),
        ("a", "e", None, "bcdea"),
        ("a", None, None, "bcdea"),
        ("c", "a", None, "acbde"),
        ("c", None, "b", "acbde"),
    ],
)
async def test_a_list_goes_next_to_another_one(
    session: AsyncSession,
    user: User,
    made: dict[str, TaskList],
    moved: str,
    after: str | None,
    before: str | None,
    expected: str,
) -> None:
    to = ListMove(
        after_id=None if after is None else made[after].id,
        before_id=None if before is None else made[before].id,
    )
    positions = {one.id: one.position for one in made.values()}
    answer = await move(session, made[moved], to)
    assert (answer.name, answer.version) == (moved, 2)
    assert await order(session, user) == expected
    changed = [one.name for one in made.values() if one.position != positions[one.id]]
    assert changed == [moved]


@pytest.mark.parametrize(
    ("moved", "after", "before"), [("b", "a", None), ("b", None, "c"), ("e", None, None)]
)
async def test_where_it_is_already_nothing_changes(
    session: AsyncSession,
    user: User,
    made: dict[str, TaskList],
    moved: str,
    after: str | None,
    before: str | None,
) -> None:
    position = made[moved].position
    to = ListMove(
        after_id=after and made[after].id,
        before_id=before and made[before].id,
    )
    answer = await move(session, made[moved], to)
    assert (answer.version, answer.position) == (1, position)
    assert await order(session, user) == "abcde"


async def test_archived_and_trashed_lists_keep_their_place(
    session: AsyncSession, user: User, made: dict[str, TaskList]
) -> None:
    await lists.trash_list(session, owner_id=user.id, list_id=made["c"].id)
    await move(session, made["e"], ListMove(after_id=made["b"].id))
    assert await order(session, user) == "abed"
    await lists.restore_list(session, owner_id=user.id, list_id=made["c"].id)
    assert await order(session, user) == "abecd"


@pytest.mark.parametrize("case", ["itself", "unknown", "somebody else's", "trashed"])
@pytest.mark.parametrize("side", ["after_id", "before_id"])
async def test_what_a_list_cannot_be_put_next_to(
    session: AsyncSession, user: User, made: dict[str, TaskList], case: str, side: str
) -> None:
    neighbour_id = {
        "itself": made["a"].id,
        "unknown": some_id(),
        "somebody else's": (await a_list(session, await a_user(session))).id,
        "trashed": made["c"].id,
    }[case]
    await lists.trash_list(session, owner_id=user.id, list_id=made["c"].id)
    with pytest.raises(NotASiblingError) as refused:
        await move(session, made["a"], ListMove(**{side: neighbour_id}))
    assert refused.value.errors[0]["field"] == f"body.{side}"


async def test_the_inbox_stays_first(
    session: AsyncSession, user: User, made: dict[str, TaskList]
) -> None:
    with pytest.raises(InboxProtectedError):
        await move(session, made["inbox"], ListMove())
    with pytest.raises(NotASiblingError):
        await move(session, made["a"], ListMove(before_id=made["inbox"].id))
    made["inbox"].position = "z" * 10  # whatever its own position is
    await session.flush()
    await move(session, made["c"], ListMove(after_id=made["inbox"].id))
    assert await order(session, user) == "cabde"


async def test_which_list_is_moved(
    session: AsyncSession, user: User, made: dict[str, TaskList]
) -> None:
    foreign = await a_list(session, await a_user(session))
    await lists.trash_list(session, owner_id=user.id, list_id=made["b"].id)
    for list_id in (some_id(), foreign.id, made["b"].id):
        with pytest.raises(ListNotFoundError):
            await move_list(session, owner_id=user.id, list_id=list_id, move=ListMove())
    with pytest.raises(ListChangedError):
        await move_list(
            session, owner_id=user.id, list_id=made["a"].id, move=ListMove(), if_version=2
        )
    assert await order(session, user) == "acde"


@pytest.mark.parametrize(
    "positions",
    [[""] * 6, ["0UZr4ka8Hq3d"] * 6, ["x" * LONGEST + digit for digit in "123456"]],
    ids=["none", "the same", "too long"],
)
async def test_where_there_is_no_room_all_get_new_positions(
    session: AsyncSession, user: User, made: dict[str, TaskList], positions: list[str]
) -> None:
    for one, position in zip(made.values(), positions, strict=True):
        one.position = position
    await session.flush()
    before = await order(session, user)
    first, rest = before[0], before[1:]
    await move(session, made[first], ListMove(after_id=made[rest[1]].id))
    assert await order(session, user) == rest[:2] + first + rest[2:]
    after = {one.position for one in made.values()}
    assert len(after) == 6
    assert all(len(one) <= 16 for one in after)
    assert [one.version for one in made.values()].count(1) == 5, "only one was moved"


async def test_moves_at_once_lose_nothing(empty_database: Database) -> None:
    async with empty_database.transaction() as session:
        user = await a_user(session)
        made = [await a_list(session, user, name) for name in "abcdefgh"]
        await lists.create_inbox(session, owner_id=user.id)
    chance = random.Random(5)

    async def shuffle(one: TaskList) -> None:
        for neighbour in chance.sample([other for other in made if other is not one], 4):
            async with empty_database.transaction() as session:
                await move(session, one, ListMove(after_id=neighbour.id))

    await asyncio.gather(*(shuffle(one) for one in made))
    async with empty_database.transaction() as session:
        found = await lists.list_lists(session, owner_id=user.id)
        assert sorted(await order(session, user)) == list("abcdefgh")
    assert all(one.position < other.position for one, other in pairwise(found[1:]))
