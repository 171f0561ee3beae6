"""The program as Compose and the embedded stack start it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest

from taskbell.schema import SCHEMA_REVISION
from taskbell_migrate import run, scripts
from taskbell_migrate.session import LOCK_KEY, Limits

Command = Callable[..., "subprocess.Popen[str]"]
INI = Path(__file__).parents[1] / "alembic.ini"
REVISIONS = len(list(scripts.directory().walk_revisions()))
UPGRADED = ["upgrading"] * REVISIONS + ["schema ready", "privileges granted"]


def events(output: str) -> list[str]:
    return [json.loads(line)["event"] for line in output.splitlines()]


async def test_upgrade_is_what_it_does_unasked(
    owner_url: str, owner: asyncpg.Connection, command: Command
) -> None:
    process = command(owner_url)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert events(output) == UPGRADED
    assert await owner.fetchval("SELECT version_num FROM alembic_version") == SCHEMA_REVISION


async def test_says_that_it_waits_for_another_one(
    owner_url: str, owner: asyncpg.Connection, command: Command
) -> None:
    await owner.execute("SELECT pg_advisory_lock($1)", LOCK_KEY)
    process = command(owner_url)
    assert process.stdout
    assert "another migration runs" in process.stdout.readline()
    await owner.execute("SELECT pg_advisory_unlock($1)", LOCK_KEY)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert events(output) == UPGRADED


async def test_stops_when_asked_to(
    owner_url: str, owner: asyncpg.Connection, command: Command
) -> None:
    await owner.execute("SELECT pg_advisory_lock($1)", LOCK_KEY)
    process = command(owner_url)
    assert process.stdout
    process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 143
    assert "rolled back" in output
    assert await owner.fetchval("SELECT to_regclass('task')") is None


async def test_a_newer_schema_is_exit_code_2(
    owner_url: str, owner: asyncpg.Connection, limits: Limits, command: Command
) -> None:
    await run.upgrade(owner_url, "head", limits)
    await owner.execute("UPDATE alembic_version SET version_num = '99991231_2359'")
    process = command(owner_url)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "newer build" in output


def test_no_database_is_exit_code_3(command: Command) -> None:
    process = command("postgresql://owner:hush@127.0.0.1:9/taskbell", "--wait", "0.3", "upgrade")
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 3
    waiting, gave_up = events(output)
    assert waiting == "waiting for the database"
    assert gave_up.startswith("the database at 127.0.0.1:9/taskbell does not answer since 0.3 s")
    assert "hush" not in output


async def test_check_and_current_answer_in_plain_words(
    owner_url: str, owner: asyncpg.Connection, limits: Limits, command: Command
) -> None:
    process = command(owner_url, "check")
    assert process.communicate(timeout=60)[0].endswith("SCHEMA_REVISION agree\n")
    assert process.returncode == 0
    await run.upgrade(owner_url, "head", limits)
    process = command(owner_url, "current")
    assert process.communicate(timeout=60)[0] == f"{SCHEMA_REVISION} (head)\n"
    await owner.execute("ALTER TABLE task ADD COLUMN by_hand integer")
    process = command(owner_url, "check")
    assert "column task.by_hand\n" in process.communicate(timeout=60)[0]
    assert process.returncode == 1


def test_help_needs_no_settings() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    program = [sys.executable, "-m", "taskbell_migrate"]
    answer = subprocess.run(
        [*program, "--help"], env=environment, capture_output=True, text=True, check=True
    )
    assert "exit codes" in answer.stdout
    answer = subprocess.run(program, env=environment, capture_output=True, text=True, check=False)
    assert answer.returncode == 1
    assert "DATABASE_URL" in answer.stderr


@pytest.mark.parametrize("arguments", [["upgrade", "head"], ["upgrade", "head", "--sql"]])
async def test_alembic_by_hand(owner_url: str, tmp_path: Path, arguments: list[str]) -> None:
    answer = subprocess.run(  # noqa: ASYNC221
        [sys.executable, "-m", "alembic", "-c", INI, *arguments],
        env=os.environ | {"DATABASE_URL": owner_url},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    assert SCHEMA_REVISION in answer.stdout
