"""Accounts: sign up, sign in, change oneself."""

import asyncio
import unicodedata
from datetime import datetime, timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from core.tests.make import PASSWORD, a_link, a_session, a_user, an_api_token, some_id
from taskbell.accounts import service as accounts
from taskbell.accounts.errors import (
    EmailTakenError,
    LastAdminError,
    NoPasswordError,
    UserNotFoundError,
    WeakPasswordError,
    WrongCredentialsError,
    WrongPasswordError,
)
from taskbell.accounts.models import ApiToken, MailedLink, User
from taskbell.accounts.service import DELETION_GRACE, Proof, email_key
from taskbell.clock import now
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


@pytest.mark.parametrize(
    ("email", "key"),
    [
        ("Ada@EXAMPLE.com", "ada@example.com"),
        ("ada@groß.example", "ada@xn--gro-7ka.example"),
        ("ada@gross.example", "ada@gross.example"),
        ("STRASSE@example.com", "strasse@example.com"),
        ("straße@example.com", "strasse@example.com"),
        ("ada@σας.example", "ada@xn--mxa8ab.example"),
        ("ada@σασ.example", "ada@xn--mxa9ab.example"),
    ],
)
def test_a_domain_is_not_folded_as_a_name_is(email: str, key: str) -> None:
    """`ß` and `ς` are letters of their own in domains (RFC 5892): two owners."""
    assert email_key(email) == key


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


# --- proving who one is ---------------------------------------------------------------------------


LEAVING = {"deletion_at": now() + timedelta(days=3)}


async def notices(session: AsyncSession) -> list[tuple[str, str]]:
    """Return what is mailed to whom."""
    found = await session.scalars(select(Job).where(col(Job.kind) == "mail.notice"))
    return [(job.payload["notice"], job.payload["email"]) for job in found]


async def proven(session: AsyncSession, **fields: Any) -> Proof:
    """Somebody who has proven who they are, whatever their password is."""
    email = "ada@example.com"
    return Proof(await a_user(session, **{"email": email, "password_hash": "hash"} | fields))


def a_stale(proof: Proof) -> Proof:
    """A proof by the password that was theirs before."""
    user = proof.user
    return Proof(User(id=user.id, email=user.email, email_key="x", password_hash="older"))


async def test_a_sign_up_tells_who_it_is(session: AsyncSession) -> None:
    user = await sign_up(session, "ada@example.com", name=None)
    assert (user.name, user.email_verified, user.has_password) == ("", False, True)
    assert (user.locale, user.week_start, user.pending_email) == ("en", "monday", None)


async def test_a_leaving_account_keeps_its_address(session: AsyncSession) -> None:
    """Whoever signs up with it meanwhile is told that it is taken, as always."""
    await a_user(session, email="ada@example.com", **LEAVING)
    with pytest.raises(EmailTakenError):
        await sign_up(session, "ada@example.com")


async def test_who_proved_it_is_let_in(session: AsyncSession) -> None:
    user = await sign_up(session, "ada@example.com")
    stored = user.password_hash
    proof = await accounts.log_in(user, password=PASSWORD)
    assert proof.rehashed is None
    admitted = await accounts.admit(session, proof)
    assert (admitted.id, admitted.password_hash) == (user.id, stored)
    assert await notices(session) == []


@pytest.mark.parametrize("case", ["password changed", "disabled", "gone"])
async def test_what_happened_while_we_looked_at_the_password_counts(
    empty_database: Database, case: str
) -> None:
    async with empty_database.transaction() as session:
        proof = await proven(session)
    async with empty_database.transaction() as session:
        user = await session.get_one(User, proof.user.id)
        if case == "password changed":
            user.password_hash = "another"
        elif case == "disabled":
            user.is_active = False
        else:
            await session.delete(user)
    async with empty_database.transaction() as session:
        with pytest.raises(WrongCredentialsError):
            await accounts.admit(session, proof)
    async with empty_database.transaction() as session:
        with pytest.raises(UserNotFoundError if case != "password changed" else WrongPasswordError):
            await accounts.proven_user(session, proof)


async def test_an_old_password_still_signs_in(session: AsyncSession) -> None:
    """It is ten years old, and so are the parameters of its hash, which is renewed on the way."""
    old = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash(PASSWORD)
    made = now() - timedelta(days=3650)
    user = await a_user(session, password_hash=old, created_at=made, updated_at=made)
    proof = await accounts.log_in(user, password=PASSWORD)
    assert proof.rehashed is not None
    admitted = await accounts.admit(session, proof)
    assert admitted.password_hash == proof.rehashed != old
    assert (await accounts.log_in(admitted, password=PASSWORD)).rehashed is None
    with pytest.raises(WrongCredentialsError):
        await accounts.log_in(admitted, password="wrong horse battery")


async def test_a_short_password_of_old_still_signs_in(session: AsyncSession) -> None:
    """The rules are for new ones."""
    user = await a_user(session, password_hash=PasswordHasher().hash("short"))
    assert (await accounts.log_in(user, password="short")).user is user


async def test_who_comes_back_stays(session: AsyncSession) -> None:
    proof = await proven(session, **LEAVING)
    with pytest.raises(UserNotFoundError):
        await accounts.get_user(session, user_id=proof.user.id)
    user = await accounts.admit(session, proof)
    assert (user.deletion_at, user.is_usable) == (None, True)
    assert await notices(session) == [("account_kept", "ada@example.com")]


async def test_a_disabled_account_does_not_come_back(session: AsyncSession) -> None:
    proof = await proven(session, is_active=False, **LEAVING)
    with pytest.raises(WrongCredentialsError):
        await accounts.admit(session, proof)
    assert proof.user.deletion_at is not None


async def test_prove_again(session: AsyncSession) -> None:
    user = await sign_up(session, "ada@example.com")
    assert (await accounts.prove_again(user, password=PASSWORD)).user is user
    with pytest.raises(WrongPasswordError) as refused:
        await accounts.prove_again(user, password="wrong horse battery")
    assert refused.value.errors[0]["field"] == "body.current_password"
    with pytest.raises(NoPasswordError):
        await accounts.prove_again(await a_user(session), password=PASSWORD)


# --- changing a password --------------------------------------------------------------------------


async def test_a_new_password_ends_all_other_sessions(session: AsyncSession) -> None:
    proof = await proven(session, pending_email="thief@example.com")
    user = proof.user
    mine, other = await a_session(session, user), await a_session(session, user)
    token, _ = await an_api_token(session, user)
    await a_link(session, user, "reset_password")
    await a_link(session, user, "change_email", email="thief@example.com")
    await accounts.change_password(session, proof, new_hash="new", session_id=mine.id)
    assert (user.password_hash, user.pending_email, user.version) == ("new", None, 2)
    for one in (mine, other, token):
        await session.refresh(one)
    assert (mine.ended_at, other.ended_reason) == (None, "password_changed")
    unused = select(MailedLink).where(col(MailedLink.used_at).is_(None))
    assert (await session.scalars(unused)).all() == []
    assert ("password_changed", "ada@example.com") in await notices(session)


async def test_a_password_is_changed_by_who_knows_it_still(session: AsyncSession) -> None:
    proof = await proven(session)
    with pytest.raises(WrongPasswordError):
        await accounts.change_password(session, a_stale(proof), new_hash="new", session_id=None)
    assert (proof.user.password_hash, await notices(session)) == ("hash", [])


async def test_of_two_changes_at_once_one_counts(empty_database: Database) -> None:
    async with empty_database.transaction() as session:
        proof = await proven(session)

    async def change(number: int) -> bool:
        try:
            async with empty_database.transaction() as session:
                await accounts.change_password(
                    session, proof, new_hash=str(number), session_id=None
                )
        except WrongPasswordError:
            return False
        return True

    assert sorted(await asyncio.gather(change(1), change(2))) == [False, True]


# --- leaving --------------------------------------------------------------------------------------


async def test_leaving_signs_out_everywhere_and_is_for_good_in_a_week(
    session: AsyncSession,
) -> None:
    proof = await proven(session, pending_email="x@example.com")
    user, other = proof.user, await a_user(session)
    mine, theirs = await a_session(session, user), await a_session(session, other)
    for owner in (user, other):
        await an_api_token(session, owner)
        await a_link(session, owner, "export")
    await accounts.delete_account(session, proof)
    assert user.deletion_at is not None
    assert abs(user.deletion_at - now() - DELETION_GRACE) < timedelta(minutes=1)
    assert (user.is_usable, user.pending_email) == (False, None)
    for one in (mine, theirs):
        await session.refresh(one)
    assert (mine.ended_reason, theirs.ended_at) == ("account_deleted", None)
    assert (await session.scalars(select(col(ApiToken.user_id)))).all() == [other.id]
    unused = select(col(MailedLink.user_id)).where(col(MailedLink.used_at).is_(None))
    assert (await session.scalars(unused)).all() == [other.id]
    purge = (await session.scalars(select(Job).where(col(Job.kind) == "account.purge"))).one()
    assert (purge.payload, purge.run_at) == ({"user_id": str(user.id)}, user.deletion_at)
    planned = [
        job.payload["moment"]
        for job in await session.scalars(select(Job).where(col(Job.kind) == "mail.notice"))
        if job.payload["notice"] == "deletion_planned"
    ]
    assert [datetime.fromisoformat(moment) for moment in planned] == [user.deletion_at]


async def test_the_last_administrator_cannot_leave(session: AsyncSession) -> None:
    proof = await proven(session, role="admin")
    await a_user(session, role="admin", is_active=False)
    with pytest.raises(LastAdminError):
        await accounts.delete_account(session, proof)
    assert proof.user.deletion_at is None
    await a_user(session, role="admin")
    await accounts.delete_account(session, proof)
    assert proof.user.deletion_at is not None


async def test_of_two_administrators_who_leave_at_once_one_stays(
    empty_database: Database,
) -> None:
    async with empty_database.transaction() as session:
        pair = [await proven(session, email=f"{n}@example.com", role="admin") for n in range(2)]

    async def leave(proof: Proof) -> bool:
        try:
            async with empty_database.transaction() as session:
                await accounts.delete_account(session, proof)
        except LastAdminError:
            return False
        return True

    assert sorted(await asyncio.gather(*(leave(proof) for proof in pair))) == [False, True]


@pytest.mark.parametrize("case", ["stale", "disabled", "left already"])
async def test_who_cannot_leave(session: AsyncSession, case: str) -> None:
    every: dict[str, dict[str, Any]] = {"disabled": {"is_active": False}, "left already": LEAVING}
    fields = every.get(case, {})
    proof = await proven(session, **fields)
    stale = case == "stale"
    with pytest.raises(WrongPasswordError if stale else UserNotFoundError):
        await accounts.delete_account(session, a_stale(proof) if stale else proof)
    assert (await session.scalars(select(Job))).all() == []
