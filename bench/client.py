"""A load generator for machines without wrk: `python -m bench.client FILE SEED PORT CONNECTIONS
SECONDS`. It reads and prints what load.lua does. Its own cost, more than wrk's, is in the figures.
"""

import asyncio
import json
import random
import re
import sys
import time
from pathlib import Path
from typing import cast

import uvloop

COUNTER = b"@@@@@@@@"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


def read_requests(path: Path) -> list[bytes]:
    """Return the requests of a file: size, newline, request, and so on."""
    raw, requests, at = path.read_bytes(), [], 0
    while at < len(raw):
        end = raw.index(b"\n", at)
        size = int(raw[at:end])
        requests.append(raw[end + 1 : end + 1 + size])
        at = end + 1 + size
    return requests


class Figures:
    """What all connections share."""

    def __init__(self, requests: list[bytes], seed: int) -> None:
        self.requests = requests
        self.random = random.Random(seed)
        self.counter = seed % 900 * 100_000
        self.milliseconds: list[float] = []
        self.failed = 0
        self.refused = 0
        self.over = False

    def next(self) -> bytes:
        """Return a request at random."""
        chosen = self.requests[int(self.random.random() * len(self.requests))]
        if COUNTER not in chosen:
            return chosen
        self.counter += 1
        return chosen.replace(COUNTER, b"%08d" % self.counter)


class Connection(asyncio.Protocol):
    """One kept connection with one request under way."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures
        self._received = b""
        self._began = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request."""
        self._transport = cast("asyncio.Transport", transport)
        self._send()

    def data_received(self, data: bytes) -> None:
        """Count an answer once it is whole, and send the next request."""
        self._received += data
        head = self._received.find(b"\r\n\r\n")
        if head < 0:
            return
        length = _LENGTH.search(self._received, 0, head)
        if len(self._received) < head + 4 + (int(length[1]) if length else 0):
            return
        if self._figures.over:
            return
        self._figures.milliseconds.append((time.perf_counter() - self._began) * 1000)
        self._figures.refused += self._received[9:10] != b"2"
        self._received = b""
        self._send()

    def connection_lost(self, error: Exception | None) -> None:
        """Count it, unless time is up."""
        self._figures.failed += not self._figures.over

    def _send(self) -> None:
        self._began = time.perf_counter()
        self._transport.write(self._figures.next())


async def run(figures: Figures, port: int, connections: int, seconds: int) -> float:
    """Return how many seconds it took."""
    loop = asyncio.get_running_loop()
    began = time.perf_counter()
    opened = [
        (await loop.create_connection(lambda: Connection(figures), "127.0.0.1", port))[0]
        for _ in range(connections)
    ]
    await asyncio.sleep(seconds)
    figures.over = True
    took = time.perf_counter() - began
    for transport in opened:
        transport.close()
    return took


def main() -> None:
    """Put load on a port and print the figures."""
    file, seed, port, connections, seconds = sys.argv[1:]
    figures = Figures(read_requests(Path(file)), int(seed))
    took = uvloop.run(run(figures, int(port), int(connections), int(seconds)))
    ordered = sorted(figures.milliseconds) or [0.0]
    report = {
        "requests": len(figures.milliseconds),
        "seconds": took,
        "p50_ms": ordered[len(ordered) // 2],
        "p99_ms": ordered[int(len(ordered) * 0.99)],
        "failed": figures.failed,
        "refused": figures.refused,
    }
    print("JSON " + json.dumps(report))


if __name__ == "__main__":
    main()
