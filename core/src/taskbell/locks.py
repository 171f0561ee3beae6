"""The one lock of a user's tasks, lists and labels."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession


async def lock_tasks_of(session: AsyncSession, *, owner_id: UUID) -> None:
    """Wait until nobody else changes the shape of a user's tasks; holds until the transaction ends.

    Whoever moves, deletes or restores tasks, lists or labels, takes this before any row: then two
    changes at once cannot make a circle, leave a live task below one in the trash, or wait for
    each other for ever. Changes of one row that is there need it not.
    """
    held: set[UUID] = session.info.setdefault("tasks_locked_of", set())
    if owner_id in held:  # a session is one transaction
        return
    await session.execute(
        select(func.pg_advisory_xact_lock(func.hashtextextended(f"tasks of {owner_id}", 0)))
    )
    held.add(owner_id)
