"""Reminders of tasks, and what became of them."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from taskbell.ids import new_id

from .conftest import Person, assert_problem
from .operations import NEW_TASK


async def test_before_the_due_time(ada: Person) -> None:
    task = await ada.task(**NEW_TASK)
    answer = await ada.post(f"/tasks/{task['id']}/reminders", json={"offset_minutes": 30})
    reminder = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/api/v1/reminders/{reminder['id']}"
    assert (reminder["state"], reminder["channels"]) == ("scheduled", ["email", "in_app"])
    assert reminder["next_fire_at"] == "2030-01-31T08:30:00Z"
    assert (await ada.get(f"/tasks/{task['id']}")).json()["reminders_count"] == 1
    page = (await ada.get(f"/tasks/{task['id']}/reminders")).json()
    assert (page["items"], page["total"], page["next_cursor"]) == ([reminder], 1, None)
    await ada.patch(f"/tasks/{task['id']}", json={"due_at": "2030-02-01T09:00:00Z"})
    moved = (await ada.get(f"/tasks/{task['id']}/reminders")).json()["items"][0]
    assert moved["next_fire_at"] == "2030-02-01T08:30:00Z"


async def test_at_an_instant(ada: Person) -> None:
    task = await ada.task()
    url = f"/tasks/{task['id']}/reminders"
    body = {"at": "2030-01-01T01:00:00+01:00", "id": str(new_id())}
    reminder = (await ada.post(url, json=body)).json()
    assert (reminder["id"], reminder["next_fire_at"]) == (body["id"], "2030-01-01T00:00:00Z")
    assert_problem(await ada.post(url, json=body), 409, "id_taken")
    past = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
    assert_problem(await ada.post(url, json={"at": past}), 422, "reminder_in_past")
    assert_problem(await ada.post(url, json={"offset_minutes": 5}), 422, "due_required")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"offset_minutes": 5, "at": "2030-01-01T00:00:00Z"},
        {"offset_minutes": -1},
        {"offset_minutes": 2**31},
        {"offset_minutes": 1.5},
        {"offset_minutes": "5"},
        {"offset_minutes": True},
        {"offset_minutes": 5, "channels": []},
        {"offset_minutes": 5, "channels": ["pigeon"]},
        {"offset_minutes": 5, "channels": ["email", "email"]},
        {"at": "2030-01-01"},
        {"at": 1893456000},
    ],
    ids=str,
)
async def test_refused(ada: Person, body: dict[str, object]) -> None:
    task = await ada.task(**NEW_TASK)
    answer = await ada.post(f"/tasks/{task['id']}/reminders", json=body)
    assert_problem(answer, 422, "validation_failed")


async def test_change_and_delete(ada: Person) -> None:
    task = await ada.task(**NEW_TASK)
    url = f"/tasks/{task['id']}/reminders"
    reminder = (await ada.post(url, json={"offset_minutes": 30})).json()
    changed = await ada.patch(f"/reminders/{reminder['id']}", json={"offset_minutes": 60})
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    assert changed.json()["next_fire_at"] == "2030-01-31T08:00:00Z"
    other = await ada.patch(f"/reminders/{reminder['id']}", json={"at": "2030-01-01T00:00:00Z"})
    assert (other.json()["offset_minutes"], other.json()["at"]) == (None, "2030-01-01T00:00:00Z")
    assert (await ada.patch(f"/reminders/{reminder['id']}", json={})).json()["version"] == 3
    deliveries = (await ada.get(f"/reminders/{reminder['id']}/deliveries")).json()
    assert (deliveries["items"], deliveries["total"]) == ([], 0)
    assert (await ada.delete(f"/reminders/{reminder['id']}")).status_code == 204
    assert_problem(await ada.delete(f"/reminders/{reminder['id']}"), 404, "reminder_not_found")
    assert (await ada.get(f"/tasks/{task['id']}")).json()["reminders_count"] == 0


async def test_completing_and_trashing_cancel(ada: Person) -> None:
    task = await ada.task(**NEW_TASK)
    url = f"/tasks/{task['id']}"
    await ada.post(f"{url}/reminders", json={"offset_minutes": 30})

    async def state() -> str:
        listed = await ada.get(f"{url}/reminders")
        found: str = listed.json()["items"][0]["state"]
        return found

    await ada.patch(f"{url}/complete")
    assert await state() == "cancelled"
    await ada.patch(f"{url}/complete")
    assert await state() == "scheduled"
    await ada.delete(url)
    assert await state() == "cancelled"
    await ada.post(f"{url}/restore")
    assert await state() == "scheduled"


async def test_twenty_at_most_also_in_parallel(ada: Person) -> None:
    task = await ada.task(**NEW_TASK)
    url = f"/tasks/{task['id']}/reminders"
    answers = await asyncio.gather(
        *(ada.post(url, json={"offset_minutes": minutes}) for minutes in range(25))
    )
    assert Counter(one.status_code for one in answers) == {201: 20, 422: 5}
    page = (await ada.get(f"{url}?page=2&per_page=15")).json()
    assert (len(page["items"]), page["total"], page["pages"]) == (5, 20, 2)
