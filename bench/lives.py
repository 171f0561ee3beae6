"""lives: what it costs each request to be told when its session has ended."""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from statistics import median
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import ColumnElement, Integer, Uuid, bindparam, func, select

from bench import cores
from bench.cases import Person
from bench.result import Figure, Ratio, Result, Table, ratio_figure
from bench.stage import Stage
from taskbell.accounts import live
from taskbell.db import Database
from taskbell.statements import Statement
from taskbell.tasks.rows import TASK, columns
from taskbell_api.deps import COMMAND_SECONDS

TURNS = 4
"""In each round of the other parts."""

STATEMENTS = 200
"""In a turn, one after the other."""

WITHOUT, WITHIN, BEFORE = "no check", "in the statement", "by one before"
Way = Callable[[], Awaitable[object]]
Found = Mapping[tuple[str, str], Sequence[float]]
"""µs of each turn, by operation and way."""


def run(stage: Stage) -> Result:
    """Measure a look-up and a list with the check, without, and with a statement more for it."""
    people = stage.people(stage.readers)
    with cores.born_on(cores.MEASURED):
        found = asyncio.run(_measure(stage, people))
    return Result("Ended sessions, told at once", [_table(found)], _figures(found), _notes(stage))


def _get(*check: ColumnElement[bool]) -> Statement[tuple[Any, ...]]:
    mine = (
        TASK.c.id == bindparam("task_id", type_=Uuid()),
        TASK.c.owner_id == bindparam("owner_id", type_=Uuid()),
    )
    return Statement(select(*columns("owner_id")).where(*mine, *check), into=_row)


def _list(*check: ColumnElement[bool]) -> Statement[tuple[Any, ...]]:
    live_ones = (
        TASK.c.owner_id == bindparam("owner_id", type_=Uuid()),
        TASK.c.deleted_at.is_(None),
    )
    total = select(func.count()).select_from(TASK).where(*live_ones).scalar_subquery()
    return Statement(
        select(*columns("owner_id"), total.correlate(None))
        .where(*check, *live_ones)
        .order_by(TASK.c.created_at.desc(), TASK.c.id.desc())
        .limit(bindparam("most", type_=Integer())),
        into=_row,
    )


def _row(*values: Any) -> tuple[Any, ...]:
    return values


async def _measure(stage: Stage, people: Sequence[Person]) -> Found:
    sessions = await _sessions(stage, people)
    database = Database(
        stage.stack.database_url, application_name="bench", pool_size=1,
        command_seconds=COMMAND_SECONDS,
    )  # fmt: skip
    try:
        ways = _ways(database, people, sessions)
        for way in ways.values():
            await _turn(way)
        found: dict[tuple[str, str], list[float]] = {key: [] for key in ways}
        for number in range(TURNS * stage.options.rounds):
            for key in ways if number % 2 == 0 else reversed(list(ways)):
                found[key].append(await _turn(ways[key]))
    finally:
        await database.close()
    return found


async def _sessions(stage: Stage, people: Sequence[Person]) -> dict[UUID, UUID]:
    connection = await asyncpg.connect(stage.stack.database_url)
    try:
        rows = await connection.fetch(
            "SELECT user_id, max(id::text)::uuid AS id FROM auth_session WHERE user_id = ANY($1)"
            " GROUP BY user_id",
            [person.id for person in people],
        )
    finally:
        await connection.close()
    return {row["user_id"]: row["id"] for row in rows}


def _ways(
    database: Database, people: Sequence[Person], sessions: Mapping[UUID, UUID]
) -> dict[tuple[str, str], Way]:
    mine = itertools.cycle([(one.id, task) for one in people for task in one.tasks[:50]])

    def ways(
        build: Callable[..., Statement[tuple[Any, ...]]], values: Callable[[UUID], dict[str, Any]]
    ) -> dict[str, Way]:
        plain, checked = build(), build(live.lives())

        async def ask(statement: Statement[tuple[Any, ...]], **more: Any) -> None:
            owner_id, task_id = next(mine)
            if more.pop("before", False):
                await live.standing_of(database, session_id=sessions[owner_id])
            if more.pop("within", False):
                more["session_id"] = sessions[owner_id]
            if not await statement.all(database, owner_id=owner_id, **values(task_id), **more):
                raise RuntimeError("nothing was found")

        return {
            WITHOUT: lambda: ask(plain),
            WITHIN: lambda: ask(checked, within=True),
            BEFORE: lambda: ask(plain, before=True),
        }

    operations = {
        "get one": ways(_get, lambda task_id: {"task_id": task_id}),
        "list 20, with total": ways(_list, lambda _: {"most": 21}),
    }
    return {(name, way): do for name, each in operations.items() for way, do in each.items()}


async def _turn(way: Way) -> float:
    began = time.perf_counter()
    for _ in range(STATEMENTS):
        await way()
    return (time.perf_counter() - began) / STATEMENTS * 1e6


def _names(found: Found) -> list[str]:
    return list(dict.fromkeys(name for name, _ in found))


def _figures(found: Found) -> list[Figure]:
    return [
        ratio_figure(
            f"{name}, {way} by {WITHOUT}", Ratio.of(found[name, way], found[name, WITHOUT])
        )
        for name in _names(found)
        for way in (WITHIN, BEFORE)
    ]


def _table(found: Found) -> Table:
    ways = (WITHOUT, WITHIN, BEFORE)
    rows = [[name, *(f"{median(found[name, way]):.0f}" for way in ways)] for name in _names(found)]
    return Table(["statement", *(f"{way} µs" for way in ways)], rows)


def _notes(stage: Stage) -> list[str]:
    return [
        f"µs from asking to the rows, one after the other on one connection: {STATEMENTS} in a"
        f" turn, medians of {TURNS * stage.options.rounds} interleaved turns. Everything counts,"
        " also what Postgres does meanwhile; HTTP does not.",
        "*in the statement*: with the condition `live.lives()`, as the API does it; *by one"
        " before*: `live.standing_of` first, as it does it elsewhere"
        " (docs/decisions/0006-revoked-at-the-next-request.md).",
    ]
