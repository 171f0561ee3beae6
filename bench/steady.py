"""So many requests a second, each at its time whatever became of the others: what people notice."""

import asyncio
import re
import time
from collections.abc import Sequence

from bench.load import LoadError, Request

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Steady:
    """Sends requests in turn to a port, over as many connections as are needed at once."""

    def __init__(self, port: int, requests: Sequence[Request]) -> None:
        self._port = port
        self._requests = [request.raw() for request in requests]
        self._idle: list[Connection] = []
        self._took: list[float] = []

    async def run(
        self, *, a_second: float, seconds: float, until: asyncio.Event | None = None
    ) -> list[float]:
        """Return the sorted milliseconds. Raises `LoadError` for an answer that is not a 2xx."""
        self._took = []
        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for number in range(int(a_second * seconds)):
                await asyncio.sleep(began + number / a_second - time.monotonic())
                if until is not None and until.is_set():
                    break
                group.create_task(self._call(self._requests[number % len(self._requests)]))
        for _, writer in self._idle:
            writer.close()
        self._idle.clear()
        return sorted(self._took)

    async def _call(self, request: bytes) -> None:
        began = time.monotonic()
        # the one that was idle longest: the server closes those that are for five seconds
        connection = self._idle.pop(0) if self._idle else await self._open()
        reader, writer = connection
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if length:
            await reader.readexactly(int(length[1]))
        self._took.append((time.monotonic() - began) * 1000)
        if not head[9:12].startswith(b"2"):
            raise LoadError(f"{head[:12].decode()} to {request[:60].decode()}")
        self._idle.append(connection)

    async def _open(self) -> Connection:
        return await asyncio.open_connection("127.0.0.1", self._port)
