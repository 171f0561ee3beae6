"""What bench.layers measures below HTTP: the database, access tokens, log lines."""

import asyncio
import itertools
import json
import logging
import os
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

import asyncpg
import structlog
from sqlalchemy import Uuid, bindparam, select

from bench.limits.tuning import Connection
from taskbell import logs
from taskbell.accounts.models import User
from taskbell.accounts.tokens import REMEMBERED, TokenKeys
from taskbell.db import Database
from taskbell.ids import new_id
from taskbell.settings import TokenSettings, load
from taskbell.statements import Statement
from taskbell.tasks import fast, service
from taskbell.tasks.rows import TASK, TaskRow, columns
from taskbell.tasks.schemas import TaskPatch
from taskbell_api.deps import COMMAND_SECONDS

AT_ONCE = 10
"""Tasks of the event loop, and connections of each pool: none has to wait for one."""

Pairs = Sequence[tuple[UUID, UUID]]
Way = Callable[[int], Awaitable[None]]
"""Does one thing so many times."""


@dataclass(frozen=True)
class Order:
    """`readers` and `writers` are ids of owners, each with that of a task of theirs."""

    turns: int
    seconds: float
    readers: Pairs
    writers: Pairs

    def dump(self) -> str:
        """Return it as JSON."""
        return json.dumps(asdict(self), default=str)

    @classmethod
    def parse(cls, text: str) -> "Order":
        """Return what `dump` made a text of."""
        raw = json.loads(text)
        for name in ("readers", "writers"):
            raw[name] = [(UUID(owner), UUID(task)) for owner, task in raw[name]]
        return cls(**raw)


def plain(do: Callable[[], object]) -> Way:
    """Return the way that calls `do` again and again."""

    async def run(count: int) -> None:
        for _ in range(count):
            do()

    return run


def awaited(do: Callable[[int], Awaitable[object]], at_once: int = AT_ONCE) -> Way:
    """Return the way that awaits `do` again and again, in so many tasks; it gets their number."""

    async def work(number: int, count: int) -> None:
        for _ in range(count):
            await do(number)

    async def run(count: int) -> None:
        await asyncio.gather(*(work(number, count // at_once) for number in range(at_once)))

    return run


GET = select(*columns("caller_id")).where(
    TASK.c.id == bindparam("task_id", type_=Uuid()),
    TASK.c.owner_id == bindparam("caller_id", type_=Uuid()),
)
GET_SQL = Statement(GET, into=TaskRow).sql


async def look_ups(database: Database, pairs: Pairs, opened: AsyncExitStack) -> dict[str, Way]:
    """Read one task by its id and owner; `opened` closes what this opens."""
    url = os.environ["DATABASE_URL"]
    how = {"command_timeout": COMMAND_SECONDS, "server_settings": {"jit": "off"}}
    held = [await asyncpg.connect(url, **how) for _ in range(AT_ONCE)]
    for connection in held:
        opened.push_async_callback(connection.close)
    pool = await asyncpg.create_pool(url, min_size=AT_ONCE, max_size=AT_ONCE, **how)
    opened.push_async_callback(pool.close)
    bare = await asyncpg.create_pool(
        url, min_size=AT_ONCE, max_size=AT_ONCE, connection_class=Connection, **how
    )
    opened.push_async_callback(bare.close)
    mine = itertools.cycle(pairs)

    async def ours(_: int) -> TaskRow:
        owner_id, task_id = next(mine)
        return await fast.get_task(database, owner_id=owner_id, task_id=task_id)

    async def in_hand(number: int) -> TaskRow:
        owner_id, task_id = next(mine)
        return TaskRow(*(await held[number].fetch(GET_SQL, owner_id, task_id))[0])

    async def pooled(_: int) -> TaskRow:
        owner_id, task_id = next(mine)
        return TaskRow(*(await pool.fetch(GET_SQL, owner_id, task_id))[0])

    async def unreset(_: int) -> TaskRow:
        owner_id, task_id = next(mine)
        return TaskRow(*(await bare.fetch(GET_SQL, owner_id, task_id))[0])

    async def core(_: int) -> TaskRow:
        owner_id, task_id = next(mine)
        async with database.connection() as connection:
            values = {"caller_id": owner_id, "task_id": task_id}
            return TaskRow(*(await connection.execute(GET, values)).one())

    async def orm(_: int) -> object:
        owner_id, task_id = next(mine)
        async with database.transaction() as session:
            return await service.get_task(session, owner_id=owner_id, task_id=task_id)

    async def nothing(_: int) -> None:
        async with database.transaction():
            pass

    found = {
        "get": ours, "get: in hand": in_hand, "get: pool": pooled, "get: pool, no reset": unreset,
        "get: core": core,
    }  # fmt: skip
    return {name: awaited(do) for name, do in (found | {"get: orm": orm}).items()} | {
        "get: empty session": awaited(nothing)
    }


def updates(database: Database, pairs: Pairs) -> dict[str, Way]:
    """Give a task a title it did not have."""
    mine, numbers = itertools.cycle(pairs), itertools.count()

    def patch() -> TaskPatch:
        return TaskPatch(title=f"Water the plants on the balcony {next(numbers)}")

    async def ours(_: int) -> object:
        owner_id, task_id = next(mine)
        return await fast.update_task(database, owner_id=owner_id, task_id=task_id, patch=patch())

    async def orm(_: int) -> object:
        owner_id, task_id = next(mine)
        async with database.transaction() as session:
            return await service.update_task(
                session, owner_id=owner_id, task_id=task_id, patch=patch()
            )

    return {"update": awaited(ours), "update: orm": awaited(orm)}


def tokens() -> dict[str, Way]:
    """Verify access tokens, each decoded from a header's bytes."""
    keys = [TokenKeys(load(TokenSettings)) for _ in range(2)]
    user = User(id=new_id(), email="", email_key="")
    made = [keys[0].issue(user, new_id()).encode() for _ in range(REMEMBERED + AT_ONCE)]
    # in turn, more than are remembered: each has been forgotten when its turn comes again
    seen, unseen = itertools.cycle(made[:100]), itertools.cycle(made)
    return {
        "token": plain(lambda: keys[0].verify(next(seen).decode())),
        "token: unseen": plain(lambda: keys[1].verify(next(unseen).decode())),
    }


def log_lines() -> dict[str, Way]:
    """Write the line of a request; configures the logs of this process for good."""
    logs.configure("api", level="info", form="json")
    formatter = logging.getLogger().handlers[0].formatter
    assert isinstance(formatter, structlog.stdlib.ProcessorFormatter)
    through_logging = structlog.wrap_logger(
        logging.getLogger("bench"),
        processors=[
            *(formatter.foreign_pre_chain or ()),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        cache_logger_on_first_use=True,
    )

    def lines(log: Any) -> Way:
        async def run(count: int) -> None:
            structlog.contextvars.clear_contextvars()
            structlog.contextvars.bind_contextvars(request_id=new_id().hex, user_id=str(new_id()))
            for _ in range(count):
                log.info(
                    "request", method="GET", path="/api/v1/tasks/{task_id}", status=200,
                    duration_ms=1.2, client="127.0.0.1",
                )  # fmt: skip

        return run

    return {"log": lines(structlog.get_logger("bench")), "log: logging": lines(through_logging)}
