"""The application over real servers, and people who use it.

Requests commit, so tests share one database and keep apart by their users: each makes its own.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from taskbell.accounts.models import User
from taskbell.accounts.passwords import hash_password
from taskbell.accounts.sessions import Device, start_session
from taskbell.clock import now
from taskbell.ids import new_id
from taskbell.jobs.models import Job
from taskbell.lists.service import create_inbox
from taskbell.notifications.models import Notification
from taskbell.webhooks.models import WebhookMessage
from taskbell_api.app import create_app
from taskbell_api.deps import Services
from taskbell_api.settings import ApiSettings

from .operations import DEVICE, HOOK, UNKNOWN_IDS, Operation
from .operations import PASSWORD as PASSWORD
from .things import task_for

ORIGIN = "http://testserver"
APP_ORIGIN = "https://app.example.com"
JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Person:
    """Somebody signed in."""

    api: httpx.AsyncClient
    email: str
    tokens: Mapping[str, Any]

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens['access_token']}"}

    async def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = self.headers | dict(options.pop("headers", {}))
        return await self.api.request(method, path, headers=headers, **options)

    async def get(self, path: str, **options: Any) -> httpx.Response:
        return await self.request("GET", path, **options)

    async def post(self, path: str, **options: Any) -> httpx.Response:
        return await self.request("POST", path, **options)

    async def patch(self, path: str, **options: Any) -> httpx.Response:
        return await self.request("PATCH", path, **options)

    async def put(self, path: str, **options: Any) -> httpx.Response:
        return await self.request("PUT", path, **options)

    async def delete(self, path: str, **options: Any) -> httpx.Response:
        return await self.request("DELETE", path, **options)

    async def task(self, **fields: Any) -> dict[str, Any]:
        answer = await self.post("/tasks", json={"title": "Water the plants", **fields})
        assert answer.status_code == 201, answer.text
        task: dict[str, Any] = answer.json()
        return task

    async def task_list(self, name: str = "Home", **fields: Any) -> dict[str, Any]:
        answer = await self.post("/lists", json={"name": name, **fields})
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def program(self, *scopes: str) -> "Person":
        """Make an API token, and return who acts with it."""
        answer = await self.post("/tokens", json={"name": "Tests", "scopes": scopes})
        assert answer.status_code == 201, answer.text
        return replace(self, tokens={**self.tokens, "access_token": answer.json()["token"]})

    @property
    def id(self) -> str:
        found: str = self.tokens["user"]["id"]
        return found


NewPerson = Callable[..., Awaitable[Person]]
PersonFor = Callable[[Operation], Awaitable[Person]]
Belongings = Callable[[Person, Operation], Awaitable[dict[str, str]]]
MakeApi = Callable[..., httpx.AsyncClient]


def client(app: FastAPI) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app)
    return httpx.AsyncClient(transport=transport, base_url=f"{ORIGIN}/api/v1", timeout=20)


@pytest.fixture(scope="session")
def settings(database_url: str, redis_url: str) -> ApiSettings:
    return ApiSettings(
        taskbell_env="local",
        database_url=database_url,
        redis_url=redis_url,
        public_url=ORIGIN,
        cors_origins=(APP_ORIGIN,),
        # all tests come from one address; test_throttling*.py are about limits
        rate_limit_enabled=False,
    )


@pytest_asyncio.fixture(scope="session")
async def app(settings: ApiSettings) -> AsyncIterator[FastAPI]:
    made = create_app(settings)
    yield made
    await made.state.services.close()


@pytest.fixture(scope="session")
def services(app: FastAPI) -> Services:
    found: Services = app.state.services
    return found


@pytest_asyncio.fixture
async def api(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client(app) as made:
        yield made


@pytest_asyncio.fixture
async def make_api(settings: ApiSettings) -> AsyncIterator[MakeApi]:
    """Make a client of an application with other settings."""
    made: list[tuple[FastAPI, httpx.AsyncClient]] = []

    def make(**changes: Any) -> httpx.AsyncClient:
        app = create_app(ApiSettings(**(settings.model_dump() | changes)))
        made.append((app, client(app)))
        return made[-1][1]

    yield make
    for app, one in made:
        await one.aclose()
        await app.state.services.close()


@pytest.fixture
def new_person(services: Services, api: httpx.AsyncClient) -> NewPerson:
    """Make people with `PASSWORD`; not through the API, which hashes for 50 ms each time."""

    async def make(**fields: Any) -> Person:
        email = f"{new_id().hex}@example.com"
        fields = {"password_hash": await hash_once()} | fields
        async with services.database.transaction() as session:
            user = User(email=email, email_key=email, **fields)
            session.add(user)
            await session.flush()
            await create_inbox(session, owner_id=user.id)
            signed_in = await start_session(
                session, services.keys, user=user, device=Device("tests")
            )
        tokens = {
            "access_token": signed_in.access_token,
            "refresh_token": signed_in.refresh_token,
            "user": {"id": str(user.id)},
        }
        return Person(api, email, tokens)

    return make


_hashes: list[str] = []


async def hash_once() -> str:
    if not _hashes:
        _hashes.append(await hash_password(PASSWORD))
    return _hashes[0]


@pytest_asyncio.fixture
async def ada(new_person: NewPerson) -> Person:
    return await new_person()


@pytest_asyncio.fixture
async def bob(new_person: NewPerson) -> Person:
    return await new_person()


@pytest_asyncio.fixture
async def admin(new_person: NewPerson) -> Person:
    return await new_person(role="admin")


@pytest.fixture
def person_for(new_person: NewPerson) -> PersonFor:
    """Make somebody who may call an operation."""

    async def make(operation: Operation) -> Person:
        return await new_person(role="admin" if operation.is_admin else "user")

    return make


POSTED: Mapping[str | None, tuple[str, dict[str, Any]]] = {
    "label": ("/labels", {"name": "errands"}),
    "filter": ("/filters", {"name": "Soon", "query": {"due_before": "+7d"}}),
    "feed": ("/feeds", {"name": "x"}),
    "push_subscription": ("/push/subscriptions", DEVICE),
    "notification_test": ("/users/me/test-notification?wait=0", {"channel": "in_app"}),
}
"""What is made by one request: where, and with what."""


@pytest.fixture
def belongings(services: Services, new_person: NewPerson) -> Belongings:
    """Make what an operation is about, and return the ids for its path."""

    async def make(person: Person, operation: Operation) -> dict[str, str]:
        ids = dict(UNKNOWN_IDS)
        match operation.about:
            case "task" | "reminder":
                ids["task_id"] = (await task_for(person, operation))["id"]
                reminders = f"/tasks/{ids['task_id']}/reminders"
                answer = await person.post(reminders, json={"offset_minutes": 30})
                ids["reminder_id"] = answer.json()["id"]
            case "list":
                ids["list_id"] = (await person.task_list())["id"]
            case thing if thing in POSTED:
                url, body = POSTED[thing]
                ids[f"{thing}_id"] = (await person.post(url, json=body)).json()["id"]
            case "import":
                answer = await person.post(
                    "/imports?source=todoist",
                    content="TYPE,CONTENT\ntask,Water\n",
                    headers={"Content-Type": "text/csv"},
                )
                ids["import_id"] = answer.json()["id"]
            case "session":
                ids["session_id"] = session_id(services, await signed_in_again(services, person))
            case "token":
                answer = await person.post("/tokens", json={"name": "x", "scopes": ["tasks:read"]})
                ids["token_id"] = answer.json()["id"]
            case "user":
                ids["user_id"] = (await new_person()).id
            case "notification":
                ids["notification_id"] = await a_notification(services, person)
            case "webhook":
                answer = await person.post("/webhooks", json=HOOK)
                ids["webhook_id"] = answer.json()["id"]
                ids["delivery_id"] = await a_webhook_message(services, person, ids["webhook_id"])
            case "job":
                ids["job_id"] = await dead_job(services)
        return ids

    return make


async def signed_in_again(services: Services, person: Person) -> Person:
    """Sign somebody in on another device."""
    async with services.database.transaction() as session:
        user = await session.get_one(User, person.id)
        signed_in = await start_session(session, services.keys, user=user, device=Device("phone"))
    tokens = {"access_token": signed_in.access_token, "refresh_token": signed_in.refresh_token}
    return replace(person, tokens={**person.tokens, **tokens})


def session_id(services: Services, person: Person) -> str:
    """Return the id of the session that somebody is signed in with."""
    return str(services.keys.verify(person.tokens["access_token"]).session_id)


async def a_notification(services: Services, person: Person) -> str:
    """Tell somebody something inside Taskbell, and return its id."""
    told = Notification(owner_id=UUID(person.id), kind="test", title="It works")
    async with services.database.transaction() as session:
        session.add(told)
    return str(told.id)


async def a_webhook_message(
    services: Services, person: Person, webhook_id: str, **fields: Any
) -> str:
    """Add a message that a webhook did not take, and return its id."""
    wanted: dict[str, Any] = {"kind": "test", "body": "{}", "state": "failed"} | fields
    if wanted["state"] != "pending":
        wanted["finished_at"] = now()
    message = WebhookMessage(
        webhook_id=UUID(webhook_id), owner_id=UUID(person.id), job_id=new_id(), **wanted
    )
    async with services.database.transaction() as session:
        session.add(message)
    return str(message.id)


async def dead_job(services: Services) -> str:
    """Add a job that has failed for good, and return its id."""
    job = Job(kind="tests.dead", payload={}, state="dead", finished_at=now(), last_error="no luck")
    async with services.database.transaction() as session:
        session.add(job)
    return str(job.id)


@pytest_asyncio.fixture
async def other_device(ada: Person, services: Services) -> Person:
    """Return Ada, signed in on another device."""
    return await signed_in_again(services, ada)


def assert_problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """Check that an answer is the problem it should be, and return it."""
    assert (answer.status_code, answer.headers["content-type"]) == (
        status,
        "application/problem+json",
    ), answer.text
    body: dict[str, Any] = answer.json()
    assert set(body) == {"type", "title", "status", "detail", "code", "request_id", "errors"}
    assert body["code"] == code, body
    assert body["status"] == status
    assert body["request_id"] == answer.headers["x-request-id"]
    if status == 401:
        assert answer.headers["www-authenticate"] == "Bearer"
    if status == 503:
        assert int(answer.headers["retry-after"]) > 0
    return body
