"""Starts the parts of a plan in the order they need each other, watches them, stops them."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from taskbell_local import paths, probes
from taskbell_local.parts import Api, Gateway, Mail, Migrate, Part, Redis, Worker
from taskbell_local.plan import SERVICES, Plan
from taskbell_local.postgres import Postgres
from taskbell_local.running import Journal, Program, Running, Sink
from taskbell_local.state import write_private

PARTS: dict[str, type[Part]] = {
    part.name: part for part in (Postgres, Redis, Mail, Migrate, Api, Worker, Gateway)
}
# First who brings work in, then who does it, then what it is done with.
STOP_ORDER = (("nginx",), ("api",), ("worker",), ("migrate", "mail", "redis"), ("postgres",))
PATIENCE = 60.0
POLL = 0.03

Progress = Callable[[str, float], None]
"""Called with the name of a service and the seconds it took to answer."""


async def first_of(*futures: asyncio.Future[Any]) -> None:
    """Return when one of them is done."""
    await asyncio.wait(futures, return_when=asyncio.FIRST_COMPLETED)


class PartFailedError(RuntimeError):
    """One part of the stack did not start, or ended by itself."""

    def __init__(self, label: str, reason: str, tail: Iterable[str]) -> None:
        self.label = label
        self.reason = reason
        self.tail = list(tail)
        lines = "".join(f"\n    {line}" for line in self.tail)
        last = f" Its last lines:{lines}" if lines else ""
        super().__init__(f"{label} {reason}.{last}")


@dataclass(frozen=True)
class Key:
    """One replica of a service."""

    service: str
    index: int


class Engine:
    """The stack at work. All methods belong to one event loop, whose thread must stay alive:
    the kernel ends our children with the thread that started them."""

    def __init__(
        self, plan: Plan, *, sink: Sink, progress: Progress = lambda _name, _seconds: None
    ) -> None:
        self.plan = plan
        self.hurry = asyncio.Event()
        self.failure: asyncio.Future[PartFailedError] = asyncio.get_running_loop().create_future()
        self.failures: list[PartFailedError] = []
        self.parts = {n: PARTS[n](plan) for n in SERVICES if n in plan.services}
        self._sink = sink
        self._progress = progress
        self._running: dict[Key, Running] = {}
        self._helpers: set[Running] = set()
        self._watches: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Return when everything answers. On failure the caller stops what was started."""
        starting = asyncio.ensure_future(self._start_all())
        try:
            await first_of(starting, self.failure)
            if self.failure.done():
                raise self.failure.result()
            await starting
        finally:
            if not starting.done():
                starting.cancel()
                await asyncio.wait([starting])

    async def _start_all(self) -> None:
        answered = {name: asyncio.Event() for name in self.parts}
        try:
            async with asyncio.TaskGroup() as group:
                for name in self.parts:
                    group.create_task(self._bring_up(name, answered))
        except* Exception as errors:
            first = errors.exceptions[0]
            while isinstance(first, ExceptionGroup):
                first = first.exceptions[0]
            raise first from None
        await self._check_gateway()
        self.plan.state.write_run(self.description())

    async def _bring_up(self, name: str, answered: dict[str, asyncio.Event]) -> None:
        part = self.parts[name]
        needs = part.needs
        if "migrate" in needs and self._schema_known():
            # The last start brought this very schema up: no need to wait for hearing it again.
            needs = tuple("postgres" if need == "migrate" else need for need in needs)
        for need in needs:
            if need in answered:
                await answered[need].wait()
        begun = time.monotonic()
        await self.start_part(name)
        answered[name].set()
        self._progress(name, time.monotonic() - begun)

    async def start_part(self, name: str) -> None:
        """Start the replicas of a service that do not run, and wait until they answer."""
        part = self.parts[name]
        if len(self.replicas(name)) < part.replicas:
            # not under a server that runs: Postgres's would end it
            await part.prepare(lambda program: self._run_once(name, program))
        async with asyncio.TaskGroup() as group:
            for index in range(part.replicas):
                group.create_task(self._start_replica(part, index))
        await part.settle(lambda program: self._run_once(name, program))
        if name == "migrate":
            write_private(self._schema_note, self._schema_hash())
        if self.plan.state.run_file.exists():
            self.plan.state.write_run(self.description())

    async def _start_replica(self, part: Part, index: int) -> None:
        key = Key(part.name, index)
        running = self._running.get(key)
        if running is None or running.returncode is not None:
            label, program = self.plan.label(part.name, index), part.program(index)
            if more := self.plan.env_of.get(label):
                program = replace(program, environment={**program.environment, **more})
            if part.one_shot:
                await self._run_once(part.name, program)
                return
            running = await self._spawn(label, program)
            self._running[key] = running
            self._remember()
            watch = asyncio.create_task(self._watch(running))
            self._watches.add(watch)
            watch.add_done_callback(self._watches.discard)
        await self._until_it_answers(part, index, running)

    async def _until_it_answers(self, part: Part, index: int, running: Running) -> None:
        deadline = time.monotonic() + PATIENCE
        while not await part.answers(index):
            if running.returncode is not None:
                await running.wait()
                raise PartFailedError(running.label, running.how_it_ended, running.journal.tail)
            if time.monotonic() > deadline:
                raise PartFailedError(
                    running.label, f"did not answer within {PATIENCE:.0f} s", running.journal.tail
                )
            await asyncio.sleep(POLL)

    async def _spawn(self, label: str, program: Program) -> Running:
        return await Running.spawn(program, Journal(label, self.plan.state.logs, self._sink))

    async def _run_once(self, label: str, program: Program) -> None:
        running = await self._spawn(label, program)
        self._helpers.add(running)
        self._remember()
        try:
            await running.wait()
        finally:
            if running.returncode is None:
                await asyncio.shield(running.kill())
            self._helpers.discard(running)
        if running.returncode:
            raise PartFailedError(label, running.how_it_ended, running.journal.tail)

    async def _watch(self, running: Running) -> None:
        await running.wait()
        if not running.end_wanted:
            failure = PartFailedError(running.label, running.how_it_ended, running.journal.tail)
            self.failures.append(failure)
            if not self.failure.done():
                self.failure.set_result(failure)

    async def _check_gateway(self) -> None:
        if not {"nginx", "api"} <= set(self.parts):
            return
        status = await probes.http(self.plan.gateway_port, "/health")
        if status != 200:
            tail = self._running[Key("nginx", 0)].journal.tail
            raise PartFailedError("nginx", f"answers {status} for the API's health", tail)

    async def stop(self) -> None:
        """End everything, in order. `hurry` may be set meanwhile."""
        for running in list(self._helpers):
            await running.kill()
        for services in STOP_ORDER:
            await asyncio.gather(*(self.stop_part(name) for name in services))
        self._remember()

    async def stop_part(self, name: str, index: int | None = None) -> None:
        await asyncio.gather(*(r.stop(self.hurry) for r in self.replicas(name, index)))

    async def kill_part(self, name: str, index: int | None = None) -> None:
        await asyncio.gather(*(r.kill() for r in self.replicas(name, index)))

    def signal_part(self, name: str, number: int, index: int | None = None) -> None:
        for running in self.replicas(name, index):
            running.signal(number)

    def replicas(self, name: str, index: int | None = None) -> list[Running]:
        """The replicas of a service that were started and have not ended."""
        return [
            running
            for key, running in sorted(self._running.items(), key=lambda item: item[0].index)
            if key.service == name and index in (None, key.index) and running.returncode is None
        ]

    def pids(self, name: str) -> list[int]:
        return [running.pid for running in self.replicas(name)]

    def description(self) -> dict[str, Any]:
        """What run.json says."""
        several = ("api", "worker")
        pids = {name: self.pids(name) for name in self.parts if not self.parts[name].one_shot}
        return {
            "gateway": self.plan.gateway if "nginx" in self.parts else None,
            "mail": self.plan.mail if "mail" in self.parts else None,
            "database_url": self.plan.database_url() if "postgres" in self.parts else None,
            "redis_url": self.plan.redis_url if "redis" in self.parts else None,
            "smtp_url": self.plan.smtp_url,
            "processes": {
                name: found if name in several else (found[0] if found else None)
                for name, found in pids.items()
            },
        }

    def _remember(self) -> None:
        services = [(key.service, running) for key, running in self._running.items()]
        helpers = [(running.label, running) for running in self._helpers]
        self.plan.state.remember(
            [(n, r.identity) for n, r in (*services, *helpers) if r.returncode is None]
        )

    @property
    def _schema_note(self) -> Path:
        return self.plan.state.folder / "schema.hash"

    def _schema_known(self) -> bool:
        try:
            known: str = self._schema_note.read_text()
        except OSError:
            return False
        return known == self._schema_hash()

    def _schema_hash(self) -> str:
        digest = hashlib.sha256()
        for path in sorted(paths.MIGRATIONS.rglob("*.py")):
            digest.update(path.relative_to(paths.MIGRATIONS).as_posix().encode() + b"\0")
            digest.update(path.read_bytes())
        return digest.hexdigest()
