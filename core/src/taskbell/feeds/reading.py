"""What a calendar program gets of a feed: found by the secret alone, in three statements.

When there are more tasks than fit, two more find those that are nearest.
"""

import asyncio
import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import (
    Boolean,
    Interval,
    LargeBinary,
    String,
    Text,
    Time,
    Uuid,
    and_,
    bindparam,
    cast,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY

from taskbell.accounts.live import USER, usable
from taskbell.clock import now
from taskbell.db import METADATA, Database
from taskbell.feeds.calendar import Heading, write
from taskbell.feeds.errors import FeedNotFoundError
from taskbell.feeds.events import Event, Reminding, events_of
from taskbell.feeds.models import CalendarFeed
from taskbell.feeds.service import hash_secret
from taskbell.filters.models import SavedFilter
from taskbell.notifications.models import NotificationPreference
from taskbell.notifications.preferences import ALL_DAY_TIME
from taskbell.reminders.models import Reminder
from taskbell.statements import Statement
from taskbell.tasks.parameters import TaskParameters
from taskbell.tasks.queries import SortName, TaskFilter, list_tasks
from taskbell.tasks.rows import TASK, TaskRow

MOST_TASKS = 2000
USE_NOTED_EVERY = timedelta(minutes=10)

_FORMAT = 2
"""Goes up when the same tasks are written in another way: caches must not keep the old one."""

T = TypeVar("T")

THREADS = "feeds"
_threads = ThreadPoolExecutor(1, thread_name_prefix=THREADS)
"""Calendars are made one after the other, whoever asks: the rest of the process goes on meanwhile.

Unlike a lock round a thread this holds when a program hangs up: what has begun goes on alone, and
what waits for its turn is dropped.
"""

_FEED = METADATA.tables[str(CalendarFeed.__tablename__)]
_FILTER = METADATA.tables[str(SavedFilter.__tablename__)]
_REMINDER = METADATA.tables[str(Reminder.__tablename__)]
_PREFERENCE = METADATA.tables[str(NotificationPreference.__tablename__)]


@dataclass(frozen=True)
class Contents:
    """A feed as of now, still to be written."""

    heading: Heading
    events: Sequence[Event]

    def fingerprint(self) -> str:
        """Return what is the same as long as the contents are: for an entity tag."""
        seen = repr((_FORMAT, self.heading, self.events))
        return hashlib.sha256(seen.encode("utf-8", "replace")).hexdigest()[:32]

    async def write(self) -> bytes:
        """Return the calendar, when its turn comes: a full one is most of a second of work."""
        return await _in_turn(lambda: write(self.heading, self.events))


class _Found(NamedTuple):
    owner_id: UUID
    name: str
    list_id: UUID | None
    query: str | None
    alarms: bool
    zone: str
    all_day_at: time


def _open() -> Statement[_Found]:
    by_secret = _FEED.c.secret_hash == bindparam("secret_hash", type_=LargeBinary())
    unused = or_(
        _FEED.c.last_used_at.is_(None),
        _FEED.c.last_used_at < func.now() - cast(USE_NOTED_EVERY, Interval),
    )
    noted = (
        update(_FEED)
        .where(by_secret, unused, USER.c.id == _FEED.c.owner_id, usable())
        .values(last_used_at=func.now())
        .returning(_FEED.c.id)
        .cte("noted")
    )
    return Statement(
        select(
            _FEED.c.owner_id,
            _FEED.c.name,
            _FEED.c.list_id,
            cast(_FILTER.c.query, Text),
            _FEED.c.alarms,
            USER.c.time_zone,
            func.coalesce(_PREFERENCE.c.all_day_time, ALL_DAY_TIME, type_=Time()),
        )
        .join(USER, USER.c.id == _FEED.c.owner_id)
        .outerjoin(_FILTER, _FILTER.c.id == _FEED.c.filter_id)
        .outerjoin(_PREFERENCE, _PREFERENCE.c.user_id == _FEED.c.owner_id)
        .where(by_secret, usable())
        .add_cte(noted),
        into=_Found,
    )


_OPEN = _open()


class _Detail(NamedTuple):
    task_id: UUID
    series_start: str | None
    offset_minutes: int | None
    at: datetime | None
    next_fire_at: datetime | None
    state: str | None


_IDS = cast(func.string_to_array(bindparam("ids", type_=String()), ","), ARRAY(Uuid()))
_DETAILS = Statement(
    select(
        TASK.c.id,
        TASK.c.repeat_start,
        _REMINDER.c.offset_minutes,
        _REMINDER.c.at,
        _REMINDER.c.next_fire_at,
        _REMINDER.c.state,
    )
    .outerjoin(
        _REMINDER,
        and_(_REMINDER.c.task_id == TASK.c.id, bindparam("alarms", type_=Boolean())),
    )
    .where(
        TASK.c.id == func.any(_IDS),
        or_(TASK.c.repeat_start.is_not(None), _REMINDER.c.id.is_not(None)),
    )
    .order_by(TASK.c.id, _REMINDER.c.id),
    into=_Detail,
)


async def read(database: Database, *, secret: str, public_url: str) -> Contents:
    """Return what a feed shows now, and note its use.

    Raises `FeedNotFoundError` for a secret that is unknown or revoked, and for the feed of an
    account that is disabled or deleted.
    """
    feed = await _OPEN.first(database, secret_hash=hash_secret(secret))
    if feed is None:
        raise FeedNotFoundError
    moment = now()
    tasks, total = await _tasks(database, feed, moment)
    ids = ",".join(str(task.id) for task in tasks)
    details = await _DETAILS.all(database, ids=ids, alarms=feed.alarms) if tasks else []
    # repeats are reckoned, which takes long enough to hold up others
    events = await _in_turn(lambda: _events(tasks, details, moment, feed.all_day_at))
    heading = Heading(feed.name, feed.zone, public_url, shown=len(tasks), total=total)
    return Contents(heading, events)


async def _in_turn(work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(_threads, work)


async def _tasks(database: Database, feed: _Found, at: datetime) -> tuple[list[TaskRow], int]:
    """Return the tasks that a feed shows, and how many there are without the limit."""
    wanted = _wanted(feed, at)
    if wanted.status == "completed" or wanted.trashed or wanted.has_due is False:
        return [], 0
    wanted = replace(wanted, status="pending", has_due=True)

    async def some(wanted: TaskFilter, sort: SortName, most: int) -> tuple[list[TaskRow], int]:
        page = await list_tasks(
            database, owner_id=feed.owner_id, wanted=wanted, sort=sort, per_page=most
        )
        return page.items, page.total or 0

    first, total = await some(wanted, "due", MOST_TASKS)
    if total <= MOST_TASKS:
        return first, total
    # what is long overdue must not take the place of what is to come
    begin: tuple[datetime, date | None] = (at, None)
    coming = max(wanted.due_after or begin, begin, key=_instant)
    nearest, _ = await some(replace(wanted, due_after=coming), "due", MOST_TASKS)
    if len(nearest) < MOST_TASKS:
        before = min(wanted.due_before or begin, begin, key=_instant)
        late = replace(wanted, due_before=before)
        nearest += (await some(late, "-due", MOST_TASKS - len(nearest)))[0]
    return nearest, total


def _instant(bound: tuple[datetime, date | None]) -> datetime:
    return bound[0]


def _wanted(feed: _Found, at: datetime) -> TaskFilter:
    if feed.query is not None:
        query = TaskParameters.model_validate(json.loads(feed.query))
        return query.filter(zone=feed.zone, at=at)
    if feed.list_id is not None:
        return TaskFilter(list_id=feed.list_id)
    return TaskFilter(archived=False)


def _events(
    tasks: Sequence[TaskRow], details: Sequence[_Detail], at: datetime, all_day_at: time
) -> list[Event]:
    starts: dict[UUID, str] = {}
    reminders: dict[UUID, list[Reminding]] = defaultdict(list)
    for one in details:
        if one.series_start is not None:
            starts[one.task_id] = one.series_start
        if one.state is not None:
            reminders[one.task_id].append(_reminding(one, all_day_at))
    return [
        event
        for task in tasks
        for event in events_of(
            task, series_start=starts.get(task.id), reminders=reminders[task.id], at=at
        )
    ]


def _reminding(one: _Detail, all_day_at: time) -> Reminding:
    if one.state == "snoozed":
        return Reminding(None, one.next_fire_at, waits=True)
    waits = one.next_fire_at is not None
    return Reminding(one.offset_minutes, one.at, waits=waits, all_day_at=all_day_at)
