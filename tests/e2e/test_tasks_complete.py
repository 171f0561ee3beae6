"""What somebody does with tasks besides making them: from the first list to the way out."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import uuid4

import httpx
from icalendar import Calendar

from taskbell.ids import new_id
from tests.e2e.client import API, User, ok, problem
from tests.e2e.test_feeds import make_feed
from tests.e2e.waiting import until

AT_ONCE = 20
MIB = 1024 * 1024
HEADER = "TYPE,CONTENT,DESCRIPTION,PRIORITY,INDENT,AUTHOR,RESPONSIBLE,DATE,DATE_LANG,TIMEZONE\n"


def add_list(user: User, name: str, **fields: Any) -> dict[str, Any]:
    made: dict[str, Any] = ok(user.post("/lists", {"name": name, **fields}), 201)
    return made


def names(user: User, path: str, **query: Any) -> list[str]:
    return [one["name"] for one in ok(user.get(path, **query))["items"]]


def test_lists_are_ordered_archived_and_come_back_from_the_trash(user: User) -> None:
    garden = add_list(user, "Garden", color="#00aa55")
    home = add_list(user, "Home")
    (inbox,) = [one for one in ok(user.get("/lists"))["items"] if one["is_inbox"]]
    ok(user.post(f"/lists/{home['id']}/move", {"before_id": garden["id"]}))
    assert names(user, "/lists") == [inbox["name"], "Home", "Garden"]
    figs = user.add_task("Water the figs", list_id=garden["id"])
    ok(user.patch(f"/lists/{garden['id']}", {"archived": True}))
    assert user.titles() == [], "out of sight"
    assert user.titles(list_id=garden["id"]) == ["Water the figs"]
    problem(user.post("/tasks", {"title": "x", "list_id": garden["id"]}), 409, "list_archived")
    ok(user.patch(f"/lists/{garden['id']}", {"archived": False}))
    ok(user.delete(f"/lists/{garden['id']}"), 204)
    assert names(user, "/lists") == [inbox["name"], "Home"]
    assert user.task(figs["id"])["deleted_at"] is not None
    ok(user.post(f"/lists/{garden['id']}/restore"))
    assert user.titles(list_id=garden["id"]) == ["Water the figs"]
    problem(user.delete(f"/lists/{inbox['id']}"), 409, "inbox_protected")


def test_labels_are_renamed_and_taken_off_everywhere(user: User) -> None:
    task = user.add_task("Call Zoë", labels=["Phone", "phone", "people"])
    assert task["labels"] == ["Phone", "people"]
    user.add_task("Write to Zoë", labels=["people"])
    label = next(one for one in ok(user.get("/labels"))["items"] if one["name"] == "people")
    assert label["tasks_count"] == 2
    wanted = {"name": "Zoë", "query": {"label": ["people"], "q": "zoe"}}
    saved = ok(user.post("/filters", wanted), 201)
    assert set(user.titles(label="people")) == {"Call Zoë", "Write to Zoë"}
    ok(user.patch(f"/labels/{label['id']}", {"name": "friends"}))
    assert user.task(task["id"])["labels"] == ["Phone", "friends"]
    found = ok(user.get(f"/filters/{saved['id']}"))
    assert found["query"]["label"] == ["friends"], "what looks for it follows"
    assert set(user.titles(**found["query"])) == {"Call Zoë", "Write to Zoë"}
    ok(user.delete(f"/labels/{label['id']}"), 204)
    assert user.task(task["id"])["labels"] == ["Phone"]


def test_subtasks_go_along(user: User) -> None:
    trip = user.add_task("Trip")
    pack, book = (user.add_task(title, parent_id=trip["id"]) for title in ("Pack", "Book"))
    socks = user.add_task("Socks", parent_id=pack["id"])
    problem(user.patch(f"/tasks/{trip['id']}", {"parent_id": socks["id"]}), 422, "parent_cycle")
    ok(user.delete(f"/tasks/{book['id']}"), 204)
    away = add_list(user, "Away")
    ok(user.post(f"/tasks/{trip['id']}/move", {"list_id": away["id"]}))
    assert user.task(socks["id"])["list_id"] == away["id"]
    ok(user.delete(f"/tasks/{trip['id']}"), 204)
    assert set(user.titles(trashed=True)) == {"Trip", "Pack", "Socks", "Book"}
    ok(user.post(f"/tasks/{trip['id']}/restore"))
    assert set(user.titles()) == {"Trip", "Pack", "Socks"}, "not what was there before"
    assert user.task(trip["id"])["subtasks_count"] == 1
    done = user.patch(f"/tasks/{trip['id']}/complete", params={"subtasks": "complete"})
    assert ok(done)["completed"] is True
    assert user.titles(status="pending") == []


def test_a_line_of_text_becomes_a_task(user: User) -> None:
    add_list(user, "Home")
    text = "Water the ferns every monday at 9:00 p2 #Home @plants"
    parsed = ok(user.post("/tasks/quick", {"text": text, "dry_run": True}))
    assert parsed["task"] is None
    assert user.titles() == [], "only tried"
    made = ok(user.post("/tasks/quick", {"text": text}), 201)
    assert made["parsed"] == parsed["parsed"]
    task = made["task"]
    assert (task["title"], task["priority"], task["labels"]) == (
        "Water the ferns", "high", ["plants"],
    )  # fmt: skip
    assert "BYDAY=MO" in task["recurrence"]["rrule"]
    spans = [(one["kind"], text[one["start"] : one["end"]]) for one in parsed["parsed"]["spans"]]
    assert ("label", "@plants") in spans
    start, end = next(
        (one["start"], one["end"])
        for one in parsed["parsed"]["spans"]
        if one["kind"] == "recurrence"
    )
    kept = ok(user.post("/tasks/quick", {"text": text, "ignore": [[start, end]]}), 201)
    assert "every monday" in kept["task"]["title"]
    assert kept["task"]["recurrence"] is None


def at_once(user: User, send: Callable[[User], httpx.Response]) -> list[httpx.Response]:
    """Send a request by `AT_ONCE` clients in the same moment."""
    barrier = Barrier(AT_ONCE)

    def one(_: int) -> httpx.Response:
        with httpx.Client(base_url=user.http.base_url, timeout=30) as client:
            mine = User(client, user.email, user.password, user.tokens)
            ok(mine.get("/users/me"))  # connected
            barrier.wait()
            return send(mine)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(one, range(AT_ONCE)))


def test_an_occurrence_is_completed_once_by_twenty_at_once(user: User) -> None:
    task = user.add_task(
        "Sweep", due_date="2031-01-06", recurrence={"rrule": "FREQ=WEEKLY", "anchor": "schedule"}
    )
    path = f"/tasks/{task['id']}"
    said = {"completed": True, "occurrence": task["occurrence"]}
    answers = at_once(user, lambda one: one.patch(f"{path}/complete", said))
    assert {ok(answer)["due_date"] for answer in answers} == {"2031-01-13"}
    assert ok(user.get(f"{path}/completions"))["total"] == 1
    unknown = {"completed": True, "occurrence": "2019-01-07"}
    problem(user.patch(f"{path}/complete", unknown), 409, "occurrence_gone")


def test_twenty_who_say_no_occurrence_complete_those_they_came_upon(user: User) -> None:
    """Whoever waited for another's completion does nothing: as many steps as completions."""
    task = user.add_task(
        "Sweep", due_date="2031-01-06", recurrence={"rrule": "FREQ=DAILY", "anchor": "schedule"}
    )
    path = f"/tasks/{task['id']}"
    answers = at_once(user, lambda one: one.patch(f"{path}/complete", {"completed": True}))
    assert all(ok(answer)["completed"] is False for answer in answers)
    history = ok(user.get(f"{path}/completions", per_page=100))
    days = [f"2031-01-{6 + number:02}" for number in range(history["total"])]
    assert sorted(one["occurrence"] for one in history["items"]) == days, "each once, none skipped"
    assert history["total"] < AT_ONCE
    assert user.task(task["id"])["due_date"] == f"2031-01-{6 + history['total']:02}"


def test_the_same_key_adds_one_task(user: User) -> None:
    key = str(uuid4())
    answers = at_once(
        user, lambda one: one.post("/tasks", {"title": "Once"}, **{"Idempotency-Key": key})
    )
    made = [answer for answer in answers if answer.status_code == 201]
    assert len({answer.json()["id"] for answer in made}) == 1
    for answer in answers:
        if answer not in made:
            problem(answer, 409)  # the first was still under way
    assert user.titles() == ["Once"]
    again = user.post("/tasks", {"title": "Once"}, **{"Idempotency-Key": key})
    assert ok(again, 201)["id"] == made[0].json()["id"]
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["etag"] == made[0].headers["etag"]


def test_a_batch_happens_as_a_whole(user: User) -> None:
    one, other = str(new_id()), user.add_task("There already")
    make = {"op": "create", "task": {"id": one, "title": "New"}}
    wrong = {"op": "move", "id": other["id"], "after_id": str(uuid4())}
    body = problem(user.post("/tasks/batch", {"operations": [make, wrong]}), 422, "not_a_sibling")
    assert body["errors"][0]["field"].startswith("body.operations.1.")
    assert user.titles() == ["There already"]
    good = [
        make,
        {"op": "update", "id": one, "patch": {"labels": ["x"]}},
        {"op": "complete", "id": one},
        {"op": "delete", "id": other["id"]},
    ]
    results = ok(user.post("/tasks/batch", {"operations": good}))["results"]
    assert [result["status"] for result in results] == [201, 200, 200, 204]
    assert user.titles(label="x", status="completed") == ["New"]


def test_what_was_done_is_told_and_taken_back(user: User) -> None:
    task = user.add_task("Paint the fence", priority="low")
    path = f"/tasks/{task['id']}"
    ok(user.patch(path, {"title": "Paint the shed", "priority": "high"}))
    ok(user.patch(f"{path}/complete"))
    told = ok(user.get(f"{path}/activity"))["items"]
    assert [one["action"] for one in told] == ["completed", "updated", "created"]
    assert told[1]["before"] == {"title": "Paint the fence", "priority": "low"}
    assert ok(user.post(f"{path}/undo"))["completed"] is False
    back = ok(user.post(f"{path}/undo"))
    assert (back["title"], back["priority"]) == ("Paint the fence", "low")
    problem(user.post(f"{path}/undo"), 409, "nothing_to_undo")


def test_search_finds_words_whatever_their_accents(user: User) -> None:
    user.add_task("Café crème", description="am Bahnhof")
    user.add_task("Kaffee mahlen", labels=["Café"])
    user.add_task("買牛奶")
    assert user.titles(q="cafe") == ["Café crème", "Kaffee mahlen"], "titles before labels"
    assert user.titles(q="BAHN") == ["Café crème"]
    assert user.titles(q="牛奶") == ["買牛奶"]


def test_single_things_have_strong_tags(user: User) -> None:
    task = user.add_task("Long", description="much to say " * 500)
    place = add_list(user, "Home")
    label = ok(user.post("/labels", {"name": "x"}), 201)
    for path in (f"/tasks/{task['id']}", f"/lists/{place['id']}", f"/labels/{label['id']}"):
        answer = user.get(path)
        tag = answer.headers["etag"]
        assert not tag.startswith("W/"), f"{path}, {answer.headers.get('content-encoding')}"
        if path.startswith("/tasks"):
            ok(user.patch(path, {"title": "Short"}, headers={"If-Match": tag}))
        else:
            ok(user.patch(path, {"color": "#aa0055"}, headers={"If-Match": tag}))
        problem(user.delete(path, headers={"If-Match": tag}), 412, "version_mismatch")


def import_file(user: User, data: bytes, kind: str = "text/csv", **query: Any) -> dict[str, Any]:
    """Import a file; return the import once it has ended."""
    headers = {"Content-Type": kind}
    sent = user.request("POST", "/imports", params=query, content=data, headers=headers)
    path = f"/imports/{ok(sent, 202)['id']}"

    def ended() -> Any:
        found = ok(user.get(path))
        return found if found["state"] in {"done", "failed"} else None

    return dict(until(ended, "the import has ended", timeout=90))


def test_all_tasks_move_to_another_account(user: User, new_user: Callable[..., User]) -> None:
    place = add_list(user, "Home")
    top = user.add_task("Top", list_id=place["id"], labels=["x"], due_date="2031-01-06")
    user.add_task("Below", parent_id=top["id"])
    ok(user.patch(f"/tasks/{user.add_task('Done')['id']}/complete"))
    user.request("GET", "/tasks/export", params={"format": "csv"}).raise_for_status()
    exported = user.get("/tasks/export")
    assert json.loads(exported.content)["format"] == "taskbell-tasks/1"
    other = new_user()
    found = import_file(other, exported.content, "application/json", source="taskbell")
    assert (found["state"], found["created"]) == ("done", 3)
    assert set(other.titles()) == {"Top", "Below", "Done"}
    assert other.titles(status="completed") == ["Done"]
    (moved,) = ok(other.get("/tasks", label="x"))["items"]
    assert (moved["due_date"], moved["subtasks_count"]) == ("2031-01-06", 1)
    again = import_file(other, exported.content, "application/json", source="taskbell")
    assert (again["created"], again["duplicates"]) == (0, 3)
    assert ok(other.get("/tasks"))["total"] == 3


def test_large_files_pass_the_gateway_and_larger_ones_are_told_why_not(user: User) -> None:
    row = f"task,Water the figs,{'much to say ' * 800},4,1,,,,en,\n"
    data = (HEADER + row * (2 * MIB // len(row) + 1)).encode()
    assert len(data) > 2 * MIB
    found = import_file(user, data, source="todoist", dry_run=True)
    assert (found["state"], found["failed"]) == ("done", 0)
    headers = {"Content-Type": "text/csv"}
    too_large = HEADER.encode() + b"x" * (11 * MIB)
    answer = user.request(
        "POST", "/imports", params={"source": "todoist"}, content=too_large, headers=headers
    )
    problem(answer, 413)
    assert answer.request.url.path == f"{API}/imports"


def test_a_calendar_shows_what_is_due(http: httpx.Client, user: User) -> None:
    place = add_list(user, "Home")
    rule = {"rrule": "FREQ=DAILY;COUNT=3", "anchor": "schedule"}
    user.add_task("Sweep", list_id=place["id"], due_date="2031-01-06", recurrence=rule)
    user.add_task("Elsewhere", due_date="2031-01-06")
    answer = http.get(make_feed(user, list_id=place["id"]))
    events = Calendar.from_ical(answer.content).walk("VEVENT")
    assert {str(event["summary"]) for event in events} == {"Sweep"}
