"""Lists of tasks: filters, sorts, search and the two ways of paging."""

import base64
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import String, bindparam, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.tests.make import HOUR, a_list, a_task, a_user
from taskbell.accounts.models import User
from taskbell.clock import now
from taskbell.db import Timestamp
from taskbell.paging import InvalidCursorError
from taskbell.statements import Statement
from taskbell.tasks.queries import SortName, TaskFilter, _day_in, list_tasks
from taskbell.tasks.rows import TaskRow
from taskbell.tasks.schemas import is_overdue
from taskbell.text import _time_zones

SORTS: Sequence[SortName] = get_args(SortName)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)


async def titles(session: AsyncSession, owner: User, **wanted: Any) -> list[str]:
    """The titles of what a filter finds, the oldest first."""
    found = await list_tasks(
        session, owner_id=owner.id, wanted=TaskFilter(**wanted), sort="created_at", per_page=100
    )
    assert found.total == len(found.items)
    return [task.title for task in found.items]


async def walk(session: AsyncSession, owner: User, **how: Any) -> list[TaskRow]:
    """All tasks of a list, by cursor."""
    items: list[TaskRow] = []
    how.setdefault("wanted", TaskFilter())
    how.setdefault("per_page", 3)
    page = await list_tasks(session, owner_id=owner.id, **how)
    items += page.items
    while page.next_cursor:
        page = await list_tasks(session, owner_id=owner.id, cursor=page.next_cursor, **how)
        assert page.total is None
        items += page.items
    return items


async def test_filters(session: AsyncSession) -> None:
    owner = await a_user(session)
    home = await a_list(session, owner)
    await a_task(session, await a_user(session), title="a stranger's")
    await a_task(session, owner, title="plain")
    await a_task(session, owner, title="done", completed_at=now(), due_at=now() - DAY)
    await a_task(session, owner, title="urgent", priority="urgent", list_id=home.id)
    await a_task(session, owner, title="late", due_at=now() - HOUR)
    await a_task(session, owner, title="soon", due_at=now() + HOUR)
    await a_task(session, owner, title="yesterday", due_date=now().date() - DAY)
    await a_task(session, owner, title="today", due_date=now().date())
    await a_task(session, owner, title="trash", deleted_at=now())
    at, today = now(), now().date()
    everything = ["plain", "done", "urgent", "late", "soon", "yesterday", "today"]
    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({}, everything),
        ({"status": "completed"}, ["done"]),
        ({"status": "pending"}, [name for name in everything if name != "done"]),
        ({"priority": "urgent"}, ["urgent"]),
        ({"priority": "low"}, []),
        ({"list_id": home.id}, ["urgent"]),
        ({"trashed": True}, ["trash"]),
        ({"overdue": True}, ["late", "yesterday"]),
        ({"overdue": False}, ["plain", "done", "urgent", "soon", "today"]),
        ({"due_before": (at, today)}, ["done", "late", "yesterday"]),
        ({"due_after": (at, today)}, ["soon", "today"]),
        ({"due_before": (at, today), "status": "pending", "q": "lat"}, ["late"]),
    ]
    for wanted, found in cases:
        assert await titles(session, owner, **wanted) == found, wanted


async def test_before_excludes_and_after_includes(session: AsyncSession) -> None:
    owner = await a_user(session)
    await a_task(session, owner, title="instant", due_at=NOON)
    await a_task(session, owner, title="day", due_date=NOON.date())
    edge = (NOON, NOON.date())
    assert await titles(session, owner, due_before=edge) == []
    assert await titles(session, owner, due_after=edge) == ["instant", "day"]


async def test_an_instant_has_its_date_in_the_owners_zone(session: AsyncSession) -> None:
    """Noon UTC is the next day in Kiritimati (UTC+14) already."""
    owner = await a_user(session, time_zone="Pacific/Kiritimati")
    for day in (20, 21, 22):
        await a_task(session, owner, title=f"{day}", due_date=date(2026, 11, day))
    assert await titles(session, owner, due_before=(NOON, None)) == ["20"]
    assert await titles(session, owner, due_after=(NOON, None)) == ["21", "22"]


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago", "CET"])
async def test_overdue_goes_by_the_zone_of_whoever_looks(session: AsyncSession, zone: str) -> None:
    """Kiritimati and Pago Pago are never on the same date; the filter agrees with the field."""
    owner = await a_user(session, time_zone=zone)
    for place in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
        for days in range(-2, 3):
            await a_task(
                session, owner, title=f"{days}", time_zone=place,
                due_date=now().date() + days * DAY,
            )  # fmt: skip
    await a_task(session, owner, title="trash", due_date=date(2020, 1, 1), deleted_at=now())
    today = now().astimezone(ZoneInfo(zone)).date()
    for trashed in (False, True):
        wanted = TaskFilter(trashed=trashed)
        everything = await list_tasks(session, owner_id=owner.id, wanted=wanted, per_page=100)
        for overdue in (True, False):
            wanted = TaskFilter(trashed=trashed, overdue=overdue)
            found = await list_tasks(session, owner_id=owner.id, wanted=wanted, per_page=100)
            assert [task.id for task in found.items] == [
                task.id for task in everything.items if is_overdue(task, at=now()) is overdue
            ]
            for task in found.items:
                assert task.due_date is not None
                assert (task.due_date < today and not trashed) is overdue


@pytest.mark.parametrize("month", [1, 7])
async def test_postgres_and_python_agree_on_the_date_in_every_zone(
    session: AsyncSession, month: int
) -> None:
    """Of some names, such as CET, Postgres makes abbreviations that know no summer time."""
    instant = datetime(2026, month, 15, 22, 30, tzinfo=UTC)
    zone = bindparam("zone", type_=String())
    day = Statement(select(_day_in(zone, literal(instant, Timestamp()))), into=lambda day: day)
    for name in sorted(_time_zones()):
        expected = instant.astimezone(ZoneInfo(name)).date()
        assert await day.first(session, zone=name) == expected, name


async def mixed(session: AsyncSession, count: int = 14) -> User:
    """Tasks with ties in every sort key, and without due times."""
    owner = await a_user(session)
    for number in range(count):
        await a_task(
            session, owner, title=f"Task {'abcA'[number % 4]}", description="word " * (number % 3),
            priority=["low", "medium", "high", "urgent"][number % 4], position=f"{number % 5}",
            created_at=NOON + DAY * (number // 3), updated_at=NOON - DAY * (number // 4),
            due_at=NOON + DAY * (number // 4) if number % 3 == 0 else None,
            due_date=NOON.date() + DAY * (number // 5) if number % 3 == 1 else None,
        )  # fmt: skip
    return owner


@pytest.mark.parametrize("sort", [*SORTS, None])
@pytest.mark.parametrize("q", [None, "task"])
async def test_the_cursor_and_the_pages_show_the_same(
    session: AsyncSession, sort: SortName | None, q: str | None
) -> None:
    owner = await mixed(session)
    wanted = TaskFilter(q=q)
    by_cursor = [task.id for task in await walk(session, owner, sort=sort, wanted=wanted)]
    by_page = []
    for number in range(1, 6):
        page = await list_tasks(
            session, owner_id=owner.id, wanted=wanted, sort=sort, page=number, per_page=3
        )
        assert page.total == 14
        by_page += [task.id for task in page.items]
    assert by_cursor == by_page
    assert len(set(by_cursor)) == 14


async def test_a_cursor_is_stable_under_inserts(session: AsyncSession) -> None:
    owner = await mixed(session)
    before = [task.id for task in await walk(session, owner)]
    page = await list_tasks(session, owner_id=owner.id, wanted=TaskFilter(), per_page=5)
    seen = [task.id for task in page.items]
    while page.next_cursor:
        await a_task(session, owner, title="a newcomer", created_at=now() + 365 * DAY)
        page = await list_tasks(
            session, owner_id=owner.id, wanted=TaskFilter(), per_page=5, cursor=page.next_cursor
        )
        seen += [task.id for task in page.items]
    assert seen == before


def forged(*parts: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()


ID = "01a1fb87-49ec-75f1-a572-281783323c0a"
ANY = "2026-11-20T12:00:00+00:00"


@pytest.mark.parametrize(
    ("sort", "cursor"),
    [
        ("priority", forged("priority", True, ID)),
        ("created_at", "nonsense"), ("created_at", forged("-created_at", ANY, ID)),
        ("created_at", forged("created_at", None, ID)), ("created_at", forged("created_at", 1, ID)),
        ("created_at", forged("created_at", "2026-11-20", ID)),
        ("created_at", forged("created_at", "2026-11-20T12:00:00", ID)),
        ("created_at", forged("created_at", "0001-01-01T00:00:00+14:00", ID)),
        ("created_at", forged("created_at", "9999-12-31T23:00:00-14:00", ID)),
        ("created_at", forged("created_at", ANY, "x")),
        ("created_at", forged("created_at", ANY, 7)),
        ("created_at", forged("created_at", ANY)), ("created_at", forged(["created_at"], ANY, ID)),
        ("priority", forged("priority", 2**70, ID)), ("priority", forged("priority", -1, ID)),
        ("priority", forged("priority", "1", ID)), ("title", forged("title", 1, ID)),
        ("title", forged("title", "\x00", ID)), ("title", forged("title", "\ud800", ID)),
        ("due", forged("due", "soon", ID)), (None, forged("-rank", "x", ID)),
        (None, forged("-rank", 10**400, ID)), (None, forged("-created_at", ANY, ID)),
    ],
)  # fmt: skip
async def test_a_cursor_of_something_else_is_refused(
    session: AsyncSession, sort: SortName | None, cursor: str
) -> None:
    owner = await a_user(session)
    wanted = TaskFilter(q=None if sort else "word")
    with pytest.raises(InvalidCursorError):
        await list_tasks(session, owner_id=owner.id, wanted=wanted, sort=sort, cursor=cursor)


@pytest.mark.parametrize("value", [0.5, float("nan"), float("inf"), 0, 1e308])
async def test_any_rank_is_a_place_in_the_list(session: AsyncSession, value: float) -> None:
    owner, cursor = await a_user(session), forged("-rank", value, ID)
    await list_tasks(session, owner_id=owner.id, wanted=TaskFilter(q="x"), cursor=cursor)
