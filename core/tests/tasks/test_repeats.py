"""Tasks that repeat: what their owner sees on the clock, and what a change does to a series."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from core.tests.make import a_reminder, a_task, a_user
from taskbell.accounts.models import User
from taskbell.clock import now
from taskbell.recurrence.errors import InvalidRecurrenceError
from taskbell.recurrence.slots import slot_of
from taskbell.tasks import repeats, rows
from taskbell.tasks.completion import set_completed
from taskbell.tasks.errors import RecurrenceNeedsDueError
from taskbell.tasks.models import Task
from taskbell.tasks.schemas import Preview, Recurrence, TaskOut, TaskPatch, TaskPut
from taskbell.tasks.service import replace_task, update_task
from taskbell.text import _time_zones

DAY = timedelta(days=1)
NINE = datetime(2030, 1, 31, 9, tzinfo=UTC)
DAILY = {"rrule": "FREQ=DAILY"}


@pytest.fixture
async def ada(session: AsyncSession) -> User:
    return await a_user(session)


async def complete(session: AsyncSession, task: Task) -> Task:
    who: dict[str, Any] = {"owner_id": task.owner_id, "task_id": task.id}
    return await set_completed(session, **who, completed=True)


async def patch(session: AsyncSession, task: Task, **fields: Any) -> Task:
    who: dict[str, Any] = {"owner_id": task.owner_id, "task_id": task.id}
    return await update_task(session, **who, patch=TaskPatch(**fields))


async def shown(session: AsyncSession, task: Task) -> dict[str, Any]:
    """The task as the API shows it."""
    row = await rows.read(session, owner_id=task.owner_id, task_id=task.id)
    return TaskOut.of(row).model_dump()


# --- what people complain about -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rrule", "days"),
    [
        ("RSCALE=GREGORIAN;FREQ=MONTHLY;SKIP=BACKWARD", [(2, 28), (3, 31), (4, 30), (5, 31)]),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", [(2, 28), (3, 31), (4, 30), (5, 31)]),
        ("FREQ=MONTHLY", [(2, 28), (3, 31), (4, 30), (5, 31)]),
        ("FREQ=MONTHLY;BYMONTHDAY=31", [(3, 31), (5, 31), (7, 31), (8, 31)]),
    ],
)
async def test_completing_the_31st_of_january_monthly_gives_the_28th_of_february_not_the_3rd_of_march(  # noqa: E501
    session: AsyncSession, ada: User, rrule: str, days: list[tuple[int, int]]
) -> None:
    """Nor does it stay the 28th; and a rule that asks for the 31st gets the 31st."""
    task = await a_task(session, ada, due_date=date(2030, 1, 31), rrule=rrule)
    for month, day in days:
        await complete(session, task)
        assert task.due_date == date(2030, month, day)


async def test_an_all_day_date_stays_that_date_in_every_zone(
    session: AsyncSession, ada: User
) -> None:
    task = await a_task(session, ada, due_date=date(2030, 1, 31), start_date=date(2030, 1, 1))
    series = await a_task(session, ada, due_date=date(2030, 1, 31), rrule="FREQ=WEEKLY")
    for zone in [*sorted(_time_zones())[::9], "Pacific/Kiritimati", "Pacific/Pago_Pago"]:
        ada.time_zone = zone
        await session.flush()
        for one in (task, series):
            await patch(session, one, time_zone=zone)
            assert (await shown(session, one))["due_date"] == date(2030, 1, 31)
    assert (await shown(session, task))["start_date"] == date(2030, 1, 1)
    assert (await complete(session, series)).due_date == date(2030, 2, 7)


FIELDS: list[tuple[dict[str, Any], set[str]]] = [
    # what is sent, and what else it has to change
    ({"title": "y"}, set()),
    ({"description": "y"}, set()),
    ({"description": None}, set()),
    ({"priority": "low"}, set()),
    ({"labels": ["y"]}, set()),
    ({"labels": None}, set()),
    ({"start_date": None}, set()),
    ({"time_zone": "Asia/Tokyo"}, set()),
    ({"due_at": NINE + DAY}, set()),
    ({"due_date": date(2030, 3, 1)}, {"due_at"}),
    ({"recurrence": None}, {"occurrence"}),
    ({"recurrence": {"rrule": "FREQ=YEARLY"}}, set()),
    ({"parent_id": None}, {"position"}),
]


@pytest.mark.parametrize(("fields", "more"), FIELDS)
async def test_a_change_of_one_field_never_wipes_another(
    session: AsyncSession, ada: User, fields: dict[str, Any], more: set[str]
) -> None:
    parent = await a_task(session, ada)
    task = await a_task(
        session, ada, title="x", description="x", priority="urgent", labels=["x"], due_at=NINE,
        time_zone="Europe/Zurich", start_date=date(2030, 1, 1), parent_id=parent.id,
        rrule="FREQ=DAILY", anchor="completion",
    )  # fmt: skip
    await a_task(session, ada, parent_id=task.id)
    await a_reminder(session, task, offset_minutes=10)
    before = await shown(session, task)
    await patch(session, task, **fields)
    after = await shown(session, task)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {*fields, *more, "version", "updated_at"}
    assert after["version"] == before["version"] + 1


# --- the clock ------------------------------------------------------------------------------------


@pytest.mark.parametrize("anchor", ["schedule", "completion"])
@pytest.mark.parametrize(
    ("zone", "before"),
    [
        ("Europe/Zurich", date(2030, 3, 29)),
        ("Europe/Zurich", date(2030, 10, 25)),
        ("Australia/Lord_Howe", date(2030, 4, 5)),
        ("Australia/Lord_Howe", date(2030, 10, 4)),
    ],
)
async def test_nine_stays_nine_when_the_clocks_change(
    session: AsyncSession, ada: User, zone: str, before: date, anchor: str
) -> None:
    place = ZoneInfo(zone)
    due = datetime(before.year, before.month, before.day, 9, tzinfo=place)
    fields: dict[str, Any] = {"due_at": due, "time_zone": zone, "rrule": "FREQ=DAILY"}
    task = await a_task(session, ada, **fields, anchor=anchor)
    offsets = {due.utcoffset()}
    if anchor == "completion":  # done at 23:30 of each day
        for number in range(4):
            at = (due + number * DAY).replace(hour=23, minute=30)
            assert repeats.advance(task, at=at)
            assert task.due_at == due + (number + 1) * DAY, "wall time, see PEP 495"
            offsets.add(task.due_at.astimezone(place).utcoffset())
    else:
        for number in range(4):
            await complete(session, task)
            assert task.due_at is not None
            slot = slot_of(task.due_at, zone)
            assert (slot.date(), slot.hour) == (before + (number + 1) * DAY, 9)
            offsets.add(task.due_at.astimezone(place).utcoffset())
    assert len(offsets) == 2, "they did change"


async def test_a_time_that_is_left_out_comes_later_and_only_that_day(
    session: AsyncSession, ada: User
) -> None:
    zone = ZoneInfo("Europe/Zurich")
    due = datetime(2030, 3, 30, 2, 30, tzinfo=zone)
    task = await a_task(session, ada, due_at=due, time_zone="Europe/Zurich", rrule="FREQ=DAILY")
    times = []
    for _ in range(3):
        await complete(session, task)
        assert task.due_at is not None
        times.append((task.occurrence, f"{task.due_at.astimezone(zone):%d %H:%M}"))
    assert times == [
        ("2030-03-31T02:30:00", "31 03:30"),
        ("2030-04-01T02:30:00", "01 02:30"),
        ("2030-04-02T02:30:00", "02 02:30"),
    ]


async def test_another_zone_never_moves_an_instant(session: AsyncSession, ada: User) -> None:
    task = await a_task(session, ada, due_at=NINE, time_zone="Europe/Zurich", rrule="FREQ=DAILY")
    for zone in ("Asia/Tokyo", "America/New_York", "Pacific/Kiritimati"):
        await patch(session, task, time_zone=zone)
        assert (task.due_at, task.occurrence) == (NINE, "2030-01-31T10:00:00")
    await complete(session, task)
    assert task.due_at is not None
    assert task.due_at > NINE
    assert slot_of(task.due_at, "Pacific/Kiritimati").hour == 10, "ten on the clock, there now"


# --- what a change does to a series ---------------------------------------------------------------


async def test_a_new_due_time_moves_this_occurrence_only(session: AsyncSession, ada: User) -> None:
    task = await a_task(session, ada, due_at=NINE, rrule="FREQ=WEEKLY")
    for moved in (NINE + timedelta(hours=5), NINE - timedelta(hours=5), NINE + DAY):
        await patch(session, task, due_at=moved)
        assert task.occurrence == "2030-01-31T09:00:00"
    await complete(session, task)
    assert task.due_at == NINE + 7 * DAY


async def test_one_that_is_put_off_past_others_takes_their_place(
    session: AsyncSession, ada: User
) -> None:
    task = await a_task(session, ada, due_date=date(2030, 1, 31), rrule="FREQ=DAILY")
    await patch(session, task, due_date=date(2030, 2, 4))
    await complete(session, task)
    assert task.due_date == date(2030, 2, 5)


async def test_a_due_time_of_the_other_kind_is_of_this_occurrence_only(
    session: AsyncSession, ada: User
) -> None:
    task = await a_task(session, ada, due_date=date(2030, 1, 31), rrule="FREQ=WEEKLY")
    await patch(session, task, due_at=NINE)
    assert (task.due_date, task.due_at, task.occurrence) == (None, NINE, "2030-01-31")
    await complete(session, task)
    assert (task.due_date, task.due_at) == (date(2030, 2, 7), None)


async def test_without_a_due_date_it_begins_at_the_first_that_fits(
    session: AsyncSession, ada: User
) -> None:
    today = now().date()
    daily = await a_task(session, ada, recurrence=DAILY)
    assert (daily.due_date, daily.occurrence) == (today, f"{today}")
    monday = await a_task(session, ada, recurrence={"rrule": "FREQ=WEEKLY;BYDAY=MO"})
    assert monday.due_date is not None
    assert monday.due_date.weekday() == 0
    assert today <= monday.due_date < today + 7 * DAY


async def test_it_repeats_as_long_as_it_is_due(session: AsyncSession, ada: User) -> None:
    task = await a_task(session, ada, due_date=date(2030, 1, 31), rrule="FREQ=DAILY")
    with pytest.raises(RecurrenceNeedsDueError):
        await patch(session, task, due_date=None)
    await session.refresh(task)
    await patch(session, task, due_date=None, recurrence=None)
    assert (task.due_date, task.rrule, task.occurrence) == (None, None, None)
    await patch(session, task, due_date=date(2030, 3, 1))
    await complete(session, task)
    assert task.completed


async def test_a_put_of_the_same_series_goes_on_with_it(session: AsyncSession, ada: User) -> None:
    task = await a_task(session, ada, due_date=date(2030, 1, 31), rrule="FREQ=DAILY;COUNT=3")
    await complete(session, task)
    rule = Recurrence(rrule="FREQ=DAILY;COUNT=3")
    for due, number in ((date(2030, 2, 1), 2), (date(2030, 2, 9), 1)):
        new = TaskPut(title="y", due_date=due, recurrence=rule)
        await replace_task(session, owner_id=ada.id, task_id=task.id, new=new)
        assert (task.occurrence_number, task.due_date) == (number, due)
    await replace_task(session, owner_id=ada.id, task_id=task.id, new=TaskPut(title="y"))
    assert (task.rrule, task.due_date) == (None, None)


async def test_what_comes_is_what_completing_gives(session: AsyncSession, ada: User) -> None:
    rules = [("FREQ=MONTHLY;BYDAY=-1FR", "schedule"), ("FREQ=DAILY;COUNT=4", "schedule")]
    for rrule, anchor in rules:
        task = await a_task(session, ada, due_at=NINE, rrule=rrule, anchor=anchor)
        coming = repeats.occurrences(task, limit=6, at=now())
        for one in coming:
            assert (task.occurrence, task.due_at) == (one.occurrence, one.due_at)
            await complete(session, task)
        assert task.completed == (len(coming) < 6)
    assert repeats.occurrences(task, limit=6, at=now()) == [], "it is done"


def test_a_preview_shows_a_series_that_there_is_not() -> None:
    wanted = Preview(rrule="FREQ=WEEKLY", due_date=date(2030, 1, 31), limit=3)
    found = repeats.preview(wanted, zone="Europe/Zurich", at=now())
    assert [one.occurrence for one in found] == ["2030-01-31", "2030-02-07", "2030-02-14"]
    with pytest.raises(InvalidRecurrenceError) as refused:
        repeats.preview(Preview(rrule="FREQ=HOURLY"), zone="UTC", at=now())
    assert refused.value.errors[0]["field"] == "body.rrule"
