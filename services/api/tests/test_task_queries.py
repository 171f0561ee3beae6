"""What lists of tasks show: labels, subtasks, archived lists, order, and days of the viewer."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from .conftest import Person

EAST, WEST = "Pacific/Kiritimati", "Pacific/Pago_Pago"
"""A day and an hour apart: when it is today in one, it is another day in the other, always."""


async def found(person: Person, query: str) -> list[str]:
    answer = await person.get(f"/tasks?{query}")
    assert answer.status_code == 200, answer.text
    return [one["title"] for one in answer.json()["items"]]


def today(zone: str, days: int = 0) -> str:
    day: date = datetime.now(UTC).astimezone(ZoneInfo(zone)).date()
    return (day + timedelta(days=days)).isoformat()


async def test_labels_are_asked_for_together(ada: Person) -> None:
    await ada.task(title="Both", labels=["Home", "bills"])
    await ada.task(title="Home", labels=["home"])
    await ada.task(title="None")
    assert await found(ada, "label=HOME") == ["Home", "Both"]
    assert await found(ada, "label=home&label=Bills") == ["Both"]
    assert await found(ada, "label=home&label=home") == ["Home", "Both"]
    assert await found(ada, "label=home&label=nothing") == []
    page = (await ada.get("/tasks?label=home&per_page=1")).json()
    assert (page["total"], page["pages"]) == (2, 2)
    assert await found(ada, f"label=home&cursor={page['next_cursor']}") == ["Both"]


async def test_subtasks_and_tasks_of_no_task(ada: Person) -> None:
    top = await ada.task(title="Top")
    below = await ada.task(title="Below", parent_id=top["id"])
    await ada.task(title="Deepest", parent_id=below["id"])
    assert await found(ada, "parent_id=none") == ["Top"]
    assert await found(ada, f"parent_id={top['id']}") == ["Below"]
    assert await found(ada, f"parent_id={below['id']}") == ["Deepest"]
    assert len(await found(ada, "")) == 3
    await ada.delete(f"/tasks/{below['id']}")
    assert await found(ada, f"parent_id={top['id']}") == []
    assert (await ada.get(f"/tasks/{top['id']}")).json()["subtasks_count"] == 0
    assert await found(ada, "trashed=true&sort=title") == ["Below", "Deepest"]


async def test_tasks_of_archived_lists(ada: Person) -> None:
    garden = await ada.task_list("Garden")
    await ada.task(title="Dig", list_id=garden["id"])
    await ada.task(title="Read")
    await ada.patch(f"/lists/{garden['id']}", json={"archived": True})
    assert await found(ada, "") == ["Read"]
    assert await found(ada, "archived=false") == ["Read"]
    assert await found(ada, "archived=true") == ["Dig"]
    assert await found(ada, f"list_id={garden['id']}") == ["Dig"]
    assert await found(ada, f"list_id={garden['id']}&archived=false") == []
    assert await found(ada, "q=dig") == []


async def test_due_or_not_repeating_or_not(ada: Person) -> None:
    await ada.task(title="Timed", due_at="2030-01-31T09:00:00Z")
    await ada.task(title="Again", due_date="2030-01-31", recurrence={"rrule": "FREQ=DAILY"})
    await ada.task(title="Whenever")
    assert await found(ada, "has_due=true&sort=title") == ["Again", "Timed"]
    assert await found(ada, "has_due=false") == ["Whenever"]
    assert await found(ada, "repeating=true") == ["Again"]
    assert await found(ada, "repeating=false&sort=title") == ["Timed", "Whenever"]
    assert await found(ada, "has_due=true&repeating=false") == ["Timed"]


async def test_words_are_found_whatever_their_case_and_accents(ada: Person) -> None:
    await ada.task(title="Café in Zürich", description="With Zoë")
    await ada.task(title="Tea", labels=["café"])
    await ada.task(title="Water", description="like a CAFE")
    for q in ("cafe", "CAFÉ", "caf", "cafe\u0301"):
        assert await found(ada, f"q={q}") == ["Café in Zürich", "Tea", "Water"], q
    assert await found(ada, "q=zurich zoe") == ["Café in Zürich"]
    assert await found(ada, "q=cafe nothing") == []
    assert await found(ada, "q=cafe&sort=title") == ["Café in Zürich", "Tea", "Water"]


async def test_the_order_is_ones_own(ada: Person) -> None:
    one, two, three = [await ada.task(title=title) for title in ("One", "Two", "Three")]
    assert await found(ada, "sort=position") == ["One", "Two", "Three"]
    await ada.post(f"/tasks/{three['id']}/move", json={"before_id": one["id"]})
    assert await found(ada, "sort=position") == ["Three", "One", "Two"]
    assert await found(ada, "sort=-position") == ["Two", "One", "Three"]
    await ada.post(f"/tasks/{one['id']}/move", json={"after_id": two["id"]})
    assert await found(ada, "sort=position") == ["Three", "Two", "One"]
    positions = [one["position"] for one in (await ada.get("/tasks?sort=position")).json()["items"]]
    assert positions == sorted(positions, key=str.encode)
    page = (await ada.get("/tasks?sort=position&per_page=2")).json()
    assert await found(ada, f"sort=position&cursor={page['next_cursor']}") == ["One"]


async def test_overdue_is_a_matter_of_where_one_is(ada: Person) -> None:
    """All-day dates must not drift: they are past when the day is over for whoever looks."""
    task = await ada.task(title="All day", due_date=today(WEST), time_zone="Europe/Zurich")
    for zone, overdue in ((WEST, False), (EAST, True), (WEST, False)):
        await ada.patch("/users/me", json={"time_zone": zone})
        assert await found(ada, f"overdue={str(overdue).lower()}") == ["All day"]
        assert await found(ada, f"overdue={str(not overdue).lower()}") == []
        shown = [
            (await ada.get(f"/tasks/{task['id']}")).json(),
            (await ada.get("/tasks")).json()["items"][0],
            (await ada.patch(f"/tasks/{task['id']}", json={"title": "All day"})).json(),
            (await ada.put(f"/tasks/{task['id']}", json=written(task))).json(),
        ]
        assert [one["overdue"] for one in shown] == [overdue] * 4
        assert {one["due_date"] for one in shown} == {task["due_date"]}


def written(task: dict[str, Any]) -> dict[str, Any]:
    return {name: task[name] for name in ("title", "due_date", "time_zone")}


@pytest.mark.parametrize("zone", [EAST, "Europe/Zurich", WEST])
async def test_named_days_are_the_viewers(ada: Person, zone: str) -> None:
    await ada.patch("/users/me", json={"time_zone": zone})
    for title, days in (("Yesterday", -1), ("Today", 0), ("Tomorrow", 1), ("In a week", 7)):
        await ada.task(title=title, due_date=today(zone, days))
    last = datetime.fromisoformat(today(zone)).replace(hour=23, minute=59, tzinfo=ZoneInfo(zone))
    await ada.task(title="Late", due_date=None, description="today at 23:59")
    late = (await ada.get("/tasks?q=late")).json()["items"][0]
    await ada.patch(f"/tasks/{late['id']}", json={"due_at": last.isoformat()})
    assert await found(ada, "due_before=today") == ["Yesterday"]
    assert await found(ada, "due_after=today&due_before=tomorrow&sort=title") == ["Late", "Today"]
    assert await found(ada, "due_after=%2B0d&due_before=%2B1d&sort=title") == ["Late", "Today"]
    assert await found(ada, "due_after=tomorrow&due_before=%2B7d") == ["Tomorrow"]
    assert await found(ada, "due_after=yesterday&due_before=today") == ["Yesterday"]
    assert len(await found(ada, "due_after=-1d&due_before=%2B8d")) == 5


async def test_changing_ones_zone_never_moves_an_instant(ada: Person) -> None:
    await ada.patch("/users/me", json={"time_zone": "Europe/Zurich"})
    timed = await ada.task(title="Timed", due_at="2030-07-31T09:00:00Z")
    day = await ada.task(title="All day", due_date="2030-07-31")
    again = await ada.task(
        title="Again",
        due_at="2030-03-30T08:00:00Z",  # nine in Zurich, the day before clocks go forward
        recurrence={"rrule": "FREQ=DAILY"},
    )
    reminder = await ada.post(f"/tasks/{timed['id']}/reminders", json={"offset_minutes": 30})
    before = [(await ada.get(f"/tasks/{one['id']}")).json() for one in (timed, day, again)]
    for zone in (EAST, "America/New_York", WEST, "UTC"):
        await ada.patch("/users/me", json={"time_zone": zone})
        after = [(await ada.get(f"/tasks/{one['id']}")).json() for one in (timed, day, again)]
        assert after == before
        reminders = (await ada.get(f"/tasks/{timed['id']}/reminders")).json()["items"]
        assert reminders == [reminder.json()]
    body = {"completed": True, "occurrence": "2030-03-30T09:00:00"}
    done = (await ada.patch(f"/tasks/{again['id']}/complete", json=body)).json()
    assert (done["due_at"], done["occurrence"]) == ("2030-03-31T07:00:00Z", "2030-03-31T09:00:00")
    assert done["time_zone"] == "Europe/Zurich"
