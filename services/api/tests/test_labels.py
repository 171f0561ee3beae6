"""Labels: making and changing them, alone and through tasks."""

import asyncio
from typing import Any

import pytest

from taskbell.ids import new_id

from .conftest import Person, assert_problem

FIELDS = {"id", "name", "color", "tasks_count", "version", "created_at", "updated_at"}


async def label(person: Person, name: str = "home", **fields: Any) -> dict[str, Any]:
    answer = await person.post("/labels", json={"name": name, **fields})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def listed(person: Person) -> dict[str, int]:
    """Return how many pending tasks each label has."""
    items = (await person.get("/labels?per_page=100")).json()["items"]
    return {one["name"]: one["tasks_count"] for one in items}


async def test_a_label_is_made(ada: Person) -> None:
    chosen = str(new_id())
    body = {"id": chosen, "name": " Büro ", "color": "#AABBCC"}
    answer = await ada.post("/labels", json=body)
    assert answer.status_code == 201
    made = answer.json()
    assert set(made) == FIELDS
    assert (made["id"], made["name"], made["color"]) == (chosen, "Büro", "#aabbcc")
    assert answer.headers["location"] == f"/api/v1/labels/{chosen}"
    assert answer.headers["etag"] == '"1"'
    found = await ada.get(f"/labels/{chosen}")
    assert (found.json(), found.headers["etag"]) == (made, '"1"')
    taken = await ada.post("/labels", json={**body, "name": "other"})
    assert_problem(taken, 409, "id_taken")


@pytest.mark.parametrize(
    ("one", "other"),
    [("Home", "home"), ("Straße", "STRASSE"), ("İ", "i\u0307"), ("é", "e\u0301"), ("💚", " 💚 ")],
)
async def test_a_name_is_taken_however_it_is_written(ada: Person, one: str, other: str) -> None:
    made = await label(ada, one)
    for name in (one, other):
        assert_problem(await ada.post("/labels", json={"name": name}), 409, "label_exists")
    second = await label(ada, "second")
    answer = await ada.patch(f"/labels/{second['id']}", json={"name": other})
    assert_problem(answer, 409, "label_exists")
    renamed = await ada.patch(f"/labels/{made['id']}", json={"name": other})
    assert renamed.status_code == 200, "its own name may be written differently"


async def test_of_equal_labels_made_at_once_there_is_one(ada: Person) -> None:
    answers = await asyncio.gather(
        *(ada.post("/labels", json={"name": name}) for name in ("x", "X", "x", "X"))
    )
    assert sorted(one.status_code for one in answers) == [201, 409, 409, 409]
    assert len(await listed(ada)) == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "body.name"),
        ({"name": " "}, "body.name"),
        ({"name": "x" * 61}, "body.name"),
        ({"name": "@home"}, "body.name"),
        ({"name": " #home"}, "body.name"),
        ({"name": "a\u2028b"}, "body.name"),
        ({"name": ["x"]}, "body.name"),
        ({"name": "x", "color": "blue"}, "body.color"),
        ({"name": "x", "tasks_count": 1}, "body.tasks_count"),
        ({"name": "x", "id": 1}, "body.id"),
    ],
    ids=str,
)
async def test_what_is_no_label(ada: Person, body: dict[str, Any], field: str) -> None:
    problem = assert_problem(await ada.post("/labels", json=body), 422, "validation_failed")
    assert [one["field"] for one in problem["errors"]] == [field]
    assert await listed(ada) == {}


async def test_tasks_make_labels_and_are_counted(ada: Person) -> None:
    made = await ada.task(labels=["Home", "x", "HOME"])
    assert made["labels"] == ["Home", "x"]
    await ada.task(labels=["home"])
    done = await ada.task(labels=["home"])
    await ada.patch(f"/tasks/{done['id']}/complete", json={"completed": True})
    trashed = await ada.task(labels=["home", "y"])
    await ada.delete(f"/tasks/{trashed['id']}")
    assert await listed(ada) == {"Home": 2, "x": 1, "y": 0}
    (home,) = (one for one in (await ada.get("/labels")).json()["items"] if one["name"] == "Home")
    assert (await ada.get(f"/labels/{home['id']}")).json() == home


async def test_labels_are_listed_by_name(ada: Person) -> None:
    for name in ("b", "A", "c"):
        await label(ada, name)
    answer = (await ada.get("/labels?per_page=2")).json()
    assert [one["name"] for one in answer["items"]] == ["A", "b"]
    assert (answer["total"], answer["pages"], answer["next_cursor"]) == (3, 2, None)
    assert_problem(await ada.get("/labels?cursor=x"), 422, "invalid_cursor")


async def test_a_new_name_is_on_every_task(ada: Person) -> None:
    task = await ada.task(labels=["home", "x"])
    other = await ada.task(labels=["x"])
    (home, _) = (await ada.get("/labels")).json()["items"]
    answer = await ada.patch(f"/labels/{home['id']}", json={"name": "Zu Hause"})
    assert (answer.json()["tasks_count"], answer.headers["etag"]) == (1, '"2"')
    changed = (await ada.get(f"/tasks/{task['id']}")).json()
    assert (changed["labels"], changed["version"]) == (["Zu Hause", "x"], 2)
    assert (await ada.get(f"/tasks/{other['id']}")).json() == other
    found = (await ada.get("/tasks?label=zu%20hause")).json()["items"]
    assert [one["id"] for one in found] == [task["id"]]
    assert (await ada.get("/tasks?label=home")).json()["items"] == []


async def test_a_label_that_is_deleted_is_on_no_task(ada: Person) -> None:
    task = await ada.task(labels=["home", "x"])
    (home, _) = (await ada.get("/labels")).json()["items"]
    assert (await ada.delete(f"/labels/{home['id']}")).status_code == 204
    assert (await ada.get(f"/tasks/{task['id']}")).json()["labels"] == ["x"]
    assert_problem(await ada.delete(f"/labels/{home['id']}"), 404, "label_not_found")
    assert await listed(ada) == {"x": 1}


async def test_a_label_is_changed_only_as_it_was_seen(ada: Person) -> None:
    made = await label(ada, color="#112233")
    url = f"/labels/{made['id']}"
    stale = {"If-Match": '"2"'}
    refused = await ada.patch(url, json={"name": "x"}, headers=stale)
    assert_problem(refused, 412, "version_mismatch")
    assert_problem(await ada.delete(url, headers=stale), 412, "version_mismatch")
    assert_problem(await ada.delete(url, headers={"If-Match": "1"}), 400, "malformed_if_match")
    assert (await ada.patch(url, json={})).json() == made
    answer = await ada.patch(url, json={"color": None}, headers={"If-Match": '"1"'})
    assert (answer.json()["color"], answer.json()["version"]) == (None, 2)
    assert_problem(await ada.patch(url, json={"name": None}), 422, "validation_failed")


async def test_renaming_while_tasks_get_the_label(ada: Person) -> None:
    made = await label(ada)
    bare = [await ada.task() for _ in range(4)]
    answers = await asyncio.gather(
        ada.patch(f"/labels/{made['id']}", json={"name": "town"}),
        *(ada.post("/tasks", json={"title": "x", "labels": ["home"]}) for _ in range(4)),
        *(ada.patch(f"/tasks/{task['id']}", json={"labels": ["home"]}) for task in bare),
    )
    assert {one.status_code for one in answers} <= {200, 201}
    used = {name for task in (await ada.get("/tasks")).json()["items"] for name in task["labels"]}
    there = await listed(ada)
    assert used <= there.keys()
    assert sum(there.values()) == 8


async def test_somebody_elses_labels_look_like_nobodys(ada: Person, bob: Person) -> None:
    made = await label(ada)
    url = f"/labels/{made['id']}"
    for request in (bob.get(url), bob.patch(url, json={"name": "x"}), bob.delete(url)):
        assert_problem(await request, 404, "label_not_found")
    answer = await bob.post("/labels", json={"id": made["id"], "name": "mine"})
    assert_problem(answer, 409, "id_taken")
    assert (await ada.get(url)).json() == made
    assert await listed(bob) == {}
    assert (await bob.task(labels=["HOME"]))["labels"] == ["HOME"]
