"""Who may do what: every operation of the OpenAPI document × own, other's, anonymous."""

import httpx
import pytest
from fastapi import FastAPI

from .conftest import Person, assert_problem
from .operations import NEW_TASK, OPERATIONS, UNKNOWN_ID, Operation

PROTECTED = [one for one in OPERATIONS if not one.public]


def name(operation: Operation) -> str:
    return f"{operation.method} {operation.path}"


async def belongings(person: Person) -> dict[str, str]:
    task = await person.task(**NEW_TASK)
    answer = await person.post(f"/tasks/{task['id']}/reminders", json={"offset_minutes": 30})
    assert answer.status_code == 201, answer.text
    return {"task_id": task["id"], "reminder_id": answer.json()["id"]}


async def call(person: Person, operation: Operation, ids: dict[str, str]) -> httpx.Response:
    body = {"data": operation.body} if operation.form else {"json": operation.body}
    options = body if operation.body is not None else {}
    return await person.request(operation.method, operation.url(ids), **options)


def test_the_matrix_knows_every_operation(app: FastAPI) -> None:
    documented = {
        f"{method.upper()} {path}": bool(operation.get("security"))
        for path, methods in app.openapi()["paths"].items()
        for method, operation in methods.items()
    }
    assert documented == {name(one): not one.public for one in OPERATIONS}


@pytest.mark.parametrize("operation", OPERATIONS, ids=name)
async def test_own(ada: Person, operation: Operation) -> None:
    answer = await call(ada, operation, await belongings(ada))
    assert answer.status_code == operation.success, answer.text


@pytest.mark.parametrize("operation", PROTECTED, ids=name)
async def test_anonymous(api: httpx.AsyncClient, operation: Operation) -> None:
    ids = {"task_id": UNKNOWN_ID, "reminder_id": UNKNOWN_ID}
    for body in ({}, {"json": operation.body}, {"content": b"{", "headers": {}}):
        answer = await api.request(operation.method, operation.url(ids), **body)
        assert_problem(answer, 401, "unauthorized")


@pytest.mark.parametrize("operation", [one for one in PROTECTED if one.owned], ids=name)
async def test_others(ada: Person, bob: Person, operation: Operation) -> None:
    assert operation.owned is not None
    theirs = await belongings(ada)
    answers = []
    for ids in (theirs, {"task_id": UNKNOWN_ID, "reminder_id": UNKNOWN_ID}):
        problem = assert_problem(
            await call(bob, operation, ids), 404, f"{operation.owned}_not_found"
        )
        answers.append({**problem, "request_id": None})
    assert answers[0] == answers[1], "somebody else's thing must look like nobody's"
    task = (await ada.get(f"/tasks/{theirs['task_id']}")).json()
    assert (task["version"], task["reminders_count"], task["deleted_at"]) == (1, 1, None)


async def test_lists_show_ones_own_only(ada: Person, bob: Person) -> None:
    await belongings(ada)
    mine = await bob.task(title="Mine")
    listed = (await bob.get("/tasks")).json()
    assert [one["id"] for one in listed["items"]] == [mine["id"]]
    foreign = (await ada.get("/tasks")).json()["items"][0]["list_id"]
    answer = await bob.post("/tasks", json={"title": "x", "list_id": foreign})
    assert_problem(answer, 404, "list_not_found")
    answer = await bob.patch(f"/tasks/{mine['id']}", json={"list_id": foreign})
    assert_problem(answer, 404, "list_not_found")
    assert (await bob.get(f"/tasks?list_id={foreign}")).json()["items"] == []
