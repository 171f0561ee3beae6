"""What a digest says: due today and overdue, as the reader sees it where they are."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from core.tests.make import a_list, a_task, a_user
from taskbell.accounts.models import User
from taskbell.clock import now
from taskbell.digest import contents
from taskbell.digest.contents import MOST_OVERDUE, MOST_TODAY, Entry
from taskbell.lists.service import create_inbox
from taskbell.tasks.models import Task

TODAY = date(2026, 11, 21)
DAY = timedelta(days=1)
ZURICH, AUCKLAND, HONOLULU = "Europe/Zurich", "Pacific/Auckland", "Pacific/Honolulu"


@pytest.fixture
async def ada(session: AsyncSession) -> User:
    user = await a_user(session)
    await create_inbox(session, owner_id=user.id)
    return user


def titles(entries: list[Entry]) -> list[str]:
    return [one.title for one in entries]


async def due(session: AsyncSession, owner: User, at: str, **fields: object) -> Task:
    """Add a task that is due at an instant, or on a date."""
    if "T" not in at:
        return await a_task(session, owner, title=at, due_date=date.fromisoformat(at), **fields)
    return await a_task(
        session, owner, title=at, due_at=datetime.fromisoformat(at).astimezone(UTC), **fields
    )


async def test_days_are_those_of_the_reader(session: AsyncSession, ada: User) -> None:
    for at in (
        "2026-11-20",
        "2026-11-21",
        "2026-11-22",
        "2026-11-20T23:59:59+01:00",
        "2026-11-21T00:00:00+01:00",
        "2026-11-21T23:59:59+01:00",
        "2026-11-22T00:00:00+01:00",
    ):
        await due(session, ada, at)
    found = await contents.read(session, owner_id=ada.id, day=TODAY, zone=ZURICH)
    assert titles(found.today) == [
        "2026-11-21", "2026-11-21T00:00:00+01:00", "2026-11-21T23:59:59+01:00",
    ]  # fmt: skip
    assert titles(found.overdue) == ["2026-11-20", "2026-11-20T23:59:59+01:00"]
    assert (found.more_today, found.more_overdue, found.is_empty) == (0, 0, False)
    first, second, _ = found.today
    assert (first.at_time, first.day) == (None, TODAY)
    assert (str(second.at_time), second.day) == ("00:00:00", TODAY)


@pytest.mark.parametrize(
    ("zone", "here"),
    [(AUCKLAND, "2026-11-21T00:30:00+13:00"), (HONOLULU, "2026-11-21T23:30:00-10:00")],
)
async def test_dates_and_times_at_the_ends_of_the_world(
    session: AsyncSession, ada: User, zone: str, here: str
) -> None:
    """Where the local day is far from that of UTC, both kinds are of the local one."""
    await due(session, ada, "2026-11-21")
    await due(session, ada, here)
    found = await contents.read(session, owner_id=ada.id, day=TODAY, zone=zone)
    assert titles(found.today) == ["2026-11-21", here]
    for other in (TODAY - DAY, TODAY + DAY):
        found = await contents.read(session, owner_id=ada.id, day=other, zone=zone)
        assert found.today == []


async def test_dates_are_in_the_order_of_lists_and_times_in_theirs(
    session: AsyncSession, ada: User
) -> None:
    garden = await a_list(session, ada, "Garden", position="b")
    office = await a_list(session, ada, "Office", position="a")
    for title, of, position in (
        ("garden 2", garden, "b"),
        ("garden 1", garden, "a"),
        ("office", office, "a"),
        ("inbox", None, "a"),
    ):
        await a_task(
            session, ada, title=title, due_date=TODAY, position=position, list_id=of and of.id
        )
    await due(session, ada, "2026-11-21T12:00:00Z")
    await due(session, ada, "2026-11-21T10:00:00Z", list_id=garden.id)
    found = await contents.read(session, owner_id=ada.id, day=TODAY, zone="UTC")
    assert titles(found.today) == [
        "inbox", "office", "garden 1", "garden 2", "2026-11-21T10:00:00Z", "2026-11-21T12:00:00Z",
    ]  # fmt: skip
    assert [one.list_name for one in found.today] == ["", "Office", *["Garden"] * 3, ""]


async def test_what_is_out_of_sight_stays_out(session: AsyncSession, ada: User) -> None:
    archived = await a_list(session, ada, "Old")
    parent = await due(session, ada, "2026-11-21")
    await a_task(session, ada, title="subtask", due_date=TODAY, parent_id=parent.id)
    await a_task(session, ada, title="archived", due_date=TODAY, list_id=archived.id)
    await a_task(session, ada, title="done", due_date=TODAY, completed_at=now())
    await a_task(session, ada, title="trashed", due_date=TODAY, deleted_at=now())
    await a_task(session, ada, title="some day")
    archived.archived_at = now()
    stranger = await a_user(session)
    await create_inbox(session, owner_id=stranger.id)
    await a_task(session, stranger, title="somebody else's", due_date=TODAY)
    await session.flush()
    found = await contents.read(session, owner_id=ada.id, day=TODAY, zone=ZURICH)
    assert sorted(titles(found.today)) == ["2026-11-21", "subtask"]
    assert found.overdue == []


async def test_long_lists_are_cut(session: AsyncSession, ada: User) -> None:
    for number in range(MOST_OVERDUE + 12):
        await a_task(session, ada, title=f"{number}", due_date=TODAY - (number + 1) * DAY)
    for number in range(MOST_TODAY + 1):
        await a_task(session, ada, title=f"{number}", due_date=TODAY)
    found = await contents.read(session, owner_id=ada.id, day=TODAY, zone=ZURICH)
    assert (len(found.today), found.more_today) == (MOST_TODAY, 1)
    assert (len(found.overdue), found.more_overdue) == (MOST_OVERDUE, 12)
    assert (found.count_today, found.count_overdue) == (MOST_TODAY + 1, MOST_OVERDUE + 12)
    assert found.overdue[0].title == f"{MOST_OVERDUE + 11}", "the oldest first"


async def test_nothing_is_empty(session: AsyncSession, ada: User) -> None:
    found = await contents.read(session, owner_id=ada.id, day=TODAY, zone=ZURICH)
    assert found.is_empty
    assert (found.count_today, found.count_overdue) == (0, 0)
