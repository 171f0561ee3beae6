"""An account with something in every table, and whose each row is: found by foreign keys."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Select, Table, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.tests.make import a_link, a_list, a_reminder, a_session, a_task, a_user, an_api_token
from core.tests.make import make_due as let_pass
from taskbell.accounts.models import Identity, RefreshToken, User
from taskbell.accounts.tokens import hash_refresh_token, new_refresh_token
from taskbell.clock import now
from taskbell.digest.models import Digest
from taskbell.exports import service as exports
from taskbell.feeds.models import CalendarFeed
from taskbell.filters.models import SavedFilter
from taskbell.idempotency.models import IdempotencyKey
from taskbell.ids import new_id
from taskbell.labels.models import Label
from taskbell.models import METADATA
from taskbell.notifications.models import Notification, NotificationPreference, NotificationTest
from taskbell.push.models import PushSubscription
from taskbell.reminders.firing import fire_due
from taskbell.tasks.completion import set_completed
from taskbell.transfer.models import TaskImport, TaskImportRow
from taskbell.webhooks.models import Webhook, WebhookMessage

NOBODYS = {
    "job": "work, named by ids; deleted some days after it ended",
    "installation_secret": "keys of the installation",
    "event": "ids of what changed in the last day; no foreign keys, for the thing may be gone",
}
"""Tables whose rows belong to no user, and why."""

USER = METADATA.tables["user_account"]
OWNED: list[Table] = [table for table in METADATA.sorted_tables if table.name not in NOBODYS]


async def a_full_account(session: AsyncSession, *, email: str) -> User:
    """Add a user with at least one row in each table that has a user's rows."""
    user = await a_user(session, email=email, name="Zoë 💚", password_hash=f"$argon2id${email}")
    session.add(Identity(issuer="https://id.example.com", subject=email, user_id=user.id))
    mine = await a_session(session, user, user_agent="Firefox")
    hashed = hash_refresh_token(new_refresh_token())
    session.add(RefreshToken(token_hash=hashed, session_id=mine.id))
    await an_api_token(session, user)
    await a_link(session, user, "export")
    await a_list(session, user)
    session.add(Label(owner_id=user.id, name="Home", name_key="home"))
    session.add(SavedFilter(owner_id=user.id, name="All", name_key="all", query={"q": "x"}))
    session.add(CalendarFeed(owner_id=user.id, name="Phone", secret_hash=email.encode() * 2))
    session.add(
        IdempotencyKey(
            owner_id=user.id,
            key="k",
            fingerprint=b"\xf0" * 32,
            status=201,
            body=b'{"kept":"a day"}',
        )
    )
    task = await a_task(session, user, title=f"Water the plants of {email}")
    await let_pass(session, await a_reminder(session, task), late=60)
    await fire_due(session)
    await a_task(session, user, deleted_at=now() - timedelta(days=1))
    repeating = await a_task(session, user, recurrence={"rrule": "FREQ=DAILY"})
    await set_completed(session, owner_id=user.id, task_id=repeating.id)
    await _told(session, user, mine.id)
    moved_in = TaskImport(owner_id=user.id, source="trello", file=b"{}")
    session.add(moved_in)
    await session.flush()
    row = TaskImportRow(
        import_id=moved_in.id, number=1, title="Card", outcome="skipped", messages=["closed"]
    )
    session.add(row)
    await session.flush()
    await exports.make(session, user_id=user.id)
    return user


async def _told(session: AsyncSession, user: User, session_id: UUID) -> None:
    """Add what notifications leave behind."""
    session.add(NotificationPreference(user_id=user.id))
    session.add(Digest(user_id=user.id, day=now().date(), job_id=new_id()))
    session.add(Notification(owner_id=user.id, kind="test", title="It works"))
    session.add(NotificationTest(owner_id=user.id, channel="email"))
    webhook = Webhook(owner_id=user.id, name="Home", url="https://example.com", secret="whsec_x")
    session.add(webhook)
    device = PushSubscription(
        owner_id=user.id,
        endpoint=f"https://push.example.com/{user.email}",
        p256dh="k",
        auth="a",
        session_id=session_id,
    )
    session.add(device)
    await session.flush()
    session.add(
        WebhookMessage(webhook_id=webhook.id, owner_id=user.id, kind="test", job_id=new_id())
    )
    await session.flush()


def of_user(table: Table, user_id: UUID, *columns: Any) -> Select[Any]:
    """Return the statement that finds a user's rows in a table that has them."""
    return select(*(columns or [table])).where(_is_of(table, user_id))


def _is_of(table: Table, user_id: UUID) -> Any:
    if table is USER:
        return USER.c.id == user_id
    column, parent = _owner(table)
    if parent is USER:
        return column == user_id
    (key,) = (one.column for one in column.foreign_keys)
    return column.in_(of_user(parent, user_id, key))


def _owner(table: Table) -> tuple[Column[Any], Table]:
    """Return the column that leads to the owner: straight if there is one, else by a parent."""
    keys = [(key.parent, key.column.table) for key in table.foreign_keys]
    assert keys, f"nothing says whose the rows of {table.name} are: is it one of NOBODYS?"
    straight = [(column, parent) for column, parent in keys if parent is USER]
    return (straight or keys)[0]


async def counted(session: AsyncSession, user: User) -> dict[str, int]:
    """Return how many rows each table has of a user."""
    return {
        table.name: await session.scalar(of_user(table, user.id, func.count())) or 0
        for table in OWNED
    }
