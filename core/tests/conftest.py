"""On top of the fixtures of /conftest.py: a session that sees no rows but the test's own."""

import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncSession

from taskbell.models import METADATA


@pytest_asyncio.fixture
async def session(session: AsyncSession) -> AsyncSession:
    """Hide what tests that commit have left; the rollback brings it back."""
    for table in reversed(METADATA.sorted_tables):
        await session.execute(table.delete())
    return session
