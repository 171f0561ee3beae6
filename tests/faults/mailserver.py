"""A mail server that does as it is told, to each recipient, and keeps what it took."""

import asyncio
import contextlib
import re
from collections import Counter, defaultdict, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from email import message_from_bytes
from enum import Enum, auto


class Does(Enum):
    """What happens to one message."""

    TAKE = auto()
    TAKE_AND_DROP = auto()
    """It takes the message and the connection breaks before it can say so."""

    DROP = auto()
    """The connection breaks after the final dot, and the message is gone."""

    HANG = auto()
    """It never answers the final dot, and the message is gone."""

    LATER_RCPT = auto()
    LATER_DATA = auto()
    NEVER_RCPT = auto()
    NEVER_DATA = auto()
    CLOSE_RCPT = auto()
    """The connection breaks before the message is sent."""


ANSWERS = {
    Does.LATER_RCPT: "451 4.3.0 try again later",
    Does.LATER_DATA: "452 4.3.1 no room now",
    Does.NEVER_RCPT: "550 5.1.1 nobody of that name",
    Does.NEVER_DATA: "554 5.7.1 not such a message",
}


class MailServer:
    """Listens on loopback. `script[recipient]` is used up one by one; then it takes everything."""

    def __init__(self) -> None:
        self.script: dict[str, deque[Does]] = defaultdict(deque)
        self.taken: list[tuple[str, str]] = []
        """(recipient, Message-ID) of each message it took, in order."""

        self.dates: dict[str, str] = {}
        """The Date of each Message-ID."""

        self.after_taking: Callable[[str], None] = lambda _recipient: None
        """Called with the recipient before the 250 is sent."""

        self.greeting = "220 faults ESMTP"
        self.hangs_at = ""
        """`greeting`: it takes connections and says nothing; `dot`: it takes messages so."""

        self.port = 0
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._serving: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def count(self, recipient: str) -> int:
        """How many messages it took for a recipient."""
        return sum(1 for to, _ in self.taken if to == recipient)

    def by_message(self) -> Counter[str]:
        """How often it took each Message-ID."""
        return Counter(message_id for _, message_id in self.taken)

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, backlog=200)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close the port and all connections; `start` opens the same port again."""
        assert self._server is not None
        self._server.close()
        for writer in list(self._open):
            writer.transport.abort()
        await self._server.wait_closed()
        if self._serving:
            await asyncio.wait(self._serving, timeout=10)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)
        self._open.add(writer)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                await self._dialogue(reader, writer)
        finally:
            self._open.discard(writer)
            writer.transport.abort()

    async def _dialogue(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        recipient, does = "", Does.TAKE
        if self.hangs_at == "greeting":
            await reader.read()  # until the client has had enough
            return
        writer.write(f"{self.greeting}\r\n".encode())
        while line := (await reader.readline()).decode().strip():
            verb = line.split(maxsplit=1)[0].upper()
            answer = "250 2.0.0 ok"
            if verb == "EHLO":
                answer = "250-faults\r\n250 SMTPUTF8"
            elif verb == "RCPT":
                recipient = re.sub(r".*<(.*)>.*", r"\1", line)
                script = self.script[recipient]
                does = script.popleft() if script else Does.TAKE
                if does is Does.CLOSE_RCPT:
                    break
                if does in {Does.LATER_RCPT, Does.NEVER_RCPT}:
                    answer = ANSWERS[does]
            elif verb == "DATA":
                writer.write(b"354 go ahead\r\n")
                content = await reader.readuntil(b"\r\n.\r\n")
                if not await self._end_of(content, reader, recipient, does):
                    break
                answer = ANSWERS.get(does, answer)
            elif verb == "QUIT":
                writer.write(b"221 bye\r\n")
                await writer.drain()
                break
            writer.write(f"{answer}\r\n".encode())
            await writer.drain()

    async def _end_of(
        self, content: bytes, reader: asyncio.StreamReader, recipient: str, does: Does
    ) -> bool:
        """After the final dot: return whether there is an answer."""
        if self.hangs_at == "dot":
            does = Does.HANG
        if does in {Does.TAKE, Does.TAKE_AND_DROP}:
            message = message_from_bytes(content)
            self.taken.append((recipient, str(message["Message-ID"])))
            self.dates[str(message["Message-ID"])] = str(message["Date"])
            self.after_taking(recipient)
        if does is Does.HANG:
            await reader.read()  # until the client has had enough
        return does not in {Does.TAKE_AND_DROP, Does.DROP, Does.HANG}


@asynccontextmanager
async def mail_server() -> AsyncIterator[MailServer]:
    server = MailServer()
    await server.start()
    try:
        yield server
    finally:
        await server.stop()
