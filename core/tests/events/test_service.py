"""Reading changes: nothing is left out, whatever commits when."""

import asyncio
import random
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.tests.make import a_task, a_user
from taskbell.accounts.models import User
from taskbell.db import TO_TELL, Database
from taskbell.events import service as events
from taskbell.events.positions import KEPT, Position
from taskbell.events.service import Change, Reader
from taskbell.ids import new_id
from taskbell.lists.service import create_inbox
from taskbell.tasks.models import Task


async def new_user(database: Database) -> UUID:
    async with database.transaction() as session:
        user = await a_user(session)
        await create_inbox(session, owner_id=user.id)
        return user.id


async def add_task(session: AsyncSession, user_id: UUID) -> Task:
    return await a_task(session, await session.get_one(User, user_id))


async def position_now(database: Database) -> Position:
    return (await events.read(database, [])).position


async def news(
    database: Database, user_id: UUID, position: Position
) -> tuple[list[Change] | None, Position]:
    reading = await events.read(database, [Reader(user_id, position)])
    return reading.changes[0], reading.position


async def test_changes_come_once_and_in_order(empty_database: Database) -> None:
    database = empty_database
    ada = await new_user(database)
    start = await position_now(database)
    async with database.transaction() as session:
        first, second = await add_task(session, ada), await add_task(session, ada)
    found, position = await news(database, ada, start)
    assert found is not None
    assert [(one.kind, one.action, one.id) for one in found] == [
        ("task", "created", first.id), ("task", "created", second.id)
    ]  # fmt: skip
    assert (await news(database, ada, position))[0] == []
    assert (await news(database, ada, Position.parse(str(start)) or start))[0] == found


async def test_each_gets_their_own(empty_database: Database) -> None:
    database = empty_database
    ada, bob = await new_user(database), await new_user(database)
    start = await position_now(database)
    async with database.transaction() as session:
        await add_task(session, ada)
    later = await position_now(database)
    async with database.transaction() as session:
        await add_task(session, bob)
    readers = [(bob, start), (ada, None), (ada, start), (bob, later), (ada, later), (bob, None)]
    reading = await events.read(database, [Reader(*one) for one in readers])
    assert [len(one or ()) for one in reading.changes] == [1, 0, 1, 1, 0, 0]


async def test_what_is_committed_late_is_not_left_out(empty_database: Database) -> None:
    """A transaction that began first ends last: its numbers are lower than those told already."""
    database = empty_database
    ada = await new_user(database)
    position = await position_now(database)
    async with database.transaction() as slow:
        late = await add_task(slow, ada)
        for _ in range(3):
            async with database.transaction() as session:
                early = await add_task(session, ada)
            found, position = await news(database, ada, position)
            assert found is not None
            assert [one.id for one in found] == [early.id], "each once, while another is open"
    found, position = await news(database, ada, position)
    assert found is not None
    assert [one.id for one in found] == [late.id]
    assert (await news(database, ada, position))[0] == []


async def test_what_is_rolled_back_never_was(empty_database: Database) -> None:
    database = empty_database
    ada = await new_user(database)
    position = await position_now(database)
    async with database.connection() as connection:
        await connection.execute(text("BEGIN"))
        await connection.execute(
            text("UPDATE user_account SET name = 'x' WHERE id = :id"), {"id": ada}
        )
        await connection.execute(text("ROLLBACK"))
    assert (await news(database, ada, position))[0] == []


async def test_nothing_is_missed_while_many_write(empty_database: Database) -> None:
    """Transactions of random length, a reader that reads all the time."""
    database = empty_database
    ada = await new_user(database)
    position = await position_now(database)
    chance = random.Random(7)
    made: list[UUID] = []
    seen: list[UUID] = []

    async def write() -> None:
        for _ in range(15):
            async with database.transaction() as session:
                task = await add_task(session, ada)
                await asyncio.sleep(chance.random() / 50)
            made.append(task.id)

    writers = [asyncio.create_task(write()) for _ in range(5)]
    while not all(one.done() for one in writers):
        found, position = await news(database, ada, position)
        seen += [one.id for one in found or ()]
        position = Position.parse(str(position)) or position
    await asyncio.gather(*writers)
    found, position = await news(database, ada, position)
    seen += [one.id for one in found or ()]
    assert sorted(seen) == sorted(made), "all of it, and nothing twice"


async def test_who_has_missed_very_much_starts_anew(empty_database: Database) -> None:
    database = empty_database
    ada = await new_user(database)
    start = await position_now(database)
    async with database.transaction() as session:
        for _ in range(3):
            await add_task(session, ada)
    readers = [Reader(ada, start)]
    assert (await events.read(database, readers, most=3)).changes[0] is not None
    assert (await events.read(database, readers, most=2)).changes == [None]


async def test_positions_that_are_not_good_any_more(empty_database: Database) -> None:
    database = empty_database
    ada = await new_user(database)
    good = await position_now(database)
    bad = [
        replace(good, database="other"),
        replace(good, at=good.at - int(KEPT.total_seconds()) - 1),
        replace(good, first_open=2**61, next_one=2**61),
    ]
    reading = await events.read(database, [Reader(ada, one) for one in (good, *bad)])
    assert reading.changes == [[], None, None, None]


async def test_rows_of_another_database_do_not_come_again_and_again(
    empty_database: Database,
) -> None:
    """A dump that was restored has numbers of transactions that have not begun here."""
    database = empty_database
    ada = await new_user(database)
    position = await position_now(database)
    async with database.transaction() as session:
        await session.execute(
            text(
                "INSERT INTO event (owner_id, tx, kind, object_id, action)"
                " VALUES (:id, 4000000000000, 'task', :id, 'created')"
            ),
            {"id": ada},
        )
    assert (await news(database, ada, position))[0] == []


async def test_old_events_are_deleted_a_few_at_a_time(session: AsyncSession) -> None:
    user = await a_user(session)
    for hours in (1, 24, 26, 27, 28):
        await session.execute(
            text(
                "INSERT INTO event (owner_id, kind, object_id, action, at)"
                " VALUES (:id, 'task', :id, 'created', now() - CAST(:age AS interval))"
            ),
            {"id": user.id, "age": timedelta(hours=hours)},
        )
    assert await events.prune(session, most=2) == 2
    assert await events.prune(session, most=2) == 1
    assert await events.prune(session, most=2) == 0
    assert len(list(await session.execute(text("SELECT id FROM event")))) == 2


async def test_whoever_is_told_is_told_after_the_commit(database_url: str) -> None:
    told: list[UUID] = []

    async def tell(ids: list[UUID]) -> None:
        told.extend(ids)

    database = Database(database_url, application_name="tests", after_change=tell)
    ada = new_id()
    async with database.transaction() as session:
        events.tell(session, ada)
        events.tell(session, ada)
        assert told == []
    assert told == [ada]
    try:
        async with database.transaction() as session:
            events.tell(session, ada)
            raise ValueError
    except ValueError:
        pass
    async with database.transaction() as session:
        assert TO_TELL not in session.info
    assert told == [ada]
    await database.close()
