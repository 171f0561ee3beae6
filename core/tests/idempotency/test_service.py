"""Answers kept for their key: who holds it, what is found, and for how long."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from core.tests.make import a_user
from taskbell.accounts.models import User
from taskbell.clock import now
from taskbell.db import Database
from taskbell.idempotency import service as idempotency
from taskbell.idempotency.errors import (
    IdempotencyInFlightError,
    IdempotencyKeyReusedError,
    MalformedIdempotencyKeyError,
)
from taskbell.idempotency.models import IdempotencyKey
from taskbell.idempotency.service import KEPT, Answer, prune_keys

ANSWER = Answer(201, b'{"title":"\xf0\x9f\x92\x9a"}', "/api/v1/tasks/1", '"1"')
SECOND = timedelta(seconds=1)


def claim(owner: User | UUID, key: str = "k", fingerprint: bytes = b"same") -> dict[str, Any]:
    owner_id = owner if isinstance(owner, UUID) else owner.id
    return {"owner_id": owner_id, "key": key, "fingerprint": fingerprint}


async def let_pass(session: AsyncSession, age: timedelta) -> None:
    await session.execute(update(IdempotencyKey).values(created_at=now() - age))


async def count(session: AsyncSession) -> int:
    return await session.scalar(select(func.count()).select_from(IdempotencyKey)) or 0


@pytest.fixture
async def ada(session: AsyncSession) -> User:
    return await a_user(session)


async def test_an_answer_is_found_again(session: AsyncSession, ada: User) -> None:
    assert await idempotency.begin(session, **claim(ada)) is None
    await idempotency.keep(session, **claim(ada), answer=ANSWER)
    assert await idempotency.begin(session, **claim(ada)) == ANSWER
    bare = Answer(204, b"", None, None)
    await idempotency.keep(session, **claim(ada, "other"), answer=bare)
    assert await idempotency.begin(session, **claim(ada, "other")) == bare


async def test_a_key_is_for_one_request(session: AsyncSession, ada: User) -> None:
    await idempotency.keep(session, **claim(ada), answer=ANSWER)
    with pytest.raises(IdempotencyKeyReusedError):
        await idempotency.begin(session, **claim(ada, fingerprint=b"another"))


async def test_a_key_is_its_owners(session: AsyncSession, ada: User) -> None:
    await idempotency.keep(session, **claim(ada), answer=ANSWER)
    bob = await a_user(session)
    assert await idempotency.begin(session, **claim(bob)) is None


async def test_keys_are_compared_to_the_letter(session: AsyncSession, ada: User) -> None:
    await idempotency.keep(session, **claim(ada, "key"), answer=ANSWER)
    for other in ("KEY", "key.", "ke", "kéy"):
        assert await idempotency.begin(session, **claim(ada, other)) is None


async def test_an_old_answer_is_as_if_it_were_not_there(session: AsyncSession, ada: User) -> None:
    await idempotency.keep(session, **claim(ada), answer=ANSWER)
    await let_pass(session, KEPT - SECOND)
    assert await idempotency.begin(session, **claim(ada)) == ANSWER
    await let_pass(session, KEPT + SECOND)
    newer = claim(ada, fingerprint=b"another")
    assert await idempotency.begin(session, **newer) is None
    await idempotency.keep(session, **newer, answer=ANSWER._replace(body=b"{}"))
    assert await idempotency.begin(session, **newer) == ANSWER._replace(body=b"{}")
    assert await count(session) == 1


async def test_one_transaction_holds_a_key(empty_database: Database) -> None:
    async with empty_database.transaction() as session:
        ada, bob = await a_user(session), await a_user(session)
    async with empty_database.transaction() as first:
        await idempotency.begin(first, **claim(ada))
        async with empty_database.transaction() as second:
            with pytest.raises(IdempotencyInFlightError) as raised:
                await idempotency.begin(second, **claim(ada))
            assert raised.value.headers == {"Retry-After": "1"}
            for free in (claim(ada, "other"), claim(bob)):
                assert await idempotency.begin(second, **free) is None
        await idempotency.keep(first, **claim(ada), answer=ANSWER)
    async with empty_database.transaction() as third:
        assert await idempotency.begin(third, **claim(ada)) == ANSWER


async def test_a_transaction_that_fails_leaves_nothing(empty_database: Database) -> None:
    async with empty_database.transaction() as session:
        ada = await a_user(session)

    async def fail() -> None:
        async with empty_database.transaction() as session:
            await idempotency.begin(session, **claim(ada))
            await idempotency.keep(session, **claim(ada), answer=ANSWER)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with empty_database.transaction() as session:
        assert await idempotency.begin(session, **claim(ada)) is None


async def test_old_answers_are_pruned_a_batch_at_a_time(session: AsyncSession, ada: User) -> None:
    for number in range(5):
        await idempotency.keep(session, **claim(ada, f"{number}"), answer=ANSWER)
    await let_pass(session, KEPT - SECOND)
    assert await prune_keys(session, most=10) == 0
    await let_pass(session, KEPT + SECOND)
    await idempotency.keep(session, **claim(ada, "new"), answer=ANSWER)
    assert [await prune_keys(session, most=3) for _ in range(3)] == [3, 2, 0]
    assert await count(session) == 1


async def test_answers_go_with_the_account(session: AsyncSession, ada: User) -> None:
    await idempotency.keep(session, **claim(ada), answer=ANSWER)
    await session.delete(ada)
    await session.flush()
    left = await session.scalars(select(col(IdempotencyKey.key)))
    assert left.all() == []


@pytest.mark.parametrize("key", ["a", "~!", '"quoted"', "x" * 255, "0198f2a4-c1d3-7d1b-8a55"])
def test_good_keys(key: str) -> None:
    idempotency.check_key(key)


@pytest.mark.parametrize("key", ["", " ", "a b", "a\t", "x" * 256, "ü", "a\n", "\x7f", "١"])
def test_bad_keys(key: str) -> None:
    with pytest.raises(MalformedIdempotencyKeyError):
        idempotency.check_key(key)
