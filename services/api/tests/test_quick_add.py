"""Quick add over HTTP; what lines of text mean is tested where they are understood."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from taskbell.ids import new_id
from taskbell.quick_add.model import Context
from taskbell.quick_add.parser import parse
from taskbell.quick_add.schemas import ParsedOut, QuickAdd
from taskbell_api.task_examples import QUICK, TASK

from .conftest import Person, assert_problem
from .test_task_queries import EAST, WEST, today

LINE = "Pay rent every month on the 1st at 9am #Home @bills p1 !30m"


async def quick(person: Person, text: str, **options: Any) -> dict[str, Any]:
    answer = await person.post("/tasks/quick", json={"text": text, **options})
    assert answer.status_code == (200 if options.get("dry_run") else 201), answer.text
    done: dict[str, Any] = answer.json()
    return done


async def test_a_line_becomes_a_task_with_its_reminder(ada: Person) -> None:
    home = await ada.task_list("Home")
    answer = await ada.post("/tasks/quick", json={"text": LINE})
    task, parsed = answer.json()["task"], answer.json()["parsed"]
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/api/v1/tasks/{task['id']}"
    assert answer.headers["etag"] == '"1"'
    assert (await ada.get(f"/tasks/{task['id']}")).json() == task
    assert (task["title"], task["priority"], task["labels"]) == ("Pay rent", "urgent", ["bills"])
    assert task["list_id"] == home["id"]
    assert task["recurrence"] == {"rrule": "FREQ=MONTHLY;BYMONTHDAY=1", "anchor": "schedule"}
    assert task["due_at"].endswith("-01T09:00:00Z")
    assert task["reminders_count"] == 1
    (reminder,) = (await ada.get(f"/tasks/{task['id']}/reminders")).json()["items"]
    assert reminder["offset_minutes"] == 30
    assert [(one["kind"], one["text"]) for one in parsed["spans"]] == [
        ("recurrence", "every month on the 1st at 9am"),
        ("list", "#Home"),
        ("label", "@bills"),
        ("priority", "p1"),
        ("reminder", "!30m"),
    ]
    same = ("title", "due_date", "due_at", "recurrence", "priority", "list_id", "labels")
    assert {name: parsed[name] for name in same} == {name: task[name] for name in same}
    assert all(LINE[one["start"] : one["end"]] == one["text"] for one in parsed["spans"])


async def test_a_dry_run_makes_nothing(ada: Person) -> None:
    dry = await quick(ada, "Call mom tomorrow @new", dry_run=True)
    assert dry["task"] is None
    assert dry["parsed"]["due_date"] == today("UTC", 1)
    assert (await ada.get("/tasks")).json()["total"] == 0
    assert (await ada.get("/labels")).json()["total"] == 0
    made = await quick(ada, "Call mom tomorrow @new")
    assert made["parsed"] == dry["parsed"]
    assert (await ada.get("/labels")).json()["total"] == 1


async def test_what_was_taken_back_is_title(ada: Person) -> None:
    text = "Watch Friday night lights tomorrow p1"
    shown = (await quick(ada, text, dry_run=True))["parsed"]
    wrong = next(one for one in shown["spans"] if one["kind"] == "due")
    ignore = [[one["start"], one["end"]] for one in shown["spans"] if one["kind"] != "priority"]
    assert [wrong["start"], wrong["end"]] in ignore
    made = await quick(ada, text, ignore=ignore)
    assert made["task"]["title"] == "Watch Friday night lights tomorrow"
    assert (made["task"]["due_date"], made["task"]["due_at"]) == (None, None)
    assert made["task"]["priority"] == "urgent"


async def test_offsets_count_code_points(ada: Person) -> None:
    text = "\U0001f33f\U0001f469\u200d\U0001f33e Caf\u00e9 tomorrow"
    (span,) = (await quick(ada, text, dry_run=True))["parsed"]["spans"]
    assert (span["start"], span["text"]) == (text.index("tomorrow"), "tomorrow")
    made = await quick(ada, text, ignore=[[span["start"], span["end"]]])
    assert made["task"]["title"] == text


async def test_a_list_that_there_is_not_stays_text(ada: Person, bob: Person) -> None:
    await bob.task_list("Secret garden")
    garden = await ada.task_list("Garden")
    gone = await ada.task_list("Gone")
    archived = await ada.task_list("Archived")
    await ada.delete(f"/lists/{gone['id']}")
    await ada.patch(f"/lists/{archived['id']}", json={"archived": True})
    for name in ("Secret garden", "Gone", "Archived", "Nothing"):
        made = await quick(ada, f"Dig #{name}")
        assert made["task"]["title"] == f"Dig #{name}", name
        assert made["parsed"]["spans"] == []
        assert made["task"]["list_id"] != garden["id"]
    assert (await quick(ada, "Dig #garden"))["task"]["list_id"] == garden["id"]
    assert (await bob.get("/tasks")).json()["total"] == 0


async def test_where_it_goes(ada: Person) -> None:
    garden, home = [await ada.task_list(name) for name in ("Garden", "Home")]
    parent = await ada.task(list_id=garden["id"])
    into = (await quick(ada, "Dig", list_id=garden["id"]))["task"]
    assert (into["list_id"], into["parent_id"]) == (garden["id"], None)
    below = (await quick(ada, "Dig deeper", parent_id=parent["id"]))["task"]
    assert (below["list_id"], below["parent_id"]) == (garden["id"], parent["id"])
    elsewhere = (await quick(ada, "Sweep #Home", parent_id=parent["id"]))["task"]
    assert (elsewhere["list_id"], elsewhere["parent_id"]) == (home["id"], None)
    body = {"text": "x", "list_id": home["id"], "parent_id": parent["id"]}
    assert_problem(await ada.post("/tasks/quick", json=body), 422, "parent_in_other_list")


@pytest.mark.parametrize("zone", [EAST, WEST])
async def test_days_are_the_writers(ada: Person, zone: str) -> None:
    await ada.patch("/users/me", json={"time_zone": zone})
    made = await quick(ada, "Call mom tomorrow")
    assert made["task"]["due_date"] == today(zone, 1)
    assert made["task"]["time_zone"] == made["parsed"]["time_zone"] == zone


async def test_the_same_key_adds_one_task(ada: Person) -> None:
    headers = {"Idempotency-Key": str(new_id())}
    body = {"text": "Call mom tomorrow at 9 @family !10m"}
    answers = [await ada.post("/tasks/quick", json=body, headers=headers) for _ in range(3)]
    assert {(one.status_code, one.text) for one in answers} == {(201, answers[0].text)}
    assert [one.headers.get("idempotency-replayed") for one in answers] == [None, "true", "true"]
    assert (await ada.get("/tasks")).json()["total"] == 1
    other = {"text": "Something else"}
    answer = await ada.post("/tasks/quick", json=other, headers=headers)
    assert_problem(answer, answer.status_code, "idempotency_key_reused")


async def test_a_key_at_once_adds_one_task(ada: Person) -> None:
    headers = {"Idempotency-Key": str(new_id())}
    body = {"text": "Call mom"}
    answers = await asyncio.gather(
        *(ada.post("/tasks/quick", json=body, headers=headers) for _ in range(5))
    )
    assert {one.status_code for one in answers} <= {201, 409}
    assert (await ada.get("/tasks")).json()["total"] == 1


async def test_a_reminder_that_is_too_late_is_title(ada: Person) -> None:
    made = await quick(ada, "Call in 5 minutes !2d")
    assert (made["task"]["title"], made["task"]["reminders_count"]) == ("Call !2d", 0)
    again = await quick(ada, "Call every day starting tomorrow at 0:05 !2d")
    assert again["task"]["title"] == "Call"
    assert again["task"]["reminders_count"] == 1, "only the first is too late"


@pytest.mark.parametrize("text", ["p1", "tomorrow", "@home", "every day p2"])
async def test_a_line_without_a_title(ada: Person, text: str) -> None:
    """What is understood needs something that it is about: else the line is the title."""
    made = await ada.post("/tasks/quick", json={"text": text})
    assert made.status_code == 201, made.text
    assert made.json()["task"]["title"]


def test_the_example_is_what_is_answered() -> None:
    (example,) = QuickAdd.model_json_schema()["examples"]
    context = Context(
        at=datetime(2029, 11, 20, 9, 30, tzinfo=UTC),
        zone=TASK["time_zone"],
        week_start="monday",
        locale="en-GB",
        lists={"Home": UUID(TASK["list_id"])},
    )
    parsed = parse(example["text"], context)
    shown = ParsedOut.of(parsed, zone=context.zone).model_dump(mode="json")
    assert shown == QUICK["parsed"]
