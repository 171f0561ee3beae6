"""What administrators do with accounts; there is always one who can."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from core.tests.make import a_session, a_user, an_api_token, some_id
from taskbell.accounts import administration, live
from taskbell.accounts.errors import LastAdminError, SessionEndedError, UserNotFoundError
from taskbell.accounts.models import AuthSession, User
from taskbell.clock import now
from taskbell.db import Database
from taskbell.jobs.models import Job
from taskbell.paging import InvalidCursorError, encode_cursor

LEAVING = {"deletion_at": now() + timedelta(days=7)}


async def found(session: AsyncSession, **wanted: Any) -> list[str]:
    """Return the names of the users found."""
    users, total, _ = await administration.list_users(session, per_page=100, **wanted)
    assert total == len(users)
    return [user.name for user in users]


async def notices(session: AsyncSession) -> list[str]:
    """Return what was mailed to whom."""
    jobs = await session.scalars(select(Job).order_by(col(Job.id)))
    return [f"{job.payload['notice']} {job.payload['email']}" for job in jobs]


async def change(session: AsyncSession, user: User, **changes: Any) -> User:
    return await administration.change_user(
        session, admin_id=some_id(), user_id=user.id, changes=changes
    )


# --- looking ------------------------------------------------------------------------------


PARTS: dict[str, list[str]] = {
    "ADA": ["Ada"],
    "example.com": ["50% off_er", "Zoë", "Bob", "Ada"],
    "bob@": ["Bob"],
    "zoë": ["Zoë"],
    "ZOË": ["Zoë"],
    "%": ["50% off_er"],
    "_": ["50% off_er"],
    "\\": ["back\\slash"],
    "a%a": [],
    "'; DROP TABLE task; --": [],
    "@": ["50% off_er", "back\\slash", "Zoë", "Bob", "Ada"],
}


@pytest.mark.parametrize("q", PARTS)
async def test_users_are_found_by_a_part_of_address_or_name(session: AsyncSession, q: str) -> None:
    for name, email in (
        ("Ada", "ada@example.com"),
        ("Bob", "bob@example.com"),
        ("Zoë", "zoe@example.com"),
        ("back\\slash", "b@example.org"),
        ("50% off_er", "offer@example.com"),
    ):
        await a_user(session, name=name, email=email)
    assert await found(session, q=q) == PARTS[q]


async def test_users_are_found_by_role_and_state(session: AsyncSession) -> None:
    await a_user(session, name="user")
    await a_user(session, name="admin", role="admin")
    await a_user(session, name="disabled", is_active=False)
    await a_user(session, name="was admin", role="admin", is_active=False)
    await a_user(session, name="leaving", **LEAVING)
    assert await found(session, role="admin") == ["was admin", "admin"]
    assert await found(session, is_active=False) == ["was admin", "disabled"]
    assert await found(session, is_active=True) == ["leaving", "admin", "user"]
    assert await found(session, role="admin", is_active=True) == ["admin"]
    assert await found(session, q="admin", role="user") == []
    assert len(await found(session)) == len(await found(session, q="")) == 5


async def test_pages_and_cursors_show_everybody_once(session: AsyncSession) -> None:
    names = [str(number) for number in range(5)]
    for name in names:
        await a_user(session, name=name, email=f"{name}@example.com")
    await a_user(session, name="other", email="x@example.org")
    wanted: dict[str, Any] = {"q": "example.com", "per_page": 2}
    by_page: list[str] = []
    for page in (1, 2, 3, 4):
        users, total, cursor = await administration.list_users(session, page=page, **wanted)
        assert total == 5
        assert (cursor is None) is (page >= 3)
        by_page += [user.name for user in users]
    assert by_page == names[::-1]
    users, total, cursor = await administration.list_users(session, **wanted)
    by_cursor = [user.name for user in users]
    while cursor is not None:
        # one who comes meanwhile moves nobody to another page
        await a_user(session, email=f"late-{len(by_cursor)}@example.com")
        users, total, cursor = await administration.list_users(session, cursor=cursor, **wanted)
        assert total is None
        by_cursor += [user.name for user in users]
    assert by_cursor == names[::-1]


@pytest.mark.parametrize(
    "cursor",
    ["", "x", "ü", encode_cursor("x"), encode_cursor(7), encode_cursor(None), encode_cursor([1]),
     encode_cursor("01a1fb87-49ec-75f1-a572-281783323c0a", 1)],
)  # fmt: skip
async def test_what_is_no_cursor(session: AsyncSession, cursor: str) -> None:
    with pytest.raises(InvalidCursorError):
        await administration.list_users(session, cursor=cursor)


async def test_anybody_is_found_by_id(session: AsyncSession) -> None:
    user = await a_user(session, is_active=False, **LEAVING)
    assert await administration.find_user(session, user_id=user.id) is user
    with pytest.raises(UserNotFoundError):
        await administration.find_user(session, user_id=some_id())


# --- changing -----------------------------------------------------------------------------


async def test_a_role_is_given_and_taken(session: AsyncSession) -> None:
    await a_user(session, role="admin")
    user = await a_user(session, email="ada@example.com")
    mine = await a_session(session, user)
    for version, role in enumerate(("admin", "user"), 2):
        changed = await change(session, user, role=role)
        assert (changed.role, changed.version) == (role, version)
        assert (await live.standing_of(session, session_id=mine.id)).role == role
    assert await notices(session) == ["role_changed ada@example.com"] * 2


async def test_a_disabled_user_is_signed_out_everywhere(session: AsyncSession) -> None:
    await a_user(session, role="admin")
    user = await a_user(session, email="ada@example.com")
    mine = [await a_session(session, user) for _ in range(2)]
    others = await a_session(session, await a_user(session))
    token, _ = await an_api_token(session, user)
    await change(session, user, is_active=False)
    for one in mine:
        await session.refresh(one)
        assert one.ended_reason == "account_disabled"
        with pytest.raises(SessionEndedError):
            await live.check(session, session_id=one.id)
    await live.check(session, session_id=others.id)
    await session.refresh(token)  # refused while they are disabled, and not lost
    enabled = await change(session, user, is_active=True)
    assert enabled.is_active
    for one in mine:
        with pytest.raises(SessionEndedError):
            await live.check(session, session_id=one.id)
    assert (await notices(session))[1:] == [
        "account_disabled ada@example.com",
        "account_enabled ada@example.com",
    ]


@pytest.mark.parametrize("changes", [{}, {"role": "user"}, {"is_active": True}])
async def test_no_change_is_none(session: AsyncSession, changes: dict[str, Any]) -> None:
    user = await a_user(session)
    same = await change(session, user, **changes)
    assert (same.version, await notices(session)) == (1, [])


async def test_both_at_once(session: AsyncSession) -> None:
    await a_user(session, role="admin")
    user = await a_user(session, role="admin")
    changed = await change(session, user, role="user", is_active=False)
    assert (changed.role, changed.is_active, changed.version) == ("user", False, 2)
    assert len(await notices(session)) == 2


async def test_nobody_is_not_changed(session: AsyncSession) -> None:
    with pytest.raises(UserNotFoundError):
        await administration.change_user(
            session, admin_id=some_id(), user_id=some_id(), changes={"role": "admin"}
        )


# --- the last one -------------------------------------------------------------------------


@pytest.mark.parametrize("changes", [{"role": "user"}, {"is_active": False}])
async def test_the_last_administrator_stays(session: AsyncSession, changes: dict[str, Any]) -> None:
    last = await a_user(session, role="admin")
    await a_user(session)
    await a_user(session, role="admin", is_active=False)
    await a_user(session, role="admin", **LEAVING)
    with pytest.raises(LastAdminError):
        await change(session, last, **changes)
    assert (last.role, last.is_active, last.version, await notices(session)) == (
        "admin", True, 1, [],
    )  # fmt: skip
    await a_user(session, role="admin")
    await change(session, last, **changes)


async def test_who_cannot_act_is_not_the_last_one(session: AsyncSession) -> None:
    await a_user(session, role="admin")
    disabled = await a_user(session, role="admin", is_active=False)
    assert (await change(session, disabled, role="user")).role == "user"


async def test_two_who_demote_each_other_at_once_leave_one(empty_database: Database) -> None:
    for round_ in range(5):
        async with empty_database.transaction() as session:
            pair = [await a_user(session, role="admin", name=str(round_)) for _ in range(2)]

        async def demote(user: User) -> bool:
            try:
                async with empty_database.transaction() as session:
                    await change(session, user, role="user")
            except LastAdminError:
                return False
            return True

        assert sorted(await asyncio.gather(*(demote(user) for user in pair))) == [False, True]
        async with empty_database.transaction() as session:
            left = (await session.scalars(select(User).where(col(User.role) == "admin"))).one()
            left.role = "user"  # for the next round


async def test_a_change_and_one_of_the_users_own_both_count(empty_database: Database) -> None:
    async with empty_database.transaction() as session:
        user = await a_user(session)
        await a_session(session, user)

    async def turn(number: int) -> None:
        async with empty_database.transaction() as session:
            await change(session, user, is_active=number % 2 == 0)

    await asyncio.gather(*(turn(number) for number in range(6)))
    async with empty_database.transaction() as session:
        left = await session.get_one(User, user.id)
        mails = await notices(session)
        assert left.version == 1 + len(mails)
        assert (await session.scalars(select(AuthSession))).one().ended_reason == (
            "account_disabled"
        )


# --- from the command line ------------------------------------------------------------------


async def test_the_machines_owner_makes_anybody_an_administrator(session: AsyncSession) -> None:
    user = await a_user(session, email="ada@example.com", is_active=False, **LEAVING)
    await administration.make_admin(session, user=user)
    assert (user.role, user.is_usable, user.version) == ("admin", True, 2)
    assert await notices(session) == ["role_changed ada@example.com"]
