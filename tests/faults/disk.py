"""A small disk for the data of Postgres, for filling: a tmpfs, which only root can mount."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from taskbell_local.stack import Stack

ROOM_MB = 40
"""Free beside the data: two segments of the log, and some."""


def why_not() -> str:
    """Return why no disk can be mounted here; empty if one can."""
    if os.getuid() != 0 or not shutil.which("mount"):
        return "only root can mount a tmpfs"
    probe = subprocess.run(
        ["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return f"a tmpfs cannot be mounted here: {probe.stderr.strip()}" if probe.returncode else ""


class Disk:
    """What the data of a Postgres lies on."""

    def __init__(self, folder: Path) -> None:
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        """Leave not a byte."""
        block = b"\0" * 4096
        descriptor = os.open(self._ballast, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        try:
            while True:
                os.write(descriptor, block)
        except OSError:
            pass
        finally:
            os.close(descriptor)

    def free(self) -> None:
        self._ballast.unlink(missing_ok=True)


@contextmanager
def small_disk(state: Path) -> Iterator[Disk]:
    """Make a state folder whose Postgres, with the newest schema, lies on a small disk."""
    with Stack(services=("postgres", "migrate"), state=state):
        pass
    data, original = state / "postgres", state / "postgres.first"
    data.rename(original)
    data.mkdir()
    size = sum(file.stat().st_size for file in original.rglob("*") if file.is_file())
    options = f"size={size // 2**20 + ROOM_MB}m,mode=700"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", data], check=True)
    try:
        subprocess.run(["cp", "-a", f"{original}/.", data], check=True)
        yield Disk(data)
    finally:
        # lazily: a server that hangs must not keep the mount
        subprocess.run(["umount", "--lazy", data], check=True)
