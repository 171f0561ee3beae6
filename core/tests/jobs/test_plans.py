"""What Postgres does for the queries that run all the time, with 100,000 jobs in the table."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from taskbell.clock import now
from taskbell.db import normalise_url
from taskbell.ids import new_id
from taskbell.jobs import queries
from taskbell.reminders import many
from taskbell.statements import Statement
from taskbell_local.stack import Stack

# most are over; of the others most wait for later, as retries and scheduled jobs do
FILL = text("""
    INSERT INTO job (id, kind, payload, payload_version, state, priority, run_at, ticket_at,
        attempts, max_attempts, crashes, ambiguous, created_at, finished_at, lease_token,
        lease_owner, lease_until)
    SELECT gen_random_uuid(), 'x', '{}', 1, state, 0, now() + later, now() + later, 0, 10, 0, 0,
        now(), CASE WHEN state = 'done' THEN now() END,
        CASE WHEN state = 'running' THEN gen_random_uuid() END,
        CASE WHEN state = 'running' THEN 'x' END,
        CASE WHEN state = 'running' THEN now() + interval '1 minute' END
    FROM (
        SELECT CASE WHEN n % 1000 = 0 THEN 'running' WHEN n % 3 = 0 THEN 'ready' ELSE 'done' END
            AS state,
            CASE WHEN n % 999 = 0 THEN -1 ELSE n END * interval '1 second' AS later
        FROM generate_series(1, 100000) AS n
    ) AS numbered
""")


@pytest_asyncio.fixture(scope="module")
async def full(servers: Stack) -> AsyncIterator[AsyncEngine]:
    """The table, filled and analysed by its owner; emptied at the end."""
    engine = create_async_engine(normalise_url(servers.owner_url), isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text("DELETE FROM job"))
        await connection.execute(FILL)
        await connection.execute(text("VACUUM ANALYZE job"))
        yield engine
        await connection.execute(text("DELETE FROM job"))
        await connection.execute(text("VACUUM ANALYZE job"))
    await engine.dispose()


WHO = {"owner": "x", "lease": 60.0, "token": new_id()}
TICKETS = {"most": 200, "patience": 60.0, "lanes": ["main", "mail"]}
BEATS = {"ids": [new_id(), new_id()], "tokens": [new_id(), new_id()], "lease": 60.0}
PLANS: list[tuple[str, TextClause, dict[str, Any], str]] = [
    ("ticket", queries.TICKET, TICKETS, "ix_job_ready"),
    ("claim", queries.CLAIM, WHO | {"id": new_id(), "lanes": ["main"]}, "pk_job"),
    ("claim next", queries.CLAIM_NEXT, WHO | {"most": 16, "lane": "main"}, "ix_job_due"),
    ("last chances", queries.LAST_CHANCES, {}, "ix_job_last_chance"),
    ("heartbeat", queries.HEARTBEAT, BEATS, "pk_job"),
    ("expire", queries.EXPIRE, {}, "ix_job_expires"),
    ("sweep", queries.SWEEP, {"most_crashes": 3}, "ix_job_running"),
    ("prune", queries.PRUNE, {}, "ix_job_finished"),
    ("cancel", queries.CANCEL_GROUPS, {"group_keys": ["g"], "reason": "x"}, "ix_job_group"),
]


@pytest.mark.parametrize(
    ("query", "values", "index"), [plan[1:] for plan in PLANS], ids=[plan[0] for plan in PLANS]
)
async def test_the_index_is_searched(
    full: AsyncEngine, query: TextClause, values: dict[str, Any], index: str
) -> None:
    async with full.connect() as connection:
        plan = await explain(connection, query, values)
    assert "Seq Scan on job" not in plan
    scans = [part for part in plan.split("->") if f" {index} " in part.split("(cost")[0]]
    assert scans, plan
    assert all("Index Cond" in scan for scan in scans), plan


@pytest.mark.parametrize("statement", [many.BEGIN, many.END], ids=["begin", "end"])
async def test_many_deliveries_are_looked_up_by_their_keys(
    full: AsyncEngine, statement: Statement[Any]
) -> None:
    """Also where the worker's connections would rather not sort (`QUEUE_PLANS`)."""
    ids = [new_id() for _ in range(20)]
    async with full.connect() as connection:
        await connection.execute(text("SET enable_sort = off"))
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver is not None
        values = {name: _value(name, ids) for name in statement.names}
        rows = await driver.fetch(f"EXPLAIN {statement.sql}", *statement.arguments(values))
        await connection.execute(text("RESET enable_sort"))
    plan = "\n".join(row[0] for row in rows)
    assert "Seq Scan on job" not in plan, plan
    scans = [part for part in plan.split("->") if " pk_job on job" in part.split("(cost")[0]]
    assert all("Index Cond" in scan for scan in scans), plan


def _value(name: str, ids: list[Any]) -> Any:
    if name in {"jobs", "tokens", "reminders"}:
        return ids
    if name in {"moment", "expires_at"}:
        return now()
    one: Any = {"attempts": 1, "late": 1, "fire_ats": now()}.get(name, "x")
    return {"lease": 60.0, "purpose": "x"}.get(name, [one] * len(ids))


async def explain(connection: AsyncConnection, query: TextClause, values: dict[str, Any]) -> str:
    bound = text(f"EXPLAIN {query.text}").bindparams(*query._bindparams.values())
    return "\n".join((await connection.execute(bound, values)).scalars())


async def test_a_search_reads_only_what_is_due(full: AsyncEngine) -> None:
    async with full.begin() as connection:
        analysed = text(f"EXPLAIN (ANALYZE, BUFFERS OFF, TIMING OFF) {queries.TICKET.text}")
        bound = analysed.bindparams(*queries.TICKET._bindparams.values())
        lines = (await connection.execute(bound, TICKETS)).scalars().all()
    assert not any("Rows Removed by Filter" in line for line in lines), "\n".join(lines)
