"""One child process: started, watched, its output kept, stopped with everything below it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import sys
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from taskbell_local import paths, processes
from taskbell_local.privileges import User
from taskbell_local.processes import Identity

Sink = Callable[[str, str], None]
"""Called with the label of a process and each line it writes."""

KEEP_BYTES = 5_000_000
TAIL_LINES = 20
HURRIED_PATIENCE = 0.5
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Program:
    """What to run and how to end it."""

    argv: Sequence[str | Path]
    environment: Mapping[str, str]
    cwd: Path = paths.ROOT
    user: User | None = None
    stdin: str = ""
    umask: int = 0o077
    # How far it stands back when there is less processor than all would use, as in nice(1).
    nice: int = 0
    # Signals in turn, each with the seconds it is given; SIGKILL comes after the last.
    stop: tuple[tuple[int, float], ...] = ((signal.SIGTERM, 10.0),)
    # Sent by the kernel when the supervisor is gone without having stopped anything.
    death_signal: int = signal.SIGKILL

    def command(self) -> list[str]:
        """The command line that ends up as the program, see launch.py."""
        options = [f"--parent={os.getpid()}", f"--death-signal={int(self.death_signal)}"]
        options += [f"--umask={self.umask}", f"--nice={self.nice}"]
        if self.user:
            options += [f"--uid={self.user.uid}", f"--gid={self.user.gid}"]
            options += [f"--capability={number}" for number in self.user.capabilities]
        python = [sys.executable, "-I", "-S", str(paths.LAUNCH)]
        return [*python, *options, "--", *map(str, self.argv)]


class Journal:
    """The output of one label: a file for people, the last lines for error messages."""

    def __init__(self, label: str, folder: Path, sink: Sink) -> None:
        self.label = label
        self.path = folder / f"{label}.log"
        self.tail: deque[str] = deque(maxlen=TAIL_LINES)
        self._sink = sink
        with contextlib.suppress(FileNotFoundError):
            if self.path.stat().st_size > KEEP_BYTES:
                self.path.replace(self.path.with_suffix(".log.1"))

    async def follow(self, stream: asyncio.StreamReader) -> None:
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "w", errors="replace") as file:
            rest = b""
            while chunk := await stream.read(65_536):
                *lines, rest = (rest + chunk).split(b"\n")
                self._take(lines, file.write)
                file.flush()
            if rest:
                self._take([rest], file.write)

    def _take(self, lines: list[bytes], write: Callable[[str], object]) -> None:
        for raw in lines:
            line = raw.decode(errors="replace").rstrip("\r")
            plain = _ANSI.sub("", line)
            write(plain + "\n")
            self.tail.append(plain)
            self._sink(self.label, line)


class Running:
    """A process that was started, until and after its end."""

    def __init__(
        self, label: str, program: Program, process: asyncio.subprocess.Process, journal: Journal
    ) -> None:
        self.label = label
        self.program = program
        self.journal = journal
        self.end_wanted = False
        self.identity = processes.identify(process.pid) or Identity(process.pid, "")
        self._process = process
        assert process.stdout is not None  # noqa: S101 - it was asked for
        self._output = asyncio.create_task(journal.follow(process.stdout))

    @classmethod
    async def spawn(cls, program: Program, journal: Journal) -> Running:
        process = await asyncio.create_subprocess_exec(
            *program.command(),
            stdin=asyncio.subprocess.PIPE if program.stdin else asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=dict(program.environment),
            cwd=program.cwd,
            # Its own session: Ctrl-C in the terminal reaches the supervisor alone, which then
            # stops its parts in order.
            start_new_session=True,
        )
        running = cls(journal.label, program, process, journal)
        if process.stdin is not None:
            process.stdin.write(program.stdin.encode())
            process.stdin.close()
        return running

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        return self._process.returncode

    @property
    def how_it_ended(self) -> str:
        code = self.returncode
        if code is None:
            return "still runs"
        if code < 0:
            return f"was ended by {signal.Signals(-code).name}"
        return f"ended with exit code {code}"

    async def wait(self) -> int:
        code = await self._process.wait()
        # A grandchild may hold the pipe open for longer than the process lives.
        await asyncio.wait([self._output], timeout=0.5)
        return code

    async def stop(self, hurry: asyncio.Event) -> None:
        """End this process, and whatever it started, politely first."""
        self.end_wanted = True
        if self.returncode is not None:
            return
        members = self._family()
        for number, patience in self.program.stop:
            processes.send(self.pid, number)
            for member in members:  # a frozen process would never see the signal
                processes.send(member.pid, signal.SIGCONT)
            if await self._ended_within(patience, hurry):
                break
        await self._clear(members)

    async def kill(self) -> None:
        """End this process and all below it at once, as a power cut would."""
        self.end_wanted = True
        members = self._family()
        if self.returncode is None:
            processes.send(self.pid, signal.SIGKILL)
        await self._clear(members)

    def process_signal(self, number: int) -> None:
        """Signal this process only."""
        processes.send(self.pid, number)

    def signal(self, number: int) -> None:
        """Signal this process and all below it, for example to freeze it."""
        for pid in processes.family(self.pid):
            processes.send(pid, number)

    def _family(self) -> list[Identity]:
        return [
            member
            for pid in processes.family(self.pid)
            if (member := processes.identify(pid)) is not None
        ]

    async def _ended_within(self, patience: float, hurry: asyncio.Event) -> bool:
        ended = asyncio.ensure_future(self.wait())
        hurried = asyncio.ensure_future(hurry.wait())
        await asyncio.wait([ended, hurried], timeout=patience, return_when=asyncio.FIRST_COMPLETED)
        hurried.cancel()
        if not ended.done():
            await asyncio.wait([ended], timeout=HURRIED_PATIENCE if hurry.is_set() else 0)
        done = ended.done()
        ended.cancel()
        return done

    async def _clear(self, members: list[Identity]) -> None:
        """Leave nothing of the family behind. Children of a dead server end by themselves."""
        for _ in range(20):
            if not any(processes.alive(member) for member in members if member.pid != self.pid):
                break
            await asyncio.sleep(0.05)
        for member in members:
            if processes.alive(member):
                processes.send(member.pid, signal.SIGKILL)
        await self.wait()
