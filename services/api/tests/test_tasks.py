"""Tasks: create, read, change, complete, trash; versions and preconditions."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from taskbell.ids import new_id

from .conftest import Person, assert_problem
from .operations import NEW_TASK


async def test_create_answers_with_location_and_etag(ada: Person) -> None:
    answer = await ada.post("/tasks", json={"title": "  Water the plants "})
    task = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/api/v1/tasks/{task['id']}"
    assert answer.headers["etag"] == '"1"'
    assert task["title"] == "Water the plants"
    assert (task["priority"], task["completed"], task["version"]) == ("medium", False, 1)
    assert task["created_at"].endswith("Z")
    read = await ada.get(f"/tasks/{task['id']}")
    assert (read.json(), read.headers["etag"]) == (task, '"1"')


async def test_ids_made_by_the_client(ada: Person, bob: Person) -> None:
    body = {"id": str(new_id()), "title": "Mine"}
    answers = await asyncio.gather(*(ada.post("/tasks", json=body) for _ in range(5)))
    assert Counter(one.status_code for one in answers) == {201: 1, 409: 4}
    assert_problem(await bob.post("/tasks", json=body), 409, "id_taken")
    body["id"] = "b3b0ae2c-9c3f-4a33-8c05-4a4c8d4a3b6f"  # version 4
    assert_problem(await ada.post("/tasks", json=body), 422, "validation_failed")


async def test_due_times(ada: Person) -> None:
    yesterday = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    answer = await ada.post("/tasks", json={"title": "x", "due_at": yesterday})
    assert_problem(answer, 422, "due_in_past")
    both = {"title": "x", "due_at": "2030-01-01T00:00:00Z", "due_date": "2030-01-01"}
    assert_problem(await ada.post("/tasks", json=both), 422, "two_due_times")
    task = await ada.task(due_at="2030-01-01T01:00:00+01:00")
    assert task["due_at"] == "2030-01-01T00:00:00Z"
    moved = await ada.patch(f"/tasks/{task['id']}", json={"due_at": yesterday})
    assert (moved.status_code, moved.json()["overdue"]) == (200, True)


async def test_patch_merges(ada: Person) -> None:
    task = await ada.task(description="Twice a week", **NEW_TASK | {"title": "Plants"})
    url = f"/tasks/{task['id']}"
    renamed = (await ada.patch(url, json={"title": "Flowers"})).json()
    assert (renamed["description"], renamed["due_at"]) == (task["description"], task["due_at"])
    cleared = (await ada.patch(url, json={"due_at": None, "description": None})).json()
    assert (cleared["due_at"], cleared["description"], cleared["version"]) == (None, "", 3)
    assert_problem(await ada.patch(url, json={"title": None}), 422, "validation_failed")
    unchanged = (await ada.patch(url, json={})).json()
    assert unchanged["version"] == 3


async def test_put_replaces(ada: Person) -> None:
    task = await ada.task(description="Twice a week", priority="urgent")
    replaced = (await ada.put(f"/tasks/{task['id']}", json={"title": "Flowers"})).json()
    assert (replaced["title"], replaced["description"]) == ("Flowers", "")
    assert (replaced["priority"], replaced["version"]) == ("medium", 2)


@pytest.mark.parametrize("precondition", ['"2"', 'W/"2"', "*", ' "2" '])
async def test_preconditions_that_hold(ada: Person, precondition: str) -> None:
    task = await ada.task()
    url, headers = f"/tasks/{task['id']}", {"If-Match": precondition}
    await ada.patch(url, json={"title": "Second"})
    answer = await ada.patch(url, json={"title": "Third"}, headers=headers)
    assert (answer.status_code, answer.headers["etag"]) == (200, '"3"')


@pytest.mark.parametrize("precondition", ['"1"', '"3"', '"x"', '""', '"99999999999999999999"'])
async def test_preconditions_that_do_not(ada: Person, precondition: str) -> None:
    task = await ada.task()
    url, headers = f"/tasks/{task['id']}", {"If-Match": precondition}
    await ada.patch(url, json={"title": "Second"})
    for method, path, body in (
        ("PATCH", url, {"title": "Lost"}),
        ("PUT", url, {"title": "Lost"}),
        ("PATCH", f"{url}/complete", None),
        ("DELETE", url, None),
        ("DELETE", f"{url}?permanent=true", None),
    ):
        answer = await ada.request(method, path, json=body, headers=headers)
        assert_problem(answer, 412, "version_mismatch")
    assert (await ada.get(url)).json()["title"] == "Second"
    missing = await ada.patch(f"/tasks/{new_id()}", json={"title": "x"}, headers=headers)
    assert_problem(missing, 404, "task_not_found")


async def test_of_parallel_changes_one_wins(ada: Person) -> None:
    task = await ada.task()
    answers = await asyncio.gather(
        *(
            ada.patch(f"/tasks/{task['id']}", json={"title": f"{n}"}, headers={"If-Match": '"1"'})
            for n in range(10)
        )
    )
    assert Counter(one.status_code for one in answers) == {200: 1, 412: 9}


async def test_complete_toggles_and_sets(ada: Person) -> None:
    url = f"/tasks/{(await ada.task())['id']}/complete"
    toggled = [(await ada.patch(url)).json()["completed"] for _ in range(3)]
    assert toggled == [True, False, True]
    again = (await ada.patch(url, json={"completed": True})).json()
    assert (again["completed"], again["version"]) == (True, 4)
    back = (await ada.patch(url, json={"completed": False})).json()
    assert (back["completed"], back["completed_at"]) == (False, None)


@pytest.mark.parametrize("body", [{"completed": "yes"}, {"completed": 1}, {"completed": None}])
async def test_complete_takes_a_boolean(ada: Person, body: dict[str, Any]) -> None:
    url = f"/tasks/{(await ada.task())['id']}/complete"
    assert_problem(await ada.patch(url, json=body), 422, "validation_failed")


async def test_trash_and_restore(ada: Person) -> None:
    task = await ada.task()
    url = f"/tasks/{task['id']}"
    for _ in range(2):
        assert (await ada.delete(url)).status_code == 204
    assert (await ada.get("/tasks")).json()["total"] == 0
    assert [one["id"] for one in (await ada.get("/tasks?trashed=true")).json()["items"]] == [
        task["id"]
    ]
    assert (await ada.get(url)).json()["deleted_at"] is not None
    assert_problem(await ada.patch(url, json={"title": "x"}), 404, "task_not_found")
    for _ in range(2):
        restored = await ada.post(f"{url}/restore")
        assert (restored.status_code, restored.json()["deleted_at"]) == (200, None)
        assert restored.headers["etag"] == '"3"'
    assert (await ada.delete(f"{url}?permanent=true")).status_code == 204
    assert_problem(await ada.get(url), 404, "task_not_found")
    assert_problem(await ada.delete(f"{url}?permanent=true"), 404, "task_not_found")


async def test_filters(ada: Person) -> None:
    early = await ada.task(title="Early", due_at="2030-01-01T09:00:00Z", priority="high")
    late = await ada.task(title="Late", due_date="2031-01-01")
    never = await ada.task(title="Whenever", description="or never")
    await ada.patch(f"/tasks/{late['id']}/complete")

    async def found(query: str) -> list[str]:
        answer = await ada.get(f"/tasks?{query}")
        assert answer.status_code == 200, answer.text
        return [one["title"] for one in answer.json()["items"]]

    assert await found("") == ["Whenever", "Late", "Early"]
    assert await found("status=completed") == ["Late"]
    assert await found("status=pending&sort=title") == ["Early", "Whenever"]
    assert await found("priority=high") == ["Early"]
    assert await found("sort=due") == ["Early", "Late", "Whenever"]
    assert await found("sort=-due") == ["Late", "Early", "Whenever"]
    assert await found("due_before=2030-06-01") == ["Early"]
    assert await found("due_after=2030-06-01T00:00:00Z") == ["Late"]
    assert await found("due_before=2030-01-01T09:00:00Z") == []
    assert await found("due_after=2030-01-01T09:00:00Z&sort=due") == ["Early", "Late"]
    assert await found(f"list_id={never['list_id']}&q=nev") == ["Whenever"]
    assert await found("overdue=true") == []
    past = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    await ada.patch(f"/tasks/{early['id']}", json={"due_at": past})
    assert await found("overdue=true") == ["Early"]


async def test_dates_are_the_viewers(ada: Person) -> None:
    await ada.patch("/users/me", json={"time_zone": "Pacific/Auckland"})  # UTC+13 in January
    await ada.task(title="Night", due_at="2029-12-31T12:00:00Z")
    assert (await ada.get("/tasks?due_after=2030-01-01")).json()["total"] == 1
    assert (await ada.get("/tasks?due_before=2030-01-01")).json()["total"] == 0
