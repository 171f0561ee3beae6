"""How many SQL statements each operation makes: what keeps them fast, counted instead of timed.

Those of tasks, with all that may hang on them: test_task_statements.py.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import event

from taskbell.db import Database
from taskbell.ids import new_id
from taskbell_api.app import create_app
from taskbell_api.settings import ApiSettings

from .conftest import PASSWORD, Belongings, Person, PersonFor, client
from .mailbox import mail_link
from .operations import NEW_TASK, OPERATIONS, Operation
from .test_authorisation import call, name
from .things import task_for

# Statements of the call in the table. `+ T`: in a transaction, BEGIN and COMMIT come on top;
# otherwise the one statement is the transaction. `A +`: whether the session goes on is asked first;
# the others, which are the hot ones, ask in the statement that they make anyway.
T = 2
A = 1
EXPECTED = {
    "GET /api/v1/health": 0,
    "GET /api/v1/health/ready": 2,
    "GET /api/v1/health/db": 1,
    "POST /api/v1/auth/signup": 0,  # refused, as the next five; what works is counted below
    "POST /api/v1/auth/login": 1 + T,
    "POST /api/v1/auth/refresh": 1 + T,
    "POST /api/v1/auth/logout": 1 + T,
    "POST /api/v1/auth/verify-email": 1 + T,
    "POST /api/v1/auth/reset-password": 1 + T,
    "POST /api/v1/reminder-links/look": 1 + T,
    "POST /api/v1/reminder-links/use": 1 + T,  # refused
    "POST /api/v1/digest/unsubscribe": 0,  # refused without a look
    "POST /api/v1/auth/forgot-password": 2 + T,  # nobody's address, and as many for somebody's
    "GET /api/v1/users/me": 1,
    "PATCH /api/v1/users/me": A + 2 + T,
    "POST /api/v1/auth/verify-email/resend": A + 2 + T,
    "POST /api/v1/auth/reauthenticate": A + 1 + T + 2 + T,
    "GET /api/v1/auth/sessions": A + 1 + T,
    "DELETE /api/v1/auth/sessions": A + 1 + T,
    "DELETE /api/v1/auth/sessions/{session_id}": A + 1 + T,
    "GET /api/v1/tokens": A + 1 + T,
    "POST /api/v1/tokens": A + 5 + T,
    "DELETE /api/v1/tokens/{token_id}": A + 1 + T,
    "GET /api/v1/feeds": A + 1 + T,
    "POST /api/v1/feeds": A + 5 + T,
    "DELETE /api/v1/feeds/{feed_id}": A + 1 + T,
    "GET /api/v1/push/key": A + 1 + T,
    "GET /api/v1/push/subscriptions": A + 1 + T,
    "POST /api/v1/push/subscriptions": A + 5 + T,
    "DELETE /api/v1/push/subscriptions/{push_subscription_id}": A + 1 + T,
    "GET /api/v1/webhooks": A + 1 + T,
    "POST /api/v1/webhooks": A + 5 + T,
    "GET /api/v1/webhooks/{webhook_id}": A + 1 + T,
    "PATCH /api/v1/webhooks/{webhook_id}": A + 4 + T,  # two of them for a mail
    "POST /api/v1/webhooks/{webhook_id}/rotate-secret": A + 2 + T,
    "GET /api/v1/webhooks/{webhook_id}/deliveries": A + 3 + T,
    "POST /api/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/replay": A + 5 + T,
    "DELETE /api/v1/webhooks/{webhook_id}": A + 2 + T,
    "GET /api/v1/users/me/export": A + 1 + T,
    "POST /api/v1/users/me/email": A + 1 + T + 5 + T,
    "POST /api/v1/users/me/password": A + 1 + T + 5 + T,
    "DELETE /api/v1/users/me": A + 1 + T + 11 + T,
    "GET /api/v1/tasks": 1,
    "POST /api/v1/tasks": 1,
    "POST /api/v1/tasks/quick": A + 9 + T,  # three of them for its reminder
    "POST /api/v1/tasks/batch": A + 6 + T,
    "GET /api/v1/tasks/{task_id}": 1,
    "PATCH /api/v1/tasks/{task_id}": 1,
    "PUT /api/v1/tasks/{task_id}": A + 8 + T,
    "PATCH /api/v1/tasks/{task_id}/complete": 1,
    "POST /api/v1/tasks/{task_id}/restore": A + 9 + T,
    "POST /api/v1/tasks/{task_id}/move": A + 4 + T,  # it is there already
    "POST /api/v1/tasks/{task_id}/skip": A + 8 + T,
    "POST /api/v1/tasks/{task_id}/undo": A + 10 + T,
    "GET /api/v1/tasks/{task_id}/activity": A + 3 + T,
    "GET /api/v1/tasks/{task_id}/occurrences": A + 1 + T,
    "GET /api/v1/tasks/{task_id}/completions": A + 3 + T,
    "POST /api/v1/recurrence/preview": A + 1 + T,
    "GET /api/v1/tasks/{task_id}/reminders": A + 2 + T,
    "POST /api/v1/tasks/{task_id}/reminders": A + 4 + T,
    "PATCH /api/v1/reminders/{reminder_id}": A + 5 + T,
    "GET /api/v1/reminders/{reminder_id}/deliveries": A + 3 + T,
    "DELETE /api/v1/reminders/{reminder_id}": A + 6 + T,
    "DELETE /api/v1/tasks/{task_id}": 1,
    "GET /api/v1/lists": A + 2 + T,
    "POST /api/v1/lists": A + 3 + T,
    "GET /api/v1/lists/{list_id}": A + 2 + T,
    "PATCH /api/v1/lists/{list_id}": A + 3 + T,
    "POST /api/v1/lists/{list_id}/move": A + 2 + T,
    "POST /api/v1/lists/{list_id}/restore": A + 6 + T,
    "DELETE /api/v1/lists/{list_id}": A + 5 + T,
    "GET /api/v1/labels": A + 2 + T,
    "POST /api/v1/labels": A + 4 + T,
    "GET /api/v1/labels/{label_id}": A + 2 + T,
    "PATCH /api/v1/labels/{label_id}": A + 7 + T,
    "DELETE /api/v1/labels/{label_id}": A + 4 + T,
    "GET /api/v1/tasks/export": A + 2 + T + 1 + T,  # a transaction for each 500 tasks
    "GET /api/v1/imports": A + 2 + T,
    "POST /api/v1/imports": A + 4 + T,
    "GET /api/v1/imports/{import_id}": A + 1 + T,
    "GET /api/v1/imports/{import_id}/rows": A + 3 + T,
    "DELETE /api/v1/imports/{import_id}": A + 1 + T,
    "GET /api/v1/events": A + 1,  # without following
    "GET /api/v1/notifications": A + 2 + T,
    "GET /api/v1/notifications/count": A + 1 + T,
    "POST /api/v1/notifications/read": A + 1 + T,
    "POST /api/v1/notifications/{notification_id}/read": A + 2 + T,
    "DELETE /api/v1/notifications/{notification_id}": A + 1 + T,
    "GET /api/v1/users/me/notifications": A + 1 + T,
    "PATCH /api/v1/users/me/notifications": A + 3 + T,
    "POST /api/v1/users/me/test-notification": A + 2 + T + 1 + T,
    "GET /api/v1/users/me/test-notification/{notification_test_id}": A + 1 + T,
    "POST /api/v1/reminders/{reminder_id}/snooze": A + 5 + T,
    "GET /api/v1/filters": A + 1 + T,
    "POST /api/v1/filters": A + 4 + T,
    "GET /api/v1/filters/{filter_id}": A + 1 + T,
    "PATCH /api/v1/filters/{filter_id}": A + 4 + T,
    "DELETE /api/v1/filters/{filter_id}": A + 2 + T,
    "GET /api/v1/users": A + 3 + T,  # a page of them, how many there are, when each was last seen
    "GET /api/v1/users/{user_id}": A + 2 + T,
    "PATCH /api/v1/users/{user_id}": A + 6 + T,
    "DELETE /api/v1/users/{user_id}/sessions": A + 2 + T,
    "GET /api/v1/admin/jobs": A + 2 + T,
    "POST /api/v1/admin/jobs/{job_id}/retry": A + 1 + T,
    "POST /api/v1/admin/jobs/retry": A + 2 + T,
    "GET /api/v1/admin/stats": A + 9 + T,
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
async def counted(settings: ApiSettings) -> AsyncIterator[tuple[Statements, httpx.AsyncClient]]:
    """Return what an application says to Postgres, and a client of it."""
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
        await asyncio.gather(*(api.get("/health/db") for _ in range(3)))  # connects
        yield seen, api
    await app.state.services.close()


@pytest.fixture
def statements(
    counted: tuple[Statements, httpx.AsyncClient], ada: Person
) -> tuple[Statements, Person]:
    seen, api = counted
    return seen, replace(ada, api=api)


def test_every_operation_is_counted() -> None:
    assert EXPECTED.keys() == {one.name for one in OPERATIONS}


CHANGES: dict[str, dict[str, Any]] = {
    "PUT /api/v1/tasks/{task_id}": {**NEW_TASK, "title": "y"},
    "PATCH /api/v1/tasks/{task_id}/complete": {"completed": True},
    "PATCH /api/v1/users/{user_id}": {"is_active": False},
}
"""Bodies that change something, where those of the table do not."""


@pytest.mark.parametrize("operation", OPERATIONS, ids=name)
async def test_statements(
    counted: tuple[Statements, httpx.AsyncClient],
    person_for: PersonFor,
    belongings: Belongings,
    operation: Operation,
) -> None:
    seen, api = counted
    person = await person_for(operation)
    ids = await belongings(person, operation)
    ids |= {"task_id": (await task_for(person, operation))["id"]}  # one without reminders
    if operation.path.endswith("/restore"):
        await person.delete(operation.url(ids).removesuffix("/restore"))
    if operation.path.endswith("/push/key"):
        await call(person, operation, ids)  # who asks first makes it
    operation = replace(operation, body=CHANGES.get(operation.name, operation.body))
    made = await seen.of(call(replace(person, api=api), operation, ids), operation.success)
    assert len(made) == EXPECTED[operation.name], "\n".join(made)


async def test_statements_of_signing_in(statements: tuple[Statements, Person]) -> None:
    seen, ada = statements
    body = {"email": f"{new_id().hex}@example.com", "password": PASSWORD}
    # account, its welcome mail, inbox, session, sessions too many, refresh token
    made = await seen.of(ada.api.post("/auth/signup", json=body), 201)
    assert len(made) == 6 + T, "\n".join(made)
    form = {"username": body["email"], "password": PASSWORD}
    # the account; after the password was checked, with no connection: the account as it is then
    # and locked, session, sessions too many, refresh token
    made = await seen.of(ada.api.post("/auth/login", data=form))
    assert len(made) == 1 + T + 4 + T, "\n".join(made)
    token = (await ada.api.post("/auth/login", data=form)).json()["refresh_token"]
    # token, session and account; the token under its lock; token, session, successor
    made = await seen.of(ada.api.post("/auth/refresh", json={"refresh_token": token}))
    assert len(made) == 5 + T, "\n".join(made)
    made = await seen.of(ada.api.post("/auth/logout", json={"refresh_token": token}), 204)
    assert len(made) == 2 + T, "\n".join(made)


async def test_statements_of_mailed_links(
    statements: tuple[Statements, Person], database: Database
) -> None:
    seen, ada = statements
    # the account, a job that mails: as many as for an address that is nobody's
    forgot = ada.api.post("/auth/forgot-password", json={"email": ada.email})
    assert len(await seen.of(forgot, 202)) == EXPECTED["POST /api/v1/auth/forgot-password"]
    body = {"token": await mail_link(database, "verify_email", ada)}
    # the link, the account, its change
    made = await seen.of(ada.api.post("/auth/verify-email", json=body), 204)
    assert len(made) == 3 + T, "\n".join(made)
    body = {"token": await mail_link(database, "reset_password", ada), "password": PASSWORD}
    # the link; after the hash was made, with no connection: the link, the account, its change,
    # other links, API tokens, feeds, devices, webhooks, sessions, a notice
    made = await seen.of(ada.api.post("/auth/reset-password", json=body), 204)
    assert len(made) == 1 + T + 10 + T, "\n".join(made)


@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [
        ("GET", "/tasks", None, 1),
        ("POST", "/tasks", NEW_TASK, 1),
        ("PATCH", "/tasks/{task_id}/complete", {"completed": True}, 1),
        ("PUT", "/tasks/{task_id}", {**NEW_TASK, "title": "y"}, 8 + T),
        ("DELETE", "/tasks/{task_id}", None, 1),
    ],
)
async def test_statements_of_api_tokens(
    statements: tuple[Statements, Person],
    method: str,
    path: str,
    body: dict[str, Any] | None,
    expected: int,
) -> None:
    """One more to find the token; once a minute at most another one to note its use."""
    seen, ada = statements
    program = await ada.program("tasks:read", "tasks:write", "account:read")
    url = path.format(task_id=(await ada.task(**NEW_TASK))["id"])
    status = {"DELETE": 204, "POST": 201}.get(method, 200)
    assert len(await seen.of(program.get("/users/me"))) == 1 + 1 + 1
    assert len(await seen.of(program.request(method, url, json=body), status)) == 1 + expected
