"""The stack for programs and tests: started and stopped from ordinary, blocking code.

    from taskbell_local.stack import Stack

    with Stack(workers=2, env={"LOG_LEVEL": "debug"}) as stack:
        httpx.get(f"{stack.gateway}/api/v1/health")
        stack.kill("redis")              # SIGKILL, all of it, as in a power cut
        ...
        stack.start("redis")             # same port, same data; returns when it answers
        stack.freeze("worker", index=0)  # SIGSTOP
        stack.thaw("worker", index=0)
        assert "lease lost" in stack.log("worker", index=0)

Only servers, fast, for unit tests:

    with Stack(services=("postgres", "redis"), durable=False) as stack:
        connect(stack.admin_url)
"""

from __future__ import annotations

import asyncio
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Coroutine, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from taskbell_local import paths, toolchain
from taskbell_local.engine import Engine, PartFailedError
from taskbell_local.plan import SERVICES, Plan
from taskbell_local.ports import free_port
from taskbell_local.state import State

T = TypeVar("T")


class Stack:
    """A whole Taskbell, or some services of it, on free loopback ports.

    services      which of `postgres redis mail migrate api worker nginx` to run (default: all)
    state         the state folder; by default a temporary one, deleted at the end
    env           further variables for migrate, api and worker, and AUTH_RATE for nginx
    env_of        more for one process alone, by its label: {"worker-1": {…}, "postgres": {…}}
    detours       ports at which api and worker reach `postgres` or `redis` instead of the server's
                  own: a test's proxies
    workers, api_replicas   how many processes of each
    smtp_url      where workers send mail instead of the stack's own mailbox
    durable       False: Postgres does not wait for the disk; only for tests that never crash it
    worker_module what runs as worker instead, for tests that add kinds of jobs to the real one
    web_root      another folder than the built page; it is then not built either
    echo          called with the label and each line a process writes, for example `print`

    Everything ends with the `with` block, and on Linux also when this process is killed.
    """

    def __init__(
        self,
        *,
        services: Iterable[str] = SERVICES,
        state: Path | None = None,
        env: Mapping[str, str] | None = None,
        env_of: Mapping[str, Mapping[str, str]] | None = None,
        detours: Mapping[str, int] | None = None,
        workers: int = 1,
        api_replicas: int = 1,
        smtp_url: str | None = None,
        durable: bool = True,
        worker_module: str = "taskbell_worker",
        web_root: Path | None = None,
        gateway_port: int | None = None,
        mail_port: int | None = None,
        echo: Callable[[str, str], None] | None = None,
    ) -> None:
        self._temporary = state is None
        self._build_page = web_root is None
        self._state = State(state or Path(tempfile.mkdtemp(prefix="taskbell-")))
        self._echo = echo or (lambda _label, _line: None)
        self._arguments: dict[str, Any] = {
            "services": tuple(services),
            "workers": workers,
            "api_replicas": api_replicas,
            "durable": durable,
            "worker_module": worker_module,
            "overrides": dict(env or {}) | ({"SMTP_URL": smtp_url} if smtp_url else {}),
            "env_of": dict(env_of or {}),
            "detours": dict(detours or {}),
            "web_root": web_root or paths.WEB_DIST,
            "gateway_port": gateway_port or free_port(),
            "mail_port": mail_port or free_port(),
        }
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._engine: Engine | None = None

    # --- life ---------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        self._state.acquire()
        try:
            self._open_loop()
            self._call(self._start_engine())
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop everything, in order, and delete the state folder if it was a temporary one."""
        try:
            if self._engine is not None:
                self._call(self._engine.stop())
        finally:
            self._engine = None
            self._close_loop()
            self._state.release()
            if self._temporary:
                shutil.rmtree(self._state.folder, ignore_errors=True)

    # --- where it is --------------------------------------------------------------------------

    @property
    def plan(self) -> Plan:
        """Ports, secrets and settings in full."""
        return self._running_engine.plan

    @property
    def gateway(self) -> str:
        """Address of the page and the API, without a slash at the end."""
        return self.plan.gateway

    @property
    def mail(self) -> str:
        """Address of the mailbox; its REST interface is `/email`."""
        return self.plan.mail

    @property
    def database_url(self) -> str:
        """As the services connect: reads and writes rows."""
        return self.plan.database_url("app")

    @property
    def owner_url(self) -> str:
        """As migrate connects: owns database `taskbell` and changes the schema."""
        return self.plan.database_url("owner")

    @property
    def admin_url(self) -> str:
        """As superuser: creates databases, looks at everybody's sessions."""
        return self.plan.database_url("postgres")

    @property
    def redis_url(self) -> str:
        return self.plan.redis_url

    @property
    def smtp_url(self) -> str:
        """Where the worker sends mail."""
        return self.plan.smtp_url

    @property
    def state(self) -> Path:
        return self._state.folder

    def environment(self, role: str = "app", **extra: str) -> dict[str, str]:
        """What api and worker (`app`) or migrate (`owner`) get: to run one more by hand."""
        return self.plan.environment(role, **extra)

    # --- its processes ------------------------------------------------------------------------

    def pids(self, service: str) -> list[int]:
        """The main processes of a service that run now, one for each replica."""
        return self._running_engine.pids(service)

    def kill(self, service: str, *, index: int | None = None) -> None:
        """SIGKILL a service (or one replica, from 0) with all its child processes."""
        self._call(self._running_engine.kill_part(service, index))

    def stop(self, service: str, *, index: int | None = None) -> None:
        """End a service the orderly way; a worker drains first."""
        self._call(self._running_engine.stop_part(service, index))

    def start(self, service: str) -> None:
        """Start what does not run of a service; return when it answers. `migrate` runs again."""
        self._call(self._running_engine.start_part(service))

    def restart(self, service: str) -> None:
        self.stop(service)
        self.start(service)

    def freeze(self, service: str, *, index: int | None = None) -> None:
        """SIGSTOP: alive, its connections open, and silent."""
        self._running_engine.signal_part(service, signal.SIGSTOP, index)

    def thaw(self, service: str, *, index: int | None = None) -> None:
        """SIGCONT."""
        self._running_engine.signal_part(service, signal.SIGCONT, index)

    def signal(self, service: str, number: int, *, index: int | None = None) -> None:
        """Send any signal to the main process of a service, without expecting its end."""
        for running in self._running_engine.replicas(service, index):
            running.end_wanted = True
            running.process_signal(number)

    @property
    def failures(self) -> list[PartFailedError]:
        """Processes that ended although nobody stopped them here."""
        return list(self._running_engine.failures)

    # --- what it says -------------------------------------------------------------------------

    def log(self, service: str, *, index: int | None = None) -> str:
        """All that a service, or one replica of it, has written so far, without colours."""
        count = self.plan.replicas(service)
        wanted = range(count) if index is None else (index,)
        files = [self._state.logs / f"{self.plan.label(service, i)}.log" for i in wanted]
        return "".join(f.read_text(errors="replace") for f in files if f.exists())

    def wait_for_log(self, service: str, text: str, *, timeout: float = 30) -> None:
        """Return once a service has written this text."""
        self.wait_until(
            lambda: text in self.log(service), f"{text!r} in {service}'s log", timeout=timeout
        )

    @staticmethod
    def wait_until(condition: Callable[[], object], what: str, *, timeout: float = 30) -> None:
        """Return once a condition holds; TimeoutError names `what` otherwise."""
        deadline = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError(f"Not within {timeout} s: {what}")
            time.sleep(0.05)

    # --- the loop in its thread ---------------------------------------------------------------

    async def _start_engine(self) -> None:
        services = self._arguments["services"]
        to_build = tuple(s for s in services if s != "nginx" or self._build_page)
        await toolchain.ensure(
            to_build, self._state.logs, self._echo, lambda line: self._echo("setup", line)
        )
        plan = Plan(self._state, self._state.secrets(), **self._arguments)
        self._engine = Engine(plan, sink=self._echo)
        await self._engine.start()

    @property
    def _running_engine(self) -> Engine:
        if self._engine is None:
            raise RuntimeError("The stack is not running: use it inside its `with` block.")
        return self._engine

    def _call(self, work: Coroutine[Any, Any, T]) -> T:
        assert self._loop is not None  # noqa: S101 - opened in __enter__
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def _open_loop(self) -> None:
        # A thread that lives as long as the stack: the kernel's parent-death signal follows the
        # thread that started a process, not the whole program.
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="taskbell-stack", daemon=True
        )
        self._thread.start()

    def _close_loop(self) -> None:
        if self._loop is None or self._thread is None:
            return
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._loop = self._thread = None
