"""What Postgres stands on fails: its machine, with a replica taking over, and its disk."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from sqlalchemy import text

from taskbell.db import Database
from tests.faults.conftest import worker_environment
from tests.faults.disk import Disk, small_disk, why_not
from tests.faults.field import WORKERS
from tests.faults.reminders import ReminderField
from tests.faults.replica import replica
from tests.faults.street import street
from tests.faults.waiting import until

pytestmark = pytest.mark.full


async def test_failover(tmp_path: Path, effects_file: Path) -> None:
    """The primary is gone for good. Its replica had each commit before it was acknowledged."""
    async with street(tmp_path, worker_environment(effects_file)) as way:
        with replica(way.stack, tmp_path) as second:
            await asyncio.to_thread(second.start)
            opened = ReminderField.opened(way.stack, way.server, database_url=way.database_url)
            async with opened as field:
                async with field.under_load():
                    field.outages += WORKERS
                    await field.kill("postgres")
                    await asyncio.to_thread(second.promote)
                    way.proxies["postgres"].target = lambda: second.port
                    way.proxies["postgres"].reset()
                await field.check("failover to a promoted replica")


@pytest.mark.skipif(bool(why_not()), reason=why_not())
async def test_disk_full(tmp_path: Path, effects_file: Path) -> None:
    """Until somebody makes room, and starts Postgres again."""
    state = tmp_path / "state"
    env = worker_environment(effects_file)
    async with AsyncExitStack() as opened:
        disk = opened.enter_context(small_disk(state))
        way = await opened.enter_async_context(street(tmp_path, env, state=state))
        field = await opened.enter_async_context(ReminderField.opened(way.stack, way.server))
        async with field.under_load():
            # what is sent while no end can be noted is in doubt, lease after lease
            field.outages += 4 * WORKERS
            await run_out(field, disk)
            disk.free()
            await field.start("postgres")
        await field.check("disk of Postgres full")


async def run_out(field: ReminderField, disk: Disk) -> None:
    """Fill the disk: no row can be added, then the log cannot go on and Postgres ends."""
    refused = field.client.refused
    disk.fill()

    async def refuses() -> bool:
        return field.client.refused >= refused + 3

    await until(refuses, "the API to refuse what cannot be stored", timeout=60)
    field.stack.signal("postgres", 0)  # from here on its end is expected
    admin = Database(field.stack.admin_url, application_name="faults", pool_size=1)

    async def gone() -> bool:
        if not field.stack.pids("postgres"):
            return True
        async with admin.connection() as connection:
            await connection.execute(text("SELECT pg_switch_wal()"))
        return False

    try:
        await until(gone, "Postgres to end for want of room", timeout=60)
    finally:
        await admin.close()
