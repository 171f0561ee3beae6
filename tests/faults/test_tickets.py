"""Tickets doubled, stale, senseless; jobs that cannot be run."""

import asyncio
import json
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from arq.utils import timestamp_ms
from sqlalchemy import text

from taskbell.clock import now
from taskbell.ids import new_id
from taskbell.jobs import doorbell
from tests.faults.field import Field
from tests.faults.kinds import FLAKY, HANG, NOTE, RAISE, Nothing, Work

_INSERT = text("""
    INSERT INTO job (id, kind, group_key, payload, payload_version, state, priority, run_at,
        ticket_at, attempts, max_attempts, crashes, ambiguous, created_at)
    VALUES (:id, :kind, :run, CAST(:payload AS jsonb), :version, 'ready', 100, now(), now(), 0, 5,
        0, 0, now())
""")


async def send(field: Field, job: UUID | str, name: str) -> None:
    await field.redis.enqueue_job(doorbell.FUNCTION, str(job), _job_id=name)


async def test_sent_many_times(field: Field) -> None:
    """Before, while and after their job runs: it runs once."""
    ids = await field.enqueue(NOTE, Work(work_ms=30), count=40)
    for round_ in range(12):
        await asyncio.gather(*(send(field, job, f"{job}:again:{round_}") for job in ids))
    await field.settle()
    await asyncio.gather(*(send(field, job, f"{job}:late") for job in ids))
    await field.enqueue(NOTE, Work(), count=40)  # not held up by them
    figures = await field.settle(timeout=10)
    assert (figures.effects, figures.duplicates, figures.ambiguous) == (80, 0, 0)
    assert {job.attempts for job in (await field.jobs()).values()} == {1}


async def test_stale_and_senseless(field: Field) -> None:
    """Of older attempts, for jobs that are done, dead, not due, not there, not even ids."""
    done = (await field.enqueue(FLAKY, Work()))[0]
    dead = (await field.enqueue(RAISE, Nothing()))[0]
    await field.settle()
    later = (await field.enqueue(NOTE, Work(), run_at=now() + timedelta(seconds=4)))[0]
    for job in (done, dead, later, uuid4(), "no id", "", "🔔"):
        for attempt in range(4):
            await send(field, job, f"{job}:{attempt}")
    await field.redis.enqueue_job(doorbell.FUNCTION, 1, 2, 3, _job_id="arguments")
    await field.redis.enqueue_job("some_other_function", _job_id="other")
    await field.enqueue(NOTE, Work(), count=20)
    await field.settle(timeout=15)
    jobs, effects = await field.jobs(), field.effects()
    assert (jobs[done].attempts, effects[done]) == (2, 1)
    assert (jobs[dead].state, jobs[dead].attempts) == ("dead", 3)
    assert jobs[later].attempts == 1
    assert jobs[later].seconds >= 0, "ran before its time"


async def test_clock_that_is_an_hour_ahead(field: Field, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the database's clock counts: tickets of a host whose clock is wrong are as good."""
    monkeypatch.setattr(doorbell, "timestamp_ms", lambda: timestamp_ms() + 3_600_000)
    await field.enqueue(NOTE, Work(), count=50)
    await field.settle(timeout=10)


async def test_poison_blocks_nothing(field: Field) -> None:
    """Unknown, outdated, unreadable, failing and hanging jobs first; then some good ones."""
    odd = {
        "fault.unknown": ("fault.unknown", {}, 1),
        "outdated": ("fault.note", {"work_ms": 5}, 7),
        "misfit": ("fault.note", {"work_ms": "much"}, 1),
        "stranger": ("fault.note", {"work_ms": 5, "colour": "red"}, 1),
        "list": ("fault.note", [1, 2], 1),
    }
    ids = {}
    async with field.database.transaction() as session:
        for name, (kind, payload, version) in odd.items():
            for _ in range(30):
                ids[job := new_id()] = name
                values = {"id": job, "kind": kind, "run": field.run, "version": version}
                await session.execute(_INSERT, {**values, "payload": json.dumps(payload)})
    for kind_ in (RAISE, HANG):
        ids |= dict.fromkeys(await field.enqueue(kind_, Nothing(), count=20), kind_.name)
    notes = await field.enqueue(NOTE, Work(), count=60)
    await field.had_effects(60, timeout=15)
    with pytest.raises(AssertionError, match="innocent"):  # the misfits are notes by name
        await field.settle(timeout=40)
    jobs = await field.jobs()
    assert {jobs[note].state for note in notes} == {"done"}
    assert {jobs[job].state for job in ids} == {"dead"}
    reasons = {name: {jobs[j].last_error for j, n in ids.items() if n == name} for name in odd}
    assert reasons["fault.unknown"] == {"unknown kind fault.unknown"}
    assert reasons["outdated"] == {"payload version 7, this worker knows 1"}
    assert all("payload does not fit" in reasons[n].pop() for n in ("misfit", "stranger", "list"))
    attempts = {
        name: {jobs[j].attempts for j, n in ids.items() if n == name} for name in ids.values()
    }
    assert attempts[RAISE.name] == attempts[HANG.name] == {3}
    assert all(attempts[name] == {1} for name in odd)
