"""The scan for due reminders in a table of a million that wait."""

import asyncio
import random
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

import asyncpg
from sqlalchemy.dialects import postgresql

from bench.seed import make_owners, vacuum
from bench.waiting import copy_waiting
from taskbell.reminders.firing import SCAN
from taskbell_local.stack import Stack
from taskbell_worker.main import QUEUE_PLANS
from taskbell_worker.schedule import MOST_FIRED

OWNERS = 1000
TASKS = 20
DUE = 100
"""So many come due in the same second, for the second figure."""

ROUNDS = 20
_TIME = re.compile(r"^Execution Time: ([\d.]+) ms$")


@dataclass(frozen=True)
class Scan:
    """Milliseconds that Postgres takes, of a table with so many rows."""

    rows: int
    none_due_ms: float
    some_due_ms: float
    plan: str

    @property
    def uses_the_index(self) -> bool:
        """Whether it reads what is due, and nothing of what is not."""
        return "ix_reminder_due" in self.plan and "Seq Scan on reminder" not in self.plan


def scan(rows: int) -> Scan:
    """Fill a table on a stack of its own, and look for what is due in it."""
    with Stack(services=("postgres", "redis", "migrate")) as stack:
        return asyncio.run(_scan(stack, rows))


async def _scan(stack: Stack, rows: int) -> Scan:
    await _fill(stack, rows)
    connection = await asyncpg.connect(
        stack.database_url, server_settings={"jit": "off"} | QUEUE_PLANS
    )
    try:
        none, _ = await _time(connection)
        await connection.execute(
            "UPDATE reminder SET next_fire_at = now() - interval '1 second'"
            " WHERE id IN (SELECT id FROM reminder ORDER BY id LIMIT $1)",
            DUE,
        )
        some, plan = await _time(connection)
    finally:
        await connection.close()
    return Scan(rows, none, some, plan)


async def _time(connection: Any) -> tuple[float, str]:
    """Return the median of what Postgres says, and the plan."""
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    compiled = SCAN.limit(MOST_FIRED).compile(
        dialect=dialect, compile_kwargs={"literal_binds": True}
    )
    took: list[float] = []
    lines: list[str] = []
    for _ in range(ROUNDS):
        transaction = connection.transaction()
        await transaction.start()
        lines = [row[0] for row in await connection.fetch(f"EXPLAIN (ANALYZE) {compiled}")]
        await transaction.rollback()
        took += [float(found[1]) for line in lines if (found := _TIME.match(line))]
    return median(took), "\n".join(lines)


async def _fill(stack: Stack, rows: int) -> None:
    chance = random.Random(9)
    owners = make_owners(OWNERS, TASKS, name="eve", chance=chance)
    now = datetime.now(UTC)

    def when() -> datetime:
        return now + timedelta(minutes=10 + int(chance.random() * 365 * 1440))

    connection = await asyncpg.connect(stack.admin_url)
    try:
        await copy_waiting(connection, owners, when, of_each=rows // OWNERS // TASKS)
    finally:
        await connection.close()
    await vacuum(stack.admin_url)
