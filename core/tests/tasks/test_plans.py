"""What Postgres does for lists of ten thousand tasks in a table with many more.

`PLANS_OTHERS` says how many others there are: 40,000, or as many as one has time for.
"""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any, get_args

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.pool import NullPool

from core.tests.tasks.many import ME, MINE, OTHER, fill, id_of
from core.tests.tasks.plans import Plan, plan_of
from taskbell.db import normalise_url
from taskbell.labels import service as labels
from taskbell.labels.schemas import LabelPatch
from taskbell.lists import service as lists
from taskbell.tasks import completion, counts, history, moving, service, trash, tree
from taskbell.tasks.activity import prune_activity
from taskbell.tasks.queries import SortName, TaskFilter, list_tasks
from taskbell.tasks.schemas import Move, TaskCreate
from taskbell_local.stack import Stack

OTHERS = int(os.environ.get("PLANS_OTHERS", "40000"))
LARGE = {"task", "task_activity", "task_completion", "task_list", "label", "user_account"}

MINE_LIVE = {"ix_task_owner_created", "ix_task_owner_due", "ix_task_owner_priority",
             "ix_task_owner_title"}  # fmt: skip
"""Any of them has all of one's tasks that are not in the trash."""


@pytest_asyncio.fixture(scope="module")
async def table(servers: Stack) -> AsyncIterator[AsyncEngine]:
    """The full table, as the services have it."""
    owner = create_async_engine(normalise_url(servers.owner_url), isolation_level="AUTOCOMMIT")
    service_role = create_async_engine(
        normalise_url(servers.database_url),
        connect_args={"server_settings": {"jit": "off"}},  # as Database has it
        poolclass=NullPool,
    )
    async with owner.connect() as connection:
        await connection.execute(text("TRUNCATE user_account CASCADE"))
        await fill(connection, others=OTHERS)
        await connection.execute(text("VACUUM ANALYZE"))
        yield service_role
        await connection.execute(text("TRUNCATE user_account CASCADE"))
        await connection.execute(text("VACUUM ANALYZE"))
    await service_role.dispose()
    await owner.dispose()


@pytest_asyncio.fixture
async def full(table: AsyncEngine) -> AsyncIterator[AsyncSession]:
    """A session on the full table; what it writes is taken back."""
    async with AsyncSession(table) as session:
        yield session


@pytest.fixture(params=[False, True], ids=["known values", "any values"])
def generic(request: pytest.FixtureRequest) -> bool:
    """Whether Postgres plans without knowing the values: it does both, as it finds it cheaper."""
    return bool(request.param)


async def explain(session: AsyncSession, act: Callable[[], Awaitable[object]], **how: Any) -> Plan:
    """Return the plan; no large table may be read whole."""
    plan = await plan_of(session, act, **how)
    assert plan.statements
    assert not plan.read_whole & LARGE, "\n".join(plan.statements)
    return plan


async def page(session: AsyncSession, sort: SortName | None = None, **wanted: Any) -> Any:
    """A page of tasks that are not archived, unless it is said otherwise, as the API asks."""
    place = {name: wanted.pop(name) for name in ("page", "cursor") if name in wanted}
    wanted.setdefault("archived", None if "list_id" in wanted else False)
    return await list_tasks(session, owner_id=ME, wanted=TaskFilter(**wanted), sort=sort, **place)


DAY = (datetime(2026, 11, 22, tzinfo=UTC), None)
FILTERS: dict[str, tuple[dict[str, Any], set[str]]] = {
    "nothing": ({}, MINE_LIVE),
    "pending": ({"status": "pending"}, MINE_LIVE),
    "completed": ({"status": "completed"}, MINE_LIVE),
    "priority": ({"priority": "urgent"}, {"ix_task_owner_priority"}),
    "list": ({"list_id": id_of("list", 1)}, {"ix_task_list_position"}),
    "label": ({"labels": ("label1",)}, {"ix_task_labels"}),
    "two labels": ({"labels": ("label1", "label2")}, {"ix_task_labels"}),
    "no such label": ({"labels": ("nothing",)}, {"ix_task_labels"}),
    "subtasks": ({"parent_id": id_of("task", 2)}, {"ix_task_parent"}),
    "no subtasks": ({"parent_id": "none"}, MINE_LIVE),
    "overdue": ({"overdue": True}, MINE_LIVE),
    "not overdue": ({"overdue": False}, MINE_LIVE),
    "due before": ({"due_before": DAY}, MINE_LIVE),
    "due after": ({"due_after": DAY}, MINE_LIVE),
    "due": ({"has_due": True}, {"ix_task_owner_due"}),
    "not due": ({"has_due": False}, {"ix_task_owner_due"}),
    "repeating": ({"repeating": True}, MINE_LIVE),
    "not repeating": ({"repeating": False}, MINE_LIVE),
    "archived": ({"archived": True}, {"ix_task_list_position"}),
    "trash": ({"trashed": True, "archived": None}, {"ix_task_trashed"}),
    "common word": ({"q": "the"}, {"ix_task_search"}),
    "rare word": ({"q": "9998"}, {"ix_task_search"}),
    "first letter": ({"q": "r"}, {"ix_task_search"}),
    "all": (
        {
            "status": "pending", "priority": "high", "list_id": id_of("list", 1),
            "labels": ("label1",), "parent_id": "none", "due_before": DAY, "due_after": DAY,
            "overdue": False, "has_due": True, "repeating": False, "q": "fix",
        },
        {"ix_task_labels", "ix_task_search", "ix_task_list_position"},
    ),
}  # fmt: skip
"""What is asked for, and the indexes meant for it: one of them."""


@pytest.mark.parametrize("name", FILTERS)
async def test_each_filter_has_its_index(full: AsyncSession, name: str, generic: bool) -> None:
    wanted, indexes = FILTERS[name]
    plan = await explain(full, lambda: page(full, **wanted), generic=generic)
    assert plan.indexes & indexes, plan.indexes


SORTED: dict[str, str] = {
    "created_at": "ix_task_owner_created",
    "due": "ix_task_owner_due",
    "priority": "ix_task_owner_priority",
    "title": "ix_task_owner_title",
}
"""What is read in order. By the others, all tasks of one person are sorted each time."""

SORTS: list[SortName] = list(get_args(SortName))


@pytest.mark.parametrize("sort", SORTS)
async def test_each_sort_has_its_index(full: AsyncSession, sort: SortName, generic: bool) -> None:
    plan = await explain(full, lambda: page(full, sort), generic=generic)
    meant = SORTED.get(sort.removeprefix("-"))
    assert plan.indexes & ({meant} if meant else MINE_LIVE)
    in_list = id_of("list", 1)
    plan = await explain(full, lambda: page(full, sort, list_id=in_list), generic=generic)
    assert "ix_task_list_position" in plan.indexes


EARLY, LATE = 2, 400
FEW_BUFFERS = 150


@pytest.mark.parametrize("sort", SORTS)
async def test_a_late_page_costs_what_an_early_one_does(
    full: AsyncSession, sort: SortName, generic: bool
) -> None:
    cost = {}
    for number in (EARLY, LATE):
        before = await page(full, sort, page=number - 1)
        assert len(before.items) == 20
        this = partial(page, full, sort, cursor=before.next_cursor)
        plan = await explain(full, this, generic=generic, run=True)
        cost[number] = plan.buffers
        if meant := SORTED.get(sort.removeprefix("-")):
            assert meant in plan.indexes
            assert plan.buffers < FEW_BUFFERS, "only the rows of the page are read"
    assert cost[LATE] <= 2 * cost[EARLY], cost
    first = await explain(full, lambda: page(full, sort), generic=generic, run=True)
    assert cost[LATE] <= 2 * first.buffers


async def subtask(session: AsyncSession) -> None:
    new = TaskCreate(title="x", parent_id=id_of("task", 2))
    await service.create_task(session, owner_id=ME, new=new)


def of_task(number: int) -> dict[str, Any]:
    return {"owner_id": ME, "task_id": id_of("task", number)}


PENDING = MINE_LIVE | {"ix_task_list_position"}
ACTS: dict[str, tuple[Callable[[AsyncSession], Awaitable[object]], set[str]]] = {
    "counts of lists": (lambda db: counts.pending_by_list(db, owner_id=ME), PENDING),
    "count of a list": (
        lambda db: counts.pending_by_list(db, owner_id=ME, list_id=id_of("list", 1)),
        {"ix_task_list_position"},
    ),
    "counts of labels": (
        lambda db: counts.pending_by_label(db, owner_id=ME),
        MINE_LIVE | {"ix_task_labels"},
    ),
    "count of a label": (
        lambda db: counts.pending_by_label(db, owner_id=ME, name="label1"),
        {"ix_task_labels"},
    ),
    "purge of tasks": (lambda db: trash.purge_trash(db, most=50), {"ix_task_trash"}),
    "purge of lists": (lambda db: lists.purge_trash(db, most=50), {"ix_task_list_trash"}),
    "purge of changes": (lambda db: prune_activity(db, most=50), {"ix_task_activity_at"}),
    "activity": (lambda db: history.list_activity(db, **of_task(8)), {"pk_task_activity"}),
    "completions": (
        lambda db: completion.list_completions(db, **of_task(71)),
        {"uq_task_completion_task_id_occurrence"},
    ),
    "all below": (lambda db: tree.descendants(db, id_of("task", 2)), {"ix_task_parent"}),
    "a new subtask": (subtask, {"ix_task_parent"}),
    "a move to the end": (
        lambda db: moving.move_task(db, **of_task(5), to=Move()), {"ix_task_list_position"}
    ),
    "a move behind another": (
        lambda db: moving.move_task(db, **of_task(5), to=Move(after_id=id_of("task", 4))),
        {"ix_task_list_position"},
    ),
    "a list for the trash": (
        lambda db: lists.trash_list(db, owner_id=OTHER, list_id=id_of("list", 1, user=2)),
        {"ix_task_list_position"},
    ),
    "another name of a label": (
        lambda db: labels.update_label(
            db, owner_id=ME, label_id=id_of("label", 1), patch=LabelPatch(name="other")
        ),
        MINE_LIVE | {"ix_task_labels"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ACTS)
async def test_what_else_runs_has_its_index(full: AsyncSession, name: str) -> None:
    act, indexes = ACTS[name]
    plan = await explain(full, lambda: act(full))
    assert plan.indexes & indexes, plan.indexes


async def test_there_are_many(full: AsyncSession) -> None:
    """What the others here go by."""
    assert (await full.scalar(text("SELECT count(*) FROM task"))) == MINE + OTHERS // 50 * 50
    found = await page(full)
    assert found.total > 8000
