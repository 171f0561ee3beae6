"""`make run` as a process of its own, in a state folder of its own, on free ports."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

START = 60.0


class Supervisor:
    """One `python -m taskbell_local run`, as the Makefile starts it."""

    def __init__(self, state: Path, output: Path, **environment: str) -> None:
        self.state = state
        self.output = output
        self.pids: list[int] = []
        variables = {"PORT": "0", "MAIL_PORT": "0", "STATE": str(state), **environment}
        with output.open("w") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "taskbell_local", "run"],
                env={**os.environ, **variables},
                stdout=file,
                stderr=subprocess.STDOUT,
            )

    @property
    def said(self) -> str:
        return self.output.read_text()

    def wait_ready(self) -> dict[str, Any]:
        deadline = time.monotonic() + START
        while not self._ready():
            assert self.process.poll() is None, self.said
            assert time.monotonic() < deadline, self.said
            time.sleep(0.05)
        family = psutil.Process(self.process.pid).children(recursive=True)
        self.pids = [process.pid for process in family]
        content: dict[str, Any] = json.loads((self.state / "run.json").read_text())
        return content

    def _ready(self) -> bool:
        # Not the file that a killed one before may have left.
        lock = self.state / "lock"
        mine = lock.exists() and lock.read_text().strip() == str(self.process.pid)
        return mine and (self.state / "run.json").exists()

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(60)

    def left(self) -> list[str]:
        """What still runs of what this supervisor had started."""
        living = psutil.process_iter(["pid", "cmdline", "status"])
        return [
            " ".join(process.info["cmdline"] or ())
            for process in living
            if process.info["pid"] in self.pids and process.info["status"] != psutil.STATUS_ZOMBIE
        ]


Launch = Callable[..., Supervisor]


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Launch]:
    started: list[Supervisor] = []

    def start(name: str = "state", **environment: str) -> Supervisor:
        output = tmp_path / f"output-{len(started)}"
        supervisor = Supervisor(tmp_path / name, output, **environment)
        started.append(supervisor)
        return supervisor

    yield start
    for supervisor in started:
        if supervisor.process.poll() is None:
            supervisor.end()


@pytest.fixture
def get() -> Callable[[str], bytes]:
    def get(url: str) -> bytes:
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - ours, http
            content: bytes = answer.read()
            return content

    return get


@pytest.fixture
def eventually() -> Callable[[Callable[[], object]], None]:
    def wait(condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + 20
        while not condition():
            assert time.monotonic() < deadline, "not within 20 s"
            time.sleep(0.05)

    return wait
