"""What the operating system knows about processes: identity, family, end."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple


class Identity(NamedTuple):
    """A process for good: its pid may be given to another one, but not with this start."""

    pid: int
    started: str


def identify(pid: int) -> Identity | None:
    """The living process with this pid; None when there is none, or only a zombie."""
    if sys.platform == "linux":
        fields = _stat(pid)
        return None if fields is None or fields[0] in "ZX" else Identity(pid, fields[19])
    answer = subprocess.run(
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.strip()
    status, _, started = answer.partition(" ")
    return None if not answer or status.startswith("Z") else Identity(pid, started.strip())


def alive(process: Identity) -> bool:
    return identify(process.pid) == process


def boot() -> str:
    """The same string until the machine starts again: starts are counted from there."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def family(pid: int) -> list[int]:
    """This process and all its descendants, parents first."""
    children: dict[int, list[int]] = {}
    for child, parent in _parents():
        children.setdefault(parent, []).append(child)
    found = [pid]
    for member in found:
        found.extend(children.get(member, ()))
    return found


def send(pid: int, number: int) -> None:
    """Signal a process that may be gone already."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def end(processes: list[Identity], *, patience: float, first: int = signal.SIGTERM) -> None:
    """Ask these processes to end, then insist. Never touches a pid that changed hands."""
    for process in processes:
        if alive(process):
            send(process.pid, first)
            send(process.pid, signal.SIGCONT)
    deadline = time.monotonic() + patience
    while any(alive(process) for process in processes) and time.monotonic() < deadline:
        time.sleep(0.05)
    for process in processes:
        if alive(process):
            send(process.pid, signal.SIGKILL)


def _parents() -> list[tuple[int, int]]:
    if sys.platform == "linux":
        pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
        return [(pid, int(fields[1])) for pid in pids if (fields := _stat(pid)) is not None]
    lines = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=False
    ).stdout.splitlines()
    return [(int(pid), int(parent)) for pid, parent in (line.split() for line in lines)]


def _stat(pid: int) -> list[str] | None:
    """The fields of /proc/PID/stat from the state on; the name before may hold anything."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return None
    return text.rpartition(")")[2].split()
