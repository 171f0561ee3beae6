"""Load on one port: by wrk where it is installed, else by our own client."""

import json
import random
import shutil
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SCRIPT = Path(__file__).with_name("load.lua")
COUNTER = "@@@@@@@@"
"""In a request: a number that never repeats, put in by the load generator."""

TIMEOUT_SECONDS = 10
GENERATOR = "wrk" if shutil.which("wrk") else "own client"


class LoadError(RuntimeError):
    """Some request failed: the figures would mean nothing."""


@dataclass(frozen=True)
class Request:
    """One request as it is sent."""

    method: str
    path: str
    token: str = ""
    body: str = ""

    def raw(self) -> bytes:
        """Return its bytes (HTTP/1.1, kept alive)."""
        lines = [f"{self.method} {self.path} HTTP/1.1", "Host: 127.0.0.1"]
        if self.token:
            lines.append(f"Authorization: Bearer {self.token}")
        if self.body:
            lines += ["Content-Type: application/json", f"Content-Length: {len(self.body)}"]
        elif self.method != "GET":
            lines.append("Content-Length: 0")
        return ("\r\n".join(lines) + "\r\n\r\n" + self.body).encode("ascii")


@dataclass(frozen=True)
class Measured:
    """Requests a second, and milliseconds."""

    rate: float
    p50_ms: float
    p99_ms: float
    requests: int


def write_requests(path: Path, requests: Sequence[Request]) -> Path:
    """Write what both load generators read."""
    raw = [request.raw() for request in requests]
    path.write_bytes(b"".join(b"%d\n%s" % (len(one), one) for one in raw))
    return path


class Load:
    """A running load on one port."""

    def __init__(self, port: int, requests: Path, *, connections: int, seconds: int) -> None:
        seed = str(random.SystemRandom().randrange(1, 2**31))
        self._process = subprocess.Popen(
            _command(port, requests, connections, seconds, seed),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._limit = seconds + 2 * TIMEOUT_SECONDS

    def finish(self) -> Measured:
        """Wait for its end. Raises `LoadError` unless every answer was a 2xx."""
        try:
            output, _ = self._process.communicate(timeout=self._limit)
        finally:
            self.stop()
        line = next((x[5:] for x in output.splitlines() if x.startswith("JSON ")), None)
        if self._process.returncode or line is None:
            raise LoadError(f"the load generator failed:\n{output}")
        found = json.loads(line)
        if found["failed"] or found["refused"] or not found["requests"]:
            raise LoadError(f"{found['failed']} requests failed, {found['refused']} were refused")
        return Measured(
            found["requests"] / found["seconds"],
            found["p50_ms"],
            found["p99_ms"],
            found["requests"],
        )

    def stop(self) -> None:
        """End it now."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()


def run(port: int, requests: Path, *, connections: int, seconds: int) -> Measured:
    """Put load on a port of loopback for so many seconds."""
    try:
        return Load(port, requests, connections=connections, seconds=seconds).finish()
    except LoadError as error:
        raise LoadError(f"{error}; such as\n{first_answer(port, requests)}") from None


def first_answer(port: int, requests: Path) -> str:
    """Send the first request, and return the beginning of its answer: for error messages."""
    with requests.open("rb") as file:
        raw = file.read(int(file.readline()))
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_SECONDS) as connection:
            connection.sendall(raw.replace(COUNTER.encode(), b"0" * len(COUNTER)))
            return connection.recv(2000).decode(errors="replace")
    except OSError as error:
        return f"no answer: {error}"


def _command(port: int, requests: Path, connections: int, seconds: int, seed: str) -> list[str]:
    if GENERATOR == "wrk":
        options = [f"-c{connections}", "-t1", f"-d{seconds}s", f"--timeout={TIMEOUT_SECONDS}s"]
        address = f"http://127.0.0.1:{port}"
        return ["wrk", *options, "-s", str(SCRIPT), address, "--", str(requests), seed]
    module = [sys.executable, "-m", "bench.client"]
    return [*module, str(requests), seed, str(port), str(connections), str(seconds)]
