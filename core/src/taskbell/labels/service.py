"""What can be done with labels."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from taskbell.clock import now
from taskbell.db import constraint_of
from taskbell.ids import new_id
from taskbell.labels.changes import tell_followers
from taskbell.labels.errors import (
    LabelChangedError,
    LabelExistsError,
    LabelIdTakenError,
    LabelNotFoundError,
    TooManyLabelsError,
)
from taskbell.labels.models import Label
from taskbell.labels.names import name_key
from taskbell.labels.schemas import LabelCreate, LabelPatch
from taskbell.locks import lock_tasks_of

MOST_LABELS = 500


async def create_label(session: AsyncSession, *, owner_id: UUID, new: LabelCreate) -> Label:
    """Add a label. Raises `LabelExistsError`, `LabelIdTakenError`, `TooManyLabelsError`."""
    await lock_tasks_of(session, owner_id=owner_id)
    if await _count(session, owner_id) >= MOST_LABELS:
        raise TooManyLabelsError
    await _check_free(session, owner_id, name_key(new.name))
    label = _new(owner_id, new.name, id=new.id or new_id(), color=new.color)
    session.add(label)
    await _flush(session)
    return label


async def get_label(session: AsyncSession, *, owner_id: UUID, label_id: UUID) -> Label:
    """Return a label. Raises `LabelNotFoundError`."""
    return await _get(session, owner_id, label_id)


async def list_labels(session: AsyncSession, *, owner_id: UUID) -> Sequence[Label]:
    """Return a user's labels by their names."""
    mine = select(Label).where(col(Label.owner_id) == owner_id).order_by(col(Label.name_key))
    return (await session.scalars(mine)).all()


async def update_label(
    session: AsyncSession,
    *,
    owner_id: UUID,
    label_id: UUID,
    patch: LabelPatch,
    if_version: int | None = None,
) -> Label:
    """Give a label another name, on all its tasks, or color: absent fields are untouched.

    Raises `LabelNotFoundError`, `LabelChangedError`, `LabelExistsError`.
    """
    given = patch.model_dump(exclude_unset=True)
    if "name" in given:
        await lock_tasks_of(session, owner_id=owner_id)
    label = await _lock(session, owner_id, label_id, if_version)
    old = label.name
    changes = {name: value for name, value in given.items() if getattr(label, name) != value}
    if not changes:
        return label
    key = name_key(changes.get("name", old))
    if key != label.name_key:
        await _check_free(session, owner_id, key)
    for name, value in changes.items():
        setattr(label, name, value)
    label.name_key = key
    label.version += 1
    label.updated_at = max(now(), label.updated_at)
    await _flush(session)
    if label.name != old:
        await tell_followers(session, owner_id=owner_id, old=old, new=label.name)
    return label


async def delete_label(
    session: AsyncSession, *, owner_id: UUID, label_id: UUID, if_version: int | None = None
) -> None:
    """Delete a label, and take it off its tasks.

    Raises `LabelNotFoundError`, `LabelChangedError`.
    """
    await lock_tasks_of(session, owner_id=owner_id)
    label = await _lock(session, owner_id, label_id, if_version)
    await tell_followers(session, owner_id=owner_id, old=label.name, new=None)
    await session.delete(label)
    await session.flush()


async def resolve_names(
    session: AsyncSession, *, owner_id: UUID, names: Sequence[str]
) -> list[str]:
    """Return `names` as their labels are written, each once, in the order given.

    Those that are missing are made. One statement, and a second one where some are missing. For
    holders of `locks.lock_tasks_of` only: labels are counted, made and renamed in turn. Raises
    `TooManyLabelsError` (field `body.labels`).
    """
    if not names:
        return []
    theirs = select(col(Label.name_key), col(Label.name)).where(col(Label.owner_id) == owner_id)
    there = {row.name_key: row.name for row in await session.execute(theirs)}
    keys = list(dict.fromkeys(map(name_key, names)))
    wanted = {name_key(name): name for name in reversed(names)}  # its first spelling stays
    missing = [key for key in keys if key not in there]
    if missing:
        if len(there) + len(missing) > MOST_LABELS:
            raise TooManyLabelsError(field="body.labels")
        session.add_all(_new(owner_id, wanted[key]) for key in missing)
        await session.flush()
    return [there.get(key, wanted[key]) for key in keys]


def _new(owner_id: UUID, name: str, **fields: Any) -> Label:
    moment = now()
    return Label(
        owner_id=owner_id,
        name=name,
        name_key=name_key(name),
        created_at=moment,
        updated_at=moment,
        **fields,
    )


async def _count(session: AsyncSession, owner_id: UUID) -> int:
    count = select(func.count()).select_from(Label).where(col(Label.owner_id) == owner_id)
    return await session.scalar(count) or 0


async def _get(
    session: AsyncSession, owner_id: UUID, label_id: UUID, *, lock: bool = False
) -> Label:
    statement = select(Label).where(col(Label.id) == label_id, col(Label.owner_id) == owner_id)
    if lock:
        # what another request committed while this one waited must be seen
        statement = statement.with_for_update().execution_options(populate_existing=True)
    label = await session.scalar(statement)
    if label is None:
        raise LabelNotFoundError
    return label


async def _lock(
    session: AsyncSession, owner_id: UUID, label_id: UUID, if_version: int | None
) -> Label:
    label = await _get(session, owner_id, label_id, lock=True)
    if if_version is not None and label.version != if_version:
        raise LabelChangedError
    return label


async def _check_free(session: AsyncSession, owner_id: UUID, key: str) -> None:
    """Raise `LabelExistsError` for a name that is taken; for holders of the lock.

    Not left to the database: it would write the name into its log.
    """
    taken = select(1).where(col(Label.owner_id) == owner_id, col(Label.name_key) == key)
    if await session.scalar(taken):
        raise LabelExistsError


async def _flush(session: AsyncSession) -> None:
    try:
        await session.flush()
    except IntegrityError as error:
        if constraint_of(error) == "pk_label":
            raise LabelIdTakenError from None
        raise
