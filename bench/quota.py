"""CPU quotas for single processes, by control groups of version 2 or 1 where they may be made."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
PERIOD_US = 10_000


@contextlib.contextmanager
def held(pid: int, share: float) -> Iterator[bool]:
    """Hold a process to a share of one core; yield whether that was possible."""
    group = _make(f"taskbell-bench-{os.getpid()}-{pid}", round(share * PERIOD_US))
    if group is None:
        yield False
        return
    try:
        (group / "cgroup.procs").write_text(str(pid))
        yield True
    finally:
        # a group can only be removed empty
        with contextlib.suppress(OSError):
            (group.parent / "cgroup.procs").write_text(str(pid))
        with contextlib.suppress(OSError):
            group.rmdir()


def possible() -> bool:
    """Tell whether quotas can be set here."""
    group = _make(f"taskbell-bench-{os.getpid()}-try", PERIOD_US)
    if group is None:
        return False
    group.rmdir()
    return True


def _make(name: str, quota_us: int) -> Path | None:
    second = (ROOT / "cgroup.controllers").exists()
    group = (ROOT if second else ROOT / "cpu") / name
    try:
        group.mkdir()
    except OSError:
        return None
    try:
        if second:
            (group / "cpu.max").write_text(f"{quota_us} {PERIOD_US}")
        else:
            (group / "cpu.cfs_period_us").write_text(str(PERIOD_US))
            (group / "cpu.cfs_quota_us").write_text(str(quota_us))
    except OSError:
        group.rmdir()
        return None
    return group
