"""All that a list of tasks can be asked for at once, and its order, against what Python says."""

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, get_args
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncSession

from core.tests.make import a_list, a_task, a_user, some_id
from taskbell.accounts.models import User
from taskbell.clock import now
from taskbell.tasks.parameters import TaskParameters
from taskbell.tasks.queries import SortName, TaskFilter, list_tasks
from taskbell.tasks.rows import TaskRow
from taskbell.tasks.schemas import PRIORITY_NAMES, is_overdue

SORTS: Sequence[SortName] = get_args(SortName)
DAY = timedelta(days=1)
PATIENT = settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


async def everything(session: AsyncSession, owner: User, **how: Any) -> list[TaskRow]:
    """All pages of a list: those by cursor and those by number are the same."""
    how.setdefault("wanted", TaskFilter())
    page = await list_tasks(session, owner_id=owner.id, **how)
    by_cursor, by_number, total, number = list(page.items), list(page.items), page.total, 1
    while page.next_cursor:
        number += 1
        same = await list_tasks(session, owner_id=owner.id, **how, page=number)
        page = await list_tasks(session, owner_id=owner.id, **how, cursor=page.next_cursor)
        by_cursor += page.items
        by_number += same.items
        assert same.total == total
    assert by_cursor == by_number
    assert len(by_cursor) == total
    return by_cursor


def due_sort(task: TaskRow) -> datetime | None:
    if task.due_date is not None:
        return datetime.combine(task.due_date, datetime.min.time(), UTC)
    return task.due_at


KEYS: dict[str, Any] = {
    "created_at": lambda task: task.created_at,
    "updated_at": lambda task: task.updated_at,
    "due": due_sort,
    "priority": lambda task: task.priority,
    "title": lambda task: task.title.lower(),
    "position": lambda task: task.position.encode(),
}


def in_order(tasks: list[TaskRow], sort: SortName) -> list[TaskRow]:
    """As Python sorts them: what has no key comes last, in either direction."""
    key, down = KEYS[sort.removeprefix("-")], sort.startswith("-")
    some = [task for task in tasks if key(task) is not None]
    none = [task for task in tasks if key(task) is None]
    return [
        *sorted(some, key=lambda task: (key(task), task.id), reverse=down),
        *sorted(none, key=lambda task: task.id, reverse=down),
    ]


MOMENTS = st.sampled_from([datetime(2030, 1, 31, hour, tzinfo=UTC) for hour in (0, 9, 23)])
A_TASK = st.fixed_dictionaries(
    {
        "title": st.sampled_from(["a", "A", "b", "É", "é", "日本", "a b"]),
        "priority": st.sampled_from(list(PRIORITY_NAMES.values())),
        "position": st.sampled_from(["", "A", "a", "Z", "z", "a0", "é"]),
        "created_at": MOMENTS,
        "updated_at": MOMENTS,
    },
    optional={"due_at": MOMENTS, "due_date": st.just(date(2030, 1, 31))},
).map(lambda task: task if "due_at" not in task else {**task, "due_date": None})


@PATIENT
@given(
    tasks=st.lists(A_TASK, max_size=9),
    sort=st.sampled_from(SORTS),
    per_page=st.integers(1, 4),
)
async def test_the_order_is_pythons(
    session: AsyncSession, tasks: list[dict[str, Any]], sort: SortName, per_page: int
) -> None:
    owner = await a_user(session)
    for fields in tasks:
        await a_task(session, owner, **fields)
    found = await everything(session, owner, sort=sort, per_page=per_page)
    assert [task.id for task in found] == [task.id for task in in_order(found, sort)]
    assert len(found) == len(tasks)


async def test_days_are_listed_among_instants(session: AsyncSession) -> None:
    owner = await a_user(session)
    await a_task(session, owner, title="noon", due_at=datetime(2030, 11, 20, 12, tzinfo=UTC))
    await a_task(session, owner, title="that day", due_date=date(2030, 11, 20))
    await a_task(session, owner, title="whenever")
    await a_task(session, owner, title="the day after", due_date=date(2030, 11, 21))
    found = await everything(session, owner, sort="due", per_page=1)
    assert [task.title for task in found] == ["that day", "noon", "the day after", "whenever"]


# --- filters --------------------------------------------------------------------------------------


class World:
    """A user with tasks of all kinds, and which of their lists are archived."""

    owner: User
    archived: frozenset[UUID]
    lists: list[UUID]
    parents: list[UUID]
    tasks: list[TaskRow]

    async def make(self, session: AsyncSession) -> None:
        """Add lists and tasks."""
        chance = random.Random(5)
        self.owner = await a_user(session, time_zone="America/New_York")
        made = [await a_list(session, self.owner, name) for name in ("Home", "Work", "Old")]
        self.lists, self.parents = [one.id for one in made], []
        for number in range(60):
            days = chance.choice([-2, -1, 0, 1, 2])
            due = {"due_at": now() + days * DAY, "due_date": now().date() + days * DAY}
            name = chance.choice(["due_at", "due_date", ""])
            fields: dict[str, Any] = {name: due[name]} if name else {}
            fields["rrule"] = chance.choice([None, "FREQ=DAILY"]) if name else None
            fields["labels"] = chance.sample(["Home", "büro", "x"], chance.randint(0, 3))
            fields["completed_at"] = chance.choice([None, now()])
            fields["deleted_at"] = chance.choice([None, None, None, now()])
            if self.parents and chance.random() < 0.3:
                fields["parent_id"] = chance.choice(self.parents)
            else:
                fields["list_id"] = chance.choice(self.lists)
            task = await a_task(
                session, self.owner, title=chance.choice(["milk", "bread"]), **fields,
                priority=chance.choice(["low", "urgent"]),
            )  # fmt: skip
            if number % 6 == 0 and task.parent_id is None and task.deleted_at is None:
                self.parents.append(task.id)
        made[2].archived_at = now()
        self.archived = frozenset({made[2].id})
        await session.flush()
        self.tasks = [
            task
            for trashed in (False, True)
            for task in await everything(
                session, self.owner, wanted=TaskFilter(trashed=trashed), per_page=100
            )
        ]


@pytest.fixture
async def world(session: AsyncSession) -> World:
    made = World()
    await made.make(session)
    return made


def matches(task: TaskRow, wanted: TaskFilter, archived: frozenset[UUID]) -> bool:
    """What the filter says, said once more."""
    names = task.label_names.casefold().split("\n")
    instant = task.due_at
    checks = [
        wanted.trashed == (task.deleted_at is not None),
        wanted.status == "all" or (wanted.status == "completed") == task.completed,
        wanted.priority in (None, PRIORITY_NAMES[task.priority]),
        wanted.list_id in (None, task.list_id),
        all(name.casefold() in names for name in wanted.labels),
        wanted.parent_id is None
        or task.parent_id == (None if wanted.parent_id == "none" else wanted.parent_id),
        wanted.has_due in (None, due_sort(task) is not None),
        wanted.repeating in (None, task.rrule is not None),
        wanted.archived in (None, task.list_id in archived),
        wanted.overdue in (None, is_overdue(task, at=now())),
        not wanted.q or wanted.q in task.title,
    ]
    for edge, before in ((wanted.due_before, True), (wanted.due_after, False)):
        if edge is not None:
            at, day = edge
            day = day or at.astimezone(ZoneInfo(task.viewer_zone)).date()
            late = instant < at if instant else task.due_date is not None and task.due_date < day
            checks.append(due_sort(task) is not None and late is before)
    return all(checks)


DAYS = st.sampled_from([None, None, "today", "tomorrow", "yesterday", "+2d", "-1d", "+0d"])
BOOLS = st.sampled_from([None, None, True, False])
PARAMETERS: dict[str, st.SearchStrategy[Any]] = {
    "status": st.sampled_from(["all", "pending", "completed"]),
    "priority": st.sampled_from(["low", "urgent", "high"]),
    "list_id": st.integers(0, 3),
    "label": st.lists(st.sampled_from(["home", "BÜRO", "x", "nobody's"]), max_size=3),
    "parent_id": st.sampled_from(["none", 0, 1, 9]),
    "due_before": DAYS,
    "due_after": DAYS,
    "overdue": BOOLS,
    "has_due": BOOLS,
    "repeating": BOOLS,
    "archived": BOOLS,
    "trashed": st.sampled_from([False, False, True]),
    "q": st.sampled_from([None, "milk", "br"]),
    "sort": st.sampled_from([None, *SORTS]),
}
SOME = st.sets(st.sampled_from(list(PARAMETERS)), max_size=4).flatmap(
    lambda names: st.fixed_dictionaries({name: PARAMETERS[name] for name in names})
)


@settings(PATIENT, max_examples=100)
@given(chosen=SOME, per_page=st.sampled_from([7, 50]))
async def test_all_filters_together(
    session: AsyncSession, world: World, chosen: dict[str, Any], per_page: int
) -> None:
    for name, ids in (("list_id", world.lists), ("parent_id", world.parents)):
        index = chosen.get(name)
        if isinstance(index, int):
            chosen = chosen | {name: ids[index] if index < len(ids) else some_id()}
    parameters = TaskParameters(**chosen)
    wanted = parameters.filter(zone="America/New_York", at=now())
    found = await everything(
        session, world.owner, wanted=wanted, sort=parameters.sort, per_page=per_page
    )
    expected = [task for task in world.tasks if matches(task, wanted, world.archived)]
    assert {task.id for task in found} == {task.id for task in expected}
    if parameters.sort or not parameters.q:
        order = in_order(expected, parameters.sort or "-created_at")
        assert [task.id for task in found] == [task.id for task in order]


async def test_a_label_that_there_is_not_is_on_no_task(session: AsyncSession, world: World) -> None:
    for labels, some in ((("home",), True), (("home", "x"), True), (("home", "nobody's"), False)):
        assert (
            bool(await everything(session, world.owner, wanted=TaskFilter(labels=labels))) is some
        )
