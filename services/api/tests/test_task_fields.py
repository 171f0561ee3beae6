"""Every field of a task, on every way to write it: what is absent is untouched, null clears."""

from typing import Any

import pytest

from taskbell.ids import new_id

from .conftest import Person, assert_problem

DAILY = {"rrule": "FREQ=DAILY", "anchor": "schedule"}
MONTHLY = {"rrule": "FREQ=MONTHLY;BYMONTHDAY=-1", "anchor": "completion"}
DERIVED = {"version", "updated_at", "overdue", "position"}

FIRST: dict[str, Any] = {
    "title": "Plants",
    "description": "Twice a week",
    "priority": "high",
    "list_id": "{garden}",
    "parent_id": "{parent}",
    "labels": ["Home", "outside"],
    "due_date": "2030-01-31",
    "time_zone": "Asia/Tokyo",
    "start_date": "2030-01-30",
    "recurrence": MONTHLY,
}
SECOND: dict[str, Any] = {
    "title": "Flowers",
    "description": "Every day",
    "priority": "low",
    "list_id": "{balcony}",
    "parent_id": "{other_parent}",
    "labels": ["town"],
    "due_date": "2030-02-28",
    "due_at": "2030-03-31T09:00:00Z",
    "time_zone": "Europe/Zurich",
    "start_date": "2030-02-27",
    "recurrence": DAILY,
}
FOLLOWS: dict[str, set[str]] = {
    "list_id": {"parent_id"},  # a subtask is in the list of its parent
    "due_at": {"due_date"},
    "recurrence": {"occurrence"},
}
"""What else a change of one field changes, besides `DERIVED`."""


async def make(person: Person) -> tuple[dict[str, Any], dict[str, str]]:
    """Make a task with everything set, and places that it can go to."""
    garden, balcony = [(await person.task_list(one))["id"] for one in ("Garden", "Balcony")]
    places = {"garden": garden, "balcony": balcony}
    for name in ("parent", "other_parent"):
        places[name] = (await person.task(title=name, list_id=garden))["id"]
    return await person.task(**filled(FIRST, places)), places


def filled(fields: dict[str, Any], places: dict[str, str]) -> dict[str, Any]:
    return {
        name: value.format_map(places) if isinstance(value, str) else value
        for name, value in fields.items()
    }


def shown(task: dict[str, Any], fields: dict[str, Any]) -> dict[str, Any]:
    return {name: task[name] for name in fields}


async def test_post_sets_every_field(ada: Person) -> None:
    task, places = await make(ada)
    assert shown(task, FIRST) == filled(FIRST, places)
    assert (task["occurrence"], task["due_at"], task["subtasks_count"]) == ("2030-01-31", None, 0)
    assert (await ada.get(f"/tasks/{task['id']}")).json() == task
    parent = (await ada.get(f"/tasks/{places['parent']}")).json()
    assert parent["subtasks_count"] == 1
    bare = await ada.task(title="Bare")
    inbox = next(one for one in (await ada.get("/lists")).json()["items"] if one["is_inbox"])
    assert shown(bare, SECOND) == {
        **dict.fromkeys(SECOND),
        "title": "Bare",
        "description": "",
        "priority": "medium",
        "list_id": inbox["id"],
        "labels": [],
        "time_zone": "UTC",
    }


async def test_put_sets_every_field(ada: Person) -> None:
    task, places = await make(ada)
    url = f"/tasks/{task['id']}"
    put = filled({**SECOND, "list_id": "{garden}"}, places)
    del put["due_date"]
    replaced = (await ada.put(url, json=put)).json()
    assert shown(replaced, put) == put
    assert (replaced["due_date"], replaced["occurrence"]) == (None, "2030-03-31T11:00:00")
    bare = (await ada.put(url, json={"title": "Bare"})).json()
    fresh = await ada.task(title="Bare")
    assert shown(bare, SECOND) == shown(fresh, SECOND)


@pytest.mark.parametrize("field", SECOND)
async def test_patch_leaves_alone_what_it_does_not_name(ada: Person, field: str) -> None:
    task, places = await make(ada)
    value = filled(SECOND, places)[field]
    answer = await ada.patch(f"/tasks/{task['id']}", json={field: value})
    assert answer.status_code == 200, answer.text
    changed = {name for name in task if answer.json()[name] != task[name]}
    assert {field} <= changed - DERIVED <= {field} | FOLLOWS.get(field, set())
    assert answer.json()[field] == value
    assert answer.json()["version"] == task["version"] + 1


@pytest.mark.parametrize(
    ("field", "default"),
    [
        ("description", ""),
        ("priority", "medium"),
        ("list_id", "{inbox}"),
        ("parent_id", None),
        ("labels", []),
        ("time_zone", "UTC"),
        ("start_date", None),
        ("recurrence", None),
    ],
)
async def test_null_clears(ada: Person, field: str, default: Any) -> None:
    task, places = await make(ada)
    places["inbox"] = (await ada.task())["list_id"]
    answer = await ada.patch(f"/tasks/{task['id']}", json={field: None})
    assert answer.status_code == 200, answer.text
    changed = {name for name in task if answer.json()[name] != task[name]}
    assert changed - DERIVED == {field} | FOLLOWS.get(field, set())
    assert answer.json()[field] == filled({field: default}, places)[field]


async def test_null_clears_no_title_and_no_due_date_of_a_repeat(ada: Person) -> None:
    task, _ = await make(ada)
    url = f"/tasks/{task['id']}"
    assert_problem(await ada.patch(url, json={"title": None}), 422, "validation_failed")
    problem = assert_problem(
        await ada.patch(url, json={"due_date": None}), 422, "recurrence_needs_due"
    )
    assert problem["errors"][0]["field"] == "body.recurrence"
    assert (await ada.get(url)).json() == task
    both = (await ada.patch(url, json={"due_date": None, "recurrence": None})).json()
    assert (both["due_date"], both["recurrence"], both["occurrence"]) == (None, None, None)


async def test_one_post_never_wipes_descriptions(ada: Person) -> None:
    """A POST to a task that exists once wiped 252 descriptions elsewhere: whatever it left out."""
    ids = [str(new_id()) for _ in range(252)]
    for first in range(0, len(ids), 100):
        tasks = [
            {"id": one, "title": "Kept", "description": f"Words of {one}", "labels": ["kept"]}
            for one in ids[first : first + 100]
        ]
        operations = [{"op": "create", "task": one} for one in tasks]
        assert (await ada.post("/tasks/batch", json={"operations": operations})).is_success
    assert_problem(await ada.post("/tasks", json={"id": ids[0], "title": "x"}), 409, "id_taken")
    answer = await ada.post(f"/tasks/{ids[0]}", json={"title": "x"})
    assert_problem(answer, 405, "method_not_allowed")
    again = [{"op": "create", "task": {"id": one, "title": "x"}} for one in ids[:100]]
    answer = await ada.post("/tasks/batch", json={"operations": again})
    assert_problem(answer, 409, "id_taken")
    moved = [{"op": "update", "id": one, "patch": {"priority": "high"}} for one in ids[:100]]
    assert (await ada.post("/tasks/batch", json={"operations": moved})).is_success
    url = f"/tasks/{ids[1]}"
    assert (await ada.patch(url, json={"due_date": "2030-01-31"})).is_success
    assert (await ada.patch(f"{url}/complete")).is_success
    assert (await ada.post(f"{url}/move", json={})).is_success
    found: dict[str, dict[str, Any]] = {}
    cursor = ""
    while cursor is not None:
        page = (await ada.get(f"/tasks?per_page=100{cursor and f'&cursor={cursor}'}")).json()
        found |= {one["id"]: one for one in page["items"]}
        cursor = page["next_cursor"]
    assert set(found) == set(ids)
    for one in found.values():
        assert (one["title"], one["labels"]) == ("Kept", ["kept"])
        assert one["description"] == f"Words of {one['id']}"


async def test_labels_are_one_whatever_their_case(ada: Person) -> None:
    task = await ada.task(labels=["Home", "HOME", "städtisch", "STÄDTISCH", "home "])
    assert task["labels"] == ["Home", "städtisch"]
    other = await ada.task(labels=["hOmE"])
    assert other["labels"] == ["Home"], "as it was written first"
    assert_problem(
        await ada.post("/tasks", json={"title": "x", "labels": ["a"] * 51}),
        422,
        "validation_failed",
    )
    for bad in ("@home", "#home", "", "a\nb", "x" * 61, 1, None):
        answer = await ada.patch(f"/tasks/{task['id']}", json={"labels": ["ok", bad]})
        problem = assert_problem(answer, 422, "validation_failed")
        assert problem["errors"][0]["field"] == "body.labels.1"
    assert [one["name"] for one in (await ada.get("/labels")).json()["items"]] == [
        "Home",
        "städtisch",
    ]


async def test_a_repeat_without_a_due_date_begins_today_or_later(ada: Person) -> None:
    task = await ada.task(recurrence={"rrule": "FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=6"})
    assert task["due_date"].endswith("-01-06")
    assert task["occurrence"] == task["due_date"]
    assert not task["overdue"]


async def test_a_new_due_date_moves_one_occurrence_only(ada: Person) -> None:
    task = await ada.task(due_date="2030-01-31", recurrence={"rrule": "FREQ=WEEKLY"})
    url = f"/tasks/{task['id']}"
    moved = (await ada.patch(url, json={"due_date": "2030-02-02"})).json()
    assert (moved["due_date"], moved["occurrence"]) == ("2030-02-02", "2030-01-31")
    put = {"title": "x", "due_date": "2030-02-02", "recurrence": moved["recurrence"]}
    assert (await ada.put(url, json=put)).json()["occurrence"] == "2030-01-31", "it goes on"
    done = (await ada.patch(f"{url}/complete", json={"completed": True})).json()
    assert (done["due_date"], done["occurrence"]) == ("2030-02-07", "2030-02-07")
    await ada.patch(url, json={"due_date": "2030-02-09"})
    anew = (await ada.patch(url, json={"recurrence": {"rrule": "FREQ=WEEKLY"}})).json()
    assert (anew["due_date"], anew["occurrence"]) == ("2030-02-09", "2030-02-09")
