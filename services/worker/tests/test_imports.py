"""Files that are imported by the worker: in parts, once, and with an end whatever happens."""

import asyncio
import json
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, update
from sqlmodel import col

from core.tests.transfer.sources import REAL, content
from taskbell.accounts.models import User
from taskbell.db import Database
from taskbell.jobs.models import Job
from taskbell.tasks.models import Task
from taskbell.transfer import reports
from taskbell.transfer import service as imports
from taskbell.transfer.items import Source
from taskbell.transfer.jobs import IMPORT, ImportPayload
from taskbell.transfer.models import TaskImport, TaskImportRow
from taskbell.transfer.parsers import SOURCES
from taskbell.transfer.writing import PART
from taskbell_worker.giving_up import NO_IMPORT

from .conftest import Do
from .reading import a_person


def many(count: int, **more: Any) -> bytes:
    """Return a file of our own with so many tasks."""
    tasks = [{"id": f"id-{n}", "title": f"T{n}"} for n in range(count)]
    return json.dumps({"format": "taskbell-tasks/1", "tasks": tasks} | more).encode()


async def start(
    database: Database, user: User, data: bytes, source: Source = "taskbell", **options: Any
) -> UUID:
    async with database.transaction() as session:
        started = await imports.start_import(
            session, owner_id=user.id, source=source, data=data, **options
        )
    return started.id


async def read(database: Database, import_id: UUID) -> TaskImport:
    async with database.transaction() as session:
        found = await session.get_one(TaskImport, import_id)
        await session.refresh(found, list(TaskImport.model_fields))
        return found


async def count(database: Database, table: Any) -> int:
    async with database.transaction() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


async def the_job(database: Database) -> Job:
    async with database.transaction() as session:
        found = await session.scalar(select(Job).where(col(Job.kind) == IMPORT.name))
        assert found is not None
        return found


@pytest.mark.parametrize("source", SOURCES)
async def test_a_file_is_imported(empty_database: Database, do: Do, source: Source) -> None:
    user = await a_person(empty_database)
    import_id = await start(
        empty_database, user, content(REAL[source]), source, filename=REAL[source]
    )
    job = await do(again=await the_job(empty_database))
    assert job.state == "done"
    done = await read(empty_database, import_id)
    assert (done.state, done.error, done.file) == ("done", None, None)
    assert done.created > 0
    assert done.done == done.total == await count(empty_database, TaskImportRow)
    assert await count(empty_database, Task) == done.created


async def test_a_large_file_is_imported_in_parts(empty_database: Database, do: Do) -> None:
    user = await a_person(empty_database)
    import_id = await start(empty_database, user, many(2 * PART + 7))
    assert (await do(again=await the_job(empty_database))).state == "done"
    done = await read(empty_database, import_id)
    assert done.created == done.total == 2 * PART + 7
    assert await count(empty_database, TaskImportRow) == 2 * PART + 7


async def one_part(database: Database, import_id: UUID) -> bool:
    """Import the next part, as a worker does that is killed after it."""
    async with database.transaction() as session:
        work = await imports.begin(session, import_id=import_id)
    assert work is not None
    async with database.transaction() as session:
        return await imports.import_part(session, import_id=import_id, ready=imports.read(work))


async def test_a_killed_worker_is_followed_by_one_that_goes_on(
    empty_database: Database, do: Do
) -> None:
    user = await a_person(empty_database)
    import_id = await start(empty_database, user, many(3 * PART))
    assert await one_part(empty_database, import_id)
    half = await read(empty_database, import_id)
    assert (half.state, half.done, half.total) == ("running", PART, 3 * PART)
    assert (await do(again=await the_job(empty_database))).state == "done"
    done = await read(empty_database, import_id)
    assert (done.created, done.duplicates) == (3 * PART, 0)
    assert await count(empty_database, Task) == 3 * PART


async def test_two_workers_at_once_write_nothing_twice(empty_database: Database) -> None:
    user = await a_person(empty_database)
    import_id = await start(empty_database, user, many(6 * PART))

    async def work() -> None:
        async with empty_database.transaction() as session:
            found = await imports.begin(session, import_id=import_id)
        assert found is not None
        ready, left = imports.read(found), True
        while left:
            async with empty_database.transaction() as session:
                left = await imports.import_part(session, import_id=import_id, ready=ready)

    await asyncio.gather(work(), work(), work())
    done = await read(empty_database, import_id)
    assert (done.state, done.created, done.duplicates) == ("done", 6 * PART, 0)
    assert await count(empty_database, TaskImportRow) == 6 * PART


async def test_the_same_file_twice_at_once_makes_no_doubles(
    empty_database: Database, do: Do
) -> None:
    user = await a_person(empty_database)
    ids = [await start(empty_database, user, many(300)) for _ in range(2)]
    async with empty_database.transaction() as session:
        jobs = list(await session.scalars(select(Job).where(col(Job.kind) == IMPORT.name)))
    await asyncio.gather(*(do(again=job) for job in jobs))
    done = [await read(empty_database, one) for one in ids]
    assert sum(one.created for one in done) == sum(one.duplicates for one in done) == 300
    assert await count(empty_database, Task) == 300


async def test_a_file_that_cannot_be_read_fails_and_says_why(
    empty_database: Database, do: Do
) -> None:
    user = await a_person(empty_database)
    import_id = await start(empty_database, user, b'{"format":"taskbell-tasks/1", oh no')
    assert (await do(again=await the_job(empty_database))).state == "done"
    failed = await read(empty_database, import_id)
    assert (failed.state, failed.error) == ("failed", "It is not JSON: line 1.")
    assert failed.file is None


async def test_an_import_into_a_list_that_is_gone_fails(empty_database: Database, do: Do) -> None:
    user = await a_person(empty_database)
    import_id = await start(empty_database, user, many(1))
    async with empty_database.transaction() as session:
        await session.execute(update(TaskImport).values(list_id=import_id))
    await do(again=await the_job(empty_database))
    failed = await read(empty_database, import_id)
    assert (failed.state, failed.error) == ("failed", "There is no such list")


async def test_what_was_imported_before_the_import_failed_stays(
    empty_database: Database, do: Do
) -> None:
    user = await a_person(empty_database)
    lists = [{"id": f"l{n}", "name": f"L{n}"} for n in range(501)]
    tasks = [{"id": f"t{n}", "title": "T"} for n in range(PART)]
    tasks += [{"id": "last", "title": "Last"}]
    import_id = await start(empty_database, user, many(0, tasks=tasks))
    assert await one_part(empty_database, import_id)
    async with empty_database.transaction() as session:
        await session.execute(
            update(TaskImport).values(file=many(0, tasks=tasks, lists=lists), done=0, created=0)
        )
    await do(again=await the_job(empty_database))
    failed = await read(empty_database, import_id)
    assert failed.state == "failed"
    assert failed.error is not None
    assert await count(empty_database, Task) == PART


async def test_an_import_that_was_forgotten_ends_quietly(empty_database: Database, do: Do) -> None:
    user = await a_person(empty_database)
    import_id = await start(empty_database, user, many(2 * PART))
    await one_part(empty_database, import_id)
    async with empty_database.transaction() as session:
        await reports.delete_import(session, owner_id=user.id, import_id=import_id)
    assert (await do(again=await the_job(empty_database))).state == "done"
    assert await count(empty_database, Task) == PART
    assert (await do(IMPORT, ImportPayload(import_id=import_id))).state == "done"


async def test_what_a_parser_does_not_expect_ends_the_import_at_once(
    empty_database: Database, do: Do
) -> None:
    user = await a_person(empty_database)
    import_id = await start(empty_database, user, content(REAL["trello"]), "trello")
    async with empty_database.transaction() as session:  # nobody can: the profile checks it
        await session.execute(update(User).values(time_zone="Nowhere/Land"))
    assert (await do(again=await the_job(empty_database))).state == "done"
    failed = await read(empty_database, import_id)
    assert (failed.state, failed.error) == ("failed", "This file could not be read.")
    assert failed.file is None


async def test_an_import_that_never_succeeds_is_given_up(
    empty_database: Database, do: Do, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = await a_person(empty_database)
    import_id = await start(empty_database, user, many(1))

    async def broken(*_: Any, **__: Any) -> bool:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr("taskbell.transfer.service.import_part", broken)
    job = await do(again=await the_job(empty_database))
    assert (job.state, (await read(empty_database, import_id)).state) == ("ready", "running")
    async with empty_database.transaction() as session:
        await session.execute(update(Job).values(attempts=IMPORT.retry.max_attempts - 1))
    assert (await do(again=job)).state == "dead"
    failed = await read(empty_database, import_id)
    assert (failed.state, failed.error, failed.file) == ("failed", NO_IMPORT, None)


async def test_no_log_line_says_what_is_in_a_file(
    empty_database: Database, do: Do, capsys: pytest.CaptureFixture[str]
) -> None:
    user = await a_person(empty_database)
    tasks = [
        {"id": "sesame-1", "title": "Sesame open", "description": "sesame", "due_at": "sesame"}
    ]
    listed = [{"id": "l", "name": "Sesame"}]
    data = many(0, tasks=tasks, lists=listed)
    await start(empty_database, user, data, filename="sesame.json")
    await start(empty_database, user, b'{"format":"taskbell-tasks/1", sesame')
    async with empty_database.transaction() as session:
        jobs = list(await session.scalars(select(Job).where(col(Job.kind) == IMPORT.name)))
    for job in jobs:
        await do(again=job)
    said = capsys.readouterr()
    assert "sesame" not in (said.out + said.err).lower()
