"""Which process runs on which core: the measured one alone, everything else on the others."""

import contextlib
import os
import sys
from collections.abc import Iterator

import psutil


def all_cores() -> list[int]:
    """Return the cores this program may use."""
    if sys.platform == "linux":
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


ALL = all_cores()
CAN_PIN = sys.platform == "linux" and len(ALL) >= 2
MEASURED = ALL[-1:] if CAN_PIN else ALL
OTHERS = ALL[:-1] if CAN_PIN else ALL

PINNED = (
    "The measured process had one core to itself; load generator, Postgres and gateway shared the "
    f"other {'one' if len(OTHERS) == 1 else len(OTHERS)}."
    if CAN_PIN
    else "Nothing was pinned to cores: there is only one, or this system cannot."
)


COUNTED = "one core" if len(ALL) == 1 else f"{len(ALL)} cores"
IN_SHORT = f"{COUNTED}, " + (
    "the measured process pinned to one of its own" if CAN_PIN else "nothing pinned"
)
UNJUDGED = (
    "" if CAN_PIN else f"not judged: {'one core' if len(ALL) == 1 else 'nothing can be pinned'}"
)
"""Why ratios say little here: load generator and Postgres take CPU from what is measured."""


@contextlib.contextmanager
def born_on(cores: list[int]) -> Iterator[None]:
    """Start processes in this block on these cores: children inherit them."""
    before = all_cores()
    move(os.getpid(), cores)
    try:
        yield
    finally:
        move(os.getpid(), before)


def move(pid: int, cores: list[int]) -> None:
    """Move one process; its later threads and children follow."""
    if CAN_PIN:
        with contextlib.suppress(psutil.NoSuchProcess):
            psutil.Process(pid).cpu_affinity(cores)


def move_family(pid: int, cores: list[int]) -> None:
    """Move a process and all its descendants."""
    move(pid, cores)
    for child in psutil.Process(pid).children(recursive=True):
        move(child.pid, cores)


def cpu_seconds(pid: int) -> float:
    """Return the CPU time a process has used so far, in user and kernel mode."""
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)
