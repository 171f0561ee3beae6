"""Moving, completing with subtasks, what happened and undoing it; preconditions of all of that."""

import asyncio
from typing import Any

import pytest

from taskbell.ids import new_id

from .conftest import Person, assert_problem
from .test_task_queries import found


async def do(person: Person, task: dict[str, Any], what: str, **body: Any) -> dict[str, Any]:
    method = "PATCH" if what.startswith("complete") else "POST"
    answer = await person.request(method, f"/tasks/{task['id']}/{what}", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.headers["etag"] == f'"{answer.json()["version"]}"'
    done: dict[str, Any] = answer.json()
    return done


async def read(person: Person, task: dict[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = (await person.get(f"/tasks/{task['id']}")).json()
    return shown


# --- trees ----------------------------------------------------------------------------------------


async def test_subtasks_are_in_the_list_of_their_parent(ada: Person) -> None:
    garden = await ada.task_list("Garden")
    top = await ada.task(title="Top", list_id=garden["id"])
    below = await ada.task(title="Below", parent_id=top["id"])
    assert below["list_id"] == garden["id"]
    body = {"title": "x", "parent_id": top["id"], "list_id": (await ada.task())["list_id"]}
    assert_problem(await ada.post("/tasks", json=body), 422, "parent_in_other_list")
    balcony = await ada.task_list("Balcony")
    moved = await do(ada, top, "move", list_id=balcony["id"])
    assert moved["list_id"] == (await read(ada, below))["list_id"] == balcony["id"]
    answer = await ada.patch(f"/tasks/{below['id']}", json={"list_id": garden["id"]})
    assert (answer.json()["parent_id"], answer.json()["list_id"]) == (None, garden["id"])
    assert (await read(ada, top))["subtasks_count"] == 0
    await ada.patch(f"/lists/{balcony['id']}", json={"archived": True})
    for answer in (
        await ada.post("/tasks", json={"title": "x", "list_id": balcony["id"]}),
        await ada.post("/tasks", json={"title": "x", "parent_id": top["id"]}),
        await ada.post(f"/tasks/{below['id']}/move", json={"list_id": balcony["id"]}),
        await ada.patch(f"/tasks/{below['id']}", json={"parent_id": top["id"]}),
    ):
        assert_problem(answer, 409, "list_archived")


async def test_five_levels_and_no_cycle(ada: Person) -> None:
    levels = [await ada.task(title="1")]
    for level in range(2, 6):
        levels.append(await ada.task(title=f"{level}", parent_id=levels[-1]["id"]))
    deeper = {"title": "6", "parent_id": levels[-1]["id"]}
    problem = assert_problem(await ada.post("/tasks", json=deeper), 422, "too_deep")
    assert problem["errors"][0]["field"] == "body.parent_id"
    two = await ada.task(title="Two")
    await ada.task(title="levels", parent_id=two["id"])
    for how in ("PATCH", "POST"):
        path = "/move" if how == "POST" else ""
        url = f"/tasks/{two['id']}{path}"
        body = {"parent_id": levels[3]["id"]}
        assert_problem(await ada.request(how, url, json=body), 422, "too_deep")
        url = f"/tasks/{levels[0]['id']}{path}"
        for inner in (levels[0], levels[2]):
            body = {"parent_id": inner["id"]}
            assert_problem(await ada.request(how, url, json=body), 422, "parent_cycle")
    await ada.delete(f"/tasks/{levels[4]['id']}")
    body = {"title": "x", "parent_id": levels[4]["id"]}
    assert_problem(await ada.post("/tasks", json=body), 422, "parent_not_found")


async def test_of_two_that_would_become_each_others_parent_one_does(ada: Person) -> None:
    for _ in range(5):
        one, two = await ada.task(), await ada.task()
        answers = await asyncio.gather(
            ada.patch(f"/tasks/{one['id']}", json={"parent_id": two["id"]}),
            ada.post(f"/tasks/{two['id']}/move", json={"parent_id": one["id"]}),
        )
        assert sorted(one.status_code for one in answers) == [200, 422]


async def test_completing_with_subtasks(ada: Person) -> None:
    top = await ada.task(title="Top")
    below = await ada.task(title="Below", parent_id=top["id"])
    deep = await ada.task(title="Deep", parent_id=below["id"])
    done_before = await ada.task(title="Done before", parent_id=top["id"])
    at = (await do(ada, done_before, "complete"))["completed_at"]
    await do(ada, top, "complete", completed=True)
    assert await found(ada, "status=pending&sort=title") == ["Below", "Deep"], "they are kept"
    await do(ada, top, "complete", completed=False)
    await do(ada, top, "complete?subtasks=complete", completed=True)
    assert await found(ada, "status=pending") == []
    assert (await read(ada, done_before))["completed_at"] == at
    await do(ada, top, "undo")
    assert await found(ada, "status=pending&sort=title") == ["Below", "Deep", "Top"]
    assert_problem(
        await ada.patch(f"/tasks/{deep['id']}/complete?subtasks=some"), 422, "validation_failed"
    )


async def test_the_trash_gives_back_exactly_what_it_took(ada: Person) -> None:
    top = await ada.task(title="Top")
    before = await ada.task(title="Before", parent_id=top["id"])
    with_it = await ada.task(title="With it", parent_id=top["id"])
    await ada.delete(f"/tasks/{before['id']}")
    await ada.delete(f"/tasks/{top['id']}")
    assert await found(ada, "") == []
    await do(ada, top, "restore")
    assert await found(ada, "sort=title") == ["Top", "With it"]
    await ada.delete(f"/tasks/{top['id']}")
    alone = await do(ada, with_it, "restore")
    assert alone["parent_id"] is None
    assert (await do(ada, top, "restore"))["subtasks_count"] == 0


# --- moving ---------------------------------------------------------------------------------------


async def test_moving_next_to_others(ada: Person) -> None:
    one, two, three = [await ada.task(title=f"{n}") for n in (1, 2, 3)]
    await do(ada, one, "move", after_id=two["id"])
    assert await found(ada, "sort=position") == ["2", "1", "3"]
    await do(ada, three, "move", before_id=two["id"])
    assert await found(ada, "sort=position") == ["3", "2", "1"]
    await do(ada, three, "move")
    assert await found(ada, "sort=position") == ["2", "1", "3"]
    again = await do(ada, three, "move", after_id=one["id"])
    assert again["version"] == (await read(ada, three))["version"], "it is there already"
    below = await ada.task(title="below", parent_id=two["id"])
    for neighbour in (below["id"], three["id"], str(new_id())):
        answer = await ada.post(f"/tasks/{three['id']}/move", json={"after_id": neighbour})
        problem = assert_problem(answer, 422, "not_a_sibling")
        assert problem["errors"][0]["field"] == "body.after_id"
    moved = await do(ada, three, "move", parent_id=two["id"], before_id=below["id"])
    assert moved["parent_id"] == two["id"]
    assert (await do(ada, three, "move", parent_id=None))["parent_id"] is None


async def test_moving_at_once_keeps_every_order(ada: Person) -> None:
    tasks = [await ada.task(title=f"{n}") for n in range(6)]
    for _ in range(3):
        answers = await asyncio.gather(
            *(
                ada.post(
                    f"/tasks/{one['id']}/move", json={"after_id": tasks[n - 1]["id"]} if n else {}
                )
                for n, one in enumerate(tasks)
            )
        )
        assert {one.status_code for one in answers} == {200}
    shown = (await ada.get("/tasks?sort=position")).json()["items"]
    assert len({one["position"] for one in shown}) == len(tasks)
    assert {one["title"] for one in shown} == {one["title"] for one in tasks}


# --- preconditions --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "", {"labels": ["x"]}),
        ("PATCH", "", {"due_date": "2030-02-28"}),
        ("PUT", "", {"title": "Lost"}),
        ("PATCH", "/complete", {"completed": True}),
        ("PATCH", "/complete?subtasks=complete", {"completed": True}),
        ("POST", "/skip", {}),
        ("POST", "/move", {}),
        ("POST", "/undo", None),
        ("POST", "/restore", None),
        ("DELETE", "", None),
        ("DELETE", "?permanent=true", None),
    ],
)
async def test_preconditions(ada: Person, method: str, path: str, body: Any) -> None:
    task = await ada.task(due_date="2030-01-31", recurrence={"rrule": "FREQ=DAILY"})
    await ada.task(title="Another", parent_id=None)
    url = f"/tasks/{task['id']}"
    await ada.patch(url, json={"title": "Second"})
    if path == "/restore":
        await ada.delete(url)
    before = await read(ada, task)
    for stale in ('"1"', '"9"', '"x"'):
        answer = await ada.request(method, f"{url}{path}", json=body, headers={"If-Match": stale})
        assert_problem(answer, 412, "version_mismatch")
    assert await read(ada, task) == before
    answer = await ada.request(
        method, f"{url}{path}", json=body, headers={"If-Match": f'"{before["version"]}"'}
    )
    assert answer.status_code in {200, 204}, answer.text
    for malformed in ("2", "'2'"):
        answer = await ada.request(
            method, f"{url}{path}", json=body, headers={"If-Match": malformed}
        )
        assert_problem(answer, 400, "malformed_if_match")
