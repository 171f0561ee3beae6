"""Programs that are measured: our API by hand, the limit beside it, both on ports of loopback."""

import asyncio
import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import cores
from taskbell_local import probes
from taskbell_local.paths import ROOT
from taskbell_local.ports import free_port
from taskbell_local.running import Program
from taskbell_local.stack import Stack

PATIENCE_SECONDS = 60
READY = "/api/v1/health/ready"
POOL_SIZE = "10"
"""Connections to Postgres, for ours and the limit."""


@dataclass(frozen=True)
class Target:
    """A running server."""

    name: str
    port: int
    pid: int


@contextlib.contextmanager
def program(
    words: Sequence[str], environment: Mapping[str, str], log: Path, on: list[int]
) -> Iterator[subprocess.Popen[bytes]]:
    """Run `python -m words…` on these cores until the block ends; it never outlives this one."""
    command = Program([sys.executable, "-m", *words], environment).command()
    with log.open("ab") as output, cores.born_on(on):
        process = subprocess.Popen(
            command,
            env=dict(environment),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for the bench, which then ends it
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def ours(
    stack: Stack, *, port: int = 0, on: list[int] | None = None, name: str = "Taskbell",
    database_url: str = "", module: str = "taskbell_api",
) -> Iterator[Target]:  # fmt: skip
    """Run the API as in production: logs in JSON, into a file."""
    port = port or free_port()
    environment = stack.environment(
        API_HOST="127.0.0.1", API_PORT=str(port), WEB_CONCURRENCY="1", LOG_LEVEL="info",
        LOG_FORMAT="json", DATABASE_POOL_SIZE=POOL_SIZE,
        DATABASE_URL=database_url or stack.database_url,
    )  # fmt: skip
    log = stack.state / f"bench-api-{port}.log"
    with program([module], environment, log, on or cores.MEASURED) as process:
        wait_for(port, READY, process, log)
        yield Target(name, port, process.pid)


@contextlib.contextmanager
def limit(
    stack: Stack, which: str = "app", *, name: str = "limit", database_url: str = ""
) -> Iterator[Target]:
    """Run one of bench/limits on the measured core."""
    port = free_port()
    environment = stack.environment(
        API_PORT=str(port), DATABASE_POOL_SIZE=POOL_SIZE,
        DATABASE_URL=database_url or stack.database_url,
    )  # fmt: skip
    log = stack.state / f"bench-{which}-{port}.log"
    with program(["bench.limits", which], environment, log, cores.MEASURED) as process:
        wait_for(port, "/hello", process, log)
        yield Target(name, port, process.pid)


def wait_for(port: int, path: str, process: subprocess.Popen[bytes], log: Path) -> float:
    """Return the seconds until this address answers 200."""
    began = time.monotonic()
    while time.monotonic() - began < PATIENCE_SECONDS:
        if process.poll() is not None:
            break
        if asyncio.run(probes.http(port, path)) == 200:
            return time.monotonic() - began
        time.sleep(0.01)
    raise RuntimeError(f"{path} did not answer 200:\n{log.read_text(errors='replace')[-2000:]}")


def wait_for_word(log: Path, word: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until a program's log has this word."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while word not in log.read_text(errors="replace"):
        if process.poll() is not None or time.monotonic() > deadline:
            tail = log.read_text(errors="replace")[-2000:]
            raise RuntimeError(f"{word!r} was not said:\n{tail}")
        time.sleep(0.01)
