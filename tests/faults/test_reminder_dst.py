"""Nights in which clocks change, lived through in five zones: each reminder once, in its moment.

Postgres, the API and the workers go by a clock that travels from one night to the next.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from taskbell.ids import new_id
from tests.faults import report
from tests.faults.clock import WHY_NOT, FakeClock
from tests.faults.conftest import worker_environment
from tests.faults.field import WORKERS
from tests.faults.outcomes import Tally
from tests.faults.reminders import ReminderField
from tests.faults.street import street
from tests.faults.waiting import until

pytestmark = [pytest.mark.full, pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)]

ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "America/St_Johns",
    "Australia/Lord_Howe",  # by half an hour
    "Pacific/Chatham",  # at a quarter to three
)
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Night:
    """A task at a local time that the night leaves out, or has twice."""

    zone: str
    wall: datetime
    """The local time of that night, in the middle of what is left out or doubled."""

    before: timedelta
    after: timedelta
    """The offsets from UTC."""

    @property
    def due(self) -> datetime:
        """A doubled time is its first; one that is left out is as long after the change as it would
        have been without it."""
        return (self.wall - self.before).replace(tzinfo=UTC)

    @property
    def again(self) -> datetime | None:
        """When the clocks show that time once more."""
        doubled = self.after < self.before
        return (self.wall - self.after).replace(tzinfo=UTC) if doubled else None


def nights(first: int) -> Iterator[Night]:
    """The changes of each zone in a year of its own, found hour by hour, then by halving.

    Of its own, so that the clock never has to go back.
    """
    for year, name in enumerate(ZONES, start=first):
        zone = ZoneInfo(name)
        hour = datetime(year, 1, 1, tzinfo=UTC)
        while hour.year == year:
            later = hour + timedelta(hours=1)
            before, after = (moment.astimezone(zone).utcoffset() for moment in (hour, later))
            assert before is not None
            assert after is not None
            if before != after:
                low, high = hour, later
                while high - low > MINUTE:
                    middle = low + (high - low) / 2
                    is_later = middle.astimezone(zone).utcoffset() == after
                    low, high = (low, middle) if is_later else (middle, high)
                change = high.replace(second=0, microsecond=0, tzinfo=None)
                yield Night(name, change + before + (after - before) / 2, before, after)
            hour = later


@dataclass
class Traveller:
    """Goes from night to night with the clock."""

    field: ReminderField
    clock: FakeClock

    async def to(self, moment: datetime) -> None:
        """Set the clock; return when Postgres goes by it, signed in anew."""
        self.clock.set_to(moment)

        async def there() -> bool:
            told: datetime = await self.field.scalar("SELECT clock_timestamp()")
            return abs((told - self.clock.now()).total_seconds()) < 1

        await until(there, "Postgres to see its clock", timeout=20)
        await until(self._signed_in, "the API to see its clock", timeout=20)

    async def _signed_in(self) -> bool:
        await self.field.client.sign_in()
        return (await self.field.client.http.get("/users/me")).is_success

    async def add_daily(self, night: Night) -> UUID:
        """Remind of a task of every day, done the evening before: the next one is in that night."""
        http, task, reminder = self.field.client.http, new_id(), new_id()
        first = (night.wall - timedelta(days=1) - night.before).replace(tzinfo=UTC)
        body = {
            "id": str(task), "title": night.zone, "due_at": first.isoformat(),
            "time_zone": night.zone, "recurrence": {"rrule": "FREQ=DAILY", "anchor": "schedule"},
        }  # fmt: skip
        (await http.post("/tasks", json=body)).raise_for_status()
        wanted = {"id": str(reminder), "offset_minutes": 0, "channels": ["email"]}
        (await http.post(f"/tasks/{task}/reminders", json=wanted)).raise_for_status()
        done = await http.patch(f"/tasks/{task}/complete", json={"completed": True})
        done.raise_for_status()
        assert datetime.fromisoformat(done.json()["due_at"]) == night.due
        return reminder

    async def marker(self) -> None:
        """Return once a reminder of this moment has arrived: what was due before has, too."""
        await self.field.add(1, at=self.clock.now())
        await self.field.arrived(1)
        await self.field.catch_up()

    async def states(self, reminder: UUID) -> list[str]:
        outcomes = {one.id: one for one in await self.field.outcomes()}
        return outcomes[reminder].deliveries


async def test_nights(tmp_path: Path, effects_file: Path) -> None:
    clock = FakeClock(tmp_path / "clock")
    names = ("postgres", "api", *(f"worker-{n + 1}" for n in range(WORKERS)))
    env_of = dict.fromkeys(names, clock.environment)
    lived = list(nights(clock.now().year + 1))
    assert len(lived) == 2 * len(ZONES)
    together = Tally()
    env = worker_environment(effects_file)
    async with street(tmp_path, env, env_of=env_of, api_replicas=1) as way:
        for night in lived:
            clock.set_to(night.due - timedelta(days=1, hours=3))
            # a new owner each, for jobs that ended are deleted on the way to the next night
            async with ReminderField.opened(way.stack, way.server) as field:
                field.clock = clock.now
                together += await one_night(Traveller(field, clock), night)
    report.record("DST nights in five zones", together)


async def one_night(traveller: Traveller, night: Night) -> Tally:
    """Live through it."""
    await traveller.to(night.due - timedelta(days=1, hours=3))
    reminder = await traveller.add_daily(night)
    await traveller.to(night.due - MINUTE)
    await traveller.marker()
    assert await traveller.states(reminder) == [], f"too early: {night}"
    await traveller.to(night.due)

    async def sent() -> bool:
        return await traveller.states(reminder) == ["sent"]

    await until(sent, f"the reminder of {night}")
    if night.again:
        await traveller.to(night.again)
        await traveller.marker()
    assert await traveller.states(reminder) == ["sent"], f"twice: {night}"
    return await traveller.field.check()
