"""Jobs on their last chance: one by one, in a process of its own, which ends with its worker."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from importlib.machinery import ModuleSpec
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import text

from core.tests.mail.scripted import HANG, Server
from core.tests.make import PASSWORD
from taskbell.accounts import service as accounts
from taskbell.db import Database
from taskbell_local.stack import Stack
from taskbell_worker.last_chances import COMMAND, LastChances, program, run_last_chances

from .conftest import Add, Find, MakeRunner
from .kinds import Stage
from .waiting import until

WORKER = [sys.executable, "-m", "taskbell_worker"]
KILLER = [sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"]


@pytest.fixture(autouse=True)
def environment(servers: Stack, smtp: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a worker gets, and its child inherits."""
    for name, value in {
        "TASKBELL_ENV": "local", "DATABASE_URL": servers.database_url, "LOG_FORMAT": "json",
        "REDIS_URL": servers.redis_url, "SMTP_URL": smtp.url, "WORKER_DRAIN_SECONDS": "0",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)


@pytest_asyncio.fixture
async def job_id(empty_database: Database) -> UUID:
    """A welcome that was twice there when its worker died."""
    async with empty_database.transaction() as session:
        await accounts.sign_up(
            session, email="ada@example.com", password=PASSWORD, name="Ada", time_zone="UTC"
        )
    async with empty_database.connection() as connection:
        crashed = await connection.scalar(text("UPDATE job SET crashes = 2 RETURNING id"))
    assert isinstance(crashed, UUID)
    return crashed


Make = Callable[[list[str]], LastChances]


@pytest_asyncio.fixture
async def make(empty_database: Database) -> AsyncIterator[Make]:
    made: list[LastChances] = []

    def make(command: list[str]) -> LastChances:
        made.append(LastChances(empty_database, start=lambda: command))
        return made[-1]

    yield make
    for chances in made:
        await chances.stop()


async def test_it_ends_well_in_a_child(make: Make, job_id: UUID, find: Find, smtp: Server) -> None:
    assert await make(WORKER).round() == 0
    job = await find(job_id)
    assert (job.state, job.attempts, job.crashes) == ("done", 1, 2)
    assert len(smtp.mails) == 1


async def test_nothing_is_started_for_ordinary_jobs(make: Make, add: Add) -> None:
    await add()
    assert await make(["/does/not/exist"]).round() > 1


async def test_a_child_that_dies_harms_nobody(make: Make, job_id: UUID, find: Find) -> None:
    assert await make(KILLER).round() > 1, "not at once again"
    assert (await find(job_id)).state == "ready"


async def asked(smtp: Server) -> None:
    async def heard() -> bool:
        return any(command.startswith("RCPT") for command in smtp.commands)

    await until(heard, within=20)


async def test_the_end_of_the_worker_is_passed_on(
    make: Make, job_id: UUID, find: Find, smtp: Server
) -> None:
    smtp.script = {"RCPT": HANG}
    chances = make(WORKER)
    running = asyncio.create_task(chances.round())
    await asked(smtp)
    await chances.stop()
    await running
    job = await find(job_id)
    assert (job.state, job.attempts, job.crashes) == ("ready", 0, 2)
    assert await make(WORKER).round() == 0, "another worker tries"


async def test_it_does_not_outlive_a_worker_that_was_killed(
    job_id: UUID, find: Find, smtp: Server
) -> None:
    smtp.script = {"RCPT": HANG}
    shell = f"{' '.join(WORKER)} {COMMAND} & wait"
    parent = await asyncio.create_subprocess_exec("/bin/sh", "-c", shell)
    await asked(smtp)
    parent.kill()
    await parent.wait()

    async def given_back() -> bool:
        return bool((await find(job_id)).state == "ready")

    await until(given_back, within=20)


async def test_ordinary_jobs_are_left_alone(
    make_runner: MakeRunner, add: Add, empty_database: Database, stage: Stage
) -> None:
    await add()
    await run_last_chances(make_runner(), empty_database, drain_seconds=0)
    assert not stage.ran


async def on_their_last_chance(database: Database) -> None:
    async with database.connection() as connection:
        await connection.execute(text("UPDATE job SET crashes = 2"))


async def test_many_run_one_after_the_other(
    make_runner: MakeRunner, add: Add, find: Find, empty_database: Database, stage: Stage
) -> None:
    jobs = [await add() for _ in range(30)]
    await on_their_last_chance(empty_database)
    await run_last_chances(make_runner(), empty_database, drain_seconds=0)
    assert {(await find(job_id)).state for job_id in jobs} == {"done"}
    assert (stage.ran.total(), stage.most_at_once) == (30, 1)


async def test_the_signal_drains(
    make_runner: MakeRunner, add: Add, find: Find, empty_database: Database, stage: Stage
) -> None:
    job_id = await add("wait")
    await on_their_last_chance(empty_database)
    running = asyncio.create_task(run_last_chances(make_runner(), empty_database, drain_seconds=20))

    async def runs() -> bool:
        return stage.at_once == 1

    await until(runs)
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.sleep(0.3)
    assert not running.done()
    stage.gate.set()
    await running
    assert (await find(job_id)).state == "done"


@pytest.mark.parametrize(
    ("spec", "name"),
    [(ModuleSpec("some.worker", None), "some.worker"), (None, "taskbell_worker")],
)
def test_the_child_is_the_same_program(
    monkeypatch: pytest.MonkeyPatch, spec: ModuleSpec | None, name: str
) -> None:
    monkeypatch.setattr(sys.modules["__main__"], "__spec__", spec)
    assert program() == [sys.executable, "-m", name]
