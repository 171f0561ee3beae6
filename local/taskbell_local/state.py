"""The state folder: who holds it, its secrets, what runs from it."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import signal
import time
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, TextIO

from taskbell_local import processes
from taskbell_local.processes import Identity


class StateInUseError(RuntimeError):
    """Another supervisor runs from this folder."""


@dataclass(frozen=True)
class Secrets:
    """Made once for each state folder; the database remembers its part of them."""

    postgres: str
    owner: str
    app: str
    redis: str
    jwt: str

    @classmethod
    def fresh(cls) -> Secrets:
        return cls(*(secrets.token_urlsafe(33) for _ in fields(cls)))


class State:
    """One folder with everything that `make run` keeps."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.logs = self.folder / "logs"
        self.run_file = self.folder / "run.json"
        self._lock: TextIO | None = None

    def acquire(self) -> None:
        """Take the folder for this process, and clear away what a killed one left running."""
        # 0711: Postgres may run as another user and passes through; what is secret is closed.
        self.folder.mkdir(mode=0o711, parents=True, exist_ok=True)
        self.logs.mkdir(mode=0o700, exist_ok=True)
        lock = (self.folder / "lock").open("a+")
        if not _lock(lock, attempts=10):
            lock.close()
            raise StateInUseError(self._who())
        self.run_file.unlink(missing_ok=True)
        lock.seek(0)
        lock.truncate()
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        self._lock = lock
        self._end_leftovers()

    def release(self) -> None:
        if self._lock is not None:
            self.run_file.unlink(missing_ok=True)
            self._lock.truncate(0)
            self._lock.close()
            self._lock = None

    def holder(self) -> int | None:
        """The pid of the supervisor that runs from this folder now."""
        with contextlib.suppress(OSError, ValueError), (self.folder / "lock").open("a+") as lock:
            if not _lock(lock, attempts=1):
                lock.seek(0)
                return int(lock.read())
        return None

    def running(self) -> dict[str, Any] | None:
        """run.json of the stack that runs from this folder, once it answers."""
        if self.holder() is None:
            return None
        try:
            content: dict[str, Any] = json.loads(self.run_file.read_text())
        except (OSError, ValueError):
            return None
        return content

    def secrets(self) -> Secrets:
        path = self.folder / "secrets.json"
        if not path.exists():
            write_private(path, json.dumps(asdict(Secrets.fresh()), indent=2) + "\n", durable=True)
        return Secrets(**json.loads(path.read_text()))

    def write_run(self, content: dict[str, Any]) -> None:
        write_private(self.run_file, json.dumps(content, indent=2) + "\n")

    def remember(self, running: list[tuple[str, Identity]]) -> None:
        """Note what runs, for the next start to find should this supervisor be killed."""
        content = {"boot": processes.boot(), "processes": [[n, *i] for n, i in running]}
        write_private(self.folder / "processes.json", json.dumps(content) + "\n")

    def _end_leftovers(self) -> None:
        """On Linux the kernel ends our processes with us; this waits for them, or does it."""
        path = self.folder / "processes.json"
        try:
            content = json.loads(path.read_text())
        except (OSError, ValueError):
            return
        if content["boot"] == processes.boot():
            left = [(name, Identity(pid, start)) for name, pid, start in content["processes"]]
            servers = [process for name, process in left if name == "postgres"]
            processes.end([p for _, p in left if p not in servers], patience=10)
            processes.end(servers, patience=30, first=signal.SIGINT)
        path.unlink()

    def _who(self) -> str:
        holder = self.holder()
        running = self.running()
        where = f"at {running['gateway']}" if running and running.get("gateway") else "(starting)"
        return (
            f"Taskbell already runs from {self.folder} {where}, process {holder}.\n"
            "Stop that one with Ctrl-C, or run a second one beside it: "
            "make run STATE=.taskbell-2 PORT=8081 MAIL_PORT=1081"
        )


def _lock(file: TextIO, *, attempts: int) -> bool:
    # More than one attempt, because somebody who only asks for the holder locks for a moment.
    for attempt in range(attempts):
        if attempt:
            time.sleep(0.02)
        with contextlib.suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
    return False


def write_private(path: Path, text: str, *, durable: bool = False) -> None:
    """Replace a file whole, readable by its owner only from its first moment."""
    fresh = path.with_name(f".{path.name}.new")
    with contextlib.suppress(FileNotFoundError):
        fresh.unlink()
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        if durable:
            file.flush()
            os.fsync(file.fileno())
    fresh.replace(path)
