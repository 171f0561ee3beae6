"""Many rows with one statement: what goes in comes out, and what clashes is left out."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from taskbell.accounts.models import User
from taskbell.bulk import as_rows, given, insert_many
from taskbell.ids import new_id
from taskbell.jobs.models import Job

COLUMNS = ("id", "kind", "payload", "dedupe_key", "priority", "created_at")
MOMENT = datetime(2026, 3, 29, 1, 0, 0, 123456, tzinfo=UTC)
NASTY = "Žofia \U0001f9ff \"quoted\" \\n {1,2} 'x'"


def _row(**more: object) -> dict[str, object]:
    return {
        "id": new_id(), "kind": "k", "payload": {"text": NASTY, "n": [1, None]},
        "dedupe_key": NASTY, "priority": 3, "created_at": MOMENT, **more,
    }  # fmt: skip


INSERT = insert_many(
    Job, *COLUMNS, run_at=given("created_at"), ticket_at=func.statement_timestamp()
)


async def test_each_value_arrives_as_it_was(session: AsyncSession) -> None:
    rows = [_row(dedupe_key=f"{NASTY}{number}") for number in range(3)]
    await session.execute(INSERT, as_rows(INSERT, rows))
    found = (await session.scalars(select(Job).order_by(col(Job.dedupe_key)))).all()
    assert [{name: getattr(job, name) for name in COLUMNS} for job in found] == rows
    assert {job.run_at for job in found} == {MOMENT}
    assert {(job.state, job.max_attempts, job.lane) for job in found} == {("ready", 10, "main")}


async def test_what_clashes_is_left_out(session: AsyncSession) -> None:
    insert = INSERT.on_conflict_do_nothing().returning(col(Job.id))
    first, again, other = _row(), _row(), _row(dedupe_key=None)
    assert list(await session.scalars(insert, as_rows(insert, [first, again]))) == [first["id"]]
    assert list(await session.scalars(insert, as_rows(insert, [again, other]))) == [other["id"]]
    assert list(await session.scalars(insert, as_rows(insert, []))) == []


async def test_a_name_that_a_row_leaves_out_is_null(session: AsyncSession) -> None:
    row = _row()
    del row["dedupe_key"]
    await session.execute(INSERT, as_rows(INSERT, [row]))
    assert await session.scalar(select(col(Job.dedupe_key))) is None


def test_a_default_that_would_be_the_same_for_all_is_refused() -> None:
    with pytest.raises(TypeError, match=r"user_account\.id needs a value for each row"):
        insert_many(User, "email")


def test_a_name_that_was_not_announced_is_refused() -> None:
    with pytest.raises(TypeError, match="not inserted: expires_at, lane"):
        as_rows(INSERT, [_row(), _row(lane="web", expires_at=None)])
