"""What happened to a task, who did it, and taking the last of it back."""

from typing import Any

import pytest

from .conftest import Person, assert_problem
from .test_task_actions import do, read


async def activity(person: Person, task: dict[str, Any]) -> list[dict[str, Any]]:
    answer = await person.get(f"/tasks/{task['id']}/activity")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_activity_says_who_and_what(ada: Person) -> None:
    task = await ada.task(title="Plants", labels=["home"])
    url = f"/tasks/{task['id']}"
    program = await ada.program("tasks:read", "tasks:write")
    await ada.patch(url, json={"title": "Flowers", "priority": "high", "description": ""})
    await program.patch(url, json={"labels": ["town"], "due_at": "2030-01-31T09:00:00Z"})
    await program.patch(f"{url}/complete", json={"completed": True})
    await ada.patch(f"{url}/complete", json={"completed": False})
    await ada.post(f"{url}/move", json={"list_id": (await ada.task_list())["id"]})
    await ada.delete(url)
    await ada.post(f"{url}/restore")
    items = await activity(ada, task)
    assert [(one["action"], one["by"]["via"]) for one in items] == [
        ("restored", "session"),
        ("deleted", "session"),
        ("moved", "session"),
        ("reopened", "session"),
        ("completed", "api_token"),
        ("updated", "api_token"),
        ("updated", "session"),
        ("created", None),
    ]
    assert {one["by"]["user_id"] for one in items} == {ada.id}
    assert [one["version"] for one in items] == list(range(8, 0, -1))
    assert items == await activity(program, task)
    first = items[-2]
    assert first["before"] == {"title": "Plants", "priority": "medium"}
    assert first["after"] == {"title": "Flowers", "priority": "high"}, "only what has changed"
    assert items[-3]["before"] == {"labels": ["home"], "due_at": None}
    assert items[-3]["after"] == {"labels": ["town"], "due_at": "2030-01-31T09:00:00Z"}
    done = await read(ada, task)
    assert items[0]["at"] == done["updated_at"]
    assert items[-1]["at"] == done["created_at"]
    names = {name for one in items for name in one["before"]}
    assert names <= {*done, "rrule", "anchor"}, "all by their public names"


async def test_what_changes_nothing_is_no_activity(ada: Person) -> None:
    task = await ada.task(title="Plants")
    url = f"/tasks/{task['id']}"
    await ada.patch(url, json={})
    await ada.patch(url, json={"title": "Plants", "labels": [], "parent_id": None})
    await ada.patch(f"{url}/complete", json={"completed": False})
    await ada.post(f"{url}/move", json={})
    await ada.post(f"{url}/restore")
    assert [one["action"] for one in await activity(ada, task)] == ["created"]
    assert await read(ada, task) == task


async def test_activity_is_paged(ada: Person) -> None:
    task = await ada.task(title="0")
    for number in range(1, 6):
        await ada.patch(f"/tasks/{task['id']}", json={"title": f"{number}"})
    url = f"/tasks/{task['id']}/activity"
    whole = (await ada.get(url)).json()
    assert (whole["total"], len(whole["items"]), whole["next_cursor"]) == (6, 6, None)
    by_number = [
        one
        for page in (1, 2, 3, 4)
        for one in (await ada.get(f"{url}?per_page=2&page={page}")).json()["items"]
    ]
    assert by_number == whole["items"]
    by_cursor, query = [], "per_page=2"
    while True:
        page = (await ada.get(f"{url}?{query}")).json()
        by_cursor += page["items"]
        if page["next_cursor"] is None:
            break
        query = f"per_page=2&cursor={page['next_cursor']}"
    assert by_cursor == whole["items"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "", {"title": "Lost", "description": "Lost", "priority": "low"}),
        ("PATCH", "", {"labels": []}),
        ("PATCH", "", {"due_date": "2031-01-01"}),
        ("PATCH", "", {"recurrence": None, "due_date": None}),
        ("PATCH", "", {"list_id": None}),
        ("PUT", "", {"title": "Lost"}),
        ("PATCH", "/complete", {"completed": True}),
        ("POST", "/skip", {}),
        ("POST", "/move", {"parent_id": None}),
        ("DELETE", "", None),
    ],
)
async def test_undo_takes_everything_back(ada: Person, method: str, path: str, body: Any) -> None:
    garden = await ada.task_list("Garden")
    parent = await ada.task(list_id=garden["id"])
    task = await ada.task(
        description="Twice",
        labels=["home"],
        due_date="2030-01-31",
        parent_id=parent["id"],
        recurrence={"rrule": "FREQ=WEEKLY"},
    )
    await ada.task(title="Below", parent_id=task["id"])
    task = await read(ada, task)
    answer = await ada.request(method, f"/tasks/{task['id']}{path}", json=body)
    assert answer.status_code in {200, 204}, answer.text
    changed = await read(ada, task)
    assert changed["version"] == task["version"] + 1
    undone = await do(ada, task, "undo")
    same = [name for name in task if name not in {"version", "updated_at"}]
    assert {name: undone[name] for name in same} == {name: task[name] for name in same}
    assert undone["version"] == task["version"] + 2
    history = await activity(ada, task)
    assert [(one["action"] == "undone", one["undone"]) for one in history] == [
        (True, False),
        (False, True),
        (False, False),
    ]
    assert (await read(ada, parent))["subtasks_count"] == 1
    answer = await ada.post(f"/tasks/{task['id']}/undo")
    assert_problem(answer, 409, "nothing_to_undo")
    completions = (await ada.get(f"/tasks/{task['id']}/completions")).json()
    assert completions["total"] == 0


async def test_undo_goes_back_step_by_step(ada: Person) -> None:
    task = await ada.task(title="One")
    for title in ("Two", "Three"):
        await ada.patch(f"/tasks/{task['id']}", json={"title": title})
    assert (await do(ada, task, "undo"))["title"] == "Two"
    assert (await do(ada, task, "undo"))["title"] == "One"
    await ada.patch(f"/tasks/{task['id']}", json={"title": "Four"})
    assert (await do(ada, task, "undo"))["title"] == "One"
    assert_problem(await ada.post(f"/tasks/{task['id']}/undo"), 409, "nothing_to_undo")


async def test_undo_where_the_place_is_gone(ada: Person) -> None:
    garden = await ada.task_list("Garden")
    task = await ada.task(list_id=garden["id"])
    await do(ada, task, "move", list_id=(await ada.task())["list_id"])
    await ada.patch(f"/lists/{garden['id']}", json={"archived": True})
    before = await read(ada, task)
    assert_problem(await ada.post(f"/tasks/{task['id']}/undo"), 409, "cannot_undo")
    assert await read(ada, task) == before
