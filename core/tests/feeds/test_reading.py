"""What a feed shows, to whom, and for how many statements."""

import asyncio
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Date, cast, event, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from core.tests.feeds.made import read as parsed
from core.tests.feeds.made import read_otherwise
from core.tests.make import a_list, a_reminder, a_task, a_user
from taskbell.accounts.callers import Caller
from taskbell.accounts.models import User
from taskbell.clock import now
from taskbell.db import Database
from taskbell.feeds import reading, service
from taskbell.feeds.errors import FeedNotFoundError
from taskbell.feeds.models import CalendarFeed
from taskbell.feeds.reading import MOST_TASKS, USE_NOTED_EVERY
from taskbell.feeds.schemas import FeedCreate
from taskbell.filters.models import SavedFilter
from taskbell.ids import new_id
from taskbell.lists.models import TaskList
from taskbell.lists.service import create_inbox
from taskbell.reminders.models import Reminder
from taskbell.tasks.models import Task

URL = "https://tasks.example.com"
DAY = timedelta(days=1)


class Ada:
    """Somebody with tasks and feeds, committed."""

    def __init__(self, database: Database, user: User) -> None:
        self.database, self.user = database, user

    async def task(self, title: str, **fields: Any) -> Task:
        async with self.database.transaction() as session:
            columns = {n: fields.pop(n) for n in ("completed_at", "deleted_at") if n in fields}
            task = await a_task(session, self.user, title=title, **fields)
            for name, value in columns.items():
                setattr(task, name, value)
        return task

    async def feed(self, **fields: Any) -> str:
        """Make a feed, and return its secret."""
        new = FeedCreate.model_validate({"name": "Phone", **fields})
        caller = Caller(self.user.id, None, self.user.role)
        async with self.database.transaction() as session:
            return (await service.make_feed(session, caller=caller, new=new))[1]

    async def filter_feed(self, **query: Any) -> str:
        made = SavedFilter(owner_id=self.user.id, name="x", name_key=new_id().hex, query=query)
        async with self.database.transaction() as session:
            session.add(made)
        return await self.feed(filter_id=made.id)

    async def sees(self, secret: str) -> list[str]:
        """The titles that a feed shows."""
        calendar = await (await self.read(secret)).write()
        titles = sorted(str(one["summary"]) for one in parsed(calendar))
        assert titles == sorted(one.summary.value for one in read_otherwise(calendar))
        return titles

    async def read(self, secret: str) -> reading.Contents:
        return await reading.read(self.database, secret=secret, public_url=URL)

    async def do(self, statement: Any) -> None:
        async with self.database.transaction() as session:
            await session.execute(statement)


@pytest.fixture
async def ada(empty_database: Database) -> Ada:
    async with empty_database.transaction() as session:
        user = await a_user(session, time_zone="Europe/Zurich")
        await create_inbox(session, owner_id=user.id)
    return Ada(empty_database, user)


@pytest.fixture
async def statements(database: Database) -> AsyncIterator[list[str]]:
    """What is sent to Postgres by new connections."""
    seen: list[str] = []
    await database.close()  # new connections, which are listened to

    def listen(connection: Any, _record: Any) -> None:
        connection.driver_connection.add_query_logger(lambda one: seen.append(one.query))

    event.listen(database.engine.sync_engine, "connect", listen)
    yield seen
    event.remove(database.engine.sync_engine, "connect", listen)
    await database.close()


# --- what it shows --------------------------------------------------------------------------------


async def test_pending_tasks_with_a_due_time(ada: Ada) -> None:
    secret = await ada.feed()
    assert await ada.sees(secret) == []
    soon = now() + DAY
    await ada.task("timed", due_at=soon)
    await ada.task("overdue", due_at=now() - 400 * DAY)
    await ada.task("all day", due_date="2026-11-30")
    await ada.task("some day")
    await ada.task("done", due_at=soon, completed_at=now())
    await ada.task("trashed", due_at=soon, deleted_at=now())
    assert await ada.sees(secret) == ["all day", "overdue", "timed"]


async def test_nothing_of_others(ada: Ada) -> None:
    async with ada.database.transaction() as session:
        bob = await a_user(session)
        await a_task(session, bob, title="Bob's", due_at=now() + DAY)
    await ada.task("mine", due_at=now() + DAY)
    assert await ada.sees(await ada.feed()) == ["mine"]


async def test_a_list_only(ada: Ada) -> None:
    async with ada.database.transaction() as session:
        home, shed = await a_list(session, ada.user), await a_list(session, ada.user, "Shed")
    await ada.task("inbox", due_at=now() + DAY)
    await ada.task("home", due_at=now() + DAY, list_id=home.id)
    await ada.task("shed", due_at=now() + DAY, list_id=shed.id)
    await ada.do(update(TaskList).where(col(TaskList.id) == shed.id).values(archived_at=now()))
    assert await ada.sees(await ada.feed(list_id=home.id)) == ["home"]
    assert await ada.sees(await ada.feed()) == ["home", "inbox"], "not what is archived"
    assert await ada.sees(await ada.feed(list_id=shed.id)) == ["shed"], "but what was asked for"


async def test_a_saved_filter(ada: Ada) -> None:
    await ada.task("urgent", due_at=now() + DAY, priority="urgent")
    await ada.task("later", due_at=now() + 30 * DAY, priority="urgent")
    await ada.task("low", due_at=now() + DAY, priority="low")
    await ada.task("done", due_at=now() + DAY, priority="urgent", completed_at=now())
    await ada.task("no date", priority="urgent")
    assert await ada.sees(await ada.filter_feed(priority="urgent")) == ["later", "urgent"]
    assert await ada.sees(await ada.filter_feed(due_before="+7d")) == ["low", "urgent"]
    assert await ada.sees(await ada.filter_feed(priority="urgent", due_before="+7d")) == ["urgent"]
    assert await ada.sees(await ada.filter_feed(q="lat")) == ["later"]
    for nothing in ({"status": "completed"}, {"trashed": True}, {"has_due": False}):
        assert await ada.sees(await ada.filter_feed(**nothing)) == []


async def test_days_of_a_filter_are_those_of_its_owner(ada: Ada) -> None:
    today = now().astimezone().date()
    for zone, first, last in (("Pacific/Kiritimati", -1, 2), ("Etc/GMT+12", -2, 1)):
        await ada.do(update(User).values(time_zone=zone))
        secret = await ada.filter_feed(due_before="today")
        shown = []
        for number in range(first, last):
            due = today + number * DAY
            task = await ada.task(f"{number}", due_date=due.isoformat())
            shown += await ada.sees(secret)
            await ada.do(update(Task).where(col(Task.id) == task.id).values(completed_at=now()))
        local = (await _today(ada, zone)) - today
        assert shown == [f"{number}" for number in range(first, last) if number < local.days]


async def _today(ada: Ada, zone: str) -> date:
    async with ada.database.transaction() as session:
        today = select(cast(func.timezone(zone, func.now()), Date))
        return (await session.execute(today)).scalar_one()


async def test_reminders_are_alarms_unless_not_wanted(ada: Ada) -> None:
    task = await ada.task("Rent", due_at=now() + 2 * DAY)
    async with ada.database.transaction() as session:
        await a_reminder(session, task, offset_minutes=30)
        await a_reminder(session, task, at=now() + DAY)
        snoozed = await a_reminder(session, task, offset_minutes=60)
        snoozed.state, snoozed.next_fire_at = "snoozed", now() + DAY / 2
        snoozed.snoozed_until = snoozed.next_fire_at
        fired = await a_reminder(session, task, offset_minutes=90)
        fired.state, fired.next_fire_at = "fired", None

    async def alarms(secret: str) -> list[timedelta | datetime]:
        (shown,) = (await ada.read(secret)).events
        return list(shown.alarms)

    found = await alarms(await ada.feed())
    assert found[0] == timedelta(minutes=-30)
    assert [type(one) for one in found[1:]] == [datetime, datetime]
    assert found[2] == snoozed.next_fire_at
    assert await alarms(await ada.feed(alarms=False)) == []


async def test_repeats_come_as_such(ada: Ada) -> None:
    weekly = {"rrule": "FREQ=WEEKLY", "anchor": "schedule"}
    await ada.task("Bins", due_date="2030-01-03", recurrence=weekly)
    (shown,) = (await ada.read(await ada.feed(alarms=False))).events
    assert (shown.start, shown.rrule) == (date(2030, 1, 3), "FREQ=WEEKLY")


# --- who may read it ------------------------------------------------------------------------------


async def test_unknown_secrets_find_nothing(ada: Ada) -> None:
    secret = await ada.feed()
    for unknown in ("", "tbf_", secret[:-1], secret + "A", secret.upper(), "\udce9", "x" * 5000):
        with pytest.raises(FeedNotFoundError):
            await ada.read(unknown)


@pytest.mark.parametrize(
    "change",
    [
        update(User).values(is_active=False),
        update(User).values(deletion_at=now() + 7 * DAY),
        text("DELETE FROM calendar_feed"),
        text("DELETE FROM user_account"),
    ],
    ids=["disabled", "leaving", "revoked", "gone"],
)
async def test_it_ends_at_once(ada: Ada, change: Any) -> None:
    secret = await ada.feed()
    await ada.read(secret)
    await ada.do(update(CalendarFeed).values(last_used_at=None))
    await ada.do(change)
    with pytest.raises(FeedNotFoundError):
        await ada.read(secret)
    async with ada.database.transaction() as session:
        used = await session.scalars(select(col(CalendarFeed.last_used_at)))
        assert set(used) <= {None}, "nor is that a use"


async def test_its_use_is_noted_every_ten_minutes(ada: Ada) -> None:
    secret = await ada.feed()

    async def used() -> datetime | None:
        async with ada.database.transaction() as session:
            found: datetime | None = await session.scalar(select(col(CalendarFeed.last_used_at)))
            return found

    assert await used() is None
    await ada.read(secret)
    first = await used()
    assert first is not None
    await ada.read(secret)
    assert await used() == first
    before = now() - USE_NOTED_EVERY - timedelta(seconds=1)
    await ada.do(update(CalendarFeed).values(last_used_at=before))
    await ada.read(secret)
    assert (await used() or before) > before


# --- how much it takes ----------------------------------------------------------------------------


async def test_three_statements_whatever_there_is(ada: Ada, statements: list[str]) -> None:
    for number in range(12):
        task = await ada.task(f"{number}", due_at=now() + (number + 1) * DAY)
        async with ada.database.transaction() as session:
            await a_reminder(session, task, offset_minutes=5)
    secret, empty = await ada.feed(), await ada.filter_feed(q="nothing")
    await ada.read(secret)  # connects
    for one, most in ((secret, 3), (empty, 3)):
        statements.clear()
        await ada.read(one)
        made = [query for query in statements if "typeinfo" not in query]
        assert len(made) <= most, "\n".join(made)


async def many(session: AsyncSession, user: User, count: int, first: datetime) -> None:
    """Add tasks, an hour apart."""
    inbox = await session.scalar(select(col(TaskList.id)))
    common: dict[str, Any] = {"owner_id": user.id, "list_id": inbox, "time_zone": "UTC"}
    rows = [Task(title=f"{n}", due_at=first + timedelta(hours=n), **common) for n in range(count)]
    computed = {"due_sort", "search"}
    await session.execute(insert(Task), [one.model_dump(exclude=computed) for one in rows])


@pytest.mark.parametrize(("late", "ahead"), [(2500, 100), (300, 2500), (100, 1900)])
async def test_the_nearest_two_thousand(ada: Ada, late: int, ahead: int) -> None:
    """What is to come goes before what is overdue, and of that the latest."""
    first = now() - timedelta(hours=late) + timedelta(minutes=1)
    async with ada.database.transaction() as session:
        await many(session, ada.user, late + ahead, first)
    contents = await ada.read(await ada.feed())
    shown = sorted(int(one.task.title) for one in contents.events)
    assert len(shown) == MOST_TASKS
    coming = min(ahead, MOST_TASKS)
    begin = late - (MOST_TASKS - coming)
    assert shown == list(range(begin, begin + MOST_TASKS))
    assert (contents.heading.shown, contents.heading.total) == (MOST_TASKS, late + ahead)


async def test_a_fingerprint_is_the_same_until_something_is_not(ada: Ada) -> None:
    secret = await ada.feed()
    task = await ada.task("Rent", due_at=now() + 2 * DAY)
    seen = [(await ada.read(secret)).fingerprint() for _ in range(2)]
    assert seen[0] == seen[1]
    async with ada.database.transaction() as session:
        await a_reminder(session, task, offset_minutes=30)
    seen.append((await ada.read(secret)).fingerprint())
    await ada.do(update(Task).values(title="Rent!"))
    seen.append((await ada.read(secret)).fingerprint())
    await ada.do(update(Reminder).values(offset_minutes=31))
    seen.append((await ada.read(secret)).fingerprint())
    await ada.do(update(CalendarFeed).values(name="Other"))
    seen.append((await ada.read(secret)).fingerprint())
    assert len(set(seen)) == 5


# --- what it costs others -------------------------------------------------------------------------


async def test_calendars_are_made_one_at_a_time_and_the_loop_is_free(ada: Ada) -> None:
    await ada.task("Bins", due_date="2030-01-03")
    contents = await ada.read(await ada.feed())
    full = replace(contents, events=list(contents.events) * 500)
    ticks = 0
    work = asyncio.gather(*(full.write() for _ in range(8)))
    while not work.done():
        ticks += 1
        assert len(makers()) == 1
        await asyncio.sleep(0.001)
    assert len(set(await work)) == 1
    assert ticks > 8, "there were turns between them"


async def test_whoever_hangs_up_makes_no_work_and_lets_nobody_in_beside(ada: Ada) -> None:
    await ada.task("Bins", due_date="2030-01-03")
    contents = await ada.read(await ada.feed())
    full = replace(contents, events=list(contents.events) * 500)
    gone = [asyncio.create_task(full.write()) for _ in range(8)]
    await asyncio.sleep(0)
    for one in gone:
        one.cancel()
    await contents.write()
    assert all(one.cancelled() for one in await asyncio.wait_for(_ended(gone), 5))
    assert len(makers()) == 1


async def _ended(tasks: list[asyncio.Task[bytes]]) -> set[asyncio.Task[bytes]]:
    return (await asyncio.wait(tasks))[0]


def makers() -> list[threading.Thread]:
    return [one for one in threading.enumerate() if one.name.startswith(reading.THREADS)]
