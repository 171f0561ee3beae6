"""Saved filters: what they keep, and that it can be asked for."""

import asyncio
from typing import Any

import pytest

from taskbell.ids import new_id

from .conftest import Person, assert_problem

FIELDS = {"id", "name", "color", "query", "position", "version", "created_at", "updated_at"}
QUERY: dict[str, Any] = {
    "status": "pending",
    "label": ["home", "x"],
    "due_before": "+7d",
    "sort": "-due",
}


async def saved(person: Person, name: str = "Soon", **query: Any) -> dict[str, Any]:
    answer = await person.post("/filters", json={"name": name, "query": query})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def names(person: Person) -> list[str]:
    return [one["name"] for one in (await person.get("/filters")).json()["items"]]


async def test_a_filter_is_saved(ada: Person) -> None:
    chosen = str(new_id())
    body = {"id": chosen, "name": " Soon ", "color": "#AABBCC", "query": QUERY}
    answer = await ada.post("/filters", json=body)
    assert answer.status_code == 201
    made = answer.json()
    assert set(made) == FIELDS
    assert (made["id"], made["name"], made["color"]) == (chosen, "Soon", "#aabbcc")
    assert made["query"] == QUERY
    assert answer.headers["location"] == f"/api/v1/filters/{chosen}"
    assert answer.headers["etag"] == '"1"'
    found = await ada.get(f"/filters/{chosen}")
    assert (found.json(), found.headers["etag"]) == (made, '"1"')
    taken = await ada.post("/filters", json={**body, "name": "other"})
    assert_problem(taken, 409, "id_taken")


async def test_what_is_saved_can_be_asked_for(ada: Person) -> None:
    task = await ada.task(labels=["Home", "x"], due_date="2026-11-20")
    await ada.task(labels=["home"], due_date="2026-11-20")
    made = await saved(ada, **{**QUERY, "due_before": "2026-11-21"})
    found = (await ada.get("/tasks", params=made["query"])).json()["items"]
    assert [one["id"] for one in found] == [task["id"]]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "x"}, "body.query"),
        ({"query": {}}, "body.name"),
        ({"name": "x", "query": None}, "body.query"),
        ({"name": "x", "query": []}, "body.query"),
        ({"name": "x", "query": "status=pending"}, "body.query"),
        ({"name": "x", "query": {"unknown": 1}}, "body.query.unknown"),
        ({"name": "x", "query": {"page": 2}}, "body.query.page"),
        ({"name": "x", "query": {"priority": "later"}}, "body.query.priority"),
        ({"name": "x", "query": {"label": ["a", "@b"]}}, "body.query.label.1"),
        ({"name": "x" * 101, "query": {}}, "body.name"),
        ({"name": "x", "query": {}, "color": "blue"}, "body.color"),
        ({"name": "x", "query": {}, "position": "0"}, "body.position"),
    ],
    ids=str,
)
async def test_what_is_no_filter(ada: Person, body: dict[str, Any], field: str) -> None:
    problem = assert_problem(await ada.post("/filters", json=body), 422, "validation_failed")
    assert {one["field"] for one in problem["errors"]} == {field}
    assert await names(ada) == []


async def test_a_name_is_taken_however_it_is_written(ada: Person) -> None:
    answers = await asyncio.gather(
        *(
            ada.post("/filters", json={"name": name, "query": {}})
            for name in ("Ärger", "ÄRGER", "A\u0308rger")
        )
    )
    assert sorted(one.status_code for one in answers) == [201, 409, 409]
    assert {one.json()["code"] for one in answers if one.status_code == 409} == {"filter_exists"}
    second = await saved(ada, "second")
    answer = await ada.patch(f"/filters/{second['id']}", json={"name": "ärger"})
    assert_problem(answer, 409, "filter_exists")


async def test_a_query_is_replaced_as_a_whole(ada: Person) -> None:
    made = await saved(ada, **QUERY)
    url = f"/filters/{made['id']}"
    assert (await ada.patch(url, json={})).json() == made
    changed = await ada.patch(url, json={"query": {"q": "plants"}}, headers={"If-Match": '"1"'})
    assert (changed.json()["query"], changed.headers["etag"]) == ({"q": "plants"}, '"2"')
    assert changed.json()["name"] == "Soon"
    stale = await ada.patch(url, json={"name": "x"}, headers={"If-Match": '"1"'})
    assert_problem(stale, 412, "version_mismatch")
    assert_problem(await ada.delete(url, headers={"If-Match": '"1"'}), 412, "version_mismatch")
    for body in ({"name": None}, {"query": None}, {"query": {"x": 1}}):
        assert_problem(await ada.patch(url, json=body), 422, "validation_failed")
    assert (await ada.delete(url, headers={"If-Match": '"2"'})).status_code == 204
    assert_problem(await ada.get(url), 404, "filter_not_found")


async def test_filters_are_listed_in_their_order(ada: Person) -> None:
    for name in ("b", "a", "c"):
        await saved(ada, name)
    assert await names(ada) == ["b", "a", "c"]
    page = (await ada.get("/filters?per_page=2&page=2")).json()
    assert ([one["name"] for one in page["items"]], page["total"]) == (["c"], 3)


async def test_somebody_elses_filters_look_like_nobodys(ada: Person, bob: Person) -> None:
    made = await saved(ada)
    url = f"/filters/{made['id']}"
    for request in (bob.get(url), bob.patch(url, json={"name": "x"}), bob.delete(url)):
        assert_problem(await request, 404, "filter_not_found")
    taken = await bob.post("/filters", json={"id": made["id"], "name": "x", "query": {}})
    assert_problem(taken, 409, "id_taken")
    assert (await ada.get(url)).json() == made
    assert await names(bob) == []
