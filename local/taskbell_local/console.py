"""What people see: progress, addresses, the services' lines with their names in front."""

from __future__ import annotations

import os
import re
import sys
from typing import TextIO

COLOURS = {"api": 36, "worker": 35, "migrate": 33, "nginx": 34, "mail": 32, "web": 32}
DEFAULT_COLOUR = 90
# These talk a lot about nothing. Their whole say is in their log files.
QUIET = ("postgres", "redis", "mail", "nginx", "maildev", "web")
TROUBLE = re.compile(
    r"\b(WARN\w*|ERROR|FATAL|PANIC|CRITICAL)\b|\[(warn|error|crit|alert|emerg)\]|^\S+ \S+ # "
)
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


def _worth_showing(line: str) -> bool:
    # Valkey's advice about the machine's memory settings concerns big data sets.
    return bool(TROUBLE.search(line)) and "overcommit" not in line


class Console:
    """Writes to one stream; colours only for a terminal."""

    def __init__(self, stream: TextIO = sys.stdout, *, verbose: bool = False) -> None:
        self._stream = stream
        self._verbose = verbose
        self.colours = stream.isatty() and "NO_COLOR" not in os.environ
        self._broken = False

    def service_line(self, label: str, line: str) -> None:
        service = label.split("-")[0]
        plain = _ANSI.sub("", line)
        if service in QUIET and not self._verbose and not _worth_showing(plain):
            return
        name = f"{label:<9}"
        if self.colours:
            self._write(f"\x1b[{COLOURS.get(service, DEFAULT_COLOUR)}m{name}\x1b[0m│ {line}")
        else:
            self._write(f"{name}| {plain}")

    def progress(self, name: str, seconds: float) -> None:
        self._write(f"  {name:<9} ready, {seconds:.1f} s")

    def step(self, text: str) -> None:
        self._write(f"  {text}")

    def say(self, text: str) -> None:
        self._write(f"\x1b[1m{text}\x1b[0m" if self.colours else text)

    def trouble(self, text: str) -> None:
        first, _, rest = text.partition("\n")
        head = f"\x1b[1;31m{first}\x1b[0m" if self.colours else first
        self._write(head + (f"\n{rest}" if rest else ""))

    def _write(self, text: str) -> None:
        # The terminal may be gone while there are still parts to stop.
        if self._broken:
            return
        try:
            self._stream.write(text + "\n")
            self._stream.flush()
        except (OSError, ValueError):
            self._broken = True
