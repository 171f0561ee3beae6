"""A network between the services and a server, for cutting."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager


class Proxy:
    """Passes connections on to a loopback port. `target` is asked for it at each connection."""

    def __init__(self, target: Callable[[], int]) -> None:
        self.target = target
        self.port = 0
        self._passes = asyncio.Event()
        self._passes.set()
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._serving: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Listen; on the same port again after `close`."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, backlog=500)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Refuse connections, and reset those that are open: the host is there, the server not."""
        assert self._server is not None
        self._server.close()
        self.reset()
        await self._server.wait_closed()
        if self._passes.is_set() and self._serving:
            await asyncio.wait(self._serving, timeout=10)

    def cut(self) -> None:
        """Pass nothing on, without a word to either side: a cable was pulled."""
        self._passes.clear()

    def heal(self) -> None:
        """Pass on again, also what was sent meanwhile by who has not given up."""
        self._passes.set()

    def reset(self) -> None:
        """Break all open connections."""
        for writer in list(self._open):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)
        self._open.add(writer)
        try:
            await self._passes.wait()
            if reader.at_eof():  # the caller has given up
                return
            with contextlib.suppress(OSError):
                await self._connect(reader, writer)
        finally:
            self._open.discard(writer)
            writer.transport.abort()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        to_server = await asyncio.open_connection("127.0.0.1", self.target())
        self._open.add(to_server[1])
        try:
            pumps = [self._pump(reader, to_server[1]), self._pump(to_server[0], writer)]
            await asyncio.gather(*pumps)
        finally:
            self._open.discard(to_server[1])
            to_server[1].transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65_536):
                await self._passes.wait()
                writer.write(data)
                await writer.drain()
        await self._passes.wait()
        # the end of one direction is the end of both: none of these protocols talks on alone
        await asyncio.sleep(0)
        with contextlib.suppress(OSError):
            writer.close()


@asynccontextmanager
async def proxy(target: Callable[[], int]) -> AsyncIterator[Proxy]:
    passing = Proxy(target)
    await passing.open()
    try:
        yield passing
    finally:
        passing.heal()
        await passing.close()
