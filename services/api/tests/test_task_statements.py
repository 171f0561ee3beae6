"""How many SQL statements tasks cost: as many for a large one, a long list, a deep tree as for one.

Operations on one task each are in test_statements.py.
"""

from typing import Any

import httpx
import pytest

from taskbell.db import Database

from .conftest import Person
from .operations import NEW_TASK, UNKNOWN_ID
from .test_authorisation import ENDED, make_true
from .test_statements import A, Statements, T
from .test_statements import counted as counted
from .test_statements import statements as statements

Counted = tuple[Statements, Person]
DAILY = {"recurrence": {"rrule": "FREQ=DAILY"}}
LIST_MOST = 2
"""Of a list that shows something: the list, and before it the viewer's zone where days are asked
for."""


async def make_many(person: Person, number: int, **fields: Any) -> list[str]:
    """Make tasks, a hundred at once; return their ids."""
    made: list[str] = []
    while len(made) < number:
        some = range(len(made), min(len(made) + 100, number))
        tasks = [{"title": f"Water plant {one}", **fields} for one in some]
        answer = await batch(person, [{"op": "create", "task": one} for one in tasks])
        made += [one["id"] for one in answer]
    return made


async def batch(person: Person, operations: list[dict[str, Any]]) -> list[dict[str, Any]]:
    answer = await person.post("/tasks/batch", json={"operations": operations})
    assert answer.status_code == 200, answer.text
    results: list[dict[str, Any]] = answer.json()["results"]
    return results


@pytest.mark.parametrize(
    ("method", "path", "body", "looks"),
    [
        ("PATCH", "", {"title": "x"}, 1),
        # which occurrence was meant, and the lock of all tasks: before the look at the task
        ("PATCH", "/complete", {"completed": True}, 3),
        ("DELETE", "", None, 2),
    ],
)
async def test_statements_that_find_nothing(
    statements: Counted, database: Database, method: str, path: str, body: Any, looks: int
) -> None:
    """Some more tell an ended session from a task that is not there."""
    seen, ada = statements
    task = await ada.task(**NEW_TASK)
    missing = await seen.of(ada.request(method, f"/tasks/{UNKNOWN_ID}{path}", json=body), 404)
    assert len(missing) == 1 + A + looks + T, "\n".join(missing)
    assert len(await seen.of(ada.get(f"/tasks/{UNKNOWN_ID}"), 404)) == 1 + A
    await make_true(database, ENDED["revoked"], ada)
    ended = await seen.of(ada.request(method, f"/tasks/{task['id']}{path}", json=body), 401)
    assert len(ended) == 1 + A + T, "\n".join(ended)
    assert len(await seen.of(ada.get(f"/tasks/{task['id']}"), 401)) == 1 + A


@pytest.mark.parametrize("reminders", [1, 9])
@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [
        # The guarded change finds reminders; then the session, and: which occurrence, lock of all,
        # task, its change, activity, reminders, their jobs, reminders, the task as it is shown.
        ("PATCH", "/complete", {"completed": True}, 1 + A + 9 + T),
        # no lock of all: nothing but this task is changed
        ("PATCH", "", {"due_at": "2030-02-28T09:00:00Z"}, 1 + A + 7 + T),
        ("PATCH", "", {"title": "Nothing to follow"}, 1),
        # also what is below it, and how many those are now; shown is nothing
        ("DELETE", "", None, 1 + A + 10 + T),
        ("DELETE", "?permanent=true", None, A + 8 + T),
    ],
)
async def test_statements_of_a_task_with_reminders(
    statements: Counted, method: str, path: str, body: Any, expected: int, reminders: int
) -> None:
    """As many for nine as for one; SQLAlchemy may write them in two batches."""
    seen, ada = statements
    task = await ada.task(**NEW_TASK)
    for minutes in range(reminders):
        await ada.post(f"/tasks/{task['id']}/reminders", json={"offset_minutes": minutes})
    options = {} if body is None else {"json": body}
    request = ada.request(method, f"/tasks/{task['id']}{path}", **options)
    made = await seen.of(request, 204 if body is None else 200)
    batches = {expected} if reminders == 1 else {expected, expected + 1}
    assert len(made) in batches, "\n".join(made)


# --- trees ----------------------------------------------------------------------------------------


async def tree(person: Person, number: int, **fields: Any) -> dict[str, str]:
    """Make a task with subtasks on two levels, and others for it to go to; return ids by name."""
    top = await person.task(**NEW_TASK | fields)
    below = await make_many(person, number // 2, parent_id=top["id"])
    below += await make_many(person, number // 2, parent_id=below[0])
    if "recurrence" in fields:  # which will have them done once more
        await batch(person, [{"op": "complete", "id": one} for one in below])
    garden = await person.task_list("Garden")
    return {
        "top": top["id"],
        "garden": garden["id"],
        "first": (await person.task(title="First", list_id=garden["id"]))["id"],
    }


Step = tuple[str, str, dict[str, Any] | None]
TRASH: Step = ("DELETE", "", None)
UNDO: Step = ("POST", "/undo", None)
DONE: Step = ("PATCH", "/complete?subtasks=complete", {"completed": True})
NEXT: Step = ("PATCH", "/complete", {"completed": True})
GARDEN: Step = ("POST", "/move", {"list_id": "{garden}"})
BEHIND: Step = ("POST", "/move", {"list_id": "{garden}", "after_id": "{first}"})
PATCHED: Step = ("PATCH", "", {"list_id": "{garden}"})
SKIPPED: Step = ("POST", "/skip", None)


@pytest.mark.parametrize(
    ("fields", "before", "step", "expected"),
    [
        ({}, [], TRASH, 1 + A + 10 + T),
        ({}, [], ("DELETE", "?permanent=true", None), A + 6 + T),
        ({}, [TRASH], ("POST", "/restore", None), A + 12 + T),
        ({}, [TRASH], UNDO, A + 16 + T),
        ({}, [], DONE, A + 11 + T),
        ({}, [DONE], UNDO, A + 17 + T),
        ({}, [], GARDEN, A + 13 + T),
        ({}, [], BEHIND, A + 14 + T),
        ({}, [], PATCHED, A + 12 + T),
        ({}, [GARDEN], UNDO, A + 20 + T),
        (DAILY, [], NEXT, 1 + A + 13 + T),
        (DAILY, [], SKIPPED, A + 12 + T),
        (DAILY, [NEXT], UNDO, A + 19 + T),
    ],
)
async def test_statements_do_not_grow_with_the_tree(
    statements: Counted, fields: dict[str, Any], before: list[Step], step: Step, expected: int
) -> None:
    seen, ada = statements
    counts = []
    for number in (4, 40):
        ids = await tree(ada, number, **fields)
        for one in before:
            await do(ada, ids, one)
        made = await seen.of(do(ada, ids, step), 204 if step[0] == "DELETE" else 200)
        counts.append(len(made))
    assert counts == [expected, expected], "\n".join(made)


async def do(person: Person, ids: dict[str, str], step: Step) -> httpx.Response:
    method, path, body = step
    named = {
        name: value.format_map(ids) if isinstance(value, str) else value
        for name, value in (body or {}).items()
    }
    return await person.request(method, f"/tasks/{ids['top']}{path}", json=named or None)


# --- lists ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query",
    [
        "",
        "page=3&per_page=1",
        "status=pending&overdue=false&priority=medium&q=plant&sort=due",
        "due_before=2031-01-01T00:00:00Z&due_after=2026-01-01T00:00:00Z",
        "due_before=2031-01-01",  # whose midnight?
        "due_before=%2B9999d&due_after=-3d",
        "label=home&label=Bills&sort=-priority",
        "parent_id=none&sort=position",
        "archived=false&has_due=true&repeating=false",
        "q=water+plant",
        "sort=title&status=pending",
        "list_id={list_id}&sort=-due",
    ],
)
async def test_statements_of_a_list(statements: Counted, query: str) -> None:
    """As many whatever is asked for, however many there are, and however many are shown.

    They are the same, too, but for how many rows they may return.
    """
    seen, ada = statements
    fields = {**NEW_TASK, "labels": ["bills", "home"]}
    del fields["title"]
    made: list[list[str]] = []
    for number, per_page in ((5, 20), (250, 20), (5, 100)):
        await make_many(ada, number, **fields)
        list_id = (await ada.get("/lists")).json()["items"][0]["id"]
        query = query.format(list_id=list_id)
        page = query if "per_page" in query else f"{query}&per_page={per_page}"
        made.append(await seen.of(ada.get(f"/tasks?{page}")))
        assert (await ada.get(f"/tasks?{page}")).json()["items"]
    assert len(made[0]) <= LIST_MOST
    assert made[0] == made[1] == made[2]


async def test_lists_stay_quick_from_two_hundred_tasks(statements: Counted) -> None:
    """Nothing is asked for each task: neither its labels and subtasks, nor its reminders."""
    seen, ada = statements
    counts = []
    for number in (5, 295):
        ids = await make_many(ada, number, labels=["home"], due_date="2030-01-31")
        await make_many(ada, 5, parent_id=ids[0])
        await ada.post(f"/tasks/{ids[0]}/reminders", json={"offset_minutes": 30})
        for per_page in (5, 100):
            made = await seen.of(ada.get(f"/tasks?per_page={per_page}"))
            counts.append(len(made))
    assert counts == [1, 1, 1, 1]
    assert (await ada.get("/tasks")).json()["total"] == 310


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("status=completed", 2),  # nothing: is it the session that has ended?
        ("page=9", 3),  # and behind the last page no row carries the total
        ("page=9&due_before=tomorrow", 4),
    ],
)
async def test_statements_of_an_empty_page(statements: Counted, query: str, expected: int) -> None:
    seen, ada = statements
    await make_many(ada, 5)
    made = await seen.of(ada.get(f"/tasks?{query}"))
    assert len(made) == expected, "\n".join(made)


async def test_statements_of_a_page_by_cursor(statements: Counted) -> None:
    seen, ada = statements
    await make_many(ada, 5)
    first = (await ada.get("/tasks?per_page=2&status=pending")).json()
    made = await seen.of(ada.get(f"/tasks?status=pending&cursor={first['next_cursor']}"))
    assert len(made) == 1
    assert "count(" not in made[0]


# --- many at once, and quickly --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operation", "each"),
    [
        ({"op": "create", "task": {"title": "x"}}, 3),
        ({"op": "create", "task": {"title": "x", "labels": ["home", "bills"], **DAILY}}, 4),
        ({"op": "create", "task": {"title": "x", "parent_id": "{top}"}}, 6),
        ({"op": "update", "id": "{one}", "patch": {"title": "y", "due_date": "2030-01-31"}}, 3),
        ({"op": "update", "id": "{one}", "patch": {"labels": ["home"]}}, 4),
        ({"op": "complete", "id": "{one}"}, 4),
        ({"op": "move", "id": "{one}", "parent_id": "{top}"}, 9),
        ({"op": "delete", "id": "{one}"}, 6),
        ({"op": "delete", "id": "{one}", "permanent": True}, 4),
    ],
)
async def test_statements_of_a_batch(
    statements: Counted, operation: dict[str, Any], each: int
) -> None:
    """For each operation what it does itself: the lock, the session and the answer once."""
    seen, ada = statements
    top = await ada.task(labels=["home", "bills"])
    counts = []
    for number in (10, 100):
        ids = await make_many(ada, number)
        operations = [filled(operation, one=one, top=top["id"]) for one in ids]
        counts.append(len(await seen.of(ada.post("/tasks/batch", json={"operations": operations}))))
    assert counts[1] - counts[0] == 90 * each
    assert counts[1] - 100 * each <= A + 3 + T


def filled(value: Any, **ids: str) -> Any:
    if isinstance(value, dict):
        return {name: filled(one, **ids) for name, one in value.items()}
    return value.format_map(ids) if isinstance(value, str) else value


async def test_statements_of_quick_add(statements: Counted) -> None:
    """Also of a line that says all there is to say, to somebody with many lists."""
    seen, ada = statements
    for number in range(10):
        await ada.task_list(f"List {number}")
    await ada.post("/labels", json={"name": "bills"})
    text = "Pay the rent every month on the 1st at 9am #List 7 @bills p1 !30m"
    made = await seen.of(ada.post("/tasks/quick", json={"text": text, "dry_run": True}))
    assert len(made) == A + 3 + T, "\n".join(made)
    made = await seen.of(ada.post("/tasks/quick", json={"text": text}), 201)
    assert len(made) == A + 11 + T, "\n".join(made)
