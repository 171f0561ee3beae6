"""Changing a password, and choosing a new one by a mailed link."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher, extract_parameters
from sqlalchemy import text

from taskbell.accounts import passwords
from taskbell.accounts.models import User
from taskbell.accounts.service import Proof, change_password
from taskbell.db import Database
from taskbell_api.deps import Services

from .conftest import PASSWORD, NewPerson, Person, assert_problem
from .mailbox import jobs, mail_link, notices

NEW = "another horse battery"
CHANGE = {"current_password": PASSWORD, "new_password": NEW}
EMAIL = {"current_password": PASSWORD, "email": "elsewhere@example.com"}


@contextmanager
def no_hashing() -> Iterator[None]:
    """Let all who need a password to be hashed or checked wait until the end of the block."""
    ended = Event()
    passwords._threads.submit(ended.wait)
    try:
        yield
    finally:
        ended.set()


async def log_in(person: Person, password: str) -> httpx.Response:
    form = {"username": person.email, "password": password}
    return await person.api.post("/auth/login", data=form)


async def reset(api: httpx.AsyncClient, token: str, password: str = NEW) -> httpx.Response:
    return await api.post("/auth/reset-password", json={"token": token, "password": password})


async def is_signed_in(person: Person) -> bool:
    answer = await person.get("/users/me")
    if answer.status_code != 200:
        assert_problem(answer, 401, "invalid_token")
    return answer.status_code == 200


async def account(database: Database, person: Person) -> User:
    async with database.transaction() as session:
        return await session.get_one(User, person.id)


# --- changing -------------------------------------------------------------------------------------


async def test_a_password_is_changed(ada: Person, database: Database) -> None:
    assert (await ada.post("/users/me/password", json=CHANGE)).status_code == 204
    assert_problem(await log_in(ada, PASSWORD), 401, "wrong_credentials")
    assert (await log_in(ada, NEW)).status_code == 200
    assert await notices(database, ada) == [("password_changed", ada.email)]


async def test_a_change_needs_the_current_password(ada: Person, database: Database) -> None:
    before = await account(database, ada)
    answer = await ada.post("/users/me/password", json=CHANGE | {"current_password": NEW})
    problem = assert_problem(answer, 403, "wrong_password")
    assert [one["field"] for one in problem["errors"]] == ["body.current_password"]
    assert await account(database, ada) == before
    assert await notices(database, ada) == []


async def test_a_change_ends_all_other_sessions(
    ada: Person, other_device: Person, database: Database
) -> None:
    program = await ada.program("account:read")
    assert (await other_device.post("/users/me/email", json=EMAIL)).status_code == 202
    links = [
        await mail_link(database, purpose, ada)
        for purpose in ("reset_password", "change_email", "verify_email")
    ]
    assert (await ada.post("/users/me/password", json=CHANGE)).status_code == 204
    assert await is_signed_in(ada)
    assert await is_signed_in(program), "the answer says that API tokens go on"
    assert not await is_signed_in(other_device)
    old = {"refresh_token": other_device.tokens["refresh_token"]}
    assert_problem(await ada.api.post("/auth/refresh", json=old), 401, "invalid_refresh_token")
    assert_problem(await reset(ada.api, links[0]), 422, "link_expired")
    for token in links[1:]:
        answer = await ada.api.post("/auth/verify-email", json={"token": token})
        assert_problem(answer, 422, "link_expired")
    assert (await ada.get("/users/me")).json()["pending_email"] is None


@pytest.mark.parametrize("weak", ["passwordpassword", "aaaaaaaaaaaa", "taskbell-admin-todo"])
async def test_a_weak_new_password(ada: Person, weak: str) -> None:
    answer = await ada.post("/users/me/password", json=CHANGE | {"new_password": weak})
    problem = assert_problem(answer, 422, "weak_password")
    assert [one["field"] for one in problem["errors"]] == ["body.new_password"]
    assert (await log_in(ada, PASSWORD)).status_code == 200


async def test_two_changes_at_once_are_one(new_person: NewPerson) -> None:
    person = await new_person()
    chosen = [f"{number} horses and a battery" for number in range(4)]
    answers = await asyncio.gather(
        *(person.post("/users/me/password", json=CHANGE | {"new_password": one}) for one in chosen)
    )
    assert Counter(one.status_code for one in answers) == {204: 1, 403: 3}
    (winner,) = (one for one, answer in zip(chosen, answers, strict=True) if answer.is_success)
    assert (await log_in(person, winner)).status_code == 200


async def test_a_sign_in_with_the_old_password_does_not_outlive_its_change(
    ada: Person, services: Services
) -> None:
    """The password is right when it is looked at, and an old one before the session begins."""
    before = await account(services.database, ada)
    with no_hashing():
        signing_in = asyncio.ensure_future(log_in(ada, PASSWORD))
        changing = asyncio.ensure_future(ada.post("/users/me/email", json=EMAIL))
        async with asyncio.timeout(20):  # they have read the account, and wait for the hash
            while passwords._waiting < 2:  # noqa: ASYNC110 (a number tells nobody)
                await asyncio.sleep(0.01)
        async with services.database.transaction() as session:
            await change_password(session, Proof(before), new_hash="$argon2id$", session_id=None)
    assert_problem(await signing_in, 401, "wrong_credentials")
    answer = await changing
    assert answer.status_code in {401, 403}, answer.text
    assert not await is_signed_in(ada)


async def test_sign_ins_and_a_change_at_once(new_person: NewPerson) -> None:
    """Whichever comes first: a sign-in is refused, or ended with the other sessions."""
    person = await new_person()
    changing = asyncio.ensure_future(person.post("/users/me/password", json=CHANGE))
    answers = await asyncio.gather(*(log_in(person, PASSWORD) for _ in range(6)))
    assert (await changing).status_code == 204
    for answer in answers:
        if answer.status_code == 200:
            assert not await is_signed_in(Person(person.api, person.email, answer.json()))
        else:
            assert_problem(answer, 401, "wrong_credentials")
    assert await is_signed_in(person)


# --- forgotten ------------------------------------------------------------------------------------


async def test_a_forgotten_password_is_replaced(
    api: httpx.AsyncClient, ada: Person, database: Database
) -> None:
    """The job names the account and nothing of the request; the worker makes the link."""
    headers = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    answer = await api.post(
        "/auth/forgot-password", json={"email": ada.email.upper()}, headers=headers
    )
    assert (answer.status_code, answer.json()) == (202, {"status": "accepted"})
    assert await jobs(database, ada) == [("mail.reset", {"user_id": ada.id})]
    token = await mail_link(database, "reset_password", ada)
    assert (await reset(api, token)).status_code == 204
    assert_problem(await log_in(ada, PASSWORD), 401, "wrong_credentials")
    answer = await log_in(ada, NEW)
    assert answer.json()["user"]["email_verified"], "they read the mail"
    assert await notices(database, ada) == [("password_reset", ada.email)]
    assert_problem(await reset(api, token, "a third horse battery"), 422, "link_expired")


async def test_a_reset_ends_sessions_and_api_tokens(
    ada: Person, other_device: Person, database: Database
) -> None:
    program = await ada.program("account:read")
    earlier = await mail_link(database, "reset_password", ada)
    token = await mail_link(database, "reset_password", ada)
    answer = await reset(ada.api, token)
    assert (answer.status_code, answer.content) == (204, b""), "it signs nobody in"
    for former in (ada, other_device, program):
        assert not await is_signed_in(former)
    assert_problem(await reset(ada.api, earlier, "a third horse battery"), 422, "link_expired")


async def test_a_reset_takes_back_a_change_of_address(ada: Person, database: Database) -> None:
    body = {"email": "thief@example.com", "current_password": PASSWORD}
    assert (await ada.post("/users/me/email", json=body)).status_code == 202
    thief = await mail_link(database, "change_email", ada)
    assert (await reset(ada.api, await mail_link(database, "reset_password", ada))).is_success
    answer = await ada.api.post("/auth/verify-email", json={"token": thief})
    assert_problem(answer, 422, "link_expired")
    user = await account(database, ada)
    assert (user.email, user.pending_email) == (ada.email, None)


async def test_a_reset_enables_nobody(new_person: NewPerson, database: Database) -> None:
    person = await new_person(is_active=False)
    assert_problem(
        await reset(person.api, await mail_link(database, "reset_password", person)),
        422,
        "link_expired",
    )
    asked = await person.api.post("/auth/forgot-password", json={"email": person.email})
    assert asked.status_code == 202
    assert await jobs(database, person) == []
    assert_problem(await log_in(person, PASSWORD), 401, "wrong_credentials")


async def test_a_weak_password_does_not_spend_the_link(ada: Person, database: Database) -> None:
    token = await mail_link(database, "reset_password", ada)
    for weak in ("passwordpassword", ada.email[:40]):
        problem = assert_problem(await reset(ada.api, token, weak), 422, "weak_password")
        assert [one["field"] for one in problem["errors"]] == ["body.password"]
    assert (await reset(ada.api, token)).status_code == 204


@pytest.mark.parametrize("purpose", ["verify_email", "change_email", "export"])
async def test_a_link_serves_its_purpose_only(
    ada: Person, database: Database, purpose: Any
) -> None:
    token = await mail_link(database, purpose, ada, to=ada.email)
    assert_problem(await reset(ada.api, token), 422, "link_expired")


@pytest.mark.parametrize("token", ["x", "\x00", "ü" * 100, "\U0001f480", "' OR 1=1 --", "%s{}"])
async def test_tokens_that_are_none(api: httpx.AsyncClient, token: str) -> None:
    for path, body in (("reset-password", {"password": NEW}), ("verify-email", {})):
        answer = await api.post(f"/auth/{path}", json={"token": token, **body})
        assert_problem(answer, 422, "link_expired")


async def test_an_old_link(ada: Person, database: Database) -> None:
    token = await mail_link(database, "reset_password", ada)
    async with database.transaction() as session:
        await session.execute(
            text("UPDATE mailed_link SET expires_at = now() WHERE user_id = :user"),
            {"user": ada.id},
        )
    assert_problem(await reset(ada.api, token), 422, "link_expired")


async def test_of_ten_requests_with_one_link_one_sets_its_password(
    ada: Person, database: Database
) -> None:
    token = await mail_link(database, "reset_password", ada)
    chosen = [f"{number} horses and a battery" for number in range(10)]
    answers = await asyncio.gather(*(reset(ada.api, token, one) for one in chosen))
    assert Counter(one.status_code for one in answers) == {204: 1, 422: 9}
    for chosen_one, answer in zip(chosen, answers, strict=True):
        if answer.status_code == 422:
            assert_problem(answer, 422, "link_expired")
        is_winner = answer.status_code == 204
        assert (await log_in(ada, chosen_one)).is_success == is_winner


# --- argon2 ---------------------------------------------------------------------------------------


async def test_a_hash_of_other_parameters_is_made_anew(
    new_person: NewPerson, database: Database
) -> None:
    weaker = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1)
    person = await new_person(password_hash=weaker.hash(PASSWORD))
    assert_problem(await log_in(person, NEW), 401, "wrong_credentials")
    assert extract_parameters((await account(database, person)).password_hash or "").time_cost == 1
    for _ in range(2):
        assert (await log_in(person, PASSWORD)).status_code == 200
    parameters = extract_parameters((await account(database, person)).password_hash or "")
    assert (parameters.memory_cost, parameters.time_cost) == (19 * 1024, 2)
    assert await is_signed_in(person), "nothing has changed for anybody"


async def test_so_many_may_wait_for_their_password_to_be_looked_at(
    api: httpx.AsyncClient, ada: Person
) -> None:
    """One more is told to come back: it would only wait until its browser gives up."""
    with no_hashing():
        waiting = [
            asyncio.ensure_future(passwords.verify(PASSWORD, None))
            for _ in range(passwords.MOST_WAITING)
        ]
        await asyncio.sleep(0)  # they begin to wait
        for answer in (
            await log_in(ada, PASSWORD),
            await api.post("/auth/signup", json={"email": "w@example.com", "password": NEW}),
            await ada.post("/auth/reauthenticate", json={"current_password": PASSWORD}),
        ):
            assert_problem(answer, 503, "busy")
            assert answer.headers["retry-after"] == "5"
        assert (await ada.get("/users/me")).status_code == 200, "everything else goes on"
        for one in waiting:
            one.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
    assert (await log_in(ada, PASSWORD)).status_code == 200
