"""Clocks that are wrong, and set while everything runs; nights in which the clocks change."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
import pytest_asyncio

from taskbell.clock import now
from tests.faults.clock import SEEN_SECONDS, WHY_NOT, FakeClock
from tests.faults.conftest import worker_environment
from tests.faults.field import WORKERS
from tests.faults.reminders import ReminderField
from tests.faults.street import Street, street
from tests.faults.waiting import until

pytestmark = [pytest.mark.full, pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)]

HOUR = 3600.0


def hours_off(way: Street, address: str) -> set[int]:
    """By how many hours the dates of the mails to somebody are wrong."""
    dates = [way.server.dates[message_id] for to, message_id in way.server.taken if to == address]
    return {round((parsedate_to_datetime(date) - now()).total_seconds() / HOUR) for date in dates}


@pytest.fixture
def clocks(tmp_path: Path) -> tuple[FakeClock, FakeClock]:
    return FakeClock(tmp_path / "first", HOUR), FakeClock(tmp_path / "second", -HOUR)


async def test_clocks_of_workers(
    tmp_path: Path, effects_file: Path, clocks: tuple[FakeClock, FakeClock]
) -> None:
    """Postgres alone says when something is due, and whose lease has ended."""
    env = worker_environment(effects_file)
    env_of = {f"worker-{n + 1}": clock.environment for n, clock in enumerate(clocks)}
    async with street(tmp_path, env, env_of=env_of, api_replicas=1) as way:
        async with ReminderField.opened(way.stack, way.server) as field:
            async with field.under_load():
                await field.arrived(30)
            tally = await field.check("worker's clock an hour ahead, the other's an hour behind")
            assert hours_off(way, field.person.email) == {-1, 1}
            assert tally.latest < 20
        async with ReminderField.opened(way.stack, way.server) as field:
            async with field.under_load():
                for clock in clocks:
                    clock.set(clock.seconds - HOUR)
                    await asyncio.sleep(SEEN_SECONDS)
                await field.arrived(30)
            tally = await field.check("clocks of the workers set back")
            assert {0, -2} <= hours_off(way, field.person.email)
            assert tally.latest < 20


@pytest_asyncio.fixture
async def timed(tmp_path: Path, effects_file: Path) -> AsyncIterator[tuple[Street, FakeClock]]:
    """A stack that goes by one clock, Postgres too."""
    clock = FakeClock(tmp_path / "clock")
    names = ("postgres", "api", *(f"worker-{n + 1}" for n in range(WORKERS)))
    env_of = dict.fromkeys(names, clock.environment)
    env = worker_environment(effects_file)
    async with street(tmp_path, env, env_of=env_of, api_replicas=1) as way:
        yield way, clock


async def seen(field: ReminderField) -> None:
    """Return once Postgres goes by the clock as it was set, and the others had the time to."""

    async def is_seen() -> bool:
        told: datetime = await field.scalar("SELECT clock_timestamp()")
        return abs((told - field.clock()).total_seconds()) < 1

    await until(is_seen, "Postgres to see its clock", timeout=20)
    await asyncio.sleep(SEEN_SECONDS)


async def test_clock_of_the_machine(timed: tuple[Street, FakeClock]) -> None:
    way, clock = timed
    async with ReminderField.opened(way.stack, way.server) as field:
        field.clock = clock.now
        await field.add(20, at=clock.now() + timedelta(minutes=30))
        async with field.under_load(api=False):
            field.outages += WORKERS  # all leases end at once
            clock.set(HOUR)
            await seen(field)
            await field.arrived(30)
        await field.client.sign_in()
        skipped = "20 of the reminders were due in the hour that was left out, and half of it late"
        await field.check("clock of the machine an hour ahead", notes=[skipped])
    async with ReminderField.opened(way.stack, way.server) as field:
        field.clock = clock.now
        async with field.under_load(api=False):
            clock.set(0)
            await seen(field)
            await field.arrived(30)
            soon, later = (clock.now() + timedelta(minutes=m) for m in (10, 120))
            waiting = await field.count_open(by=later) - await field.count_open(by=soon)
            field.outages += WORKERS
            clock.set(HOUR)
            await seen(field)
        await field.client.sign_in()
        stopped = f"{waiting} that were on their way waited until the clock was there again"
        await field.check("clock of the machine set back an hour", notes=[stopped])
