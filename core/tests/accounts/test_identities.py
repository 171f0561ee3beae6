"""People whom another sign-in service knows: which account a token leads to."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel, col

from core.tests.make import PASSWORD, a_user
from taskbell.accounts import links, service
from taskbell.accounts.errors import InvalidTokenError, LinkExpiredError, WrongCredentialsError
from taskbell.accounts.identities import (
    EmailNotVerifiedError,
    ExternalIdentity,
    IdentityIncompleteError,
    find_user,
    user_of,
)
from taskbell.accounts.models import ApiToken, AuthSession, Identity, User
from taskbell.accounts.passwords import hash_password
from taskbell.clock import now
from taskbell.db import Database
from taskbell.jobs.models import Job
from taskbell.lists.models import TaskList
from taskbell.lists.service import create_inbox

ISSUER = "https://app.example.com"
ADA = ExternalIdentity(
    issuer=ISSUER,
    subject="u1",
    email="ada@example.com",
    email_verified=True,
    name="Ada",
    issued_at=now(),
)
Stop = Callable[[User], None]


def _disable(user: User) -> None:
    user.is_active = False


def _leave(user: User) -> None:
    user.deletion_at = now() + timedelta(days=7)


UNUSABLE = pytest.mark.parametrize("stop", [_disable, _leave])


async def _count(session: AsyncSession, table: type[SQLModel]) -> int:
    return await session.scalar(select(func.count()).select_from(table)) or 0


async def test_first_sight_makes_an_account(session: AsyncSession) -> None:
    user, created = await user_of(session, identity=ADA)
    assert created
    assert (user.email, user.email_key, user.name) == ("ada@example.com", "ada@example.com", "Ada")
    assert (user.password_hash, user.role, user.is_usable) == (None, "user", True)
    assert user.email_verified_at is not None
    identity = (await session.scalars(select(Identity))).one()
    assert (identity.issuer, identity.subject, identity.user_id) == (ISSUER, "u1", user.id)
    assert await _count(session, Job) == 0  # its owner is welcomed over there


async def test_second_sight_finds_it_whatever_else_the_token_says(session: AsyncSession) -> None:
    user, _ = await user_of(session, identity=ADA)
    changed = replace(ADA, email="other@example.com", name="Somebody", email_verified=False)
    again, created = await user_of(session, identity=changed)
    assert (again.id, created) == (user.id, False)
    assert (again.email, again.name) == ("ada@example.com", "Ada")


async def test_an_account_is_an_issuer_and_a_subject(session: AsyncSession) -> None:
    seen = set()
    for number, (issuer, subject) in enumerate(
        [(ISSUER, "u1"), (ISSUER, "u2"), (ISSUER, "U1"), (ISSUER + "u", "1"), ("https://x", "u1")]
    ):
        email = f"{number}@example.com"
        one = replace(ADA, issuer=issuer, subject=subject, email=email)
        user, created = await user_of(session, identity=one)
        assert created
        seen.add(user.id)
    assert len(seen) == 5


async def test_fifty_first_requests_at_once_make_one_account(empty_database: Database) -> None:
    here, together = 0, asyncio.Event()

    async def arrive(number: int) -> bool:
        nonlocal here
        # the address may change between two tokens: it is one person all the same
        one = replace(ADA, email=f"ada{number % 2}@example.com")
        async with empty_database.transaction() as session:
            await session.execute(select(1))
            here += 1
            if here == 10:  # as many as there are connections
                together.set()
            await together.wait()
            user, created = await user_of(session, identity=one)
            if created:
                await create_inbox(session, owner_id=user.id)
            return created

    assert sum(await asyncio.gather(*map(arrive, range(50)))) == 1
    async with empty_database.transaction() as session:
        for table in (User, Identity, TaskList):
            assert await _count(session, table) == 1


async def test_two_people_with_one_address_at_once(empty_database: Database) -> None:
    """Both tokens say it is verified: the one who comes second is linked to the same account."""

    async def arrive(subject: str) -> bool:
        async with empty_database.transaction() as session:
            _, created = await user_of(session, identity=replace(ADA, subject=subject))
            return created

    created = await asyncio.gather(*(arrive(f"u{number}") for number in range(10)))
    assert sum(created) == 1
    async with empty_database.transaction() as session:
        assert (await _count(session, User), await _count(session, Identity)) == (1, 10)


async def test_a_sign_up_and_a_first_sight_at_once(empty_database: Database) -> None:
    async def sign_up() -> None:
        async with empty_database.transaction() as session:
            await service.add_user(session, email="Ada@example.com", password_hash="x")

    async def arrive() -> None:
        async with empty_database.transaction() as session:
            await user_of(session, identity=ADA)

    await asyncio.gather(sign_up(), arrive(), return_exceptions=True)
    async with empty_database.transaction() as session:
        user = (await session.scalars(select(User))).one()
        assert user.email_verified_at is not None
        assert user.password_hash is None  # whoever came first


@pytest.mark.parametrize(
    "email", [None, "", "nobody", "Ada <ada@example.com>", "a@b@example.com", "x" * 250 + "@e.com"]
)
async def test_a_new_account_needs_an_address(session: AsyncSession, email: str | None) -> None:
    with pytest.raises(IdentityIncompleteError):
        await user_of(session, identity=replace(ADA, email=email))
    assert await _count(session, User) == 0


@pytest.mark.parametrize(
    ("name", "kept"), [("", ""), (" Ada ", "Ada"), ("x" * 200, "x" * 100), ("a\x00\nb", "")]
)
async def test_a_name_is_no_reason_to_refuse(session: AsyncSession, name: str, kept: str) -> None:
    user, _ = await user_of(session, identity=replace(ADA, name=name))
    assert user.name == kept


async def test_both_sides_have_verified_the_address(session: AsyncSession) -> None:
    local = await a_user(
        session,
        email="Ada@Example.com",
        password_hash="x",
        role="admin",
        email_verified_at=now(),
    )
    user, created = await user_of(session, identity=ADA)
    assert (user.id, created) == (local.id, False)
    assert (user.password_hash, user.role, user.name) == ("x", "admin", "")
    job = (await session.scalars(select(Job))).one()
    assert (job.kind, job.payload["notice"]) == ("mail.notice", "identity_linked")


@pytest.mark.parametrize("verified", [True, False])
async def test_an_address_the_token_does_not_vouch_for(
    session: AsyncSession, verified: bool
) -> None:
    await a_user(session, email="ada@example.com", email_verified_at=now() if verified else None)
    with pytest.raises(EmailNotVerifiedError):
        await user_of(session, identity=replace(ADA, email_verified=False))
    assert await _count(session, Identity) == 0


@pytest.mark.parametrize(
    ("there", "proven"),
    [
        ("ada@gross.example", "ada@groß.example"),  # two domains (RFC 5892)
        ("ada@gross.example", "ada@xn--gro-7ka.example"),
        ("ada@example.com", "ａda@example.com"),  # full width: the same key
        ("gross@example.com", "groß@example.com"),
    ],
)
@pytest.mark.parametrize("confirmed", [True, False])
async def test_an_address_that_only_looks_alike_opens_nothing(
    session: AsyncSession, there: str, proven: str, confirmed: bool
) -> None:
    holder = await a_user(session, email=there, email_verified_at=now() if confirmed else None)
    identity = replace(ADA, email=proven)
    try:
        user, created = await user_of(session, identity=identity)
        assert created, "another domain is another account"
        assert user.id != holder.id
    except EmailNotVerifiedError:
        pass
    assert (holder.email_verified_at is not None) == confirmed
    assert await session.scalar(select(func.count()).where(col(Identity.user_id) == holder.id)) == 0


async def test_an_identity_confirms_its_own_address_only(session: AsyncSession) -> None:
    waiting = replace(ADA, email="ada@gross.example", email_verified=False)
    user, _ = await user_of(session, identity=waiting)
    for proven in ("ada@groß.example", "bob@gross.example"):
        found, _ = await user_of(session, identity=replace(ADA, email=proven))
        assert found.id == user.id
        assert found.email_verified_at is None
    found, _ = await user_of(session, identity=replace(ADA, email="Ada@GROSS.example"))
    assert found.email_verified_at is not None


async def test_an_account_that_waited_for_its_victim(session: AsyncSession) -> None:
    """Somebody signed up with Ada's address, and has every way back in that there is."""
    waiting = await a_user(
        session, email="ada@example.com", password_hash="x", pending_email="eve@example.com"
    )
    old = AuthSession(user_id=waiting.id, expires_at=now() + timedelta(days=1))
    change = links.NewLink.make("change_email", user_id=waiting.id, email="eve@example.com")
    await links.keep(session, change)
    session.add_all(
        [
            old,
            ApiToken(
                user_id=waiting.id, name="x", token_hash=b"x", prefix="tb_x", scopes=["admin"]
            ),
            Identity(issuer=ISSUER, subject="eve", user_id=waiting.id),
        ]
    )
    await session.flush()

    user, created = await user_of(session, identity=ADA)

    assert (user.id, created) == (waiting.id, False)
    assert (user.password_hash, user.pending_email, user.version) == (None, None, 2)
    assert user.email_verified_at is not None
    await session.refresh(old)
    assert old.ended_reason == "taken_over"
    assert await _count(session, ApiToken) == 0
    assert [one.subject for one in await session.scalars(select(Identity))] == ["u1"]
    with pytest.raises(LinkExpiredError):
        await links.use(session, token=change.token, purposes=("change_email",))


@UNUSABLE
async def test_an_unusable_account_is_not_linked(session: AsyncSession, stop: Stop) -> None:
    local = await a_user(session, email="ada@example.com", email_verified_at=now())
    stop(local)
    await session.flush()
    with pytest.raises(InvalidTokenError):
        await user_of(session, identity=ADA)
    assert await _count(session, Identity) == 0


@UNUSABLE
async def test_nobody_comes_back_to_an_unusable_account(session: AsyncSession, stop: Stop) -> None:
    user, _ = await user_of(session, identity=ADA)
    stop(user)
    await session.flush()
    with pytest.raises(InvalidTokenError):
        await user_of(session, identity=ADA)


async def test_a_log_in_that_began_before_the_account_was_taken_over(
    empty_database: Database,
) -> None:
    """The password was right when it was looked at; it must be right when the session begins."""
    async with empty_database.transaction() as session:
        hashed = await hash_password(PASSWORD)
        user = await a_user(session, email="ada@example.com", password_hash=hashed)
    proof = await service.log_in(user, password=PASSWORD)
    async with empty_database.transaction() as session:
        await user_of(session, identity=ADA)
    with pytest.raises(WrongCredentialsError):
        async with empty_database.transaction() as session:
            await service.admit(session, proof)


async def test_an_address_that_is_verified_later(empty_database: Database) -> None:
    unsure = replace(ADA, email="Ada@example.com", email_verified=False)

    async def arrive(identity: ExternalIdentity) -> User:
        async with empty_database.transaction() as session:
            return (await user_of(session, identity=identity))[0]

    async def seen(**changes: Any) -> bool | None:
        found = await find_user(empty_database, identity=replace(ADA, **changes))
        return found and found.email_verified

    assert (await arrive(unsure)).email_verified_at is None
    assert await seen(email_verified=False) is False
    assert await seen(email="other@example.com") is False  # another address proves nothing
    assert await seen() is None  # there is something to be changed
    user = await arrive(ADA)
    assert (user.version, user.email_verified_at is not None) == (2, True)
    assert await seen() is True
    assert (await arrive(ADA)).version == 2


async def test_the_quick_way_finds_usable_accounts_only(empty_database: Database) -> None:
    async with empty_database.transaction() as session:
        user, _ = await user_of(session, identity=ADA)
        user.role = "admin"
    found = await find_user(empty_database, identity=ADA)
    assert found is not None
    assert (found.user_id, found.role) == (user.id, "admin")
    for other in (replace(ADA, subject="u2"), replace(ADA, issuer="https://other.example")):
        assert await find_user(empty_database, identity=other) is None
    for stop in (_disable, _leave):
        async with empty_database.transaction() as session:
            locked = await session.get_one(User, user.id)
            locked.is_active, locked.deletion_at = True, None
            stop(locked)
        assert await find_user(empty_database, identity=ADA) is None


async def test_a_deleted_account_leaves_no_identity(session: AsyncSession) -> None:
    user, _ = await user_of(session, identity=ADA)
    await session.delete(user)
    await session.flush()
    assert await _count(session, Identity) == 0
    again, created = await user_of(session, identity=ADA)
    assert created
    assert again.id != user.id
