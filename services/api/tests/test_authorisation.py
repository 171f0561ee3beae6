"""The matrix: every operation of the OpenAPI document × everybody who may call it or may not.

Nobody, its owner, somebody else, an ended session, an API token with and without the scope, and an
administrator; what needs a password given lately is in test_proof.py.
"""

from dataclasses import replace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from taskbell.db import Database
from taskbell.ids import new_id

from .conftest import Belongings, Person, PersonFor, assert_problem
from .operations import (
    ADMINISTRATION,
    NEW_TASK,
    OPERATIONS,
    SCOPES,
    SECURITY,
    UNKNOWN_IDS,
    Operation,
)
from .test_access_tokens import forged

PROTECTED = [one for one in OPERATIONS if not one.public]
PERSONAL = [one for one in PROTECTED if one.permission == SECURITY]
OWNED = [one for one in PROTECTED if one.about and not one.is_admin]
SCOPED = [one for one in PROTECTED if one.permission in SCOPES]

ENDED = {
    "revoked": "UPDATE auth_session SET ended_at = now() WHERE user_id = :user",
    "expired": "UPDATE auth_session SET expires_at = now() WHERE user_id = :user",
    "disabled": "UPDATE user_account SET is_active = false WHERE id = :user",
    "leaving": "UPDATE user_account SET deletion_at = now() + interval '7 days' WHERE id = :user",
    "gone": "DELETE FROM user_account WHERE id = :user",
}
"""What makes an access token useless that was good a moment ago, and has 15 minutes to go."""


def name(operation: Operation) -> str:
    return operation.name


async def call(person: Person, operation: Operation, ids: dict[str, str]) -> httpx.Response:
    return await person.request(operation.method, operation.url(ids), **operation.sent)


async def everything_of(database: Database, person: Person) -> list[Any]:
    """Return all rows that a person can change."""
    async with database.transaction() as session:
        rows = await session.execute(
            text(
                "SELECT to_jsonb(u) FROM user_account u WHERE id = :user"
                " UNION ALL SELECT to_jsonb(s) FROM auth_session s WHERE user_id = :user"
                " UNION ALL SELECT to_jsonb(a) FROM api_token a WHERE user_id = :user"
                " UNION ALL SELECT to_jsonb(t) FROM task t WHERE owner_id = :user"
                " UNION ALL SELECT to_jsonb(a) FROM task_activity a WHERE actor_id = :user"
                " UNION ALL SELECT to_jsonb(c) FROM task_completion c"
                " JOIN task t ON t.id = c.task_id WHERE t.owner_id = :user"
                " UNION ALL SELECT to_jsonb(r) FROM reminder r WHERE owner_id = :user"
                " UNION ALL SELECT to_jsonb(l) FROM task_list l WHERE owner_id = :user"
                " UNION ALL SELECT to_jsonb(l) FROM label l WHERE owner_id = :user"
                " UNION ALL SELECT to_jsonb(f) FROM saved_filter f WHERE owner_id = :user"
                " UNION ALL SELECT to_jsonb(c) FROM calendar_feed c WHERE owner_id = :user"
                " UNION ALL SELECT to_jsonb(p) FROM push_subscription p WHERE owner_id = :user"
                " UNION ALL SELECT to_jsonb(i) FROM task_import i WHERE owner_id = :user"
            ),
            {"user": person.id},
        )
        return sorted(str(row[0]) for row in rows)


async def make_true(database: Database, statement: str, person: Person) -> None:
    async with database.transaction() as session:
        await session.execute(text(statement), {"user": person.id})


def test_the_matrix_knows_every_operation(app: FastAPI) -> None:
    documented = {
        f"{method.upper()} {path}": [
            scope for one in operation.get("security", ()) for scope in one.get("bearer", ())
        ]
        for path, methods in app.openapi()["paths"].items()
        for method, operation in methods.items()
    }
    known = {one.name: [one.permission] if one.permission else [] for one in OPERATIONS}
    assert documented == known


@pytest.mark.parametrize("operation", OPERATIONS, ids=name)
async def test_own(person_for: PersonFor, belongings: Belongings, operation: Operation) -> None:
    person = await person_for(operation)
    answer = await call(person, operation, await belongings(person, operation))
    assert answer.status_code == operation.success, answer.text


@pytest.mark.parametrize("operation", PROTECTED, ids=name)
async def test_anonymous(api: httpx.AsyncClient, operation: Operation) -> None:
    for body in ({}, {"json": operation.body}, {"content": b"{", "headers": {}}):
        answer = await api.request(operation.method, operation.url(UNKNOWN_IDS), **body)
        assert_problem(answer, 401, "unauthorized")


@pytest.mark.parametrize("operation", OWNED, ids=name)
async def test_others(
    ada: Person, bob: Person, belongings: Belongings, database: Database, operation: Operation
) -> None:
    theirs = await belongings(ada, operation)
    before = await everything_of(database, ada)
    answers = []
    for ids in (theirs, UNKNOWN_IDS):
        problem = assert_problem(
            await call(bob, operation, ids), 404, f"{operation.about}_not_found"
        )
        answers.append({**problem, "request_id": None})
    assert answers[0] == answers[1], "somebody else's thing must look like nobody's"
    assert await everything_of(database, ada) == before


@pytest.mark.parametrize("how", ENDED)
@pytest.mark.parametrize("operation", PROTECTED, ids=name)
async def test_ended_sessions(
    person_for: PersonFor,
    belongings: Belongings,
    database: Database,
    operation: Operation,
    how: str,
) -> None:
    """Also where the operation's own statement is what asks: with things that are there."""
    person = await person_for(operation)
    ids = await belongings(person, operation)
    await make_true(database, ENDED[how], person)
    before = await everything_of(database, person)
    assert_problem(await call(person, operation, ids), 401, "invalid_token")
    assert await everything_of(database, person) == before


# --- API tokens -----------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", SCOPED, ids=name)
async def test_api_tokens(
    person_for: PersonFor, belongings: Belongings, operation: Operation
) -> None:
    """They open what their scopes say, and nothing else."""
    assert operation.permission is not None
    person = await person_for(operation)
    ids = await belongings(person, operation)
    ours = [one for one in SCOPES if one != "admin" or operation.is_admin]
    without = await person.program(*(one for one in ours if one != operation.permission))
    answer = await call(without, operation, ids)
    assert_problem(answer, 403, "insufficient_scope")
    challenge = f'Bearer error="insufficient_scope", scope="{operation.permission}"'
    assert answer.headers["www-authenticate"] == challenge
    answer = await call(await person.program(operation.permission), operation, ids)
    assert answer.status_code == operation.success, answer.text


@pytest.mark.parametrize("operation", PERSONAL, ids=name)
async def test_api_tokens_open_nothing_that_makes_access(
    admin: Person, belongings: Belongings, operation: Operation
) -> None:
    ids = await belongings(admin, operation)
    program = await admin.program(*SCOPES)
    assert_problem(await call(program, operation, ids), 403, "session_required")


@pytest.mark.parametrize("operation", [one for one in OWNED if one in SCOPED], ids=name)
async def test_api_tokens_of_others(
    ada: Person, bob: Person, belongings: Belongings, database: Database, operation: Operation
) -> None:
    theirs = await belongings(ada, operation)
    before = await everything_of(database, ada)
    program = await bob.program("tasks:read", "tasks:write", "account:read")
    answer = await call(program, operation, theirs)
    assert_problem(answer, 404, f"{operation.about}_not_found")
    assert await everything_of(database, ada) == before


# --- roles ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", ADMINISTRATION, ids=name)
async def test_roles(
    ada: Person, admin: Person, belongings: Belongings, database: Database, operation: Operation
) -> None:
    ids = await belongings(ada, operation)
    assert_problem(await call(ada, operation, ids), 403, "forbidden")
    answer = await call(admin, operation, ids)
    assert answer.status_code == operation.success, answer.text
    program = await admin.program("admin")
    await make_true(database, "UPDATE user_account SET role = 'user' WHERE id = :user", admin)
    for former in (admin, program):  # although the access token still says otherwise
        assert_problem(await call(former, operation, ids), 403, "forbidden")


@pytest.mark.parametrize("operation", ADMINISTRATION, ids=name)
async def test_the_role_is_never_the_one_of_the_token(ada: Person, operation: Operation) -> None:
    """Even well signed: what counts is what the account says now."""
    says_admin = replace(ada, tokens={"access_token": forged(ada, role="admin")})
    assert (await says_admin.get("/users/me")).json()["role"] == "user"
    assert_problem(await call(says_admin, operation, UNKNOWN_IDS), 403, "forbidden")


@pytest.mark.parametrize("operation", OWNED, ids=name)
async def test_administrators_have_no_way_to_what_is_others(
    ada: Person, admin: Person, belongings: Belongings, operation: Operation
) -> None:
    theirs = await belongings(ada, operation)
    answer = await call(admin, operation, theirs)
    assert_problem(answer, 404, f"{operation.about}_not_found")


# --- ids inside bodies and filters ----------------------------------------------------------------


async def test_lists_show_ones_own_only(ada: Person, bob: Person) -> None:
    await ada.task()
    mine = await bob.task(title="Mine")
    listed = (await bob.get("/tasks")).json()
    assert [one["id"] for one in listed["items"]] == [mine["id"]]
    foreign = (await ada.get("/tasks")).json()["items"][0]["list_id"]
    assert (await bob.get(f"/tasks?list_id={foreign}")).json()["items"] == []


@pytest.mark.parametrize("by", ["session", "API token"])
async def test_lists_of_others_cannot_be_used(ada: Person, bob: Person, by: str) -> None:
    mine = await bob.task(title="Mine")
    who = bob if by == "session" else await bob.program("tasks:read", "tasks:write")
    problems = []
    for foreign in ((await ada.task())["list_id"], str(new_id())):
        for answer in (
            await who.post("/tasks", json={"title": "x", "list_id": foreign}),
            await who.patch(f"/tasks/{mine['id']}", json={"list_id": foreign}),
            await who.put(f"/tasks/{mine['id']}", json={"title": "x", "list_id": foreign}),
        ):
            problem = assert_problem(answer, 404, "list_not_found")
            problems.append({**problem, "request_id": None})
    assert problems[:3] == problems[3:]
    assert (await bob.get(f"/tasks/{mine['id']}")).json() == mine
    assert len((await ada.get("/tasks")).json()["items"]) == 1


async def test_ids_of_others_cannot_be_taken_over(ada: Person, bob: Person) -> None:
    """Clients may choose ids: one that is taken says no more than that."""
    task = await ada.task(**NEW_TASK)
    answer = await ada.post(f"/tasks/{task['id']}/reminders", json={"offset_minutes": 5})
    reminder = answer.json()
    answer = await bob.post("/tasks", json={"title": "Mine now", "id": task["id"]})
    assert_problem(answer, 409, "id_taken")
    mine = await bob.task(**NEW_TASK)
    body = {"offset_minutes": 1, "id": reminder["id"]}
    answer = await bob.post(f"/tasks/{mine['id']}/reminders", json=body)
    assert_problem(answer, 409, "id_taken")
    assert (await ada.get(f"/tasks/{task['id']}")).json()["title"] == task["title"]
    listed = (await ada.get(f"/tasks/{task['id']}/reminders")).json()["items"]
    assert listed == [reminder]
