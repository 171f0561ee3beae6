"""Ids of somebody else's things inside bodies and query strings: the same as ids of nothing.

Ids in paths, and lists of others on plain writes, are in test_authorisation.py.
"""

from typing import Any

import pytest

from taskbell.db import Database

from .conftest import Person, assert_problem
from .operations import NEW_TASK, UNKNOWN_ID
from .test_authorisation import everything_of

Call = tuple[str, str, Any]
"""Method, path and body, with `{foreign_task}`, `{foreign_list}` and one's own `{mine}` in them."""

NOBODYS_PARENT = (422, "parent_not_found")
NOBODYS_LIST = (404, "list_not_found")
NOBODYS_TASK = (404, "task_not_found")
NO_SIBLING = (422, "not_a_sibling")


def in_batch(operation: dict[str, Any]) -> Call:
    return "POST", "/tasks/batch", {"operations": [operation]}


CALLS: list[tuple[Call, tuple[int, str]]] = [
    (("POST", "/tasks", {"title": "x", "parent_id": "{foreign_task}"}), NOBODYS_PARENT),
    (("PATCH", "/tasks/{mine}", {"parent_id": "{foreign_task}"}), NOBODYS_PARENT),
    (("PUT", "/tasks/{mine}", {"title": "x", "parent_id": "{foreign_task}"}), NOBODYS_PARENT),
    (
        ("POST", "/tasks", {"title": "x", "list_id": "{foreign_list}", "labels": ["new"]}),
        NOBODYS_LIST,
    ),
    (("POST", "/tasks/{mine}/move", {"list_id": "{foreign_list}"}), NOBODYS_LIST),
    (("POST", "/tasks/{mine}/move", {"parent_id": "{foreign_task}"}), NOBODYS_PARENT),
    (("POST", "/tasks/{mine}/move", {"after_id": "{foreign_task}"}), NO_SIBLING),
    (("POST", "/tasks/{mine}/move", {"before_id": "{foreign_task}"}), NO_SIBLING),
    (("POST", "/tasks/quick", {"text": "x", "list_id": "{foreign_list}"}), NOBODYS_LIST),
    (("POST", "/tasks/quick", {"text": "x", "parent_id": "{foreign_task}"}), NOBODYS_PARENT),
    (
        in_batch({"op": "create", "task": {"title": "x", "list_id": "{foreign_list}"}}),
        NOBODYS_LIST,
    ),
    (
        in_batch({"op": "create", "task": {"title": "x", "parent_id": "{foreign_task}"}}),
        NOBODYS_PARENT,
    ),
    (
        in_batch({"op": "update", "id": "{mine}", "patch": {"list_id": "{foreign_list}"}}),
        NOBODYS_LIST,
    ),
    (
        in_batch({"op": "update", "id": "{foreign_task}", "patch": {"title": "x"}}),
        NOBODYS_TASK,
    ),
    (in_batch({"op": "complete", "id": "{foreign_task}"}), NOBODYS_TASK),
    (
        in_batch({"op": "complete", "id": "{foreign_task}", "occurrence": "2030-01-31T09:00:00"}),
        NOBODYS_TASK,
    ),
    (in_batch({"op": "skip", "id": "{foreign_task}"}), NOBODYS_TASK),
    (in_batch({"op": "move", "id": "{foreign_task}"}), NOBODYS_TASK),
    (in_batch({"op": "move", "id": "{mine}", "list_id": "{foreign_list}"}), NOBODYS_LIST),
    (in_batch({"op": "move", "id": "{mine}", "parent_id": "{foreign_task}"}), NOBODYS_PARENT),
    (in_batch({"op": "move", "id": "{mine}", "after_id": "{foreign_task}"}), NO_SIBLING),
    (in_batch({"op": "delete", "id": "{foreign_task}"}), NOBODYS_TASK),
    (in_batch({"op": "delete", "id": "{foreign_task}", "permanent": True}), NOBODYS_TASK),
    (in_batch({"op": "restore", "id": "{foreign_task}"}), NOBODYS_TASK),
]


def filled(value: Any, ids: dict[str, str]) -> Any:
    """Put ids into all texts of a body."""
    if isinstance(value, dict):
        return {name: filled(one, ids) for name, one in value.items()}
    if isinstance(value, list):
        return [filled(one, ids) for one in value]
    return value.format_map(ids) if isinstance(value, str) else value


@pytest.mark.parametrize("by", ["session", "API token"])
@pytest.mark.parametrize(("call", "expected"), CALLS)
async def test_things_of_others_are_nobodys(
    ada: Person, bob: Person, database: Database, call: Call, expected: tuple[int, str], by: str
) -> None:
    theirs = await ada.task(**NEW_TASK, recurrence={"rrule": "FREQ=DAILY"})
    mine = await bob.task(title="Mine")
    who = bob if by == "session" else await bob.program("tasks:read", "tasks:write")
    before = await everything_of(database, ada), await everything_of(database, bob)
    problems = []
    for task_id, list_id in ((theirs["id"], theirs["list_id"]), (UNKNOWN_ID, UNKNOWN_ID)):
        ids = {"foreign_task": task_id, "foreign_list": list_id, "mine": mine["id"]}
        method, path, body = call
        answer = await who.request(method, path.format_map(ids), json=filled(body, ids))
        problems.append({**assert_problem(answer, *expected), "request_id": None})
    assert problems[0] == problems[1]
    after = await everything_of(database, ada), await everything_of(database, bob)
    if by == "session":
        assert after == before
    else:  # but for when the token was used
        assert after[0] == before[0]


async def test_a_new_task_in_a_batch_cannot_take_an_id_over(ada: Person, bob: Person) -> None:
    theirs = await ada.task(title="Theirs")
    task = {"id": theirs["id"], "title": "Mine now"}
    _, path, body = in_batch({"op": "create", "task": task})
    problem = assert_problem(await bob.post(path, json=body), 409, "id_taken")
    assert "Theirs" not in str(problem)
    assert (await ada.get(f"/tasks/{theirs['id']}")).json() == theirs


async def test_filters_find_nothing_of_others(ada: Person, bob: Person) -> None:
    theirs = await ada.task(title="Theirs", labels=["secret plan"])
    await ada.task(title="Below", parent_id=theirs["id"], labels=["secret plan"])
    await bob.task(title="Mine")
    for query in (
        f"parent_id={theirs['id']}",
        f"list_id={theirs['list_id']}",
        "label=secret plan",
        "q=theirs",
        "q=secret",
    ):
        assert (await bob.get(f"/tasks?{query}")).json()["items"] == [], query
    parsed = {"text": "Water them @secret", "dry_run": True}
    assert (await bob.post("/tasks/quick", json=parsed)).json()["parsed"]["title"] == "Water them"
    assert (await bob.get("/labels")).json()["items"] == []


async def test_a_label_of_the_same_name_is_ones_own(ada: Person, bob: Person) -> None:
    await ada.task(labels=["Garden"])
    task = await bob.task(labels=["garden"])
    assert task["labels"] == ["garden"]
    (label,) = (await ada.get("/labels")).json()["items"]
    await ada.patch(f"/labels/{label['id']}", json={"name": "Balcony"})
    assert (await bob.get(f"/tasks/{task['id']}")).json() == task
