import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from core.tests.make import a_list, a_task, a_user
from taskbell.accounts.models import User
from taskbell.clock import now
from taskbell.lists.models import TaskList
from taskbell.tasks.counts import pending_by_label, pending_by_list


@pytest.fixture
async def ada(session: AsyncSession) -> User:
    return await a_user(session)


@pytest.fixture
async def home(session: AsyncSession, ada: User) -> TaskList:
    """Return a list with three pending tasks; there are others that must not be counted."""
    made = await a_list(session, ada)
    for labels in (["x"], ["x", "a b", "ä"], []):
        await a_task(session, ada, list_id=made.id, labels=labels)
    await a_task(session, ada, list_id=made.id, labels=["x"], completed_at=now())
    await a_task(session, ada, list_id=made.id, labels=["x"], deleted_at=now())
    await a_task(session, await a_user(session), labels=["x"])
    return made


async def test_pending_tasks_of_lists(session: AsyncSession, ada: User, home: TaskList) -> None:
    other = (await a_task(session, ada)).list_id
    empty = await a_list(session, ada)
    assert await pending_by_list(session, owner_id=ada.id) == {home.id: 3, other: 1}
    for list_id, expected in ((home.id, {home.id: 3}), (empty.id, {})):
        counts = await pending_by_list(session, owner_id=ada.id, list_id=list_id)
        assert counts == expected


@pytest.mark.usefixtures("home")
async def test_pending_tasks_with_labels(session: AsyncSession, ada: User) -> None:
    expected = {"x": 2, "a b": 1, "ä": 1}
    assert await pending_by_label(session, owner_id=ada.id) == expected
    for name, count in expected.items():
        assert await pending_by_label(session, owner_id=ada.id, name=name) == {name: count}
    for name in ("X", "a", "b", ""):
        assert await pending_by_label(session, owner_id=ada.id, name=name) == {}
