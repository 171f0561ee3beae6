"""What can be done with lists. So far: every user has an inbox."""

from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from taskbell.errors import NotFoundError
from taskbell.lists.models import TaskList


class ListNotFoundError(NotFoundError):
    code = "list_not_found"
    title = "There is no such list"


async def create_inbox(session: AsyncSession, *, owner_id: UUID) -> None:
    """Add a user's inbox; nothing happens when there is one."""
    await session.execute(
        insert(TaskList)
        .values(owner_id=owner_id, name="Inbox", is_inbox=True)
        .on_conflict_do_nothing(index_elements=["owner_id"], index_where=text("is_inbox"))
    )


async def resolve(session: AsyncSession, *, owner_id: UUID, list_id: UUID | None) -> UUID:
    """Return `list_id` when it is the owner's, or the inbox's id for None.

    The inbox is made here should it be missing: an account may come from elsewhere than sign-up.
    Raises `ListNotFoundError`, also for somebody else's list.
    """
    chosen = col(TaskList.is_inbox) if list_id is None else col(TaskList.id) == list_id
    mine = select(col(TaskList.id)).where(col(TaskList.owner_id) == owner_id, chosen)
    found: UUID | None = await session.scalar(mine)
    if found is None and list_id is None:
        await create_inbox(session, owner_id=owner_id)
        found = await session.scalar(mine)
    if found is None:
        raise ListNotFoundError
    return found
