"""Tasks: making, finding, changing, completing, deleting them."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from tests.e2e.client import API, User, instant, ok, problem, soon


def test_a_new_task(user: User) -> None:
    answer = user.post("/tasks", {"title": "  Buy milk  "})
    task = ok(answer, 201)
    assert answer.headers["location"] == f"{API}/tasks/{task['id']}"
    assert answer.headers["etag"] == '"1"'
    expected = {
        "title": "Buy milk",
        "description": "",
        "priority": "medium",
        "completed": False,
        "due_at": None,
        "overdue": False,
        "version": 1,
        "deleted_at": None,
    }
    assert {name: task[name] for name in expected} == expected
    assert user.task(task["id"]) == task


def test_text_is_stored_as_written(user: User) -> None:
    title = "Zoë’s 🎂 <script>alert(1)</script> \\ % _ '; DROP TABLE task; --"
    task = user.add_task(title, description="*Markdown*\n<b>&amp;</b>")
    assert user.task(task["id"])["title"] == title
    assert user.task(task["id"])["description"] == "*Markdown*\n<b>&amp;</b>"


def test_a_client_may_make_the_id(user: User) -> None:
    known = user.add_task("Once")
    problem(user.post("/tasks", {"title": "Twice", "id": known["id"]}), 409, "id_taken")


def test_due_times(user: User) -> None:
    past = {"title": "Late", "due_at": instant(soon(-60))}
    problem(user.post("/tasks", past), 422, "due_in_past")
    both = {"title": "Twice", "due_at": instant(soon(60)), "due_date": "2031-01-31"}
    problem(user.post("/tasks", both), 422, "two_due_times")
    task = user.add_task("Zurich", due_at="2031-07-01T09:00:00+02:00", time_zone="Europe/Zurich")
    assert task["due_at"] == "2031-07-01T07:00:00Z"


def test_filters(user: User) -> None:
    user.add_task("urgent", priority="urgent", due_at="2031-01-01T09:00:00Z")
    user.add_task("low", priority="low", due_date="2031-06-01")
    done = user.add_task("done", priority="high")
    ok(user.patch(f"/tasks/{done['id']}/complete"))
    assert user.titles(status="pending") == ["low", "urgent"]
    assert user.titles(status="completed") == ["done"]
    assert user.titles(priority="urgent") == ["urgent"]
    assert user.titles(due_before="2031-03-01") == ["urgent"]
    assert user.titles(due_after="2031-03-01T00:00:00Z") == ["low"]
    assert user.titles(overdue=True) == []
    assert user.titles(list_id=str(uuid4())) == []
    assert user.titles(status="pending", priority="low") == ["low"]


def test_search(user: User) -> None:
    user.add_task("Renew the passport", description="take two photographs")
    user.add_task("Photograph the garden")
    user.add_task("Buy milk")
    assert set(user.titles(q="photograph")) == {"Renew the passport", "Photograph the garden"}
    assert user.titles(q="passp") == ["Renew the passport"]
    assert user.titles(q="milk bread") == []
    assert user.titles(q="' OR 1=1 --") == []


def test_sorting(user: User) -> None:
    user.add_task("b", priority="low", due_at="2031-02-01T00:00:00Z")
    user.add_task("c", priority="urgent")
    user.add_task("a", priority="high", due_at="2031-01-01T00:00:00Z")
    assert user.titles() == ["a", "c", "b"], "the newest first"
    assert user.titles(sort="created_at") == ["b", "c", "a"]
    assert user.titles(sort="title") == ["a", "b", "c"]
    assert user.titles(sort="-title") == ["c", "b", "a"]
    assert user.titles(sort="-priority") == ["c", "a", "b"]
    assert user.titles(sort="due") == ["a", "b", "c"], "without a due time last"


def test_pages(user: User) -> None:
    for number in range(5):
        user.add_task(f"task {number}")
    second = ok(user.get("/tasks", page=2, per_page=2))
    assert [task["title"] for task in second["items"]] == ["task 2", "task 1"]
    counts = {name: second[name] for name in ("total", "page", "per_page", "pages")}
    assert counts == {"total": 5, "page": 2, "per_page": 2, "pages": 3}
    problem(user.get("/tasks", per_page=101), 422, "validation_failed")


def test_a_cursor_is_stable_while_tasks_are_added(user: User) -> None:
    for number in range(5):
        user.add_task(f"task {number}")
    found: list[str] = []
    page = ok(user.get("/tasks", per_page=2))
    while True:
        found += [task["title"] for task in page["items"]]
        if not page["next_cursor"]:
            break
        user.add_task("added meanwhile")
        page = ok(user.get("/tasks", per_page=2, cursor=page["next_cursor"]))
        assert page["total"] is None
    assert found == ["task 4", "task 3", "task 2", "task 1", "task 0"]
    cursor = ok(user.get("/tasks", per_page=2))["next_cursor"]
    problem(user.get("/tasks", page=1, cursor=cursor), 422, "page_and_cursor")
    problem(user.get("/tasks", cursor="nonsense"), 422, "invalid_cursor")


def test_patch_merges(user: User) -> None:
    task = user.add_task("Old", description="stays", due_at="2031-01-01T00:00:00Z")
    changed = ok(user.patch(f"/tasks/{task['id']}", {"title": "New", "due_at": None}))
    assert (changed["title"], changed["description"]) == ("New", "stays")
    assert changed["due_at"] is None
    assert changed["version"] == task["version"] + 1
    past = ok(user.patch(f"/tasks/{task['id']}", {"due_at": instant(soon(-3600))}))
    assert past["overdue"] is True
    assert user.titles(overdue=True) == ["New"]


def test_put_replaces(user: User) -> None:
    task = user.add_task("Old", description="goes", priority="high")
    replaced = ok(user.put(f"/tasks/{task['id']}", {"title": "New"}))
    assert (replaced["title"], replaced["description"]) == ("New", "")
    assert replaced["priority"] == "medium"


def test_only_what_was_seen_is_changed(user: User) -> None:
    path = f"/tasks/{user.add_task()['id']}"
    seen = user.get(path).headers["etag"]
    matching = {"headers": {"If-Match": seen}}
    ok(user.patch(path, {"title": "First"}, **matching))
    for answer in (
        user.patch(path, {"title": "Second"}, **matching),
        user.put(path, {"title": "Second"}, **matching),
        user.patch(f"{path}/complete", {"completed": True}, **matching),
        user.delete(path, **matching),
    ):
        problem(answer, 412, "version_mismatch")
    assert user.task(path.removeprefix("/tasks/"))["title"] == "First"
    malformed = {"headers": {"If-Match": "2"}}
    problem(user.patch(path, {"title": "Third"}, **malformed), 400, "malformed_if_match")


def test_completing_toggles_or_sets(user: User) -> None:
    path = f"/tasks/{user.add_task()['id']}/complete"
    done = ok(user.patch(path))
    assert done["completed"] is True
    assert done["completed_at"] is not None
    assert ok(user.patch(path))["completed"] is False
    assert ok(user.patch(path, {"completed": True}))["completed"] is True
    assert ok(user.patch(path, {"completed": True}))["completed"] is True


def test_the_trash(user: User) -> None:
    task = user.add_task("Wanted after all", description="all of it")
    path = f"/tasks/{task['id']}"
    ok(user.delete(path), 204)
    assert user.titles() == []
    assert user.titles(trashed=True) == ["Wanted after all"]
    assert user.task(task["id"])["deleted_at"] is not None
    restored = ok(user.post(f"{path}/restore"))
    assert restored["deleted_at"] is None
    assert restored["description"] == "all of it"
    assert user.titles() == ["Wanted after all"]


def test_deleting_for_good(user: User) -> None:
    path = f"/tasks/{user.add_task()['id']}"
    ok(user.request("DELETE", path, params={"permanent": True}), 204)
    problem(user.get(path), 404, "task_not_found")
    problem(user.post(f"{path}/restore"), 404, "task_not_found")
    assert user.titles(trashed=True) == []


def test_what_belongs_to_others_is_not_there(user: User, new_user: Callable[..., User]) -> None:
    task = user.add_task("Mine", due_at=instant(soon(3600)))
    reminder = user.remind(task, offset_minutes=5)
    other = new_user()
    assert other.titles() == []
    of_task, of_reminder = f"/tasks/{task['id']}", f"/reminders/{reminder['id']}"
    body: dict[str, Any] = {"title": "Theirs"}
    for answer in (
        other.get(of_task),
        other.patch(of_task, body),
        other.put(of_task, body),
        other.delete(of_task),
        other.patch(f"{of_task}/complete"),
        other.post(f"{of_task}/restore"),
        other.get(f"{of_task}/reminders"),
        other.post(f"{of_task}/reminders", {"offset_minutes": 1}),
        other.patch(of_reminder, {"offset_minutes": 1}),
        other.get(f"{of_reminder}/deliveries"),
        other.delete(of_reminder),
    ):
        problem(answer, 404)
    problem(other.post("/tasks", {"title": "x", "list_id": task["list_id"]}), 404)
    assert user.task(task["id"])["title"] == "Mine"
    assert user.reminder(reminder)["state"] == "scheduled"
