"""Repeating tasks: one next occurrence, however often and from however many devices it is done."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from .conftest import Person, assert_problem
from .test_task_actions import do, read

CLIENTS = 20
WEEKLY = {"due_date": "2030-01-31", "recurrence": {"rrule": "FREQ=WEEKLY"}}


async def completions(person: Person, task: dict[str, Any]) -> list[tuple[str, str]]:
    answer = await person.get(f"/tasks/{task['id']}/completions?per_page=100")
    assert answer.status_code == 200, answer.text
    return [(one["occurrence"], one["outcome"]) for one in answer.json()["items"]]


async def test_completing_moves_on(ada: Person) -> None:
    task = await ada.task(**WEEKLY)
    assert task["occurrence"] == "2030-01-31"
    done = await do(ada, task, "complete", completed=True, occurrence="2030-01-31")
    assert (done["completed"], done["due_date"]) == (False, "2030-02-07")
    again = await do(ada, task, "complete", completed=True, occurrence="2030-01-31")
    assert again == done, "it was done already"
    skipped = await do(ada, task, "skip")
    assert skipped["due_date"] == "2030-02-14"
    for gone in ("2030-02-21", "2029-01-31", "2030-01-31T09:00:00"):
        for what, method in (("complete", "PATCH"), ("skip", "POST")):
            url = f"/tasks/{task['id']}/{what}"
            answer = await ada.request(method, url, json={"occurrence": gone})
            assert_problem(answer, 409, "occurrence_gone")
    assert await read(ada, task) == skipped
    assert await completions(ada, task) == [("2030-02-07", "skipped"), ("2030-01-31", "completed")]


async def test_each_client_by_itself_makes_no_next_occurrence_of_its_own(ada: Person) -> None:
    """Elsewhere each device made its own: twenty phones and a laptop make one."""
    for body in (
        {"completed": True, "occurrence": "2030-01-31"},
        {"occurrence": "2030-01-31"},
        {"completed": True},
        {},
        None,
    ):
        task = await ada.task(**WEEKLY)
        url = f"/tasks/{task['id']}/complete"
        answers = await asyncio.gather(*(ada.patch(url, json=body) for _ in range(CLIENTS)))
        assert Counter(one.status_code for one in answers) == {200: CLIENTS}
        assert {one.json()["due_date"] for one in answers} == {"2030-02-07"}
        assert {one.json()["completed"] for one in answers} == {False}
        assert await completions(ada, task) == [("2030-01-31", "completed")], body
        assert (await read(ada, task))["version"] == 2


async def test_of_clients_with_the_same_version_one_wins(ada: Person) -> None:
    task = await ada.task(**WEEKLY)
    url, headers = f"/tasks/{task['id']}/complete", {"If-Match": '"1"'}
    answers = await asyncio.gather(*(ada.patch(url, headers=headers) for _ in range(CLIENTS)))
    assert Counter(one.status_code for one in answers) == {200: 1, 412: CLIENTS - 1}
    assert await completions(ada, task) == [("2030-01-31", "completed")]


async def test_clients_that_skip_and_complete_at_once_agree(ada: Person) -> None:
    task = await ada.task(**WEEKLY)
    body = {"occurrence": "2030-01-31"}
    answers = await asyncio.gather(
        *(ada.patch(f"/tasks/{task['id']}/complete", json=body) for _ in range(CLIENTS // 2)),
        *(ada.post(f"/tasks/{task['id']}/skip", json=body) for _ in range(CLIENTS // 2)),
    )
    assert Counter(one.status_code for one in answers) == {200: CLIENTS}
    assert len(await completions(ada, task)) == 1
    assert (await read(ada, task))["due_date"] == "2030-02-07"


async def test_the_last_one_completes_it(ada: Person) -> None:
    task = await ada.task(due_at="2030-01-31T09:00:00Z", recurrence={"rrule": "FREQ=DAILY;COUNT=3"})
    for key in ("2030-01-31T09:00:00", "2030-02-01T09:00:00"):
        assert not (await do(ada, task, "complete", occurrence=key))["completed"]
    done = await do(ada, task, "complete", occurrence="2030-02-02T09:00:00")
    assert done["completed"]
    assert_problem(await ada.post(f"/tasks/{task['id']}/skip"), 409, "not_repeating")
    assert (await ada.get(f"/tasks/{task['id']}/occurrences")).json() == {"items": []}
    assert len(await completions(ada, task)) == 3
    reopened = await do(ada, task, "complete", completed=False)
    assert (reopened["completed"], reopened["due_at"]) == (False, "2030-02-02T09:00:00Z")
    assert len(await completions(ada, task)) == 2


async def test_a_repeat_reopens_its_subtasks(ada: Person) -> None:
    task = await ada.task(**WEEKLY)
    below = await ada.task(title="Below", parent_id=task["id"])
    deep = await ada.task(title="Deep", parent_id=below["id"])
    for one in (deep, below):
        await do(ada, one, "complete", completed=True)
    await do(ada, task, "complete", completed=True)
    assert not (await read(ada, below))["completed"]
    assert not (await read(ada, deep))["completed"]


async def test_what_does_not_repeat(ada: Person) -> None:
    task = await ada.task(due_date="2030-01-31")
    assert_problem(await ada.post(f"/tasks/{task['id']}/skip", json={}), 409, "not_repeating")
    answer = await ada.patch(f"/tasks/{task['id']}/complete", json={"occurrence": "2030-01-31"})
    assert_problem(answer, 409, "occurrence_gone")
    assert (await ada.get(f"/tasks/{task['id']}/occurrences")).json() == {"items": []}
    assert await completions(ada, task) == []


async def test_a_month_after_31_january_is_no_3_march(ada: Person) -> None:
    """Adding seconds made it one elsewhere."""
    task = await ada.task(due_date="2030-01-31", recurrence={"rrule": "FREQ=MONTHLY;BYMONTHDAY=-1"})
    items = (await ada.get(f"/tasks/{task['id']}/occurrences?limit=4")).json()["items"]
    dates = ["2030-01-31", "2030-02-28", "2030-03-31", "2030-04-30"]
    assert [one["due_date"] for one in items] == [one["occurrence"] for one in items] == dates
    for date in dates[1:]:
        assert (await do(ada, task, "complete", completed=True))["due_date"] == date


async def test_nine_stays_nine_when_clocks_change(ada: Person) -> None:
    body: dict[str, Any] = {"due_at": "2030-03-30T08:00:00Z", "time_zone": "Europe/Zurich"}
    task = await ada.task(**body, recurrence={"rrule": "FREQ=DAILY"})
    answer = await ada.get(f"/tasks/{task['id']}/occurrences?limit=2")
    expected = [
        {"occurrence": "2030-03-30T09:00:00", "due_date": None, "due_at": "2030-03-30T08:00:00Z"},
        {"occurrence": "2030-03-31T09:00:00", "due_date": None, "due_at": "2030-03-31T07:00:00Z"},
    ]
    assert answer.json()["items"] == expected
    preview = await ada.post(
        "/recurrence/preview", json={**body, "rrule": "FREQ=DAILY", "limit": 2}
    )
    assert preview.json()["items"] == expected
    await ada.patch("/users/me", json={"time_zone": "Europe/Zurich"})
    del body["time_zone"]
    preview = await ada.post(
        "/recurrence/preview", json={**body, "rrule": "FREQ=DAILY", "limit": 2}
    )
    assert preview.json()["items"] == expected, "the viewer's zone where none is given"
    assert (await ada.get("/tasks")).json()["total"] == 1, "it makes nothing"


@pytest.mark.parametrize("limit", [1, 100])
async def test_how_many_next_dates(ada: Person, limit: int) -> None:
    task = await ada.task(**WEEKLY)
    shown = (await ada.get(f"/tasks/{task['id']}/occurrences?limit={limit}")).json()["items"]
    assert len(shown) == limit
    body = {"rrule": "FREQ=DAILY;COUNT=3", "due_date": "2030-01-31", "limit": limit}
    previewed = (await ada.post("/recurrence/preview", json=body)).json()["items"]
    assert len(previewed) == min(limit, 3)


async def test_completions_are_paged(ada: Person) -> None:
    task = await ada.task(**WEEKLY)
    for _ in range(5):
        await do(ada, task, "skip")
    url = f"/tasks/{task['id']}/completions"
    whole = (await ada.get(url)).json()
    assert (whole["total"], whole["next_cursor"]) == (5, None)
    first = (await ada.get(f"{url}?per_page=3")).json()
    rest = (await ada.get(f"{url}?per_page=3&cursor={first['next_cursor']}")).json()
    assert first["items"] + rest["items"] == whole["items"]
    assert (await ada.get(f"{url}?per_page=3&page=2")).json()["items"] == rest["items"]
