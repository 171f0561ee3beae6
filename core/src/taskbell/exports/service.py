"""All data of an account as one JSON document, and its deletion.

The document is made by a job and kept in Postgres in pieces, so that neither the worker nor the API
holds a whole one. Its link is mailed; it opens it only for who is signed in.
"""

from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import (
    ColumnElement,
    Table,
    Text,
    bindparam,
    cast,
    delete,
    func,
    insert,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from taskbell.accounts import links
from taskbell.accounts.errors import LinkExpiredError
from taskbell.accounts.jobs import EXPORT, ExportPayload
from taskbell.accounts.models import (
    AccountExport,
    AccountExportPart,
    ApiToken,
    AuthSession,
    Identity,
    User,
)
from taskbell.clock import now
from taskbell.db import METADATA, Database
from taskbell.digest.models import Digest
from taskbell.events.models import Event
from taskbell.feeds.models import CalendarFeed
from taskbell.filters.models import SavedFilter
from taskbell.jobs.service import enqueue
from taskbell.labels.models import Label
from taskbell.lists.models import TaskList
from taskbell.notifications.models import Notification, NotificationPreference
from taskbell.push.models import PushSubscription
from taskbell.reminders.models import Delivery, Reminder, ReminderOccurrence
from taskbell.statements import Statement
from taskbell.tasks.models import Task, TaskActivity, TaskCompletion
from taskbell.times import to_wire
from taskbell.transfer.models import TaskImport, TaskImportRow
from taskbell.webhooks.models import Webhook, WebhookMessage

BATCH = 100
"""Rows read at once: some ten kilobytes, four megabytes at most."""

REPLACED_AFTER = timedelta(hours=1)
"""An older export may still be on its way to its owner."""

KEPT = timedelta(days=7)
FORMAT = "taskbell-export/1"

log = structlog.get_logger(__name__)


def _table(model: type[Any]) -> Table:
    return METADATA.tables[model.__tablename__]


_REMINDER, _TASK, _IMPORT = _table(Reminder), _table(Task), _table(TaskImport)
OF_USER: dict[str, Any] = {
    "account": _table(User).c.id,
    "identities": _table(Identity).c.user_id,
    "sessions": _table(AuthSession).c.user_id,
    "api_tokens": _table(ApiToken).c.user_id,
    "lists": _table(TaskList).c.owner_id,
    "labels": _table(Label).c.owner_id,
    "filters": _table(SavedFilter).c.owner_id,
    "tasks": _table(Task).c.owner_id,
    "task_completions": _table(TaskCompletion).c.task_id,
    "task_activity": _table(TaskActivity).c.task_id,
    "reminders": _REMINDER.c.owner_id,
    "reminder_occurrences": _table(ReminderOccurrence).c.reminder_id,
    "deliveries": _table(Delivery).c.reminder_id,
    "calendar_feeds": _table(CalendarFeed).c.owner_id,
    "notification_preferences": _table(NotificationPreference).c.user_id,
    "notifications": _table(Notification).c.owner_id,
    "digests": _table(Digest).c.user_id,
    "push_subscriptions": _table(PushSubscription).c.owner_id,
    "webhooks": _table(Webhook).c.owner_id,
    "webhook_messages": _table(WebhookMessage).c.owner_id,
    "imports": _IMPORT.c.owner_id,
    "import_rows": _table(TaskImportRow).c.import_id,
}
"""What is exported: the column that tells whose a row is, directly or by what it belongs to."""

_BELONGS_TO = {"reminder_id": _REMINDER, "task_id": _TASK, "import_id": _IMPORT}

LEFT_OUT = frozenset(
    {"password_hash", "token_hash", "secret_hash", "file"}
    | {"secret", "previous_secret", "previous_secret_until", "endpoint", "p256dh", "auth"}
    | {"email_key", "name_key", "search", "due_sort"}
)
"""Columns that are secret, computed from others, or what the owner sent themselves."""


async def ask(session: AsyncSession, *, user_id: UUID) -> None:
    """Have an export made and its link mailed; once an hour, however often it is asked for."""
    hour = now().strftime("%Y-%m-%dT%H")
    await enqueue(session, EXPORT, ExportPayload(user_id=user_id), dedupe_key=f"{user_id}:{hour}")
    log.info("export_asked", user_id=str(user_id))


async def make(session: AsyncSession, *, user_id: UUID) -> None:
    """Write the export of a user; one that was there before goes, unless it is quite new."""
    await session.execute(
        delete(AccountExport).where(
            col(AccountExport.user_id) == user_id,
            col(AccountExport.created_at) < now() - REPLACED_AFTER,
        )
    )
    made = AccountExport(user_id=user_id, expires_at=now() + KEPT)
    session.add(made)
    await session.flush()
    number = 0
    async for piece in _document(session, user_id):
        part = {"export_id": made.id, "number": number, "content": piece.encode()}
        await session.execute(insert(AccountExportPart), part)
        number += 1
    log.info("export_made", user_id=str(user_id), parts=number)


async def _document(session: AsyncSession, user_id: UUID) -> AsyncIterator[str]:
    """Yield the pieces of the document."""
    yield f'{{"format":"{FORMAT}","made_at":"{to_wire(now())}"'
    for name, owner in OF_USER.items():
        yield f',\n"{name}":['
        separator = "\n"
        async for rows in _rows(session, owner, user_id):
            yield separator + ",\n".join(rows)
            separator = ",\n"
        yield "]"
    yield "}\n"


async def _rows(session: AsyncSession, owner: Any, user_id: UUID) -> AsyncIterator[list[str]]:
    """Yield the rows of a table as JSON, some hundred at once, in the order of their keys."""
    table: Table = owner.table
    shown: ColumnElement[Any] = func.to_jsonb(literal_column(table.name), type_=JSONB)
    for name in sorted(LEFT_OUT & set(table.c.keys())):
        shown = shown.op("-", return_type=JSONB())(name)
    wanted = select(cast(shown, Text)).select_from(table).order_by(*table.primary_key.columns)
    above = _BELONGS_TO.get(owner.name)
    if above is not None:
        wanted = wanted.join(above, above.c.id == owner).where(above.c.owner_id == user_id)
    else:
        wanted = wanted.where(owner == user_id)
    found = await session.stream_scalars(wanted, execution_options={"yield_per": BATCH})
    async for rows in found.partitions(BATCH):
        yield list(rows)


async def find(session: AsyncSession, *, user_id: UUID, token: str) -> AccountExport:
    """Return a user's export by the token of its link. Raises `LinkExpiredError`."""
    await links.check(session, token=token, purpose="export", user_id=user_id, field="query.token")
    export: AccountExport | None = await session.scalar(
        select(AccountExport)
        .where(col(AccountExport.user_id) == user_id, col(AccountExport.expires_at) > now())
        .order_by(col(AccountExport.id).desc())
        .limit(1)
    )
    if export is None:
        raise LinkExpiredError(field="query.token")
    log.info("export_fetched", user_id=str(user_id))
    return export


_PART = _table(AccountExportPart)
_READ = Statement(
    select(_PART.c.content).where(
        _PART.c.export_id == bindparam("export_id"), _PART.c.number == bindparam("number")
    ),
    into=bytes,
)


async def read(database: Database, *, export_id: UUID) -> AsyncIterator[bytes]:
    """Yield an export piece by piece, each read when the one before is gone."""
    for number in count():
        piece = await _READ.first(database, export_id=export_id, number=number)
        if piece is None:
            return
        yield piece


async def prune_exports(session: AsyncSession) -> None:
    """Delete exports whose time is over."""
    await session.execute(delete(AccountExport).where(col(AccountExport.expires_at) < now()))


async def purge_account(session: AsyncSession, *, user_id: UUID, most: int) -> bool:
    """Delete an account whose grace is over; at most so many of its tasks, then it is not done.

    Returns whether there is nothing left to do: it is gone, or its owner stayed.
    """
    # by the clock that made the job due: behind it, we would believe that the owner came back
    over = col(User.deletion_at) <= func.now()
    leaving = select(col(User.id)).where(col(User.id) == user_id, over)
    if await session.scalar(leaving.with_for_update()) is None:
        return True
    some = select(col(Task.id)).where(col(Task.owner_id) == user_id).limit(most)
    deleted = await session.scalars(
        delete(Task)
        .where(col(Task.id).in_(some))
        .returning(col(Task.id))
        .execution_options(synchronize_session=False)
    )
    if len(deleted.all()) == most:
        return False
    # last what refers to nobody: the deletions themselves are in it
    for gone in (
        delete(User).where(col(User.id) == user_id),
        delete(Event).where(col(Event.owner_id) == user_id),
    ):
        await session.execute(gone.execution_options(synchronize_session=False))
    log.info("account_purged", user_id=str(user_id))
    return True
