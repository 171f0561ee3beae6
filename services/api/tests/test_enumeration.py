"""Nobody learns from sign-in or “forgot password” whether an address has an account."""

import statistics
import time
from collections.abc import Awaitable, Callable, Iterator

import httpx
import pytest
from argon2 import PasswordHasher

from taskbell.accounts import passwords
from taskbell.ids import new_id

from .conftest import PASSWORD, NewPerson, assert_problem

ROUNDS = 300
NEARLY = 0.10
Ask = Callable[[str], Awaitable[httpx.Response]]


async def medians(ask: Ask, emails: list[str]) -> list[float]:
    """Return the seconds that an answer takes for each address, asked in turn."""
    taken: list[list[float]] = [[] for _ in emails]
    for number in range(ROUNDS + 20):
        for place in range(len(emails)):
            index = (number + place) % len(emails)  # none is always the first
            started = time.perf_counter()
            await ask(emails[index])
            if number >= 20:
                taken[index].append(time.perf_counter() - started)
    return [statistics.median(one) for one in taken]


async def assert_alike(ask: Ask, emails: list[str]) -> None:
    """Measure up to three times: the machine may be busy with something else."""
    for _ in range(3):
        least, *_, most = sorted(found := await medians(ask, emails))
        if most <= least * (1 + NEARLY):
            return
    raise AssertionError(f"{dict(zip(emails, found, strict=True))} are not alike")


@pytest.fixture
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let a hash cost 2 ms instead of 30: what is measured is the rest, which would drown in it."""
    monkeypatch.setattr(
        passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=2048, parallelism=1)
    )
    passwords._decoy.cache_clear()
    yield
    passwords._decoy.cache_clear()


async def test_signing_in_takes_as_long_for_nobody(
    api: httpx.AsyncClient, new_person: NewPerson, quick_hashes: None
) -> None:
    stored = passwords._hasher.hash(PASSWORD)
    known = await new_person(password_hash=stored)
    disabled = await new_person(password_hash=stored, is_active=False)
    elsewhere = await new_person(password_hash=None)

    async def ask(email: str) -> httpx.Response:
        form = {"username": email, "password": "wrong horse battery"}
        answer = await api.post("/auth/login", data=form)
        assert answer.status_code == 401
        return answer

    nobody = f"{new_id().hex}@example.com"
    await assert_alike(ask, [known.email, nobody, disabled.email, elsewhere.email])


async def test_forgetting_takes_as_long_for_nobody(
    api: httpx.AsyncClient, new_person: NewPerson
) -> None:
    known = await new_person()
    disabled = await new_person(is_active=False)

    async def ask(email: str) -> httpx.Response:
        answer = await api.post("/auth/forgot-password", json={"email": email})
        assert answer.status_code == 202
        return answer

    await assert_alike(ask, [known.email, f"{new_id().hex}@example.com", disabled.email])


async def test_the_answers_are_the_same(api: httpx.AsyncClient, new_person: NewPerson) -> None:
    known, disabled = await new_person(), await new_person(is_active=False)
    elsewhere = await new_person(password_hash=None)
    emails = [known.email, f"{new_id().hex}@example.com", disabled.email, elsewhere.email]
    told = []
    for email in emails:
        # the right password too, but for the one account that it opens
        for password in ["wrong horse battery", PASSWORD][: 1 if email == known.email else 2]:
            answer = await api.post("/auth/login", data={"username": email, "password": password})
            problem = assert_problem(answer, 401, "wrong_credentials")
            headers = {name for name in answer.headers if name != "x-request-id"}
            told.append(({**problem, "request_id": None}, sorted(headers)))
    assert told == [told[0]] * len(told)
    answers = [await api.post("/auth/forgot-password", json={"email": one}) for one in emails]
    assert {(one.status_code, one.content) for one in answers} == {(202, b'{"status":"accepted"}')}
    assert len({tuple(sorted(one.headers)) for one in answers}) == 1
