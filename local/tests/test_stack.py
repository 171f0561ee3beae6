"""The Python side of the stack, on its servers alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import psutil
import pytest
import redis

from taskbell_local.engine import PartFailedError
from taskbell_local.stack import Stack

Eventually = Callable[[Callable[[], object]], None]


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with Stack(services=("postgres", "redis")) as stack:
        yield stack


async def test_each_role_connects(stack: Stack) -> None:
    for url, user in (
        (stack.database_url, "taskbell_app"),
        (stack.owner_url, "taskbell_owner"),
        (stack.admin_url, "postgres"),
    ):
        connection = await asyncpg.connect(url)
        assert await connection.fetchval("SELECT current_user") == user
        assert await connection.fetchval("SELECT current_database()") == "taskbell"
        await connection.close()


async def test_a_killed_postgres_comes_back_with_its_data(stack: Stack) -> None:
    connection = await asyncpg.connect(stack.owner_url)
    await connection.execute("CREATE TABLE kept AS SELECT 42 AS number")
    [before] = stack.pids("postgres")
    stack.kill("postgres")
    assert stack.pids("postgres") == []
    connection.terminate()
    stack.start("postgres")
    assert stack.pids("postgres") != [before]
    connection = await asyncpg.connect(stack.owner_url)
    assert await connection.fetchval("SELECT number FROM kept") == 42
    await connection.close()
    assert stack.failures == []
    assert "was not properly shut down" in stack.log("postgres")


def test_redis_freezes_thaws_and_restarts(stack: Stack) -> None:
    with redis.Redis.from_url(stack.redis_url, socket_timeout=0.3) as client:
        client.set("greeting", "hello")
        stack.freeze("redis")
        with pytest.raises(redis.TimeoutError):
            client.get("greeting")
        stack.thaw("redis")
        assert client.get("greeting") == b"hello"
        stack.restart("redis")
        assert client.get("greeting") == b"hello"


def test_a_frozen_server_can_be_stopped(stack: Stack) -> None:
    stack.freeze("redis")
    stack.stop("redis")
    assert stack.pids("redis") == []
    stack.start("redis")


def test_a_death_nobody_asked_for_is_noted(stack: Stack) -> None:
    os.kill(stack.pids("redis")[0], signal.SIGKILL)
    stack.wait_until(lambda: stack.failures, "the failure is noted")
    assert stack.failures[0].label == "redis"
    assert "SIGKILL" in stack.failures[0].reason
    stack.start("redis")


def test_a_part_that_does_not_start_is_named_and_nothing_stays(tmp_path: Path) -> None:
    (tmp_path / "redis").mkdir()
    (tmp_path / "redis" / "dump.rdb").write_bytes(b"this is no snapshot")
    with (
        pytest.raises(PartFailedError, match=r"redis ended with exit code 1[\s\S]*signature"),
        Stack(state=tmp_path, services=("redis",)),
    ):
        pass
    lines = [" ".join(p.info["cmdline"] or ()) for p in psutil.process_iter(["cmdline"])]
    assert not any(str(tmp_path) in line for line in lines)


def test_an_unclean_lock_file_with_a_strangers_pid_is_no_obstacle(tmp_path: Path) -> None:
    with Stack(state=tmp_path, services=("postgres",), durable=False):
        pass
    (tmp_path / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n")
    with Stack(state=tmp_path, services=("postgres",), durable=False) as stack:
        assert stack.pids("postgres")


@pytest.mark.skipif(sys.platform != "linux", reason="needs the kernel's parent-death signal")
def test_a_killed_program_takes_its_stack_along(eventually: Eventually) -> None:
    code = (
        "from taskbell_local.stack import Stack\n"
        "with Stack(services=('redis',)) as stack:\n"
        "    print(stack.pids('redis')[0], flush=True); input()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout is not None
        pid = int(program.stdout.readline())
        assert psutil.pid_exists(pid)
        program.kill()
    eventually(lambda: not psutil.pid_exists(pid))
