"""The application over real servers, and people who use it.

Requests commit, so tests share one database and keep apart by their users: each makes its own.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from taskbell.accounts.models import User
from taskbell.accounts.passwords import hash_password
from taskbell.accounts.sessions import Device, start_session
from taskbell.ids import new_id
from taskbell.lists.service import create_inbox
from taskbell_api.app import create_app
from taskbell_api.deps import Services
from taskbell_api.settings import ApiSettings

ORIGIN = "http://testserver"
APP_ORIGIN = "https://app.example.com"
PASSWORD = "correct horse battery"
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


NewPerson = Callable[[], Awaitable[Person]]
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

    async def make() -> Person:
        email = f"{new_id().hex}@example.com"
        async with services.database.transaction() as session:
            user = User(email=email, email_key=email, password_hash=await hash_once())
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
