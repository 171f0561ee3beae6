"""What can be done with lists. So far: every user has an inbox."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from taskbell.errors import NotFoundError
from taskbell.lists.models import TaskList


class ListNotFoundError(NotFoundError):
    code = "list_not_found"
    title = "There is no such list"


async def create_inbox(session: AsyncSession, *, owner_id: UUID) -> TaskList:
    """Add the inbox of a new user."""
    inbox = TaskList(owner_id=owner_id, name="Inbox", is_inbox=True)
    session.add(inbox)
    return inbox


async def resolve(session: AsyncSession, *, owner_id: UUID, list_id: UUID | None) -> UUID:
    """Return `list_id` when it is the owner's, or the inbox's id for None.

    Raises `ListNotFoundError`, also for somebody else's list.
    """
    chosen = col(TaskList.is_inbox) if list_id is None else col(TaskList.id) == list_id
    found: UUID | None = await session.scalar(
        select(col(TaskList.id)).where(col(TaskList.owner_id) == owner_id, chosen)
    )
    if found is None:
        raise ListNotFoundError
    return found
