"""Links in mails: random, kept as hashes, good for one purpose, once, for a while."""

import asyncio
import hashlib
from contextlib import suppress
from datetime import timedelta
from typing import get_args
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from core.tests.make import a_link, a_user, some_id
from taskbell.accounts import links
from taskbell.accounts.errors import LinkExpiredError
from taskbell.accounts.links import PRUNE_AFTER, TTL, NewLink, Purpose
from taskbell.accounts.models import MailedLink
from taskbell.db import Database

PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
SECOND = timedelta(seconds=1)


async def rows(session: AsyncSession) -> list[MailedLink]:
    every = select(MailedLink).execution_options(populate_existing=True)
    return list(await session.scalars(every))


async def let_pass(session: AsyncSession, link: NewLink, time: timedelta) -> None:
    """Let the time since a link was kept pass."""
    await session.execute(
        update(MailedLink)
        .where(col(MailedLink.user_id) == link.user_id, col(MailedLink.purpose) == link.purpose)
        .values(expires_at=MailedLink.expires_at - time)
        .execution_options(synchronize_session=False)
    )
    session.expunge_all()


async def works(session: AsyncSession, link: NewLink) -> bool:
    try:
        await links.use(session, token=link.token, purposes=PURPOSES)
    except LinkExpiredError:
        return False
    return True


def test_a_new_link_works_for_nobody_yet() -> None:
    link = NewLink.make("export", user_id=some_id(), email="ada@example.com")
    assert link.url("https://x.example") == f"https://x.example/export#token={link.token}"


@pytest.mark.parametrize("purpose", PURPOSES)
def test_no_server_sees_the_token_of_a_link(purpose: Purpose) -> None:
    link = NewLink.make(purpose, user_id=some_id(), email="ada@example.com")
    address = urlsplit(link.url("https://tasks.example.com"))
    assert link.token not in address.path + address.query
    assert address.fragment == f"token={link.token}"
    assert set(TTL) == set(links.PAGES) == set(PURPOSES)


async def test_a_link_is_random_and_kept_as_a_hash(session: AsyncSession) -> None:
    user = await a_user(session)
    made = [await a_link(session, user, "verify_email") for _ in range(20)]
    assert len({link.token for link in made}) == 20
    assert all(len(link.token) == 43 for link in made)  # 256 bits in base64
    stored = await rows(session)
    assert {row.token_hash for row in stored} == {
        hashlib.sha256(link.token.encode()).digest() for link in made
    }
    everything = repr([row.model_dump() for row in stored])
    assert not any(link.token in everything for link in made)


@pytest.mark.parametrize("purpose", PURPOSES)
async def test_a_link_works_once(session: AsyncSession, purpose: Purpose) -> None:
    user = await a_user(session)
    link = await a_link(session, user, purpose, email="to@example.com")
    found = await links.use(session, token=link.token, purposes=(purpose,))
    assert (found.user_id, found.purpose, found.email) == (user.id, purpose, "to@example.com")
    assert found.used_at is not None
    for _ in range(2):
        with pytest.raises(LinkExpiredError):
            await links.use(session, token=link.token, purposes=(purpose,))


async def test_of_ten_at_once_one_gets_it(empty_database: Database) -> None:
    async with empty_database.transaction() as session:
        link = await a_link(session, await a_user(session), "reset_password")
    ready = asyncio.Barrier(10)

    async def attempt() -> UUID | None:
        async with empty_database.transaction() as session:
            await session.connection()
            await ready.wait()
            try:
                found = await links.use(session, token=link.token, purposes=("reset_password",))
            except LinkExpiredError:
                return None
            return found.user_id

    answers = await asyncio.gather(*(attempt() for _ in range(10)))
    assert [answer for answer in answers if answer] == [link.user_id]


async def test_a_use_that_is_rolled_back_was_none(empty_database: Database) -> None:
    async with empty_database.transaction() as session:
        link = await a_link(session, await a_user(session), "reset_password")
    with suppress(ZeroDivisionError):
        async with empty_database.transaction() as session:
            assert await works(session, link)
            raise ZeroDivisionError
    async with empty_database.transaction() as session:
        assert await works(session, link)


@pytest.mark.parametrize("purpose", PURPOSES)
async def test_a_link_ends(session: AsyncSession, purpose: Purpose) -> None:
    user = await a_user(session)
    link = await a_link(session, user, purpose)
    await let_pass(session, link, TTL[purpose] - SECOND * 10)
    await links.check(session, token=link.token, purpose=purpose, user_id=user.id, field="x")
    assert await links.email_of(session, token=link.token, purpose=purpose) == user.email
    await let_pass(session, link, SECOND * 11)
    assert not await works(session, link)
    with pytest.raises(LinkExpiredError):
        await links.check(session, token=link.token, purpose=purpose, user_id=user.id, field="x")
    with pytest.raises(LinkExpiredError):
        await links.email_of(session, token=link.token, purpose=purpose)


@pytest.mark.parametrize("purpose", PURPOSES)
async def test_a_link_is_good_for_its_purpose_only(session: AsyncSession, purpose: Purpose) -> None:
    user = await a_user(session)
    link = await a_link(session, user, purpose)
    for other in (other for other in PURPOSES if other != purpose):
        with pytest.raises(LinkExpiredError):
            await links.use(session, token=link.token, purposes=(other,))
        with pytest.raises(LinkExpiredError):
            await links.check(session, token=link.token, purpose=other, user_id=user.id, field="x")
        with pytest.raises(LinkExpiredError):
            await links.email_of(session, token=link.token, purpose=other)
    assert await works(session, link)


@pytest.mark.parametrize(
    "token", ["", "x" * 43, "ü\ud800", "\x00", "x" * 10_000], ids=ascii
)  # fmt: skip
async def test_what_is_no_link(session: AsyncSession, token: str) -> None:
    user = await a_user(session)
    await a_link(session, user, "export")
    with pytest.raises(LinkExpiredError):
        await links.use(session, token=token, purposes=PURPOSES)
    with pytest.raises(LinkExpiredError):
        await links.email_of(session, token=token, purpose="export")
    with pytest.raises(LinkExpiredError) as refused:
        await links.check(
            session, token=token, purpose="export", user_id=user.id, field="query.token"
        )
    assert refused.value.errors[0]["field"] == "query.token"


async def test_a_hash_is_no_link(session: AsyncSession) -> None:
    """Who reads the table has nothing to click."""
    await a_link(session, await a_user(session), "reset_password")
    (row,) = await rows(session)
    for token in (row.token_hash.hex(), row.token_hash.decode("latin-1")):
        with pytest.raises(LinkExpiredError):
            await links.use(session, token=token, purposes=PURPOSES)


async def test_a_look_does_not_spend_and_is_for_its_owner(session: AsyncSession) -> None:
    ada, bob = await a_user(session), await a_user(session)
    link = await a_link(session, ada, "export")
    for _ in range(3):
        await links.check(session, token=link.token, purpose="export", user_id=ada.id, field="x")
    with pytest.raises(LinkExpiredError):
        await links.check(session, token=link.token, purpose="export", user_id=bob.id, field="x")
    assert await works(session, link)
    session.expunge_all()
    with pytest.raises(LinkExpiredError):
        await links.check(session, token=link.token, purpose="export", user_id=ada.id, field="x")


async def test_a_spent_link_names_nobody(session: AsyncSession) -> None:
    link = await a_link(session, await a_user(session), "reset_password")
    assert await links.email_of(session, token=link.token, purpose="reset_password") == link.email
    assert await works(session, link)
    session.expunge_all()
    with pytest.raises(LinkExpiredError):
        await links.email_of(session, token=link.token, purpose="reset_password")


async def test_all_of_some_purposes_are_spent(session: AsyncSession) -> None:
    ada, bob = await a_user(session), await a_user(session)
    gone = [
        await a_link(session, ada, "reset_password"),
        await a_link(session, ada, "reset_password"),
        await a_link(session, ada, "verify_email"),
    ]
    kept = [await a_link(session, ada, "export"), await a_link(session, bob, "reset_password")]
    used = await a_link(session, ada, "reset_password")
    moment = (await links.use(session, token=used.token, purposes=("reset_password",))).used_at
    await links.spend_all(session, user_id=ada.id, purposes=("reset_password", "verify_email"))
    assert [await works(session, link) for link in gone] == [False] * 3
    assert [await works(session, link) for link in kept] == [True] * 2
    assert moment in {row.used_at for row in await rows(session)}, "when it was used, is kept"


async def test_links_that_ended_long_ago_are_deleted(session: AsyncSession) -> None:
    user = await a_user(session)
    old = await a_link(session, user, "verify_email")
    await let_pass(session, old, TTL["verify_email"] + PRUNE_AFTER + SECOND)
    ended = await a_link(session, user, "change_email")
    await let_pass(session, ended, TTL["change_email"] + PRUNE_AFTER - SECOND * 10)
    fresh = await a_link(session, user, "reset_password")
    assert await works(session, fresh)
    await links.prune_links(session, most=100)
    assert {row.purpose for row in await rows(session)} == {"change_email", "reset_password"}
