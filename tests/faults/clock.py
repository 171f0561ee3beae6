"""A clock for some processes alone, to be set while they run: libfaketime."""

import os
from datetime import datetime, timedelta
from pathlib import Path

from taskbell.clock import now

_PLACES = ("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib")
_LIBRARIES = [Path(place) / "faketime/libfaketimeMT.so.1" for place in _PLACES]
LIBRARY = next((path for path in _LIBRARIES if path.exists()), None)
WHY_NOT = "" if LIBRARY else "libfaketime is not installed: apt-get install faketime"

SEEN_SECONDS = 2.0
"""By then processes go by what was set: they look once a second."""


class FakeClock:
    """So many seconds from the real time, for each process with this environment.

    Only the time of day: what measures how long something takes goes on unharmed, as it does when
    the clock of a machine is set.
    """

    def __init__(self, file: Path, seconds: float = 0.0) -> None:
        self._file = file
        self.seconds = 0.0
        self.set(seconds)

    def set(self, seconds: float) -> None:
        self.seconds = seconds
        fresh = self._file.with_suffix(".new")
        fresh.write_text(f"{seconds:+.3f}\n")
        fresh.chmod(0o644)  # Postgres is another user
        fresh.replace(self._file)

    def set_to(self, moment: datetime) -> None:
        self.set((moment - now()).total_seconds())

    def now(self) -> datetime:
        """What its processes say it is."""
        return now() + timedelta(seconds=self.seconds)

    @property
    def environment(self) -> dict[str, str]:
        return {
            "LD_PRELOAD": os.fspath(LIBRARY or ""),
            "FAKETIME_TIMESTAMP_FILE": os.fspath(self._file),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
