"""The links in reminders' mails, as the page behind them uses them: signed out, without cookies."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from taskbell.accounts.models import User
from taskbell.db import Database
from taskbell.mail.jobs import ReminderPayload
from taskbell.reminders import links
from taskbell.reminders.delivering import DueReminder
from taskbell.reminders.links import NewReminderLink
from taskbell.tasks.models import Task

from .conftest import MakeApi, Person, assert_problem

DUE = "2030-01-31T09:00:00Z"
DAILY = {"rrule": "FREQ=DAILY", "anchor": "schedule"}


async def mailed(database: Database, person: Person, task: dict[str, Any]) -> str:
    """Make the link of a reminder of a task as the worker does; return its token."""
    answer = await person.post(f"/tasks/{task['id']}/reminders", json={"offset_minutes": 30})
    reminder = answer.json()
    fire_at = datetime.fromisoformat(reminder["next_fire_at"])
    payload = ReminderPayload(reminder_id=UUID(reminder["id"]), fire_at=fire_at, planned_at=fire_at)
    async with database.transaction() as session:
        user = await session.get_one(User, person.id)
        found = await session.get_one(Task, task["id"])
        link = NewReminderLink.make(DueReminder(user, found, found.due_at), payload)
        await links.keep(session, link)
    return link.token


async def look(api: httpx.AsyncClient, token: str) -> httpx.Response:
    return await api.post("/reminder-links/look", json={"token": token})


async def use(api: httpx.AsyncClient, token: str, action: str, **more: Any) -> httpx.Response:
    return await api.post("/reminder-links/use", json={"token": token, "action": action, **more})


async def test_done(api: httpx.AsyncClient, database: Database, ada: Person) -> None:
    task = await ada.task(title="Call Zoë", due_at=DUE, time_zone="Europe/Zurich")
    token = await mailed(database, ada, task)
    for _ in range(2):
        shown = (await look(api, token)).json()
        sent_at = datetime.fromisoformat(shown.pop("sent_at"))
        assert shown == {
            "title": "Call Zoë", "due_at": DUE, "due_date": None, "time_zone": "Europe/Zurich",
            "state": "open", "fire_at": "2030-01-31T08:30:00Z",
        }  # fmt: skip
    assert datetime.now(UTC) - sent_at < timedelta(minutes=1)
    assert (await ada.get(f"/tasks/{task['id']}")).json()["version"] == 1, "looking is harmless"
    answer = await use(api, token, "done")
    assert (answer.status_code, answer.json()) == (
        200, {"outcome": "done", "title": "Call Zoë", "snoozed_until": None},
    )  # fmt: skip
    assert "set-cookie" not in answer.headers
    assert (await ada.get(f"/tasks/{task['id']}")).json()["completed"]
    (newest, *_) = (await ada.get(f"/tasks/{task['id']}/activity")).json()["items"]
    assert (newest["action"], newest["by"]) == (
        "completed", {"user_id": ada.id, "via": "mail_link"},
    )  # fmt: skip
    for again in (look(api, token), use(api, token, "done")):
        assert_problem(await again, 422, "link_expired")


async def test_later(api: httpx.AsyncClient, database: Database, ada: Person) -> None:
    token = await mailed(database, ada, task := await ada.task(due_at=DUE))
    used = (await use(api, token, "snooze", minutes=90)).json()
    assert used["outcome"] == "snoozed"
    (reminder,) = (await ada.get(f"/tasks/{task['id']}/reminders")).json()["items"]
    assert reminder["state"] == "snoozed"
    assert reminder["next_fire_at"] == reminder["snoozed_until"] == used["snoozed_until"]
    away = datetime.fromisoformat(used["snoozed_until"]) - datetime.now(UTC)
    assert timedelta(minutes=89) < away <= timedelta(minutes=90)


async def test_done_after_the_task_has_moved_on(
    api: httpx.AsyncClient, database: Database, ada: Person
) -> None:
    task = await ada.task(due_at=DUE, recurrence=DAILY)
    skipped, done = [await mailed(database, ada, task) for _ in range(2)]
    await ada.patch(f"/tasks/{task['id']}/complete", json={"completed": True})
    assert (await use(api, done, "done")).json()["outcome"] == "already_done"
    other = await ada.task(due_at=DUE, recurrence=DAILY)
    skipped = await mailed(database, ada, other)
    await ada.post(f"/tasks/{other['id']}/skip")
    assert (await look(api, skipped)).json()["state"] == "moved_on"
    for answer in (await use(api, skipped, "done"), await use(api, skipped, "snooze", minutes=5)):
        assert_problem(answer, 409, "occurrence_passed")
    for one in (task, other):
        now = (await ada.get(f"/tasks/{one['id']}")).json()
        assert (now["due_at"], now["completed"]) == ("2030-02-01T09:00:00Z", False)


async def test_what_is_done_or_in_the_trash(
    api: httpx.AsyncClient, database: Database, ada: Person
) -> None:
    done, gone = await ada.task(due_at=DUE), await ada.task(due_at=DUE)
    tokens = [await mailed(database, ada, one) for one in (done, gone)]
    await ada.patch(f"/tasks/{done['id']}/complete", json={"completed": True})
    await ada.delete(f"/tasks/{gone['id']}")
    assert_problem(await use(api, tokens[0], "snooze", minutes=5), 409, "task_done")
    assert_problem(await use(api, tokens[1], "done"), 409, "task_gone")
    states = [(await look(api, token)).json()["state"] for token in tokens]
    assert states == ["done", "gone"]
    assert (await use(api, tokens[0], "done")).json()["outcome"] == "already_done"


async def test_a_disabled_account_has_no_links(
    api: httpx.AsyncClient, database: Database, ada: Person, admin: Person
) -> None:
    token = await mailed(database, ada, await ada.task(due_at=DUE))
    await admin.patch(f"/users/{ada.id}", json={"is_active": False})
    assert_problem(await look(api, token), 422, "link_expired")
    assert_problem(await use(api, token, "done"), 422, "link_expired")


@pytest.mark.parametrize(
    "body",
    [
        {"action": "done", "minutes": 5},
        {"action": "snooze"},
        {"action": "snooze", "minutes": 0},
        {"action": "snooze", "minutes": 40_321},
        {"action": "snooze", "minutes": "5"},
        {"action": "delete"},
        {},
    ],
    ids=str,
)
async def test_what_makes_no_sense(
    api: httpx.AsyncClient, database: Database, ada: Person, body: dict[str, Any]
) -> None:
    token = await mailed(database, ada, await ada.task(due_at=DUE))
    answer = await api.post("/reminder-links/use", json={"token": token, **body})
    assert_problem(answer, 422, "validation_failed")
    assert token not in answer.text
    assert (await look(api, token)).json()["state"] == "open"


async def test_looks_are_counted(make_api: MakeApi) -> None:
    api = make_api(rate_limit_enabled=True, rate_limit_reminder_link="2/hour")
    answers = [await look(api, "unknown") for _ in range(3)]
    assert [one.status_code for one in answers] == [422, 422, 429]


async def test_a_get_does_nothing(api: httpx.AsyncClient, database: Database, ada: Person) -> None:
    token = await mailed(database, ada, await ada.task(due_at=DUE))
    for path in ("look", "use"):
        answer = await api.get(f"/reminder-links/{path}?token={token}&action=done")
        assert_problem(answer, 405, "method_not_allowed")
    assert (await look(api, token)).json()["state"] == "open"
