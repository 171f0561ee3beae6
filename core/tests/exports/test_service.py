"""Exports have all that is a user's and nothing secret; the purge leaves nothing of theirs."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import LargeBinary, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from core.tests.make import PASSWORD, a_link, a_task, a_user, some_id
from taskbell.accounts import passwords
from taskbell.accounts import service as accounts
from taskbell.accounts.errors import LinkExpiredError, WrongCredentialsError
from taskbell.accounts.models import AccountExport, AccountExportPart, User
from taskbell.accounts.service import Proof
from taskbell.clock import now
from taskbell.db import Database
from taskbell.exports import service as exports
from taskbell.exports.service import BATCH, FORMAT, KEPT, LEFT_OUT, OF_USER, REPLACED_AFTER
from taskbell.jobs.models import Job
from taskbell.models import METADATA
from taskbell.tasks.models import Task

from .owned import NOBODYS, OWNED, a_full_account, counted, of_user

NOT_EXPORTED = {
    "refresh_token": "nothing but hashes; the session that they belong to is there",
    "mailed_link": "nothing but hashes of links that end by themselves",
    "account_export": "the export itself",
    "account_export_part": "the export itself",
    "notification_test": "answers of mail servers and others to test messages of the last week",
    "idempotency_key": "answers of the last day; what they tell of is there",
    **NOBODYS,
}
"""Tables that an export leaves out, and why."""

SECOND = timedelta(seconds=1)


async def pieces(session: AsyncSession, user: User) -> list[bytes]:
    newest = (
        select(col(AccountExport.id))
        .where(col(AccountExport.user_id) == user.id)
        .order_by(col(AccountExport.id).desc())
        .limit(1)
    )
    parts = (
        select(col(AccountExportPart.content))
        .where(col(AccountExportPart.export_id) == newest.scalar_subquery())
        .order_by(col(AccountExportPart.number))
    )
    return list(await session.scalars(parts))


async def document(session: AsyncSession, user: User) -> dict[str, Any]:
    """Make the export of a user and read it."""
    await exports.make(session, user_id=user.id)
    read: dict[str, Any] = json.loads(b"".join(await pieces(session, user)))
    return read


# --- what is in it ----------------------------------------------------------------------------


def test_each_table_is_exported_or_left_out_for_a_reason() -> None:
    exported = {column.table.name for column in OF_USER.values()}
    assert not exported & NOT_EXPORTED.keys()
    decided = exported | NOT_EXPORTED.keys()
    assert decided == METADATA.tables.keys(), "export a new table, or say why not"


def test_each_column_that_may_be_secret_is_left_out() -> None:
    shown = [
        column
        for owner in OF_USER.values()
        for column in owner.table.c
        if column.name not in LEFT_OUT
    ]
    words = ("hash", "secret", "token", "password")
    assert [column.name for column in shown if any(word in column.name for word in words)] == []
    assert [column.name for column in shown if isinstance(column.type, LargeBinary)] == []
    there = {column.name for table in METADATA.sorted_tables for column in table.c}
    assert there >= LEFT_OUT, "a column was renamed"


async def test_all_that_is_theirs_is_in_it_and_nothing_of_others(session: AsyncSession) -> None:
    ada = await a_full_account(session, email="ada@example.com")
    bob = await a_full_account(session, email="bob@example.com")
    made = await document(session, ada)
    assert made.pop("format") == FORMAT
    assert set(made) == {"made_at", *OF_USER}
    assert abs(now() - datetime.fromisoformat(made["made_at"])) < timedelta(minutes=1)
    for name, owner in OF_USER.items():
        columns = set(owner.table.c.keys()) - LEFT_OUT
        stored = (await session.execute(of_user(owner.table, ada.id))).all()
        assert len(made[name]) == len(stored) > 0, name
        assert all(row.keys() == columns for row in made[name])
        keys = [column.name for column in owner.table.primary_key]
        exported = [tuple(str(row[key]) for key in keys) for row in made[name]]
        assert len(set(exported)) == len(stored)
    assert made["account"][0]["email"] == "ada@example.com"
    assert {task["title"] for task in made["tasks"]} == {
        "Water the plants of ada@example.com", "Water the plants",
    }  # fmt: skip
    words = json.dumps(made)
    assert str(bob.id) not in words
    assert "bob@example.com" not in words


async def test_no_secret_is_in_it(session: AsyncSession) -> None:
    """Whatever is stored as a hash, in whichever form it may be written."""
    user = await a_full_account(session, email="ada@example.com")
    await exports.make(session, user_id=user.id)
    text = b"".join(await pieces(session, user)).decode()
    hashes = [user.password_hash or ""]
    for table in OWNED:
        if table.name == "account_export_part":
            continue
        for column in (one for one in table.c if isinstance(one.type, LargeBinary)):
            for found in await session.scalars(of_user(table, user.id, column)):
                hashes += [found.hex(), repr(found)[2:-1]]
    assert len(hashes) >= 9, "the password, a refresh token, a link, an API token and a feed"
    assert [one for one in hashes if one in text] == []
    assert "argon2" not in text


@pytest.mark.parametrize("count", [0, 1, BATCH - 1, BATCH, BATCH + 1, 2 * BATCH + 1])
async def test_it_is_json_whatever_there_is(session: AsyncSession, count: int) -> None:
    user = await a_user(session)
    odd = 'Zoë said "💚" \\ </script> \u2028 日本 \x7f {"a":1},\n'
    if count:
        first = await a_task(session, user, title="0", description=odd)
        await _copy(session, first, count - 1)
    made = await document(session, user)
    assert [len(made[name]) for name in ("account", "tasks", "reminders")] == [1, count, 0]
    assert {task["description"] for task in made["tasks"]} <= {odd}
    assert len({task["id"] for task in made["tasks"]}) == count
    assert len(await pieces(session, user)) == 2 + 2 * len(OF_USER) + _batches(made)


def _batches(made: dict[str, Any]) -> int:
    return sum(-(-len(made[name]) // BATCH) for name in OF_USER)


async def _copy(session: AsyncSession, task: Task, times: int) -> None:
    """Add tasks like one that is there, the quick way."""
    rows = [
        {"id": some_id(), "owner_id": task.owner_id, "list_id": task.list_id, "title": str(number),
         "description": task.description, "time_zone": "UTC"}
        for number in range(times)
    ]  # fmt: skip
    if rows:
        await session.execute(Task.__table__.insert(), rows)  # type: ignore[attr-defined]


async def test_the_largest_tasks_there_can_be(session: AsyncSession) -> None:
    """Each character takes four bytes."""
    user = await a_user(session)
    title, description = "💚" * 200, "🖤" * 10_000
    task = await a_task(session, user, title=title, description=description)
    await session.refresh(task)
    await _copy(session, task, 60)
    made = await document(session, user)
    assert len(made["tasks"]) == 61
    assert {one["description"] for one in made["tasks"]} == {description}
    assert made["tasks"][0]["title"] == title


@pytest.mark.parametrize(("age", "left"), [(REPLACED_AFTER, 1), (REPLACED_AFTER / 2, 2)])
async def test_a_new_export_replaces_the_one_before(
    session: AsyncSession, age: timedelta, left: int
) -> None:
    """A quite new one may still be on its way to its owner."""
    ada, bob = await a_user(session), await a_user(session)
    await exports.make(session, user_id=bob.id)
    for title in ("first", "second"):
        await a_task(session, ada, title=title)
        made = await document(session, ada)
        if title == "first":
            await session.execute(update(AccountExport).values(created_at=now() - age))
    assert [task["title"] for task in made["tasks"]] == ["first", "second"]
    owners = (await session.scalars(select(col(AccountExport.user_id)))).all()
    assert sorted(owners) == sorted([*[ada.id] * left, bob.id])


async def test_an_export_is_asked_for_once_an_hour(session: AsyncSession) -> None:
    ada, bob = await a_user(session), await a_user(session)
    for user in (ada, ada, bob):
        await exports.ask(session, user_id=user.id)
    jobs = (await session.scalars(select(Job))).all()
    assert sorted(str(job.payload) for job in jobs) == sorted(
        str({"user_id": str(user.id)}) for user in (ada, bob)
    )
    assert {job.kind for job in jobs} == {"account.export"}


# --- fetching it ------------------------------------------------------------------------------


async def test_its_link_opens_it_for_its_owner_again_and_again(session: AsyncSession) -> None:
    ada, bob = await a_user(session), await a_user(session)
    for user in (ada, bob):
        await exports.make(session, user_id=user.id)
    link = await a_link(session, ada, "export")
    for _ in range(2):
        found = await exports.find(session, user_id=ada.id, token=link.token)
        assert found.user_id == ada.id
    with pytest.raises(LinkExpiredError) as refused:
        await exports.find(session, user_id=bob.id, token=link.token)
    assert refused.value.errors[0]["field"] == "query.token"


@pytest.mark.parametrize("case", ["unknown", "another link", "export over", "never made"])
async def test_what_opens_nothing(session: AsyncSession, case: str) -> None:
    user = await a_user(session)
    link = await a_link(session, user, "verify_email" if case == "another link" else "export")
    if case != "never made":
        await exports.make(session, user_id=user.id)
    if case == "export over":
        await session.execute(update(AccountExport).values(expires_at=now() - SECOND))
    with pytest.raises(LinkExpiredError):
        await exports.find(
            session, user_id=user.id, token="x" * 43 if case == "unknown" else link.token
        )


async def test_it_is_read_piece_by_piece(empty_database: Database) -> None:
    async with empty_database.transaction() as session:
        ada, bob = await a_user(session), await a_user(session)
        await a_task(session, ada, title="Zoë 💚")
        for user in (ada, bob):
            await exports.make(session, user_id=user.id)
        stored = await pieces(session, ada)
        export = (
            await session.scalars(select(AccountExport).where(col(AccountExport.user_id) == ada.id))
        ).one()
    read: AsyncIterator[bytes] = exports.read(empty_database, export_id=export.id)
    assert [piece async for piece in read] == stored
    assert json.loads(b"".join(stored))["tasks"][0]["title"] == "Zoë 💚"
    assert [piece async for piece in exports.read(empty_database, export_id=some_id())] == []


async def test_exports_are_deleted_when_their_time_is_over(session: AsyncSession) -> None:
    old, kept = await a_user(session), await a_user(session)
    for user in (old, kept):
        await exports.make(session, user_id=user.id)
    over = update(AccountExport).where(col(AccountExport.user_id) == old.id)
    await session.execute(over.values(expires_at=AccountExport.expires_at - KEPT - SECOND))
    await exports.prune_exports(session)
    left = (await session.scalars(select(col(AccountExport.user_id)))).all()
    assert left == [kept.id]
    assert await pieces(session, old) == []
    assert len(await pieces(session, kept)) > 1


# --- deleting the account ---------------------------------------------------------------------


async def leave(session: AsyncSession, user: User, *, ago: timedelta) -> None:
    """Let a deletion have been planned for a time `ago`."""
    user.deletion_at = now() - ago
    await session.flush()


async def test_a_purge_leaves_nothing_of_them_and_all_of_others(session: AsyncSession) -> None:
    ada = await a_full_account(session, email="ada@example.com")
    bob = await a_full_account(session, email="bob@example.com")
    before, others = await counted(session, ada), await counted(session, bob)
    assert [name for name, count in before.items() if not count] == [], "add it to a_full_account"
    await leave(session, ada, ago=timedelta(minutes=1))
    assert await exports.purge_account(session, user_id=ada.id, most=100) is True
    assert set((await counted(session, ada)).values()) == {0}
    assert await counted(session, bob) == others
    # not only what leads to them: each table has exactly what is somebody else's
    for table in OWNED:
        every = await session.scalar(select(func.count()).select_from(table))
        assert every == others[table.name], table.name


async def test_a_purge_does_a_part_at_a_time(session: AsyncSession) -> None:
    user = await a_user(session)
    for deleted_at in (None, None, now(), None, None):
        await a_task(session, user, deleted_at=deleted_at)
    await leave(session, user, ago=timedelta(minutes=1))
    answers: list[bool] = []
    left: list[int | None] = []
    while not (answers and answers[-1]):
        answers.append(await exports.purge_account(session, user_id=user.id, most=2))
        left.append(await session.scalar(select(func.count()).select_from(Task)))
    assert (answers, left) == ([False, False, True], [3, 1, 0])
    assert await session.scalar(select(func.count()).select_from(User)) == 0
    assert await exports.purge_account(session, user_id=user.id, most=2), "again does no harm"


@pytest.mark.parametrize("case", ["not yet", "came back", "never left", "disabled"])
async def test_who_is_not_purged(session: AsyncSession, case: str) -> None:
    user = await a_user(session)
    await a_task(session, user)
    user.is_active = case != "disabled"
    await session.flush()
    if case == "not yet":
        await leave(session, user, ago=-timedelta(minutes=1))
    before = await counted(session, user)
    assert await exports.purge_account(session, user_id=user.id, most=100) is True
    assert await counted(session, user) == before


async def test_who_comes_back_while_it_begins_is_either_there_or_gone(
    empty_database: Database,
) -> None:
    """Never an account that signed in and is deleted all the same."""
    hashed = await passwords.hash_password(PASSWORD)
    for _ in range(10):
        async with empty_database.transaction() as session:
            user = await a_user(session, password_hash=hashed)
            await a_task(session, user)
            await leave(session, user, ago=SECOND)

        async def come_back(proof: Proof) -> bool:
            try:
                async with empty_database.transaction() as session:
                    await accounts.admit(session, proof)
            except WrongCredentialsError:
                return False
            return True

        async def purge(user: User) -> None:
            async with empty_database.transaction() as session:
                await exports.purge_account(session, user_id=user.id, most=100)

        back, _ = await asyncio.gather(come_back(Proof(user)), purge(user))
        async with empty_database.transaction() as session:
            left = await counted(session, user)
        assert (left["user_account"], left["task"]) == ((1, 1) if back else (0, 0))
