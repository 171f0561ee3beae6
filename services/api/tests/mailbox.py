"""What people would find in their mailbox: no worker runs here, so nothing is ever sent."""

from typing import Any

from sqlalchemy import text

from taskbell.accounts import links
from taskbell.accounts.links import NewLink, Purpose
from taskbell.accounts.models import User
from taskbell.db import Database

from .conftest import Person


async def mail_link(
    database: Database, purpose: Purpose, person: Person, *, to: str | None = None
) -> str:
    """Make a link as the worker does when it mails one, and return its token."""
    async with database.transaction() as session:
        user = await session.get_one(User, person.id)
        email = to or (user.pending_email if purpose == "change_email" else user.email)
        assert email is not None
        link = NewLink.make(purpose, user_id=user.id, email=email)
        await links.keep(session, link)
    return link.token


async def jobs(database: Database, person: Person) -> list[tuple[str, dict[str, Any]]]:
    """Return kind and payload of what was enqueued for a person, in order."""
    async with database.transaction() as session:
        rows = await session.execute(
            text("SELECT kind, payload FROM job WHERE payload->>'user_id' = :user ORDER BY id"),
            {"user": person.id},
        )
        return [(row[0], row[1]) for row in rows]


async def notices(database: Database, person: Person) -> list[tuple[str, str]]:
    """Return what a person is told, and at which address."""
    found = await jobs(database, person)
    return [(one["notice"], one["email"]) for kind, one in found if kind == "mail.notice"]
