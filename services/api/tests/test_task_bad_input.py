"""Tasks, batches, lines of text that must not be taken: a problem, never a 5xx, nothing echoed."""

from typing import Any

import pytest

from taskbell.ids import new_id

from .conftest import Person, assert_problem
from .operations import NEW_TASK
from .test_bad_input import ODD_VALUES, SECRET, without_names

FIELDS = (
    "title", "description", "priority", "list_id", "parent_id", "labels", "due_date", "due_at",
    "time_zone", "start_date", "recurrence",
)  # fmt: skip
CLIENT_ERRORS = {400, 404, 409, 422}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("parent_id=nothing", "query.parent_id"),
        ("parent_id=", "query.parent_id"),
        ("label=", "query.label.0"),
        ("label=%23x", "query.label.0"),
        ("label=ok&label=a%0Ab", "query.label.1"),
        ("label=" + "x" * 61, "query.label.0"),
        ("&".join(f"label={n}" for n in range(11)), "query.label"),
        ("archived=perhaps", "query.archived"),
        ("has_due=2", "query.has_due"),
        ("repeating=", "query.repeating"),
        ("sort=rank", "query.sort"),
        ("sort=-rank", "query.sort"),
        ("due_before=%2B7", "query.due_before"),
        ("due_before=7d", "query.due_before"),
        ("due_before=%2B12345d", "query.due_before"),
        ("due_after=today%0A", "query.due_after"),
        ("due_after=%2B7d;DROP", "query.due_after"),
    ],
)
async def test_bad_queries(ada: Person, query: str, field: str) -> None:
    """One error for each field, by its name alone."""
    problem = assert_problem(await ada.get(f"/tasks?{query}"), 422, "validation_failed")
    assert [one["field"] for one in problem["errors"]] == [field]


@pytest.mark.parametrize(
    "query",
    [
        "due_before=%2B9999d&due_after=-9999d",
        "label=none+of+this&label=%F0%9F%98%80",
        "label=" + "%27" * 60,
        "label=%25_%5C",
        "parent_id=01a1fde8-fdb2-7455-b1fd-45748f470437",
        "archived=true&has_due=false&repeating=true&overdue=true&trashed=true&sort=-position",
        "q=%F0%9F%98%80&sort=position",
        "q=" + "a%20" * 100,
        "q=%CC%81",
        "q=%D9%8A%D9%88%D9%85",
    ],
)
async def test_odd_queries(ada: Person, query: str) -> None:
    answer = await ada.get(f"/tasks?{query}")
    assert (answer.status_code, answer.json()["items"]) == (200, []), answer.text


@pytest.mark.parametrize("path", ["activity", "completions"])
@pytest.mark.parametrize(
    "junk", ["WzFd", "WyIxIl0", "W10", "bnVsbA", "WzFlMzA5XQ", "%00", "x" * 50]
)
async def test_junk_cursors(ada: Person, path: str, junk: str) -> None:
    url = f"/tasks/{(await ada.task())['id']}/{path}"
    assert_problem(await ada.get(f"{url}?cursor={junk}"), 422, "invalid_cursor")
    assert_problem(await ada.get(f"{url}?cursor={junk}&page=1"), 422, "page_and_cursor")


@pytest.mark.parametrize("limit", ["0", "101", "-1", "x", "1.5", "", "9" * 30])
async def test_junk_limits(ada: Person, limit: str) -> None:
    url = f"/tasks/{(await ada.task())['id']}/occurrences"
    assert_problem(await ada.get(f"{url}?limit={limit}"), 422, "validation_failed")


@pytest.mark.parametrize("field", FIELDS)
async def test_an_odd_value_in_each_field_of_a_task(ada: Person, field: str) -> None:
    """Alone, and in a batch: the same field is named, below its operation."""
    task = await ada.task()
    url = f"/tasks/{task['id']}"
    for value in (*ODD_VALUES, None):
        for method, path, body in (
            ("POST", "/tasks", {"title": "x", field: value}),
            ("PUT", url, {"title": "x", field: value}),
            ("PATCH", url, {field: value}),
        ):
            answer = await ada.request(method, path, json=body)
            assert answer.status_code in {200, 201, 404, 422}, answer.text
            assert SECRET not in without_names(answer.text) or answer.status_code < 300
            if method == "PATCH" and answer.json().get("code") == "validation_failed":
                operation = {"op": "update", "id": task["id"], "patch": body}
                batched = await ada.post("/tasks/batch", json={"operations": [operation]})
                problem = assert_problem(batched, 422, "validation_failed")
                assert {one["field"] for one in problem["errors"]} == {
                    one["field"].replace("body", "body.operations.0.patch", 1)
                    for one in answer.json()["errors"]
                }


@pytest.mark.parametrize(
    "rrule",
    [
        "FREQ=SECONDLY",
        "FREQ=MINUTELY;INTERVAL=1",
        "FREQ=DAILY;FREQ=DAILY",
        "FREQ=DAILY;COUNT=0",
        "FREQ=DAILY;COUNT=3;UNTIL=20300101",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;INTERVAL=99999999999999999999",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MONTHLY;BYMONTHDAY=0",
        "FREQ=MONTHLY;BYSETPOS=400",
        "FREQ=DAILY;X-SECRET=1",
        "RRULE:FREQ=DAILY\nEXDATE:20300101",
        "FREQ=",
        ";;;",
        "every day",
        "FREQ=DAILY;UNTIL=99999999",
        "FREQ=DAILY;BYHOUR=25",
        "F" * 500,
    ],
)
async def test_bad_rules(ada: Person, rrule: str) -> None:
    repeat = {"rrule": rrule}
    url = f"/tasks/{(await ada.task(due_date='2030-01-31'))['id']}"
    create = {"op": "create", "task": {"title": "x", "recurrence": repeat}}
    for answer, field in (
        (await ada.post("/tasks", json={"title": "x", "recurrence": repeat}), "recurrence.rrule"),
        (await ada.patch(url, json={"recurrence": repeat}), "recurrence.rrule"),
        (await ada.put(url, json={"title": "x", "recurrence": repeat}), "recurrence.rrule"),
        (await ada.post("/recurrence/preview", json=repeat), "rrule"),
        (
            await ada.post("/tasks/batch", json={"operations": [create]}),
            "operations.0.task.recurrence.rrule",
        ),
    ):
        assert answer.json()["code"] in {"invalid_recurrence", "validation_failed"}, answer.text
        problem = assert_problem(answer, 422, answer.json()["code"])
        assert [one["field"] for one in problem["errors"]] == [f"body.{field}"]
    assert (await ada.get("/tasks")).json()["total"] == 1


async def test_both_due_times_have_no_next_dates(ada: Person) -> None:
    body = {"rrule": "FREQ=DAILY", "due_date": "2030-01-31", "due_at": NEW_TASK["due_at"]}
    assert_problem(await ada.post("/recurrence/preview", json=body), 422, "validation_failed")


TASK_ID = str(new_id())


@pytest.mark.parametrize(
    ("operation", "field"),
    [
        ({}, "body.operations.0"),
        ({"op": SECRET}, "body.operations.0"),
        ({"op": [SECRET]}, "body.operations.0"),
        ({"op": None}, "body.operations.0"),
        (SECRET, "body.operations.0"),
        ([], "body.operations.0"),
        ({"op": "create"}, "body.operations.0.task"),
        ({"op": "create", "task": {}}, "body.operations.0.task.title"),
        ({"op": "create", "task": {"title": "x", SECRET: 1}}, f"body.operations.0.task.{SECRET}"),
        ({"op": "create", "id": TASK_ID, "task": {"title": "x"}}, "body.operations.0.id"),
        ({"op": "update", "id": TASK_ID}, "body.operations.0.patch"),
        ({"op": "update", "id": SECRET, "patch": {}}, "body.operations.0.id"),
        ({"op": "complete", "id": TASK_ID, "completed": 1}, "body.operations.0.completed"),
        ({"op": "complete", "id": TASK_ID, "subtasks": SECRET}, "body.operations.0.subtasks"),
        ({"op": "complete", "id": TASK_ID, "if_version": "1"}, "body.operations.0.if_version"),
        ({"op": "skip", "id": TASK_ID, "occurrence": SECRET}, "body.operations.0.occurrence"),
        ({"op": "move", "id": TASK_ID, "if_version": 0}, "body.operations.0.if_version"),
        ({"op": "move", "id": TASK_ID, "if_version": 2**31}, "body.operations.0.if_version"),
        (
            {"op": "move", "id": TASK_ID, "after_id": TASK_ID, "before_id": TASK_ID},
            "body.operations.0",
        ),
        ({"op": "delete", "id": TASK_ID, "permanent": "yes"}, "body.operations.0.permanent"),
        ({"op": "restore", "id": None}, "body.operations.0.id"),
    ],
)
async def test_bad_operations(ada: Person, operation: Any, field: str) -> None:
    answer = await ada.post("/tasks/batch", json={"operations": [operation]})
    problem = assert_problem(answer, 422, "validation_failed")
    assert [one["field"] for one in problem["errors"]] == [field]
    assert SECRET not in without_names(answer.text)


@pytest.mark.parametrize("number", [0, 101])
async def test_batches_of_no_size(ada: Person, number: int) -> None:
    operations = [{"op": "create", "task": {"title": "x"}}] * number
    answer = await ada.post("/tasks/batch", json={"operations": operations})
    problem = assert_problem(answer, 422, "validation_failed")
    assert [one["field"] for one in problem["errors"]] == ["body.operations"]
    assert (await ada.get("/tasks")).json()["total"] == 0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"text": " "}, "body.text"),
        ({"text": "x" * 501}, "body.text"),
        ({"text": "a\nb"}, "body.text"),
        ({"text": "x", "ignore": [[0]]}, "body.ignore.0.1"),
        ({"text": "x", "ignore": [[0, 1, 2]]}, "body.ignore.0"),
        ({"text": "x", "ignore": [[1, 1]]}, "body"),
        ({"text": "x", "ignore": [[-1, 1]]}, "body.ignore.0.0"),
        ({"text": "x", "ignore": [[0, 501]]}, "body.ignore.0.1"),
        ({"text": "x", "ignore": [["0", True]]}, "body.ignore.0.0"),
        ({"text": "x", "ignore": [[0, 1]] * 101}, "body.ignore"),
        ({"text": "x", "dry_run": SECRET}, "body.dry_run"),
        ({"text": "x", "list_id": SECRET}, "body.list_id"),
    ],
)
async def test_bad_lines(ada: Person, body: dict[str, Any], field: str) -> None:
    answer = await ada.post("/tasks/quick", json=body)
    problem = assert_problem(answer, 422, "validation_failed")
    assert problem["errors"][0]["field"] == field
    assert SECRET not in answer.text


@pytest.mark.parametrize(
    "text",
    [
        "@",
        "#",
        "!",
        "p1",
        "tomorrow",
        "every day",
        "@a @b #c !1h p1 tomorrow",
        "\U0001f600" * 250,
        "a\u0301" * 200,
        "\u202edrow\u202c tomorrow",
        "99999999999999999999 days from now",
        "in 99999999999 days",
        "every 99999999999 years",
        "31/02/2030 at 25:61",
        "!99999999999h",
        "1 " * 250,
        "every " * 80,
        "\uff11\uff12:\uff10\uff10 tomorrow",
        "%s %(x)s {0} {x.y}",
        "'; DROP TABLE task; --",
        "<script>alert(1)</script> today",
    ],
)
async def test_odd_lines(ada: Person, text: str) -> None:
    """Whatever is written, it is a task, or a problem that says why not; and shown before."""
    dry = await ada.post("/tasks/quick", json={"text": text, "dry_run": True})
    assert dry.status_code in {200, 422}, dry.text
    made = await ada.post("/tasks/quick", json={"text": text})
    assert made.status_code in {201, 422}, made.text
    if dry.status_code == 200:
        for span in dry.json()["parsed"]["spans"]:
            assert text.strip()[span["start"] : span["end"]] == span["text"]
