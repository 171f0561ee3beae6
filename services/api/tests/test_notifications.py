"""What one is told inside Taskbell, how one wishes to be told, and putting it off."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from taskbell.db import Database
from taskbell.reminders.firing import fire_due

from .conftest import Person, assert_problem
from .operations import UNKNOWN_ID

PREFERENCES = "/users/me/notifications"


def soon(**later: float) -> str:
    return (datetime.now(UTC) + timedelta(**later)).isoformat()


async def fired(person: Person, database: Database, **fields: Any) -> dict[str, Any]:
    """Return a reminder that has just fired."""
    task = await person.task(due_at=soon(hours=1))
    body = {"at": soon(seconds=1), "channels": ["in_app"]} | fields
    made = await person.post(f"/tasks/{task['id']}/reminders", json=body)
    assert made.status_code == 201, made.text
    async with asyncio.timeout(10):
        while (found := (await person.get(f"/tasks/{task['id']}/reminders")).json()["items"][0])[
            "state"
        ] != "fired":
            async with database.transaction() as session:
                await fire_due(session)
    reminder: dict[str, Any] = found
    return reminder


async def test_a_reminder_is_shown_and_read(ada: Person, database: Database) -> None:
    reminder = await fired(ada, database)
    assert (await ada.get("/notifications/count")).json() == {"unread": 1}
    (shown,) = (await ada.get("/notifications?unread=true")).json()["items"]
    assert (shown["kind"], shown["reminder_id"]) == ("reminder", reminder["id"])
    assert (shown["fire_at"], shown["read_at"]) == (reminder["last_fire_at"], None)
    answer = await ada.post(f"/notifications/{shown['id']}/read")
    assert answer.json()["read_at"] is not None
    assert (await ada.post(f"/notifications/{shown['id']}/read")).json() == answer.json()
    assert (await ada.get("/notifications?unread=true")).json()["total"] == 0
    assert (await ada.delete(f"/notifications/{shown['id']}")).status_code == 204
    assert_problem(await ada.delete(f"/notifications/{shown['id']}"), 404, "notification_not_found")
    (delivery,) = (await ada.get(f"/reminders/{reminder['id']}/deliveries")).json()["items"]
    assert (delivery["channel"], delivery["state"]) == ("in_app", "sent")
    assert delivery["summary"] == "Shown in Taskbell."


async def test_all_are_read_at_once(ada: Person, bob: Person, database: Database) -> None:
    for person in (ada, ada, bob):
        await fired(person, database)
    assert (await ada.post("/notifications/read")).json() == {"read": 2}
    assert (await bob.get("/notifications/count")).json() == {"unread": 1}


async def test_a_reminder_is_put_off(ada: Person, database: Database) -> None:
    reminder = await fired(ada, database)
    url = f"/reminders/{reminder['id']}/snooze"
    snoozed = (await ada.post(url, json={"minutes": 10})).json()
    assert snoozed["state"] == "snoozed"
    assert snoozed["snoozed_until"] == snoozed["next_fire_at"]
    until = soon(days=2)
    again = (await ada.post(url, json={"until": until})).json()
    assert datetime.fromisoformat(again["snoozed_until"]) == datetime.fromisoformat(until)
    assert_problem(await ada.post(url, json={"until": soon(days=-1)}), 422, "reminder_in_past")
    await ada.patch(f"/tasks/{reminder['task_id']}/complete", json={"completed": True})
    assert_problem(await ada.post(url, json={"minutes": 10}), 409, "nothing_to_snooze")
    assert_problem(
        await ada.post(f"/reminders/{UNKNOWN_ID}/snooze", json={"minutes": 1}),
        404,
        "reminder_not_found",
    )


@pytest.mark.parametrize(
    "body",
    [
        {}, {"minutes": 0}, {"minutes": 40_321}, {"minutes": "10"}, {"minutes": 1.5}, {"x": 1},
        {"minutes": 10, "until": "2030-01-01T00:00:00Z"}, {"until": "tomorrow"},
    ],
    ids=str,
)  # fmt: skip
async def test_snoozes_that_say_nothing_or_too_much(ada: Person, body: dict[str, Any]) -> None:
    answer = await ada.post(f"/reminders/{UNKNOWN_ID}/snooze", json=body)
    assert_problem(answer, 422, "validation_failed")


async def test_snoozed_by_many_at_once(ada: Person, database: Database) -> None:
    reminder = await fired(ada, database)
    url = f"/reminders/{reminder['id']}/snooze"
    answers = await asyncio.gather(*(ada.post(url, json={"minutes": m}) for m in range(1, 11)))
    assert {answer.status_code for answer in answers} == {200}
    last = (await ada.get(f"/tasks/{reminder['task_id']}/reminders")).json()["items"][0]
    assert last["version"] == max(answer.json()["version"] for answer in answers)


async def test_preferences_merge(ada: Person) -> None:
    first = await ada.get(PREFERENCES)
    assert first.headers["etag"] == '"1"'
    body = {"quiet_start": "22:00", "quiet_end": "07:00", "default_channels": ["in_app"]}
    changed = await ada.patch(PREFERENCES, json=body)
    assert changed.json() == first.json() | body | {"version": 2}
    assert (await ada.get(PREFERENCES)).json() == changed.json()
    stale = await ada.patch(PREFERENCES, json={"quiet_end": "08:00"}, headers={"If-Match": '"1"'})
    assert_problem(stale, 412, "version_mismatch")
    assert_problem(await ada.patch(PREFERENCES, json={"quiet_end": None}), 422, "quiet_hours")


async def test_preferences_of_many_requests_at_once(ada: Person) -> None:
    bodies = [{"default_reminder_minutes": minutes} for minutes in range(10)]
    answers = await asyncio.gather(*(ada.patch(PREFERENCES, json=body) for body in bodies))
    assert {answer.status_code for answer in answers} == {200}
    assert (await ada.get(PREFERENCES)).json()["version"] == 11


async def test_the_default_reminder_of_a_new_task(ada: Person) -> None:
    await ada.patch(PREFERENCES, json={"default_reminder_minutes": 15})
    for body, count in (
        ({}, 1), ({"default_reminder": False}, 0), ({"labels": ["x"]}, 1), ({"due_at": None}, 0),
    ):  # fmt: skip
        new = {"title": "x", "due_at": soon(hours=2)} | body
        task = (await ada.post("/tasks", json=new)).json()
        assert task["reminders_count"] == count, body
    quick = {"text": "Call Ann tomorrow at 9am"}
    assert (await ada.post("/tasks/quick", json=quick)).json()["task"]["reminders_count"] == 1
    quick = {"text": "Call Ann tomorrow at 9am !1h !2h"}
    assert (await ada.post("/tasks/quick", json=quick)).json()["task"]["reminders_count"] == 2
    batch = {"operations": [{"op": "create", "task": {"title": "x", "due_at": soon(hours=2)}}]}
    (made,) = (await ada.post("/tasks/batch", json=batch)).json()["results"]
    assert made["task"]["reminders_count"] == 1
