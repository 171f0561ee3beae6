"""How many SQL statements each operation makes: what keeps them fast, counted instead of timed."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import event

from taskbell.ids import new_id
from taskbell_api.app import create_app
from taskbell_api.settings import ApiSettings

from .conftest import PASSWORD, Person, client
from .operations import NEW_TASK, OPERATIONS, Operation
from .test_authorisation import call, name

# Statements of the call in the table of operations. `+ T`: in a transaction, BEGIN and COMMIT come
# on top; otherwise the one statement is the transaction. Authentication adds none anywhere.
T = 2
EXPECTED = {
    "GET /api/v1/health": 0,
    "GET /api/v1/health/ready": 2,
    "GET /api/v1/health/db": 1,
    "POST /api/v1/auth/signup": 0,  # refused, as the next three; what works is counted below
    "POST /api/v1/auth/login": 1 + T,
    "POST /api/v1/auth/refresh": 1 + T,
    "POST /api/v1/auth/logout": 1 + T,
    "GET /api/v1/users/me": 1,
    "PATCH /api/v1/users/me": 2 + T,
    "GET /api/v1/tasks": 1,
    "POST /api/v1/tasks": 1,
    "GET /api/v1/tasks/{task_id}": 1,
    "PATCH /api/v1/tasks/{task_id}": 1,
    "PUT /api/v1/tasks/{task_id}": 4 + T,
    "PATCH /api/v1/tasks/{task_id}/complete": 1,
    "POST /api/v1/tasks/{task_id}/restore": 2 + T,
    "GET /api/v1/tasks/{task_id}/reminders": 2 + T,
    "POST /api/v1/tasks/{task_id}/reminders": 3 + T,
    "PATCH /api/v1/reminders/{reminder_id}": 5 + T,
    "GET /api/v1/reminders/{reminder_id}/deliveries": 3 + T,
    "DELETE /api/v1/reminders/{reminder_id}": 6 + T,
    "DELETE /api/v1/tasks/{task_id}": 1,
}


class Statements(list[str]):
    """What was sent to Postgres, in order."""

    def sent(self, one: Any) -> None:
        """Note what asyncpg sent, except what it asks once a connection about array types."""
        if "typeinfo_tree" not in one.query and "set_config('jit'" not in one.query:
            self.append(one.query)

    async def of(self, request: Any, status: int = 200) -> list[str]:
        """Return the statements of one request."""
        await asyncio.sleep(0.02)
        self.clear()
        answer = await request
        assert answer.status_code == status, answer.text
        await asyncio.sleep(0.02)  # asyncpg tells of a statement a little later
        return list(self)


@pytest_asyncio.fixture
async def statements(
    settings: ApiSettings, ada: Person
) -> AsyncIterator[tuple[Statements, Person]]:
    app = create_app(settings)
    seen = Statements()
    engine = app.state.services.database.engine.sync_engine

    # asyncpg tells of all but what is executed on a prepared statement, as SQLAlchemy does it
    @event.listens_for(engine, "connect")
    def listen(connection: Any, _record: Any) -> None:
        connection.driver_connection.add_query_logger(seen.sent)

    @event.listens_for(engine, "before_cursor_execute")
    def executed(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    async with client(app) as api:
        person = Person(api, ada.email, ada.tokens)
        await asyncio.gather(*(person.get("/health/db") for _ in range(3)))  # connects
        yield seen, person
    await app.state.services.close()


def test_every_operation_is_counted() -> None:
    assert EXPECTED.keys() == {name(one) for one in OPERATIONS}


CHANGES: dict[str, dict[str, Any]] = {
    "PUT /api/v1/tasks/{task_id}": {**NEW_TASK, "title": "y"},
    "PATCH /api/v1/tasks/{task_id}/complete": {"completed": True},
}
"""Bodies that change something, where those of the table do not."""


@pytest.mark.parametrize("operation", OPERATIONS, ids=name)
async def test_statements(statements: tuple[Statements, Person], operation: Operation) -> None:
    seen, ada = statements
    task, reminded = await ada.task(**NEW_TASK), await ada.task(**NEW_TASK)
    reminder = await ada.post(f"/tasks/{reminded['id']}/reminders", json={"offset_minutes": 9})
    if operation.path.endswith("/restore"):
        await ada.delete(f"/tasks/{task['id']}")
    operation = replace(operation, body=CHANGES.get(name(operation), operation.body))
    ids = {"task_id": task["id"], "reminder_id": reminder.json()["id"]}
    made = await seen.of(call(ada, operation, ids), operation.success)
    assert len(made) == EXPECTED[name(operation)], "\n".join(made)


async def test_statements_of_signing_in(statements: tuple[Statements, Person]) -> None:
    seen, ada = statements
    body = {"email": f"{new_id().hex}@example.com", "password": PASSWORD}
    # account, its welcome mail, inbox, session, refresh token
    made = await seen.of(ada.api.post("/auth/signup", json=body), 201)
    assert len(made) == 5 + T, "\n".join(made)
    form = {"username": body["email"], "password": PASSWORD}
    # the account; after the password was checked, with no connection: session, refresh token
    made = await seen.of(ada.api.post("/auth/login", data=form))
    assert len(made) == 1 + T + 2 + T, "\n".join(made)
    token = (await ada.api.post("/auth/login", data=form)).json()["refresh_token"]
    # token, session and account; the token under its lock; token, session, successor
    made = await seen.of(ada.api.post("/auth/refresh", json={"refresh_token": token}))
    assert len(made) == 5 + T, "\n".join(made)
    made = await seen.of(ada.api.post("/auth/logout", json={"refresh_token": token}), 204)
    assert len(made) == 2 + T, "\n".join(made)


@pytest.mark.parametrize("reminders", [1, 9])
@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [
        # the guarded change finds reminders; lock, task, reminders, their jobs, reminders
        ("PATCH", "/complete", {"completed": True}, 1 + 5 + T),
        ("PATCH", "", {"due_at": "2030-02-28T09:00:00Z"}, 1 + 5 + T),
        ("PATCH", "", {"title": "Nothing to follow"}, 1),
        ("DELETE", "", None, 1 + 5 + T),
        ("DELETE", "?permanent=true", None, 6 + T),
    ],
)
async def test_statements_of_a_task_with_reminders(
    statements: tuple[Statements, Person],
    method: str,
    path: str,
    body: dict[str, Any] | None,
    expected: int,
    reminders: int,
) -> None:
    """As many for nine reminders as for one; SQLAlchemy may write them in two batches."""
    seen, ada = statements
    task = await ada.task(**NEW_TASK)
    for minutes in range(reminders):
        await ada.post(f"/tasks/{task['id']}/reminders", json={"offset_minutes": minutes})
    options = {} if body is None else {"json": body}
    request = ada.request(method, f"/tasks/{task['id']}{path}", **options)
    made = await seen.of(request, 204 if body is None else 200)
    batches = {expected} if reminders == 1 else {expected, expected + 1}
    assert len(made) in batches, "\n".join(made)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("page=1&per_page=3", 1),
        ("page=9", 2),  # behind the last page no row carries the total
        ("status=pending&overdue=true&priority=low&q=plants&sort=due", 1),
        ("due_before=2030-01-01T00:00:00Z&due_after=2026-01-01T00:00:00Z", 1),
        ("due_before=2030-01-01", 2),  # whose midnight?
    ],
)
async def test_statements_of_a_list(
    statements: tuple[Statements, Person], query: str, expected: int
) -> None:
    seen, ada = statements
    for _ in range(5):
        await ada.task(**NEW_TASK)
    made = await seen.of(ada.get(f"/tasks?{query}"))
    assert len(made) == expected, "\n".join(made)


async def test_statements_of_a_page_by_cursor(statements: tuple[Statements, Person]) -> None:
    seen, ada = statements
    for _ in range(5):
        await ada.task(**NEW_TASK)
    first = (await ada.get("/tasks?per_page=2&status=pending")).json()
    made = await seen.of(ada.get(f"/tasks?status=pending&cursor={first['next_cursor']}"))
    assert len(made) == 1
    assert "count(" not in made[0]
