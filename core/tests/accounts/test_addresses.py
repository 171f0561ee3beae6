"""Addresses and forgotten passwords: what the links do, and what ends them."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from core.tests.make import a_link, a_session, a_user, an_api_token, some_id
from taskbell.accounts import addresses, links
from taskbell.accounts.errors import (
    EmailTakenError,
    EmailVerifiedError,
    LinkExpiredError,
    UserNotFoundError,
    WrongPasswordError,
)
from taskbell.accounts.links import NewLink, Purpose
from taskbell.accounts.models import ApiToken, AuthSession, MailedLink, User
from taskbell.accounts.service import Proof
from taskbell.clock import now
from taskbell.db import Database
from taskbell.jobs.models import Job

OLD, NEW = "ada@example.com", "Ada@new.example"
OTHERS: tuple[Purpose, ...] = ("reset_password", "verify_email", "export")


async def jobs(session: AsyncSession) -> list[tuple[str, Any]]:
    """Return the kinds of mails and their payloads, and forget them."""
    found = list(await session.scalars(select(Job).order_by(col(Job.id))))
    for job in found:
        await session.delete(job)
    await session.flush()
    return [(job.kind, job.payload) for job in found]


async def notices(session: AsyncSession) -> list[tuple[str, str]]:
    return [(payload["notice"], payload["email"]) for _, payload in await jobs(session)]


async def works(session: AsyncSession, link: NewLink) -> bool:
    unused = col(MailedLink.used_at).is_(None)
    stored = select(unused).where(col(MailedLink.token_hash) == links.hash_of(link.token))
    return bool(await session.scalar(stored))


async def asked(session: AsyncSession, *, email: str = NEW) -> tuple[User, NewLink]:
    """A user who asked for another address, and the link that was mailed there."""
    user = await a_user(session, email=OLD, password_hash="x")
    await addresses.ask_to_change(session, Proof(user), email=email)
    return user, await a_link(session, user, "change_email", email=email)


# --- confirming -----------------------------------------------------------------------------


async def test_a_link_confirms_an_address(session: AsyncSession) -> None:
    user = await a_user(session)
    link = await a_link(session, user, "verify_email")
    await addresses.verify(session, token=link.token)
    assert user.email_verified
    assert user.version == 2
    with pytest.raises(LinkExpiredError):
        await addresses.verify(session, token=link.token)


async def test_the_link_comes_again_until_it_is_used(session: AsyncSession) -> None:
    user = await a_user(session)
    for _ in range(2):
        await addresses.ask_to_verify(session, user_id=user.id)
    assert await jobs(session) == [("mail.verify", {"user_id": str(user.id), "change": False})] * 2
    user.email_verified_at = now()
    await session.flush()
    with pytest.raises(EmailVerifiedError):
        await addresses.ask_to_verify(session, user_id=user.id)
    with pytest.raises(UserNotFoundError):
        await addresses.ask_to_verify(session, user_id=some_id())


@pytest.mark.parametrize("purpose", ["reset_password", "export"])
async def test_no_other_link_confirms(session: AsyncSession, purpose: Purpose) -> None:
    user = await a_user(session)
    link = await a_link(session, user, purpose)
    with pytest.raises(LinkExpiredError):
        await addresses.verify(session, token=link.token)
    assert not user.email_verified


@pytest.mark.parametrize("case", ["disabled", "deleted", "address changed"])
async def test_what_a_link_no_longer_confirms(session: AsyncSession, case: str) -> None:
    user = await a_user(session)
    link = await a_link(session, user, "verify_email")
    if case == "disabled":
        user.is_active = False
    elif case == "deleted":
        user.deletion_at = now() + timedelta(days=7)
    else:
        user.email = "other@example.com"
    await session.flush()
    with pytest.raises(LinkExpiredError):
        await addresses.verify(session, token=link.token)
    assert not user.email_verified


# --- changing -------------------------------------------------------------------------------


async def test_an_address_changes_when_the_new_one_is_proven(session: AsyncSession) -> None:
    user = await a_user(session, email=OLD, password_hash="x")
    await addresses.ask_to_change(session, Proof(user), email=NEW)
    assert (user.email, user.pending_email) == (OLD, NEW)
    assert await jobs(session) == [
        ("mail.verify", {"user_id": str(user.id), "change": True}),
        (
            "mail.notice",
            {
                "user_id": str(user.id),
                "email": OLD,
                "notice": "email_change_asked",
                "moment": None,
            },
        ),
    ]
    link = await a_link(session, user, "change_email", email=NEW)
    await addresses.verify(session, token=link.token)
    assert (user.email, user.email_key, user.pending_email) == (NEW, "ada@new.example", None)
    assert user.email_verified
    assert await notices(session) == [("email_changed", OLD)]


async def test_what_was_mailed_to_the_old_address_opens_nothing(session: AsyncSession) -> None:
    user, link = await asked(session)
    old = [await a_link(session, user, purpose, email=OLD) for purpose in OTHERS]
    await addresses.verify(session, token=link.token)
    assert [await works(session, one) for one in old] == [False] * 3


async def test_sessions_and_tokens_stay_when_the_address_changes(session: AsyncSession) -> None:
    user, link = await asked(session)
    mine = await a_session(session, user)
    token, _ = await an_api_token(session, user)
    await addresses.verify(session, token=link.token)
    for one in (mine, token):
        await session.refresh(one)
    assert mine.ended_at is None


async def test_of_several_wishes_the_last_counts(session: AsyncSession) -> None:
    user, first = await asked(session)
    await addresses.ask_to_change(session, Proof(user), email="third@example.com")
    last = await a_link(session, user, "change_email", email="third@example.com")
    # mailed late, by a job that had been kept waiting
    stale = await a_link(session, user, "change_email", email=NEW)
    for link in (first, stale):
        with pytest.raises(LinkExpiredError):
            await addresses.verify(session, token=link.token)
    await addresses.verify(session, token=last.token)
    assert user.email == "third@example.com"


async def test_who_thought_better_of_it_keeps_the_address(session: AsyncSession) -> None:
    user, link = await asked(session)
    user.pending_email = None
    await session.flush()
    with pytest.raises(LinkExpiredError):
        await addresses.verify(session, token=link.token)
    assert (user.email, user.email_verified) == (OLD, False)


@pytest.mark.parametrize("theirs", [NEW, NEW.upper()])
async def test_an_address_that_somebody_has_by_now(session: AsyncSession, theirs: str) -> None:
    user, link = await asked(session)
    await a_user(session, email=theirs)
    with pytest.raises(EmailTakenError):
        await addresses.verify(session, token=link.token)
    assert user.email == OLD


async def test_asking_does_not_tell_whose_an_address_is(session: AsyncSession) -> None:
    await a_user(session, email="taken@example.com")
    user = await a_user(session, email=OLD, password_hash="x")
    answers = []
    for email in ("taken@example.com", "free@example.com"):
        await addresses.ask_to_change(session, Proof(user), email=email)
        answers.append(await jobs(session))
    assert answers[0] == answers[1]


async def test_another_spelling_of_ones_own_address(session: AsyncSession) -> None:
    user, link = await asked(session, email=OLD.upper())
    await addresses.verify(session, token=link.token)
    assert (user.email, user.email_key) == (OLD.upper(), OLD)


async def test_two_who_change_to_one_address_at_once(empty_database: Database) -> None:
    async with empty_database.transaction() as session:
        pair = []
        for name in ("ada", "bob"):
            user = await a_user(session, email=f"{name}@example.com", pending_email=NEW)
            pair.append(await a_link(session, user, "change_email", email=NEW))

    async def verify(link: NewLink) -> bool:
        try:
            async with empty_database.transaction() as session:
                await addresses.verify(session, token=link.token)
        except (EmailTakenError, IntegrityError):  # which the edge answers alike
            return False
        return True

    assert sorted(await asyncio.gather(*(verify(link) for link in pair))) == [False, True]


async def test_a_password_changed_meanwhile_is_no_proof(session: AsyncSession) -> None:
    user = await a_user(session, email=OLD, password_hash="new")
    proof = Proof(User(id=user.id, email=OLD, email_key=OLD, password_hash="old"))
    with pytest.raises(WrongPasswordError):
        await addresses.ask_to_change(session, proof, email=NEW)
    assert user.pending_email is None


# --- forgetting -----------------------------------------------------------------------------


@pytest.mark.parametrize("case", ["known", "typed otherwise", "unknown", "disabled", "leaving"])
async def test_forgetting_is_one_job_for_known_and_unknown(
    session: AsyncSession, case: str
) -> None:
    user = await a_user(
        session,
        email=OLD,
        is_active=case != "disabled",
        deletion_at=now() + timedelta(days=3) if case == "leaving" else None,
    )
    typed = {"unknown": "eve@example.com", "typed otherwise": " ADA@example.com "}.get(case, OLD)
    await addresses.forget_password(session, email=typed)
    ((kind, payload),) = await jobs(session)
    assert (kind, list(payload)) == ("mail.reset", ["user_id"])
    named = payload["user_id"] == str(user.id)
    assert named is (case in {"known", "typed otherwise", "leaving"})


async def forgot(session: AsyncSession, **fields: Any) -> tuple[User, NewLink]:
    user = await a_user(session, email=OLD, password_hash="old", **fields)
    return user, await a_link(session, user, "reset_password")


async def test_a_link_sets_a_password_and_proves_the_address(session: AsyncSession) -> None:
    user, link = await forgot(session)
    assert await addresses.email_of_link(session, token=link.token) == OLD
    assert await addresses.reset_password(session, token=link.token, new_hash="new") == user.id
    assert (user.password_hash, user.email_verified, user.version) == ("new", True, 2)
    assert await notices(session) == [("password_reset", OLD)]
    session.expunge_all()
    with pytest.raises(LinkExpiredError):
        await addresses.reset_password(session, token=link.token, new_hash="newer")
    with pytest.raises(LinkExpiredError):
        await addresses.email_of_link(session, token=link.token)


async def test_an_address_is_proven_when_it_was(session: AsyncSession) -> None:
    moment = now() - timedelta(days=3)
    user, link = await forgot(session, email_verified_at=moment)
    await addresses.reset_password(session, token=link.token, new_hash="new")
    assert user.email_verified_at == moment


async def test_a_reset_shuts_everybody_out(session: AsyncSession) -> None:
    user, link = await forgot(session, pending_email="thief@example.com")
    other = await a_user(session)
    their_session, their_link = (
        await a_session(session, other),
        await a_link(session, other, "reset_password"),
    )
    await an_api_token(session, other)
    mine = [await a_session(session, user) for _ in range(2)]
    await an_api_token(session, user)
    open_links = [await a_link(session, user, purpose) for purpose in OTHERS]
    open_links.append(await a_link(session, user, "change_email", email="thief@example.com"))
    await addresses.reset_password(session, token=link.token, new_hash="new")
    assert user.pending_email is None
    for one in mine:
        await session.refresh(one)
        assert one.ended_reason == "password_reset"
    assert (await session.scalars(select(col(ApiToken.user_id)))).all() == [other.id]
    assert [await works(session, one) for one in open_links] == [False] * 4
    assert await works(session, their_link)
    still = select(col(AuthSession.id)).where(col(AuthSession.ended_at).is_(None))
    assert (await session.scalars(still)).all() == [their_session.id]


async def test_a_reset_enables_nobody(session: AsyncSession) -> None:
    user, link = await forgot(session, is_active=False)
    with pytest.raises(LinkExpiredError):
        await addresses.reset_password(session, token=link.token, new_hash="new")
    assert (user.is_active, user.password_hash) == (False, "old")


async def test_a_reset_takes_no_deletion_back(session: AsyncSession) -> None:
    """That takes signing in, with the new password."""
    moment = now() + timedelta(days=3)
    user, link = await forgot(session, deletion_at=moment)
    await addresses.reset_password(session, token=link.token, new_hash="new")
    assert (user.password_hash, user.deletion_at) == ("new", moment)


async def test_a_link_to_an_old_address_sets_no_password(session: AsyncSession) -> None:
    user, link = await forgot(session)
    user.email = "other@example.com"
    await session.flush()
    with pytest.raises(LinkExpiredError):
        await addresses.reset_password(session, token=link.token, new_hash="new")
    assert user.password_hash == "old"


@pytest.mark.parametrize("purpose", ["verify_email", "change_email", "export"])
async def test_no_other_link_sets_a_password(session: AsyncSession, purpose: Purpose) -> None:
    user = await a_user(session, password_hash="old")
    link = await a_link(session, user, purpose)
    with pytest.raises(LinkExpiredError):
        await addresses.reset_password(session, token=link.token, new_hash="new")
    with pytest.raises(LinkExpiredError):
        await addresses.email_of_link(session, token=link.token)
    assert user.password_hash == "old"


async def test_an_account_of_another_service_gets_a_password(session: AsyncSession) -> None:
    user = await a_user(session)
    assert not user.has_password
    link = await a_link(session, user, "reset_password")
    await addresses.reset_password(session, token=link.token, new_hash="new")
    assert user.has_password
