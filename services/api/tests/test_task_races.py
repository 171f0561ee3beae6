"""What a reviewer found by doing things at once, and undoing what was changed since."""

import asyncio
from typing import Any

import pytest

from .conftest import Person

DAILY = {"rrule": "FREQ=DAILY"}
DAY = "2030-12-01"


async def ok(answer: Any) -> Any:
    done = await answer
    assert done.is_success, done.text
    return done.json()


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/tasks/{id}/complete", {"completed": True}),
        ("/tasks/{id}/skip", {}),
        ("/tasks/batch", {"operations": [{"op": "complete", "id": "{id}"}]}),
        ("/tasks/batch", {"operations": [{"op": "skip", "id": "{id}"}]}),
    ],
)
async def test_twenty_at_once_move_on_once(ada: Person, path: str, body: dict[str, Any]) -> None:
    task = await ada.task(due_date=DAY, recurrence=DAILY)
    for operation in body.get("operations", ()):
        operation["id"] = task["id"]
    method = "PATCH" if path.endswith("complete") else "POST"
    url = path.replace("{id}", task["id"])
    await asyncio.gather(*(ok(ada.request(method, url, json=body)) for _ in range(20)))
    assert (await ok(ada.get(f"/tasks/{task['id']}")))["due_date"] == "2030-12-02"
    assert (await ok(ada.get(f"/tasks/{task['id']}/completions")))["total"] == 1


async def test_twice_in_one_batch_is_twice(ada: Person) -> None:
    task = await ada.task(due_date=DAY, recurrence=DAILY)
    twice = [{"op": "complete", "id": task["id"]}, {"op": "skip", "id": task["id"]}]
    done = await ok(ada.post("/tasks/batch", json={"operations": twice}))
    assert done["results"][-1]["task"]["due_date"] == "2030-12-03"


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ({"due_date": DAY, "recurrence": DAILY}, None),
        ({"due_at": "2030-12-01T09:00:00Z"}, {"due_at": "2030-12-02T09:00:00Z"}),
        ({"recurrence": None}, {"due_date": None}),
    ],
)
async def test_undo_leaves_a_parent_that_was_changed_since(
    ada: Person, first: dict[str, Any], then: dict[str, Any] | None
) -> None:
    """One column of it and not another would make what no task may be."""
    elsewhere = await ada.task_list("Elsewhere")
    repeats = {"recurrence": DAILY} if first == {"recurrence": None} else {}
    parent = await ada.task(due_date=DAY, **repeats)
    child = await ada.task(parent_id=parent["id"])
    path = f"/tasks/{parent['id']}"
    await ok(ada.patch(path, json={"list_id": elsewhere["id"], **first}))
    if then is None:
        await ok(ada.patch(f"{path}/complete", json={"completed": True}))
    else:
        await ok(ada.patch(path, json=then))
    before = await ok(ada.get(path))
    await ok(ada.post(f"/tasks/{child['id']}/undo"))
    assert await ok(ada.get(path)) == before
    assert (await ok(ada.get(f"/tasks/{child['id']}")))["list_id"] == elsewhere["id"]


async def test_undo_of_a_subtask_keeps_the_history_of_its_parent(ada: Person) -> None:
    parent = await ada.task(due_date=DAY, recurrence=DAILY)
    child = await ada.task(parent_id=parent["id"])
    await ok(ada.patch(f"/tasks/{child['id']}/complete", json={"completed": True}))
    path = f"/tasks/{parent['id']}"
    for _ in range(2):
        await ok(ada.patch(f"{path}/complete", json={"completed": True}))
    await ok(ada.post(f"/tasks/{child['id']}/undo"))
    assert (await ok(ada.get(f"{path}/completions")))["total"] == 2
    assert (await ok(ada.get(path)))["due_date"] == "2030-12-03"
