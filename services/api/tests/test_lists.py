"""Lists: making, changing and ordering them, and their way to the trash and back."""

import asyncio
from typing import Any

import httpx
import pytest

from taskbell.ids import new_id

from .conftest import Person, assert_problem
from .test_statements import A, Statements, T
from .test_statements import counted as counted
from .test_statements import statements as statements

FIELDS = {
    "id", "name", "color", "is_inbox", "archived", "position", "pending_count", "version",
    "created_at", "updated_at", "deleted_at",
}  # fmt: skip


async def listed(person: Person, query: str = "") -> list[dict[str, Any]]:
    answer = await person.get(f"/lists{query}")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def names(person: Person, query: str = "") -> list[str]:
    return [one["name"] for one in await listed(person, query)]


async def in_list(person: Person, list_id: str, query: str = "") -> list[str]:
    answer = await person.get(f"/tasks?list_id={list_id}&sort=title{query}")
    return [one["title"] for one in answer.json()["items"]]


async def test_everybody_has_an_inbox(ada: Person) -> None:
    (inbox,) = await listed(ada)
    assert set(inbox) == FIELDS
    assert (inbox["name"], inbox["is_inbox"], inbox["pending_count"]) == ("Inbox", True, 0)
    assert (await ada.task())["list_id"] == inbox["id"]


async def test_a_list_is_made(ada: Person) -> None:
    chosen = str(new_id())
    body = {"id": chosen, "name": "  Home 💚 ", "color": "#AABBCC"}
    answer = await ada.post("/lists", json=body)
    assert answer.status_code == 201
    made = answer.json()
    assert set(made) == FIELDS
    assert (made["id"], made["name"], made["color"]) == (chosen, "Home 💚", "#aabbcc")
    assert (made["archived"], made["pending_count"], made["deleted_at"]) == (False, 0, None)
    assert answer.headers["location"] == f"/api/v1/lists/{chosen}"
    assert answer.headers["etag"] == '"1"'
    found = await ada.get(f"/lists/{chosen}")
    assert (found.json(), found.headers["etag"]) == (made, '"1"')
    assert await names(ada) == ["Inbox", "Home 💚"]
    assert_problem(await ada.post("/lists", json=body), 409, "id_taken")


async def test_two_lists_may_have_the_same_name(ada: Person) -> None:
    await asyncio.gather(*(ada.task_list("Home") for _ in range(4)))
    assert await names(ada) == ["Inbox", *["Home"] * 4]


async def test_one_key_makes_one_list(ada: Person) -> None:
    headers = {"Idempotency-Key": "k1"}
    first = await ada.post("/lists", json={"name": "Home"}, headers=headers)
    again = await ada.post("/lists", json={"name": "Home"}, headers=headers)
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert await names(ada) == ["Inbox", "Home"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "body.name"),
        ({"name": ""}, "body.name"),
        ({"name": " \u3000 "}, "body.name"),
        ({"name": "x" * 101}, "body.name"),
        ({"name": "a\nb"}, "body.name"),
        ({"name": None}, "body.name"),
        ({"name": 1}, "body.name"),
        ({"name": "x", "color": "red"}, "body.color"),
        ({"name": "x", "color": "#12345"}, "body.color"),
        ({"name": "x", "color": "#1234567"}, "body.color"),
        ({"name": "x", "color": "#12345g"}, "body.color"),
        ({"name": "x", "color": "#123456\n"}, "body.color"),
        ({"name": "x", "color": 0}, "body.color"),
        ({"name": "x", "id": "c0ffee"}, "body.id"),
        ({"name": "x", "id": "6ba7b810-9dad-11d1-80b4-00c04fd430c8"}, "body.id"),
        ({"name": "x", "is_inbox": True}, "body.is_inbox"),
        ({"name": "x", "position": "0"}, "body.position"),
    ],
    ids=str,
)
async def test_what_is_no_list(ada: Person, body: dict[str, Any], field: str) -> None:
    problem = assert_problem(await ada.post("/lists", json=body), 422, "validation_failed")
    assert [one["field"] for one in problem["errors"]] == [field]
    assert await names(ada) == ["Inbox"]


async def test_pending_tasks_are_counted(ada: Person) -> None:
    home = await ada.task_list()
    first = await ada.task(list_id=home["id"])
    await ada.task(list_id=home["id"])
    done = await ada.task(list_id=home["id"])
    await ada.patch(f"/tasks/{done['id']}/complete", json={"completed": True})
    await ada.task()
    assert [one["pending_count"] for one in await listed(ada)] == [1, 2]
    assert (await ada.get(f"/lists/{home['id']}")).json()["pending_count"] == 2
    await ada.delete(f"/tasks/{first['id']}")
    changed = await ada.patch(f"/lists/{home['id']}", json={"name": "House"})
    assert changed.json()["pending_count"] == 1


async def test_a_list_is_changed_only_as_it_was_seen(ada: Person) -> None:
    home = await ada.task_list()
    url = f"/lists/{home['id']}"
    stale = {"If-Match": '"2"'}
    for request in (
        ada.patch(url, json={"name": "x"}, headers=stale),
        ada.post(f"{url}/move", json={}, headers=stale),
        ada.post(f"{url}/restore", headers=stale),
        ada.delete(url, headers=stale),
        ada.delete(f"{url}?permanent=true", headers=stale),
    ):
        assert_problem(await request, 412, "version_mismatch")
    for tag in ("junk", '"1", "2"'):
        refused = await ada.patch(url, json={"name": "x"}, headers={"If-Match": tag})
        assert_problem(refused, 400, "malformed_if_match")
    assert (await ada.get(url)).json() == home
    answer = await ada.patch(url, json={"name": "House"}, headers={"If-Match": '"1"'})
    assert (answer.status_code, answer.headers["etag"]) == (200, '"2"')


async def test_absent_fields_are_untouched_and_null_clears(ada: Person) -> None:
    home = await ada.task_list(color="#112233")
    url = f"/lists/{home['id']}"
    assert (await ada.patch(url, json={})).json() == home
    changed = (await ada.patch(url, json={"color": None})).json()
    assert (changed["name"], changed["color"], changed["version"]) == ("Home", None, 2)
    for body in ({"name": None}, {"archived": None}, {"archived": "yes"}, {"archived": 1}):
        assert_problem(await ada.patch(url, json=body), 422, "validation_failed")
    assert (await ada.get(url)).json() == changed


async def test_tasks_of_an_archived_list_are_out_of_sight(ada: Person) -> None:
    home = await ada.task_list()
    task = await ada.task(title="x", list_id=home["id"])
    url = f"/lists/{home['id']}"
    archived = await ada.patch(url, json={"archived": True})
    assert (archived.json()["archived"], archived.json()["pending_count"]) == (True, 1)
    assert (await ada.get("/tasks")).json()["items"] == []
    assert await in_list(ada, home["id"]) == ["x"]
    refused = await ada.post("/tasks", json={"title": "y", "list_id": home["id"]})
    assert_problem(refused, 409, "list_archived")
    # what is there can still be changed
    answer = await ada.patch(f"/tasks/{task['id']}", json={"title": "z"})
    assert answer.status_code == 200
    await ada.patch(url, json={"archived": False})
    assert [one["title"] for one in (await ada.get("/tasks")).json()["items"]] == ["z"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["Inbox", "live"]),
        ("?archived=false", ["Inbox", "live"]),
        ("?archived=true", ["old"]),
        ("?archived=all", ["Inbox", "live", "old"]),
        ("?trashed=true", ["bin", "old bin"]),
        ("?trashed=true&archived=false", ["bin"]),
        ("?trashed=true&archived=true", ["old bin"]),
        ("?per_page=1&page=2", ["live"]),
        ("?page=9", []),
    ],
)
async def test_which_lists_are_listed(ada: Person, query: str, expected: list[str]) -> None:
    for name in ("live", "old", "bin", "old bin"):
        made = await ada.task_list(name)
        if "old" in name:
            await ada.patch(f"/lists/{made['id']}", json={"archived": True})
        if "bin" in name:
            await ada.delete(f"/lists/{made['id']}")
    assert await names(ada, query) == expected


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("archived=maybe", "query.archived"),
        ("archived=", "query.archived"),
        ("trashed=2", "query.trashed"),
        ("page=0", "query.page"),
        ("cursor=x", "query.cursor"),
    ],
)
async def test_bad_queries(ada: Person, query: str, field: str) -> None:
    answer = await ada.get(f"/lists?{query}")
    problem = assert_problem(answer, 422, answer.json()["code"])
    assert [one["field"] for one in problem["errors"]] == [field]


async def test_the_inbox_is_protected(ada: Person) -> None:
    (inbox,) = await listed(ada)
    url = f"/lists/{inbox['id']}"
    for request in (
        ada.patch(url, json={"archived": True}),
        ada.patch(url, json={"name": "x", "archived": True}),
        ada.delete(url),
        ada.delete(f"{url}?permanent=true"),
        ada.post(f"{url}/move", json={}),
    ):
        assert_problem(await request, 409, "inbox_protected")
    assert await listed(ada) == [inbox]
    answer = await ada.patch(url, json={"name": "Eingang", "color": "#000000", "archived": False})
    assert (answer.status_code, answer.json()["name"]) == (200, "Eingang")


async def test_a_list_goes_to_the_trash_with_its_tasks_and_back(ada: Person) -> None:
    home = await ada.task_list()
    for title in ("1", "2", "3"):
        task = await ada.task(title=title, list_id=home["id"])
    await ada.delete(f"/tasks/{task['id']}")  # it went before, and stays there
    await ada.post(f"/tasks/{task['id']}/restore")
    await ada.delete(f"/tasks/{task['id']}")
    url = f"/lists/{home['id']}"
    assert (await ada.delete(url)).status_code == 204
    assert (await ada.delete(url)).status_code == 204
    assert await names(ada) == ["Inbox"]
    assert await names(ada, "?trashed=true") == ["Home"]
    assert await in_list(ada, home["id"]) == []
    assert await in_list(ada, home["id"], "&trashed=true") == ["1", "2", "3"]
    trashed = (await ada.get(url)).json()
    assert (trashed["deleted_at"] is not None, trashed["pending_count"]) == (True, 0)
    for body in ({"list_id": home["id"]}, {"list_id": home["id"], "due_date": "2030-01-01"}):
        answer = await ada.post("/tasks", json={"title": "x", **body})
        assert_problem(answer, 404, "list_not_found")
    assert_problem(await ada.patch(url, json={"name": "x"}), 404, "list_not_found")
    assert_problem(await ada.post(f"{url}/move", json={}), 404, "list_not_found")
    answer = await ada.post(f"{url}/restore")
    assert (answer.status_code, answer.headers["etag"]) == (200, '"3"')
    assert (answer.json()["pending_count"], answer.json()["deleted_at"]) == (2, None)
    assert await in_list(ada, home["id"]) == ["1", "2"]
    assert (await ada.post(f"{url}/restore")).json() == answer.json()


@pytest.mark.parametrize("trashed", [False, True])
async def test_a_list_goes_for_good_with_its_tasks(ada: Person, trashed: bool) -> None:
    home = await ada.task_list()
    task = await ada.task(list_id=home["id"], due_at="2030-01-31T09:00:00Z")
    await ada.post(f"/tasks/{task['id']}/reminders", json={"offset_minutes": 30})
    url = f"/lists/{home['id']}"
    if trashed:
        await ada.delete(url)
    assert (await ada.delete(f"{url}?permanent=true")).status_code == 204
    assert_problem(await ada.get(url), 404, "list_not_found")
    assert_problem(await ada.delete(url), 404, "list_not_found")
    assert_problem(await ada.get(f"/tasks/{task['id']}"), 404, "task_not_found")


async def test_lists_are_put_in_order(ada: Person) -> None:
    made = {name: await ada.task_list(name) for name in "abcd"}

    async def move(name: str, **body: str) -> httpx.Response:
        return await ada.post(f"/lists/{made[name]['id']}/move", json=body)

    answer = await move("d", before_id=made["a"]["id"])
    assert (answer.status_code, answer.headers["etag"]) == (200, '"2"')
    assert await names(ada) == ["Inbox", *"dabc"]
    await move("a", after_id=made["b"]["id"])
    assert await names(ada) == ["Inbox", *"dbac"]
    await move("d")
    assert await names(ada) == ["Inbox", *"bacd"]
    positions = [one["position"] for one in await listed(ada)][1:]
    assert positions == sorted(positions)


async def test_moves_that_lead_nowhere(ada: Person, bob: Person) -> None:
    home, town = await ada.task_list("home"), await ada.task_list("town")
    foreign = await bob.task_list()
    url = f"/lists/{home['id']}/move"
    for neighbour in (home["id"], foreign["id"], str(new_id())):
        for side in ("after_id", "before_id"):
            problem = assert_problem(
                await ada.post(url, json={side: neighbour}), 422, "not_a_sibling"
            )
            assert problem["errors"][0]["field"] == f"body.{side}"
    both = {"after_id": town["id"], "before_id": town["id"]}
    bodies: list[Any] = [both, {"after_id": "x"}, {"after_id": 1}, {"position": "0"}, []]
    for body in bodies:
        assert_problem(await ada.post(url, json=body), 422, "validation_failed")
    assert await listed(ada) == [(await listed(ada))[0], home, town]


async def test_somebody_elses_lists_look_like_nobodys(ada: Person, bob: Person) -> None:
    home = await ada.task_list()
    url = f"/lists/{home['id']}"
    for request in (
        bob.get(url),
        bob.patch(url, json={"name": "x"}),
        bob.delete(url),
        bob.delete(f"{url}?permanent=true"),
        bob.post(f"{url}/move", json={}),
        bob.post(f"{url}/restore"),
    ):
        assert_problem(await request, 404, "list_not_found")
    assert_problem(await bob.post("/lists", json={"id": home["id"], "name": "x"}), 409, "id_taken")
    assert (await ada.get(url)).json() == home
    assert await names(bob) == ["Inbox"]


@pytest.mark.parametrize("count", [1, 9])
async def test_statements_do_not_grow_with_the_number_of_lists(
    statements: tuple[Statements, Person], count: int
) -> None:
    seen, ada = statements
    made = [await ada.task_list(str(number)) for number in range(count + 1)]
    for one in made:
        await ada.task(list_id=one["id"])
    assert len(await seen.of(ada.get("/lists?archived=all"))) == A + 2 + T
    move = ada.post(f"/lists/{made[-1]['id']}/move", json={"before_id": made[0]["id"]})
    assert len(await seen.of(move)) == A + 3 + T
