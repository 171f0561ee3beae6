"""Where somebody is signed in, and how that ends."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from taskbell.accounts.sessions import ABSOLUTE_TTL, IDLE_TTL, REUSE_GRACE
from taskbell.db import Database
from taskbell_api.deps import Services

from .conftest import ORIGIN, PASSWORD, Person, assert_problem, client, session_id
from .operations import NEW_TASK
from .test_authorisation import ENDED, everything_of, make_true


async def signed_in(api: httpx.AsyncClient, person: Person, **headers: str) -> Person:
    form = {"username": person.email, "password": PASSWORD}
    answer = await api.post("/auth/login", data=form, headers=headers)
    return Person(api, person.email, answer.json())


async def refresh(api: httpx.AsyncClient, token: str) -> httpx.Response:
    return await api.post("/auth/refresh", json={"refresh_token": token})


async def listed(person: Person) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await person.get("/auth/sessions")).json()["items"]
    return items


async def test_sessions_are_listed(ada: Person, bob: Person, services: Services) -> None:
    phone = await signed_in(ada.api, ada, **{"User-Agent": "Phone\t<script>" + "x" * 500})
    await bob.get("/auth/sessions")
    first, second = await listed(phone)
    assert (first["current"], second["current"]) == (True, False)
    assert first["user_agent"].startswith("Phone")
    assert len(first["user_agent"]) == 200
    assert (second["user_agent"], first["address"]) == ("tests", "127.0.0.1")
    assert second["id"] == session_id(services, ada)
    assert set(first) == {
        "id", "user_agent", "address", "created_at", "last_used_at", "expires_at", "current",
    }  # fmt: skip
    page = (await phone.get("/auth/sessions?per_page=1&page=2")).json()
    assert (page["total"], [one["id"] for one in page["items"]]) == (2, [second["id"]])


async def test_ended_sessions_are_refused_at_once(
    ada: Person, other_device: Person, services: Services
) -> None:
    path = f"/auth/sessions/{session_id(services, other_device)}"
    assert (await other_device.get("/tasks")).status_code == 200
    assert (await ada.delete(path)).status_code == 204
    for url in ("/tasks", "/users/me", "/auth/sessions"):
        assert_problem(await other_device.get(url), 401, "invalid_token")
    old = await refresh(ada.api, other_device.tokens["refresh_token"])
    assert_problem(old, 401, "invalid_refresh_token")
    assert_problem(await ada.delete(path), 404, "session_not_found")
    assert [one["current"] for one in await listed(ada)] == [True]


async def test_all_others_can_be_ended(ada: Person, other_device: Person, bob: Person) -> None:
    assert (await ada.delete("/auth/sessions")).status_code == 204
    assert_problem(await other_device.get("/tasks"), 401, "invalid_token")
    for going_on in (ada, bob):
        assert (await going_on.get("/tasks")).status_code == 200


async def test_one_can_end_the_session_one_uses(ada: Person, services: Services) -> None:
    assert (await ada.delete(f"/auth/sessions/{session_id(services, ada)}")).status_code == 204
    assert_problem(await ada.get("/tasks"), 401, "invalid_token")


async def test_signing_out_ends_access_at_once(ada: Person) -> None:
    body = {"refresh_token": ada.tokens["refresh_token"]}
    assert (await ada.api.post("/auth/logout", json=body)).status_code == 204
    assert_problem(await ada.get("/tasks"), 401, "invalid_token")


async def test_signing_in_again_ends_the_session_of_the_cookie(
    app: FastAPI, ada: Person, bob: Person
) -> None:
    """A browser has one cookie: the session it replaces would go on unseen. Others stay."""
    async with client(app) as browser:
        path, headers = "/auth/login?cookie=true", {"Origin": ORIGIN}
        signed_in_as = []
        for who in (ada, ada, bob):
            form = {"username": who.email, "password": PASSWORD}
            answer = await browser.post(path, data=form, headers=headers)
            signed_in_as.append(Person(browser, who.email, answer.json()))
        body = {"email": f"x{ada.email}", "password": PASSWORD}
        answer = await browser.post("/auth/signup?cookie=true", json=body, headers=headers)
        assert answer.status_code == 201
        signed_in_as.append(Person(browser, body["email"], answer.json()))
        for former in signed_in_as[:-1]:
            assert_problem(await former.get("/tasks"), 401, "invalid_token")
        assert (await signed_in_as[-1].get("/tasks")).status_code == 200
        assert (await ada.get("/tasks")).status_code == 200, "that is another browser"


async def test_a_failed_sign_in_ends_nothing(app: FastAPI, ada: Person) -> None:
    async with client(app) as browser:
        form = {"username": ada.email, "password": PASSWORD}
        headers = {"Origin": ORIGIN}
        answer = await browser.post("/auth/login?cookie=true", data=form, headers=headers)
        here = Person(browser, ada.email, answer.json())
        form["password"] = "wrong horse battery"
        answer = await browser.post("/auth/login?cookie=true", data=form, headers=headers)
        assert_problem(answer, 401, "wrong_credentials")
        assert (await here.get("/tasks")).status_code == 200


# --- refresh tokens -------------------------------------------------------------------------------


async def test_of_twenty_refreshes_one_family_lives(
    api: httpx.AsyncClient, ada: Person, database: Database
) -> None:
    first = ada.tokens["refresh_token"]
    answers = await asyncio.gather(*(refresh(api, first) for _ in range(20)))
    assert {one.status_code for one in answers} == {200}
    (successor,) = {one.json()["refresh_token"] for one in answers}
    assert [one["current"] for one in await listed(ada)] == [True]
    async with database.transaction() as session:
        alive = await session.scalar(
            text(
                "SELECT count(*) FROM refresh_token r JOIN auth_session s ON s.id = r.session_id"
                " WHERE s.user_id = :user AND r.spent_at IS NULL"
            ),
            {"user": ada.id},
        )
    assert alive == 1
    assert (await refresh(api, successor)).status_code == 200


async def test_a_replayed_refresh_token_ends_access_at_once(
    api: httpx.AsyncClient, ada: Person, other_device: Person, database: Database
) -> None:
    """Whoever has it, thief or owner: their access token is of no use either."""
    first = ada.tokens["refresh_token"]
    renewed = Person(api, ada.email, (await refresh(api, first)).json())
    async with database.transaction() as session:
        await session.execute(
            text(
                "UPDATE refresh_token SET spent_at = spent_at - CAST(:age AS interval)"
                " WHERE session_id IN (SELECT id FROM auth_session WHERE user_id = :user)"
            ),
            {"age": REUSE_GRACE + timedelta(seconds=1), "user": ada.id},
        )
    assert (await renewed.get("/tasks")).status_code == 200
    assert_problem(await refresh(api, first), 401, "invalid_refresh_token")
    for one in (ada, renewed):
        assert_problem(await one.get("/tasks"), 401, "invalid_token")
    token = renewed.tokens["refresh_token"]
    assert_problem(await refresh(api, token), 401, "invalid_refresh_token")
    assert (await other_device.get("/tasks")).status_code == 200, "another family"


@pytest.mark.parametrize("how", ENDED)
async def test_nothing_that_has_ended_can_be_refreshed(
    ada: Person, database: Database, how: str
) -> None:
    await make_true(database, ENDED[how], ada)
    answer = await refresh(ada.api, ada.tokens["refresh_token"])
    assert_problem(answer, 401, "invalid_refresh_token")


async def test_refreshing_prolongs_a_session_but_not_for_ever(
    ada: Person, database: Database
) -> None:
    begun = ABSOLUTE_TTL - timedelta(days=1)
    async with database.transaction() as session:
        await session.execute(
            text(
                "UPDATE auth_session SET created_at = created_at - CAST(:begun AS interval)"
                " WHERE user_id = :user"
            ),
            {"begun": begun, "user": ada.id},
        )
    await refresh(ada.api, ada.tokens["refresh_token"])
    async with database.transaction() as session:
        left = await session.scalar(
            text("SELECT expires_at - now() FROM auth_session WHERE user_id = :user"),
            {"user": ada.id},
        )
    assert left is not None
    assert timedelta(hours=23) < left <= timedelta(days=1) < IDLE_TTL


# --- the hot operations ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "options"),
    [
        ("GET", "/tasks?page=9", {}),
        ("GET", "/tasks?due_before=2040-01-01", {}),
        ("GET", "/tasks?q=plants&status=pending", {}),
        ("GET", "/tasks?trashed=true", {}),
        ("GET", "/tasks?cursor={cursor}&per_page=1", {}),
        ("POST", "/tasks", {"json": {"title": "x", "list_id": "{list_id}"}}),
        ("POST", "/tasks", {"json": {"title": "x", "id": "{task_id}"}}),
        ("PATCH", "/tasks/{task_id}", {"json": {}}),
        ("PATCH", "/tasks/{task_id}", {"json": {"list_id": "{list_id}"}}),
        ("PATCH", "/tasks/{task_id}", {"json": {"title": "x"}, "headers": {"If-Match": '"1"'}}),
        ("PATCH", "/tasks/{task_id}", {"json": {"title": "x"}, "headers": {"If-Match": '"9"'}}),
        ("PATCH", "/tasks/{task_id}/complete", {}),
        ("PATCH", "/tasks/{task_id}/complete", {"json": {"completed": True}}),
        ("DELETE", "/tasks/{task_id}?permanent=true", {}),
        ("DELETE", "/tasks/{task_id}", {"headers": {"If-Match": '"9"'}}),
    ],
)
@pytest.mark.parametrize("reminded", [False, True], ids=["plain", "with a reminder"])
async def test_ended_sessions_in_each_variant(
    ada: Person,
    database: Database,
    method: str,
    path: str,
    options: dict[str, Any],
    reminded: bool,
) -> None:
    """Whichever way an operation takes: its one statement, or step by step."""
    task, _other = await ada.task(**NEW_TASK), await ada.task(**NEW_TASK)
    if reminded:
        await ada.post(f"/tasks/{task['id']}/reminders", json={"offset_minutes": 30})
    cursor = (await ada.get("/tasks?per_page=1")).json()["next_cursor"]
    known = {"task_id": task["id"], "list_id": task["list_id"], "cursor": cursor}
    if "json" in options:
        body = {
            key: value.format_map(known) if isinstance(value, str) else value
            for key, value in options["json"].items()
        }
        options = options | {"json": body}
    await make_true(database, ENDED["revoked"], ada)
    before = await everything_of(database, ada)
    answer = await ada.request(method, path.format_map(known), **options)
    assert_problem(answer, 401, "invalid_token")
    assert await everything_of(database, ada) == before
