"""Accounts: sign up, sign in, change oneself."""

import asyncio
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from core.tests.make import PASSWORD, a_user, some_id
from taskbell.accounts import service as accounts
from taskbell.accounts.errors import (
    EmailTakenError,
    UserNotFoundError,
    WeakPasswordError,
    WrongCredentialsError,
)
from taskbell.accounts.models import User
from taskbell.accounts.service import email_key
from taskbell.db import Database
from taskbell.jobs.models import Job
from taskbell.lists import service as lists
from taskbell.lists.models import TaskList


async def sign_up(session: AsyncSession, email: str, **more: Any) -> User:
    fields = {"password": PASSWORD, "name": "Ada", "time_zone": "Europe/London"} | more
    return await accounts.sign_up(session, email=email, **fields)


async def test_sign_up(session: AsyncSession) -> None:
    user = await sign_up(session, "Ada@Example.com")
    assert (user.email, user.email_key) == ("Ada@Example.com", "ada@example.com")
    assert (user.role, user.is_active, user.time_zone) == ("user", True, "Europe/London")
    assert user.password_hash is not None
    assert PASSWORD not in user.password_hash
    job = (await session.scalars(select(Job))).one()
    assert (job.kind, job.payload) == ("mail.welcome", {"user_id": str(user.id)})


async def test_a_weak_password_makes_no_account(session: AsyncSession) -> None:
    with pytest.raises(WeakPasswordError):
        await sign_up(session, "ada@example.com", password="passwordpassword")
    assert await accounts.find_by_email(session, email="ada@example.com") is None


SPELLINGS = [
    "zoë@example.com",
    "ZOË@example.com",
    unicodedata.normalize("NFD", "zoë@example.com"),
    "zo\uff45\u0308@example.com",  # a fullwidth e
    "Zoë@EXAMPLE.COM",
] * 2


async def test_one_address_however_spelled_is_one_account(empty_database: Database) -> None:
    """Ten sign-ups at the same time leave one account, one inbox and one welcome mail."""

    async def attempt(email: str) -> str:
        try:
            async with empty_database.transaction() as session:
                user = await sign_up(session, email)
                await lists.create_inbox(session, owner_id=user.id)
        except EmailTakenError:
            return "taken"
        return "made"

    answers = await asyncio.gather(*(attempt(email) for email in SPELLINGS))
    assert sorted(answers) == ["made"] + ["taken"] * 9
    async with empty_database.transaction() as session:
        for table in (User, TaskList, Job):
            assert await session.scalar(select(func.count()).select_from(table)) == 1


@given(st.emails() | st.text())
def test_the_key_of_a_key_is_itself(email: str) -> None:
    assert email_key(email_key(email)) == email_key(email)
    assert email_key(email) == email_key(f" {email}\n")


@pytest.mark.parametrize("typed", ["ada@example.com", "ADA@example.com", " ada@example.com "])
async def test_an_account_is_found_however_it_is_typed(session: AsyncSession, typed: str) -> None:
    user = await a_user(session, email="Ada@example.com")
    assert await accounts.find_by_email(session, email=typed) is user


async def test_log_in(session: AsyncSession) -> None:
    user = await sign_up(session, "ada@example.com")
    assert (await accounts.log_in(user, password=PASSWORD)).user is user


@pytest.mark.parametrize("case", ["nobody", "wrong", "inactive", "no password"])
async def test_every_failure_to_log_in_looks_the_same(session: AsyncSession, case: str) -> None:
    user: User | None = await sign_up(session, "ada@example.com")
    assert user is not None
    password = "wrong horse battery" if case == "wrong" else PASSWORD
    if case == "inactive":
        user.is_active = False
    elif case == "no password":
        user.password_hash = None
    with pytest.raises(WrongCredentialsError) as refused:
        await accounts.log_in(None if case == "nobody" else user, password=password)
    assert refused.value.detail == WrongCredentialsError.title


async def test_change_oneself(session: AsyncSession) -> None:
    user = await a_user(session, name="Ada")
    changed = await accounts.update_user(session, user_id=user.id, changes={"time_zone": "UTC"})
    assert (changed.name, changed.time_zone, changed.version) == ("Ada", "UTC", 2)


@pytest.mark.parametrize("known", [True, False])
async def test_nobody_inactive_is_found(session: AsyncSession, known: bool) -> None:
    user_id = (await a_user(session, is_active=False)).id if known else some_id()
    with pytest.raises(UserNotFoundError):
        await accounts.get_user(session, user_id=user_id)
    with pytest.raises(UserNotFoundError):
        await accounts.update_user(session, user_id=user_id, changes={"name": "x"})


async def test_two_changes_at_once_both_count(empty_database: Database) -> None:
    async with empty_database.transaction() as session:
        user = await a_user(session)

    async def change(number: int) -> None:
        async with empty_database.transaction() as session:
            await accounts.update_user(session, user_id=user.id, changes={"name": str(number)})

    await asyncio.gather(*(change(number) for number in range(5)))
    async with empty_database.transaction() as session:
        version = await session.scalar(select(col(User.version)).where(col(User.id) == user.id))
    assert version == 6
