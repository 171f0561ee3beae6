"""The link that switches a digest off: for one user, for ever, and not to be guessed."""

from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.tests.make import a_user, some_id
from taskbell.clock import now
from taskbell.digest import unsubscribe
from taskbell.digest.unsubscribe import InvalidUnsubscribeTokenError
from taskbell.installation.models import InstallationSecret
from taskbell.notifications.models import NotificationPreference as Preference


async def a_reader(session: AsyncSession) -> Preference:
    user = await a_user(session)
    preference = Preference(user_id=user.id, digest_enabled=True, digest_next_at=now())
    session.add(preference)
    await session.flush()
    return preference


async def test_it_switches_off_one_digest_as_often_as_one_likes(session: AsyncSession) -> None:
    one, other = await a_reader(session), await a_reader(session)
    token = await unsubscribe.make_token(session, user_id=one.user_id)
    versions = []
    for _ in range(3):
        await unsubscribe.unsubscribe(session, token=token)
        await session.refresh(one)
        versions.append(one.version)
    await session.refresh(other)
    assert (one.digest_enabled, one.digest_next_at) == (False, None)
    assert versions == [2, 2, 2]
    assert other.digest_enabled


async def test_a_token_is_always_the_same_and_belongs_to_this_installation(
    session: AsyncSession,
) -> None:
    reader = await a_reader(session)
    tokens = {await unsubscribe.make_token(session, user_id=reader.user_id) for _ in range(3)}
    (token,) = tokens
    assert len(token) == unsubscribe.LENGTH
    (key,) = await session.scalars(select(InstallationSecret))
    assert (key.name, len(bytes.fromhex(key.value))) == ("unsubscribe_key", 32)
    assert key.value not in token
    key.value = "0" * 64
    await session.flush()
    assert await unsubscribe.make_token(session, user_id=reader.user_id) != token
    with pytest.raises(InvalidUnsubscribeTokenError):
        await unsubscribe.unsubscribe(session, token=token)


async def test_nobody_else_is_switched_off(session: AsyncSession) -> None:
    one, other = await a_reader(session), await a_reader(session)
    token = await unsubscribe.make_token(session, user_id=one.user_id)
    theirs = await unsubscribe.make_token(session, user_id=other.user_id)
    # both halves: the id is the first 16 of 48 bytes, and a third of the characters
    for wrong in (
        "", "x", token[:-1], token + "A", token + "\n", theirs[:21] + token[21:],
        token[:22] + theirs[22:], token[:-1] + ("A" if token[-1] != "A" else "B"),
        "é" * 64, "=" * 64, "A" * 64, token.replace(token[30], "+"),
    ):  # fmt: skip
        if wrong == token:
            continue
        with pytest.raises(InvalidUnsubscribeTokenError):
            await unsubscribe.unsubscribe(session, token=wrong)
    for preference in (one, other):
        await session.refresh(preference)
        assert preference.digest_enabled


async def test_a_token_has_one_form(session: AsyncSession) -> None:
    """It is base64 for addresses, and the other base64 is no second token."""
    tokens = [await unsubscribe.make_token(session, user_id=some_id()) for _ in range(100)]
    for sign, other in (("-", "+"), ("_", "/")):
        token = next(one for one in tokens if sign in one)
        await unsubscribe.unsubscribe(session, token=token)
        with pytest.raises(InvalidUnsubscribeTokenError):
            await unsubscribe.unsubscribe(session, token=token.replace(sign, other))


async def test_whoever_is_gone_is_no_error(session: AsyncSession) -> None:
    token = await unsubscribe.make_token(session, user_id=some_id())
    await unsubscribe.unsubscribe(session, token=token)


async def test_its_addresses(session: AsyncSession) -> None:
    token = await unsubscribe.make_token(session, user_id=some_id())
    post = urlsplit(unsubscribe.one_click_url("https://bell.example", token))
    assert (post.path, parse_qs(post.query)) == ("/api/v1/digest/unsubscribe", {"token": [token]})
    page = urlsplit(unsubscribe.page_url("https://bell.example", token))
    assert (page.path, page.query, page.fragment) == ("/unsubscribe", "", f"token={token}")
    strange = urlsplit(unsubscribe.page_url("https://bell.example", "a#b/../&x=//evil"))
    assert (strange.netloc, strange.path) == ("bell.example", "/unsubscribe")
