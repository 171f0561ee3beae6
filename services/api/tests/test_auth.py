"""Signing up, in and out; refresh tokens in the body and in the cookie."""

import asyncio
from collections import Counter
from datetime import timedelta
from http.cookies import SimpleCookie
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from taskbell.accounts.sessions import REUSE_GRACE
from taskbell.db import Database

from .conftest import (
    APP_ORIGIN,
    ORIGIN,
    PASSWORD,
    MakeApi,
    NewPerson,
    Person,
    assert_problem,
    client,
)


async def refresh(api: httpx.AsyncClient, token: str) -> httpx.Response:
    return await api.post("/auth/refresh", json={"refresh_token": token})


async def age_spent_tokens(database: Database, person: Person) -> None:
    """Let the grace period of a person's spent tokens pass."""
    async with database.transaction() as session:
        await session.execute(
            text(
                "UPDATE refresh_token SET spent_at = spent_at - CAST(:age AS interval) WHERE"
                " session_id IN (SELECT id FROM auth_session WHERE user_id = :user)"
            ),
            {"age": REUSE_GRACE + timedelta(seconds=1), "user": person.tokens["user"]["id"]},
        )


async def test_sign_up_makes_account_inbox_session_and_welcome_job(
    api: httpx.AsyncClient, database: Database
) -> None:
    body = {
        "email": "New@example.com",
        "password": PASSWORD,
        "name": " Ada ",
        "time_zone": "Asia/Tokyo",
    }
    answer = await api.post("/auth/signup", json=body)
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    tokens = answer.json()
    assert (tokens["token_type"], tokens["expires_in"]) == ("bearer", 900)
    user = tokens["user"]
    assert (user["email"], user["name"], user["role"]) == ("New@example.com", "Ada", "user")
    new = Person(api, user["email"], tokens)
    task = await new.task()
    assert (task["time_zone"], (await new.get("/users/me")).json()) == ("Asia/Tokyo", user)
    assert (await refresh(api, tokens["refresh_token"])).status_code == 200
    async with database.transaction() as session:
        jobs = await session.scalars(
            text("SELECT kind FROM job WHERE payload->>'user_id' = :user"), {"user": user["id"]}
        )
        assert list(jobs) == ["mail.welcome"]


async def test_the_job_carries_the_request_id(api: httpx.AsyncClient, database: Database) -> None:
    body = {"email": "carried@example.com", "password": PASSWORD}
    answer = await api.post("/auth/signup", json=body, headers={"X-Request-ID": "trace-me-0001"})
    assert answer.headers["x-request-id"] == "trace-me-0001"
    async with database.transaction() as session:
        found = await session.scalar(
            text("SELECT request_id FROM job WHERE payload->>'user_id' = :user"),
            {"user": answer.json()["user"]["id"]},
        )
    assert found == "trace-me-0001"


async def test_an_address_is_taken_in_any_spelling(api: httpx.AsyncClient, ada: Person) -> None:
    for email in (ada.email, ada.email.upper()):
        answer = await api.post("/auth/signup", json={"email": email, "password": PASSWORD})
        assert_problem(answer, 409, "email_taken")


async def test_parallel_sign_ups_make_one_account(api: httpx.AsyncClient) -> None:
    body = {"email": "parallel@example.com", "password": PASSWORD}
    answers = await asyncio.gather(*(api.post("/auth/signup", json=body) for _ in range(8)))
    assert Counter(one.status_code for one in answers) == {201: 1, 409: 7}


@pytest.mark.parametrize("password", ["password1234", "aaaaaaaaaaaa", "qwertyuiop123"])
async def test_weak_passwords(api: httpx.AsyncClient, password: str) -> None:
    body = {"email": "weak@example.com", "password": password}
    problem = assert_problem(await api.post("/auth/signup", json=body), 422, "weak_password")
    assert problem["errors"][0]["field"] == "body.password"


async def test_sign_up_can_be_disabled(make_api: MakeApi) -> None:
    api = make_api(signup_enabled=False)
    body = {"email": "late@example.com", "password": PASSWORD}
    assert_problem(await api.post("/auth/signup", json=body), 403, "signup_disabled")


async def test_log_in(api: httpx.AsyncClient, ada: Person) -> None:
    form = {"username": ada.email, "password": PASSWORD, "grant_type": "password", "scope": ""}
    answer = await api.post("/auth/login", data=form)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    me = await api.get("/users/me", headers=headers)
    assert me.json()["email"] == ada.email


async def test_wrong_credentials_look_the_same(api: httpx.AsyncClient, ada: Person) -> None:
    problems = []
    for username, password in ((ada.email, "wrong password"), ("nobody@example.com", PASSWORD)):
        answer = await api.post("/auth/login", data={"username": username, "password": password})
        problem = assert_problem(answer, 401, "wrong_credentials")
        problems.append({**problem, "request_id": None})
    assert problems[0] == problems[1]


async def test_the_login_form_must_be_a_form(api: httpx.AsyncClient) -> None:
    body = {"username": "a@example.com", "password": PASSWORD}
    assert_problem(await api.post("/auth/login", json=body), 415, "unsupported_media_type")
    problem = assert_problem(await api.post("/auth/login"), 422, "validation_failed")
    assert {one["field"] for one in problem["errors"]} == {"body.username", "body.password"}
    nul = {"username": "a\x00@example.com", "password": PASSWORD}
    assert_problem(await api.post("/auth/login", data=nul), 422, "validation_failed")


async def test_refresh_rotates(api: httpx.AsyncClient, ada: Person, database: Database) -> None:
    first = ada.tokens["refresh_token"]
    second = (await refresh(api, first)).json()["refresh_token"]
    assert second != first
    third = (await refresh(api, second)).json()["refresh_token"]
    assert third not in {first, second}


async def test_within_grace_the_same_successor_comes_back(
    api: httpx.AsyncClient, ada: Person
) -> None:
    first = ada.tokens["refresh_token"]
    answers = await asyncio.gather(*(refresh(api, first) for _ in range(20)))
    assert {one.status_code for one in answers} == {200}
    assert len({one.json()["refresh_token"] for one in answers}) == 1


async def test_later_reuse_ends_the_session(
    api: httpx.AsyncClient, ada: Person, database: Database
) -> None:
    first = ada.tokens["refresh_token"]
    second = (await refresh(api, first)).json()["refresh_token"]
    await age_spent_tokens(database, ada)
    assert_problem(await refresh(api, first), 401, "invalid_refresh_token")
    # committed, although the answer was an error: the thief's and the owner's are both void
    assert_problem(await refresh(api, second), 401, "invalid_refresh_token")


async def test_sign_out_ends_the_session(api: httpx.AsyncClient, ada: Person) -> None:
    token = ada.tokens["refresh_token"]
    for _ in range(2):  # a second time is no error
        answer = await api.post("/auth/logout", json={"refresh_token": token})
        assert answer.status_code == 204
    assert_problem(await refresh(api, token), 401, "invalid_refresh_token")
    assert_problem(await api.post("/auth/logout"), 401, "invalid_refresh_token")


async def test_junk_refresh_tokens(api: httpx.AsyncClient) -> None:
    for token in ("x", "ü" * 200, "\x00", "'; DROP TABLE refresh_token"):
        assert_problem(await refresh(api, token), 401, "invalid_refresh_token")


# --- the cookie -----------------------------------------------------------------------------------


async def signed_in_by_cookie(api: httpx.AsyncClient, person: Person) -> httpx.Response:
    form = {"username": person.email, "password": PASSWORD}
    return await api.post("/auth/login?cookie=true", data=form, headers={"Origin": ORIGIN})


def cookie_of(answer: httpx.Response, name: str = "taskbell_refresh") -> Any:
    jar: SimpleCookie = SimpleCookie()
    for one in answer.headers.get_list("set-cookie"):
        jar.load(one)
    return jar[name]


async def test_the_cookie_is_locked_down(api: httpx.AsyncClient, ada: Person) -> None:
    answer = await signed_in_by_cookie(api, ada)
    assert answer.json()["refresh_token"] is None
    cookie = cookie_of(answer)
    assert cookie["httponly"]
    assert cookie["samesite"].lower() == "strict"
    assert cookie["path"] == "/api/v1/auth"
    assert cookie["max-age"] == str(30 * 24 * 3600)
    assert not cookie["secure"]


async def test_the_cookie_is_secure_under_https(make_api: MakeApi) -> None:
    api = make_api(public_url="https://bell.example.com")
    body = {"email": "secure@example.com", "password": PASSWORD}
    answer = await api.post("/auth/signup?cookie=true", json=body)
    assert cookie_of(answer)["secure"]


async def test_the_mark_of_a_browser_opens_nothing(api: httpx.AsyncClient, ada: Person) -> None:
    mark = cookie_of(await signed_in_by_cookie(api, ada), "taskbell_device")
    assert (bool(mark["httponly"]), mark["samesite"].lower()) == (True, "strict")
    headers = {"Origin": ORIGIN, "Cookie": f"taskbell_refresh={mark.value}"}
    answer = await api.post("/auth/refresh", headers=headers)
    assert_problem(answer, 401, "invalid_refresh_token")
    for token in (mark.value, f"tb_{mark.value}"):
        answer = await api.get("/tasks", headers={"Authorization": f"Bearer {token}"})
        assert_problem(answer, 401, "invalid_token")


async def test_a_session_by_cookie(api: httpx.AsyncClient, ada: Person) -> None:
    before = cookie_of(await signed_in_by_cookie(api, ada)).value
    # also without ?cookie=true: what script cannot read must not come out in a body
    for path in ("/auth/refresh?cookie=true", "/auth/refresh"):
        answer = await api.post(path, headers={"Origin": ORIGIN})
        assert answer.status_code == 200, answer.text
        assert answer.json()["refresh_token"] is None
        assert cookie_of(answer).value != before
        before = cookie_of(answer).value
    answer = await api.post("/auth/logout?cookie=true", headers={"Origin": ORIGIN})
    assert answer.status_code == 204
    assert cookie_of(answer)["max-age"] == "0"
    assert "taskbell_refresh" not in api.cookies
    assert_problem(await refresh(api, before), 401, "invalid_refresh_token")


@pytest.mark.parametrize("path", ["/auth/refresh?cookie=true", "/auth/logout?cookie=true"])
@pytest.mark.parametrize(
    "origin", [None, "null", "https://evil.example", "http://testserver:9999", "http://testserver."]
)
async def test_other_pages_cannot_use_the_cookie(
    api: httpx.AsyncClient, ada: Person, path: str, origin: str | None
) -> None:
    await signed_in_by_cookie(api, ada)
    headers = {} if origin is None else {"Origin": origin}
    assert_problem(await api.post(path, headers=headers), 403, "origin_mismatch")
    still = await api.post("/auth/refresh", headers={"Origin": ORIGIN})
    assert still.status_code == 200


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        (APP_ORIGIN, "testserver"),
        (ORIGIN, "10.0.0.7"),
        ("http://192.168.1.9:8080", "192.168.1.9:8080"),
    ],
)
async def test_our_own_pages_can(
    api: httpx.AsyncClient, ada: Person, origin: str, host: str
) -> None:
    cookie = cookie_of(await signed_in_by_cookie(api, ada)).value
    headers = {"Origin": origin, "Host": host, "Cookie": f"taskbell_refresh={cookie}"}
    assert (await api.post("/auth/refresh", headers=headers)).status_code == 200


async def test_a_dead_cookie_is_cleared(api: httpx.AsyncClient) -> None:
    headers = {"Origin": ORIGIN, "Cookie": "taskbell_refresh=dead"}
    answer = await api.post("/auth/refresh?cookie=true", headers=headers)
    assert_problem(answer, 401, "invalid_refresh_token")
    assert cookie_of(answer)["max-age"] == "0"


async def test_other_pages_cannot_sign_their_visitors_in(
    api: httpx.AsyncClient, ada: Person
) -> None:
    form = {"username": ada.email, "password": PASSWORD}
    headers = {"Origin": "https://evil.example"}
    answer = await api.post("/auth/login?cookie=true", data=form, headers=headers)
    assert_problem(answer, 403, "origin_mismatch")


async def test_two_sessions_of_one_person_live_apart(
    api: httpx.AsyncClient, new_person: NewPerson, app: Any
) -> None:
    person = await new_person()
    form = {"username": person.email, "password": PASSWORD}
    async with client(app) as phone:
        other = (await phone.post("/auth/login", data=form)).json()["refresh_token"]
        body = {"refresh_token": person.tokens["refresh_token"]}
        await api.post("/auth/logout", json=body)
        assert (await refresh(phone, other)).status_code == 200
