"""Notice that the `make` above was told to end, or ended.

`kill -INT` or `kill -HUP` on make alone reaches only make, which then waits for its recipe without
passing the signal on; and a killed make leaves its recipe behind.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

INTERVAL = 0.5


async def make_wants_to_end() -> str:
    """Return the reason once it does. Without a make above, never return."""
    parent = os.getppid()
    if sys.platform != "linux" or _name(parent) not in ("make", "gmake"):
        await asyncio.Event().wait()
    caught = _caught(parent)
    while True:
        await asyncio.sleep(INTERVAL)
        if os.getppid() != parent:
            return "make is gone"
        # On a deadly signal make resets that signal to its default and waits for us.
        for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
            bit = 1 << (number - 1)
            if caught & bit and not _caught(parent) & bit:
                return f"make got {number.name}"


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def _caught(pid: int) -> int:
    """The set of signals for which a process has a handler; all of them if it is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return ~0
    return next(
        int(line.split()[1], 16) for line in status.splitlines() if line.startswith("SigCgt:")
    )
