"""Personal API tokens: making, using and revoking them."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from taskbell.accounts.api_tokens import MOST_TOKENS, PREFIX, SHOWN
from taskbell.clock import now
from taskbell.db import Database

from .conftest import NewPerson, Person, assert_problem
from .mailbox import notices
from .test_authorisation import make_true

BODY: dict[str, Any] = {"name": "Script", "scopes": ["tasks:read"]}


async def use(api: httpx.AsyncClient, header: str | bytes, path: str = "/tasks") -> httpx.Response:
    value = header.encode() if isinstance(header, str) else header
    return await api.get(path, headers=[(b"authorization", value)])


async def test_a_token_is_shown_once(ada: Person, database: Database) -> None:
    answer = await ada.post("/tokens", json={**BODY, "name": " Script "})
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    made = answer.json()
    secret = made.pop("token")
    assert (made["name"], made["scopes"], made["last_used_at"]) == ("Script", ["tasks:read"], None)
    assert secret.startswith(PREFIX)
    assert made["prefix"] == secret[:SHOWN]
    assert len(secret) >= len(PREFIX) + 43  # 256 bits
    answer = await ada.get("/tokens")
    assert answer.json()["items"] == [made]
    assert secret not in answer.text
    async with database.transaction() as session:
        row = await session.scalar(
            text("SELECT to_jsonb(t)::text FROM api_token t WHERE id = :id"), made
        )
    assert secret[SHOWN:] not in str(row)
    assert await notices(database, ada) == [("api_token_made", ada.email)]


async def test_a_revoked_token_is_refused_at_once(ada: Person) -> None:
    program = await ada.program("tasks:read")
    assert (await program.get("/tasks")).status_code == 200
    (made,) = (await ada.get("/tokens")).json()["items"]
    assert (await ada.delete(f"/tokens/{made['id']}")).status_code == 204
    assert_problem(await program.get("/tasks"), 401, "invalid_token")
    assert_problem(await ada.delete(f"/tokens/{made['id']}"), 404, "token_not_found")
    assert (await ada.get("/tokens")).json()["items"] == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE api_token SET expires_at = now() WHERE user_id = :user",
        "UPDATE user_account SET is_active = false WHERE id = :user",
        "UPDATE user_account SET deletion_at = now() WHERE id = :user",
        "DELETE FROM user_account WHERE id = :user",
    ],
)
async def test_what_makes_a_token_useless(ada: Person, database: Database, statement: str) -> None:
    program = await ada.program("tasks:read", "tasks:write", "account:read")
    task = await program.task()
    await make_true(database, statement, ada)
    for answer in (
        await program.get("/tasks"),
        await program.get(f"/tasks/{task['id']}"),
        await program.get("/users/me"),
        await program.post("/tasks", json={"title": "x"}),
        await program.put(f"/tasks/{task['id']}", json={"title": "x"}),
    ):
        assert_problem(answer, 401, "invalid_token")


async def test_a_token_outlives_the_session_it_was_made_in(ada: Person) -> None:
    program = await ada.program("tasks:read")
    await ada.api.post("/auth/logout", json={"refresh_token": ada.tokens["refresh_token"]})
    assert_problem(await ada.get("/tasks"), 401, "invalid_token")
    assert (await program.get("/tasks")).status_code == 200


async def test_an_expiry(ada: Person, database: Database) -> None:
    past = {**BODY, "expires_at": (now() - timedelta(seconds=1)).isoformat()}
    problem = assert_problem(await ada.post("/tokens", json=past), 422, "expiry_in_past")
    assert [one["field"] for one in problem["errors"]] == ["body.expires_at"]
    soon = {**BODY, "expires_at": (now() + timedelta(hours=1)).isoformat()}
    token = (await ada.post("/tokens", json=soon)).json()["token"]
    assert (await use(ada.api, f"Bearer {token}")).status_code == 200
    later = "UPDATE api_token SET expires_at = now() WHERE user_id = :user"
    async with database.transaction() as session:
        await session.execute(text(later), {"user": ada.id})
    assert_problem(await use(ada.api, f"Bearer {token}"), 401, "invalid_token")
    assert len((await ada.get("/tokens")).json()["items"]) == 1, "its owner still sees it"


async def test_its_use_is_noted_once_a_minute(ada: Person, database: Database) -> None:
    program = await ada.program("tasks:read")
    await asyncio.gather(*(program.get("/tasks") for _ in range(5)))
    first = (await ada.get("/tokens")).json()["items"][0]["last_used_at"]
    assert first is not None
    await program.get("/tasks")
    assert (await ada.get("/tokens")).json()["items"][0]["last_used_at"] == first
    longer = (
        "UPDATE api_token SET last_used_at = last_used_at - interval '61 s' WHERE user_id = :user"
    )
    await make_true(database, longer, ada)
    await program.get("/tasks")
    assert (await ada.get("/tokens")).json()["items"][0]["last_used_at"] >= first


@pytest.mark.parametrize(
    "changes",
    [
        {"scopes": []},
        {"scopes": ["account:security"]},
        {"scopes": ["tasks:read", "everything"]},
        {"scopes": ["*"]},
        {"scopes": "tasks:read"},
        {"scopes": ["tasks:read"] * 6},
        {"scopes": ["tasks:read tasks:write"]},
        {"name": " "},
        {"name": "x" * 101},
        {"name": "a\r\nSet-Cookie: x"},
        {"name": "a\x00b"},
        {"expires_at": "2040-01-01"},
        {"expires_at": "2040-01-01T00:00:00"},
        {"token": "tb_chosen"},
        {"prefix": "tb_"},
        {"user_id": "01890000-0000-7000-8000-000000000000"},
    ],
    ids=str,
)
async def test_refused(ada: Person, changes: dict[str, Any]) -> None:
    answer = await ada.post("/tokens", json=BODY | changes)
    assert_problem(answer, 422, "validation_failed")
    assert (await ada.get("/tokens")).json()["total"] == 0


async def test_the_scope_admin_is_for_administrators(ada: Person, admin: Person) -> None:
    body = {**BODY, "scopes": ["admin", "tasks:read"]}
    assert_problem(await ada.post("/tokens", json=body), 403, "scope_not_allowed")
    answer = await admin.post("/tokens", json={**body, "scopes": [*body["scopes"], "admin"]})
    assert answer.json()["scopes"] == ["admin", "tasks:read"]


async def test_who_becomes_an_administrator_has_made_no_such_token(
    new_person: NewPerson, database: Database
) -> None:
    person = await new_person()
    program = await person.program("tasks:read", "account:write")
    await make_true(database, "UPDATE user_account SET role = 'admin' WHERE id = :user", person)
    assert_problem(await program.get("/users"), 403, "insufficient_scope")


async def test_an_account_has_so_many_tokens_at_most(ada: Person, database: Database) -> None:
    async with database.transaction() as session:
        await session.execute(
            text(
                "INSERT INTO api_token (id, user_id, name, token_hash, prefix, scopes, created_at)"
                " SELECT gen_random_uuid(), CAST(:user AS uuid), 'x',"
                " decode(md5(n::text || :user), 'hex'), 'tb_x', '{tasks:read}', now()"
                " FROM generate_series(1, :most) n"
            ).bindparams(user=ada.id, most=MOST_TOKENS - 2)
        )
    answers = await asyncio.gather(*(ada.post("/tokens", json=BODY) for _ in range(6)))
    assert sorted(one.status_code for one in answers) == [201, 201, 409, 409, 409, 409]
    for answer in answers:
        if answer.status_code == 409:
            assert_problem(answer, 409, "too_many_tokens")


@pytest.mark.parametrize(
    "junk",
    [
        b"tb_", b"tb_x", b"tb_%00", b"tb_\xff\xfe", b"tb_'; DROP TABLE api_token; --",
        b"tb_" + b"A" * 43, b"tb_" + b"A" * 5000, b"TB_x", b"tb_\xc3\xbc", b"tb_a b", b"tb_\x00",
    ],
)  # fmt: skip
async def test_tokens_that_are_none(api: httpx.AsyncClient, junk: bytes) -> None:
    assert_problem(await use(api, b"Bearer " + junk), 401, "invalid_token")


async def test_a_token_counts_as_it_is_and_in_its_place(ada: Person) -> None:
    program = await ada.program("tasks:read")
    token = program.tokens["access_token"]
    assert (await use(ada.api, f"bearer {token}")).status_code == 200
    for wrong in (token[:-1], f"{token}x", token.swapcase(), f"tb_{token}"):
        assert_problem(await use(ada.api, f"Bearer {wrong}"), 401, "invalid_token")
    assert_problem(await use(ada.api, f"Basic {token}"), 401, "unauthorized")
    assert_problem(await ada.api.get(f"/tasks?access_token={token}"), 401, "unauthorized")
    cookie = await ada.api.get("/tasks", headers={"Cookie": f"taskbell_refresh={token}"})
    assert_problem(cookie, 401, "unauthorized")
    body = {"refresh_token": token}
    refreshed = await ada.api.post("/auth/refresh", json=body)
    assert_problem(refreshed, 401, "invalid_refresh_token")
