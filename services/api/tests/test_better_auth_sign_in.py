"""People of a Better Auth server as callers of the API."""

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import httpx
import jwt
import pytest
from sqlalchemy import func, select, update
from sqlmodel import col

from taskbell.accounts.models import Identity, User
from taskbell.ids import new_id
from taskbell.lists.models import TaskList
from taskbell_api.deps import Services

from .conftest import MakeApi, NewPerson, Person, assert_problem
from .sign_in_service import SignInService

SECRET = "a-secret-of-more-than-32-bytes-for-both"


@pytest.fixture(scope="module")
def service() -> Iterator[SignInService]:
    with SignInService() as made:
        yield made


@pytest.fixture
def better_api(make_api: MakeApi, service: SignInService) -> httpx.AsyncClient:
    return make_api(better_auth_url=service.url)


def bearer(service: SignInService, **claims: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {service.token(**claims)}"}


def somebody() -> dict[str, Any]:
    """Return claims of a person whom nobody has seen."""
    subject = new_id().hex
    return {"sub": subject, "id": subject, "email": f"{subject}@example.com"}


async def test_the_first_request_makes_an_account_to_work_with(
    better_api: httpx.AsyncClient, service: SignInService
) -> None:
    claims = somebody()
    headers = bearer(service, **claims, role="admin")
    added = await better_api.post("/tasks", json={"title": "Water the plants"}, headers=headers)
    assert added.status_code == 201, added.text
    me = (await better_api.get("/users/me", headers=headers)).json()
    assert (me["email"], me["name"], me["role"]) == (claims["email"], "Ada", "user")
    assert (me["email_verified"], me["has_password"]) == (True, False)
    assert_problem(await better_api.get("/users", headers=headers), 403, "forbidden")


async def test_fifty_first_requests_at_once(
    better_api: httpx.AsyncClient, service: SignInService, services: Services
) -> None:
    claims = somebody()
    headers = bearer(service, **claims)
    answers = await asyncio.gather(
        *(better_api.get("/users/me", headers=headers) for _ in range(50))
    )
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["id"] for answer in answers}) == 1
    async with services.database.transaction() as session:
        mine = select(col(Identity.user_id)).where(col(Identity.subject) == claims["sub"])
        user_id = (await session.scalars(mine)).one()
        inboxes = select(func.count()).where(col(TaskList.owner_id) == user_id)
        assert await session.scalar(inboxes) == 1


async def test_our_own_tokens_count_beside_theirs(
    better_api: httpx.AsyncClient, service: SignInService, new_person: NewPerson
) -> None:
    person = await new_person()
    assert (await better_api.get("/users/me", headers=person.headers)).status_code == 200
    assert_problem(
        await better_api.get("/users/me", headers={"Authorization": "Bearer x.y.z"}),
        401,
        "invalid_token",
    )


async def test_their_tokens_count_only_where_that_is_set(
    service: SignInService, api: httpx.AsyncClient
) -> None:
    answer = await api.get("/users/me", headers=bearer(service))
    assert_problem(answer, 401, "invalid_token")


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"exp": 1_700_000_000, "iat": 1_699_999_000}, 401, "token_expired"),
        ({"aud": "another"}, 401, "invalid_token"),
        ({"azp": "another program"}, 401, "invalid_token"),
        ({"email": None}, 403, "identity_incomplete"),
    ],
    ids=str,
)
async def test_refusals(
    better_api: httpx.AsyncClient,
    service: SignInService,
    changes: dict[str, Any],
    status: int,
    code: str,
) -> None:
    headers = bearer(service, **(somebody() | changes))
    assert_problem(await better_api.get("/users/me", headers=headers), status, code)


async def test_an_address_that_is_taken_and_not_verified(
    better_api: httpx.AsyncClient, service: SignInService, ada: Person
) -> None:
    claims = somebody() | {"email": ada.email, "emailVerified": False}
    answer = await better_api.get("/users/me", headers=bearer(service, **claims))
    assert_problem(answer, 403, "email_not_verified")


async def test_whoever_waited_with_anothers_address_is_shut_out(
    better_api: httpx.AsyncClient, service: SignInService, ada: Person
) -> None:
    me = await better_api.get(
        "/users/me", headers=bearer(service, **(somebody() | {"email": ada.email}))
    )
    assert me.json()["id"] == ada.tokens["user"]["id"]
    assert_problem(await better_api.get("/users/me", headers=ada.headers), 401, "invalid_token")


async def test_a_disabled_account(
    better_api: httpx.AsyncClient, service: SignInService, services: Services
) -> None:
    headers = bearer(service, **somebody())
    user_id = (await better_api.get("/users/me", headers=headers)).json()["id"]
    async with services.database.transaction() as session:
        await session.execute(update(User).where(col(User.id) == user_id).values(is_active=False))
    assert_problem(await better_api.get("/users/me", headers=headers), 401, "invalid_token")


async def test_what_matters_needs_a_recent_sign_in(
    better_api: httpx.AsyncClient, service: SignInService
) -> None:
    claims, now = somebody(), int(time.time())
    for signed_in, status in ((None, 403), (now - 3600, 403), (now - 60, 204)):
        headers = bearer(service, **claims, auth_time=signed_in)
        answer = await better_api.request("DELETE", "/users/me", json={}, headers=headers)
        assert answer.status_code == status, answer.text
    assert_problem(await better_api.get("/users/me", headers=headers), 401, "invalid_token")


async def test_a_server_that_cannot_be_asked(make_api: MakeApi) -> None:
    with SignInService() as service:
        api = make_api(better_auth_url=service.url)
        service.stop()
        answer = await api.get("/users/me", headers=bearer(service, **somebody()))
        assert_problem(answer, 503, "sign_in_service_unavailable")
        assert answer.headers["retry-after"] == "5"


async def test_a_shared_secret(make_api: MakeApi, service: SignInService) -> None:
    api = make_api(better_auth_secret=SECRET)
    claims, now = somebody(), int(time.time())
    own = {"iss": "http://testserver", "aud": "http://testserver", "iat": now, "exp": now + 60}
    token = jwt.encode(claims | own | {"email_verified": True}, SECRET, "HS256")
    answer = await api.get("/users/me", headers={"Authorization": f"Bearer {token}"})
    assert answer.json()["email"] == claims["email"]
    assert_problem(await api.get("/users/me", headers=bearer(service)), 401, "invalid_token")
