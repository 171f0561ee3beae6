"""What can be done with imports. How they are written is in writing.py."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast
from uuid import UUID

import structlog
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from taskbell.accounts.models import User
from taskbell.clock import now
from taskbell.errors import InvalidError
from taskbell.jobs.models import Job
from taskbell.jobs.service import enqueue
from taskbell.lists import service as lists
from taskbell.locks import lock_tasks_of
from taskbell.text import storable
from taskbell.transfer.errors import ImportRunningError, UnreadableImportError
from taskbell.transfer.items import Context, ImportedFile, Source, WeekStart
from taskbell.transfer.jobs import IMPORT, ImportPayload
from taskbell.transfer.models import UNFINISHED, TaskImport
from taskbell.transfer.parsers import parse
from taskbell.transfer.places import Whose
from taskbell.transfer.placing import Part
from taskbell.transfer.reports import without_file
from taskbell.transfer.sniffing import check
from taskbell.transfer.writing import PART, task_ids, write_part, write_rows

MOST_RUNNING = 3
MOST_BYTES = 10 * 1024 * 1024
MOST_ERROR = 500

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Work:
    """A file that waits for being imported."""

    owner_id: UUID
    source: Source
    data: bytes
    context: Context


@dataclass(frozen=True)
class Ready:
    """A file that was read: what is in it, under which ids, for somebody in a time zone."""

    file: ImportedFile
    ids: Mapping[str, UUID]
    time_zone: str


async def start_import(
    session: AsyncSession,
    *,
    owner_id: UUID,
    source: Source,
    data: bytes,
    filename: str = "",
    list_id: UUID | None = None,
    dry_run: bool = False,
) -> TaskImport:
    """Keep a file and have it imported.

    Raises `UnreadableImportError` for a file that is clearly of another kind,
    `ImportRunningError` beyond `MOST_RUNNING`, `ListNotFoundError`, `ListArchivedError`.
    """
    check(source, data)
    await lock_tasks_of(session, owner_id=owner_id)  # imports are counted in turn
    running = select(func.count()).where(
        col(TaskImport.owner_id) == owner_id, col(TaskImport.state).in_(UNFINISHED)
    )
    if (await session.scalar(running) or 0) >= MOST_RUNNING:
        raise ImportRunningError
    if list_id is not None:
        await lists.resolve(session, owner_id=owner_id, list_id=list_id)
    started = TaskImport(
        owner_id=owner_id,
        source=source,
        filename=filename,
        list_id=list_id,
        dry_run=dry_run,
        file=data,
    )
    session.add(started)
    await session.flush()
    payload = ImportPayload(import_id=started.id)
    await enqueue(session, IMPORT, payload, dedupe_key=str(started.id))
    log.info("import_started", import_id=str(started.id), source=source, bytes=len(data))
    return started


async def begin(session: AsyncSession, *, import_id: UUID) -> Work | None:
    """Return what is to be imported; None when there is nothing left to do."""
    found = (
        await session.execute(
            select(TaskImport, col(User.time_zone), col(User.week_start), col(User.locale))
            .join(User, col(User.id) == col(TaskImport.owner_id))
            .where(col(TaskImport.id) == import_id, col(TaskImport.state).in_(UNFINISHED))
            .with_for_update(of=TaskImport)
        )
    ).first()
    if found is None:
        return None
    started, zone, week_start, locale = found
    started.state = "running"
    await session.flush()
    # relative days ("tomorrow") mean the same in each attempt
    context = Context(  # the table has a check for the start of the week
        started.created_at, zone, started.filename, cast(WeekStart, week_start), locale
    )
    source = cast(Source, started.source)
    return Work(started.owner_id, source, started.file or b"", context)


def read(work: Work) -> Ready:
    """Read a file: seconds of computing, for a thread of its own.

    Raises `UnreadableImportError`, also for what its parser does not expect; `ImportTooLargeError`.
    """
    try:
        file = parse(work.source, work.data, work.context)
        ids = task_ids(work.owner_id, work.source, file)
    except InvalidError:
        raise
    except Exception as error:
        # the same bytes would fail again. Its message may hold some of them: that is not logged
        log.error("import_parser_failed", source=work.source, error=type(error).__name__)
        raise UnreadableImportError("This file could not be read.") from None
    return Ready(file, ids, work.context.time_zone)


async def import_part(session: AsyncSession, *, import_id: UUID, ready: Ready) -> bool:
    """Import the next `PART` items of a file; return whether some are left.

    Raises `TooManyListsError`, `TooManyLabelsError`, `ListNotFoundError`, `ListArchivedError`.
    """
    started = await session.scalar(
        without_file()
        .where(col(TaskImport.id) == import_id, col(TaskImport.state).in_(UNFINISHED))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if started is None:
        return False
    whose = Whose(started.owner_id, cast(Source, started.source), started.dry_run, now())
    if started.list_id is not None:
        await lock_tasks_of(session, owner_id=whose.owner_id)
        await lists.resolve(session, owner_id=whose.owner_id, list_id=started.list_id)
    items = ready.file.items[started.done : started.done + PART]
    part = Part(
        whose,
        ready.file,
        items,
        ready.time_zone,
        started.list_id,
        ready.ids,
        is_first=started.done == 0,
    )
    outcomes = await write_part(session, part)
    await write_rows(session, import_id=import_id, outcomes=outcomes)
    started.total = len(ready.file.items)
    for one in outcomes:
        name = "duplicates" if one.outcome == "duplicate" else one.outcome
        setattr(started, name, getattr(started, name) + 1)
    started.done += len(outcomes)
    if left := started.done < started.total:
        await session.flush()
    else:
        await _finish(session, started.id, state="done")
    return left


async def fail(session: AsyncSession, *, import_id: UUID, error: str) -> None:
    """Give an import up; what it has written stays. Nothing happens to one that is finished."""
    await _finish(session, import_id, state="failed", error=storable(error, MOST_ERROR))


async def _finish(
    session: AsyncSession, import_id: UUID, *, state: str, error: str | None = None
) -> None:
    await session.flush()
    ended = await session.execute(
        update(TaskImport)
        .where(col(TaskImport.id) == import_id, col(TaskImport.state).in_(UNFINISHED))
        .values(state=state, error=error, finished_at=now(), file=None)
        .returning(col(TaskImport.done))
        .execution_options(synchronize_session=False)
    )
    for row in ended:
        log.info("import_finished", import_id=str(import_id), state=state, rows=row.done)


async def abandon_imports(session: AsyncSession, *, job_ids: Sequence[UUID], reason: str) -> None:
    """Give up the imports of jobs that were given up, if any of these is one."""
    keys = await session.scalars(
        select(col(Job.dedupe_key)).where(col(Job.id).in_(job_ids), col(Job.kind) == IMPORT.name)
    )
    for key in keys:
        if key is not None:
            await fail(session, import_id=UUID(key), error=reason)
