"""Exports, purges and what is swept away: all that is done to the data of an account."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from core.tests.mail.scripted import DROP, Server
from core.tests.make import a_link, a_reminder, a_task
from taskbell.accounts.errors import LinkExpiredError
from taskbell.accounts.jobs import EXPORT, PURGE, ExportPayload, PurgePayload
from taskbell.accounts.models import AccountExport, MailedLink, User
from taskbell.clock import now
from taskbell.db import Database
from taskbell.exports import service as exports
from taskbell.housekeeping import SESSION_PRUNE, DailyPayload
from taskbell.tasks.models import Task
from taskbell_worker import handlers

from .conftest import Do
from .reading import a_person, ids, mail, token_in

# --- exports ------------------------------------------------------------------------------


async def read(database: Database, user: User, token: str) -> dict[str, Any]:
    """Fetch an export as the API does."""
    async with database.transaction() as session:
        export = await exports.find(session, user_id=user.id, token=token)
    pieces = [piece async for piece in exports.read(database, export_id=export.id)]
    document: dict[str, Any] = json.loads(b"".join(pieces))
    return document


async def test_an_export_is_made_and_its_link_mailed(
    empty_database: Database, do: Do, smtp: Server
) -> None:
    user = await a_person(empty_database)
    async with empty_database.transaction() as session:
        await a_task(session, user, title="Zoë 💚")
    assert (await do(EXPORT, ExportPayload(user_id=user.id))).state == "done"
    assert mail(smtp)["Subject"] == "Your data is ready"
    token = token_in(mail(smtp), "export")
    for _ in range(2):
        document = await read(empty_database, user, token)
        assert [task["title"] for task in document["tasks"]] == ["Zoë 💚"]
    other = await a_person(empty_database, email="eve@example.com")
    with pytest.raises(LinkExpiredError):
        await read(empty_database, other, token)


async def test_the_link_of_an_export_that_was_tried_twice_works(
    empty_database: Database, do: Do, smtp: Server
) -> None:
    user = await a_person(empty_database)
    smtp.script = {"dot": DROP}
    job = await do(EXPORT, ExportPayload(user_id=user.id))
    smtp.script = {}
    assert (await do(again=job)).state == "done"
    for number in (0, 1):
        token = token_in(mail(smtp, number), "export")
        assert (await read(empty_database, user, token))["account"][0]["name"] == "Ada"


async def test_an_export_is_of_one_moment(
    empty_database: Database, do: Do, smtp: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What changes while it is made is in it wholly or not at all."""
    monkeypatch.setattr(exports, "BATCH", 2)
    user = await a_person(empty_database)
    async with empty_database.transaction() as session:
        for _ in range(100):
            await a_task(session, user)
    written, going = 0, True

    async def write() -> None:
        nonlocal written
        while going:
            async with empty_database.transaction() as session:
                await a_reminder(session, await a_task(session, user))
            written += 1

    writing = asyncio.create_task(write())
    try:
        for _ in range(20):
            before = written
            assert (await do(EXPORT, ExportPayload(user_id=user.id))).state == "done"
            document = await read(empty_database, user, token_in(mail(smtp), "export"))
            with_one = {task["id"] for task in document["tasks"] if task["reminders_count"]}
            assert {reminder["task_id"] for reminder in document["reminders"]} == with_one
            if written > before + 5:  # else a busy machine let nothing be written meanwhile
                break
        else:
            pytest.fail("nothing changed while it was made")
    finally:
        going = False
        await writing


# --- purge --------------------------------------------------------------------------------


async def leaving(database: Database, *, ago: timedelta, tasks: int = 1) -> User:
    """Commit a user whose grace ended some time ago, and what they have."""
    user = await a_person(database)
    async with database.transaction() as session:
        for _ in range(tasks):
            await a_reminder(session, await a_task(session, user))
        (await session.get_one(User, user.id)).deletion_at = now() - ago
    return user


async def test_an_account_whose_grace_is_over_is_purged(
    empty_database: Database, do: Do, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handlers.accounts, "PURGE_BATCH", 2)  # and so in several steps
    user = await leaving(empty_database, ago=timedelta(minutes=1), tasks=5)
    other = await a_person(empty_database, email="bob@example.com")
    async with empty_database.transaction() as session:
        await a_task(session, other)
    assert (await do(PURGE, PurgePayload(user_id=user.id))).state == "done"
    assert await ids(empty_database, User.id) == [other.id]
    assert await ids(empty_database, Task.owner_id) == [other.id]
    assert (await do(PURGE, PurgePayload(user_id=user.id))).state == "done", "once more"


@pytest.mark.parametrize("case", ["not yet", "came back"])
async def test_who_came_back_or_has_time_is_not_purged(
    empty_database: Database, do: Do, case: str
) -> None:
    user = await leaving(empty_database, ago=-timedelta(minutes=5))
    if case == "came back":
        async with empty_database.transaction() as session:
            (await session.get_one(User, user.id)).deletion_at = None
    assert (await do(PURGE, PurgePayload(user_id=user.id))).state == "done"
    assert await ids(empty_database, Task.owner_id) == [user.id]


# --- housekeeping -------------------------------------------------------------------------


async def test_links_and_exports_that_are_over_are_deleted(
    empty_database: Database, do: Do
) -> None:
    old, kept = [await a_person(empty_database, email=f"{n}@example.com") for n in range(2)]
    async with empty_database.transaction() as session:
        for user in (old, kept):
            await a_link(session, user, "export")
            await exports.make(session, user_id=user.id)
        await _let_pass(session, old, timedelta(days=20))
    assert (await do(SESSION_PRUNE, DailyPayload())).state == "done"
    for column in (MailedLink.user_id, AccountExport.user_id):
        assert await ids(empty_database, column) == [kept.id]


async def _let_pass(session: AsyncSession, user: User, time: timedelta) -> None:
    for table in (MailedLink, AccountExport):
        await session.execute(
            update(table)
            .where(col(table.user_id) == user.id)
            .values(expires_at=table.expires_at - time)
        )
