"""Paging by number and by cursor."""

import asyncio

import pytest

from .conftest import NewPerson, Person, assert_problem


async def fill(person: Person, count: int) -> list[str]:
    tasks = [await person.task(title=f"Task {number % 3}") for number in range(count)]
    return [task["id"] for task in tasks]


async def test_the_envelope(ada: Person) -> None:
    empty = (await ada.get("/tasks")).json()
    assert empty == {
        "items": [], "total": 0, "page": 1, "per_page": 20, "pages": 0, "next_cursor": None,
    }  # fmt: skip
    await fill(ada, 5)
    page = (await ada.get("/tasks?page=2&per_page=2")).json()
    assert (len(page.pop("items")), bool(page.pop("next_cursor"))) == (2, True)
    assert page == {"total": 5, "page": 2, "per_page": 2, "pages": 3}
    last = (await ada.get("/tasks?page=3&per_page=2")).json()
    assert (len(last["items"]), last["next_cursor"]) == (1, None)
    beyond = (await ada.get("/tasks?page=4&per_page=2")).json()
    assert (beyond["items"], beyond["total"], beyond["next_cursor"]) == ([], 5, None)


@pytest.mark.parametrize("sort", ["", "title", "-title", "due", "-priority", "updated_at"])
async def test_cursors_visit_each_once_while_others_are_added(
    new_person: NewPerson, sort: str
) -> None:
    person = await new_person()
    expected = set(await fill(person, 11))
    query = f"&sort={sort}" if sort else ""
    page = (await person.get(f"/tasks?per_page=3{query}")).json()
    seen = [one["id"] for one in page["items"]]
    while page["next_cursor"]:
        await person.task(title="Added meanwhile")
        answer = await person.get(f"/tasks?per_page=3&cursor={page['next_cursor']}{query}")
        page = answer.json()
        assert (page["total"], page["page"], page["pages"]) == (None, None, None)
        seen += [one["id"] for one in page["items"]]
        assert len(seen) < 40
    assert len(seen) == len(set(seen))
    assert expected <= set(seen)


async def test_ranked_search_by_cursor(ada: Person) -> None:
    await asyncio.gather(*(ada.task(title="Buy milk", description="milk " * n) for n in range(7)))
    page = (await ada.get("/tasks?q=milk&per_page=3")).json()
    seen = [one["id"] for one in page["items"]]
    while page["next_cursor"]:
        page = (await ada.get(f"/tasks?q=milk&per_page=3&cursor={page['next_cursor']}")).json()
        seen += [one["id"] for one in page["items"]]
    assert (len(seen), len(set(seen))) == (7, 7)


async def test_page_and_cursor_exclude_each_other(ada: Person) -> None:
    await fill(ada, 3)
    cursor = (await ada.get("/tasks?per_page=2")).json()["next_cursor"]
    problem = assert_problem(
        await ada.get(f"/tasks?page=1&cursor={cursor}"), 422, "page_and_cursor"
    )
    assert problem["errors"][0]["field"] == "query.cursor"


@pytest.mark.parametrize(
    "junk", ["x", "e30", "W10", "bnVsbA", "%00", "%F0%9F%98%80", "A" * 2000, "W1tbW1tbW1tbW1td"]
)
async def test_invalid_cursors(ada: Person, junk: str) -> None:
    task = await ada.task(due_at="2030-01-01T00:00:00Z")
    answer = await ada.post(f"/tasks/{task['id']}/reminders", json={"offset_minutes": 5})
    for path in (
        "/tasks",
        f"/tasks/{task['id']}/reminders",
        f"/reminders/{answer.json()['id']}/deliveries",
    ):
        assert_problem(await ada.get(f"{path}?cursor={junk}"), 422, "invalid_cursor")


async def test_a_cursor_belongs_to_its_sort(ada: Person) -> None:
    await fill(ada, 3)
    cursor = (await ada.get("/tasks?per_page=2&sort=title")).json()["next_cursor"]
    assert_problem(await ada.get(f"/tasks?sort=due&cursor={cursor}"), 422, "invalid_cursor")


async def test_a_cursor_shows_nothing_of_others(ada: Person, bob: Person) -> None:
    await fill(ada, 3)
    cursor = (await ada.get("/tasks?per_page=2")).json()["next_cursor"]
    assert (await bob.get(f"/tasks?cursor={cursor}")).json()["items"] == []
