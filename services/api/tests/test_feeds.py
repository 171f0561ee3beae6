"""Calendar feeds: made by people, read by programs that know the address and nothing else."""

import re
from typing import Any

import httpx
import pytest
from icalendar import Calendar
from sqlalchemy import text

from taskbell.db import Database
from taskbell.feeds.service import MOST_FEEDS, PREFIX
from taskbell_local.ports import free_port

from .conftest import ORIGIN, MakeApi, Person, assert_problem
from .mailbox import mail_link
from .operations import NEW_TASK, PASSWORD
from .test_authorisation import make_true
from .test_statements import Statements
from .test_statements import counted as counted

FORBIDDEN = "UPDATE user_account SET is_active = false WHERE id = :user"


async def make(person: Person, **fields: Any) -> dict[str, Any]:
    answer = await person.post("/feeds", json={"name": "Phone", **fields})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def titles(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [str(one["summary"]) for one in Calendar.from_ical(answer.content).walk("VEVENT")]


async def test_made_listed_and_revoked(ada: Person) -> None:
    made = await make(ada, alarms=False)
    url = made.pop("url")
    assert re.fullmatch(rf"{ORIGIN}/feeds/{PREFIX}[\w-]{{43}}\.ics", url)
    assert (made["name"], made["alarms"], made["last_used_at"]) == ("Phone", False, None)
    page = (await ada.get("/feeds")).json()
    assert (page["items"], page["total"]) == ([made], 1)
    assert (await ada.api.get(url)).status_code == 200
    assert (await ada.get("/feeds")).json()["items"][0]["last_used_at"] is not None
    assert (await ada.delete(f"/feeds/{made['id']}")).status_code == 204
    assert_problem(await ada.api.get(url), 404, "path_not_found")
    assert_problem(await ada.delete(f"/feeds/{made['id']}"), 404, "feed_not_found")


async def test_tasks_come_as_a_calendar(ada: Person) -> None:
    task = await ada.task(**NEW_TASK)
    await ada.post(f"/tasks/{task['id']}/reminders", json={"offset_minutes": 30})
    await ada.task(title="some day")
    answer = await ada.api.get((await make(ada))["url"])
    assert titles(answer) == [NEW_TASK["title"]]
    headers = answer.headers
    assert headers["content-type"] == "text/calendar; charset=utf-8"
    assert headers["cache-control"] == "private, max-age=300"
    assert headers["content-disposition"] == 'inline; filename="taskbell.ics"'
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-robots-tag"] == "noindex"
    assert headers["x-content-type-options"] == "nosniff"
    assert b"TRIGGER:-PT30M\r\n" in answer.content
    assert b"@testserver\r\n" in answer.content


async def test_what_is_known_is_not_sent_again(ada: Person) -> None:
    task = await ada.task(**NEW_TASK)
    url = (await make(ada))["url"]
    etag = (await ada.api.get(url)).headers["etag"]
    assert re.fullmatch('"[0-9a-f]{32}"', etag)
    for known in (etag, f"W/{etag}", f'"x", W/{etag}'):  # compressing weakens it
        again = await ada.api.get(url, headers={"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == etag
        assert again.headers["cache-control"] == "private, max-age=300"
    assert (await ada.api.get(url, headers={"If-None-Match": '"x"'})).status_code == 200
    await ada.patch(f"/tasks/{task['id']}", json={"title": "Other"})
    changed = await ada.api.get(url, headers={"If-None-Match": etag})
    assert titles(changed) == ["Other"]


async def test_head(ada: Person) -> None:
    url = (await make(ada))["url"]
    head, get = await ada.api.head(url), await ada.api.get(url)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("etag", "content-type", "cache-control"):
        assert head.headers[name] == get.headers[name]
    assert head.headers.get("content-length") in {None, get.headers["content-length"]}


async def test_nobody_else_can_change_it(ada: Person) -> None:
    url = (await make(ada))["url"]
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        answer = await ada.api.request(method, url)
        assert_problem(answer, 405, "method_not_allowed")
        assert answer.headers["allow"] == "GET, HEAD"


async def test_other_addresses_find_nothing(ada: Person) -> None:
    url = (await make(ada))["url"]
    for other in (url[:-4], url[:-5] + "x.ics", url + "x", f"{ORIGIN}/feeds/.ics", f"{url}/x"):
        assert_problem(await ada.api.get(other), 404, "path_not_found")


async def test_no_sign_in_opens_a_feed_and_no_feed_is_a_sign_in(ada: Person, bob: Person) -> None:
    url = (await make(ada))["url"]
    secret = url.rpartition("/")[2].removesuffix(".ics")
    assert (await ada.api.get(url, headers=bob.headers)).status_code == 200, "it needs none"
    answer = await ada.api.get("/tasks", headers={"Authorization": f"Bearer {secret}"})
    assert_problem(answer, 401, "invalid_token")


async def test_it_needs_a_person_who_proved_it_lately(ada: Person, database: Database) -> None:
    """It gives access for longer than the sign-in lasts, as an API token does."""
    made = await make(ada)
    program = await ada.program("tasks:read", "tasks:write", "account:read", "account:write")
    for answer in (
        await program.post("/feeds", json={"name": "x"}),
        await program.get("/feeds"),
        await program.delete(f"/feeds/{made['id']}"),
    ):
        assert_problem(answer, 403, "session_required")
    await make_true(
        database,
        "UPDATE auth_session SET created_at = now() - interval '2 hours' WHERE user_id = :user",
        ada,
    )
    answer = await ada.post("/feeds", json={"name": "x"})
    assert_problem(answer, 403, "reauthentication_required")
    assert (await ada.delete(f"/feeds/{made['id']}")).status_code == 204, "to end it is always easy"


async def test_a_disabled_account_shows_nothing(ada: Person, database: Database) -> None:
    url = (await make(ada))["url"]
    await make_true(database, FORBIDDEN, ada)
    assert_problem(await ada.api.get(url), 404, "path_not_found")


async def test_a_password_set_anew_ends_all_feeds(ada: Person, database: Database) -> None:
    """A thief may have made one: it would outlive the new password."""
    url = (await make(ada))["url"]
    body = {"token": await mail_link(database, "reset_password", ada), "password": PASSWORD}
    assert (await ada.api.post("/auth/reset-password", json=body)).status_code == 204
    assert_problem(await ada.api.get(url), 404, "path_not_found")


async def test_its_owner_is_told_by_mail(ada: Person, database: Database) -> None:
    await make(ada)
    async with database.transaction() as session:
        told = await session.scalars(
            text("SELECT payload->>'notice' FROM job WHERE payload->>'user_id' = :user"),
            {"user": ada.id},
        )
        assert list(told) == ["feed_made"]


async def test_lists_and_filters(ada: Person, bob: Person) -> None:
    home = await ada.task_list("Home")
    await ada.task(title="at home", due_date="2030-01-01", list_id=home["id"])
    await ada.task(title="urgent", due_date="2030-01-01", priority="urgent")
    body = {"name": "Urgent", "query": {"priority": "urgent"}}
    urgent = (await ada.post("/filters", json=body)).json()
    of_list, of_filter = (
        await make(ada, list_id=home["id"]),
        await make(ada, filter_id=urgent["id"]),
    )
    assert titles(await ada.api.get(of_list["url"])) == ["at home"]
    assert titles(await ada.api.get(of_filter["url"])) == ["urgent"]
    await ada.delete(f"/filters/{urgent['id']}")
    assert_problem(await ada.api.get(of_filter["url"]), 404, "path_not_found")
    answer = await bob.post("/feeds", json={"name": "x", "list_id": home["id"]})
    assert_problem(answer, 404, "list_not_found")
    answer = await bob.post("/feeds", json={"name": "x", "filter_id": urgent["id"]})
    assert_problem(answer, 404, "filter_not_found")
    answer = await ada.post(
        "/feeds", json={"name": "x", "filter_id": urgent["id"], "list_id": home["id"]}
    )
    assert_problem(answer, 422, "validation_failed")


async def test_twenty_at_most(ada: Person) -> None:
    for _ in range(MOST_FEEDS):
        await make(ada)
    assert_problem(await ada.post("/feeds", json={"name": "x"}), 422, "too_many_feeds")


async def test_a_key_for_sending_it_again_is_not_heeded(ada: Person) -> None:
    """Or its secret would be kept."""
    made = [
        (await ada.post("/feeds", json={"name": "x"}, headers={"Idempotency-Key": "k"})).json()
        for _ in range(2)
    ]
    assert made[0]["url"] != made[1]["url"]


async def test_no_log_has_the_secret(ada: Person, capsys: pytest.CaptureFixture[str]) -> None:
    made = await make(ada)
    url = made["url"]
    secret = url.rpartition("/")[2].removesuffix(".ics").removeprefix(PREFIX)
    paths = [url, url[:-4], f"{url}/more", f"{ORIGIN}//feeds/{secret}", f"{ORIGIN}/Feeds/{secret}"]
    paths += [f"{ORIGIN}/x/feeds/{secret}.ics", f"{ORIGIN}/{PREFIX}{secret}"]
    paths += [f"{ORIGIN}/%66eeds/{secret}.ics", f"{url}?token={secret}"]
    for path in paths:
        await ada.api.get(path)
        await ada.api.post(path)
        await ada.api.get(path, headers={"If-None-Match": f'"{secret}"'})
    await ada.delete(f"/feeds/{made['id']}")
    logged = capsys.readouterr().out
    assert logged.count("path=/feeds/{secret}.ics") >= 6
    assert secret not in logged


async def test_an_outage_is_said_to_be_one(ada: Person, make_api: MakeApi) -> None:
    """404 would make calendar programs drop the subscription."""
    url = (await make(ada))["url"]
    away = make_api(database_url=f"postgresql://x:x@127.0.0.1:{free_port()}/x")
    assert_problem(await away.get(url), 503, "database_unavailable")


async def test_statements(counted: tuple[Statements, httpx.AsyncClient], ada: Person) -> None:
    seen, api = counted
    url = (await make(ada))["url"]
    assert len(await seen.of(api.get(url))) == 2, "the feed, and no tasks"
    for _ in range(3):
        task = await ada.task(**NEW_TASK)
        await ada.post(f"/tasks/{task['id']}/reminders", json={"offset_minutes": 5})
    made = await seen.of(api.get(url))
    assert len(made) == 3, "\n".join(made)
    assert len(await seen.of(api.get(f"{ORIGIN}/feeds/nothing.ics"), 404)) == 1
