"""What can be done with lists. Every user has an inbox. Their order is in order.py."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Select, delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from taskbell.clock import now
from taskbell.db import constraint_of
from taskbell.ids import new_id
from taskbell.lists.changes import tell_followers
from taskbell.lists.errors import (
    InboxProtectedError,
    ListArchivedError,
    ListChangedError,
    ListIdTakenError,
    ListNotFoundError,
    TooManyListsError,
)
from taskbell.lists.models import TaskList
from taskbell.lists.schemas import ListCreate, ListPatch
from taskbell.locks import lock_tasks_of

MOST_LISTS = 500
TRASH_TTL = timedelta(days=30)

_IN_TRASH = "The list is in the trash: restore it first"


async def create_inbox(session: AsyncSession, *, owner_id: UUID) -> None:
    """Add a user's inbox; nothing happens when there is one."""
    await session.execute(
        insert(TaskList)
        .values(owner_id=owner_id, name="Inbox", is_inbox=True)
        .on_conflict_do_nothing(index_elements=["owner_id"], index_where=text("is_inbox"))
    )


async def resolve(session: AsyncSession, *, owner_id: UUID, list_id: UUID | None) -> UUID:
    """Return `list_id` when tasks can be added there, or the inbox's id for None.

    The inbox is made here should it be missing: an account may come from elsewhere than sign-up.
    The list is neither archived nor trashed before the transaction ends. Raises
    `ListNotFoundError`, also for somebody else's list and one in the trash, and
    `ListArchivedError`.
    """
    chosen = col(TaskList.is_inbox) if list_id is None else col(TaskList.id) == list_id
    mine = (
        select(col(TaskList.id), col(TaskList.archived_at), col(TaskList.deleted_at))
        .where(col(TaskList.owner_id) == owner_id, chosen)
        .with_for_update(read=True, key_share=True)
    )
    found = (await session.execute(mine)).first()
    if found is None and list_id is None:
        await create_inbox(session, owner_id=owner_id)
        found = (await session.execute(mine)).first()
    if found is None:
        raise ListNotFoundError
    if found.deleted_at is not None:
        raise ListNotFoundError(_IN_TRASH)
    if found.archived_at is not None:
        raise ListArchivedError
    resolved: UUID = found.id
    return resolved


async def create_list(session: AsyncSession, *, owner_id: UUID, new: ListCreate) -> TaskList:
    """Add a list, behind all others. Raises `ListIdTakenError`, `TooManyListsError`."""
    await lock_tasks_of(session, owner_id=owner_id)  # lists are counted in turn
    count = select(func.count()).select_from(TaskList).where(col(TaskList.owner_id) == owner_id)
    if (await session.scalar(count) or 0) >= MOST_LISTS:
        raise TooManyListsError
    moment = now()
    made = TaskList(
        id=new.id or new_id(),
        owner_id=owner_id,
        name=new.name,
        color=new.color,
        created_at=moment,
        updated_at=moment,
    )
    session.add(made)
    try:
        await session.flush()
    except IntegrityError as error:
        if constraint_of(error) == "pk_task_list":
            raise ListIdTakenError from None
        raise
    return made


async def get_list(session: AsyncSession, *, owner_id: UUID, list_id: UUID) -> TaskList:
    """Return a list, archived, trashed or not. Raises `ListNotFoundError`."""
    found = await session.scalar(_one(owner_id, list_id))
    if found is None:
        raise ListNotFoundError
    return found


async def list_lists(
    session: AsyncSession, *, owner_id: UUID, archived: bool | None = False, trashed: bool = False
) -> Sequence[TaskList]:
    """Return a user's lists in their order, the inbox first.

    `archived`: those only, or without them; None for both. `trashed`: those in the trash, instead.
    """
    in_trash = col(TaskList.deleted_at).is_not(None)
    mine = select(TaskList).where(
        col(TaskList.owner_id) == owner_id, in_trash if trashed else ~in_trash
    )
    if archived is not None:
        is_archived = col(TaskList.archived_at).is_not(None)
        mine = mine.where(is_archived if archived else ~is_archived)
    in_order = (col(TaskList.is_inbox).desc(), col(TaskList.position), col(TaskList.id))
    return (await session.scalars(mine.order_by(*in_order))).all()


async def update_list(
    session: AsyncSession,
    *,
    owner_id: UUID,
    list_id: UUID,
    patch: ListPatch,
    if_version: int | None = None,
) -> TaskList:
    """Merge a patch into a list: absent fields are untouched.

    Raises `ListNotFoundError`, also for one in the trash, `ListChangedError`,
    `InboxProtectedError`.
    """
    found = await _lock(session, owner_id, list_id, if_version)
    given = patch.model_dump(exclude_unset=True)
    archived = given.pop("archived", found.archived_at is not None)
    if archived and found.is_inbox:
        raise InboxProtectedError
    if archived != (found.archived_at is not None):
        given["archived_at"] = now() if archived else None
    changes = {name: value for name, value in given.items() if getattr(found, name) != value}
    for name, value in changes.items():
        setattr(found, name, value)
    if changes:
        await _touch(session, found)
    return found


async def trash_list(
    session: AsyncSession,
    *,
    owner_id: UUID,
    list_id: UUID,
    if_version: int | None = None,
    via: str = "system",
) -> None:
    """Move a list to the trash, and its tasks; nothing changes when it lies there already.

    `via`: how whoever does it came in (see `Caller.via`). Raises `ListNotFoundError`,
    `ListChangedError`, `InboxProtectedError`.
    """
    found = await _lock_with_tasks(session, owner_id, list_id, if_version)
    if found.is_inbox:
        raise InboxProtectedError
    if found.deleted_at is None:
        found.deleted_at = now()
        await _touch(session, found)
        await tell_followers(session, found, "trashed", via)


async def restore_list(
    session: AsyncSession,
    *,
    owner_id: UUID,
    list_id: UUID,
    if_version: int | None = None,
    via: str = "system",
) -> TaskList:
    """Take a list out of the trash, with the tasks that went there with it.

    Nothing changes when it is not there. Raises `ListNotFoundError`, `ListChangedError`.
    """
    found = await _lock_with_tasks(session, owner_id, list_id, if_version)
    if found.deleted_at is not None:
        found.deleted_at = None
        await _touch(session, found)
        await tell_followers(session, found, "restored", via)
    return found


async def delete_list(
    session: AsyncSession,
    *,
    owner_id: UUID,
    list_id: UUID,
    if_version: int | None = None,
    via: str = "system",
) -> None:
    """Delete a list for good, with its tasks.

    Raises `ListNotFoundError`, `ListChangedError`, `InboxProtectedError`.
    """
    found = await _lock_with_tasks(session, owner_id, list_id, if_version)
    if found.is_inbox:
        raise InboxProtectedError
    await tell_followers(session, found, "deleted", via)
    await session.delete(found)
    await session.flush()


async def purge_trash(session: AsyncSession, *, most: int) -> int:
    """Delete up to `most` lists that lie in the trash for `TRASH_TTL`; return how many.

    Their tasks lie there as long: purge tasks first, or a list takes all of its own along at once.
    """
    old = (
        select(col(TaskList.id))
        .where(col(TaskList.deleted_at) < now() - TRASH_TTL)
        .order_by(col(TaskList.deleted_at))
        .limit(most)
        .with_for_update(skip_locked=True)
        .cte("old")
        .prefix_with("MATERIALIZED")  # a subquery might be run, and locked, more than once
    )
    purged = await session.execute(
        delete(TaskList)
        .where(col(TaskList.id).in_(select(old.c.id)))
        .returning(col(TaskList.id))
        .execution_options(synchronize_session=False)
    )
    return len(purged.all())


async def _lock_with_tasks(
    session: AsyncSession, owner_id: UUID, list_id: UUID, if_version: int | None
) -> TaskList:
    await lock_tasks_of(session, owner_id=owner_id)
    return await _lock(session, owner_id, list_id, if_version, trashed=True)


async def _lock(
    session: AsyncSession,
    owner_id: UUID,
    list_id: UUID,
    if_version: int | None,
    *,
    trashed: bool = False,
) -> TaskList:
    """Return a list, locked: nobody adds a task to it meanwhile (see `resolve`)."""
    locked = _one(owner_id, list_id).with_for_update()
    # what another request committed while this one waited must be seen
    found = await session.scalar(locked, execution_options={"populate_existing": True})
    if found is None:
        raise ListNotFoundError
    if found.deleted_at is not None and not trashed:
        raise ListNotFoundError(_IN_TRASH)
    if if_version is not None and found.version != if_version:
        raise ListChangedError
    return found


def _one(owner_id: UUID, list_id: UUID) -> Select[TaskList]:
    return select(TaskList).where(col(TaskList.id) == list_id, col(TaskList.owner_id) == owner_id)


async def _touch(session: AsyncSession, found: TaskList) -> None:
    found.version += 1
    found.updated_at = max(now(), found.updated_at)  # clocks step back: changes should not
    await session.flush()
