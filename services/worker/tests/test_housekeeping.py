"""What is kept for a time only goes, a batch at a time."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlmodel import col

from core.tests.make import a_user
from taskbell.clock import now
from taskbell.db import Database
from taskbell.housekeeping import SESSION_PRUNE, DailyPayload
from taskbell.idempotency.models import IdempotencyKey
from taskbell.jobs.service import enqueue
from taskbell_worker import handlers
from taskbell_worker.handlers import housekeeping
from taskbell_worker.registry import registry

from .conftest import MakeRunner
from .test_handlers import run

assert handlers  # registers them


async def test_answers_that_are_a_day_old_go(
    empty_database: Database, make_runner: MakeRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(housekeeping, "BATCH", 2)
    async with empty_database.transaction() as session:
        ada = await a_user(session)
        for hours in (0, 23, 25, 30, 40, 50, 60):
            session.add(
                IdempotencyKey(
                    owner_id=ada.id,
                    key=f"{hours}",
                    fingerprint=b"x",
                    status=201,
                    body=b"{}",
                    created_at=now() - timedelta(hours=hours),
                )
            )
        await enqueue(session, SESSION_PRUNE, DailyPayload())
    assert (await run(make_runner(registry=registry), empty_database)).state == "done"
    async with empty_database.transaction() as session:
        left = await session.scalars(select(col(IdempotencyKey.key)))
        assert set(left) == {"0", "23"}
