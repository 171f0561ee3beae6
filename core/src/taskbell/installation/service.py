"""Secrets that an installation makes for itself: no one has to configure them."""

from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from taskbell.installation.models import InstallationSecret


async def secret(session: AsyncSession, name: str, make: Callable[[], str]) -> str:
    """Return the secret called `name`; the first who asks makes it, in the caller's transaction.

    All processes get the same one: whoever comes second waits for the first one's commit. So use
    it for nothing before the caller has committed, and do not keep it across a rollback.
    """
    wanted = select(col(InstallationSecret.value)).where(col(InstallationSecret.name) == name)
    found = await session.scalar(wanted)
    if found is None:
        row = {"name": name, "value": make()}
        await session.execute(insert(InstallationSecret).values(row).on_conflict_do_nothing())
        found = (await session.execute(wanted)).scalar_one()
    return found
