"""Many operations in one request: all of them in order, or none."""

import asyncio
from typing import Any

import pytest

from taskbell.ids import new_id

from .conftest import Person, assert_problem
from .test_task_queries import found


async def run(person: Person, *operations: dict[str, Any]) -> list[dict[str, Any]]:
    answer = await person.post("/tasks/batch", json={"operations": operations})
    assert answer.status_code == 200, answer.text
    results: list[dict[str, Any]] = answer.json()["results"]
    return results


async def test_each_operation_is_answered_in_order(ada: Person) -> None:
    one, two, three, four = [await ada.task(title=title) for title in "1234"]
    again = await ada.task(due_date="2030-01-31", recurrence={"rrule": "FREQ=DAILY"})
    await ada.delete(f"/tasks/{four['id']}")
    new = str(new_id())
    results = await run(
        ada,
        {"op": "create", "task": {"id": new, "title": "New", "labels": ["home"]}},
        {"op": "create", "task": {"title": "Below", "parent_id": new}},
        {"op": "update", "id": one["id"], "patch": {"title": "First", "priority": "high"}},
        {"op": "complete", "id": two["id"]},
        {"op": "complete", "id": two["id"], "completed": False},
        {"op": "skip", "id": again["id"], "occurrence": "2030-01-31"},
        {"op": "move", "id": two["id"], "parent_id": new},
        {"op": "delete", "id": three["id"]},
        {"op": "restore", "id": four["id"]},
        {"op": "update", "id": new, "patch": {"description": "made here"}},
        {"op": "delete", "id": one["id"], "permanent": True},
    )
    assert [(one["op"], one["status"]) for one in results] == [
        ("create", 201),
        ("create", 201),
        ("update", 200),
        ("complete", 200),
        ("complete", 200),
        ("skip", 200),
        ("move", 200),
        ("delete", 204),
        ("restore", 200),
        ("update", 200),
        ("delete", 204),
    ]
    below = results[1]["id"]
    assert [one["id"] for one in results] == [
        new,
        below,
        one["id"],
        two["id"],
        two["id"],
        again["id"],
        two["id"],
        three["id"],
        four["id"],
        new,
        one["id"],
    ]
    shown = {one["id"]: one["task"] for one in results if one["task"]}
    assert shown[new]["description"] == "made here", "as it is after all of them"
    assert shown[new]["subtasks_count"] == 2
    assert results[0]["task"] == results[9]["task"]
    assert results[2]["task"] is None, "deleted for good by the last one"
    for task_id, task in shown.items():
        assert (await ada.get(f"/tasks/{task_id}")).json() == task
    assert await found(ada, "trashed=true") == ["3"]
    assert_problem(await ada.get(f"/tasks/{one['id']}"), 404, "task_not_found")


async def test_ids_made_in_the_batch_are_good_in_it(ada: Person) -> None:
    ids = [str(new_id()) for _ in range(5)]
    chain = [
        {
            "op": "create",
            "task": {"id": one, "title": f"{n}", "parent_id": ids[n - 1] if n else None},
        }
        for n, one in enumerate(ids)
    ]
    results = await run(
        ada,
        *chain,
        {"op": "complete", "id": ids[0], "subtasks": "complete"},
        {"op": "move", "id": ids[2], "parent_id": None, "before_id": ids[0]},
        {"op": "delete", "id": ids[0]},
        {"op": "restore", "id": ids[0]},
    )
    assert [one["task"] and one["task"]["completed"] for one in results[:5]] == [True] * 5
    assert await found(ada, "parent_id=none&sort=position") == ["2", "0"]
    assert [one["task"]["subtasks_count"] for one in results[:5]] == [1, 0, 1, 1, 0]


@pytest.mark.parametrize(
    ("operation", "status", "code", "field"),
    [
        ({"op": "update", "id": "{unknown}", "patch": {"title": "x"}}, 404, "task_not_found", ""),
        (
            {"op": "update", "id": "{task}", "patch": {"title": "x"}, "if_version": 7},
            412,
            "version_mismatch",
            "",
        ),
        ({"op": "delete", "id": "{task}", "if_version": 7}, 412, "version_mismatch", ""),
        ({"op": "skip", "id": "{task}"}, 409, "not_repeating", ""),
        (
            {"op": "complete", "id": "{task}", "occurrence": "2030-01-31"},
            409,
            "occurrence_gone",
            "",
        ),
        ({"op": "create", "task": {"title": "x", "id": "{task}"}}, 409, "id_taken", ""),
        ({"op": "create", "task": {"title": "x", "id": "{fresh}"}}, 409, "id_taken", ""),
        (
            {"op": "create", "task": {"title": "x", "parent_id": "{unknown}"}},
            422,
            "parent_not_found",
            ".task.parent_id",
        ),
        (
            {"op": "create", "task": {"title": "x", "due_at": "2020-01-01T00:00:00Z"}},
            422,
            "due_in_past",
            ".task.due_at",
        ),
        (
            {"op": "update", "id": "{task}", "patch": {"recurrence": {"rrule": "no"}}},
            422,
            "invalid_recurrence",
            ".patch.recurrence.rrule",
        ),
        (
            {"op": "update", "id": "{task}", "patch": {"parent_id": "{task}"}},
            422,
            "parent_cycle",
            ".patch.parent_id",
        ),
        (
            {"op": "move", "id": "{task}", "after_id": "{unknown}"},
            422,
            "not_a_sibling",
            ".after_id",
        ),
        ({"op": "move", "id": "{task}", "list_id": "{unknown}"}, 404, "list_not_found", ""),
    ],
)
async def test_of_one_that_fails_all_are_undone(
    ada: Person, operation: dict[str, Any], status: int, code: str, field: str
) -> None:
    task, other = await ada.task(), await ada.task(title="Other")
    ids = {"task": task["id"], "unknown": str(new_id()), "fresh": str(new_id())}
    operations: list[Any] = [
        {"op": "create", "task": {"id": "{fresh}", "title": "Never", "labels": ["never"]}},
        {"op": "update", "id": other["id"], "patch": {"title": "Never"}},
        {"op": "delete", "id": other["id"]},
        operation,
        {"op": "create", "task": {"title": "Never"}},
    ]
    answer = await ada.post("/tasks/batch", json={"operations": _filled(operations, ids)})
    problem = assert_problem(answer, status, code)
    assert [one["field"] for one in problem["errors"]] == [f"body.operations.3{field}"]
    assert (await ada.get(f"/tasks/{task['id']}")).json() == task
    assert (await ada.get(f"/tasks/{other['id']}")).json() == other
    assert await found(ada, "sort=title") == ["Other", "Water the plants"]
    assert (await ada.get("/labels")).json()["total"] == 0
    assert (await ada.get(f"/tasks/{other['id']}/activity")).json()["total"] == 1


def _filled(value: Any, ids: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _filled(one, ids) for name, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, ids) for one in value]
    return value.format_map(ids) if isinstance(value, str) else value


async def test_a_version_counts_what_the_batch_did_before(ada: Person) -> None:
    task = await ada.task()
    results = await run(
        ada,
        {"op": "update", "id": task["id"], "patch": {"title": "Second"}, "if_version": 1},
        {"op": "update", "id": task["id"], "patch": {"title": "Third"}, "if_version": 2},
        {"op": "move", "id": task["id"], "if_version": 3},
    )
    assert {one["task"]["version"] for one in results} == {3}
    assert (await ada.get(f"/tasks/{task['id']}/activity")).json()["total"] == 3


async def test_the_same_key_runs_a_batch_once(ada: Person) -> None:
    headers = {"Idempotency-Key": str(new_id())}
    body = {"operations": [{"op": "create", "task": {"title": f"{n}"}} for n in range(100)]}
    first = await ada.post("/tasks/batch", json=body, headers=headers)
    again = await ada.post("/tasks/batch", json=body, headers=headers)
    assert (first.status_code, again.status_code, again.text) == (200, 200, first.text)
    assert again.headers["idempotency-replayed"] == "true"
    assert (await ada.get("/tasks")).json()["total"] == 100
    failing = {"operations": [*body["operations"][:3], {"op": "skip", "id": str(new_id())}]}
    other = {"Idempotency-Key": str(new_id())}
    for _ in range(2):
        answer = await ada.post("/tasks/batch", json=failing, headers=other)
        assert_problem(answer, 404, "task_not_found")
    assert (await ada.get("/tasks")).json()["total"] == 100


async def test_reminders_follow_a_batch(ada: Person) -> None:
    task = await ada.task(due_at="2030-01-31T09:00:00Z")
    url = f"/tasks/{task['id']}/reminders"
    await ada.post(url, json={"offset_minutes": 30})
    due = {"due_at": "2030-02-28T09:00:00Z"}
    await run(ada, {"op": "update", "id": task["id"], "patch": due})
    (moved,) = (await ada.get(url)).json()["items"]
    assert moved["next_fire_at"] == "2030-02-28T08:30:00Z"
    await run(ada, {"op": "complete", "id": task["id"]})
    (cancelled,) = (await ada.get(url)).json()["items"]
    assert (cancelled["state"], cancelled["next_fire_at"]) == ("cancelled", None)


async def test_batches_at_once_wait_for_each_other(ada: Person) -> None:
    tasks = [await ada.task(title=f"{n}") for n in range(6)]

    def operations(order: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [
            {"op": "update", "id": one["id"], "patch": {"description": "x"}} for one in order
        ] + [{"op": "move", "id": one["id"]} for one in order]

    answers = await asyncio.gather(
        *(
            ada.post("/tasks/batch", json={"operations": operations(order)})
            for order in (tasks, tasks[::-1], tasks[3:] + tasks[:3])
        )
    )
    assert {one.status_code for one in answers} == {200}


@pytest.mark.parametrize("via", ["session", "api_token"])
async def test_activity_of_a_batch_says_who(ada: Person, via: str) -> None:
    who = ada if via == "session" else await ada.program("tasks:read", "tasks:write")
    task = await ada.task()
    await run(who, {"op": "update", "id": task["id"], "patch": {"title": "x"}})
    items = (await ada.get(f"/tasks/{task['id']}/activity")).json()["items"]
    assert items[0]["by"] == {"user_id": ada.id, "via": via}
